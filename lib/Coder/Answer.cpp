//===- Answer.cpp - Reading what a coder wrote ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An answer is prose with code in it: one fenced block, or lines of MLIR
// between others. What is meant is found here; what it means, by the parsers.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Diagnostics.h"
#include "qimeng/Coder/Coder.h"
#include "qimeng/Dialect/QiMeng/IR/Limits.h"
#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"

using namespace mlir;
using namespace qimeng;

namespace {

constexpr size_t mostBytes = size_t(256) << 10;

constexpr StringLiteral kernelStart = "qimeng.kernel", stepStart = "transform.";

struct Fenced {
  std::string language, text;
};

/// What a line begins.
enum class Start { Nothing, Kernel, Steps };

Start startOf(StringRef line) {
  line = line.ltrim();
  if (line.starts_with(kernelStart) ||
      line.starts_with("\"" + kernelStart.str() + "\""))
    return Start::Kernel;
  return line.starts_with(stepStart) ? Start::Steps : Start::Nothing;
}

/// What the text is: the first line that is code decides.
Start startOfText(StringRef text) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    if (Start start = startOf(line); start != Start::Nothing)
      return start;
    text = rest;
  }
  return Start::Nothing;
}

/// "\r\n" and "\r" are ends of lines; a byte order mark is nothing.
std::string normalizeLines(StringRef text) {
  text.consume_front("\xef\xbb\xbf");
  std::string lines;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r')
      lines += text[i];
    else if (i + 1 == text.size() || text[i + 1] != '\n')
      lines += '\n';
  return lines;
}

/// Fills `blocks` with what stands between fences. False: the last has no end.
bool findBlocks(StringRef text, std::vector<Fenced> &blocks) {
  StringRef fence; // that opened the block
  bool open = false;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    StringRef trimmed = line.trim();
    StringRef mark =
        trimmed.take_while([&](char c) { return c == trimmed.front(); });
    bool isFence = mark.size() >= 3 && (mark[0] == '`' || mark[0] == '~');
    if (!open && isFence) {
      open = true;
      fence = mark;
      blocks.push_back({trimmed.drop_front(mark.size()).trim().lower(), ""});
    } else if (open && trimmed == mark && mark.starts_with(fence)) {
      open = false;
    } else if (open) {
      blocks.back().text += line.str() + "\n";
    }
    text = rest;
  }
  return !open;
}

/// Brackets that `line` opens and does not close, strings and comments aside.
int countOpen(StringRef line) {
  int open = 0;
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && line.substr(i).starts_with("//"))
      break;
    else if (!quoted)
      open += (c == '{' || c == '[' || c == '(') -
              (c == '}' || c == ']' || c == ')');
  }
  return open;
}

/// The lines of code in a text without fences: from the first that begins a
/// kernel, steps, a module or an alias, to where brackets are closed and no
/// other follows.
std::string dropProse(StringRef text) {
  std::string code;
  bool any = false;
  int open = 0;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    StringRef trimmed = line.ltrim();
    bool starts = startOf(line) != Start::Nothing ||
                  trimmed.starts_with("module") ||
                  trimmed.starts_with("builtin.module") ||
                  ((trimmed.starts_with("#") || trimmed.starts_with("!")) &&
                   trimmed.contains(" = "));
    if (open > 0 || starts) {
      code += line.str() + "\n";
      open = std::max(0, open + countOpen(line));
      any = true;
    }
    text = rest;
  }
  return any ? code : std::string();
}

/// What the parsers report, the first error only.
class FirstError {
public:
  explicit FirstError(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() != DiagnosticSeverity::Error ||
              !text.empty())
            return success();
          llvm::raw_string_ostream os(text);
          if (auto at =
                  diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
            os << "line " << at.getLine() << ": ";
          os << diagnostic;
          return success();
        }) {}
  std::string text;

private:
  ScopedDiagnosticHandler handler;
};

Result<CoderAnswer> parseSteps(StringRef code, MLIRContext *context) {
  static const StringRef dialects[] = {"transform", "builtin"};
  TextLimits limits;
  limits.dialects = dialects;
  limits.bytes = mostBytes;
  std::string why;
  if (failed(checkText(code, limits, why)))
    return Error{"the answer's transform ops are refused: " + why};
  // On one line, so that the numbers of lines are the answer's.
  std::string text = code.str();
  if (!code.contains("named_sequence"))
    text = "module attributes {transform.with_named_sequence} { "
           "transform.named_sequence @__transform_main(%root: "
           "!transform.any_op {transform.readonly}) { " +
           text + "\ntransform.yield } }";
  FirstError error(context);
  FailureOr<SmallVector<Step>> steps =
      Recipe::parseSteps(text, context, "answer");
  if (failed(steps))
    return Error{"the answer's transform ops do not parse: " + error.text};
  if (steps->empty())
    return Error{"the answer holds no macro action"};
  return CoderAnswer{{steps->begin(), steps->end()}, ""};
}

} // namespace

Result<CoderAnswer> qimeng::parseAnswer(const std::string &text,
                                        MLIRContext *context) {
  if (text.size() > mostBytes)
    return Error{"the answer has " + std::to_string(text.size()) +
                 " bytes, more than " + std::to_string(mostBytes)};
  std::string lines = normalizeLines(text);
  std::vector<Fenced> blocks;
  bool closed = findBlocks(lines, blocks);
  std::vector<std::string> found;
  if (blocks.empty()) {
    found.push_back(dropProse(lines));
  } else {
    for (Fenced &block : blocks)
      if (startOfText(block.text) != Start::Nothing)
        found.push_back(std::move(block.text));
  }
  if (found.size() > 1)
    return Error{"the answer has " + std::to_string(found.size()) +
                 " blocks that could be meant; give one"};
  StringRef code = found.empty() ? StringRef() : StringRef(found[0]).trim();
  Start start = startOfText(code);
  if (start == Start::Nothing) {
    std::string languages;
    for (const Fenced &block : ArrayRef(blocks).take_front(4))
      if (!block.language.empty())
        languages += (languages.empty() ? "" : ", ") +
                     StringRef(block.language).take_front(16).str();
    return Error{
        "the answer holds neither transform ops nor a qimeng.kernel" +
        (languages.empty() ? "" : "; its blocks are in: " + languages)};
  }
  if (!closed)
    return Error{"the answer ends inside a fenced block; it was cut off"};
  if (start == Start::Steps)
    return parseSteps(code, context);
  return CoderAnswer{{}, code.str()};
}
