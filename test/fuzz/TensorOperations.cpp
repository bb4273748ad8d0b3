//===- TensorOperations.cpp - Operations of random tensor programs --------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorWriter.h"

using namespace qimeng;
using llvm::formatv;

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

bool Writer::addMatrixProduct() { return addContraction(/*tensorCores=*/true); }

bool Writer::addContraction() { return addContraction(/*tensorCores=*/false); }

bool Writer::addContraction(bool tensorCores) {
  // How many batch, M, N and K dimensions; matrices, mostly.
  bool named = tensorCores || !random.oneIn(3);
  int64_t batch = random.oneIn(3), m = 1, n = 1, k = 1;
  if (!named) {
    batch = random.below(3), m = random.below(3), n = random.below(3);
    k = 1 + random.below(2);
  }
  int64_t rank = batch + m + n + k;
  if (m + n + batch == 0 && random.oneIn(2))
    m = 1, ++rank;
  Shape sizes;
  int64_t limit = 1 << 18;
  for (int64_t i = 0; i < rank; ++i) {
    sizes.push_back(drawSize(limit));
    limit = std::max<int64_t>(1, limit / sizes.back());
  }
  for (size_t i = 1; i < sizes.size(); ++i)
    std::swap(sizes[i], sizes[random.below(i + 1)]);
  // Large enough for an instruction, whole or not.
  static const std::vector<int64_t> blocks = {16, 32, 48, 61, 64, 97, 128, 131};
  if (tensorCores)
    for (int64_t i = batch; i < rank; ++i)
      sizes[i] = random.pick(blocks);
  if (tensorCores && batch)
    sizes[0] = 1 + random.below(3);
  std::vector<int64_t> left, right, out;
  for (int64_t i = 0; i < batch + m; ++i)
    left.push_back(i);
  for (int64_t i = batch + m + n; i < rank; ++i)
    left.push_back(i), right.push_back(i);
  for (int64_t i = 0; i < batch; ++i)
    right.push_back(i);
  for (int64_t i = batch + m; i < batch + m + n; ++i)
    right.push_back(i);
  for (int64_t i = 0; i < batch + m + n; ++i)
    out.push_back(i);
  auto shuffle = [&](std::vector<int64_t> &dims) {
    for (size_t i = 1; i < dims.size(); ++i)
      std::swap(dims[i], dims[random.below(i + 1)]);
  };
  // Any transposition of any operand.
  shuffle(left);
  shuffle(right);
  if (!named && random.oneIn(3))
    shuffle(out);
  auto shapeOf = [&](llvm::ArrayRef<int64_t> dims) {
    Shape shape;
    for (int64_t dim : dims)
      shape.push_back(sizes[dim]);
    return shape;
  };
  std::string factor, sum;
  switch (tensorCores ? 2 + random.below(2) : random.below(8)) {
  case 0:
    factor = "i8", sum = random.oneIn(3) ? "i8" : "i32";
    break;
  case 1:
    factor = sum = random.oneIn(3) ? "i64" : "i32";
    break;
  case 2:
    factor = "f16", sum = random.oneIn(2) ? "f32" : "f16";
    break;
  case 3:
    factor = "bf16", sum = random.oneIn(2) ? "f32" : "bf16";
    break;
  default:
    factor = sum = "f32";
    break;
  }
  size_t a = getValue(shapeOf(left), factor),
         b = getValue(shapeOf(right), factor);
  values[a].used = values[b].used = true;
  Shape shape = shapeOf(out);
  bool isFloat = sum[0] != 'i';
  std::string init = initial(shape, sum, zero(sum));
  std::string maps =
      map(rank, left) + ", " + map(rank, right) + ", " + map(rank, out);
  std::string operands = formatv(
      "ins({0}, {1} : {2}, {3}) outs({4} : {5})", values[a].name,
      values[b].name, type(values[a]), type(values[b]), init, type(shape, sum));
  if (named) {
    // The order that the named operation expects, when none is transposed.
    define(shape, sum, false,
           formatv("linalg.contract indexing_maps = [{0}] {1} -> {2}", maps,
                   operands, type(shape, sum)));
    return true;
  }
  std::vector<std::string> iterators;
  for (int64_t i = 0; i < rank; ++i)
    iterators.push_back(i < batch + m + n ? "\"parallel\"" : "\"reduction\"");
  std::string text;
  std::string x = "%a", y = "%b";
  if (factor != sum) {
    const char *extend = isFloat ? "arith.extf" : "arith.extsi";
    text += formatv("    %x = {0} %a : {1} to {2}\n    %y = {0} %b : {1} to "
                    "{2}\n",
                    extend, factor, sum);
    x = "%x", y = "%y";
  }
  text +=
      formatv("    %p = arith.{0} {1}, {2} : {3}\n    %s = arith.{4} %c, "
              "%p : {3}\n    linalg.yield %s : {3}\n",
              isFloat ? "mulf" : "muli", x, y, sum, isFloat ? "addf" : "addi");
  define(shape, sum, false,
         formatv("linalg.generic {{indexing_maps = [{0}], iterator_types = "
                 "[{1}]} {2} {{\n  ^bb0(%a: {3}, %b: {3}, %c: {4}):\n{5}  } -> "
                 "{6}",
                 maps, llvm::join(iterators, ", "), operands, factor, sum, text,
                 type(shape, sum)));
  return true;
}

