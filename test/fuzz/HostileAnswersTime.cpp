//===- HostileAnswersTime.cpp - Kernels that take for ever ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostileEditor.h"

using namespace qimeng;
using namespace qimeng::hostile;

/// A long computation on one number, of which nobody knows that it does not
/// matter: no tile is large, no loop too long by itself.
HostileAnswer hostile::computeLong(const HostileSubject &subject,
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
HostileAnswer hostile::computeMuch(const HostileSubject &subject,
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

HostileAnswer hostile::neverEnd(const HostileSubject &subject, Random &random) {
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

HostileAnswer hostile::waitForEver(const HostileSubject &subject,
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

HostileAnswer hostile::waitInBranch(const HostileSubject &subject,
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
