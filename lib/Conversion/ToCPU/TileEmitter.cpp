//===- TileEmitter.cpp - Elements of tiles as scalar code -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Conversion/ToCPU/ToCPU.h"
#include "llvm/ADT/TypeSwitch.h"
#include <optional>

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// ViolationSites
//===----------------------------------------------------------------------===//

int64_t ViolationSites::get(Operation *op, StringRef what) {
  auto [it, isNew] = numbers.try_emplace({op, what.str()}, sites.size());
  if (isNew)
    sites.emplace_back(op->getLoc(), what.str());
  return it->second;
}

ArrayAttr ViolationSites::getAttr(MLIRContext *context) const {
  Builder builder(context);
  SmallVector<Attribute> rows;
  for (const auto &[location, what] : sites)
    rows.push_back(builder.getArrayAttr(
        {LocationAttr(location), builder.getStringAttr(what)}));
  return builder.getArrayAttr(rows);
}

//===----------------------------------------------------------------------===//
// Building blocks
//===----------------------------------------------------------------------===//

TileEmitter::TileEmitter(func::FuncOp function, ViolationSites &sites)
    : builder(function.getContext()), function(function), sites(sites) {
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  anchor = func::ReturnOp::create(builder, function.getLoc());
  // Constants and buffers go before the anchor, code between it and the return.
  builder.setInsertionPointToStart(entry);
  Value zero = arith::ConstantIndexOp::create(builder, function.getLoc(), 0);
  builder.setInsertionPoint(anchor);
  anchor = zero.getDefiningOp();
  constants[builder.getIndexAttr(0)] = zero;
}

Value TileEmitter::constant(TypedAttr value) {
  Value &known = constants[value];
  if (!known) {
    OpBuilder entry(anchor);
    known = arith::ConstantOp::create(entry, function.getLoc(), value);
  }
  return known;
}

Value TileEmitter::index(int64_t value) {
  return constant(builder.getIndexAttr(value));
}

Value TileEmitter::allocate(ArrayRef<int64_t> shape, Type element) {
  OpBuilder entry(anchor);
  Value buffer = memref::AllocOp::create(entry, function.getLoc(),
                                         MemRefType::get(shape, element));
  buffers.push_back(buffer);
  return buffer;
}

void TileEmitter::finish() {
  for (Value buffer : buffers)
    memref::DeallocOp::create(builder, function.getLoc(), buffer);
}

SmallVector<Value> TileEmitter::loop(Location loc, ArrayRef<int64_t> sizes,
                                     ValueRange inits, LoopBody body) {
  OpBuilder::InsertionGuard guard(builder);
  auto outside = known;
  SmallVector<Value> at, carried(inits), results;
  SmallVector<scf::ForOp> loops;
  for (int64_t size : sizes) {
    if (size == 1) {
      at.push_back(index(0));
      continue;
    }
    auto loop = scf::ForOp::create(builder, loc, index(0), index(size),
                                   index(1), carried);
    loops.push_back(loop);
    at.push_back(loop.getInductionVar());
    carried.assign(loop.getRegionIterArgs().begin(),
                   loop.getRegionIterArgs().end());
    builder.setInsertionPointToStart(loop.getBody());
  }
  results = body(at, carried);
  for (scf::ForOp loop : llvm::reverse(loops)) {
    if (!results.empty()) {
      builder.setInsertionPointToEnd(loop.getBody());
      scf::YieldOp::create(builder, loc, results);
    }
    results.assign(loop.getResults().begin(), loop.getResults().end());
  }
  known = std::move(outside);
  return results;
}

void TileEmitter::loop(Location loc, ArrayRef<int64_t> sizes,
                       function_ref<void(Indices)> body) {
  loop(loc, sizes, ValueRange(), [&](Indices at, ValueRange) {
    body(at);
    return SmallVector<Value>();
  });
}

static SmallVector<Value> concat(ArrayRef<Value> a, ArrayRef<Value> b) {
  SmallVector<Value> both(a);
  llvm::append_range(both, b);
  return both;
}

Value TileEmitter::read(const Storage &from, Indices at, Location loc) {
  return memref::LoadOp::create(builder, loc, from.buffer,
                                concat(from.prefix, at));
}

void TileEmitter::write(Value value, const Storage &to, Indices at,
                        Location loc) {
  memref::StoreOp::create(builder, loc, value, to.buffer,
                          concat(to.prefix, at));
}

void TileEmitter::fill(Value tile, const Storage &to,
                       function_ref<Value(Value)> convert) {
  auto type = cast<RankedTensorType>(tile.getType());
  loop(tile.getLoc(), type.getShape(), [&](Indices at) {
    Value value = element(tile, at);
    write(convert ? convert(value) : value, to, at, tile.getLoc());
  });
}

