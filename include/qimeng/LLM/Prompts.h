//===- Prompts.h - What a model is asked, and what it answers ---*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text in, text out: from facts about kernels, as text, to requests, and from
// answers to labels. Nothing here knows what a kernel is.
//
// Equal questions give equal requests: prompts hold no clock and no path, and
// times are rounded. What comes from the user's program stands between fences,
// which it cannot close, and nowhere else.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LLM_PROMPTS_H
#define QIMENG_LLM_PROMPTS_H

#include "qimeng/LLM/ChatModel.h"
#include "qimeng/Support/Architecture.h"
#include <map>
#include <string_view>

namespace qimeng {

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// Tokens that `text` has at most for the usual tokenizers, as good as exact
/// for the most wasteful of them: a token for each digit, mark and line break,
/// and for four letters; at least a third of the bytes.
size_t estimateTokens(std::string_view text);

/// `data` between fences longer than any run of backticks in it, on lines of
/// their own. Bytes that are not printable or not UTF-8 become '?'.
std::string fence(std::string_view data, std::string_view language = "");

/// `data` on one line of at most `limit` bytes, cleaned as by `fence`, with
/// "..." where it was cut.
std::string quoteLine(std::string_view data, size_t limit);

/// "12.3 us": three significant digits.
std::string roundMicroseconds(double microseconds);

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

/// One thing that may be done now.
struct PromptAction {
  /// What the answer names: "A", "B", .. and "stop".
  std::string label;
  /// "tile @matmul sizes = [128, 256]", steps separated by "; ".
  std::string text;
  std::string summary;
};

/// One thing that was tried, and what became of it ("refused: ..").
struct PromptTry {
  std::string text, outcome;
};

struct PlannerQuestion {
  const Architecture &target;
  /// The program, as MLIR.
  std::string program;
  /// The recipe so far, a step for each entry.
  std::vector<std::string> steps = {};
  /// Time of the program as it is; 0 where unknown.
  double microseconds = 0;
  /// Kernels are without tiles yet, so that time is with small ones for them.
  bool untiled = false;
  /// Tried on this program and not kept; and on earlier ones, oldest first.
  std::vector<PromptTry> tried = {}, earlier = {};
  std::vector<PromptAction> actions = {};
  /// How many more are legal, which the list leaves out.
  size_t unlisted = 0;
};

/// The list's entry that ends the work on the program.
extern const char *const stopLabel;

/// A parameter of an action, as its declaration has it.
struct PromptParameter {
  std::string name, kind, standard, description;
};

/// An answer that was refused, and why. The answer may be unknown (empty).
struct PromptRefusal {
  std::string answer, why;
};

/// A program, an action on it, and the answer.
struct PromptExample {
  std::string action, before, answer;
};

struct CoderQuestion {
  const Architecture &target;
  /// "tile @matmul sizes = [128]", its name "tile" and kernel "matmul".
  std::string action, name, kernel;
  std::string summary = {}, description = {};
  std::vector<PromptParameter> parameters = {};
  /// What the action may be applied to, as MLIR.
  std::string program = {};
  std::vector<PromptExample> examples = {};
  /// First to last.
  std::vector<PromptRefusal> refused = {};
};

/// How the planner's answer is got.
enum class RankingForm {
  Json,  ///< written out: labels, best first, with reasons
  Label, ///< one label, whose probability is what counts
};

/// The templates of prompts: lib/LLM/prompts/*.md, or a user's own.
class Prompts {
public:
  /// Those that are built in.
  Prompts();
  /// The files planner.md and coder.md of `folder`; what it does not hold is
  /// built in. Empty: $QIMENG_LLM_PROMPTS, or all built in. The error names
  /// file, line and what is wrong with it.
  static Result<Prompts> load(const std::string &folder);

  /// The error says that the question does not fit into `maxTokens` of
  /// estimateTokens. History that does not fit is left out before that.
  Result<ChatRequest> request(const PlannerQuestion &question,
                              RankingForm form = RankingForm::Json) const;
  Result<ChatRequest> request(const CoderQuestion &question) const;

  /// What tells these templates from others, for keys.
  std::string text() const;

  /// Of a whole request.
  size_t maxTokens = 24000;

private:
  struct Template {
    std::string system, user;
  };
  static Result<Template> parse(const std::string &name,
                                const std::string &text);
  std::map<std::string, Template> templates;
};

/// The dialect's operations whose names occur in `texts`: syntax and summary, a
/// line or a few for each. Made from the dialect's declarations.
std::string dialectReference(const std::vector<std::string_view> &texts);

/// A program from the tests of an action, and a step that may be applied to it
/// on sm_90a. The step of a rewrite ends with the kernel's name; `answer` has
/// the kernel's new text then.
struct TestedExample {
  std::string action, step, before, answer;
};
const std::vector<TestedExample> &testedExamples();

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

struct Ranking {
  struct Choice {
    std::string label, reason;
  };
  /// The best first, each label once, all of them on the list.
  std::vector<Choice> choices;
  /// What was wrong with the rest of the answer, for people.
  std::vector<std::string> problems;
};

/// Reads a planner's answer: the JSON that was asked for, bare, fenced or
/// within text; an array of labels; or labels at the beginnings of lines. An
/// entry's text counts as its label. At most 64 KiB are looked at. The error
/// says that no entry of the list was named.
Result<Ranking> parseRanking(std::string_view answer,
                             const std::vector<PromptAction> &actions);

/// The order that several rankings make: by mean rank, where a label that a
/// ranking leaves out comes after the last; equal ones in the list's order.
std::vector<std::string> vote(const std::vector<Ranking> &rankings,
                              const std::vector<PromptAction> &actions);

/// Asks for `samples` answers at the same time; `temperature` is that of
/// several. Gives those that came, in order; none: `why` says the reason.
std::vector<ChatReply> askSamples(ChatModel &model, ChatRequest request,
                                  unsigned samples, double temperature,
                                  std::string &why);

} // namespace qimeng

#endif // QIMENG_LLM_PROMPTS_H
