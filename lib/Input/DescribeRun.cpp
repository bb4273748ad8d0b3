//===- DescribeRun.cpp - A stranger's program on the CPU ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "qimeng/Verify/Oracle.h"
#include "qimeng/Verify/Resize.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace qimeng;

/// No two alike, so that dimensions cannot be mistaken for each other.
static constexpr int64_t reducedSizes[] = {24, 20, 28, 16, 36, 12, 44, 8};

/// Elements of an input or output of a run at most.
static constexpr double mostElements = 0x1p22;

static constexpr struct {
  const char *name;
  Draw draw;
} kinds[] = {{"normal", {Draw::Mode::Normal, 1}},
             {"uniform", {Draw::Mode::Uniform, 1}},
             {"small normal", {Draw::Mode::Normal, 0.25}}};

/// Whether one of `constants` follows from `size`, as 1/N of a mean does.
static bool isTied(double size, ArrayRef<double> constants) {
  if (size < 2)
    return false;
  for (double related : {size, 1 / size, std::sqrt(size), 1 / std::sqrt(size),
                         size - 1, 1 / (size - 1)})
    for (double constant : constants)
      // Constants are rounded, to f16 at worst.
      if (std::abs(std::abs(constant) - related) <= 1e-3 * related &&
          related != 1)
        return true;
  return false;
}

static bool isAffordable(ModuleOp module, const ProgramLimits &limits) {
  double largest = 0;
  module.walk([&](Operation *op) {
    auto see = [&](Type type) {
      double elements = 1;
      if (auto tensor = dyn_cast<RankedTensorType>(type))
        for (int64_t size : tensor.getShape())
          elements *= double(size);
      largest = std::max(largest, elements);
    };
    llvm::for_each(op->getOperandTypes(), see);
    llvm::for_each(op->getResultTypes(), see);
  });
  return largest <= mostElements && countScalarWork(module) <= limits.runWork;
}

static std::string describeArguments(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (auto function : module.getOps<func::FuncOp>())
    llvm::interleaveComma(function.getArgumentTypes(), stream);
  return text;
}

namespace {
struct Reduced {
  OwningOpRef<ModuleOp> module;
  std::string where;
  bool isReduced = false, breaksConstants = false;
};
} // namespace

/// The program at sizes that can be run; null where there are none.
static Reduced reduce(ModuleOp module, const ProgramLimits &limits) {
  if (isAffordable(module, limits))
    return {module.clone(), "at full size"};
  FailureOr<SmallVector<DimensionSymbol>> symbols = getDimensionSymbols(module);
  if (failed(symbols) || symbols->empty())
    return {};
  std::vector<double> constants, dimensions;
  std::vector<std::string> types;
  collectSizes(module, constants, dimensions, types);
  SmallVector<bool> tied(symbols->size(), false);
  for (size_t i = 0; i < tied.size(); ++i) {
    tied[i] |= isTied(double((*symbols)[i].size), constants);
    // A mean over two dimensions.
    for (size_t j = 0; j < i; ++j)
      if (isTied(double((*symbols)[i].size) * double((*symbols)[j].size),
                 constants))
        tied[i] = tied[j] = true;
  }
  for (bool keepTied : {true, false}) {
    SmallVector<int64_t> sizes;
    bool reducesTied = false;
    for (auto [number, symbol] : llvm::enumerate(*symbols)) {
      bool keep = keepTied && tied[number];
      int64_t size = reducedSizes[number % std::size(reducedSizes)];
      sizes.push_back(keep ? symbol.size : std::min(symbol.size, size));
      reducesTied |= tied[number] && sizes.back() != symbol.size;
    }
    FailureOr<OwningOpRef<ModuleOp>> small = resize(module, sizes);
    if (failed(small) || !isAffordable(**small, limits))
      continue;
    std::string where = "at the sizes (" + describeArguments(**small) + ")";
    return {std::move(*small), where, true, reducesTied};
  }
  return {};
}

/// How many elements of `outputs` are not finite, and the first.
static int64_t countInfinite(ArrayRef<HostTensor> outputs, std::string &first) {
  int64_t count = 0;
  for (auto [number, output] : llvm::enumerate(outputs)) {
    if (!isFloat(output.getSpec().type))
      continue;
    for (int64_t i = 0, end = output.getNumElements(); i < end; ++i) {
      double value = output.get(i);
      if (std::isfinite(value))
        continue;
      if (count++ == 0)
        first = "output " + std::to_string(number) + " at " +
                output.indexString(i) + " is " +
                (std::isnan(value) ? "NaN"
                 : value > 0       ? "infinite"
                                   : "minus infinite");
    }
  }
  return count;
}

