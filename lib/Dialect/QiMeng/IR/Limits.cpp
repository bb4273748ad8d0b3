//===- Limits.cpp - What may be parsed, and what may run ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Dialect/QiMeng/IR/Limits.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

ArrayRef<StringRef> qimeng::getKernelDialects() {
  static const StringRef dialects[] = {"affine", "arith", "builtin", "math",
                                       "qimeng", "scf",   "tensor"};
  return dialects;
}

//===----------------------------------------------------------------------===//
// Texts
//===----------------------------------------------------------------------===//

namespace {
/// Reads a text as MLIR's lexer would, without recursion.
class TextScanner {
public:
  TextScanner(StringRef text, const TextLimits &limits, std::string &why)
      : text(text), limits(limits), why(why) {}
  LogicalResult scan();

private:
  LogicalResult refuse(const Twine &reason) {
    why = ("line " + Twine(text.take_front(at).count('\n') + 1) + ": " + reason)
              .str();
    return failure();
  }
  LogicalResult open(char bracket);
  LogicalResult close(char bracket);
  LogicalResult scanString();
  LogicalResult scanWord();
  LogicalResult scanName(StringRef name);
  char peek(size_t ahead) const {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  }

  StringRef text;
  const TextLimits &limits;
  std::string &why;
  size_t at = 0, names = 0, operators = 0;
  SmallVector<char> brackets;
  /// Between `#alias =` and what comes after its definition.
  bool inAlias = false;
};
} // namespace

static bool isWordCharacter(char c) {
  return llvm::isAlnum(c) || c == '_' || c == '$' || c == '.';
}

LogicalResult TextScanner::open(char bracket) {
  brackets.push_back(bracket);
  ++at;
  if (brackets.size() > limits.nesting)
    return refuse("more than " + Twine(limits.nesting) +
                  " brackets are open at the same time");
  return success();
}

LogicalResult TextScanner::close(char bracket) {
  char opened = bracket == ')'   ? '('
                : bracket == ']' ? '['
                : bracket == '}' ? '{'
                                 : '<';
  if (brackets.empty() || brackets.back() != opened)
    return refuse("'" + Twine(bracket) + "' closes no '" + Twine(opened) + "'");
  brackets.pop_back();
  ++at;
  return success();
}

LogicalResult TextScanner::scanString() {
  size_t begin = ++at;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\n')
      return refuse("a string has no end");
    if (text[at] == '\\')
      ++at;
  }
  if (at >= text.size())
    return refuse("a string has no end");
  StringRef content = text.slice(begin, at);
  ++at;
  // The generic form: "arith.addf"(%a, %b).
  if (text.substr(at).ltrim().starts_with("("))
    return scanName(content);
  return success();
}

/// "arith.addf": counts, and is of a dialect that is allowed.
LogicalResult TextScanner::scanName(StringRef name) {
  if (++names > limits.names)
    return refuse("more than " + Twine(limits.names) +
                  " operations, attributes and types are named");
  StringRef dialect = name.split('.').first;
  if (!llvm::is_contained(limits.dialects, dialect))
    return refuse("'" + name.take_front(limits.word) + "' is not of " +
                  llvm::join(limits.dialects, ", "));
  return success();
}

/// A word with the character before it, which says what it is: %value, @symbol,
/// ^block, #attribute, !type, or a number, keyword or operation.
LogicalResult TextScanner::scanWord() {
  char sigil = text[at];
  size_t begin = at + !isWordCharacter(sigil);
  size_t end = begin;
  while (end < text.size() && isWordCharacter(text[end]))
    ++end;
  StringRef word = text.slice(begin, end);
  if (word.size() > limits.word)
    return refuse("a word has more than " + Twine(limits.word) + " letters");
  switch (sigil) {
  case '%':
  case '@':
  case '^':
    operators = 0;
    at = std::max(end, at + 1);
    return success();
  case '#':
  case '!':
    // "%pair#1": which result is meant. The parser makes room for that many.
    if (!word.empty() && llvm::isDigit(word.front())) {
      if (word.size() > 4)
        return refuse("'#" + word + "' is no result of any operation");
    } else if (word.contains('.')) {
      if (failed(scanName(word)))
        return failure();
    } else if (brackets.empty() &&
               text.substr(end).ltrim(" \t").starts_with("=")) {
      inAlias = true;
    } else if (inAlias) {
      // A few aliases that double would make a type of any length.
      return refuse("an alias is defined by another, '" + Twine(sigil) + word +
                    "'; write it out");
    }
    at = std::max(end, at + 1);
    return success();
  default:
    break;
  }
  if (word == "dense_resource")
    return refuse("dense_resource names data that are not in the text");
  // An integer type of a million bits is a megabyte for every constant.
  for (size_t i = 0; i + 1 < word.size(); ++i) {
    StringRef digits = word.substr(i + 1).take_while(llvm::isDigit);
    if (word[i] == 'i' && digits.size() > 3 &&
        (i == 0 || StringRef("xsu").contains(word[i - 1])))
      return refuse("'i" + digits + "' has too many bits");
  }
  bool name = word.contains('.') && !llvm::isDigit(word.front());
  if (name && failed(scanName(word)))
    return failure();
  // What is defined ends where the next operation begins.
  if (brackets.empty() && (name || word == "module"))
    inAlias = false;
  if (word == "floordiv" || word == "ceildiv" || word == "mod")
    ++operators;
  at = end;
  return success();
}

