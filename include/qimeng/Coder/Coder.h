//===- Coder.h - Micro coding: an action becomes a rewrite ------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A coder is asked to carry out an action. It answers with transform ops to
// append to the recipe, or with the kernel's new text. Nothing it answers is
// trusted: the session applies and verifies it, and asks again with the
// diagnostics.
//
// Requests and answers have text forms, for coders that know no MLIR libraries.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CODER_CODER_H
#define QIMENG_CODER_CODER_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Support/Result.h"
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace qimeng {

class ChatModel;
class Prompts;

struct CoderRequest {
  /// The kernel program as it is. Not to be changed.
  mlir::ModuleOp program;
  /// What to do, and to which kernel. Parameters beyond the kernel may be left
  /// out; the coder chooses them then.
  Step action;
  const Architecture &architecture;
  /// Why earlier answers to this request were refused, first to last.
  std::vector<std::string> diagnostics = {};
};

/// Exactly one of the two is there.
struct CoderAnswer {
  /// (a) Actions to append to the recipe.
  std::vector<Step> steps;
  /// (b) The new text of the request's kernel: one qimeng.kernel of that name.
  std::string kernelText;
};

class Coder {
public:
  virtual ~Coder();
  virtual llvm::StringRef getName() const = 0;
  /// Whether an answer may be wrong in ways that only trying it shows. What was
  /// found out then is a reason to ask again.
  virtual bool isModel() const { return false; }
  /// The error says why there is no answer (none that was not refused already).
  virtual Result<CoderAnswer> answer(const CoderRequest &request) = 0;
};

/// Carries out every action by itself. Parameters that are left out, or whose
/// answer was refused, are chosen among the action's proposals in order.
std::unique_ptr<Coder> createBuiltinCoder();

struct LLMCoderOptions {
  /// Answers to each question; the first that applies is taken.
  unsigned samples = 1;
  /// Of several answers.
  double temperature = 0.7;
  /// The model is asked also for steps that have their parameters and are
  /// legal, where there is nothing left to choose.
  bool askAlways = false;
  /// How often one request is asked again, with what was wrong, counting those
  /// times that the session refused the answer.
  unsigned repairs = 3;
  /// Whether a program that an answer made keeps to the rules; if not, `why`.
  /// What is cheap to find out: the session verifies all the same.
  std::function<bool(mlir::ModuleOp program, std::string &why)> check = {};
  /// Told why a question got no answer of use.
  std::function<void(const std::string &)> unusable = {};
};

/// Asks a model. An answer that does not parse, apply or keep to the rules goes
/// back to it with the reason.
std::unique_ptr<Coder> createLLMCoder(ChatModel &model, const Prompts &prompts,
                                      LLMCoderOptions options = {});

/// The request for a reader of text: target, kernel, action with its
/// description, parameters, what was refused, and the form of the answer.
std::string toText(const CoderRequest &request);

/// Reads an answer: transform ops (as in a recipe, or a whole recipe), or a
/// qimeng.kernel, in a fenced block or between other lines. The text may be
/// anything; what is not an answer, is cut off, leaves open which of several is
/// meant, or goes beyond the limits is an error that says so. A kernel's text
/// is not parsed yet.
Result<CoderAnswer> parseAnswer(const std::string &text,
                                mlir::MLIRContext *context);

/// What to append to the recipe: the answer's steps, or, for a kernel's text,
/// the step `rewrite`. The error says why the answer is none to this request:
/// too many steps, or steps on kernels that were not asked about.
Result<std::vector<Step>> getSteps(const CoderRequest &request,
                                   const CoderAnswer &answer);

/// Carries the answer out on `program`, a copy of the request's; afterwards
/// what was asked for holds. Failures are emitted as one diagnostic; `program`
/// is unusable then. A step that edits the recipe (retile) is checked and left
/// to who has the recipe.
mlir::LogicalResult applyAnswer(mlir::ModuleOp program,
                                const CoderRequest &request,
                                const CoderAnswer &answer);

} // namespace qimeng

#endif // QIMENG_CODER_CODER_H
