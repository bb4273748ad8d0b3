//===- DescribeText.cpp - Programs, before they are parsed ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A parser for all of MLIR is much code to hand a stranger's text to. Only a
// small part of the language gets there: no strings but iterator names (hence
// no operations in generic form, no blobs, no paths), no type aliases and no
// aliases of attributes (a few lines of which make types of a gigabyte), no
// locations, no dialects but five.
//
//===----------------------------------------------------------------------===//

#include "qimeng/Input/ProgramCheck.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace qimeng;

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isWord(char c) { return isLetter(c) || isDigit(c) || c == '_'; }

class Scanner {
public:
  Scanner(std::string_view text, const ProgramLimits &limits)
      : text(text), limits(limits) {}

  Status run();
  std::string clean;

private:
  Error fail(const std::string &what) const {
    size_t line = 1 + std::count(text.begin(), text.begin() + begin, '\n');
    return Error{"line " + std::to_string(line) + ": " + what};
  }
  char peek(size_t ahead = 0) const {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  }
  std::string_view token() const { return text.substr(begin, at - begin); }
  /// The token, short enough for a message.
  std::string quoted() const {
    return "'" + std::string(token().substr(0, 60)) + "'";
  }
  void skipBlanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')
      ++at;
  }
  void skipWord() {
    while (isWord(peek()) || peek() == '.' || peek() == '$')
      ++at;
  }
  Status readToken();
  Status readName();
  Status readAlias();
  Status readString();
  Status readBracket(char c);

  std::string_view text;
  const ProgramLimits &limits;
  size_t at = 0, begin = 0;
  std::string brackets;
};

Status Scanner::readName() {
  skipWord();
  std::string_view name = token();
  size_t dot = name.find('.');
  if (dot == std::string_view::npos) {
    size_t known = at;
    skipBlanks();
    bool isLocation = name == "loc" && peek() == '(';
    at = known;
    if (isLocation)
      return fail("a location; leave loc(...) out");
    for (const char *kind : {"dense_resource", "sparse", "distinct", "opaque"})
      if (name == kind)
        return fail(quoted() + "; constants are written as dense<...>");
    return {};
  }
  // What an operation reads its own maps from.
  if (name.find("memoized") != std::string_view::npos)
    return fail(quoted() + " is not allowed");
  std::string_view dialect = name.substr(0, dot);
  for (const char *allowed : {"func", "linalg", "tensor", "arith", "math"})
    if (dialect == allowed)
      return {};
  return fail(quoted() +
              " is not allowed; a program holds func, linalg, "
              "tensor, arith and math operations only" +
              (dialect == "scf" ? ": write loops and branches as linalg "
                                  "operations and arith.select"
                                : ""));
}

/// An alias, its definition, or an attribute of a dialect.
Status Scanner::readAlias() {
  ++at;
  skipWord();
  size_t end = at;
  skipBlanks();
  if (peek() != '=' || token().find('.') != std::string_view::npos) {
    at = end;
    return {};
  }
  ++at;
  skipBlanks();
  constexpr std::string_view map = "affine_map";
  if (text.substr(at, map.size()) != map)
    return fail("an alias of something other than affine_map<...>; write it "
                "where it is used");
  at = end;
  return {};
}

Status Scanner::readString() {
  size_t close = text.find('"', at + 1);
  std::string_view content = text.substr(
      at + 1, close == std::string_view::npos ? 60 : close - at - 1);
  if (content != "parallel" && content != "reduction")
    return fail("the string \"" + std::string(content.substr(0, 60)) +
                "\"; only \"parallel\" and \"reduction\" are allowed, and "
                "operations are written in their own syntax");
  at = close + 1;
  return {};
}

Status Scanner::readBracket(char c) {
  constexpr std::string_view opening = "([{<", closing = ")]}>";
  ++at;
  if (size_t kind = opening.find(c); kind != std::string_view::npos) {
    brackets += closing[kind];
    if (brackets.size() > limits.nesting)
      return fail("more than " + std::to_string(limits.nesting) +
                  " brackets within each other");
    return {};
  }
  if (brackets.empty() || brackets.back() != c)
    return fail("'" + std::string(1, c) + "' closes nothing" +
                (brackets.empty()
                     ? std::string()
                     : "; expected '" + std::string(1, brackets.back()) + "'"));
  brackets.pop_back();
  return {};
}

Status Scanner::readToken() {
  char c = peek();
  if (isLetter(c) || c == '_')
    return readName();
  if (isDigit(c)) {
    // A number, or the rest of a shape: 4096x4096xbf16.
    while (isWord(peek()) || (peek() == '.' && isDigit(peek(1))) ||
           ((peek() == '+' || peek() == '-') && isDigit(peek(1)) &&
            (text[at - 1] == 'e' || text[at - 1] == 'E') &&
            token().find('x') == std::string_view::npos))
      ++at;
    if (peek() == '.')
      ++at; // "1."
    if (token().size() > 128)
      return fail("a number of " + std::to_string(token().size()) +
                  " characters");
    return {};
  }
  if (c == '#')
    return readAlias();
  if (c == '%' || c == '@' || c == '^') {
    ++at;
    skipWord();
    if (c == '@' && peek() == '"')
      return fail("a quoted name; names are letters, digits and '_'");
    if (token().size() > 128)
      return fail("a name of " + std::to_string(token().size()) +
                  " characters; at most 128 are allowed");
    return {};
  }
  if (c == '"')
    return readString();
  if (c == '!')
    return fail("a type of a dialect, or an alias of a type; tensors and "
                "numbers are all that is needed");
  if (c == '-' && peek(1) == '>') {
    at += 2;
    return {};
  }
  if (c == '{' && peek(1) == '-')
    return fail("a section of resources; constants are written as dense<...>");
  if (std::string_view("([{<>}])").find(c) != std::string_view::npos)
    return readBracket(c);
  if (std::string_view(",:=+-*?|").find(c) != std::string_view::npos) {
    ++at;
    return {};
  }
  bool printable = c > ' ' && c < 0x7f;
  char code[8];
  std::snprintf(code, sizeof code, "0x%02x", static_cast<unsigned char>(c));
  return fail("the character " +
              (printable ? "'" + std::string(1, c) + "'" : std::string(code)) +
              " has no meaning in a program; programs are ASCII text");
}

