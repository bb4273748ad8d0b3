//===- ShapeOps.cpp - tensor operations and whole-tensor arithmetic -------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Partitioner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qimeng;

static Type elementOf(Value value) {
  return getElementTypeOrSelf(value.getType());
}

static SmallVector<AffineExpr> dimsOf(unsigned rank, MLIRContext *context) {
  SmallVector<AffineExpr> dims;
  for (unsigned dim = 0; dim < rank; ++dim)
    dims.push_back(getAffineDimExpr(dim, context));
  return dims;
}

AffineMap qimeng::getReshapeMap(ArrayRef<int64_t> from, ArrayRef<int64_t> to,
                                MLIRContext *context) {
  AffineExpr position = linearize(dimsOf(to.size(), context), to, context);
  return AffineMap::get(to.size(), 0, delinearize(position, from), context);
}

/// The message for an operand that depends on what tiles cannot express.
static LogicalResult reportUnsupported(Operation *op,
                                       const BodyEvaluator &evaluator) {
  InFlightDiagnostic error = op->emitOpError()
                             << "cannot become a kernel: its body holds an "
                                "operation that has no form on tiles. Write "
                                "the body with arith, math, tensor.extract and "
                                "scf.if";
  if (Operation *unsupported = evaluator.getUnsupported())
    error.attachNote(unsupported->getLoc())
        << "the operation is '" << unsupported->getName() << "'";
  return error;
}

LogicalResult Partitioner::convertConstant(Value result, ElementsAttr value) {
  Type element = value.getElementType();
  if (auto dense = dyn_cast<DenseElementsAttr>(value);
      dense && dense.isSplat()) {
    sources[result] =
        Source::constant(getShape(result), dense.getSplatValue<TypedAttr>());
    return success();
  }
  auto type = MemRefType::get(getShape(result), getStorageType(element));
  auto tensorType =
      RankedTensorType::get(getShape(result), type.getElementType());
  if (element.isIndex()) {
    SmallVector<APInt> values(value.getValues<APInt>());
    value = DenseElementsAttr::get(tensorType, values);
  }
  OpBuilder builder(main);
  auto global = memref::GlobalOp::create(
      builder, result.getLoc(), makeName("constant"),
      builder.getStringAttr("private"), type, value, /*constant=*/true,
      /*alignment=*/IntegerAttr());
  Value buffer = memref::GetGlobalOp::create(host, result.getLoc(), type,
                                             global.getSymName());
  setWhole(result, buffer);
  return success();
}

LogicalResult Partitioner::convertPad(tensor::PadOp op) {
  Value input = op.getSource(), result = op.getResult();
  Value value = op.getConstantPaddingValue();
  SmallVector<AffineExpr> exprs;
  for (auto [dim, low] : llvm::enumerate(op.getMixedLowPad())) {
    std::optional<int64_t> amount = getConstantIntValue(low);
    if (!amount)
      return op.emitOpError() << "pads by an amount that is not constant; "
                                 "export the program with fixed sizes";
    exprs.push_back(getAffineDimExpr(dim, context) - *amount);
  }
  AffineMap shift = AffineMap::get(exprs.size(), 0, exprs, context);
  const Source source = sources[input];

  // Zeros are what lies around an operand.
  Attribute constant;
  bool isZero = value && matchPattern(value, m_Constant(&constant)) &&
                (isa<FloatAttr>(constant)
                     ? cast<FloatAttr>(constant).getValue().isPosZero()
                     : cast<IntegerAttr>(constant).getValue().isZero());
  if (isZero && source.canBePadded()) {
    sources[result] = source.through(shift, getShape(result));
    sources[result].padded = true;
    return success();
  }

  KernelBuilder kernel(host, op.getLoc(), makeName(op), getShape(result));
  BodyEvaluator evaluator(kernel, sources);
  Tile inside;
  for (auto [expr, size] : llvm::zip_equal(exprs, getShape(input)))
    inside = kernel.conjunction(inside, kernel.isWithin(expr, size));
  Source padded = source;
  // What lies around a view may be other elements of its operand; they are not
  // selected.
  padded.padded = true;
  // The value may depend on the position.
  for (BlockArgument argument : op.getRegion().getArguments())
    evaluator.bind(argument, kernel.iota(argument.getArgNumber()));
  auto yield = cast<tensor::YieldOp>(op.getBody()->getTerminator());
  FailureOr<Tile> element = evaluator.read(padded, shift);
  FailureOr<Tile> around = evaluator.compute(yield.getValue());
  if (failed(element) || failed(around)) {
    abandon(kernel);
    return reportUnsupported(op, evaluator);
  }
  Type type = elementOf(result);
  finish(kernel,
         kernel.select(inside, kernel.convert(*element, type),
                       kernel.convert(*around, type)),
         result);
  return success();
}