LogicalResult TextScanner::scan() {
  if (text.size() > limits.bytes) {
    why = "the text has " + std::to_string(text.size()) + " bytes, more than " +
          std::to_string(limits.bytes);
    return failure();
  }
  while (at < text.size()) {
    char c = text[at];
    LogicalResult step = success();
    if (c == '/' && peek(1) == '/') {
      while (at < text.size() && text[at] != '\n')
        ++at;
    } else if (c == '"') {
      step = scanString();
    } else if (c == '{' && peek(1) == '-' && peek(2) == '#') {
      return refuse("'{-#' begins data that belong to no kernel");
    } else if (c == '(' || c == '[' || c == '{' || c == '<') {
      if (c == '{')
        operators = 0;
      step = open(c);
    } else if ((c == '-' && peek(1) == '>') ||
               ((c == '>' || c == '=') && peek(1) == '=')) {
      at += 2;
    } else if (c == ')' || c == ']' || c == '}' || c == '>') {
      step = close(c);
    } else if (c == '%' || c == '@' || c == '^' || c == '#' || c == '!' ||
               isWordCharacter(c)) {
      step = scanWord();
    } else if (c == '+' || c == '-' || c == '*') {
      ++operators;
      ++at;
    } else if (c == ',' || c == '=') {
      operators = 0;
      ++at;
    } else if (llvm::isSpace(c) || c == ':' || c == '?' || c == '|') {
      ++at;
    } else {
      return refuse(llvm::isPrint(c)
                        ? "unexpected character '" + Twine(c).str() + "'"
                        : "unexpected byte " + Twine(int(uint8_t(c))).str());
    }
    if (failed(step))
      return failure();
    if (operators > limits.operators)
      return refuse("more than " + Twine(limits.operators) +
                    " operators stand in a row");
  }
  if (!brackets.empty())
    return refuse("'" + Twine(brackets.back()) +
                  "' is never closed; is the text complete?");
  return success();
}

LogicalResult qimeng::checkText(StringRef text, const TextLimits &limits,
                                std::string &why) {
  return TextScanner(text, limits, why).scan();
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static std::optional<int64_t> getConstant(Value value) {
  while (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    value = cast.getIn();
  return getConstantIntValue(getAsOpFoldResult(value));
}

std::optional<int64_t> qimeng::countIterations(scf::ForOp loop) {
  std::optional<int64_t> lower = getConstant(loop.getLowerBound()),
                         upper = getConstant(loop.getUpperBound()),
                         step = getConstant(loop.getStep());
  int64_t extent;
  if (!lower || !upper || !step || *step <= 0 ||
      llvm::SubOverflow(*upper, *lower, extent))
    return std::nullopt;
  return extent > 0 ? llvm::divideCeil(extent, *step) : 0;
}

scf::ForOp qimeng::findEndlessLoop(KernelOp kernel, int64_t most,
                                   std::string &why) {
  scf::ForOp found;
  kernel.getBody().walk([&](scf::ForOp loop) {
    int64_t total = 1;
    for (scf::ForOp each = loop; each;
         each = each->getParentOfType<scf::ForOp>()) {
      std::optional<int64_t> iterations = countIterations(each);
      if (!iterations) {
        why = "must have constant bounds and a constant, positive step, so "
              "that it is known to end";
        found = each;
        return WalkResult::interrupt();
      }
      if (llvm::MulOverflow(total, *iterations, total) || total > most) {
        why = "runs more than " + std::to_string(most) +
              " iterations in one program";
        found = loop;
        return WalkResult::interrupt();
      }
    }
    return WalkResult::advance();
  });
  return found;
}

double qimeng::countElements(Type type) {
  auto tile = dyn_cast<RankedTensorType>(type);
  double count = tile ? 1 : 0;
  if (tile)
    for (int64_t extent : tile.getShape())
      count *= extent;
  return count;
}

/// Scalar operations that a function becomes, roughly: those on f64 have no
/// instructions of their own.
static constexpr double codeOfFunction = 8, codeOfWideFunction = 64;

static bool isWide(Type type) {
  Type element = getElementTypeOrSelf(type);
  return !element.isIntOrFloat() || element.getIntOrFloatBitWidth() > 32;
}

KernelWork qimeng::countWork(KernelOp kernel) {
  KernelWork work;
  double programs = 1;
  if (kernel.isTiled())
    for (int64_t size : kernel.getGridAttr().asArrayRef())
      programs *= size;
  kernel.getBody().walk([&](Operation *op) {
    double executions = programs;
    for (auto loop = op->getParentOfType<scf::ForOp>(); loop;
         loop = loop->getParentOfType<scf::ForOp>())
      if (std::optional<int64_t> iterations = countIterations(loop))
        executions *= *iterations;
    double elements = 0;
    // The body of a fold runs for each element.
    if (auto fold = op->getParentOfType<FoldOp>())
      elements = countElements(fold.getInputs().front().getType());
    else
      work.executions += executions;
    for (Type type : op->getResultTypes()) {
      elements += countElements(type);
      work.largestTile = std::max(work.largestTile, countElements(type));
    }
    double code = elements;
    if (auto dot = dyn_cast<DotOp>(op)) {
      elements *= 2.0 * dot.getLhs().getType().getShape().back();
      if (dot.getMma() == Mma::Fma)
        code = elements;
    } else if (isa<ReduceOp, FoldOp>(op)) {
      elements = code = countElements(op->getOperand(0).getType());
    }
    if (isa<math::MathDialect>(op->getDialect())) {
      work.functions += elements * executions;
      code *= isWide(op->getResult(0).getType()) ? codeOfWideFunction
                                                 : codeOfFunction;
    }
    if (kernel.isTiled()) {
      auto role = op->getParentOfType<RoleOp>();
      int64_t warps =
          role ? role.getWarps() : kernel.getScheduleOrDefault().getWarps();
      work.codeSize += std::max(1.0, code / (32.0 * warps));
    }
    work.scalars += elements * executions;
  });
  return work;
}
