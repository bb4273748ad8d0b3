//===- Numbers.cpp - Check 4: do two programs give the same numbers? ------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Numbers.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Verify/Oracle.h"
#include "qimeng/Verify/Roundings.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// Bounds from the program
//===----------------------------------------------------------------------===//

/// The number of terms in the longest sum, as far as shapes and constant loops
/// tell.
static double findLongestSum(ModuleOp module) {
  double longest = 1;
  module.walk([&](Operation *op) {
    double terms = 1;
    auto sizeOf = [](Value tile, int64_t dim) {
      return static_cast<double>(
          cast<RankedTensorType>(tile.getType()).getDimSize(dim));
    };
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](linalg::LinalgOp linalg) {
          for (auto [size, kind] : llvm::zip(linalg.getStaticLoopRanges(),
                                             linalg.getIteratorTypesArray()))
            if (kind == utils::IteratorType::reduction)
              terms *= size;
        })
        .Case([&](linalg::SoftmaxOp softmax) {
          terms = sizeOf(softmax.getInput(), softmax.getDimension());
        })
        .Case([&](DotOp dot) {
          auto type = cast<RankedTensorType>(dot.getLhs().getType());
          terms = sizeOf(dot.getLhs(), type.getRank() - 1);
        })
        .Case<ReduceOp>([&](ReduceOp reduce) {
          for (int64_t axis : reduce.getAxes())
            terms *= sizeOf(reduce.getInput(), axis);
        })
        .Case([&](FoldOp fold) {
          for (int64_t axis : fold.getAxes())
            terms *= sizeOf(fold.getInputs().front(), axis);
        })
        .Case([&](ScanOp scan) {
          terms = sizeOf(scan.getInput(), scan.getAxis());
        });
    if (terms > 1)
      for (auto loop = op->getParentOfType<scf::ForOp>(); loop;
           loop = loop->getParentOfType<scf::ForOp>())
        if (auto trips = loop.getStaticTripCount())
          terms *= trips->getSExtValue();
    longest = std::max(longest, terms);
  });
  return longest;
}

namespace {
/// What rounding to a type does.
struct Format {
  double epsilon;  ///< distance from 1 to the next value
  double largest;  ///< finite
  double smallest; ///< positive and normal
};
} // namespace

static Format formatOf(DataType type) {
  switch (type) {
  case DataType::F16:
    return {0x1p-10, 65504, 0x1p-14};
  case DataType::BF16:
    return {0x1p-7, 0x1.fep127, 0x1p-126};
  case DataType::F32:
    return {0x1p-23, 0x1.fffffep127, 0x1p-126};
  default:
    return {0x1p-52, 0x1.fffffffffffffp1023, 0x1p-1022};
  }
}

/// The distance between the values of `format` around `value`.
static double ulpOf(const Format &format, double value) {
  value = std::max(std::abs(value), format.smallest);
  return std::ldexp(format.epsilon, std::ilogb(value));
}

/// One rounding, relative, of the precision that kernels compute in: f32, or
/// f64 where the program has no other floats.
static double findRounding(ModuleOp module) {
  bool narrow = false, wide = false;
  auto see = [&](Type type) {
    Type element = getElementTypeOrSelf(type);
    wide |= element.isF64();
    narrow |= isa<FloatType>(element) && !element.isF64();
  };
  module.walk([&](Operation *op) {
    llvm::for_each(op->getResultTypes(), see);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArgumentTypes(), see);
  });
  return wide && !narrow ? 0x1p-53 : 0x1p-24;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// How far `perturb` moves inputs, relative: far enough to stand out of the
/// oracle's own rounding errors, near enough for functions to be linear.
static constexpr double perturbation = 0x1p-24;