LogicalResult Partitioner::convertConcat(tensor::ConcatOp op) {
  Value result = op.getResult();
  int64_t axis = op.getDim();
  KernelBuilder kernel(host, op.getLoc(), makeName(op), getShape(result));
  BodyEvaluator evaluator(kernel, sources);
  SmallVector<AffineExpr> exprs = dimsOf(getShape(result).size(), context);
  AffineExpr position = exprs[axis];
  int64_t offset = getShape(result)[axis];
  // From the last input to the first, each takes what lies before its end.
  Tile value;
  for (Value input : llvm::reverse(op.getInputs())) {
    offset -= getShape(input)[axis];
    exprs[axis] = position - offset;
    Source source = sources[input];
    source.padded = true;
    FailureOr<Tile> tile =
        evaluator.read(source, AffineMap::get(exprs.size(), 0, exprs, context));
    if (failed(tile)) {
      abandon(kernel);
      return reportUnsupported(op, evaluator);
    }
    Tile part = kernel.convert(*tile, elementOf(result));
    value = value.value
                ? kernel.select(
                      kernel.isWithin(position, offset + getShape(input)[axis]),
                      part, value)
                : part;
  }
  finish(kernel, value, result);
  return success();
}

/// An offset or a stride.
static FailureOr<Tile> computeAmount(KernelBuilder &kernel,
                                     BodyEvaluator &evaluator,
                                     OpFoldResult amount) {
  if (std::optional<int64_t> constant = getConstantIntValue(amount))
    return kernel.splat(kernel.getBuilder().getIndexAttr(*constant));
  return evaluator.compute(cast<Value>(amount));
}

/// `OpT` of two tiles of indices.
template <typename OpT>
static Tile combine(KernelBuilder &kernel, const Tile &a, const Tile &b) {
  Tile tiles[] = {a, b};
  SmallVector<int64_t> dims = kernel.unify(tiles);
  Value value = OpT::create(kernel.getBuilder(), kernel.getLoc(),
                            tiles[0].value, tiles[1].value);
  return {value, dims};
}

static Tile compare(KernelBuilder &kernel, arith::CmpIPredicate predicate,
                    const Tile &a, const Tile &b) {
  Tile tiles[] = {a, b};
  SmallVector<int64_t> dims = kernel.unify(tiles);
  Value value =
      arith::CmpIOp::create(kernel.getBuilder(), kernel.getLoc(), predicate,
                            tiles[0].value, tiles[1].value);
  return {value, dims};
}

/// The element of `source`, or of a buffer that it is a view of, at `indices`;
/// zero where they are outside.
static Tile gatherAt(KernelBuilder &kernel, const Source &source,
                     SmallVector<Tile> indices) {
  SmallVector<int64_t> dims = kernel.unify(indices);
  SmallVector<Value> values;
  for (Tile &index : indices)
    values.push_back(index.value);
  Value value =
      GatherOp::create(kernel.getBuilder(), kernel.getLoc(),
                       kernel.getType(dims, getStorageType(source.elementType)),
                       kernel.getGatherSource(source), values);
  return {value, dims};
}

void Partitioner::finishInsertion(KernelBuilder &kernel, const Tile &inside,
                                  const Tile &inserted, const Tile &base,
                                  Value result) {
  Type type = elementOf(result);
  finish(kernel,
         kernel.select(inside, kernel.convert(inserted, type),
                       kernel.convert(base, type)),
         result);
}

