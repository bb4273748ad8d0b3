//===- Expand.cpp - Operations in terms of simpler ones -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Partition/Expand.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ComplexToStandard/ComplexToStandard.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

/// The operations below `function` of dialect `DialectT`.
template <typename DialectT>
static SmallVector<Operation *> findOps(func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa_and_nonnull<DialectT>(op->getDialect()))
      ops.push_back(op);
  });
  return ops;
}

/// Applies `patterns` to `ops` and to what they become, and to nothing else:
/// the rest of the program stays as it was written.
static void applyTo(ArrayRef<Operation *> ops, RewritePatternSet &&patterns) {
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
  (void)applyOpPatternsGreedily(
      ops, FrozenRewritePatternSet(std::move(patterns)), config);
}

static void expandAffine(func::FuncOp function) {
  SmallVector<Operation *> ops = findOps<affine::AffineDialect>(function);
  if (ops.empty())
    return;
  RewritePatternSet patterns(function.getContext());
  populateAffineToStdConversionPatterns(patterns);
  affine::populateAffineExpandIndexOpsPatterns(patterns);
  applyTo(ops, std::move(patterns));
}

static void expandComplex(func::FuncOp function) {
  if (findOps<complex::ComplexDialect>(function).empty())
    return;
  MLIRContext *context = function.getContext();
  RewritePatternSet patterns(context);
  populateComplexToStandardConversionPatterns(patterns);
  ConversionTarget target(*context);
  // What has no pattern stays, and is reported by name where it is refused.
  target.markUnknownOpDynamicallyLegal(
      [](Operation *op) -> std::optional<bool> {
        if (isa_and_nonnull<complex::ComplexDialect>(op->getDialect()))
          return std::nullopt;
        return true;
      });
  target.addLegalOp<complex::CreateOp, complex::ConstantOp, complex::ReOp,
                    complex::ImOp>();
  (void)applyPartialConversion(function, target, std::move(patterns));
  // What is left only takes apart what it puts together.
  applyTo(findOps<complex::ComplexDialect>(function),
          RewritePatternSet(context));
}

//===----------------------------------------------------------------------===//
// Scalars, and the same on whole tensors
//===----------------------------------------------------------------------===//

/// A constant whose elements lie elsewhere, or that lists those that are not
/// zero, with all its elements; null for others.
static DenseElementsAttr makeDense(Attribute value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    bool isSplat;
    if (!blob || !DenseElementsAttr::isValidRawBuffer(resource.getType(),
                                                      blob->getData(), isSplat))
      return {};
    return DenseElementsAttr::getFromRawBuffer(resource.getType(),
                                               blob->getData());
  }
  auto sparse = dyn_cast<SparseElementsAttr>(value);
  if (!sparse)
    return {};
  SmallVector<Attribute> elements(sparse.getValues<Attribute>());
  return DenseElementsAttr::get(sparse.getType(), elements);
}

static Value makeConstant(OpBuilder &builder, Location loc, Type type,
                          TypedAttr element) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(tensor, element));
  return arith::ConstantOp::create(builder, loc, element);
}

/// Of NaN, every comparison with the magnitude but the unordered one is false.
static Value expandFloatClass(OpBuilder &builder, Operation *op) {
  Location loc = op->getLoc();
  Value x = op->getOperand(0);
  auto element = cast<FloatType>(getElementTypeOrSelf(x.getType()));
  const llvm::fltSemantics &semantics = element.getFloatSemantics();
  auto compare = [&](arith::CmpFPredicate predicate, APFloat bound) -> Value {
    Value magnitude = math::AbsFOp::create(builder, loc, x);
    Value constant = makeConstant(builder, loc, x.getType(),
                                  builder.getFloatAttr(element, bound));
    return arith::CmpFOp::create(builder, loc, predicate, magnitude, constant);
  };
  APFloat infinity = APFloat::getInf(semantics);
  if (isa<math::IsNaNOp>(op))
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO, x, x);
  if (isa<math::IsInfOp>(op))
    return compare(arith::CmpFPredicate::OEQ, infinity);
  Value finite = compare(arith::CmpFPredicate::OLT, infinity);
  if (isa<math::IsFiniteOp>(op))
    return finite;
  // The bound is that of the type in which the program was written, also where
  // the reference computes in a wider one.
  Value large = compare(arith::CmpFPredicate::OGE,
                        APFloat::getSmallestNormalized(semantics));
  return arith::AndIOp::create(builder, loc, finite, large);
}

