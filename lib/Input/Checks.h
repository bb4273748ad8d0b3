//===- Checks.h - The checks that need MLIR ---------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_INPUT_CHECKS_H
#define QIMENG_LIB_INPUT_CHECKS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "qimeng/Input/ProgramCheck.h"
#include "qimeng/Verify/Executor.h"

namespace qimeng {

/// Collects diagnostics as text: "line 3: error: ..", with the line's content.
/// No file that a location might name is opened.
class ProgramDiagnostics {
public:
  ProgramDiagnostics(mlir::MLIRContext *context, std::string_view program);
  /// What was collected since the last call.
  std::string take();

private:
  std::string_view program, lastLine;
  std::string text;
  mlir::ScopedDiagnosticHandler handler;
};

/// The check `form`. The failure is a diagnostic.
mlir::LogicalResult checkForm(mlir::ModuleOp module,
                              const ProgramLimits &limits);

/// Scalar operations in one run of a tensor program, roughly.
double countScalarWork(mlir::ModuleOp module);

/// Values of the constants in `module`, splats among them, and its dimensions;
/// and the names of its element types.
void collectSizes(mlir::ModuleOp module, std::vector<double> &constants,
                  std::vector<double> &dimensions,
                  std::vector<std::string> &types);

/// One draw of inputs and what the program makes of them.
struct ProgramTrial {
  std::string inputsName; ///< "normal"
  std::vector<HostTensor> inputs;
  /// Computed in the program's own types, and all in float64 (empty where that
  /// has no meaning).
  std::vector<HostTensor> outputs, exact;
};

struct ProgramRun {
  /// "at full size", "at the sizes (tensor<24x20xbf16>, ...)".
  std::string where;
  bool isReduced = false;
  /// Constants that follow from sizes were kept where those were reduced.
  bool breaksConstants = false;
  /// Terms of the longest sum.
  double longestSum = 1;
  std::vector<ProgramTrial> trials;
};

/// The check `runs`; on success with `run` filled in. The outcome says what was
/// found; `diagnostics` is where failures of the executor go.
CheckOutcome checkRun(mlir::ModuleOp module, const ProgramLimits &limits,
                      ProgramDiagnostics &diagnostics, ProgramRun &run);

/// What came of an evaluation of an expression.
enum class ExpressionFault {
  None,
  Program,    ///< it does not fit the program's arguments or results
  Expression, ///< it is no expression, or takes too long
  Machine,    ///< no python3, no numpy, no disk
};

/// Whether the expression compiles and its modules are there. Also asked
/// before a model is.
ExpressionFault tryExpression(const std::string &expression,
                              const ProgramLimits &limits, std::string &why);

/// The check `expression`.
CheckOutcome checkExpression(const ProgramRun &run,
                             const std::string &expression,
                             const ProgramLimits &limits,
                             ExpressionFault &fault);

} // namespace qimeng

#endif // QIMENG_LIB_INPUT_CHECKS_H