LogicalResult Partitioner::convertDynamicInsertSlice(tensor::InsertSliceOp op) {
  Value result = op.getResult();
  KernelBuilder kernel(host, op.getLoc(), makeName(op), getShape(result));
  BodyEvaluator evaluator(kernel, sources);
  auto index = [&](int64_t value) {
    return kernel.splat(kernel.getBuilder().getIndexAttr(value));
  };
  llvm::SmallBitVector dropped = op.getDroppedDims();
  Tile inside;
  auto require = [&](arith::CmpIPredicate predicate, const Tile &a,
                     const Tile &b) {
    inside = kernel.conjunction(inside, compare(kernel, predicate, a, b));
  };
  SmallVector<Tile> indices;
  for (auto [dim, offset, stride, size] : llvm::enumerate(
           op.getMixedOffsets(), op.getMixedStrides(), op.getStaticSizes())) {
    FailureOr<Tile> start = computeAmount(kernel, evaluator, offset);
    FailureOr<Tile> step = computeAmount(kernel, evaluator, stride);
    if (failed(start) || failed(step)) {
      abandon(kernel);
      return reportUnsupported(op, evaluator);
    }
    // Which element of the slice would be here, and whether it is just here.
    Tile distance = combine<arith::SubIOp>(kernel, kernel.iota(dim), *start);
    Tile position = distance;
    if (!isConstantIntValue(stride, 1)) {
      position = combine<arith::FloorDivSIOp>(kernel, distance, *step);
      require(arith::CmpIPredicate::eq,
              combine<arith::MulIOp>(kernel, position, *step), distance);
    }
    require(arith::CmpIPredicate::sge, position, index(0));
    require(arith::CmpIPredicate::slt, position, index(size));
    if (!dropped.test(dim))
      indices.push_back(position);
  }
  const Source source = sources[op.getSource()];
  FailureOr<Tile> inserted = source.kind == Source::Kind::Buffer
                                 ? gatherAt(kernel, source, indices)
                                 : evaluator.read(source, {});
  FailureOr<Tile> base = failure();
  if (succeeded(inserted))
    base = evaluator.read(sources[op.getDest()],
                          identity(getShape(result).size()));
  if (failed(base)) {
    abandon(kernel);
    return reportUnsupported(op, evaluator);
  }
  finishInsertion(kernel, inside, *inserted, *base, result);
  return success();
}

LogicalResult Partitioner::convertInsertSlice(tensor::InsertSliceOp op) {
  Value result = op.getResult();
  if (llvm::any_of(op.getStaticOffsets(), ShapedType::isDynamic) ||
      llvm::any_of(op.getStaticStrides(), [](int64_t stride) {
        return ShapedType::isDynamic(stride) || stride < 1;
      }))
    return convertDynamicInsertSlice(op);
  KernelBuilder kernel(host, op.getLoc(), makeName(op), getShape(result));
  BodyEvaluator evaluator(kernel, sources);
  ArrayRef<int64_t> sizes = op.getStaticSizes();
  llvm::SmallBitVector dropped = op.getDroppedDims();
  Tile inside;
  SmallVector<AffineExpr> exprs;
  for (auto [dim, offset] : llvm::enumerate(op.getStaticOffsets())) {
    int64_t stride = op.getStaticStrides()[dim];
    AffineExpr distance = getAffineDimExpr(dim, context) - offset;
    inside = kernel.conjunction(
        inside,
        kernel.isWithin(distance, (sizes[dim] - 1) * stride + 1, stride));
    if (!dropped.test(dim))
      exprs.push_back(distance.floorDiv(stride));
  }
  Source source = sources[op.getSource()];
  source.padded = true;
  FailureOr<Tile> inserted =
      evaluator.read(source, AffineMap::get(sizes.size(), 0, exprs, context));
  FailureOr<Tile> base = failure();
  if (succeeded(inserted))
    base = evaluator.read(sources[op.getDest()], identity(sizes.size()));
  if (failed(base)) {
    abandon(kernel);
    return reportUnsupported(op, evaluator);
  }
  finishInsertion(kernel, inside, *inserted, *base, result);
  return success();
}

LogicalResult Partitioner::convertInsert(tensor::InsertOp op) {
  Value result = op.getResult();
  ArrayRef<int64_t> shape = getShape(result);
  KernelBuilder kernel(host, op.getLoc(), makeName(op), shape);
  BodyEvaluator evaluator(kernel, sources);
  OpBuilder &builder = kernel.getBuilder();
  FailureOr<Tile> scalar = evaluator.evaluate(op.getScalar());
  FailureOr<Tile> base =
      evaluator.read(sources[op.getDest()], identity(shape.size()));
  Tile here;
  for (auto [dim, index] : llvm::enumerate(op.getIndices())) {
    FailureOr<Tile> position = evaluator.compute(index);
    if (failed(position) || failed(scalar) || failed(base))
      break;
    Tile tiles[] = {kernel.iota(dim), *position};
    SmallVector<int64_t> dims = kernel.unify(tiles);
    here = kernel.conjunction(
        here,
        {arith::CmpIOp::create(builder, op.getLoc(), arith::CmpIPredicate::eq,
                               tiles[0].value, tiles[1].value),
         dims});
  }
  if (evaluator.getUnsupported()) {
    abandon(kernel);
    return reportUnsupported(op, evaluator);
  }
  finishInsertion(kernel, here, *scalar, *base, result);
  return success();
}

