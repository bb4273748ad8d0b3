//===- MathApproxTest.cpp - Accuracy of emitted math functions ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates what lowerScalarMath emits on random bit patterns, on numbers from
// the function's interesting range and on special values, and compares with
// libm in long double. The bounds in the table are in ulp.
//
//===----------------------------------------------------------------------===//

#include "qimeng/Conversion/ToGPU/MathApprox.h"
#include "Evaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "qimeng/Target/Assembler.h"
#include "qimeng/Target/Ptx.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace qimeng;
using namespace qimeng::test;

namespace {

using Real = long double;

struct Function {
  const char *name; ///< of the operation
  unsigned arity;
  Real (*reference)(Real, Real);
  double low, high; ///< the interesting range, of every argument
  double f32Ulp, f64Ulp;
};

#define ONE(f) [](Real x, Real) -> Real { return f; }
#define TWO(f) [](Real x, Real y) -> Real { return f; }

/// NaN where an operand is; -0 is less than +0.
Real minimum(Real x, Real y) {
  if (std::isnan(x) || std::isnan(y))
    return NAN;
  if (x == y)
    return std::signbit(x) ? x : y;
  return std::fmin(x, y);
}

const Function functions[] = {
    {"math.exp", 1, ONE(std::exp(x)), -110, 90, 4, 2},
    {"math.exp2", 1, ONE(std::exp2(x)), -150, 130, 4, 2},
    {"math.expm1", 1, ONE(std::expm1(x)), -20, 90, 2, 2},
    {"math.log", 1, ONE(std::log(x)), 0, 10, 2, 2},
    {"math.log2", 1, ONE(std::log2(x)), 0, 10, 3, 3},
    {"math.log10", 1, ONE(std::log10(x)), 0, 10, 3, 3},
    {"math.log1p", 1, ONE(std::log1p(x)), -1, 10, 3, 3},
    {"math.sqrt", 1, ONE(std::sqrt(x)), 0, 10, 0.51, 0.51},
    {"math.rsqrt", 1, ONE(1 / std::sqrt(x)), 0, 10, 2.6, 1.6},
    {"math.cbrt", 1, ONE(std::cbrt(x)), -10, 10, 0.51, 2},
    {"math.sin", 1, ONE(std::sin(x)), -200000, 200000, 2, 2},
    {"math.cos", 1, ONE(std::cos(x)), -200000, 200000, 2, 2},
    {"math.tan", 1, ONE(std::tan(x)), -100, 100, 0.51, 3},
    {"math.sinh", 1, ONE(std::sinh(x)), -90, 90, 0.51, 4},
    {"math.cosh", 1, ONE(std::cosh(x)), -90, 90, 0.51, 4},
    {"math.tanh", 1, ONE(std::tanh(x)), -10, 10, 4, 3},
    {"math.asin", 1, ONE(std::asin(x)), -1.1, 1.1, 0.51, 3},
    {"math.acos", 1, ONE(std::acos(x)), -1.1, 1.1, 0.51, 3},
    {"math.atan", 1, ONE(std::atan(x)), -5, 5, 0.51, 3},
    {"math.asinh", 1, ONE(std::asinh(x)), -10, 10, 0.51, 4},
    {"math.acosh", 1, ONE(std::acosh(x)), 1, 10, 0.51, 4},
    {"math.atanh", 1, ONE(std::atanh(x)), -1, 1, 0.51, 4},
    {"math.erf", 1, ONE(std::erf(x)), -5, 5, 4, 3},
    {"math.erfc", 1, ONE(std::erfc(x)), -5, 11, 0.51, 8},
    {"math.floor", 1, ONE(std::floor(x)), -10, 10, 0, 0},
    {"math.ceil", 1, ONE(std::ceil(x)), -10, 10, 0, 0},
    {"math.round", 1, ONE(std::round(x)), -10, 10, 0, 0},
    {"math.roundeven", 1, ONE(std::nearbyint(x)), -10, 10, 0, 0},
    {"math.trunc", 1, ONE(std::trunc(x)), -10, 10, 0, 0},
    {"math.absf", 1, ONE(std::fabs(x)), -10, 10, 0, 0},
    {"math.powf", 2, TWO(std::pow(x, y)), -20, 20, 0.51, 8},
    {"math.atan2", 2, TWO(std::atan2(x, y)), -10, 10, 0.51, 3},
    {"math.copysign", 2, TWO(std::copysign(x, y)), -10, 10, 0, 0},
    {"arith.divf", 2, TWO(x / y), -10, 10, 0.51, 0.51},
    {"arith.remf", 2, TWO(std::fmod(x, y)), -100, 100, 0, 0},
    {"arith.minimumf", 2, minimum, -10, 10, 0, 0},
    {"arith.maximumf", 2, TWO(-minimum(-x, -y)), -10, 10, 0, 0},
};

/// Relative, or where that is larger absolute, errors for 16-bit results.
struct Approximate {
  const char *name;
  unsigned arity;
  Real (*reference)(Real, Real);
  double low, high;
  double relative, absolute;
};

const Approximate approximations[] = {
    {"math.exp", 1, ONE(std::exp(x)), -80, 88, 1e-4, 1e-37},
    {"math.exp2", 1, ONE(std::exp2(x)), -125, 127, 1e-6, 1e-37},
    {"math.log", 1, ONE(std::log(x)), 0.001, 100, 1e-6, 3e-7},
    {"math.log2", 1, ONE(std::log2(x)), 0.001, 100, 1e-6, 3e-7},
    {"math.log10", 1, ONE(std::log10(x)), 0.001, 100, 1e-6, 3e-7},
    {"math.tanh", 1, ONE(std::tanh(x)), -10, 10, 0x1p-10, 0},
    {"math.erf", 1, ONE(std::erf(x)), -6, 6, 2e-6, 0},
    {"math.sqrt", 1, ONE(std::sqrt(x)), 0, 10, 1e-6, 0},
    {"math.rsqrt", 1, ONE(1 / std::sqrt(x)), 0.001, 10, 1e-6, 0},
    {"math.sin", 1, ONE(std::sin(x)), -100, 100, 1e-6, 0},
    {"arith.divf", 2, TWO(x / y), 0.1, 10, 1e-6, 0},
};

class MathApprox : public ::testing::Test {
protected:
  MathApprox() : context(registry()), loc(UnknownLoc::get(&context)) {
    context
        .loadDialect<arith::ArithDialect, LLVM::LLVMDialect, math::MathDialect,
                     scf::SCFDialect, NVVM::NVVMDialect>();
  }