/// base^exponent by squaring, without a branch. For a negative exponent the
/// quotient 1 / base^-exponent is rounded toward zero, so only 1 and -1 have
/// powers other than zero; of zero it is undefined.
static Value expandIPowI(OpBuilder &builder, math::IPowIOp op) {
  Location loc = op.getLoc();
  Type type = op.getType(), element = getElementTypeOrSelf(type);
  auto constant = [&](int64_t value) {
    return makeConstant(builder, loc, type,
                        builder.getIntegerAttr(element, value));
  };
  auto compare = [&](arith::CmpIPredicate predicate, Value a,
                     Value b) -> Value {
    return arith::CmpIOp::create(builder, loc, predicate, a, b);
  };
  auto select = [&](Value condition, Value a, Value b) -> Value {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  };
  unsigned width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  Value base = op.getLhs(), exponent = op.getRhs();
  Value zero = constant(0), one = constant(1), minusOne = constant(-1);
  Value power = one, square = base, rest = exponent;
  for (unsigned bit = 0; bit + 1 < width; ++bit) {
    Value odd = compare(arith::CmpIPredicate::ne,
                        arith::AndIOp::create(builder, loc, rest, one), zero);
    power =
        select(odd, arith::MulIOp::create(builder, loc, power, square), power);
    square = arith::MulIOp::create(builder, loc, square, square);
    rest = arith::ShRUIOp::create(builder, loc, rest, one);
  }
  Value odd = compare(arith::CmpIPredicate::ne,
                      arith::AndIOp::create(builder, loc, exponent, one), zero);
  Value inverse =
      select(compare(arith::CmpIPredicate::eq, base, minusOne),
             select(odd, minusOne, one),
             select(compare(arith::CmpIPredicate::eq, base, one), one, zero));
  return select(compare(arith::CmpIPredicate::slt, exponent, zero), inverse,
                power);
}

/// `type` with elements of twice or half the width.
static Type withWidth(Type type, unsigned width) {
  Type element = IntegerType::get(type.getContext(), width);
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? Type(tensor.clone(element)) : element;
}

/// The high word of a product of 64-bit words, taken as unsigned, from the four
/// products of their halves.
static Value multiplyHigh(OpBuilder &builder, Location loc, Value a, Value b) {
  auto constant = [&](int64_t value) {
    return makeConstant(builder, loc, a.getType(),
                        builder.getI64IntegerAttr(value));
  };
  Value half = constant(32), mask = constant(0xFFFFFFFF);
  auto high = [&](Value value) -> Value {
    return arith::ShRUIOp::create(builder, loc, value, half);
  };
  auto low = [&](Value value) -> Value {
    return arith::AndIOp::create(builder, loc, value, mask);
  };
  auto multiply = [&](Value x, Value y) -> Value {
    return arith::MulIOp::create(builder, loc, x, y);
  };
  auto add = [&](Value x, Value y) -> Value {
    return arith::AddIOp::create(builder, loc, x, y);
  };
  // None of the sums overflows.
  Value first = add(multiply(high(a), low(b)), high(multiply(low(a), low(b))));
  Value second = add(multiply(low(a), high(b)), low(first));
  return add(multiply(high(a), high(b)), add(high(first), high(second)));
}