LogicalResult Partitioner::convertGenerate(tensor::GenerateOp op) {
  Value result = op.getResult();
  KernelBuilder kernel(host, op.getLoc(), makeName(op), getShape(result));
  BodyEvaluator evaluator(kernel, sources);
  for (BlockArgument argument : op.getBody().getArguments())
    evaluator.bind(argument, kernel.iota(argument.getArgNumber()));
  auto yield = cast<tensor::YieldOp>(op.getBody().front().getTerminator());
  FailureOr<Tile> value = evaluator.compute(yield.getValue());
  if (failed(value)) {
    abandon(kernel);
    return reportUnsupported(op, evaluator);
  }
  finish(kernel, *value, result);
  return success();
}

LogicalResult Partitioner::convertFromElements(tensor::FromElementsOp op) {
  Value result = op.getResult();
  ArrayRef<int64_t> shape = getShape(result);
  if (op.getElements().size() == 1) {
    sources[result] = Source::uniform(shape, op.getElements().front());
    return success();
  }
  KernelBuilder kernel(host, op.getLoc(), makeName(op), shape);
  BodyEvaluator evaluator(kernel, sources);
  AffineExpr position =
      linearize(dimsOf(shape.size(), context), shape, context);
  Tile value;
  for (size_t number = op.getElements().size(); number-- > 0;) {
    FailureOr<Tile> tile = evaluator.compute(op.getElements()[number]);
    if (failed(tile)) {
      abandon(kernel);
      return reportUnsupported(op, evaluator);
    }
    value = value.value ? kernel.select(kernel.isWithin(position, number + 1),
                                        *tile, value)
                        : *tile;
  }
  finish(kernel, value, result);
  return success();
}

LogicalResult Partitioner::convertDynamicSlice(tensor::ExtractSliceOp op) {
  Value result = op.getResult();
  ArrayRef<int64_t> shape = getShape(result);
  const Source source = sources[op.getSource()];
  if (source.kind != Source::Kind::Buffer) {
    sources[result] = source.through({}, shape);
    return success();
  }
  KernelBuilder kernel(host, op.getLoc(), makeName(op), shape);
  BodyEvaluator evaluator(kernel, sources);
  llvm::SmallBitVector dropped = op.getDroppedDims();
  // Offset + position * stride, along each dimension of the source.
  SmallVector<Tile> indices;
  int64_t position = 0;
  for (auto [dim, offset, stride] :
       llvm::enumerate(op.getMixedOffsets(), op.getMixedStrides())) {
    FailureOr<Tile> start = computeAmount(kernel, evaluator, offset);
    FailureOr<Tile> step = computeAmount(kernel, evaluator, stride);
    if (failed(start) || failed(step)) {
      abandon(kernel);
      return reportUnsupported(op, evaluator);
    }
    if (dropped.test(dim)) {
      indices.push_back(*start);
      continue;
    }
    Tile distance =
        combine<arith::MulIOp>(kernel, kernel.iota(position++), *step);
    indices.push_back(combine<arith::AddIOp>(kernel, distance, *start));
  }
  finish(kernel, gatherAt(kernel, source, indices), result);
  return success();
}

LogicalResult Partitioner::convertTensorArithmetic(Operation *op) {
  if (!BodyEvaluator::canApply(op))
    return op->emitOpError() << "is not supported on whole tensors; write it "
                                "as linalg.generic";
  Value result = op->getResult(0);
  unsigned rank = getShape(result).size();
  KernelBuilder kernel(host, op->getLoc(), makeName(op, "elementwise"),
                       getShape(result));
  BodyEvaluator evaluator(kernel, sources);
  SmallVector<Tile> operands;
  for (Value operand : op->getOperands()) {
    auto it = sources.find(operand);
    FailureOr<Tile> tile =
        it == sources.end()
            ? evaluator.evaluate(operand)
            : evaluator.read(
                  it->second,
                  selectDims(rank, 0, it->second.shape.size(), context));
    if (failed(tile)) {
      abandon(kernel);
      return reportUnsupported(op, evaluator);
    }
    operands.push_back(*tile);
  }
  finish(kernel, evaluator.apply(op, operands), result);
  return success();
}

