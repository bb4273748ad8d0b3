//===- Coder.cpp - Micro coding: an action becomes a rewrite --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Coder/Coder.h"

using namespace mlir;
using namespace qimeng;

Coder::~Coder() = default;

static const char *kindName(ParameterKind kind) {
  switch (kind) {
  case ParameterKind::Ints:
    return "list of integers";
  case ParameterKind::Int:
    return "integer";
  case ParameterKind::Flag:
    return "flag";
  case ParameterKind::Symbol:
    return "kernel";
  case ParameterKind::Word:
    return "word";
  case ParameterKind::Text:
    return "text";
  }
  return "";
}

std::string qimeng::toText(const CoderRequest &request) {
  std::string text;
  llvm::raw_string_ostream os(text);
  const Architecture &row = request.architecture;
  os << "Target: " << row.name << " (" << row.board << "), "
     << row.multiprocessors << " multiprocessors, " << row.sharedPerBlock / 1024
     << " KiB of shared memory for a block.\n\n"
     << "Action: " << request.action.str() << "\n";
  if (const ActionInfo *info = findAction(request.action.action)) {
    os << info->summary << "\n" << info->description << "\nParameters:\n";
    for (const ActionParameter &parameter : info->parameters)
      os << "  " << parameter.name << " (" << kindName(parameter.kind)
         << "): " << parameter.description << "\n";
  }
  os << "\nKernel:\n";
  ModuleOp program = request.program;
  if (auto kernel = program.lookupSymbol<KernelOp>(request.action.getKernel()))
    os << kernel << "\n";
  for (const std::string &diagnostic : request.diagnostics)
    os << "\nRefused before: " << diagnostic << "\n";
  os << "\nAnswer with transform ops, one on a line, such as\n"
        "  transform.qimeng."
     << request.action.action << " @" << request.action.getKernel()
     << " ... in %root : !transform.any_op\n"
        "or with the kernel's new text (qimeng.kernel @"
     << request.action.getKernel() << " ...).\n";
  return text;
}

//===----------------------------------------------------------------------===//
// Carrying out
//===----------------------------------------------------------------------===//

/// Steps of one answer.
static constexpr size_t mostSteps = 16;

Result<std::vector<Step>> qimeng::getSteps(const CoderRequest &request,
                                           const CoderAnswer &answer) {
  StringRef kernel = request.action.getKernel();
  ModuleOp program = request.program;
  if (!answer.kernelText.empty()) {
    if (!answer.steps.empty())
      return Error{"the answer holds both steps and a kernel"};
    std::string why;
    FailureOr<Step> step = makeStep(program.getContext(), "rewrite", kernel,
                                    {{"text", answer.kernelText}}, why);
    if (failed(step))
      return Error{why};
    return std::vector<Step>{*step};
  }
  if (answer.steps.empty())
    return Error{"the answer holds nothing to do"};
  if (answer.steps.size() > mostSteps)
    return Error{"the answer has " + std::to_string(answer.steps.size()) +
                 " steps, more than " + std::to_string(mostSteps)};
  for (const Step &step : answer.steps) {
    if (step.getKernel() != kernel &&
        program.lookupSymbol<KernelOp>(step.getKernel()))
      return Error{step.str() + ": the request is about @" + kernel.str() +
                   "; other kernels must stay as they are"};
    const ActionInfo *info = findAction(step.action);
    if (info && info->edit && answer.steps.size() > 1)
      return Error{step.str() +
                   ": changes earlier steps, so it must be the only one"};
  }
  return answer.steps;
}

/// Whether `step` is what was asked for, whatever parameters were left open.
static bool isAskedFor(const Step &step, const Step &asked) {
  if (step.action != asked.action)
    return false;
  for (NamedAttribute parameter : asked.parameters)
    if (step.parameters.get(parameter.getName()) != parameter.getValue())
      return false;
  return true;
}

LogicalResult qimeng::applyAnswer(ModuleOp program, const CoderRequest &request,
                                  const CoderAnswer &answer) {
  auto fail = [&](const Twine &why) { return program.emitError() << why; };
  Result<std::vector<Step>> steps = getSteps(request, answer);
  if (!steps)
    return fail(steps.error());
  std::string why;
  bool asked = false;
  for (const Step &step : *steps) {
    asked |= isAskedFor(step, request.action);
    const ActionInfo *info = findAction(step.action);
    if (!info || !info->edit) {
      if (failed(applyStep(program, step, &request.architecture)))
        return failure();
    } else if (failed(checkStep(program, step, &request.architecture, why))) {
      return fail(step.str() + ": " + why);
    }
  }
  const ActionInfo *info = findAction(request.action.action);
  if (asked || !info)
    return success();
  StringRef name = request.action.getKernel();
  ModuleOp old = request.program;
  auto before = old.lookupSymbol<KernelOp>(name),
       after = program.lookupSymbol<KernelOp>(name);
  if (!before || !after)
    return fail("there is no kernel @" + name + " any more");
  if (failed(info->holds(before, after, request.action.parameters, why)))
    return fail("what was asked for (" + request.action.str() +
                ") does not hold: " + why);
  return success();
}
