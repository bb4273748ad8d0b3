//===- HostileAnswersKernels.cpp - Kernels that mean harm -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostileEditor.h"

using namespace qimeng;
using namespace qimeng::hostile;

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