/// The input, as wide as the oracle wants it, off by up to `perturbation`.
/// `byValue`: equal elements, also of other inputs, move alike, so that no
/// comparison of ties goes the other way.
static HostTensor perturb(const HostTensor &input, uint64_t seed,
                          unsigned number, bool byValue) {
  HostTensor result = isFloat(input.getSpec().type)
                          ? input.convertTo(DataType::F64)
                          : input.convertTo(input.getSpec().type);
  if (!isFloat(input.getSpec().type) || seed == 0)
    return result;
  auto *elements = reinterpret_cast<double *>(result.data());
  for (int64_t i = 0, end = result.getNumElements(); i < end; ++i) {
    double direction =
        static_cast<double>(
            mixBits(byValue
                        ? seed ^ llvm::bit_cast<uint64_t>(elements[i])
                        : mixBits(seed + number) + static_cast<uint64_t>(i)) >>
            11) *
            0x1p-52 -
        1;
    elements[i] *= 1 + perturbation * direction;
  }
  return result;
}

/// The part of a rounding that factors of inner values are off by, for the same
/// reason.
static constexpr double shrinking = 0x1p-13;

/// Deviations of a sum of independent roundings that it may be off by.
/// Hoeffding (1963): more come once in 1,500 times if all roundings are the
/// largest that there are; they are half of it on the average.
static constexpr double deviations = 4;