/// The low and the high word of a product.
static SmallVector<Value> expandProduct(OpBuilder &builder, Operation *op) {
  Location loc = op->getLoc();
  Value a = op->getOperand(0), b = op->getOperand(1);
  Type type = a.getType();
  unsigned width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  bool isSigned = isa<arith::MulSIExtendedOp>(op);
  Value product = arith::MulIOp::create(builder, loc, a, b);
  if (width <= 32) {
    // One bit has no type of twice its width here; any that is wider will do.
    Type wide = withWidth(type, std::max(8u, 2 * width));
    auto extend = [&](Value value) -> Value {
      if (isSigned)
        return arith::ExtSIOp::create(builder, loc, wide, value);
      return arith::ExtUIOp::create(builder, loc, wide, value);
    };
    Value whole = arith::MulIOp::create(builder, loc, extend(a), extend(b));
    Value shift =
        makeConstant(builder, loc, wide,
                     builder.getIntegerAttr(getElementTypeOrSelf(wide), width));
    Value high = arith::ShRUIOp::create(builder, loc, whole, shift);
    return {product, arith::TruncIOp::create(builder, loc, type, high)};
  }
  Value high = multiplyHigh(builder, loc, a, b);
  if (!isSigned)
    return {product, high};
  // A negative word is 2^64 less than the same word taken as unsigned.
  Value zero = makeConstant(builder, loc, type, builder.getI64IntegerAttr(0));
  auto correct = [&](Value factor, Value other) {
    Value isNegative = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, factor, zero);
    Value excess =
        arith::SelectOp::create(builder, loc, isNegative, other, zero);
    high = arith::SubIOp::create(builder, loc, high, excess);
  };
  correct(a, b);
  correct(b, a);
  return {product, high};
}

static void expandArith(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  for (Operation *op : findOps<arith::ArithDialect>(function)) {
    rewriter.setInsertionPoint(op);
    if (isa<arith::MulSIExtendedOp, arith::MulUIExtendedOp>(op) &&
        !getElementTypeOrSelf(op->getOperand(0).getType()).isIndex()) {
      rewriter.replaceOp(op, expandProduct(rewriter, op));
    } else if (auto add = dyn_cast<arith::AddUIExtendedOp>(op)) {
      Value sum = arith::AddIOp::create(rewriter, add.getLoc(), add.getLhs(),
                                        add.getRhs());
      Value overflow = arith::CmpIOp::create(
          rewriter, add.getLoc(), arith::CmpIPredicate::ult, sum, add.getLhs());
      rewriter.replaceOp(add, {sum, overflow});
    } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (DenseElementsAttr dense = makeDense(constant.getValue()))
        constant.setValueAttr(dense);
    }
  }
}

static void expandMath(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  for (Operation *op : findOps<math::MathDialect>(function)) {
    rewriter.setInsertionPoint(op);
    llvm::TypeSwitch<Operation *>(op)
        .Case<math::IsNaNOp, math::IsInfOp, math::IsFiniteOp, math::IsNormalOp>(
            [&](Operation *question) {
              rewriter.replaceOp(question,
                                 expandFloatClass(rewriter, question));
            })
        .Case([&](math::IPowIOp power) {
          rewriter.replaceOp(power, expandIPowI(rewriter, power));
        })
        .Case([&](math::SincosOp both) {
          Value x = both.getOperand();
          Value sine = math::SinOp::create(rewriter, both.getLoc(), x);
          Value cosine = math::CosOp::create(rewriter, both.getLoc(), x);
          rewriter.replaceOp(both, {sine, cosine});
        });
  }
}

//===----------------------------------------------------------------------===//
// Gather and scatter
//===----------------------------------------------------------------------===//

static bool isStatic(Operation *op) {
  auto isDynamic = [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && !shaped.hasStaticShape();
  };
  return llvm::none_of(op->getOperandTypes(), isDynamic) &&
         llvm::none_of(op->getResultTypes(), isDynamic);
}

static Value toIndex(OpBuilder &builder, Location loc, Value value) {
  if (value.getType().isIndex())
    return value;
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    value);
}

