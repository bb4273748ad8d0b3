//===- LLMCoder.cpp - A language model carries out actions ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Diagnostics.h"
#include "qimeng/Coder/Coder.h"
#include "qimeng/LLM/Prompts.h"
#include "llvm/ADT/STLExtras.h"
#include <map>

using namespace mlir;
using namespace qimeng;

namespace {

/// Bytes of an answer that are looked at.
constexpr size_t mostAnswerBytes = 256 << 10;
constexpr size_t mostExamples = 1;
/// Bytes of a reason: it may quote names that the answer made up.
constexpr size_t mostReasonBytes = 2000;

const char *kindName(ParameterKind kind) {
  switch (kind) {
  case ParameterKind::Ints:
    return "integers, [a, b]";
  case ParameterKind::Int:
    return "integer";
  case ParameterKind::Flag:
    return "flag, the name alone";
  case ParameterKind::Symbol:
    return "kernel, @name";
  case ParameterKind::Word:
    return "word";
  case ParameterKind::Text:
    return "text";
  }
  return "";
}

/// Nothing is left to choose: parameters are given, or there are none.
bool isComplete(const Step &step, const ActionInfo &action) {
  bool open = false;
  for (const ActionParameter &parameter : action.parameters) {
    if (parameter.kind == ParameterKind::Symbol ||
        parameter.kind == ParameterKind::Flag)
      continue;
    if (step.parameters.contains(parameter.name))
      return true;
    open = true;
  }
  return !open;
}

/// Summary, description without what is between fences, parameters.
void describe(const ActionInfo &action, CoderQuestion &question) {
  question.summary = action.summary.str();
  StringRef rest = action.description;
  std::string text;
  while (!rest.empty()) {
    size_t open = rest.find("```");
    text += rest.substr(0, open).str();
    if (open == StringRef::npos)
      break;
    size_t close = rest.find("```", open + 3);
    rest = close == StringRef::npos ? "" : rest.substr(close + 3);
  }
  // One paragraph; what introduced a picture ("After:") goes with it.
  SmallVector<StringRef> lines;
  StringRef(text).split(lines, '\n');
  for (StringRef line : lines) {
    line = line.trim();
    if (line.empty() || line == "After:" || line == "Before and after:")
      continue;
    question.description +=
        (question.description.empty() ? "" : " ") + line.str();
  }
  for (const ActionParameter &parameter : action.parameters)
    question.parameters.push_back({parameter.name, kindName(parameter.kind),
                                   parameter.defaultText,
                                   parameter.description});
}

std::string asTransformOp(StringRef step) {
  return ("transform.qimeng." + step + " in %root : !transform.any_op").str();
}

void addExamples(StringRef action, CoderQuestion &question) {
  for (const TestedExample &example : testedExamples())
    if (example.action == action && question.examples.size() < mostExamples)
      question.examples.push_back({example.step, example.before,
                                   example.answer.empty()
                                       ? asTransformOp(example.step)
                                       : example.answer});
}

class LLMCoder : public Coder {
public:
  LLMCoder(ChatModel &model, const Prompts &prompts, LLMCoderOptions options)
      : model(model), prompts(prompts), options(std::move(options)) {}

  StringRef getName() const override { return "llm"; }
  bool isModel() const override { return true; }
  Result<CoderAnswer> answer(const CoderRequest &request) override;

private:
  /// An answer that was given to a request, and why it was refused: by
  /// ourselves, or later by who asked.
  struct Given {
    std::string text, why;
    bool handedOut = false;
  };

  CoderQuestion ask(const CoderRequest &request, const ActionInfo &action,
                    const std::vector<Given> &given);
  std::optional<CoderAnswer> read(const CoderRequest &request,
                                  const std::string &text, std::string &why);