/// 1 (seed 0), or off by `distance` to either side.
static HostTensor drawFactors(const TensorSpec &spec, double distance,
                              uint64_t seed, unsigned number) {
  HostTensor result(spec);
  auto *elements = reinterpret_cast<double *>(result.data());
  uint64_t key = mixBits(seed + number);
  for (int64_t i = 0, end = result.getNumElements(); i < end; ++i) {
    bool up = mixBits(key + static_cast<uint64_t>(i)) & 1;
    elements[i] = seed == 0 ? 1 : up ? 1 + distance : 1 - distance;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// NumbersCheck
//===----------------------------------------------------------------------===//

struct NumbersCheck::Reference {
  std::unique_ptr<CPUExecutor> oracle, precise;
  /// Of its inner values (see addRoundingFactors), which are the oracle's last
  /// inputs.
  SmallVector<double> roundings;
  /// See markOverflows.
  SmallVector<std::unique_ptr<CPUExecutor>> overflows;
  /// See flushExponentials; null where there are none.
  std::unique_ptr<CPUExecutor> flushed;
  /// Per input: InputContext::reachesF16.
  std::vector<bool> reachesF16;
};

FailureOr<std::unique_ptr<NumbersCheck>>
NumbersCheck::create(ModuleOp reference, StringRef entry,
                     const NumbersOptions &options) {
  std::unique_ptr<NumbersCheck> check(new NumbersCheck);
  Reference runs;
  OwningOpRef<ModuleOp> inF32 = reference.clone();
  computeInF32(*inF32);
  auto precise = CPUExecutor::create(*inF32, entry);
  if (failed(precise))
    return failure();
  runs.precise = std::move(*precise);
  OwningOpRef<ModuleOp> wide = reference.clone();
  check->longestSum = findLongestSum(reference);
  runs.roundings =
      addRoundingFactors(findEntry(*wide, entry), check->longestSum);
  if (failed(widen(*wide)))
    return failure();
  auto oracle = CPUExecutor::create(*wide, entry);
  if (failed(oracle))
    return failure();
  runs.oracle = std::move(*oracle);
  auto marked = markOverflows(reference, entry);
  if (failed(marked))
    return failure();
  for (OwningOpRef<ModuleOp> &copy : *marked) {
    auto overflow = CPUExecutor::create(*copy, entry);
    if (failed(overflow))
      return failure();
    runs.overflows.push_back(std::move(*overflow));
  }
  OwningOpRef<ModuleOp> flushed = reference.clone();
  if (failed(widen(*flushed)))
    return failure();
  if (flushExponentials(*flushed)) {
    auto executor = CPUExecutor::create(*flushed, entry);
    if (failed(executor))
      return failure();
    runs.flushed = std::move(*executor);
  }
  check->inputs.assign(runs.precise->getInputs().begin(),
                       runs.precise->getInputs().end());
  check->outputs.assign(runs.precise->getOutputs().begin(),
                        runs.precise->getOutputs().end());
  check->rounding = findRounding(reference);
  Block &body = findEntry(reference, entry)->getRegion(0).front();
  for (unsigned i = 0; i < check->inputs.size(); ++i)
    runs.reachesF16.push_back(
        reachesInnerF16(body.getArgument(runs.precise->getArgumentOfInput(i))));
  for (auto [number, kind] : llvm::enumerate(options.inputs)) {
    uint64_t seed = options.seed + number;
    // Bits that are the same in all inputs' numbers.
    if (kind == InputKind::Opposed && check->inputs.size() <= 1u << seed % 4)
      continue;
    if (failed(check->addTrial(runs, kind, seed, options.perturbations)))
      return failure();
    // What overflows in f16 says nothing then; the rest does.
    if (!runs.overflows.empty() && isLarge(kind) &&
        llvm::is_contained(runs.reachesF16, true) &&
        failed(check->addTrial(runs, kind, seed, options.perturbations,
                               /*fitsF16=*/false)))
      return failure();
  }
  return check;
}

namespace {
/// Samples of a sum of random variables, from which its standard deviation is
/// estimated, element by element of each output.
class Deviation {
public:
  explicit Deviation(ArrayRef<HostTensor> exact) : exact(exact) {
    for (const HostTensor &output : exact)
      roots.emplace_back(output.getNumElements(), 0.0);
  }

  /// `skipJumps`: leaves out what moves so far that a comparison must have gone
  /// the other way.
  void add(ArrayRef<HostTensor> moved, bool skipJumps) {
    ++samples;
    for (auto [number, output] : llvm::enumerate(exact))
      for (int64_t i = 0, end = output.getNumElements(); i < end; ++i) {
        double change = std::abs(moved[number].get(i) - output.get(i));
        if (!(change > 0) ||
            (skipJumps && change > 0x1p-12 * (1 + std::abs(output.get(i)))))
          continue;
        roots[number][i] = std::hypot(roots[number][i], change);
      }
  }

  double get(unsigned number, int64_t i) const {
    return samples == 0 ? 0 : roots[number][i] / std::sqrt(samples);
  }

private:
  ArrayRef<HostTensor> exact;
  /// Of the sums of squares.
  std::vector<std::vector<double>> roots;
  unsigned samples = 0;
};
} // namespace

/// What an infinite or NaN value is.
static int classOf(double value) {
  return std::isnan(value) ? 2 : std::isinf(value) ? (value > 0 ? 1 : -1) : 0;
}

LogicalResult NumbersCheck::addTrial(const Reference &runs, InputKind kind,
                                     uint64_t seed, unsigned perturbations,
                                     bool fitsF16) {
  Trial trial;
  trial.kind = kind;
  trial.seed = seed;
  trial.exact = runs.oracle->allocateOutputs();
  trial.precise = runs.precise->allocateOutputs();
  for (auto [number, spec] : llvm::enumerate(inputs))
    trial.inputs.push_back(
        drawInput(spec, kind, seed, number,
                  {longestSum, fitsF16 && runs.reachesF16[number]}));
  if (failed(runs.precise->run(trial.inputs, trial.precise)))
    return failure();
  // 0: as they are.
  auto runOracle = [&](uint64_t inputSeed, bool byValue, uint64_t factorSeed,
                       std::vector<HostTensor> &results) {
    std::vector<HostTensor> given;
    for (auto [number, input] : llvm::enumerate(trial.inputs))
      given.push_back(perturb(input, inputSeed, number, byValue));
    for (auto [number, rounding] : llvm::enumerate(runs.roundings))
      given.push_back(
          drawFactors(runs.oracle->getInputs()[inputs.size() + number],
                      rounding * shrinking, factorSeed, number));
    return runs.oracle->run(given, results);
  };
  if (failed(runOracle(0, false, 0, trial.exact)))
    return failure();
  // Ties are moved by value, and once more element by element.
  bool ties = kind == InputKind::Ties;
  Deviation byInputs(trial.exact), byTies(trial.exact), byInner(trial.exact);
  std::vector<HostTensor> results = runs.oracle->allocateOutputs();
  for (unsigned round = 1; round <= perturbations; ++round) {
    auto seedOf = [&](unsigned what) {
      return mixBits(seed * 64 + round + what * perturbations);
    };
    if (failed(runOracle(seedOf(0), ties, 0, results)))
      return failure();
    byInputs.add(results, false);
    if (ties) {
      if (failed(runOracle(seedOf(1), false, 0, results)))
        return failure();
      byTies.add(results, true);
    }
    if (!runs.roundings.empty()) {
      if (failed(runOracle(0, false, seedOf(2), results)))
        return failure();
      byInner.add(results, ties);
    }
  }
  std::vector<HostTensor> given; // as float64
  for (auto [number, input] : llvm::enumerate(trial.inputs))
    given.push_back(perturb(input, 0, number, false));
  std::vector<std::vector<HostTensor>> marked;
  if (isLarge(kind)) {
    for (const std::unique_ptr<CPUExecutor> &overflow : runs.overflows) {
      std::vector<HostTensor> found = overflow->allocateOutputs();
      if (failed(overflow->run(given, found)))
        return failure();
      marked.push_back(std::move(found));
    }
  }
  // Whether an element depends on what may overflow.
  auto isMarked = [&](unsigned number, int64_t i) {
    if (marked.empty())
      return false;
    double exact = trial.exact[number].get(i);
    double first = marked.front()[number].get(i);
    if (isFloat(outputs[number].type) ? std::isnan(first) && !std::isnan(exact)
                                      : first != exact)
      return true;
    return llvm::any_of(marked, [&](const std::vector<HostTensor> &found) {
      double other = found[number].get(i);
      return other != first && !(std::isnan(other) && std::isnan(first));
    });
  };
  std::vector<HostTensor> flushed;
  if (runs.flushed) {
    flushed = runs.flushed->allocateOutputs();
    if (failed(runs.flushed->run(given, flushed)))
      return failure();
  }
  for (auto [number, spec] : llvm::enumerate(outputs)) {
    trial.allowed.emplace_back();
    trial.flushed.emplace_back();
    trial.cutOff.emplace_back();
    if (!isFloat(spec.type)) {
      for (int64_t i = 0, end = spec.getNumElements(); i < end; ++i)
        trial.allowed.back().push_back(isMarked(number, i) ? INFINITY : 0);
      continue;
    }
    const HostTensor &exact = trial.exact[number], &own = trial.precise[number];
    Format format = formatOf(spec.type);
    bool isHalf = dataTypeBytes(spec.type) == 2;
    int64_t count = exact.getNumElements();
    // A jump (a comparison that went the other way) says nothing about the
    // error elsewhere.
    double magnitude = 0;
    for (int64_t i = 0; i < count; ++i)
      if (std::isfinite(exact.get(i)))
        magnitude = std::max(magnitude, std::abs(exact.get(i)));
    auto moves = [&, number = number](int64_t i) {
      return std::max(byInputs.get(number, i), byTies.get(number, i));
    };
    double worst = 0;
    for (int64_t i = 0; i < count; ++i) {
      double r = exact.get(i), p = own.get(i);
      if (!std::isfinite(r) || !std::isfinite(p) ||
          std::max(moves(i), byInner.get(number, i)) > 0x1p-10 * magnitude)
        continue;
      worst = std::max(worst, std::abs(p - r) - 0.5 * ulpOf(format, r));
    }
    std::vector<double> &allowed = trial.allowed.back();
    allowed.resize(count);
    trial.cutOff.back().resize(count);
    trial.flushed.back().resize(count);
    for (int64_t i = 0; i < count; ++i) {
      double r = exact.get(i), p = own.get(i), ulp = ulpOf(format, r);
      double error = std::isfinite(p) && std::isfinite(r)
                         ? std::max(0.0, std::abs(p - r) - 0.5 * ulp)
                         : 0;
      // Directions of inputs are uniform, of deviation 1 / sqrt(3).
      double conditioned = std::sqrt(3) * (rounding / perturbation) * moves(i);
      allowed[i] = (isHalf ? 0.5 + 0x1p-4 : 4.0) * ulp + 2 * error + 2 * worst +
                   longestSum * conditioned +
                   deviations / shrinking * byInner.get(number, i) +
                   format.smallest;
      allowed[i] = std::min(allowed[i], std::numeric_limits<double>::max());
      trial.cutOff.back()[i] =
          longestSum * std::sqrt(longestSum) / 4 * conditioned;
      if (!flushed.empty()) {
        double other = flushed[number].get(i);
        if (classOf(other) != classOf(r))
          trial.flushed.back()[i] = INFINITY;
        else if (std::isfinite(r))
          trial.flushed.back()[i] = std::abs(other - r);
      }
      if (isMarked(number, i))
        allowed[i] = INFINITY;
    }
  }
  trials.push_back(std::move(trial));
  return success();
}

/// Whether a result near `value` may come out as infinity. Sums of f32 may
/// overflow on their way; those of f16 are computed in f32 and overflow when
/// they are rounded.
static bool mayOverflow(DataType type, double value, double allowed) {
  Format format = formatOf(type);
  double least = type == DataType::F16 ? format.largest - allowed
                                       : format.largest * 0x1p-10;
  return std::abs(value) > least;
}

std::optional<std::string> NumbersCheck::compare(const Trial &trial,
                                                 unsigned number,
                                                 const HostTensor &found,
                                                 Hardware hardware) const {
  const TensorSpec &spec = outputs[number];
  const HostTensor &exact = trial.exact[number];
  const HostTensor &precise = trial.precise[number];
  bool floats = isFloat(spec.type);
  // Infinity means that anything may come out, so what is added must not make
  // it.
  auto allowedAt = [&](int64_t i) {
    double allowed = trial.allowed[number][i];
    if (!floats || std::isinf(allowed))
      return allowed;
    double more = hardware.flushes ? trial.flushed[number][i] : 0;
    if (std::isinf(more))
      return more;
    if (hardware.tensorCores && trial.cutOff[number][i] > 0)
      more += trial.cutOff[number][i];
    return std::min(allowed + more, std::numeric_limits<double>::max());
  };
  auto overflows = [&](int64_t i) {
    return mayOverflow(spec.type, exact.get(i), allowedAt(i));
  };
  auto signOf = [](double value) { return value < 0 ? -1 : 1; };
  int64_t wrong = 0, first = -1;
  for (int64_t i = 0, end = found.getNumElements(); i < end; ++i) {
    double c = found.get(i), r = exact.get(i), p = precise.get(i);
    bool right;
    if (std::isinf(allowedAt(i)))
      continue;
    if (!floats) {
      // Integers computed from floats may round either way.
      right = c == r || c == p;
    } else if (classOf(r) != classOf(p)) {
      // The reference's own precision overflows where float64 does not. A
      // candidate that rounds less may keep float64's value, which need not fit
      // into the output's type.
      right = classOf(r) != 0 || classOf(c) == classOf(p) ||
              std::abs(c - r) <= allowedAt(i);
      right |= overflows(i) && classOf(c) == signOf(r);
    } else if (classOf(r) != 0) {
      right = classOf(c) == classOf(r);
    } else if (classOf(c) != 0) {
      right = overflows(i) && classOf(c) == signOf(r);
    } else {
      right = std::abs(c - r) <= allowedAt(i);
    }
    if (right)
      continue;
    if (wrong++ == 0)
      first = i;
  }
  if (wrong == 0)
    return std::nullopt;
  std::string text;
  llvm::raw_string_ostream stream(text);
  auto print = [&](double value) {
    if (std::isnan(value))
      stream << "nan";
    else
      stream << llvm::format("%.9g", value);
  };
  stream << "output " << number << " differs at " << found.indexString(first)
         << ": expected ";
  print(exact.get(first));
  stream << ", found ";
  print(found.get(first));
  if (floats && std::isfinite(exact.get(first)) &&
      std::isfinite(found.get(first))) {
    stream << ", which is off by ";
    print(std::abs(found.get(first) - exact.get(first)));
    stream << " where ";
    print(allowedAt(first));
    stream << " is allowed";
  }
  const char *element = found.data() + first * dataTypeBytes(spec.type);
  if (std::all_of(element, element + dataTypeBytes(spec.type),
                  [](char byte) { return byte == char(0xFF); }))
    stream << " (perhaps never written)";
  stream << "; " << wrong << " of " << found.getNumElements()
         << " elements are wrong (" << getName(trial.kind) << " inputs, seed "
         << trial.seed << ")";
  return text;
}

LogicalResult NumbersCheck::check(const CPUExecutor &candidate) const {
  auto sameSpecs = [&](StringRef what, ArrayRef<TensorSpec> expected,
                       ArrayRef<TensorSpec> found) -> LogicalResult {
    if (expected.size() != found.size())
      return emitError(candidate.getLoc())
             << "expected " << expected.size() << ' ' << what
             << "s like the reference, found " << found.size();
    for (auto [number, spec] : llvm::enumerate(expected))
      if (!(spec == found[number]))
        return emitError(candidate.getLoc())
               << what << ' ' << number << " must be " << spec.str()
               << " like the reference's, found " << found[number].str();
    return success();
  };
  if (failed(sameSpecs("input", inputs, candidate.getInputs())) ||
      failed(sameSpecs("output", outputs, candidate.getOutputs())))
    return failure();
  for (const Trial &trial : trials) {
    std::vector<HostTensor> found = candidate.allocateOutputs();
    if (failed(candidate.run(trial.inputs, found)))
      return failure();
    for (unsigned number = 0; number < found.size(); ++number)
      if (auto difference = compare(trial, number, found[number]))
        return emitError(candidate.getLoc()) << *difference;
  }
  return success();
}

LogicalResult NumbersCheck::check(ModuleOp candidate, StringRef entry) const {
  auto executor = CPUExecutor::create(candidate, entry);
  if (failed(executor))
    return failure();
  return check(**executor);
}

static bool hasProgram(ModuleOp module) {
  return llvm::any_of(module.getOps<func::FuncOp>(), [](func::FuncOp function) {
    return function.isPublic() && !function.isExternal();
  });
}

LogicalResult qimeng::checkNumbers(ModuleOp reference, ModuleOp candidate,
                                   const NumbersOptions &options) {
  if (hasProgram(reference) || hasProgram(candidate)) {
    auto check = NumbersCheck::create(reference, "", options);
    return failed(check) ? failure() : (*check)->check(candidate);
  }
  for (KernelOp kernel : reference.getOps<KernelOp>()) {
    StringRef name = kernel.getSymName();
    if (!candidate.lookupSymbol<KernelOp>(name))
      return candidate.emitError() << "holds no kernel named '" << name
                                   << "', which the reference has";
    auto check = NumbersCheck::create(reference, name, options);
    if (failed(check))
      return failure();
    ScopedDiagnosticHandler handler(
        candidate.getContext(), [&](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
            diagnostic.attachNote(candidate.lookupSymbol(name)->getLoc())
                << "in kernel '" << name << "'";
          return failure();
        });
    if (failed((*check)->check(candidate, name)))
      return failure();
  }
  return success();
}