  static DialectRegistry registry() {
    DialectRegistry registry;
    registerGpuTargetInterfaces(registry);
    return registry;
  }

  /// A module with a block of `argTypes`; the operation `name` on them is in
  /// `pattern`, what replaces it in `block`.
  struct Emitted {
    OwningOpRef<ModuleOp> module;
    std::unique_ptr<Block> pattern, block;
    Value result;
  };

  Emitted emit(StringRef name, ArrayRef<Type> argTypes, bool approximate) {
    Emitted emitted;
    emitted.pattern = std::make_unique<Block>();
    emitted.block = std::make_unique<Block>();
    OpBuilder builder(&context);
    builder.setInsertionPointToStart(emitted.pattern.get());
    OperationState state(loc, name);
    for (Type type : argTypes) {
      state.addOperands(emitted.pattern->addArgument(type, loc));
      emitted.block->addArgument(type, loc);
    }
    state.addTypes(argTypes[0]);
    if (name == "math.isnan" || name == "math.isinf" ||
        name == "math.isfinite" || name == "math.isnormal")
      state.types[0] = builder.getI1Type();
    Operation *op = builder.create(state);
    builder.setInsertionPointToStart(emitted.block.get());
    emitted.result = lowerScalarMath(builder, op, emitted.block->getArguments(),
                                     approximate);
    return emitted;
  }

