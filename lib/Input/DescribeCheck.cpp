//===- DescribeCheck.cpp - Is a stranger's tensor program fit? ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Apart.h"
#include "Checks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/Partition/Partition.h"
#include <unistd.h>

using namespace mlir;
using namespace qimeng;
using Json = nlohmann::ordered_json;
using CheckStatus = CheckOutcome::Status;

const char *qimeng::describe(CheckStatus status) {
  switch (status) {
  case CheckStatus::Passed:
    return "passed";
  case CheckStatus::NotDone:
    return "not done";
  case CheckStatus::Noted:
    return "noted";
  case CheckStatus::Failed:
    return "failed";
  }
  return "";
}

const CheckOutcome *ProgramReport::findFailure() const {
  for (const CheckOutcome &check : checks)
    if (check.status == CheckStatus::Failed)
      return &check;
  return nullptr;
}

const CheckOutcome *ProgramReport::find(std::string_view name) const {
  for (const CheckOutcome &check : checks)
    if (check.name == name)
      return &check;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// The checks, in order
//===----------------------------------------------------------------------===//

static void checkWithMLIR(const CheckOptions &options, ProgramReport &report) {
  auto add = [&](const char *name, CheckStatus status, std::string detail) {
    report.checks.push_back({name, status, std::move(detail)});
    return status == CheckStatus::Passed;
  };
  auto judge = [&](const char *name, bool passed, std::string why,
                   std::string detail = "") {
    return add(name, passed ? CheckStatus::Passed : CheckStatus::Failed,
               passed ? std::move(detail) : std::move(why));
  };
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  context.loadDialect<func::FuncDialect, linalg::LinalgDialect,
                      tensor::TensorDialect, arith::ArithDialect,
                      math::MathDialect>();
  ProgramDiagnostics diagnostics(&context, report.program);
  auto module = parseSourceString<ModuleOp>(
      report.program, ParserConfig(&context, /*verifyAfterParse=*/false),
      "program");
  if (!judge("parses", bool(module), diagnostics.take()))
    return;
  diagnostics.take();
  if (!judge("verifies", succeeded(verify(*module)), diagnostics.take()))
    return;
  bool fits = succeeded(checkForm(*module, options.limits));
  std::string text = diagnostics.take();
  std::string signature;
  if (fits) {
    auto function = *module->getOps<func::FuncOp>().begin();
    llvm::raw_string_ostream stream(signature);
    stream << "one function, @" << function.getSymName() << ", "
           << function.getFunctionType();
  }
  if (!judge("form", fits, text, signature))
    return;

  std::vector<double> constants, sizes;
  std::vector<std::string> types;
  collectSizes(*module, constants, sizes, types);
  sizes.insert(sizes.end(), constants.begin(), constants.end());
  std::string named = compareWithSentence(options.sentence, sizes, types);
  add("sentence", named.empty() ? CheckStatus::NotDone : CheckStatus::Noted,
      named.empty() ? "it names no sizes or types" : named);

  context.loadDialect<memref::MemRefDialect, scf::SCFDialect, QiMengDialect>();
  OwningOpRef<ModuleOp> kernels = module->clone();
  bool cut = succeeded(partition(*kernels));
  size_t count = cut ? std::distance(kernels->getOps<KernelOp>().begin(),
                                     kernels->getOps<KernelOp>().end())
                     : 0;
  text = diagnostics.take();
  if (cut && count == 0)
    text = "the program computes nothing that a kernel could do";
  if (!judge("kernels", count != 0, text,
             "it is cut into " + std::to_string(count) +
                 (count == 1 ? " kernel" : " kernels")))
    return;

  ProgramRun run;
  report.checks.push_back(checkRun(*module, options.limits, diagnostics, run));
  if (report.findFailure())
    return;
  if (options.expression.empty()) {
    add("expression", CheckStatus::NotDone, "none was given (--like)");
    return;
  }
  ExpressionFault fault = ExpressionFault::None;
  report.checks.push_back(
      checkExpression(run, options.expression, options.limits, fault));
  report.expressionAtFault = fault == ExpressionFault::Expression;
  report.machineAtFault = fault == ExpressionFault::Machine;
}

/// The check of the text; false where it failed.
static bool checkText(std::string_view text, const CheckOptions &options,
                      ProgramReport &report) {
  Status status = checkProgramText(text, options.limits, report.program);
  report.checks.push_back(
      {"text", status ? CheckStatus::Passed : CheckStatus::Failed,
       status ? std::to_string(report.program.size()) + " bytes"
              : status.error()});
  return bool(status);
}

ProgramReport qimeng::checkProgram(std::string_view text,
                                   const CheckOptions &options) {
  ProgramReport report;
  if (checkText(text, options, report))
    checkWithMLIR(options, report);
  return report;
}

//===----------------------------------------------------------------------===//
// The same, apart
//===----------------------------------------------------------------------===//

static std::string toText(const ProgramReport &report) {
  Json checks = Json::array();
  for (const CheckOutcome &check : report.checks)
    checks.push_back(
        {check.name, static_cast<int>(check.status), check.detail});
  return Json{{"checks", checks},
              {"expression at fault", report.expressionAtFault},
              {"machine at fault", report.machineAtFault}}
      .dump(-1, ' ', true, Json::error_handler_t::replace);
}

static bool fromText(const std::string &text, ProgramReport &report) {
  Result<Json> value = parseJson(text);
  if (!value || !value->is_object() || !value->contains("checks"))
    return false;
  for (const Json &check : (*value)["checks"])
    report.checks.push_back({check[0].get<std::string>(),
                             static_cast<CheckStatus>(check[1].get<int>()),
                             check[2].get<std::string>()});
  report.expressionAtFault = (*value)["expression at fault"].get<bool>();
  report.machineAtFault = (*value)["machine at fault"].get<bool>();
  return true;
}

ProgramReport qimeng::checkProgramApart(std::string_view text,
                                        const CheckOptions &options) {
  ProgramReport report;
  if (!checkText(text, options, report))
    return report;
  ApartLimits limits;
  limits.seconds = options.limits.seconds;
  limits.processorSeconds = options.limits.processorSeconds;
  limits.bytesOfMemory = options.limits.bytesOfMemory;
  Result<Ended> ended = runApart(
      [&](int out) {
        ProgramReport apart = report;
        apart.checks.clear();
        checkWithMLIR(options, apart);
        std::string bytes = toText(apart);
        for (size_t at = 0; at < bytes.size();) {
          ssize_t put = ::write(out, &bytes[at], bytes.size() - at);
          if (put <= 0)
            return 1;
          at += put;
        }
        return 0;
      },
      limits);
  if (!ended) {
    report.machineAtFault = true;
    report.checks.push_back({"parses", CheckStatus::Failed, ended.error()});
    return report;
  }
  if (ended->how == Ended::How::Exited && ended->code == 0 &&
      fromText(ended->output, report))
    return report;
  report.checks.push_back({"limits", CheckStatus::Failed,
                           "the compiler could not finish the checks: it " +
                               ended->describe(limits) +
                               "; write the program in another way"});
  return report;
}
