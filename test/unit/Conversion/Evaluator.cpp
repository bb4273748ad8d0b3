//===- Evaluator.cpp - Run scalar operations on many values ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace qimeng::test {

template <typename T> static T as(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename T> static uint64_t from(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

static uint64_t truncated(uint64_t bits, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  return width == 64 ? bits : bits & ((uint64_t(1) << width) - 1);
}

static int64_t signedValue(uint64_t bits, Type type) {
  unsigned shift = 64 - type.getIntOrFloatBitWidth();
  return static_cast<int64_t>(bits << shift) >> shift;
}

//===----------------------------------------------------------------------===//
// The special function unit
//===----------------------------------------------------------------------===//

static float flushed(float x) {
  return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x;
}

static uint32_t hashOf(float x) {
  return static_cast<uint32_t>(from(x)) * 2654435761u;
}

/// `exact`, rounded and then moved by `ulps` in a direction that depends on x.
static float inexact(double exact, float x, int ulps) {
  auto result = static_cast<float>(exact);
  if (!std::isfinite(result) || result == 0)
    return result;
  float towards = hashOf(x) >> 31 ? INFINITY : -INFINITY;
  for (int i = 0; i < ulps; ++i)
    result = std::nextafter(result, towards);
  return result;
}

static std::optional<float> specialFunction(StringRef name, float x) {
  bool ftz = name.contains(".ftz");
  if (ftz)
    x = flushed(x);
  float result;
  double factor = 1 + (hashOf(x) >> 31 ? 0x1p-22 : -0x1p-22) * M_SQRT1_2;
  if (name.starts_with("llvm.nvvm.ex2.approx"))
    // 2^-22.5 of the result; exact for integers.
    result =
        inexact(std::exp2(double(x)) * (x == std::rint(x) ? 1 : factor), x, 0);
  else if (name.starts_with("llvm.nvvm.rcp.approx"))
    result = inexact(1.0 / x, x, 1);
  else if (name.starts_with("llvm.nvvm.rsqrt.approx"))
    result = inexact(1 / std::sqrt(double(x)), x, 2);
  else if (name.starts_with("llvm.nvvm.sqrt.approx"))
    result = inexact(std::sqrt(double(x)), x, 1);
  else if (name.starts_with("llvm.nvvm.lg2.approx"))
    // 2 ulp, but 2^-22 absolute between 1/2 and 2.
    result = x >= 0.5 && x <= 2
                 ? static_cast<float>(std::log2(double(x)) + 0x1p-22)
                 : inexact(std::log2(double(x)), x, 2);
  else
    return std::nullopt;
  return ftz ? flushed(result) : result;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

static bool compare(arith::CmpFPredicate predicate, double x, double y) {
  bool unordered = std::isnan(x) || std::isnan(y);
  switch (predicate) {
  case arith::CmpFPredicate::OEQ:
    return x == y;
  case arith::CmpFPredicate::OGT:
    return x > y;
  case arith::CmpFPredicate::OGE:
    return x >= y;
  case arith::CmpFPredicate::OLT:
    return x < y;
  case arith::CmpFPredicate::OLE:
    return x <= y;
  case arith::CmpFPredicate::ONE:
    return !unordered && x != y;
  case arith::CmpFPredicate::UNO:
    return unordered;
  default:
    return false;
  }
}

static bool compare(arith::CmpIPredicate predicate, uint64_t x, uint64_t y,
                    Type type) {
  int64_t sx = signedValue(x, type), sy = signedValue(y, type);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return x == y;
  case arith::CmpIPredicate::ne:
    return x != y;
  case arith::CmpIPredicate::slt:
    return sx < sy;
  case arith::CmpIPredicate::ult:
    return x < y;
  default:
    return false;
  }
}

/// NaN where an operand is; -0 is less than +0.
template <typename T> static T minimum(T x, T y) {
  if (std::isnan(x) || std::isnan(y))
    return NAN;
  if (x == y)
    return std::signbit(x) ? x : y;
  return x < y ? x : y;
}

/// An operation whose floats are all of type T, on one sample.
template <typename T>
static std::optional<uint64_t> floatOp(Operation *op, ArrayRef<uint64_t> in) {
  auto x = [&](unsigned i) { return as<T>(in[i]); };
  auto give = [](T value) { return std::optional<uint64_t>(from(value)); };
  return TypeSwitch<Operation *, std::optional<uint64_t>>(op)
      .Case([&](arith::AddFOp) { return give(x(0) + x(1)); })
      .Case([&](arith::SubFOp) { return give(x(0) - x(1)); })
      .Case([&](arith::MulFOp) { return give(x(0) * x(1)); })
      .Case([&](arith::DivFOp) { return give(x(0) / x(1)); })
      .Case([&](arith::NegFOp) { return give(-x(0)); })
      .Case([&](LLVM::FMAOp) { return give(std::fma(x(0), x(1), x(2))); })
      .Case([&](LLVM::FAbsOp) { return give(std::fabs(x(0))); })
      .Case([&](LLVM::RoundEvenOp) { return give(std::nearbyint(x(0))); })
      .Case([&](LLVM::FFloorOp) { return give(std::floor(x(0))); })
      .Case([&](LLVM::FCeilOp) { return give(std::ceil(x(0))); })
      .Case([&](LLVM::FTruncOp) { return give(std::trunc(x(0))); })
      .Case([&](LLVM::RoundOp) { return give(std::round(x(0))); })
      .Case([&](LLVM::SqrtOp) { return give(std::sqrt(x(0))); })
      // tanh.approx errs by 2^-11 of the result.
      .Case([&](LLVM::TanhOp) {
        return give(static_cast<T>(std::tanh(double(x(0))) * (1 + 0x1p-11)));
      })
      .Case([&](LLVM::CopySignOp) { return give(std::copysign(x(0), x(1))); })
      .Case([&](arith::MinNumFOp) { return give(std::fmin(x(0), x(1))); })
      .Case([&](arith::MaxNumFOp) { return give(std::fmax(x(0), x(1))); })
      .Case([&](arith::MinimumFOp) { return give(minimum(x(0), x(1))); })
      .Case([&](arith::MaximumFOp) { return give(-minimum(-x(0), -x(1))); })
      .Case([&](arith::CmpFOp cmp) {
        return uint64_t(compare(cmp.getPredicate(), x(0), x(1)));
      })
      .Case([&](arith::FPToSIOp) {
        // What no integer represents is poison; zero will do.
        double value = x(0);
        bool fits = std::fabs(value) < 0x1p63;
        return fits ? uint64_t(int64_t(value)) : uint64_t(0);
      })
      .Case([&](LLVM::CallIntrinsicOp call) -> std::optional<uint64_t> {
        if (call.getIntrin() == "llvm.nvvm.div.full")
          return from(inexact(x(0) / x(1), float(x(0)), 2));
        if (std::optional<float> y = specialFunction(call.getIntrin(), x(0)))
          return from(*y);
        return std::nullopt;
      })
      .Default([](Operation *) { return std::nullopt; });
}

static std::optional<uint64_t> integerOp(Operation *op, ArrayRef<uint64_t> in) {
  using Bits = std::optional<uint64_t>;
  Type type = op->getOperand(0).getType();
  return TypeSwitch<Operation *, Bits>(op)
      .Case([&](arith::AddIOp) -> Bits { return in[0] + in[1]; })
      .Case([&](arith::SubIOp) -> Bits { return in[0] - in[1]; })
      .Case([&](arith::MulIOp) -> Bits { return in[0] * in[1]; })
      .Case([&](arith::DivUIOp) -> Bits { return in[0] / in[1]; })
      .Case([&](arith::AndIOp) -> Bits { return in[0] & in[1]; })
      .Case([&](arith::OrIOp) -> Bits { return in[0] | in[1]; })
      .Case([&](arith::XOrIOp) -> Bits { return in[0] ^ in[1]; })
      .Case([&](arith::ShLIOp) -> Bits { return in[0] << in[1]; })
      .Case([&](arith::ShRUIOp) -> Bits { return in[0] >> in[1]; })
      .Case([&](arith::ShRSIOp) -> Bits {
        return uint64_t(signedValue(in[0], type) >> in[1]);
      })
      .Case([&](arith::MaxSIOp) -> Bits {
        return uint64_t(
            std::max(signedValue(in[0], type), signedValue(in[1], type)));
      })
      .Case([&](arith::CmpIOp cmp) -> Bits {
        return uint64_t(compare(cmp.getPredicate(), in[0], in[1], type));
      })
      .Case([&](arith::BitcastOp) -> Bits { return in[0]; })
      .Case([&](arith::ExtUIOp) -> Bits { return in[0]; })
      .Case([&](arith::TruncIOp) -> Bits { return in[0]; })
      .Case([&](arith::SelectOp) -> Bits { return in[0] ? in[1] : in[2]; })
      .Case([&](arith::SIToFPOp) -> Bits {
        int64_t value = signedValue(in[0], type);
        return op->getResult(0).getType().isF32() ? from(float(value))
                                                  : from(double(value));
      })
      .Case([&](arith::UIToFPOp) -> Bits { return from(double(in[0])); })
      .Case([&](LLVM::AbsOp) -> Bits {
        return uint64_t(std::abs(signedValue(in[0], type)));
      })
      .Case([&](LLVM::CtPopOp) -> Bits { return __builtin_popcountll(in[0]); })
      .Case([&](LLVM::CountLeadingZerosOp) -> Bits {
        unsigned width = type.getIntOrFloatBitWidth();
        return in[0] ? __builtin_clzll(in[0]) - (64 - width) : width;
      })
      .Case([&](LLVM::CountTrailingZerosOp) -> Bits {
        return in[0] ? __builtin_ctzll(in[0]) : type.getIntOrFloatBitWidth();
      })
      .Default([](Operation *) { return std::nullopt; });
}

bool Evaluator::runWhile(Operation *op) {
  auto loop = cast<scf::WhileOp>(op);
  // Lanes that are done keep what they left the loop with.
  std::vector<Lanes> state, result(loop.getNumResults(), Lanes(numSamples));
  for (Value init : loop.getInits())
    state.push_back(values[init]);
  std::vector<bool> active(numSamples, true);
  for (int step = 0; step < 10000; ++step) {
    for (auto [arg, lanes] : llvm::zip(loop.getBeforeArguments(), state))
      values[arg] = lanes;
    if (!run(*loop.getBeforeBody()))
      return false;
    auto condition = loop.getConditionOp();
    const Lanes &goesOn = values[condition.getCondition()];
    bool any = false;
    for (size_t i = 0; i < numSamples; ++i) {
      if (!active[i])
        continue;
      for (unsigned r = 0; r < result.size(); ++r)
        result[r][i] = values[condition.getArgs()[r]][i];
      active[i] = goesOn[i] & 1;
      any |= active[i];
    }
    if (!any) {
      for (unsigned r = 0; r < result.size(); ++r)
        values[loop.getResult(r)] = result[r];
      return true;
    }
    for (auto [arg, value] :
         llvm::zip(loop.getAfterArguments(), condition.getArgs()))
      values[arg] = Lanes(values[value]);
    if (!run(*loop.getAfterBody()))
      return false;
    for (auto [lanes, value] :
         llvm::zip(state, loop.getYieldOp().getOperands()))
      lanes = values[value];
  }
  error = "a loop does not end";
  return false;
}

bool Evaluator::runOp(Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    APInt bits =
        isa<FloatAttr>(constant.getValue())
            ? cast<FloatAttr>(constant.getValue()).getValue().bitcastToAPInt()
            : cast<IntegerAttr>(constant.getValue()).getValue();
    values[constant] = Lanes(numSamples, bits.getZExtValue());
    return true;
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    // Both sides are pure.
    if (!run(*branch.thenBlock()) || !run(*branch.elseBlock()))
      return false;
    Lanes condition = values[branch.getCondition()];
    for (auto [result, yes, no] :
         llvm::zip(branch.getResults(), branch.thenYield().getOperands(),
                   branch.elseYield().getOperands())) {
      Lanes lanes = values[no];
      for (size_t i = 0; i < numSamples; ++i)
        if (condition[i] & 1)
          lanes[i] = values[yes][i];
      values[result] = std::move(lanes);
    }
    return true;
  }
  if (isa<scf::WhileOp>(op))
    return runWhile(op);

  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back(values[operand]);
  if (auto product = dyn_cast<arith::MulUIExtendedOp>(op)) {
    Lanes low(numSamples), high(numSamples);
    for (size_t i = 0; i < numSamples; ++i) {
      unsigned __int128 wide =
          (unsigned __int128)(operands[0][i]) * operands[1][i];
      low[i] = uint64_t(wide);
      high[i] = uint64_t(wide >> 64);
    }
    values[product.getLow()] = std::move(low);
    values[product.getHigh()] = std::move(high);
    return true;
  }

  Type type = op->getOperand(0).getType();
  Type resultType = op->getResult(0).getType();
  Lanes lanes(numSamples);
  SmallVector<uint64_t> in(operands.size());
  for (size_t i = 0; i < numSamples; ++i) {
    for (size_t k = 0; k < operands.size(); ++k)
      in[k] = operands[k][i];
    std::optional<uint64_t> out;
    if (isa<arith::ExtFOp>(op))
      out = from(double(as<float>(in[0])));
    else if (isa<arith::TruncFOp>(op))
      out = from(float(as<double>(in[0])));
    else if (isa<arith::BitcastOp, arith::SelectOp>(op) ||
             !isa<FloatType>(type))
      out = integerOp(op, in);
    else
      out = type.isF32() ? floatOp<float>(op, in) : floatOp<double>(op, in);
    if (!out) {
      error =
          "the evaluator does not know " + op->getName().getStringRef().str();
      return false;
    }
    lanes[i] = truncated(*out, resultType);
  }
  values[op->getResult(0)] = std::move(lanes);
  return true;
}

bool Evaluator::run(Block &block) {
  for (Operation &op : block)
    if (!op.hasTrait<OpTrait::IsTerminator>() && !runOp(&op))
      return false;
  return true;
}

} // namespace qimeng::test