  static int64_t countOps(Block &block) {
    return llvm::count_if(block, [](Operation &op) {
      return !isa<arith::ConstantOp, LLVM::FAbsOp>(op);
    });
  }

  MLIRContext context;
  Location loc;
  std::mt19937_64 random{1};
};

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <typename T> T fromBits(BitsOf<T> bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename T> BitsOf<T> toBits(T value) {
  BitsOf<T> bits;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

template <typename T> std::vector<T> specials() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values;
  for (T x : {T(0),
              T(0.5),
              T(1),
              T(1.5),
              T(2),
              T(3),
              T(4),
              T(127),
              T(1e10),
              std::nextafter(T(1), T(0)),
              std::nextafter(T(1), T(2)),
              T(M_PI_2),
              T(M_PI),
              T(0.55),
              T(0.925),
              T(105615),
              T(1 << 20),
              Limits::min(),
              Limits::denorm_min(),
              Limits::max(),
              Limits::infinity(),
              Limits::quiet_NaN()}) {
    values.push_back(x);
    values.push_back(-x);
  }
  return values;
}

/// The distance of `got` from `exact` in units in the last place of T.
template <typename T> double ulps(T got, Real exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact))
    return std::isnan(got) ? 0 : INFINITY;
  auto rounded = static_cast<T>(exact);
  if (got == rounded)
    return exact == 0 && std::signbit(got) != std::signbit(exact) ? INFINITY
           : std::isinf(got) ? 0
                             : double(std::fabs(got - exact) /
                                      (std::nextafter(std::fabs(rounded),
                                                      Limits::infinity()) -
                                       std::fabs(rounded)));
  if (std::isnan(got) || std::isinf(exact))
    return INFINITY;
  // Near overflow infinity counts as the number after the largest.
  Real value =
      std::isinf(got)
          ? std::copysign(std::ldexp(Real(1), Limits::max_exponent), got)
          : Real(got);
  int exponent = std::max(std::ilogb(exact), Limits::min_exponent - 1);
  return double(std::fabs(value - exact) /
                std::ldexp(Real(1), exponent - Limits::digits + 1));
}

template <typename T>
void checkAccuracy(const Function &function, Block &block, Value result,
                   std::mt19937_64 &random) {
  std::vector<std::vector<T>> args(function.arity);
  std::uniform_real_distribution<double> inRange(function.low, function.high);
  auto push = [&](T x, T y) {
    args[0].push_back(x);
    if (function.arity == 2)
      args[1].push_back(y);
  };
  std::vector<T> special = specials<T>();
  for (T x : special)
    for (T y : special)
      push(x, y);
  for (int i = 0; i < 8000; ++i) {
    push(fromBits<T>(random()), fromBits<T>(random()));
    push(T(inRange(random)), T(inRange(random)));
    // Small numbers, and integers.
    push(T(std::ldexp(inRange(random), -int(random() % 40))),
         T(std::rint(inRange(random))));
  }

  Evaluator evaluator(args[0].size());
  for (unsigned k = 0; k < function.arity; ++k) {
    Lanes lanes;
    for (T x : args[k])
      lanes.push_back(toBits(x));
    evaluator.set(block.getArgument(k), std::move(lanes));
  }
  ASSERT_TRUE(evaluator.run(block)) << evaluator.error;
  const Lanes &got = evaluator.get(result);
  double worst = 0;
  size_t at = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    Real exact =
        function.reference(args[0][i], function.arity == 2 ? args[1][i] : 0);
    double error = ulps(fromBits<T>(got[i]), exact);
    if (error > worst)
      worst = error, at = i;
  }
  double bound = sizeof(T) == 4 ? function.f32Ulp : function.f64Ulp;
  T x = args[0][at], y = function.arity == 2 ? args[1][at] : 0;
  std::printf("  %-16s f%d: %6.2f ulp (at most %.2f), %lld operations\n",
              function.name, int(8 * sizeof(T)), worst, bound,
              (long long)std::distance(block.begin(), block.end()));
  EXPECT_LE(worst, bound) << function.name << " of f" << 8 * sizeof(T)
                          << std::hexfloat << " at " << x << ", " << y
                          << ": is " << fromBits<T>(got[at]) << ", not "
                          << T(function.reference(x, y));
}