bool Writer::addElementwise() {
  size_t first = pickOrAdd(
      [&](const Value &value) {
        return getNumElements(value.shape) <= 1 << 14;
      },
      drawShape(1, 4, 1 << 12), drawElement());
  Shape shape = values[first].shape;
  std::string element = values[first].element;
  std::vector<int64_t> dims;
  for (size_t i = 0; i < shape.size(); ++i)
    dims.push_back(i);
  std::vector<std::pair<size_t, std::vector<int64_t>>> inputs = {{first, dims}};
  int64_t more = random.below(3);
  for (int64_t i = 0; i < more; ++i) {
    // A permutation of some of the dimensions.
    std::vector<int64_t> some;
    for (int64_t dim : dims)
      if (!random.oneIn(3))
        some.push_back(dim);
    for (size_t j = 1; j < some.size(); ++j)
      std::swap(some[j], some[random.below(j + 1)]);
    Shape part;
    for (int64_t dim : some)
      part.push_back(shape[dim]);
    size_t other = getValue(part, element);
    // x - x would not depend on x.
    if (sensitive &&
        llvm::any_of(inputs, [&](auto &input) { return input.first == other; }))
      other = addArgument(part, element);
    inputs.push_back({other, some});
  }
  bool isFloat = values[first].isFloat();
  generic(shape, element, false, inputs, [&](auto parameters, auto &text) {
    return isFloat ? drawFloatBody(parameters, element, text)
                   : drawIntegerBody(parameters, element, text);
  });
  if (!isFloat)
    values.back().exact = true;
  return true;
}

bool Writer::addBroadcast() {
  // What is constant along an axis hides how that axis is treated.
  if (sensitive)
    return false;
  size_t input = pickOrAdd(
      [](const Value &value) {
        return value.shape.size() <= 3 && getNumElements(value.shape) <= 2048;
      },
      drawShape(0, 2, 512), drawElement());
  Value value = values[input];
  values[input].used = true;
  Shape shape = value.shape;
  std::vector<int64_t> axes;
  int64_t added = 1 + random.below(2);
  for (int64_t i = 0; i < added; ++i)
    shape.insert(shape.begin() + random.below(shape.size() + 1), -drawSize(17));
  for (auto [dim, size] : llvm::enumerate(shape))
    if (size < 0) {
      axes.push_back(dim);
      size = -size;
    }
  std::string init = empty(shape, value.element);
  define(shape, value.element, value.exact,
         formatv("linalg.broadcast ins({0} : {1}) outs({2} : {3}) dimensions = "
                 "{4}",
                 value.name, type(value), init, type(shape, value.element),
                 list(axes)));
  return true;
}

