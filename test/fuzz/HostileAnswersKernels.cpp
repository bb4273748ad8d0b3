//===- HostileAnswersKernels.cpp - Kernels that mean harm -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostileAnswers.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <optional>

using namespace qimeng;
using namespace qimeng::hostile;
using llvm::formatv;
using llvm::StringRef;
using Operand = HostileSubject::Operand;

//===----------------------------------------------------------------------===//
// Changing a right kernel's text
//===----------------------------------------------------------------------===//

static std::string replaceFirst(std::string text, StringRef from,
                                StringRef to) {
  size_t at = text.find(from.str());
  return at == std::string::npos ? text
                                 : text.replace(at, from.size(), to.str());
}

namespace {
class Editor {
public:
  explicit Editor(const std::string &kernel) {
    llvm::SmallVector<StringRef> parts;
    StringRef(kernel).rtrim().split(parts, '\n');
    lines.assign(parts.begin(), parts.end());
  }
  std::string str() const { return llvm::join(lines, "\n") + "\n"; }

  /// At the start or the end of the body.
  void begin(const std::string &text) { lines.insert(lines.begin() + 1, text); }
  void end(const std::string &text) { lines.insert(lines.end() - 1, text); }
  std::string &header() { return lines.front(); }

  /// What stands in the grid's brackets; empty for an untiled kernel.
  std::string grid() const {
    StringRef rest = StringRef(lines.front()).split(" grid(").second;
    return rest.split(')').first.str();
  }
  void setGrid(const std::string &sizes) {
    std::string old = grid();
    if (old.empty())
      header() = replaceFirst(header(), ") {", ") grid(" + sizes + ") {");
    else
      header() =
          replaceFirst(header(), " grid(" + old + ")", " grid(" + sizes + ")");
  }

  /// Lines that hold `word`.
  std::vector<size_t> find(StringRef word) const {
    std::vector<size_t> found;
    for (size_t i = 1; i < lines.size(); ++i)
      if (StringRef(lines[i]).contains(word))
        found.push_back(i);
    return found;
  }

  /// The tile that the last store writes, and its type; empty names where there
  /// is no store.
  std::pair<std::string, std::string> stored() const {
    std::vector<size_t> at = find("qimeng.store ");
    if (at.empty())
      return {};
    StringRef rest = StringRef(lines[at.back()]).split("qimeng.store ").second;
    StringRef type = rest.split(" : ").second;
    size_t end = type.find('>');
    if (end == StringRef::npos)
      return {};
    return {rest.split(',').first.str(), type.take_front(end + 1).str()};
  }
  /// Stores `value` instead, after `before`.
  void storeInstead(const std::string &before, StringRef value) {
    size_t at = find("qimeng.store ").back();
    auto [name, type] = stored();
    lines[at] = before + "\n" +
                replaceFirst(lines[at], "qimeng.store " + name,
                             "qimeng.store " + value.str());
  }
  /// Adds the scalar tile `scalar` to what is stored, so that it is of use.
  void useScalar(const std::string &before, const std::string &scalar) {
    auto [name, type] = stored();
    std::string element = elementOf(type), axes;
    size_t rank = StringRef(type).count('x') - (element == "index");
    for (size_t i = 0; i < rank; ++i)
      axes += (i ? ", " : "") + std::to_string(i);
    storeInstead(
        before + "\n" +
            formatv("%hb = qimeng.broadcast {0} axes [{1}] : tensor<{2}> -> "
                    "{3}\n%hs = arith.add{4} {5}, %hb : {3}",
                    scalar, axes, element, type, element[0] == 'i' ? "i" : "f",
                    name)
                .str(),
        "%hs");
  }
  static std::string elementOf(StringRef type) {
    StringRef inner = type.split('<').second.rtrim('>');
    return inner.contains('x') ? inner.rsplit('x').second.str() : inner.str();
  }

  std::vector<std::string> lines;
};
} // namespace

static std::string zero(StringRef element) {
  return element[0] == 'i' ? "0" : "0.0";
}

/// Numbers that indices, sizes and counts go wrong with, mostly such as an
/// index can be.
static const std::string &drawNumber(Random &random) {
  static const std::vector<std::string> tooLarge = {
      "9223372036854775808", "18446744073709551615", "18446744073709551616",
      "340282366920938463463374607431768211456"};
  if (random.oneIn(20))
    return random.pick(tooLarge);
  static const std::vector<std::string> numbers = {"0",
                                                   "1",
                                                   "-1",
                                                   "-2",
                                                   "7",
                                                   "64",
                                                   "1000",
                                                   "65536",
                                                   "1048576",
                                                   "2147483647",
                                                   "2147483648",
                                                   "-2147483648",
                                                   "4294967295",
                                                   "4294967296",
                                                   "4611686018427387904",
                                                   "9223372036854775807",
                                                   "-9223372036854775807",
                                                   "-9223372036854775808"};
  return random.pick(numbers);
}

static std::string dims(size_t rank) {
  std::string text;
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", d" : "d") + std::to_string(i);
  return text;
}

static const Operand &pickOperand(const HostileSubject &subject, Random &random,
                                  bool output, size_t &number) {
  std::vector<size_t> fit;
  for (size_t i = 0; i < subject.operands.size(); ++i)
    if (subject.operands[i].isOutput == output)
      fit.push_back(i);
  number = random.pick(fit);
  return subject.operands[number];
}

