//===- BuiltinCoder.cpp - Every action by its own rewrite -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Coder/Coder.h"

using namespace mlir;
using namespace qimeng;

namespace {
class BuiltinCoder : public Coder {
public:
  StringRef getName() const override { return "built-in"; }

  Result<CoderAnswer> answer(const CoderRequest &request) override {
    const ActionInfo *info = findAction(request.action.action);
    if (!info)
      return Error{"there is no action '" + request.action.action + "'"};
    Step step = normalizeStep(request.action);
    // Answers are tried in this order; each refusal moves on to the next.
    std::vector<Step> answers;
    std::string why;
    ModuleOp program = request.program;
    if (succeeded(checkStep(program, step, &request.architecture, why)))
      answers.push_back(step);
    bool chosen = step.parameters.size() > 1;
    auto kernel = program.lookupSymbol<KernelOp>(step.getKernel());
    if (kernel && !chosen)
      for (const Step &proposal :
           proposeSteps(kernel, *info, request.architecture))
        if (!llvm::any_of(answers, [&](const Step &other) {
              return other.str() == proposal.str();
            }))
          answers.push_back(proposal);
    if (request.diagnostics.size() >= answers.size())
      return Error{why.empty() ? "no other parameters to try" : why};
    return CoderAnswer{{answers[request.diagnostics.size()]}, ""};
  }
};
} // namespace

std::unique_ptr<Coder> qimeng::createBuiltinCoder() {
  return std::make_unique<BuiltinCoder>();
}