bool Writer::addReduction() {
  size_t input =
      pickOrAdd([](const Value &value) { return !value.shape.empty(); },
                drawShape(1, 4, 1 << 14), drawElement());
  Value value = values[input];
  values[input].used = true;
  std::vector<int64_t> axes;
  Shape shape;
  int64_t sure = random.below(value.shape.size());
  for (auto [dim, size] : llvm::enumerate(value.shape))
    if (static_cast<int64_t>(dim) == sure || random.oneIn(3))
      axes.push_back(dim);
    else
      shape.push_back(size);
  if (sensitive && getNumElements(shape) == getNumElements(value.shape))
    return false;
  struct Kind {
    std::string name, identity;
    bool exact;
  };
  std::vector<Kind> kinds;
  if (value.isFloat()) {
    kinds = {{"addf", "0.0", false},
             {"addf", "0.0", false},
             {"maximumf", "-1.0e4", true},
             {"minimumf", "1.0e4", true},
             {"maxnumf", "-1.0e4", true}};
  } else if (value.element == "i1") {
    kinds = {{"andi", "true", true},
             {"ori", "false", true},
             {"xori", "false", true}};
  } else {
    kinds = {{"addi", "0", true},   {"muli", "1", true},  {"maxsi", "-9", true},
             {"minsi", "11", true}, {"andi", "-1", true}, {"ori", "0", true},
             {"xori", "0", true}};
  }
  // Products and masks of many integers are the same whatever is left out.
  if (sensitive && !value.isFloat())
    llvm::erase_if(kinds, [](const Kind &kind) {
      return kind.name == "muli" || kind.name == "andi" || kind.name == "ori";
    });
  Kind kind = random.pick(kinds);
  std::string init = initial(shape, value.element, kind.identity);
  define(shape, value.element, value.exact && kind.exact,
         formatv("linalg.reduce {{ arith.{0} } ins({1} : {2}) outs({3} : {4}) "
                 "dimensions = {5}",
                 kind.name, value.name, type(value), init,
                 type(shape, value.element), list(axes)));
  return true;
}

bool Writer::addSoftmax() {
  // The maximum that it subtracts matters only where exponentials overflow:
  // of arguments, which may be large, and not of f16, where they are not.
  size_t input = sensitive
                     ? addArgument(drawShape(1, 3, 1 << 13),
                                   random.oneIn(3) ? "bf16" : "f32")
                     : pickOrAdd(
                           [](const Value &value) {
                             return !value.shape.empty() && value.isFloat();
                           },
                           drawShape(1, 4, 1 << 13), drawFloat());
  Value value = values[input];
  int64_t dim = random.below(value.shape.size());
  // Of one element it is always one.
  if (sensitive && value.shape[dim] == 1)
    return false;
  values[input].used = true;
  std::string init = empty(value.shape, value.element);
  define(value.shape, value.element, false,
         formatv("linalg.softmax dimension({0}) ins({1} : {2}) outs({3} : {2}) "
                 "-> {2}",
                 dim, value.name, type(value), init));
  return true;
}