  ChatModel &model;
  const Prompts &prompts;
  LLMCoderOptions options;
  std::map<std::string, std::vector<Given>> history;
};

/// What the action may look at and change.
std::string printRegion(const CoderRequest &request) {
  ModuleOp program = request.program;
  auto kernel = program.lookupSymbol<KernelOp>(request.action.getKernel());
  OwningOpRef<ModuleOp> copy;
  // Tiled kernels keep to themselves; others may be fused and split.
  if (kernel && kernel.isTiled()) {
    copy = ModuleOp::create(program.getLoc());
    copy->push_back(kernel->clone());
    program = *copy;
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  flags.enableDebugInfo(false);
  program->print(os, flags);
  return text;
}

CoderQuestion LLMCoder::ask(const CoderRequest &request,
                            const ActionInfo &action,
                            const std::vector<Given> &given) {
  CoderQuestion question{request.architecture, request.action.str(),
                         request.action.action,
                         request.action.getKernel().str()};
  describe(action, question);
  question.program = printRegion(request);
  addExamples(request.action.action, question);
  for (const Given &one : given)
    question.refused.push_back({one.text, one.why});
  return question;
}

std::optional<CoderAnswer> LLMCoder::read(const CoderRequest &request,
                                          const std::string &text,
                                          std::string &why) {
  if (text.size() > mostAnswerBytes) {
    why = "the answer is longer than " + std::to_string(mostAnswerBytes) +
          " bytes";
    return std::nullopt;
  }
  ModuleOp program = request.program;
  Result<CoderAnswer> answer = parseAnswer(text, program.getContext());
  if (!answer) {
    why = answer.error();
    return std::nullopt;
  }
  std::string reported;
  OwningOpRef<ModuleOp> copy = program.clone();
  bool applies = false;
  {
    ScopedDiagnosticHandler handler(
        program.getContext(), [&](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
            reported += (reported.empty() ? "" : "; ") + diagnostic.str();
          return success();
        });
    applies = succeeded(applyAnswer(*copy, request, *answer)) &&
              (!options.check || options.check(*copy, why));
  }
  if (applies)
    return std::move(*answer);
  if (why.empty())
    why = reported.empty() ? "it cannot be carried out" : reported;
  return std::nullopt;
}

Result<CoderAnswer> LLMCoder::answer(const CoderRequest &request) {
  const ActionInfo *action = findAction(request.action.action);
  if (!action)
    return Error{"there is no action '" + request.action.action + "'"};
  std::string why;
  ModuleOp program = request.program;
  if (!options.askAlways && request.diagnostics.empty() &&
      isComplete(request.action, *action) &&
      succeeded(checkStep(program, request.action, &request.architecture, why)))
    return CoderAnswer{{normalizeStep(request.action)}, ""};

  std::vector<Given> &given =
      history[request.action.str() + "\n" + printRegion(request)];
  // Asked anew. Otherwise what was handed out last was refused meanwhile.
  if (request.diagnostics.empty())
    given.clear();
  size_t judged = 0;
  for (Given &one : given)
    if (one.handedOut && judged < request.diagnostics.size())
      one.why = request.diagnostics[judged++];
  for (; judged < request.diagnostics.size(); ++judged)
    given.push_back({"", request.diagnostics[judged], true});

  why.clear();
  while (given.size() <= options.repairs) {
    Result<ChatRequest> chat = prompts.request(ask(request, *action, given));
    if (!chat) {
      why = chat.error();
      break;
    }
    std::string silence;
    std::vector<ChatReply> replies =
        askSamples(model, *chat, options.samples, options.temperature, silence);
    if (replies.empty()) {
      why = silence;
      break;
    }
    std::optional<Given> first;
    for (const ChatReply &reply : replies) {
      std::string problem;
      if (auto answer = read(request, reply.text, problem)) {
        given.push_back({reply.text, "", true});
        return std::move(*answer);
      }
      problem = quoteLine(problem, mostReasonBytes);
      if (reply.truncated)
        problem = "it was cut off at the token limit; " + problem;
      if (!first)
        first = Given{reply.text, problem};
    }
    why = first->why;
    given.push_back(std::move(*first));
  }
  if (why.empty())
    why = given.empty() ? "the model was not asked" : given.back().why;
  if (options.unusable)
    options.unusable(why);
  return Error{why};
}

} // namespace

std::unique_ptr<Coder> qimeng::createLLMCoder(ChatModel &model,
                                              const Prompts &prompts,
                                              LLMCoderOptions options) {
  return std::make_unique<LLMCoder>(model, prompts, std::move(options));
}