TEST_F(MathApprox, Accuracy) {
  for (const Function &function : functions) {
    SmallVector<Type> f32(function.arity, Float32Type::get(&context));
    Emitted single = emit(function.name, f32, false);
    ASSERT_TRUE(single.result) << function.name;
    checkAccuracy<float>(function, *single.block, single.result, random);

    SmallVector<Type> f64(function.arity, Float64Type::get(&context));
    Emitted wide = emit(function.name, f64, false);
    ASSERT_TRUE(wide.result) << function.name;
    checkAccuracy<double>(function, *wide.block, wide.result, random);
  }
}

TEST_F(MathApprox, Approximate) {
  for (const Approximate &function : approximations) {
    SmallVector<Type> types(function.arity, Float32Type::get(&context));
    Emitted emitted = emit(function.name, types, true);
    ASSERT_TRUE(emitted.result) << function.name;
    constexpr size_t count = 100000;
    std::uniform_real_distribution<float> inRange(function.low, function.high);
    std::vector<float> x(count), y(count);
    Lanes lanesX, lanesY;
    for (size_t i = 0; i < count; ++i) {
      lanesX.push_back(toBits(x[i] = inRange(random)));
      lanesY.push_back(toBits(y[i] = inRange(random)));
    }
    Evaluator evaluator(count);
    evaluator.set(emitted.block->getArgument(0), lanesX);
    if (function.arity == 2)
      evaluator.set(emitted.block->getArgument(1), lanesY);
    ASSERT_TRUE(evaluator.run(*emitted.block)) << evaluator.error;
    const Lanes &got = evaluator.get(emitted.result);
    double worst = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; ++i) {
      Real exact = function.reference(x[i], y[i]);
      Real allowed = std::max<Real>(function.relative * std::fabs(exact),
                                    function.absolute);
      double error =
          double(std::fabs(fromBits<float>(got[i]) - exact) / allowed);
      if (!(error <= worst))
        worst = error, at = i;
    }
    std::printf("  %-12s %.2f of the allowed error, %lld operations\n",
                function.name, worst, (long long)countOps(*emitted.block));
    EXPECT_LE(worst, 1) << function.name << " at " << x[at] << ", " << y[at]
                        << ": is " << fromBits<float>(got[at]);
  }
}

// Quotients for 16-bit results hold for all operands: bf16 reaches as far as
// f32, so 1 / 2^127 is not zero.
TEST_F(MathApprox, ApproximateDivisionHasFullRange) {
  SmallVector<Type> types(2, Float32Type::get(&context));
  Emitted emitted = emit("arith.divf", types, true);
  ASSERT_TRUE(emitted.result);
  Function division = {"arith.divf", 2, TWO(x / y), 0x1p126, 0x1p128, 4, 0};
  checkAccuracy<float>(division, *emitted.block, emitted.result, random);
}