bool Writer::addNorm() {
  // Layer or rms norm over the last dimension.
  size_t input = pickOrAdd(
      [&](const Value &value) {
        // A broadcast, for one, may be constant along the rows.
        return !sensitive && !value.shape.empty() && value.isFloat() &&
               getNumElements(value.shape) <= 1 << 14;
      },
      drawShape(1, 3, 1 << 13), drawFloat());
  std::string element = values[input].element;
  Shape shape = values[input].shape;
  std::vector<int64_t> all, outer;
  for (size_t i = 0; i < shape.size(); ++i)
    all.push_back(i);
  outer.assign(all.begin(), all.end() - 1);
  Shape rows(shape.begin(), shape.end() - 1);
  int64_t last = shape.size() - 1;
  std::string scale = formatv("{0:f9}", 1.0 / shape.back());
  auto sum = [&](size_t of) {
    values[of].used = true;
    std::string init = filled(rows, element, "0.0");
    return define(rows, element, false,
                  formatv("linalg.reduce {{ arith.addf } ins({0} : {1}) "
                          "outs({2} : {3}) dimensions = {4}",
                          values[of].name, type(values[of]), init,
                          type(rows, element), list({last})));
  };
  size_t centered = input;
  // The norm of a norm would be the same again.
  if (sensitive && (shape.back() == 1 || hasNorm))
    return false;
  hasNorm = true;
  if (random.oneIn(2)) {
    size_t total = sum(input);
    centered = generic(
        shape, element, false, {{input, all}, {total, outer}},
        [&](auto parameters, std::string &text) {
          text += formatv("    %k = arith.constant {0} : {1}\n    %m = "
                          "arith.mulf %a1, %k : {1}\n    %d = arith.subf %a0, "
                          "%m : {1}\n",
                          scale, element);
          return std::string("%d");
        });
  }
  size_t squares = generic(shape, element, false, {{centered, all}},
                           [&](auto parameters, std::string &text) {
                             text += formatv("    %q = arith.mulf %a0, %a0 : "
                                             "{0}\n",
                                             element);
                             return std::string("%q");
                           });
  size_t total = sum(squares);
  // A weight that is the input itself would hide the sign.
  size_t weight = sensitive ? addArgument({shape.back()}, element)
                            : getValue({shape.back()}, element);
  generic(shape, element, false,
          {{centered, all}, {total, outer}, {weight, {last}}},
          [&](auto parameters, std::string &text) {
            text += formatv(
                "    %k = arith.constant {0} : {1}\n    %e = arith.constant "
                "1.0e-3 : {1}\n    %m = arith.mulf %a1, %k : {1}\n    %v = "
                "arith.addf %m, %e : {1}\n    %r = math.rsqrt %v : {1}\n    %n "
                "= arith.mulf %a0, %r : {1}\n    %w = arith.mulf %n, %a2 : "
                "{1}\n",
                scale, element);
            return std::string("%w");
          });
  return true;
}

bool Writer::addTranspose() {
  size_t input =
      pickOrAdd([](const Value &value) { return value.shape.size() >= 2; },
                drawShape(2, 4, 1 << 13), drawElement());
  Value value = values[input];
  values[input].used = true;
  std::vector<int64_t> permutation;
  for (size_t i = 0; i < value.shape.size(); ++i)
    permutation.push_back(i);
  for (size_t i = 1; i < permutation.size(); ++i)
    std::swap(permutation[i], permutation[random.below(i + 1)]);
  Shape shape;
  for (int64_t dim : permutation)
    shape.push_back(value.shape[dim]);
  std::string init = empty(shape, value.element);
  define(shape, value.element, value.exact,
         formatv("linalg.transpose ins({0} : {1}) outs({2} : {3}) permutation "
                 "= {4}",
                 value.name, type(value), init, type(shape, value.element),
                 list(permutation)));
  return true;
}

bool Writer::addConcat() {
  size_t first = pickOrAdd(
      [](const Value &value) {
        return !value.shape.empty() && getNumElements(value.shape) <= 1 << 12;
      },
      drawShape(1, 3, 1 << 11), drawElement());
  std::string element = values[first].element;
  int64_t dim = random.below(values[first].shape.size());
  std::vector<std::string> names = {values[first].name},
                           types = {type(values[first])};
  values[first].used = true;
  Shape shape = values[first].shape;
  bool exact = values[first].exact;
  int64_t more = 1 + random.below(2);
  for (int64_t i = 0; i < more; ++i) {
    Shape part = values[first].shape;
    if (random.oneIn(2))
      part[dim] = drawSize(33);
    size_t other =
        sensitive ? addArgument(part, element) : getValue(part, element);
    values[other].used = true;
    exact &= values[other].exact;
    shape[dim] += part[dim];
    names.push_back(values[other].name);
    types.push_back(type(values[other]));
  }
  define(shape, element, exact,
         formatv("tensor.concat dim({0}) {1} : ({2}) -> {3}", dim,
                 llvm::join(names, ", "), llvm::join(types, ", "),
                 type(shape, element)));
  return true;
}

