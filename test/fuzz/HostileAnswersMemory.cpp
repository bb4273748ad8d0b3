//===- HostileAnswersMemory.cpp - Kernels that reach too far --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostileEditor.h"

using namespace qimeng;
using namespace qimeng::hostile;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

HostileAnswer hostile::writeInput(const HostileSubject &subject,
                                  Random &random) {
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
HostileAnswer hostile::accessOutside(const HostileSubject &subject,
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

HostileAnswer hostile::viewOutside(const HostileSubject &subject,
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
HostileAnswer hostile::foreignMemory(const HostileSubject &subject,
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

HostileAnswer hostile::writeTwice(const HostileSubject &subject,
                                  Random &random) {
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
// Sizes
//===----------------------------------------------------------------------===//

HostileAnswer hostile::hugeTile(const HostileSubject &subject, Random &random) {
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

HostileAnswer hostile::hugeConstant(const HostileSubject &subject,
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

HostileAnswer hostile::hugeGrid(const HostileSubject &subject, Random &random) {
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
HostileAnswer hostile::overflow(const HostileSubject &subject, Random &random) {
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
HostileAnswer hostile::undefinedArithmetic(const HostileSubject &subject,
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