// GELU: 0.5 x (1 + erf(x / sqrt(2))), with tails exact enough for bf16.
TEST_F(MathApprox, GeluIsShort) {
  Block pattern, block;
  OpBuilder builder(&context);
  Type f32 = builder.getF32Type();
  Value x = pattern.addArgument(f32, loc);
  builder.setInsertionPointToStart(&pattern);
  auto erf = math::ErfOp::create(builder, loc, x);
  Value one =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(1));
  arith::AddFOp::create(builder, loc, erf, one);

  Value t = block.addArgument(f32, loc);
  builder.setInsertionPointToStart(&block);
  Value result = lowerScalarMath(builder, erf, ValueRange{t}, true);
  ASSERT_TRUE(result);
  // The other four: x/2, x/sqrt(2), the sum and the product.
  EXPECT_LE(countOps(block) + 4, 15);

  constexpr size_t count = 200000;
  Evaluator evaluator(count);
  Lanes lanes;
  std::vector<float> samples;
  std::uniform_real_distribution<float> inRange(-8, 8);
  for (size_t i = 0; i < count; ++i) {
    samples.push_back(inRange(random));
    lanes.push_back(toBits(samples.back() * float(M_SQRT1_2)));
  }
  evaluator.set(t, lanes);
  ASSERT_TRUE(evaluator.run(block)) << evaluator.error;
  for (size_t i = 0; i < count; ++i) {
    float v = samples[i];
    float gelu = 0.5f * v * (1 + fromBits<float>(evaluator.get(result)[i]));
    double exact = 0.5 * v * std::erfc(-v * M_SQRT1_2);
    ASSERT_LE(std::fabs(gelu - exact), std::max(1e-3 * std::fabs(exact), 2e-6))
        << v;
  }
}

TEST_F(MathApprox, Classification) {
  Type f32 = Float32Type::get(&context);
  std::vector<float> values = specials<float>();
  Lanes lanes;
  for (float x : values)
    lanes.push_back(toBits(x));
  auto check = [&](StringRef name, bool (*reference)(float)) {
    Emitted emitted = emit(name, {f32}, false);
    ASSERT_TRUE(emitted.result);
    Evaluator evaluator(values.size());
    evaluator.set(emitted.block->getArgument(0), lanes);
    ASSERT_TRUE(evaluator.run(*emitted.block)) << evaluator.error;
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(evaluator.get(emitted.result)[i] & 1, reference(values[i]))
          << name.str() << " of " << values[i];
  };
  check("math.isnan", [](float x) { return bool(std::isnan(x)); });
  check("math.isinf", [](float x) { return bool(std::isinf(x)); });
  check("math.isfinite", [](float x) { return bool(std::isfinite(x)); });
  check("math.isnormal", [](float x) { return bool(std::isnormal(x)); });
}

TEST_F(MathApprox, Integers) {
  Type i32 = IntegerType::get(&context, 32);
  Emitted power = emit("math.ipowi", {i32, i32}, false);
  ASSERT_TRUE(power.result);
  const int32_t cases[][3] = {{2, 10, 1024}, {-3, 3, -27}, {7, 0, 1},
                              {0, 0, 1},     {1, -5, 1},   {-1, -5, -1},
                              {-1, -4, 1},   {5, -1, 0},   {0, 3, 0}};
  Lanes base, exponent;
  for (const auto &row : cases) {
    base.push_back(uint32_t(row[0]));
    exponent.push_back(uint32_t(row[1]));
  }
  Evaluator evaluator(std::size(cases));
  evaluator.set(power.block->getArgument(0), base);
  evaluator.set(power.block->getArgument(1), exponent);
  ASSERT_TRUE(evaluator.run(*power.block)) << evaluator.error;
  for (size_t i = 0; i < std::size(cases); ++i)
    EXPECT_EQ(int32_t(evaluator.get(power.result)[i]), cases[i][2])
        << cases[i][0] << "^" << cases[i][1];

  Type f32 = Float32Type::get(&context);
  Emitted powi = emit("math.fpowi", {f32, i32}, false);
  ASSERT_TRUE(powi.result);
  Evaluator three(3);
  three.set(powi.block->getArgument(0),
            {toBits(-2.0f), toBits(3.0f), toBits(0.0f)});
  three.set(powi.block->getArgument(1), {3, uint32_t(-2), 0});
  ASSERT_TRUE(three.run(*powi.block)) << three.error;
  EXPECT_EQ(three.get(powi.result),
            (Lanes{toBits(-8.0f), toBits(1 / 9.0f), toBits(1.0f)}));

  for (StringRef name : {"math.absi", "math.ctpop", "math.ctlz", "math.cttz"}) {
    Emitted emitted = emit(name, {i32}, false);
    ASSERT_TRUE(emitted.result);
    Evaluator one(3);
    one.set(emitted.block->getArgument(0), {0, 12, uint32_t(-6)});
    ASSERT_TRUE(one.run(*emitted.block)) << one.error;
    Lanes expected = name == "math.absi"    ? Lanes{0, 12, 6}
                     : name == "math.ctpop" ? Lanes{0, 2, 30}
                     : name == "math.ctlz"  ? Lanes{32, 28, 0}
                                            : Lanes{32, 2, 1};
    EXPECT_EQ(one.get(emitted.result), expected) << name.str();
  }
}