static HostileAnswer kernel(const std::string &text,
                            bool mustBeRefused = false) {
  HostileAnswer answer;
  answer.text = text;
  answer.mustBeRefused = mustBeRefused;
  return answer;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static HostileAnswer writeInput(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  size_t number;
  const Operand &input = pickOperand(subject, random, /*output=*/false, number);
  std::string ones = repeat("1x", input.shape.size()), indices;
  for (size_t i = 0; i < input.shape.size(); ++i)
    indices += i ? ", %h0" : "%h0";
  std::string value =
      formatv("%h0 = arith.constant 0 : index\n%hv = arith.constant dense<{0}> "
              ": tensor<{1}{2}>\n",
              zero(input.element), ones, input.element);
  std::string tile = "tensor<" + ones + input.element + ">";
  if (random.oneIn(2)) {
    editor.begin(value + formatv("qimeng.store %hv, %arg{0}[{1}]{2} : {3}, {4}",
                                 number, indices,
                                 random.oneIn(2) ? " masked" : "", tile,
                                 input.type)
                             .str());
    return kernel(editor.str(), true);
  }
  std::string view =
      "!qimeng.view<" + StringRef(input.type).split('<').second.str();
  editor.begin(value +
               formatv("%hw = qimeng.view %arg{0} by affine_map<({1}) -> "
                       "({1})>{2} : {3} -> {4}\n"
                       "qimeng.store %hv, %hw[{5}] : {6}, {4}",
                       number, dims(input.shape.size()),
                       random.oneIn(2) ? " padded" : "", input.type, view,
                       indices, tile)
                   .str());
  return kernel(editor.str(), true);
}

/// A load or store loses its mask, gets another index, or another operand.
static HostileAnswer accessOutside(const HostileSubject &subject,
                                   Random &random) {
  Editor editor(subject.right);
  std::vector<size_t> places = editor.find("qimeng.load %arg");
  for (size_t at : editor.find("qimeng.store "))
    places.push_back(at);
  std::string &line = editor.lines[random.pick(places)];
  size_t bracket = line.find('[');
  if (random.oneIn(3) && StringRef(line).contains(" masked")) {
    line = replaceFirst(line, " masked", "");
    return kernel(editor.str());
  }
  std::string definition;
  switch (random.below(5)) {
  case 0:
    definition = "%hi = arith.constant " + drawNumber(random) + " : index";
    break;
  case 1:
    definition =
        formatv("%hc = arith.constant {0} : index\n%hi = affine.apply "
                "affine_map<(d0) -> (d0 * {1} + {2})>(%hc)",
                random.below(4), drawNumber(random), drawNumber(random));
    break;
  case 2:
    definition =
        formatv("%hp = qimeng.program_id 0\n%hi = affine.apply affine_map<(d0) "
                "-> (d0 * {0} - {1})>(%hp)",
                drawNumber(random), random.below(3));
    break;
  case 3:
    definition =
        formatv("%hp = qimeng.program_id 0\n%hc = arith.constant {0} : index\n"
                "%hi = arith.{1} %hp, %hc : index",
                drawNumber(random),
                random.pick(std::vector<std::string>{
                    "muli", "addi", "subi", "shli", "divui", "remsi", "xori"}));
    break;
  default:
    definition = formatv("%hp = qimeng.program_id 0\n%hi = affine.min "
                         "affine_map<(d0) -> (d0 - 1, {0})>(%hp)",
                         drawNumber(random));
  }
  if (bracket == std::string::npos) {
    size_t rank = StringRef(line).rsplit('<').second.count('x');
    std::string indices;
    for (size_t i = 0; i < rank; ++i)
      indices += i ? ", %hi" : "%hi";
    size_t colon = line.find(" :");
    line.insert(colon,
                "[" + indices + "]" + (random.oneIn(2) ? " masked" : ""));
  } else {
    size_t end = line.find_first_of(",]", bracket);
    line.replace(bracket + 1, end - bracket - 1, "%hi");
    if (random.oneIn(3) && !StringRef(line).contains(" masked"))
      line = replaceFirst(line, "] :", "] masked :");
  }
  editor.begin(definition);
  return kernel(editor.str());
}

static HostileAnswer viewOutside(const HostileSubject &subject,
                                 Random &random) {
  Editor editor(subject.right);
  std::vector<size_t> places = editor.find("qimeng.load %arg");
  if (places.empty() || random.oneIn(3))
    places = editor.find("qimeng.store ");
  std::string &line = editor.lines[random.pick(places)];
  size_t name = line.find("%arg"), number = 0;
  StringRef(line)
      .substr(name + 4)
      .take_while(llvm::isDigit)
      .getAsInteger(10, number);
  if (number >= subject.operands.size())
    return kernel(editor.str());
  const Operand &operand = subject.operands[number];
  std::string map, rank = dims(operand.shape.size());
  for (size_t i = 0; i < operand.shape.size(); ++i) {
    std::string d = "d" + std::to_string(i);
    static const std::vector<std::string> forms = {
        "{0}",          "{0} + {1}", "{0} * {1}",         "{0} - 1",
        "-{0}",         "{1}",       "{0} * 2",           "{0} floordiv {1}",
        "{0} mod {1}",  "{0} + 1",   "({0} * {1}) mod 8", "{0} * {1} - {0}",
        "{0} ceildiv 2"};
    map +=
        (i ? ", " : "") +
        formatv(false, random.pick(forms).c_str(), d, drawNumber(random)).str();
  }
  std::string view =
      "!qimeng.view<" + StringRef(operand.type).split('<').second.str();
  editor.begin(formatv("%hw = qimeng.view %arg{0} by affine_map<({1}) -> "
                       "({2})>{3} : {4} -> {5}",
                       number, rank, map, random.oneIn(2) ? " padded" : "",
                       operand.type, view)
                   .str());
  for (std::string &each : editor.lines)
    if (StringRef(each).contains(formatv("%arg{0}", number).str()) &&
        (StringRef(each).contains("qimeng.load") ||
         StringRef(each).contains("qimeng.store"))) {
      each = replaceFirst(each, formatv("%arg{0}", number).str(), "%hw");
      each = replaceFirst(each, operand.type, view);
    }
  return kernel(editor.str());
}

/// Operations that would reach memory past the operands.
static HostileAnswer foreignMemory(const HostileSubject &subject,
                                   Random &random) {
  Editor editor(subject.right);
  const Operand &operand = subject.operands[0];
  std::string type = operand.type;
  static const std::vector<std::string> forms = {
      "%h = memref.alloc() : memref<1000000000000xf32>",
      "%h = memref.alloca() : memref<100000000xf32>",
      "%h = memref.get_global @secret : memref<4xf32>",
      "%h = memref.reinterpret_cast %arg0 to offset: [100000], sizes: [64], "
      "strides: [1] : {0} to memref<64xf32, strided<[1], offset: 100000>>",
      "%h = memref.extract_aligned_pointer_as_index %arg0 : {0} -> index",
      "%h = llvm.mlir.zero : !llvm.ptr\nllvm.store %h, %h : !llvm.ptr, "
      "!llvm.ptr",
      "%h = llvm.inline_asm \"syscall\", \"\" : () -> i32",
      "\"llvm.inline_asm\"() <{{asm_string = \"ud2\", constraints = \"\"}> : "
      "() "
      "-> ()",
      "%c = arith.constant 99999999 : index\n%h = \"memref.load\"(%arg0, %c) : "
      "({0}, index) -> f32",
      "%c = arith.constant 99999999 : index\n%h = affine.load %arg0[%c, %c] : "
      "{0}",
      "%c = arith.constant 0.0 : f32\naffine.store %c, %arg0[1000000, 0] : {0}",
      "%h = tensor.empty() : tensor<4x4xf32>",
      "%h = tensor.generate  {{\n^bb0(%i: index):\n%c = arith.constant 1 : "
      "i32\n"
      "tensor.yield %c : i32\n} : tensor<64xi32>",
      "%c = arith.constant 99999999 : index\n%t = arith.constant dense<1.0> : "
      "tensor<4xf32>\n%h = tensor.extract %t[%c] : tensor<4xf32>",
      "%t = arith.constant dense<1.0> : tensor<4xf32>\n%h = "
      "tensor.extract_slice %t[1000] [4] [1] : tensor<4xf32> to tensor<4xf32>",
      "%c = arith.constant 1000000 : index\n%h = tensor.splat %c : "
      "tensor<8xindex>\n%g = qimeng.gather %arg0[%h, %h] : {0}, "
      "tensor<8xindex>, "
      "tensor<8xindex> -> tensor<8xf32>",
      "func.call @system() : () -> ()",
      "%h = \"builtin.unrealized_conversion_cast\"(%arg0) : ({0}) -> "
      "!qimeng.view<1000000x1000000xf32>",
      "%c = arith.constant 1 : i64\n%h = builtin.unrealized_conversion_cast %c "
      ": "
      "i64 to {0}",
      "%h = ub.poison : tensor<16x16xf32>",
      "gpu.printf \"%s%n\"\ngpu.barrier",
      "nvvm.barrier0",
      "vector.print str \"hostile\"",
      "cf.assert %x, \"no\"",
      "acc.terminator",
      "qimeng.launch @" + subject.kernel + "(%arg0) : {0}"};
  editor.begin(formatv(false, random.pick(forms).c_str(), type).str());
  return kernel(editor.str());
}

static HostileAnswer writeTwice(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  std::vector<size_t> stores = editor.find("qimeng.store ");
  size_t at = random.pick(stores);
  std::string line = editor.lines[at];
  std::string sizes = editor.grid();
  switch (random.below(3)) {
  case 0: // the same again
    editor.lines.insert(editor.lines.begin() + at, line);
    return kernel(editor.str(), true);
  case 1:
    editor.lines[at] = "%hl = arith.constant 0 : index\n%hu = arith.constant " +
                       std::to_string(2 + random.below(1000)) +
                       " : index\n%hq = arith.constant 1 : index\n"
                       "scf.for %hi = %hl to %hu step %hq {\n" +
                       line + "\n}";
    return kernel(editor.str(), true);
  default: // every program twice
    if (sizes.empty())
      sizes = "1";
    editor.setGrid(sizes + ", " + std::to_string(2 + random.below(64)));
    return kernel(editor.str(), true);
  }
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

/// A long computation on one number, of which nobody knows that it does not
/// matter: no tile is large, no loop too long by itself.
static HostileAnswer computeLong(const HostileSubject &subject,
                                 Random &random) {
  Editor editor(subject.right);
  auto [name, type] = editor.stored();
  bool isInteger = Editor::elementOf(type)[0] == 'i';
  int64_t levels = 1 + random.below(3), bits = 14 + random.below(15);
  std::string before =
      formatv("%hl = arith.constant 0 : index\n%hu = arith.constant {0} : "
              "index\n%hq = arith.constant 1 : index\n"
              "%hs = arith.constant 88172645463325252 : i64\n"
              "%h7 = arith.constant 7 : i64\n%h9 = arith.constant 9 : i64\n",
              int64_t(1) << (bits / levels));
  std::string value = "%hs", after;
  for (int64_t i = 0; i < levels; ++i) {
    before += formatv("%hr{0} = scf.for %hi{0} = %hl to %hu step %hq "
                      "iter_args(%ha{0} = {1}) -> (i64) {{\n",
                      i, value)
                  .str();
    value = "%ha" + std::to_string(i);
  }
  before += formatv("%hx = arith.shli {0}, %h7 : i64\n"
                    "%hy = arith.xori {0}, %hx : i64\n"
                    "%hz = arith.shrui %hy, %h9 : i64\n"
                    "%hm = arith.xori %hy, %hz : i64\nscf.yield %hm : i64\n}\n",
                    value);
  for (int64_t i = levels - 2; i >= 0; --i)
    before += formatv("scf.yield %hr{0} : i64\n}\n", i + 1).str();
  // The same as the tile, but in no way that is found out.
  before += isInteger ? formatv("%hn = arith.constant dense<-1> : {0}\n%hk = "
                                "arith.andi {1}, %hn : {0}\n",
                                type, name)
                      : formatv("%hn = arith.constant dense<0.0> : {0}\n%hk = "
                                "arith.addf {1}, %hn : {0}\n",
                                type, name);
  before += formatv("%hc = arith.cmpi slt, %hr0, %hs : i64\n%hv = arith.select "
                    "%hc, %hk, {0} : {1}",
                    name, type);
  editor.storeInstead(before, "%hv");
  return kernel(editor.str());
}

/// The same inside a fold, whose body runs for each element; or functions that
/// take long.
static HostileAnswer computeMuch(const HostileSubject &subject,
                                 Random &random) {
  Editor editor(subject.right);
  auto [name, type] = editor.stored();
  std::string element = Editor::elementOf(type);
  bool isInteger = element[0] == 'i';
  int64_t size = int64_t(1) << (4 + random.below(13)),
          trips = int64_t(1) << random.below(12);
  std::string before =
      formatv("%hl = arith.constant 0 : index\n%hu = arith.constant {0} : "
              "index\n%hq = arith.constant 1 : index\n"
              "%h0 = arith.constant dense<1.0> : tensor<f64>\n"
              "%ht = qimeng.iota dim 0 : tensor<{1}xindex>\n"
              "%hi64 = arith.index_cast %ht : tensor<{1}xindex> to "
              "tensor<{1}xi64>\n"
              "%hf = arith.sitofp %hi64 : tensor<{1}xi64> to tensor<{1}xf64>\n"
              "%hr = scf.for %hi = %hl to %hu step %hq iter_args(%ha = %h0) -> "
              "(tensor<f64>) {{\n",
              trips, size);
  static const std::vector<std::string> functions = {"math.tan",  "math.erf",
                                                     "math.atan", "math.log1p",
                                                     "math.cbrt", "math.sin"};
  int64_t many = 1 + random.below(200);
  if (random.oneIn(2)) {
    before += formatv("%hx = qimeng.fold axes [0] ins(%hf : tensor<{0}xf64>) "
                      "inits(%ha : tensor<f64>) {{\n^bb0(%e: f64, %b0: f64):\n",
                      size);
    for (int64_t i = 0; i < many; ++i)
      before +=
          random.oneIn(4)
              ? formatv("%b{0} = {1} %b{2} : f64\n", i + 1,
                        random.pick(functions), i)
                    .str()
              : formatv("%b{0} = arith.addf %b{1}, %e : f64\n", i + 1, i).str();
    before += formatv("qimeng.yield %b{0} : f64\n}\n", many);
  } else {
    before += formatv("%hy0 = qimeng.broadcast %ha axes [0] : tensor<f64> -> "
                      "tensor<{0}xf64>\n",
                      size);
    for (int64_t i = 0; i < many; ++i)
      before += formatv("%hz{0} = {1} %hy{2} : tensor<{3}xf64>\n%hy{0} = "
                        "arith.addf %hz{0}, %hf : tensor<{3}xf64>\n",
                        i + 1, random.pick(functions), i, size);
    before += formatv("%hx = qimeng.reduce max %hy{0} axes [0] : "
                      "tensor<{1}xf64>\n",
                      many, size);
  }
  // A number that is never less than the least.
  before += "scf.yield %hx : tensor<f64>\n}\n%hm = arith.constant "
            "dense<-1.0e300> : tensor<f64>\n%hc = arith.cmpf olt, %hr, %hm : "
            "tensor<f64>\n";
  std::string axes;
  for (size_t i = 0, rank = StringRef(type).count('x'); i < rank; ++i)
    axes += (i ? ", " : "") + std::to_string(i);
  std::string mask =
      StringRef(type).drop_back(element.size() + 1).str() + "i1>";
  before +=
      formatv("%hd = qimeng.broadcast %hc axes [{0}] : tensor<i1> -> {1}\n"
              "%hn = arith.constant dense<{2}> : {3}\n"
              "%hv = arith.select %hd, %hn, {4} : {1}, {3}",
              axes, mask, isInteger ? "7" : "7.0", type, name);
  editor.storeInstead(before, "%hv");
  return kernel(editor.str());
}

static HostileAnswer neverEnd(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  auto [name, type] = editor.stored();
  std::string element = Editor::elementOf(type);
  std::string bounds[3];
  static const std::vector<std::string> many = {"0",
                                                "1",
                                                "-1",
                                                "1048576",
                                                "16777216",
                                                "134217728",
                                                "268435456",
                                                "1099511627776",
                                                "9223372036854775807"};
  for (std::string &bound : bounds)
    bound = random.oneIn(2) ? random.pick(many) : drawNumber(random);
  if (random.oneIn(2))
    bounds[0] = "0", bounds[2] = "1";
  std::string max = element[0] == 'i' ? "arith.maxsi" : "arith.maximumf";
  int64_t levels = random.oneIn(2) ? 1 : 2 + random.below(6);
  // Some just within the limits: what is let through has to end in time.
  if (random.oneIn(3)) {
    bounds[0] = "0", bounds[2] = "1";
    bounds[1] = std::to_string(int64_t(1) << (28 / levels));
  } else if (levels > 1) {
    bounds[1] = std::to_string(int64_t(1) << (2 + random.below(24)));
  }
  std::string before =
      formatv("%hl = arith.constant {0} : index\n%hu = arith.constant {1} : "
              "index\n%hq = arith.constant {2} : index\n",
              bounds[0], bounds[1], bounds[2]);
  std::string keyword = random.oneIn(3) ? "scf.for unsigned" : "scf.for";
  if (random.oneIn(8)) {
    static const std::vector<std::string> others = {
        "%ht = arith.constant true\n%hr = scf.while (%ha = {0}) : ({1}) -> {1} "
        "{{\nscf.condition(%ht) %ha : {1}\n} do {{\n^bb0(%hc: {1}):\nscf.yield "
        "%hc : {1}\n}",
        "%hr = affine.for %hi = 0 to 9223372036854775807 iter_args(%ha = {0}) "
        "-> ({1}) {{\naffine.yield %ha : {1}\n}",
        "%hr = scf.execute_region -> {1} {{\nscf.yield {0} : {1}\n}",
        "scf.parallel (%hi) = (%hl) to (%hu) step (%hq) {{\nscf.reduce\n}\n%hr "
        "= "
        "arith.addf {0}, {0} : {1}",
        "scf.forall (%hi) in (1000000000) {{\n}\n%hr = arith.addf {0}, {0} : "
        "{1}",
        "%hx = scf.index_switch %hl -> {1}\ncase 0 {{\nscf.yield {0} : "
        "{1}\n}\ndefault {{\nscf.yield {0} : {1}\n}\n%hr = arith.addf %hx, %hx "
        ": {1}"};
    editor.storeInstead(
        before + formatv(false, random.pick(others).c_str(), name, type).str(),
        "%hr");
    return kernel(editor.str());
  }
  if (random.oneIn(4)) // a bound that is computed
    before +=
        formatv("%hw = affine.apply affine_map<(d0) -> (d0 * {0})>(%hu)\n",
                drawNumber(random));
  std::string upper = StringRef(before).contains("%hw =") ? "%hw" : "%hu";
  std::string value = name, after;
  for (int64_t i = 0; i < levels; ++i) {
    before +=
        formatv("%hr{0} = {1} %hi{0} = %hl to {2} step %hq iter_args(%ha{0} "
                "= {3}) -> ({4}) {{\n",
                i, keyword, upper, value, type)
            .str();
    value = "%ha" + std::to_string(i);
  }
  // Nothing that a simplifier removes: the maximum of twice the same.
  std::string body;
  if (random.oneIn(3)) {
    body = formatv("%hx = arith.index_cast %hi{0} : index to i64\n"
                   "%hy = arith.constant -1 : i64\n"
                   "%hz = arith.cmpi sgt, %hx, %hy : i64\n"
                   "%hm = arith.select %hz, {1}, {2} : {3}\n",
                   levels - 1, value, name, type);
  } else {
    body = formatv("%hm = {0} {1}, {2} : {3}\n", max, value, name, type);
  }
  before += body + "scf.yield %hm : " + type + "\n}\n";
  for (int64_t i = levels - 2; i >= 0; --i)
    before += formatv("scf.yield %hr{0} : {1}\n}\n", i + 1, type).str();
  editor.storeInstead(before, "%hr0");
  return kernel(editor.str());
}

static HostileAnswer waitForEver(const HostileSubject &subject,
                                 Random &random) {
  Editor editor(subject.right);
  auto [name, type] = editor.stored();
  std::string channel = "!qimeng.channel<" + type + ">",
              bare = "<" + type + ">";
  int64_t stages = 1 + random.below(3);
  std::string make =
      formatv("%hc = qimeng.channel stages({0}) : {1}\n", stages, bare);
  std::string put = formatv("qimeng.put %hc, {0} : {1}\n", name, bare),
              take = formatv("%ht = qimeng.take %hc : {0}\n", bare),
              release = formatv("qimeng.release %hc : {0}\n", bare);
  std::string loop = "%hl = arith.constant 0 : index\n%hu = arith.constant " +
                     drawNumber(random) +
                     " : index\n%hq = arith.constant 1 : index\n"
                     "scf.for %hi = %hl to %hu step %hq {\n";
  switch (random.below(7)) {
  case 0: // nobody fills it
    editor.storeInstead(make + take, "%ht");
    return kernel(editor.str(), true);
  case 1: // filled too late
    editor.storeInstead(make + take + put + release, "%ht");
    return kernel(editor.str(), true);
  case 2: // filled more than it holds
    editor.storeInstead(make + repeat(put, stages + 1) + take + release, name);
    return kernel(editor.str(), true);
  case 3: // used after its release
    editor.storeInstead(make + put + take + release, "%ht");
    return kernel(editor.str(), true);
  case 4: // very often
    editor.storeInstead(
        make + loop + put +
            formatv("%hx = qimeng.take %hc : {0}\n", bare).str() + release +
            "}",
        name);
    return kernel(editor.str());
  case 5: // more releases than takes
    editor.storeInstead(make + put + take + release + release, name);
    return kernel(editor.str(), true);
  default: // in an inner loop, very often
    editor.storeInstead(
        make + loop + "scf.for %hj = %hl to %hu step %hq {\n" + put +
            formatv("%hx = qimeng.take %hc : {0}\n", bare).str() + release +
            "}\n}",
        name);
    return kernel(editor.str());
  }
}

static HostileAnswer waitInBranch(const HostileSubject &subject,
                                  Random &random) {
  Editor editor(subject.right);
  auto [name, type] = editor.stored();
  std::string bare = "<" + type + ">";
  std::string put = formatv("qimeng.put %hc, {0} : {1}\n", name, bare),
              take = formatv("%ht = qimeng.take %hc : {0}\n", bare),
              release = formatv("qimeng.release %hc : {0}\n", bare);
  std::string make = formatv("%hc = qimeng.channel stages(1) : {0}\n", bare);
  bool tiled = !editor.grid().empty();
  std::string condition = tiled ? "%hp = qimeng.program_id 0\n"
                                : "%hp = arith.constant 1 : index\n";
  condition +=
      "%h0 = arith.constant 0 : index\n%hz = arith.cmpi eq, %hp, %h0 : "
      "index\n";
  std::string inBranch = "scf.if %hz {\n" + put + "}\n";
  switch (random.below(4)) {
  case 0: // some programs wait for ever
    editor.storeInstead(condition + make + inBranch + take + release, name);
    break;
  case 1:
    editor.storeInstead(condition + make + put + "scf.if %hz {\n" + take +
                            release + "}\n" + put,
                        name);
    break;
  case 2: // a store in one branch
    editor.lines.insert(editor.lines.begin() +
                            editor.find("qimeng.store ").back(),
                        condition + "scf.if %hz {");
    editor.end("}");
    return kernel(editor.str());
  default: // a condition on data
    editor.storeInstead(
        make +
            formatv("%hd = arith.cmp{0} {1}, {2}, {2} : {3}\n",
                    Editor::elementOf(type)[0] == 'i' ? "i" : "f",
                    Editor::elementOf(type)[0] == 'i' ? "slt" : "olt", name,
                    type)
                .str() +
            "scf.if %hd {\n" + put + "}\n" + take + release,
        name);
  }
  return kernel(editor.str());
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static HostileAnswer hugeTile(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  auto [name, type] = editor.stored();
  std::string element = Editor::elementOf(type);
  static const std::vector<std::string> shapes = {
      "16777216x",
      "1048576x1048576x",
      "4294967296x",
      "4294967296x4294967296x",
      "9223372036854775807x",
      "3037000500x3037000500x",
      "2147483648x2147483648x4x",
      "1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x",
      "0x",
      "65536x1024x",
      "2048x2048x",
      "-1x",
      "?x",
      "*x"};
  std::string shape = random.pick(shapes), axes;
  size_t rank = StringRef(shape).count('x');
  for (size_t i = 0; i < rank; ++i)
    axes += (i ? ", " : "") + std::to_string(i);
  std::string big = "tensor<" + shape + element + ">", before;
  switch (random.below(4)) {
  case 0:
    before =
        formatv("%hc = arith.constant dense<{0}> : {1}\n", zero(element), big);
    break;
  case 1:
    before = formatv("%hz = arith.constant {0} : {1}\n%hc = tensor.splat %hz : "
                     "{2}\n",
                     zero(element), element, big);
    break;
  case 2:
    before = formatv("%hz = arith.constant dense<{0}> : tensor<{1}>\n%hc = "
                     "qimeng.broadcast %hz axes [{2}] : tensor<{1}> -> {3}\n",
                     zero(element), element, axes, big);
    break;
  default:
    before =
        formatv("%hk = qimeng.iota dim 0 : tensor<{0}index>\n%hx = "
                "arith.index_cast %hk "
                ": tensor<{0}index> to tensor<{0}i32>\n%hf = arith.{1} %hx : "
                "tensor<{0}i32> to {2}\n%hc = arith.sub{3} %hf, %hf : {2}\n",
                shape, element[0] == 'i' ? "extsi" : "sitofp", big,
                element[0] == 'i' ? "i" : "f");
  }
  editor.useScalar(before + formatv("%hr = qimeng.reduce add %hc axes [{0}] : "
                                    "{1}",
                                    axes, big)
                                .str(),
                   "%hr");
  return kernel(editor.str());
}

static HostileAnswer hugeConstant(const HostileSubject &subject,
                                  Random &random) {
  Editor editor(subject.right);
  size_t n = size_t(1) << random.below(18);
  std::string text;
  switch (random.below(10)) {
  case 0:
    text = "%h = arith.constant dense<\"0x" + repeat("41", n) +
           "\"> : tensor<" + std::to_string(n / 4 + 1) + "xi32>";
    break;
  case 1:
    text = "%h = arith.constant dense<[" + repeat("1, ", n) + "1]> : tensor<" +
           std::to_string(n + 1) + "xi32>";
    break;
  case 2:
    text = "%h = arith.constant " + repeat("9", n) + " : index";
    break;
  case 3:
    text = "%h = arith.constant 1 : i" + std::to_string(n * 100);
    break;
  case 4:
    text = "%h = arith.constant 1.0e" + repeat("9", n) + " : f64";
    break;
  case 5:
    text = "%h = arith.constant {a = \"" + repeat("a", n) + "\"} 1 : index";
    break;
  case 6:
    text = "%h = arith.constant {a = array<i64: " + repeat("1, ", n) +
           "1>} 1 : index";
    break;
  case 7:
    text = "%h = arith.constant sparse<" + repeat("[", std::min<size_t>(n, 9)) +
           "0" + repeat("]", std::min<size_t>(n, 9)) +
           ", 1> : tensor<1099511627776xi32>";
    break;
  case 8:
    text = "%h = arith.constant dense<1> : tensor<4xi" +
           std::to_string(n * 1000) + ">";
    break;
  default:
    text = "%h:" + std::to_string(n * 1000) + " = arith.constant 1 : index";
  }
  editor.begin(text);
  return kernel(editor.str());
}

static HostileAnswer hugeGrid(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  static const std::vector<std::string> grids = {
      "1099511627776",
      "9223372036854775807",
      "9223372036854775807, 9223372036854775807",
      "4294967296, 4294967296",
      "18446744073709551616",
      "0",
      "-1",
      "1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1",
      "2147483647, 2, 1",
      "65536, 65536",
      "16777216",
      "268435456",
      "67108864, 1"};
  std::string sizes = random.pick(grids), old = editor.grid();
  // With the old sizes first, offsets stay what they were.
  if (!old.empty() && random.oneIn(2))
    sizes = old + ", " + sizes;
  editor.setGrid(sizes);
  if (random.oneIn(2))
    for (size_t at : editor.find("qimeng.store "))
      if (!StringRef(editor.lines[at]).contains(" masked"))
        editor.lines[at] = replaceFirst(editor.lines[at], "] :", "] masked :");
  return kernel(editor.str());
}

/// Index arithmetic that overflows, divides by zero, or is hard to solve.
static HostileAnswer overflow(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  std::string expression = "d0";
  int64_t terms = 1 + random.below(20);
  static const std::vector<std::string> operators = {
      " * ", " + ", " floordiv ", " mod ", " ceildiv ", " - "};
  for (int64_t i = 0; i < terms; ++i) {
    std::string number = random.oneIn(2) ? std::to_string(2 + random.below(97))
                                         : drawNumber(random);
    if (random.oneIn(4))
      expression = "(" + expression + ") + (d0 * 3) mod " + number;
    else
      expression = "(" + expression + ")" + random.pick(operators) + number;
  }
  std::string definition = editor.grid().empty()
                               ? std::string("%hp = arith.constant 3 : index\n")
                               : std::string("%hp = qimeng.program_id 0\n");
  definition +=
      "%hk = affine.apply affine_map<(d0) -> (" + expression + ")>(%hp)";
  // Nothing is added to an index, in a way that has to be proved.
  static const std::vector<std::string> uses = {
      "%ho = affine.apply affine_map<(d0, d1) -> (d0 + (d1 - d1))>({0}, %hk)",
      "%ho = affine.apply affine_map<(d0, d1) -> (d0 + (d1 * 2) mod 2)>({0}, "
      "%hk)",
      "%ho = affine.max affine_map<(d0, d1) -> (d0, (d1 mod 2) - 1)>({0}, %hk)",
      "%ho = affine.apply affine_map<(d0, d1) -> (d0 + d1)>({0}, %hk)",
      "%ho = arith.addi {0}, %hk overflow<nsw> : index"};
  std::vector<size_t> places = editor.find("[%");
  std::vector<size_t> accesses;
  for (size_t at : places)
    if (StringRef(editor.lines[at]).contains("qimeng.load %arg") ||
        StringRef(editor.lines[at]).contains("qimeng.store "))
      accesses.push_back(at);
  if (accesses.empty()) {
    editor.begin(definition);
    return kernel(editor.str());
  }
  std::string &line = editor.lines[random.pick(accesses)];
  size_t bracket = line.find("[%");
  size_t end = line.find_first_of(",]", bracket);
  std::string index = line.substr(bracket + 1, end - bracket - 1);
  line.replace(bracket + 1, end - bracket - 1, "%ho");
  line = definition + "\n" +
         formatv(false, random.pick(uses).c_str(), index).str() + "\n" + line;
  return kernel(editor.str());
}

/// Operations whose result is undefined, made part of the output.
static HostileAnswer undefinedArithmetic(const HostileSubject &subject,
                                         Random &random) {
  Editor editor(subject.right);
  auto [name, type] = editor.stored();
  std::string element = Editor::elementOf(type);
  std::string tile =
      "tensor<" +
      StringRef(type).split('<').second.rtrim('>').rsplit('x').first.str() +
      "xi32>";
  if (!StringRef(type).contains('x'))
    tile = "tensor<i32>";
  static const std::vector<std::string> operations = {
      "divsi", "divui", "remsi",     "remui",     "shli",
      "shrsi", "shrui", "ceildivsi", "ceildivui", "floordivsi"};
  static const std::vector<std::string> values = {
      "0", "-1", "-2147483648", "2147483647", "32", "64"};
  std::string before =
      formatv("%hx = arith.constant dense<{0}> : {2}\n%hy0 = arith.constant "
              "dense<{1}> : {2}\n",
              random.pick(values), random.pick(values), tile);
  // Not known before it runs.
  before += element == "i32"
                ? formatv("%hw = arith.xori {0}, {0} : {1}\n%hy = arith.ori "
                          "%hy0, %hw : {1}\n",
                          name, tile)
                      .str()
                : formatv("%hu = arith.cmpf uno, {0}, {0} : {1}\n%hy = "
                          "arith.select %hu, %hx, %hy0 : {2}, {3}\n",
                          name, type,
                          StringRef(tile).drop_back(4).str() + "i1>", tile)
                      .str();
  std::string divided;
  switch (random.below(5)) {
  case 0:
    divided = formatv("%hq = math.ipowi %hy, %hx : {0}\n", tile);
    break;
  case 1:
    divided = formatv("%hn = arith.constant dense<0x7FC00000> : "
                      "{0}\n%hq = arith.fptosi %hn : {0} to {1}\n",
                      StringRef(tile).drop_back(4).str() + "f32>", tile);
    break;
  default:
    divided = formatv("%hq = arith.{0} %hx, %hy : {1}\n",
                      random.pick(operations), tile);
  }
  before += divided;
  if (element == "i32")
    before += formatv("%hs = arith.addi {0}, %hq : {1}\n%hr = arith.subi %hs, "
                      "%hq : {1}",
                      name, tile);
  else
    before += formatv("%hf = arith.sitofp %hq : {0} to {1}\n%hs = arith.subf "
                      "%hf, %hf : {1}\n%hr = arith.addf {2}, %hs : {1}",
                      tile, type, name);
  if (random.oneIn(4)) { // a branch on what is undefined
    before +=
        formatv("\n%hg = qimeng.program_id 0\n%hh = arith.constant 64 : "
                "index\n%hj = arith.shli %hg, %hh : index\n%hb = "
                "arith.cmpi eq, %hj, %hg : index\n%hv = scf.if %hb -> {0} "
                "{{\nscf.yield %hr : {0}\n} else {{\nscf.yield {1} : "
                "{0}\n}",
                type, name)
            .str();
    editor.storeInstead(before, "%hv");
  } else {
    editor.storeInstead(before, "%hr");
  }
  return kernel(editor.str());
}

//===----------------------------------------------------------------------===//
// Form
//===----------------------------------------------------------------------===//

/// Without fences, what stands beside the kernel is taken for prose, which does
/// no harm.
static HostileAnswer moreSymbols(const HostileSubject &subject,
                                 Random &random) {
  static const std::vector<std::string> others = {
      "func.func private @system() -> ()",
      "func.func @main() {\n  return\n}",
      "memref.global @secret : memref<4xf32> = dense<1.0>",
      "llvm.func @abort()",
      "llvm.module_asm \"ud2\"",
      "module @inner {\n}",
      "builtin.module attributes {llvm.target_triple = \"x\"} {\n}",
      "qimeng.kernel @another(%a: memref<8xf32>) {\n}",
      "transform.named_sequence @f(%r: !transform.any_op) {\n  "
      "transform.yield\n}",
      "irdl.dialect @qimeng {\n}",
      "pdl.pattern : benefit(1) {\n  %o = pdl.operation\n  pdl.rewrite %o with "
      "\"f\"\n}"};
  std::string other = random.pick(others);
  switch (random.below(4)) {
  case 0:
    return kernel(subject.right + "\n" + other + "\n");
  case 1:
    return kernel(other + "\n" + subject.right);
  case 2:
    return kernel(subject.right + "\n" + subject.right, true);
  default:
    return kernel("module {\n" + subject.right + other + "\n}", true);
  }
}

static HostileAnswer anotherName(const HostileSubject &subject,
                                 Random &random) {
  static const std::vector<std::string> names = {"@main",
                                                 "@another",
                                                 "@\"../../etc/passwd\"",
                                                 "@\"%s%n\"",
                                                 "@\"$(touch hostile)\"",
                                                 "@\"a\\00b\"",
                                                 "@\"\"",
                                                 "@0",
                                                 "@__transform_main",
                                                 "@\"qimeng.kernel\"",
                                                 "@" + repeat("k", 100),
                                                 "@\"" + repeat("k", 100000) +
                                                     "\""};
  std::string name = subject.other.empty() || random.oneIn(2)
                         ? random.pick(names)
                         : "@" + subject.other;
  return kernel(replaceFirst(subject.right, "@" + subject.kernel, name), true);
}

static HostileAnswer anotherSignature(const HostileSubject &subject,
                                      Random &random) {
  Editor editor(subject.right);
  std::string &header = editor.header();
  const Operand &operand = random.pick(subject.operands);
  switch (random.below(7)) {
  case 0:
    header = replaceFirst(header, operand.type, "memref<1000000x1000000xf32>");
    break;
  case 1:
    header = replaceFirst(header, "(%arg0", "(%more: memref<4xf32>, %arg0");
    break;
  case 2:
    header = replaceFirst(header, operand.type,
                          StringRef(operand.type).drop_back().str() + ", 3>");
    break;
  case 3:
    header = replaceFirst(header, operand.type, "memref<?x?xf32>");
    break;
  case 4:
    header = replaceFirst(header, operand.type,
                          StringRef(operand.type).drop_back().str() +
                              ", strided<[1, 1], offset: 4096>>");
    break;
  case 5:
    header = replaceFirst(header, operand.type, "index");
    break;
  default: // a type more
    size_t at = header.find(')');
    header.insert(at, ", %more: " + operand.type);
  }
  return kernel(editor.str(), true);
}

static HostileAnswer attributes(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  const std::string &n = drawNumber(random);
  auto schedule = [&](const std::string &text) {
    std::string &header = editor.header();
    size_t at = header.find(" schedule<");
    if (at != std::string::npos) {
      size_t end = header.find('>', at);
      header.erase(at, end - at + 1);
    }
    at = header.rfind(" {");
    header.insert(at, " schedule<" + text + ">");
  };
  switch (random.below(10)) {
  case 0:
    schedule("warps = " + n);
    break;
  case 1:
    schedule("raster = " + n + ", vector = " + drawNumber(random));
    break;
  case 2:
    schedule("persistent = " + n);
    break;
  case 3:
    schedule("cluster = " + n);
    break;
  case 4: {
    std::string &header = editor.header();
    static const std::vector<std::string> extra = {
        "attributes {nvvm.kernel}",
        "attributes {qimeng.verified}",
        "attributes {llvm.target_features = \"+x\"}",
        "attributes {sym_visibility = \"private\"}",
        "attributes {grid = array<i64: 0>}",
        "attributes {nvvm.maxntid = array<i32: 0>}"};
    header.insert(header.rfind(" {"), " " + random.pick(extra));
    return kernel(editor.str());
  }
  case 5: { // on some operation
    static const std::vector<std::string> extra = {
        " {llvm.noalias}", " {qimeng.unchecked, verified = true}", " {masked}",
        " {nontemporal = true, alignment = 4611686018427387904}",
        " {operandSegmentSizes = array<i32: 9, 9>}"};
    std::vector<size_t> places = editor.find(" : ");
    std::string &line = editor.lines[random.pick(places)];
    line.insert(line.find(" : "), random.pick(extra));
    break;
  }
  case 6: {
    static const std::vector<std::string> flags = {
        " fastmath<fast>", " fastmath<nnan,ninf>", " fastmath<reassoc>",
        " fastmath<contract>"};
    for (const char *word : {" : tensor<", " : f32"})
      for (std::string &line : editor.lines)
        if (StringRef(line).contains("f %") &&
            StringRef(line).contains("arith.") && random.oneIn(2))
          line = replaceFirst(line, word, random.pick(flags) + word);
    break;
  }
  case 7: {
    std::vector<size_t> dots = editor.find("qimeng.dot ");
    if (dots.empty())
      break;
    static const std::vector<std::string> how = {
        " {mma = #qimeng.mma<wgmma>}", " {mma = #qimeng.mma<mma_sync>}",
        " {precision = #qimeng.precision<tf32>}", " mma<wgmma>",
        " mma<mma_sync>"};
    std::string &line = editor.lines[random.pick(dots)];
    line.insert(line.find(" : "), random.pick(how));
    break;
  }
  case 8: {
    std::vector<size_t> channels = editor.find("qimeng.channel stages(");
    if (channels.empty()) {
      schedule("warps = 3");
      break;
    }
    std::string &line = editor.lines[channels.front()];
    size_t at = line.find("stages(") + 7;
    if (random.oneIn(2))
      line.replace(at, line.find(')', at) - at, n);
    else
      line.insert(line.find(')', at) + 1,
                  random.oneIn(2)
                      ? " in <register>"
                      : " layouts [<swizzle = 7, pad = " + n +
                            ", major = " + drawNumber(random) + ">]");
    break;
  }
  default:
    editor.lines[0] =
        replaceFirst(editor.lines[0], "qimeng.kernel", "qimeng.kernel private");
  }
  return kernel(editor.str());
}

static HostileAnswer resources(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  static const std::vector<std::string> constants = {
      "%h = arith.constant dense_resource<blob> : tensor<4xf32>",
      "%h = arith.constant dense_resource<__elided__> : tensor<1000000xf32>",
      "%h = arith.constant {a = dense_resource<\"../../etc/passwd\"> : "
      "tensor<4xf32>} 1 : index"};
  if (random.oneIn(3)) {
    editor.begin(random.pick(constants));
    return kernel(editor.str());
  }
  std::string blob =
      "\"0x04000000" + repeat("41", size_t(1) << random.below(17)) + "\"";
  std::string data = "\n{-#\n  dialect_resources: {\n    builtin: {\n      "
                     "blob: " +
                     blob + "\n    }\n  }\n#-}\n";
  if (random.oneIn(2))
    editor.begin(constants[0]);
  return kernel(random.oneIn(4) ? data + editor.str() : editor.str() + data);
}

static HostileAnswer aliases(const HostileSubject &subject, Random &random) {
  Editor editor(subject.right);
  int64_t n = 2 + random.below(60);
  std::string before;
  switch (random.below(8)) {
  case 0: // doubles
    before = "!t0 = tuple<f32, f32>\n";
    for (int64_t i = 1; i < n; ++i)
      before += formatv("!t{0} = tuple<!t{1}, !t{1}>\n", i, i - 1);
    editor.begin(formatv("%h = arith.constant {a = !t{0}} 1 : index", n - 1));
    break;
  case 1:
    before = "#a0 = [1, 1]\n";
    for (int64_t i = 1; i < n; ++i)
      before += formatv("#a{0} = [#a{1}, #a{1}]\n", i, i - 1);
    editor.begin(formatv("%h = arith.constant {a = #a{0}} 1 : index", n - 1));
    break;
  case 2:
    before = "#l = loc(\"" + repeat("f", size_t(1) << random.below(16)) +
             "\":4294967295:4294967295)\n";
    editor.begin("%h = arith.constant 1 : index loc(#l)");
    break;
  case 3:
    editor.begin("%h = arith.constant 1 : index loc(\"/etc/passwd\":" +
                 drawNumber(random) + ":" + drawNumber(random) + ")");
    break;
  case 4:
    editor.begin("%h = arith.constant 1 : index loc(#missing)");
    break;
  case 5:
    before = "#m = #m\n";
    editor.begin("%h = arith.constant {a = #m} 1 : index");
    break;
  case 6: // used before it is defined
    editor.begin("%h = arith.constant 1 : index loc(#later)");
    editor.lines.push_back("#later = loc(callsite(#x at #y))\n#x = loc(\"a\")\n"
                           "#y = loc(fused<#x>[#later, #later])");
    break;
  default:
    for (int64_t i = 0; i < n * 100; ++i)
      before += formatv("#b{0} = affine_map<(d0) -> (d0 + {0})>\n", i);
  }
  return kernel(before + editor.str());
}

static HostileAnswer subtlyWrong(const HostileSubject &subject, Random &) {
  return kernel(subject.mistaken.empty() ? subject.right : subject.mistaken,
                !subject.mistaken.empty());
}

//===----------------------------------------------------------------------===//
// All
//===----------------------------------------------------------------------===//

template <HostileAnswer (*make)(const HostileSubject &, Random &)>
static HostileAnswer dressed(const HostileSubject &subject, Random &random) {
  HostileAnswer answer = make(subject, random);
  answer.text = dress(answer.text, random);
  return answer;
}

const std::vector<Class> &hostile::getKernelClasses() {
  static const std::vector<Class> classes = {
      {"writes to inputs", dressed<writeInput>},
      {"accesses outside", dressed<accessOutside>},
      {"views outside", dressed<viewOutside>},
      {"foreign memory", dressed<foreignMemory>},
      {"writes twice", dressed<writeTwice>},
      {"never ends", dressed<neverEnd>},
      {"computes long", dressed<computeLong>},
      {"computes much", dressed<computeMuch>},
      {"waits for ever", dressed<waitForEver>},
      {"waits in a branch", dressed<waitInBranch>},
      {"huge tiles", dressed<hugeTile>},
      {"huge constants", dressed<hugeConstant>},
      {"huge grids", dressed<hugeGrid>},
      {"index overflow", dressed<overflow>},
      {"undefined arithmetic", dressed<undefinedArithmetic>},
      {"more symbols", dressed<moreSymbols>},
      {"another name", dressed<anotherName>},
      {"another signature", dressed<anotherSignature>},
      {"attributes", dressed<attributes>},
      {"resources", dressed<resources>},
      {"aliases and locations", dressed<aliases>},
      {"subtly wrong", dressed<subtlyWrong>}};
  return classes;
}

HostileAnswer hostile::drawKernel(const HostileSubject &subject,
                                  Random &random) {
  static constexpr Maker makers[] = {
      writeInput,  accessOutside, viewOutside, foreignMemory,
      writeTwice,  neverEnd,      waitForEver, waitInBranch,
      hugeTile,    hugeGrid,      overflow,    undefinedArithmetic,
      anotherName, attributes,    subtlyWrong};
  return makers[random.below(std::size(makers))](subject, random);
}