bool Writer::addSlice() {
  // What is left out of a result shows no mistakes.
  size_t input =
      sensitive
          ? addArgument(drawShape(1, 4, 1 << 13), drawElement())
          : pickOrAdd([](const Value &value) { return !value.shape.empty(); },
                      drawShape(1, 4, 1 << 13), drawElement());
  Value value = values[input];
  values[input].used = true;
  std::vector<int64_t> offsets, sizes, strides;
  for (int64_t size : value.shape) {
    int64_t stride = random.oneIn(4) ? 2 : 1, offset = random.below(size);
    int64_t most = (size - offset + stride - 1) / stride;
    offsets.push_back(offset);
    strides.push_back(stride);
    sizes.push_back(1 + random.below(most));
  }
  Shape shape = sizes;
  define(shape, value.element, value.exact,
         formatv("tensor.extract_slice {0} {1} {2} {3} : {4} to {5}",
                 value.name, list(offsets), list(sizes), list(strides),
                 type(value), type(shape, value.element)));
  return true;
}

bool Writer::addPad() {
  size_t input = pickOrAdd(
      [](const Value &value) {
        return !value.shape.empty() && getNumElements(value.shape) <= 1 << 11 &&
               value.element != "i1";
      },
      drawShape(1, 3, 1 << 10), drawNumber());
  Value value = values[input];
  values[input].used = true;
  std::vector<int64_t> low, high;
  std::vector<std::string> indices;
  Shape shape = value.shape;
  for (int64_t &size : shape) {
    low.push_back(random.below(3));
    high.push_back(random.below(4));
    size += low.back() + high.back();
    indices.push_back("%i" + std::to_string(indices.size()) + ": index");
  }
  std::string constant =
      scalar(value.element, random.oneIn(2)   ? zero(value.element)
                            : value.isFloat() ? "1.5"
                                              : "3");
  define(shape, value.element, value.exact,
         formatv("tensor.pad {0} low{1} high{2} {{\n  ^bb0({3}):\n    "
                 "tensor.yield {4} : {5}\n  } : {6} to {7}",
                 value.name, list(low), list(high), llvm::join(indices, ", "),
                 constant, value.element, type(value),
                 type(shape, value.element)));
  return true;
}

bool Writer::addReshape() {
  size_t input =
      pickOrAdd([](const Value &value) { return value.shape.size() >= 2; },
                drawShape(2, 4, 1 << 13), drawElement());
  Value value = values[input];
  values[input].used = true;
  // Collapse neighbours, and maybe expand them the other way round.
  int64_t at = random.below(value.shape.size() - 1);
  Shape collapsed;
  std::string groups;
  for (int64_t dim = 0, group = 0;
       dim < static_cast<int64_t>(value.shape.size()); ++dim, ++group) {
    groups += group ? ", " : "";
    if (dim == at) {
      collapsed.push_back(value.shape[dim] * value.shape[dim + 1]);
      groups += list({dim, dim + 1});
      ++dim;
    } else {
      collapsed.push_back(value.shape[dim]);
      groups += list({dim});
    }
  }
  size_t result = define(
      collapsed, value.element, value.exact,
      formatv("tensor.collapse_shape {0} [{1}] : {2} into {3}", value.name,
              groups, type(value), type(collapsed, value.element)));
  if (random.oneIn(2)) {
    Shape expanded = value.shape;
    std::swap(expanded[at], expanded[at + 1]);
    values[result].used = true;
    define(expanded, value.element, value.exact,
           formatv("tensor.expand_shape {0} [{1}] output_shape {2} : {3} into "
                   "{4}",
                   values[result].name, groups, list(expanded),
                   type(collapsed, value.element),
                   type(expanded, value.element)));
  }
  return true;
}