LogicalResult Partitioner::convertShapeOp(Operation *op) {
  auto reshape = [&](Value input, Value result) {
    sources[result] = sources[input].through(
        getReshapeMap(getShape(input), getShape(result), context),
        getShape(result));
    return success();
  };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tensor::EmptyOp>([&](auto empty) {
        // Never read in a legal program; zero keeps results definite.
        Type type = elementOf(empty.getResult());
        auto zero = cast<TypedAttr>(Builder(context).getZeroAttr(type));
        sources[empty.getResult()] =
            Source::constant(getShape(empty.getResult()), zero);
        return success();
      })
      .Case<tensor::SplatOp>([&](auto splat) {
        sources[splat.getResult()] =
            Source::uniform(getShape(splat.getResult()), splat.getInput());
        return success();
      })
      .Case<tensor::CastOp>([&](auto cast) {
        Source source = sources[cast.getSource()];
        sources[cast.getResult()] = source;
        return success();
      })
      .Case<tensor::CollapseShapeOp, tensor::ExpandShapeOp>([&](auto shape) {
        return reshape(shape.getSrc(), shape.getResult());
      })
      .Case<tensor::ReshapeOp>([&](auto shape) {
        return reshape(shape.getSource(), shape.getResult());
      })
      .Case<tensor::ExtractSliceOp>([&](tensor::ExtractSliceOp slice) {
        auto isDynamic = [](ArrayRef<int64_t> values) {
          return llvm::any_of(values, ShapedType::isDynamic);
        };
        if (isDynamic(slice.getStaticOffsets()) ||
            isDynamic(slice.getStaticStrides()))
          return convertDynamicSlice(slice);
        llvm::SmallBitVector dropped = slice.getDroppedDims();
        SmallVector<AffineExpr> exprs;
        unsigned kept = 0;
        for (auto [dim, offset] : llvm::enumerate(slice.getStaticOffsets())) {
          AffineExpr expr = getAffineConstantExpr(offset, context);
          if (!dropped.test(dim))
            expr = getAffineDimExpr(kept++, context) *
                       slice.getStaticStrides()[dim] +
                   expr;
          exprs.push_back(expr);
        }
        Value result = slice.getResult();
        sources[result] = sources[slice.getSource()].through(
            AffineMap::get(kept, 0, exprs, context), getShape(result));
        return success();
      })
      .Case<tensor::PadOp>([&](auto pad) { return convertPad(pad); })
      .Case<tensor::ConcatOp>(
          [&](auto concat) { return convertConcat(concat); })
      .Case<tensor::InsertSliceOp>(
          [&](auto insert) { return convertInsertSlice(insert); })
      .Case<tensor::InsertOp>(
          [&](auto insert) { return convertInsert(insert); })
      .Case<tensor::GenerateOp>(
          [&](auto generate) { return convertGenerate(generate); })
      .Case<tensor::FromElementsOp>(
          [&](auto elements) { return convertFromElements(elements); })
      .Case<tensor::BitcastOp>([&](auto bitcast) {
        Value result = bitcast.getResult();
        unsigned rank = getShape(result).size();
        KernelBuilder kernel(host, op->getLoc(), makeName(op),
                             getShape(result));
        BodyEvaluator evaluator(kernel, sources);
        FailureOr<Tile> tile =
            evaluator.read(sources[bitcast.getSource()], identity(rank));
        if (failed(tile)) {
          abandon(kernel);
          return reportUnsupported(op, evaluator);
        }
        Tile bits = kernel.convert(*tile, elementOf(bitcast.getSource()));
        bits.value = arith::BitcastOp::create(
            kernel.getBuilder(), op->getLoc(),
            kernel.getType(bits.dims, elementOf(result)), bits.value);
        finish(kernel, bits, result);
        return success();
      })
      .Default([&](Operation *) {
        return op->emitOpError()
               << "is not supported in a tensor program; expected another "
                  "tensor operation or linalg.generic";
      });
}