Status Scanner::run() {
  if (text.size() > limits.bytes)
    return Error{"the program has " + std::to_string(text.size()) +
                 " bytes; at most " + std::to_string(limits.bytes) +
                 " are read"};
  size_t tokens = 0;
  while (true) {
    begin = at;
    skipBlanks();
    for (char c : text.substr(begin, at - begin))
      if (c != '\r')
        clean += c;
    begin = at;
    if (at == text.size())
      break;
    if (peek() == '/' && peek(1) == '/') {
      // What a comment claims, nobody checks.
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (++tokens > limits.tokens)
      return fail("the program has more than " + std::to_string(limits.tokens) +
                  " words and signs");
    if (Status status = readToken(); !status)
      return status;
    clean += token();
  }
  if (!brackets.empty())
    return fail("the text ends before '" + std::string(1, brackets.back()) +
                "'; write the whole program");
  if (tokens == 0)
    return Error{"the program is empty"};
  // Lines that held comments only, and blanks before them.
  std::string lines;
  for (std::string_view rest = clean; !rest.empty();) {
    size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    size_t last = line.find_last_not_of(" \t");
    line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
    bool second =
        line.empty() && (lines.empty() ||
                         (lines.size() > 1 && lines[lines.size() - 2] == '\n'));
    if (!second)
      lines += std::string(line) + "\n";
  }
  clean = std::move(lines);
  return {};
}

//===----------------------------------------------------------------------===//
// The sentence
//===----------------------------------------------------------------------===//

struct TypeWord {
  const char *word, *type;
};
constexpr TypeWord typeWords[] = {
    {"bf16", "bf16"},   {"bfloat16", "bf16"}, {"f16", "f16"}, {"fp16", "f16"},
    {"float16", "f16"}, {"half", "f16"},      {"f32", "f32"}, {"fp32", "f32"},
    {"float32", "f32"}, {"single", "f32"},    {"f64", "f64"}, {"fp64", "f64"},
    {"float64", "f64"}, {"double", "f64"},    {"i8", "i8"},   {"int8", "i8"},
    {"i16", "i16"},     {"int16", "i16"},     {"i32", "i32"}, {"int32", "i32"},
    {"i64", "i64"},     {"int64", "i64"},
};

} // namespace

Status qimeng::checkProgramText(std::string_view text,
                                const ProgramLimits &limits,
                                std::string &clean) {
  Scanner scanner(text, limits);
  Status status = scanner.run();
  if (status)
    clean = std::move(scanner.clean);
  return status;
}

std::string qimeng::compareWithSentence(const std::string &sentence,
                                        const std::vector<double> &sizes,
                                        const std::vector<std::string> &types) {
  std::vector<std::string> found, missing;
  auto note = [&](const std::string &what, bool occurs) {
    std::vector<std::string> &list = occurs ? found : missing;
    if (std::find(list.begin(), list.end(), what) == list.end())
      list.push_back(what);
  };
  for (size_t i = 0; i < sentence.size();) {
    if (!isWord(sentence[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < sentence.size() && isWord(sentence[end]))
      ++end;
    std::string word = sentence.substr(i, end - i);
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    i = end;
    // "4096x4096xbf16" is three words.
    size_t part = 0;
    while (part < word.size() && isDigit(word[part])) {
      size_t digits = part;
      while (digits < word.size() && isDigit(word[digits]))
        ++digits;
      bool ends = digits == word.size() || word[digits] == 'x';
      bool thousands = digits + 1 == word.size() && word[digits] == 'k';
      if (!ends && !thousands)
        break;
      double value =
          std::strtod(word.substr(part, digits - part).c_str(), nullptr) *
          (thousands ? 1024 : 1);
      if (digits - part <= 12 && value > 1)
        note(word.substr(part, digits - part) + (thousands ? "k" : ""),
             std::find(sizes.begin(), sizes.end(), value) != sizes.end());
      part = std::min(digits + 1, word.size());
    }
    for (const TypeWord &known : typeWords)
      if (word.substr(std::min(part, word.size())) == known.word)
        note(known.type,
             std::find(types.begin(), types.end(), known.type) != types.end());
  }
  auto list = [](const std::vector<std::string> &words) {
    std::string text;
    for (size_t i = 0; i < words.size(); ++i)
      text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    return text;
  };
  std::string text;
  if (!found.empty())
    text = "the sentence's " + list(found) +
           (found.size() == 1 ? " occurs" : " occur") + " in the program";
  if (!missing.empty())
    text += (text.empty() ? "the sentence's " : "; ") + list(missing) +
            (missing.size() == 1 ? " does not" : " do not") +
            (found.empty() ? " occur in the program" : "");
  return text;
}