bool Writer::addArgMax() {
  // Largest element and its index along the last dimension.
  size_t input = pickOrAdd(
      [](const Value &value) {
        return value.exact && !value.shape.empty() && value.element != "i1";
      },
      drawShape(1, 3, 1 << 12), drawNumber());
  if (sensitive && values[input].shape.back() == 1)
    return false;
  Value value = values[input];
  values[input].used = true;
  Shape rows(value.shape.begin(), value.shape.end() - 1);
  std::string index = random.oneIn(2) ? "i64" : "i32";
  bool isFloat = value.isFloat(), isMax = random.oneIn(2);
  std::string best =
      filled(rows, value.element,
             isFloat ? (isMax ? "-1.0e4" : "1.0e4") : (isMax ? "-128" : "127"));
  std::string where = filled(rows, index, "0");
  size_t rank = value.shape.size();
  std::vector<int64_t> all, outer;
  for (size_t i = 0; i < rank; ++i)
    all.push_back(i);
  outer.assign(all.begin(), all.end() - 1);
  std::vector<std::string> iterators(rank, "\"parallel\"");
  iterators.back() = "\"reduction\"";
  std::string compare = isFloat
                            ? (isMax ? "arith.cmpf ogt," : "arith.cmpf olt,")
                            : (isMax ? "arith.cmpi sgt," : "arith.cmpi slt,");
  std::string pair = fresh();
  line(formatv(
           "{0}:2 = linalg.generic {{indexing_maps = [{1}, {2}, {2}], "
           "iterator_types = [{3}]} ins({4} : {5}) outs({6}, {7} : {8}, {9}) "
           "{{\n  ^bb0(%e: {10}, %b: {10}, %w: {11}):\n    %i = linalg.index "
           "{12} : index\n    %j = arith.index_cast %i : index to {11}\n    %g "
           "= {13} %e, %b : {10}\n    %v = arith.select %g, %e, %b : {10}\n    "
           "%x = arith.select %g, %j, %w : {11}\n    linalg.yield %v, %x : "
           "{10}, {11}\n  } -> ({8}, {9})",
           pair, map(rank, all), map(rank, outer), llvm::join(iterators, ", "),
           value.name, type(value), best, where, type(rows, value.element),
           type(rows, index), value.element, index, rank - 1, compare)
           .str());
  Value maximum;
  maximum.name = pair + "#0";
  maximum.shape = rows;
  maximum.element = value.element;
  values.push_back(maximum);
  maximum.name = pair + "#1";
  maximum.element = index;
  values.push_back(maximum);
  return true;
}

bool Writer::addComparison() {
  size_t first = pickOrAdd(
      [](const Value &value) {
        return value.exact && !value.shape.empty() && value.element != "i1" &&
               getNumElements(value.shape) <= 1 << 13;
      },
      drawShape(1, 3, 1 << 12), drawNumber());
  Value value = values[first];
  size_t second = pickOrAdd(
      [&](const Value &other) {
        return other.exact && other.shape == value.shape &&
               other.element == value.element;
      },
      value.shape, value.element);
  if (sensitive && first == second)
    second = addArgument(value.shape, value.element);
  std::vector<int64_t> all;
  for (size_t i = 0; i < value.shape.size(); ++i)
    all.push_back(i);
  static const std::vector<std::string> floats = {"ogt", "ole", "une", "oeq"},
                                        integers = {"sgt", "ule", "ne", "eq"};
  std::string compare = value.isFloat()
                            ? "arith.cmpf " + random.pick(floats) + ","
                            : "arith.cmpi " + random.pick(integers) + ",";
  size_t mask = generic(value.shape, "i1", true, {{first, all}, {second, all}},
                        [&](auto parameters, std::string &text) {
                          text += formatv("    %c = {0} %a0, %a1 : {1}\n",
                                          compare, value.element);
                          return std::string("%c");
                        });
  if (random.oneIn(3))
    return true;
  size_t other = sensitive ? addArgument(value.shape, value.element)
                           : getValue(value.shape, value.element);
  bool exact = values[other].exact;
  generic(value.shape, value.element, exact,
          {{mask, all}, {first, all}, {other, all}},
          [&](auto parameters, std::string &text) {
            text += formatv("    %s = arith.select %a0, %a1, %a2 : {0}\n",
                            value.element);
            return std::string("%s");
          });
  return true;
}