// What has no implementation gives null, and leaves nothing behind.
TEST_F(MathApprox, Unsupported) {
  Type f16 = Float16Type::get(&context);
  Emitted emitted = emit("math.exp", {f16}, false);
  EXPECT_FALSE(emitted.result);
  EXPECT_TRUE(emitted.block->empty());
}

// Every function becomes PTX, and where there is an assembler, machine code.
TEST_F(MathApprox, Assembles) {
  OpBuilder builder(&context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  auto pointer = LLVM::LLVMPointerType::get(&context, 1);
  auto kernelType =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&context), {pointer});
  auto add = [&](StringRef name, unsigned arity, Type type, bool approximate) {
    builder.setInsertionPointToEnd(module->getBody());
    std::string symbol = ("k" + Twine(std::distance(module->getBody()->begin(),
                                                    module->getBody()->end())))
                             .str();
    auto kernel = LLVM::LLVMFuncOp::create(builder, loc, symbol, kernelType);
    kernel->setAttr("nvvm.kernel", builder.getUnitAttr());
    Block *entry = kernel.addEntryBlock(builder);
    builder.setInsertionPointToStart(entry);
    Value memory = entry->getArgument(0);
    SmallVector<Value> args;
    for (unsigned k = 0; k < arity; ++k) {
      Value at = LLVM::GEPOp::create(builder, loc, pointer, type, memory,
                                     ArrayRef<LLVM::GEPArg>{int32_t(k)});
      args.push_back(LLVM::LoadOp::create(builder, loc, type, at));
    }
    Emitted emitted = emit(name, SmallVector<Type>(arity, type), approximate);
    Value result =
        lowerScalarMath(builder, &emitted.pattern->front(), args, approximate);
    ASSERT_TRUE(result) << name.str();
    LLVM::StoreOp::create(builder, loc, result, memory);
    LLVM::ReturnOp::create(builder, loc, ValueRange{});
  };
  for (const Function &function : functions) {
    add(function.name, function.arity, builder.getF32Type(), false);
    add(function.name, function.arity, builder.getF64Type(), false);
  }
  for (const Approximate &function : approximations)
    add(function.name, function.arity, builder.getF32Type(), true);

  for (const char *name : {"sm_80", "sm_90a"}) {
    const Architecture &architecture = **findArchitecture(name);
    FailureOr<std::string> ptx = translateToPtx(*module, architecture);
    ASSERT_TRUE(succeeded(ptx));
    EXPECT_EQ(ptx->find("call."), std::string::npos)
        << "a call of a function that no library provides";
    // Subnormal numbers have square roots, reciprocals and quotients.
    for (const char *form :
         {"sqrt.approx.f32", "rsqrt.approx.f32", "div.full.f32"})
      EXPECT_NE(ptx->find(form), std::string::npos) << form;
    if (!findAssembler())
      continue;
    Result<Cubin> cubin = assemble(*ptx, architecture);
    ASSERT_TRUE(cubin) << cubin.error();
    for (const KernelResources &kernel : cubin->kernels)
      EXPECT_FALSE(kernel.spills()) << kernel.name;
  }
}

} // namespace
