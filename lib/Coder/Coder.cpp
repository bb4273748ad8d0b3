//===- Coder.cpp - Micro coding: an action becomes a rewrite --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Coder/Coder.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"

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

/// What stands between the first pair of fences, or all of it.
static StringRef unfence(StringRef text) {
  size_t open = text.find("```");
  if (open == StringRef::npos)
    return text;
  StringRef rest = text.substr(open + 3);
  rest = rest.substr(rest.find('\n') + 1);
  return rest.substr(0, rest.find("```"));
}

/// Runs `parse` and gives what it reported.
template <typename Parse>
static std::string diagnosticsOf(MLIRContext *context, Parse parse) {
  std::string text;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    llvm::raw_string_ostream os(text);
    os << (text.empty() ? "" : "; ") << diagnostic.getLocation() << ": "
       << diagnostic;
    return success();
  });
  parse();
  return text;
}

Result<CoderAnswer> qimeng::parseAnswer(const std::string &text,
                                        MLIRContext *context) {
  StringRef body = unfence(text).trim();
  CoderAnswer answer;
  if (body.contains("transform.")) {
    std::string recipeText = body.str();
    if (!body.contains("named_sequence"))
      recipeText = "module attributes {transform.with_named_sequence} {\n"
                   "transform.named_sequence @__transform_main(%root: "
                   "!transform.any_op) {\n" +
                   recipeText + "\ntransform.yield\n}\n}\n";
    FailureOr<Recipe> recipe = failure();
    std::string why = diagnosticsOf(context, [&] {
      recipe = Recipe::parse(recipeText, context, "answer");
    });
    if (failed(recipe))
      return Error{"the answer's transform ops do not parse: " + why};
    for (const Step &step : recipe->getSteps())
      answer.steps.push_back(step);
    if (answer.steps.empty())
      return Error{"the answer holds no macro action"};
    return answer;
  }
  if (!body.contains("qimeng.kernel"))
    return Error{"the answer holds neither transform ops nor a qimeng.kernel"};
  answer.kernelText = body.str();
  return answer;
}

LogicalResult qimeng::applyAnswer(ModuleOp program, const CoderRequest &request,
                                  const CoderAnswer &answer) {
  if (answer.kernelText.empty()) {
    for (const Step &step : answer.steps)
      if (failed(applyStep(program, step, &request.architecture)))
        return failure();
    return success();
  }
  StringRef name = request.action.getKernel();
  auto old = program.lookupSymbol<KernelOp>(name);
  if (!old)
    return program.emitError("there is no kernel @") << name;
  OwningOpRef<ModuleOp> parsed =
      parseSourceString<ModuleOp>(answer.kernelText, program.getContext());
  if (!parsed)
    return failure();
  auto kernels = llvm::to_vector(parsed->getOps<KernelOp>());
  if (kernels.size() != 1 || kernels[0].getSymName() != name)
    return emitError(parsed->getLoc())
           << "the answer must hold one kernel, @" << name;
  if (kernels[0].getBody().getArgumentTypes() !=
      old.getBody().getArgumentTypes())
    return kernels[0].emitError("the operands must stay as they were");
  kernels[0]->remove();
  program.insert(old, kernels[0]);
  old.erase();
  return verify(program);
}