bool Writer::addConversion() {
  size_t input = pickOrAdd(
      [](const Value &value) { return getNumElements(value.shape) <= 1 << 13; },
      drawShape(1, 3, 1 << 12), drawNumber());
  Value value = values[input];
  std::string to, operation;
  int64_t width =
      std::stoi(value.element.substr(value.element[0] == 'b' ? 2 : 1));
  if (value.isFloat()) {
    to = width == 32 ? (random.oneIn(2) ? "f16" : "bf16") : "f32";
    operation = width == 32 ? "arith.truncf" : "arith.extf";
  } else if (width == 1) {
    to = random.oneIn(2) ? "f32" : "i32";
    operation = to == "f32" ? "arith.uitofp" : "arith.extui";
  } else if (random.oneIn(3)) {
    to = "f32";
    operation = "arith.sitofp";
  } else {
    to = width == 64   ? "i32"
         : width == 32 ? (random.oneIn(2) ? "i64" : "i8")
                       : "i32";
    operation = width == 64 || (width == 32 && to == "i8") ? "arith.trunci"
                                                           : "arith.extsi";
  }
  std::vector<int64_t> all;
  for (size_t i = 0; i < value.shape.size(); ++i)
    all.push_back(i);
  bool exact = value.exact && !(value.isFloat() && width == 32) &&
               operation != "arith.sitofp";
  generic(value.shape, to, exact, {{input, all}},
          [&](auto parameters, std::string &text) {
            text += formatv("    %c = {0} %a0 : {1} to {2}\n", operation,
                            value.element, to);
            return std::string("%c");
          });
  return true;
}

/// An operation of linalg with a name of its own.
bool Writer::addNamed() {
  struct Contraction {
    std::string name;
    std::vector<std::string> shapes; ///< of both factors and the result
  };
  static const std::vector<Contraction> contractions = {
      {"matmul", {"mk", "kn", "mn"}},
      {"batch_matmul", {"bmk", "bkn", "bmn"}},
      {"matvec", {"mk", "k", "m"}},
      {"vecmat", {"k", "kn", "n"}},
      {"batch_matvec", {"bmk", "bk", "bm"}},
      {"batch_vecmat", {"bk", "bkn", "bn"}},
      {"dot", {"k", "k", ""}},
      {"batch_reduce_matmul", {"bmk", "bkn", "mn"}}};
  if (random.oneIn(2)) {
    const Contraction &contraction = random.pick(contractions);
    std::string element = drawNumber();
    int64_t m = drawSize(131), n = drawSize(131), k = drawSize(131),
            b = drawSize(13);
    auto shapeOf = [&](const std::string &letters) {
      Shape shape;
      for (char letter : letters)
        shape.push_back(letter == 'm'   ? m
                        : letter == 'n' ? n
                        : letter == 'k' ? k
                                        : b);
      return shape;
    };
    size_t left = getValue(shapeOf(contraction.shapes[0]), element);
    size_t right = getValue(shapeOf(contraction.shapes[1]), element);
    values[left].used = values[right].used = true;
    Shape shape = shapeOf(contraction.shapes[2]);
    std::string init = initial(shape, element, zero(element));
    define(shape, element, false,
           formatv("linalg.{0} ins({1}, {2} : {3}, {4}) outs({5} : {6}) -> {6}",
                   contraction.name, values[left].name, values[right].name,
                   type(values[left]), type(values[right]), init,
                   type(shape, element)));
    return true;
  }
  static const std::vector<std::string> unary = {"abs", "negf", "tanh", "erf",
                                                 "square"},
                                        floats = {"add", "sub", "mul", "max",
                                                  "min"},
                                        integers = {"add", "sub", "mul", "max",
                                                    "min"};
  size_t first = pickOrAdd(
      [](const Value &value) {
        return value.element != "i1" && getNumElements(value.shape) <= 1 << 14;
      },
      drawShape(1, 4, 1 << 12), drawNumber());
  Value value = values[first];
  values[first].used = true;
  std::string name, operands, types;
  if (value.isFloat() && random.oneIn(2)) {
    name = random.pick(unary);
    operands = value.name, types = type(value);
  } else {
    size_t second = getValue(value.shape, value.element);
    if (sensitive && second == first)
      second = addArgument(value.shape, value.element);
    values[second].used = true;
    name = random.pick(value.isFloat() ? floats : integers);
    operands = value.name + ", " + values[second].name;
    types = type(value) + ", " + type(value);
  }
  std::string init = empty(value.shape, value.element);
  define(value.shape, value.element, !value.isFloat(),
         formatv("linalg.{0} ins({1} : {2}) outs({3} : {4}) -> {4}", name,
                 operands, types, init, type(value)));
  return true;
}