void TileEmitter::materialize(Value tile) {
  if (storage.contains(tile))
    return;
  auto type = cast<RankedTensorType>(tile.getType());
  Storage buffer{allocate(type.getShape(), type.getElementType()), {}};
  fill(tile, buffer);
  storage[tile] = buffer;
}

void TileEmitter::report(Operation *op, StringRef what) {
  func::CallOp::create(
      builder, op->getLoc(), violationFunction, TypeRange(),
      ValueRange(constant(builder.getI64IntegerAttr(sites.get(op, what)))));
}

//===----------------------------------------------------------------------===//
// Guarded accesses
//===----------------------------------------------------------------------===//

/// Bounds of `expr` while dimension i counts from 0 to sizes[i]-1.
static std::optional<std::pair<int64_t, int64_t>>
boundsOf(AffineExpr expr, ArrayRef<int64_t> sizes) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {{constant.getValue(), constant.getValue()}};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return {{0, sizes[dim.getPosition()] - 1}};
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto a = boundsOf(binary.getLHS(), sizes),
       b = boundsOf(binary.getRHS(), sizes);
  if (!a || !b)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return {{a->first + b->first, a->second + b->second}};
  int64_t factor = b->first;
  if (factor != b->second)
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return {{std::min(a->first * factor, a->second * factor),
             std::max(a->first * factor, a->second * factor)}};
  case AffineExprKind::Mod:
    if (factor <= 0)
      return std::nullopt;
    return {{0, a->first >= 0 ? std::min(factor - 1, a->second) : factor - 1}};
  case AffineExprKind::FloorDiv:
    if (factor <= 0 || a->first < 0)
      return std::nullopt;
    return {{a->first / factor, a->second / factor}};
  case AffineExprKind::CeilDiv:
    if (factor <= 0 || a->first < 0)
      return std::nullopt;
    return {
        {(a->first + factor - 1) / factor, (a->second + factor - 1) / factor}};
  default:
    return std::nullopt;
  }
}

Value TileEmitter::allInside(Location loc, Indices indices,
                             ArrayRef<int64_t> shape,
                             function_ref<bool(unsigned)> isProved) {
  Value all;
  for (auto [dim, value] : llvm::enumerate(indices)) {
    if (isProved(dim))
      continue;
    // Unsigned, so that what is below zero is outside, too.
    Value inside = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::ult, value, index(shape[dim]));
    all = all ? arith::AndIOp::create(builder, loc, all, inside).getResult()
              : inside;
  }
  return all;
}

Value TileEmitter::place(Location loc, Value source, OperandRange offsets,
                         ArrayRef<int64_t> shape, Indices at,
                         SmallVectorImpl<Value> &indices) {
  ArrayRef<int64_t> whole = getSourceShape(source);
  SmallVector<bool> proved;
  for (auto [dim, position] : llvm::enumerate(at)) {
    IntegerAttr offset = builder.getIndexAttr(0);
    bool isConstant =
        offsets.empty() || matchPattern(offsets[dim], m_Constant(&offset));
    int64_t start = isConstant ? offset.getInt() : 0;
    proved.push_back(isConstant && start >= 0 &&
                     start + shape[dim] <= whole[dim]);
    if (isConstant && start == 0) {
      indices.push_back(position);
      continue;
    }
    indices.push_back(arith::AddIOp::create(builder, loc, position,
                                            scalars.lookup(offsets[dim])));
  }
  return allInside(loc, indices, whole,
                   [&](unsigned dim) { return proved[dim]; });
}

