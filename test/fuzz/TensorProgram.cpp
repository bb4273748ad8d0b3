//===- TensorProgram.cpp - Random tensor programs -------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorWriter.h"

using namespace qimeng;
using llvm::formatv;

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, 2014).
uint64_t Random::next() {
  uint64_t z = (state += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

//===----------------------------------------------------------------------===//
// Shapes and values
//===----------------------------------------------------------------------===//

int64_t Writer::drawSize(int64_t limit) {
  static const std::vector<int64_t> sizes = {
      1,  1,  2,  3,  4,  5,  7,  8,  13,  16,  17,  31,
      32, 33, 37, 48, 61, 64, 65, 97, 128, 131, 257, 520};
  int64_t size;
  do
    size = random.pick(sizes);
  while (size > limit);
  return size;
}

Shape Writer::drawShape(int64_t minRank, int64_t maxRank, int64_t limit) {
  Shape shape(minRank + random.below(maxRank - minRank + 1));
  for (int64_t &size : shape) {
    size = drawSize(limit);
    limit = std::max<int64_t>(1, limit / size);
  }
  // The small sizes are drawn last; let them stand anywhere.
  for (size_t i = 1; i < shape.size(); ++i)
    std::swap(shape[i], shape[random.below(i + 1)]);
  return shape;
}

std::string Writer::drawFloat() {
  static const std::vector<std::string> types = {"f32", "f32", "f32", "f16",
                                                 "bf16"};
  return random.pick(types);
}

std::string Writer::drawInteger() {
  static const std::vector<std::string> types = {"i8", "i8", "i32", "i32",
                                                 "i64"};
  return random.pick(types);
}

std::string Writer::drawNumber() {
  return random.oneIn(3) ? drawInteger() : drawFloat();
}

std::string Writer::drawElement() {
  return random.oneIn(10) ? "i1" : drawNumber();
}

size_t Writer::addArgument(Shape shape, std::string element) {
  Value value;
  value.name = "%in" + std::to_string(arguments.size());
  value.shape = std::move(shape);
  value.element = std::move(element);
  arguments.push_back(value.name + ": " + type(value));
  value.used = true;
  values.push_back(std::move(value));
  return values.size() - 1;
}

size_t Writer::pickOrAdd(llvm::function_ref<bool(const Value &)> accept,
                         Shape shape, const std::string &element) {
  std::vector<size_t> fitting;
  for (auto [i, value] : llvm::enumerate(values))
    if (accept(value))
      fitting.push_back(i);
  // New values rather than old ones, so that chains grow.
  if (!fitting.empty() && !random.oneIn(4))
    return random.oneIn(2) ? fitting.back() : random.pick(fitting);
  return addArgument(std::move(shape), element);
}

size_t Writer::getValue(Shape shape, const std::string &element) {
  return pickOrAdd(
      [&](const Value &value) {
        return value.shape == shape && value.element == element;
      },
      shape, element);
}

size_t Writer::define(Shape shape, std::string element, bool exact,
                      const std::string &operation) {
  Value value;
  value.name = fresh();
  value.shape = std::move(shape);
  value.element = std::move(element);
  value.exact = exact;
  line(value.name + " = " + operation);
  values.push_back(std::move(value));
  return values.size() - 1;
}

//===----------------------------------------------------------------------===//
// Pieces of text
//===----------------------------------------------------------------------===//

std::string Writer::type(const Shape &shape, const std::string &element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

std::string Writer::list(llvm::ArrayRef<int64_t> items) {
  return "[" +
         llvm::join(
             llvm::map_range(items,
                             [](int64_t item) { return std::to_string(item); }),
             ", ") +
         "]";
}

std::string Writer::map(size_t rank, llvm::ArrayRef<int64_t> dims) {
  std::vector<std::string> all, used;
  for (size_t i = 0; i < rank; ++i)
    all.push_back("d" + std::to_string(i));
  for (int64_t dim : dims)
    used.push_back("d" + std::to_string(dim));
  return "affine_map<(" + llvm::join(all, ", ") + ") -> (" +
         llvm::join(used, ", ") + ")>";
}

std::string Writer::initial(const Shape &shape, const std::string &element,
                            const std::string &value) {
  if (!sensitive && random.oneIn(6))
    return values[addArgument(shape, element)].name;
  return filled(shape, element, value);
}

std::string Writer::scalar(const std::string &element,
                           const std::string &text) {
  std::string name = fresh();
  line(formatv("{0} = arith.constant {1}{2}", name, text,
               element == "i1" ? "" : " : " + element));
  return name;
}

std::string Writer::empty(const Shape &shape, const std::string &element) {
  std::string name = fresh();
  line(formatv("{0} = tensor.empty() : {1}", name, type(shape, element)));
  return name;
}

std::string Writer::filled(const Shape &shape, const std::string &element,
                           const std::string &value) {
  std::string init = empty(shape, element), constant = scalar(element, value);
  std::string name = fresh();
  line(formatv("{0} = linalg.fill ins({1} : {2}) outs({3} : {4}) -> {4}", name,
               constant, element, init, type(shape, element)));
  return name;
}

size_t Writer::generic(
    const Shape &shape, const std::string &element, bool exact,
    llvm::ArrayRef<std::pair<size_t, std::vector<int64_t>>> inputs,
    llvm::function_ref<std::string(llvm::ArrayRef<std::string>, std::string &)>
        makeBody) {
  std::string init = empty(shape, element);
  std::vector<std::string> maps, names, types, blockArguments, parameters;
  std::vector<int64_t> identity;
  for (size_t i = 0; i < shape.size(); ++i)
    identity.push_back(i);
  for (auto &[input, dims] : inputs) {
    Value &value = values[input];
    value.used = true;
    maps.push_back(map(shape.size(), dims));
    names.push_back(value.name);
    types.push_back(type(value));
    parameters.push_back("%a" + std::to_string(parameters.size()));
    blockArguments.push_back(parameters.back() + ": " + value.element);
  }
  maps.push_back(map(shape.size(), identity));
  blockArguments.push_back("%out: " + element);
  std::vector<std::string> iterators(shape.size(), "\"parallel\"");
  std::string text;
  std::string result = makeBody(parameters, text);
  return define(
      shape, element, exact,
      formatv("linalg.generic {{indexing_maps = [{0}], iterator_types = [{1}]} "
              "ins({2} : {3}) outs({4} : {5}) {{\n  ^bb0({6}):\n{7}    "
              "linalg.yield {8} : {9}\n  } -> {5}",
              llvm::join(maps, ", "), llvm::join(iterators, ", "),
              llvm::join(names, ", "), llvm::join(types, ", "), init,
              type(shape, element), llvm::join(blockArguments, ", "), text,
              result, element)
          .str());
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

std::string Writer::drawFloatBody(llvm::ArrayRef<std::string> inputs,
                                  const std::string &element,
                                  std::string &text) {
  std::vector<std::string> pool(inputs.begin(), inputs.end());
  int64_t next = 0;
  auto emit = [&](const std::string &operation) {
    std::string name = "%t" + std::to_string(next++);
    text += formatv("    {0} = {1} : {2}\n", name, operation, element);
    return name;
  };
  std::string last = pool.front();
  size_t unread = 1;
  int64_t steps = 1 + random.below(5);
  for (int64_t i = 0; i < steps || unread < inputs.size(); ++i) {
    std::string other =
        unread < inputs.size() ? inputs[unread++] : random.pick(pool);
    int64_t kind = random.below(22);
    // x - x forgets what x was, so does max(x, x) - x.
    if ((kind == 2 || kind == 5 || kind == 6) && other == last)
      kind = 1;
    switch (kind) {
    case 0:
    case 1:
      last = emit("arith.addf " + last + ", " + other);
      break;
    case 2:
      last = emit("arith.subf " + last + ", " + other);
      break;
    case 3:
    case 4:
      last = emit("arith.mulf " + last + ", " + other);
      break;
    case 5:
      last = emit("arith.maximumf " + last + ", " + other);
      break;
    case 6:
      last = emit("arith.minimumf " + last + ", " + other);
      break;
    case 7:
      last = emit("math.tanh " + last);
      last = emit("arith.addf " + last + ", " + other);
      break;
    case 8: {
      std::string negative = emit("math.absf " + last);
      negative = emit("arith.negf " + negative);
      last = emit("math.exp " + negative);
      last = emit("arith.mulf " + last + ", " + other);
      break;
    }
    case 9: {
      std::string one = emit("arith.constant 1.0");
      std::string square = emit("arith.mulf " + other + ", " + other);
      square = emit("arith.addf " + square + ", " + one);
      last = emit("arith.divf " + last + ", " + square);
      break;
    }
    case 10: {
      std::string magnitude = emit("math.absf " + last);
      last = emit("math.sqrt " + magnitude);
      last = emit("arith.subf " + other + ", " + last);
      break;
    }
    case 11:
      last = emit("math.erf " + last);
      last = emit("arith.mulf " + last + ", " + other);
      break;
    case 12: {
      std::string half = emit("arith.constant 0.5");
      last = emit("arith.mulf " + last + ", " + half);
      last = emit("arith.addf " + last + ", " + other);
      break;
    }
    case 13: {
      std::string negative = emit("math.absf " + last);
      negative = emit("arith.negf " + negative);
      last = emit("math.exp2 " + negative);
      last = emit("arith.mulf " + last + ", " + other);
      break;
    }
    case 14: {
      std::string magnitude = emit("math.absf " + last);
      last = emit("math.log1p " + magnitude);
      last = emit("arith.addf " + last + ", " + other);
      break;
    }
    case 15: {
      std::string half = emit("arith.constant 0.5");
      std::string square = emit("arith.mulf " + last + ", " + last);
      square = emit("arith.addf " + square + ", " + half);
      last = emit("math.rsqrt " + square);
      last = emit("arith.mulf " + last + ", " + other);
      break;
    }
    case 16: {
      // A rectifier: continuous, so rounding cannot make it jump.
      std::string zero = emit("arith.constant 0.0");
      std::string name = "%t" + std::to_string(next++);
      text += formatv("    {0} = arith.cmpf ogt, {1}, {2} : {3}\n", name, last,
                      zero, element);
      std::string result = "%t" + std::to_string(next++);
      text += formatv("    {0} = arith.select {1}, {2}, {3} : {4}\n", result,
                      name, last, zero, element);
      last = emit("arith.addf " + result + ", " + other);
      break;
    }
    case 17: {
      std::string low = emit("arith.constant -1.0");
      std::string high = emit("arith.constant 1.0");
      last = emit("arith.maximumf " + last + ", " + low);
      last = emit("arith.minimumf " + last + ", " + high);
      last = emit("arith.addf " + last + ", " + other);
      break;
    }
    case 18: {
      // x / (1 + exp(-x)), with another factor.
      std::string one = emit("arith.constant 1.0");
      std::string power = emit("arith.negf " + last);
      power = emit("math.exp " + power);
      power = emit("arith.addf " + power + ", " + one);
      last = emit("arith.divf " + other + ", " + power);
      break;
    }
    case 19:
      last = emit("math.fma " + last + ", " + other + ", " + last);
      break;
    case 20:
      last = emit("math.atan " + last);
      last = emit("arith.addf " + last + ", " + other);
      break;
    default: {
      std::string half = emit("arith.constant 0.5");
      std::string magnitude = emit("math.absf " + last);
      magnitude = emit("arith.addf " + magnitude + ", " + half);
      last = emit("math.log " + magnitude);
      last = emit("arith.subf " + last + ", " + other);
      break;
    }
    }
    pool.push_back(last);
  }
  return last;
}

std::string Writer::drawIntegerBody(llvm::ArrayRef<std::string> inputs,
                                    const std::string &element,
                                    std::string &text) {
  static const std::vector<std::string> arithmetic = {
      "addi",  "subi",  "muli", "maxsi", "minsi",
      "maxui", "minui", "andi", "ori",   "xori"};
  static const std::vector<std::string> logic = {"andi", "ori", "xori"};
  std::vector<std::string> pool(inputs.begin(), inputs.end());
  int64_t next = 0;
  auto emit = [&](const std::string &operation) {
    std::string name = "%t" + std::to_string(next++);
    text += formatv("    {0} = arith.{1} : {2}\n", name, operation, element);
    return name;
  };
  std::string last = pool.front();
  size_t unread = 1;
  int64_t steps = 1 + random.below(4);
  for (int64_t i = 0; i < steps || unread < inputs.size(); ++i) {
    // By constants: a division by zero has no meaning, nor has a shift by more
    // than the width.
    static const std::vector<std::string> byConstant = {
        "divsi", "remsi", "divui", "shli", "shrsi", "shrui"};
    if (element != "i1" && !sensitive && unread == inputs.size() &&
        random.oneIn(4)) {
      std::string constant =
          emit("constant " + std::to_string(1 + random.below(6)));
      last = emit(random.pick(byConstant) + " " + last + ", " + constant);
    } else {
      std::string other =
          unread < inputs.size() ? inputs[unread++] : random.pick(pool);
      // Masks and products lose bits, and x ^ x all of them.
      static const std::vector<std::string> keeping = {"addi", "subi", "maxsi",
                                                       "minsi"};
      std::string operation = random.pick(element == "i1" ? logic
                                          : sensitive     ? keeping
                                                          : arithmetic);
      if (sensitive && other == last)
        operation = element == "i1" ? "ori" : "addi";
      last = emit(operation + " " + last + ", " + other);
    }
    pool.push_back(last);
  }
  return last;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

static const std::vector<std::pair<std::string, bool (Writer::*)()>> &
getClasses() {
  static const std::vector<std::pair<std::string, bool (Writer::*)()>> classes =
      {{"contraction", &Writer::addContraction},
       {"elementwise", &Writer::addElementwise},
       {"reduction", &Writer::addReduction},
       {"named", &Writer::addNamed},
       {"matrix product", &Writer::addMatrixProduct},
       {"broadcast", &Writer::addBroadcast},
       {"softmax", &Writer::addSoftmax},
       {"norm", &Writer::addNorm},
       {"transpose", &Writer::addTranspose},
       {"concat", &Writer::addConcat},
       {"slice", &Writer::addSlice},
       {"pad", &Writer::addPad},
       {"reshape", &Writer::addReshape},
       {"argmax", &Writer::addArgMax},
       {"comparison", &Writer::addComparison},
       {"conversion", &Writer::addConversion}};
  return classes;
}

std::vector<std::string> qimeng::getOperationClasses() {
  std::vector<std::string> names;
  for (auto &[name, function] : getClasses())
    names.push_back(name);
  return names;
}

TensorProgram Writer::run(const std::string &first) {
  TensorProgram program;
  auto add = [&](const std::string &name, bool (Writer::*function)()) {
    if ((this->*function)())
      program.classes.push_back(name);
  };
  for (auto &[name, function] : getClasses())
    if (name == first)
      add(name, function);
  int64_t steps = random.below(5) + (first.empty() ? 1 : 0);
  for (int64_t i = 0; i < steps; ++i) {
    // Those with the most forms come more often.
    auto &classes = getClasses();
    auto &[name, function] =
        random.oneIn(4) ? classes[random.below(4)] : random.pick(classes);
    add(name, function);
  }
  std::vector<std::string> names, types;
  for (const Value &value : values)
    if (!value.used) {
      names.push_back(value.name);
      types.push_back(type(value));
    }
  program.text = formatv("func.func @program({0}) -> ({1}) {{\n{2}  return "
                         "{3} : {1}\n}\n",
                         llvm::join(arguments, ", "), llvm::join(types, ", "),
                         body, llvm::join(names, ", "));
  return program;
}

TensorProgram qimeng::makeTensorProgram(uint64_t seed, const std::string &first,
                                        bool sensitive) {
  return Writer(seed, sensitive).run(first);
}