CheckOutcome qimeng::checkRun(ModuleOp module, const ProgramLimits &limits,
                              ProgramDiagnostics &diagnostics,
                              ProgramRun &run) {
  CheckOutcome outcome;
  outcome.name = "runs";
  auto fail = [&](std::string detail) {
    outcome.status = CheckOutcome::Status::Failed;
    outcome.detail = std::move(detail);
    return outcome;
  };
  Reduced reduced = reduce(module, limits);
  diagnostics.take();
  if (!reduced.module) {
    outcome.status = CheckOutcome::Status::NotDone;
    outcome.detail = "no sizes were found at which it runs on the CPU in less "
                     "than " +
                     llvm::formatv("{0:e1}", limits.runWork).str() +
                     " scalar operations";
    return outcome;
  }
  run.where = reduced.where;
  run.isReduced = reduced.isReduced;
  run.breaksConstants = reduced.breaksConstants;

  reduced.module->walk([&](linalg::LinalgOp op) {
    double terms = 1;
    for (auto [size, kind] :
         llvm::zip(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
      if (kind == utils::IteratorType::reduction)
        terms *= double(size);
    run.longestSum = std::max(run.longestSum, terms);
  });

  OwningOpRef<ModuleOp> inF32 = reduced.module->clone();
  computeInF32(*inF32);
  auto program = CPUExecutor::create(*inF32);
  if (failed(program))
    return fail("it cannot be compiled for the CPU:\n" + diagnostics.take());
  OwningOpRef<ModuleOp> wide = reduced.module->clone();
  std::unique_ptr<CPUExecutor> oracle;
  if (succeeded(widen(*wide)))
    if (auto made = CPUExecutor::create(*wide); succeeded(made))
      oracle = std::move(*made);
  // Programs that look at the bits of floats have no such meaning.
  diagnostics.take();

  std::string good, bad;
  for (auto [number, kind] : llvm::enumerate(kinds)) {
    ProgramTrial trial;
    trial.inputsName = kind.name;
    std::vector<HostTensor> wideInputs;
    for (auto [index, spec] : llvm::enumerate((*program)->getInputs())) {
      HostTensor input(spec);
      input.draw(/*seed=*/number + 1, index, kind.draw);
      wideInputs.push_back(
          input.convertTo(isFloat(spec.type) ? DataType::F64 : spec.type));
      trial.inputs.push_back(std::move(input));
    }
    trial.outputs = (*program)->allocateOutputs();
    CPUExecutor::Report report;
    report.countUntouched = number == 0;
    if (failed((*program)->run(trial.inputs, trial.outputs, &report)))
      return fail("it fails " + run.where + ":\n" + diagnostics.take());
    for (auto [index, count] : llvm::enumerate(report.untouched))
      if (count != 0)
        return fail("output " + std::to_string(index) + " has " +
                    std::to_string(count) +
                    " elements that are never written (" + run.where +
                    "); fill accumulators with linalg.fill, and write every "
                    "element");
    if (oracle) {
      trial.exact = oracle->allocateOutputs();
      if (failed(oracle->run(wideInputs, trial.exact)))
        return fail("it fails in float64 " + run.where + ":\n" +
                    diagnostics.take());
    }
    std::string first;
    int64_t infinite = countInfinite(trial.outputs, first);
    if (infinite == 0)
      good += (good.empty() ? "" : ", ") + trial.inputsName;
    else
      bad += (bad.empty() ? "" : "; ") + std::string("on ") + trial.inputsName +
             " inputs " + std::to_string(infinite) +
             " elements are not finite, the first: " + first;
    run.trials.push_back(std::move(trial));
  }
  if (good.empty())
    return fail("its results are not finite on any inputs (" + run.where +
                "): " + bad +
                "; is an accumulator not filled, or is there a division by "
                "zero?");
  outcome.detail = run.where + ", finite on " + good + " inputs" +
                   (bad.empty() ? "" : "; " + bad);
  return outcome;
}