Value TileEmitter::guarded(Operation *op, ArrayRef<Guard> guards, Type result,
                           function_ref<Value()> body) {
  if (guards.empty())
    return body();
  Guard first = guards.front();
  if (!first.inside)
    return guarded(op, guards.drop_front(), result, body);
  Location loc = op->getLoc();
  auto branch = scf::IfOp::create(
      builder, loc, result ? TypeRange(result) : TypeRange(), first.inside,
      /*withElseRegion=*/result || !first.outside.empty());
  OpBuilder::InsertionGuard insertion(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value value = guarded(op, guards.drop_front(), result, body);
  if (result)
    scf::YieldOp::create(builder, loc, value);
  if (result || !first.outside.empty()) {
    builder.setInsertionPointToStart(branch.elseBlock());
    if (!first.outside.empty())
      report(op, first.outside);
    if (result)
      scf::YieldOp::create(builder, loc, constant(builder.getZeroAttr(result)));
  }
  return result ? branch.getResult(0) : Value();
}

Value TileEmitter::access(Operation *op, Value source, Indices at, Guard guard,
                          Type result,
                          function_ref<Value(Value, Indices)> body) {
  Location loc = op->getLoc();
  Access access = getAccess(source);
  Value operand = scalars.lookup(access.operand);
  if (access.map.isIdentity() && !access.padded)
    return guarded(op, guard, result, [&] { return body(operand, at); });
  // Index arithmetic is total, so it may stand before the guards.
  auto indices = *affine::expandAffineMap(builder, loc, access.map, at);
  ArrayRef<int64_t> shape = cast<MemRefType>(operand.getType()).getShape();
  Value inside = allInside(loc, indices, shape, [&](unsigned dim) {
    auto bounds = boundsOf(access.map.getResult(dim), getSourceShape(source));
    return bounds && bounds->first >= 0 && bounds->second < shape[dim];
  });
  Guard outer{inside, access.padded
                          ? StringRef()
                          : "the view leaves its operand, and is not padded"};
  return guarded(op, {guard, outer}, result,
                 [&] { return body(operand, indices); });
}

void TileEmitter::writeElement(StoreOp store, Indices at) {
  SmallVector<Value> indices;
  auto type = cast<RankedTensorType>(store.getValue().getType());
  Value value = element(store.getValue(), at);
  Value inside = place(store.getLoc(), store.getTarget(), store.getOffsets(),
                       type.getShape(), at, indices);
  access(store, store.getTarget(), indices,
         {inside, store.getMasked() ? StringRef()
                                    : "writes outside, and is not masked"},
         Type(), [&](Value operand, Indices indices) {
           memref::StoreOp::create(builder, store.getLoc(), value, operand,
                                   indices);
           return Value();
         });
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Value TileEmitter::element(Value tile, Indices at) {
  std::vector<void *> key;
  for (Value value : at)
    key.push_back(value.getAsOpaquePointer());
  std::pair<void *, std::vector<void *>> place{tile.getAsOpaquePointer(),
                                               std::move(key)};
  auto it = known.find(place);
  if (it != known.end())
    return it->second;
  auto stored = storage.find(tile);
  Value value = stored == storage.end()
                    ? compute(tile, at)
                    : read(stored->second, at, tile.getLoc());
  known[place] = value;
  return value;
}

Value TileEmitter::compute(Value tile, Indices at) {
  Operation *op = tile.getDefiningOp();
  Location loc = op->getLoc();
  auto type = cast<RankedTensorType>(tile.getType());
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](LoadOp load) {
        SmallVector<Value> indices;
        Value inside = place(loc, load.getSource(), load.getOffsets(),
                             type.getShape(), at, indices);
        return access(
            load, load.getSource(), indices,
            {inside, load.getMasked() ? StringRef()
                                      : "reads outside, and is not masked"},
            type.getElementType(),
            [&](Value operand, Indices indices) -> Value {
              return memref::LoadOp::create(builder, loc, operand, indices);
            });
      })
      .Case([&](GatherOp gather) {
        SmallVector<Value> indices;
        for (Value index : gather.getIndices())
          indices.push_back(element(index, at));
        Value inside =
            allInside(loc, indices, getSourceShape(gather.getSource()),
                      [](unsigned) { return false; });
        return access(gather, gather.getSource(), indices, {inside, {}},
                      type.getElementType(),
                      [&](Value operand, Indices indices) -> Value {
                        return memref::LoadOp::create(builder, loc, operand,
                                                      indices);
                      });
      })
      .Case([&](BroadcastOp broadcast) {
        SmallVector<Value> kept;
        for (auto [dim, value] : llvm::enumerate(at))
          if (!llvm::is_contained(broadcast.getAxes(),
                                  static_cast<int64_t>(dim)))
            kept.push_back(value);
        return element(broadcast.getInput(), kept);
      })
      .Case([&](TransposeOp transpose) {
        SmallVector<Value> inner(at.size());
        for (auto [dim, from] : llvm::enumerate(transpose.getPermutation()))
          inner[from] = at[dim];
        return element(transpose.getInput(), inner);
      })
      .Case([&](IotaOp iota) -> Value {
        Value position = at[iota.getDim()];
        if (!iota.getOffset())
          return position;
        return arith::AddIOp::create(builder, loc, position,
                                     scalars.lookup(iota.getOffset()));
      })
      .Case([&](tensor::SplatOp splat) {
        return scalars.lookup(splat.getInput());
      })
      .Case([&](arith::ConstantOp splat) {
        auto elements = cast<SplatElementsAttr>(splat.getValue());
        return constant(elements.getSplatValue<TypedAttr>());
      })
      .Default([&](Operation *) { return computeElementwise(op, at); });
}

Value TileEmitter::computeElementwise(Operation *op, Indices at) {
  OperationState state(op->getLoc(), op->getName());
  for (Value operand : op->getOperands())
    state.operands.push_back(isa<RankedTensorType>(operand.getType())
                                 ? element(operand, at)
                                 : scalars.lookup(operand));
  for (Type type : op->getResultTypes())
    state.types.push_back(cast<RankedTensorType>(type).getElementType());
  state.addAttributes(op->getAttrDictionary().getValue());
  return builder.create(state)->getResult(0);
}
