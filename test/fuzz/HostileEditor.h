//===- HostileEditor.h - Changing a right kernel's text ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_HOSTILEEDITOR_H
#define QIMENG_TEST_FUZZ_HOSTILEEDITOR_H

#include "HostileAnswers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace qimeng::hostile {

using llvm::formatv;
using llvm::StringRef;
using Operand = HostileSubject::Operand;

inline std::string replaceFirst(std::string text, StringRef from,
                                StringRef to) {
  size_t at = text.find(from.str());
  return at == std::string::npos ? text
                                 : text.replace(at, from.size(), to.str());
}

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

inline std::string zero(StringRef element) {
  return element[0] == 'i' ? "0" : "0.0";
}

/// Numbers that indices, sizes and counts go wrong with, mostly such as an
/// index can be.
inline const std::string &drawNumber(Random &random) {
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

inline std::string dims(size_t rank) {
  std::string text;
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", d" : "d") + std::to_string(i);
  return text;
}

inline const Operand &pickOperand(const HostileSubject &subject, Random &random,
                                  bool output, size_t &number) {
  std::vector<size_t> fit;
  for (size_t i = 0; i < subject.operands.size(); ++i)
    if (subject.operands[i].isOutput == output)
      fit.push_back(i);
  number = random.pick(fit);
  return subject.operands[number];
}

inline HostileAnswer kernel(const std::string &text,
                            bool mustBeRefused = false) {
  HostileAnswer answer;
  answer.text = text;
  answer.mustBeRefused = mustBeRefused;
  return answer;
}

// Makers of kernels, each in the file of its kind.
HostileAnswer writeInput(const HostileSubject &subject, Random &random);
HostileAnswer accessOutside(const HostileSubject &subject, Random &random);
HostileAnswer viewOutside(const HostileSubject &subject, Random &random);
HostileAnswer foreignMemory(const HostileSubject &subject, Random &random);
HostileAnswer writeTwice(const HostileSubject &subject, Random &random);
HostileAnswer hugeTile(const HostileSubject &subject, Random &random);
HostileAnswer hugeConstant(const HostileSubject &subject, Random &random);
HostileAnswer hugeGrid(const HostileSubject &subject, Random &random);
HostileAnswer overflow(const HostileSubject &subject, Random &random);
HostileAnswer undefinedArithmetic(const HostileSubject &subject,
                                  Random &random);
HostileAnswer computeLong(const HostileSubject &subject, Random &random);
HostileAnswer computeMuch(const HostileSubject &subject, Random &random);
HostileAnswer neverEnd(const HostileSubject &subject, Random &random);
HostileAnswer waitForEver(const HostileSubject &subject, Random &random);
HostileAnswer waitInBranch(const HostileSubject &subject, Random &random);

} // namespace qimeng::hostile

#endif // QIMENG_TEST_FUZZ_HOSTILEEDITOR_H