/// Element [batch.., slice..] of the result is element `position` of the
/// source: along gathered dimensions what the indices say at [batch..], along
/// the others the same as in the slice.
static void expandGather(IRRewriter &rewriter, tensor::GatherOp op) {
  Location loc = op.getLoc();
  RankedTensorType sourceType = op.getSourceType(), type = op.getResultType();
  int64_t batchRank = op.getIndicesType().getRank() - 1;
  bool keepsUnitDims = type.getRank() == batchRank + sourceType.getRank();
  auto body = [&](OpBuilder &builder, Location, ValueRange at) {
    SmallVector<Value> position;
    int64_t next = batchRank;
    for (int64_t dim = 0; dim < sourceType.getRank(); ++dim) {
      auto gathered = llvm::find(op.getGatherDims(), dim);
      if (gathered == op.getGatherDims().end()) {
        position.push_back(at[next++]);
        continue;
      }
      next += keepsUnitDims;
      SmallVector<Value> entry(at.take_front(batchRank));
      entry.push_back(arith::ConstantIndexOp::create(
          builder, loc, gathered - op.getGatherDims().begin()));
      Value index =
          tensor::ExtractOp::create(builder, loc, op.getIndices(), entry);
      position.push_back(toIndex(builder, loc, index));
    }
    Value element =
        tensor::ExtractOp::create(builder, loc, op.getSource(), position);
    tensor::YieldOp::create(builder, loc, element);
  };
  rewriter.setInsertionPoint(op);
  rewriter.replaceOpWithNewOp<tensor::GenerateOp>(op, type, ValueRange(), body);
}

/// Each element of the destination takes the source's element whose index it
/// is, or else stays: a reduction over the list of indices.
static void expandScatter(IRRewriter &rewriter, tensor::ScatterOp op) {
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  int64_t rank = op.getDestType().getRank();
  int64_t batchRank = op.getIndicesType().getRank() - 1;
  ArrayRef<int64_t> scattered = op.getScatterDims();
  bool keepsUnitDims = op.getSourceType().getRank() == batchRank + rank;
  auto getMap = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(rank + batchRank, 0, exprs, context);
  };
  SmallVector<AffineExpr> batch, slice;
  for (int64_t dim = 0; dim < batchRank; ++dim)
    batch.push_back(rewriter.getAffineDimExpr(rank + dim));
  slice = batch;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(scattered, dim))
      slice.push_back(rewriter.getAffineDimExpr(dim));
    else if (keepsUnitDims)
      slice.push_back(rewriter.getAffineConstantExpr(0));
  SmallVector<AffineMap> maps{getMap(slice)};
  SmallVector<Value> inputs{op.getSource()};
  for (size_t number = 0; number < scattered.size(); ++number) {
    SmallVector<AffineExpr> entry = batch;
    entry.push_back(rewriter.getAffineConstantExpr(number));
    maps.push_back(getMap(entry));
    inputs.push_back(op.getIndices());
  }
  SmallVector<AffineExpr> all;
  for (int64_t dim = 0; dim < rank; ++dim)
    all.push_back(rewriter.getAffineDimExpr(dim));
  maps.push_back(getMap(all));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.append(batchRank, utils::IteratorType::reduction);
  auto body = [&](OpBuilder &builder, Location, ValueRange values) {
    Value here;
    for (auto [number, dim] : llvm::enumerate(scattered)) {
      Value position = linalg::IndexOp::create(builder, loc, dim);
      Value same = arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::eq, position,
          toIndex(builder, loc, values[1 + number]));
      here = here ? arith::AndIOp::create(builder, loc, here, same) : same;
    }
    Value next = arith::SelectOp::create(builder, loc, here, values.front(),
                                         values.back());
    linalg::YieldOp::create(builder, loc, next);
  };
  rewriter.setInsertionPoint(op);
  rewriter.replaceOpWithNewOp<linalg::GenericOp>(
      op, op.getResultType(), inputs, op.getDest(), maps, iterators, body);
}

void qimeng::expandOperations(ModuleOp module) {
  module.getContext()
      ->loadDialect<arith::ArithDialect, linalg::LinalgDialect,
                    math::MathDialect, scf::SCFDialect,
                    tensor::TensorDialect>();
  IRRewriter rewriter(module.getContext());
  for (auto function : module.getOps<func::FuncOp>()) {
    expandComplex(function);
    expandAffine(function);
    expandArith(function);
    expandMath(function);
    for (Operation *op : findOps<tensor::TensorDialect>(function)) {
      if (!isStatic(op))
        continue;
      if (auto gather = dyn_cast<tensor::GatherOp>(op))
        expandGather(rewriter, gather);
      else if (auto scatter = dyn_cast<tensor::ScatterOp>(op))
        expandScatter(rewriter, scatter);
    }
  }
}
