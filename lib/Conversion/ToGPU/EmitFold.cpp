//===- EmitFold.cpp - Folds by any function -------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

static RankedTensorType tileType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Writes `block` on scalars, with branches and loops; the terminator's
/// operands go to `yielded`. Indices are i64, like the elements of index tiles.
LogicalResult KernelEmitter::emitFoldBody(Block &block, IRMapping &values,
                                          Regs &yielded) {
  // A constant may have been moved out of the body; scalars of the kernel that
  // are indices are i32.
  auto find = [&](Value value) -> Value {
    if (Value known = values.lookupOrNull(value))
      return known;
    Value outside = scalar(value);
    if (outside && value.getType().isIndex())
      outside = arith::ExtSIOp::create(b, b.getI64Type(), outside);
    return outside;
  };
  auto typesOf = [&](ValueRange results) {
    SmallVector<Type> types;
    for (Value result : results)
      types.push_back(registerType(result.getType()));
    return types;
  };
  auto emitInto = [&](Block &from, Block *to) -> LogicalResult {
    OpBuilder::InsertionGuard guard(b);
    if (!to->empty() && to->back().hasTrait<OpTrait::IsTerminator>())
      to->back().erase();
    b.setInsertionPointToEnd(to);
    Regs inner;
    LogicalResult status = emitFoldBody(from, values, inner);
    scf::YieldOp::create(b, inner);
    return status;
  };
  for (Operation &op : block.without_terminator()) {
    b.setLoc(op.getLoc());
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      TypedAttr value = constant.getValue();
      if (value.getType().isIndex())
        value = b.getI64IntegerAttr(cast<IntegerAttr>(value).getInt());
      values.map(constant.getResult(),
                 Value(arith::ConstantOp::create(b, value)));
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(find(operand));
    if (llvm::is_contained(operands, Value()))
      return op.emitOpError() << "in a fold uses what is no scalar";
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      bool needsElse = branch.elseBlock() != nullptr;
      auto emitted = scf::IfOp::create(b, typesOf(branch.getResults()),
                                       operands[0], needsElse);
      if (failed(emitInto(*branch.thenBlock(),
                          &emitted.getThenRegion().front())) ||
          (needsElse && failed(emitInto(*branch.elseBlock(),
                                        &emitted.getElseRegion().front()))))
        return failure();
      values.map(branch.getResults(), emitted.getResults());
      continue;
    }
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      auto emitted =
          scf::ForOp::create(b, operands[0], operands[1], operands[2],
                             ArrayRef<Value>(operands).drop_front(3));
      values.map(loop.getBody()->getArguments(),
                 emitted.getBody()->getArguments());
      if (failed(emitInto(*loop.getBody(), emitted.getBody())))
        return failure();
      values.map(loop.getResults(), emitted.getResults());
      continue;
    }
    Value value;
    if (op.getNumResults() == 1 && op.getNumRegions() == 0)
      value =
          emitScalarOp(&op, operands, registerType(op.getResult(0).getType()));
    if (!value)
      return op.emitOpError() << "in a fold cannot be lowered to a GPU";
    values.map(op.getResult(0), value);
  }
  for (Value value : block.getTerminator()->getOperands())
    yielded.push_back(find(value));
  return success();
}

/// Any function, in order: the inputs go to shared memory, then each thread
/// walks the axes for its own positions. Without axes nothing moves.
LogicalResult KernelEmitter::emitFold(FoldOp op) {
  ArrayRef<int64_t> axes = op.getAxes();
  ArrayRef<int64_t> shape = tileType(op.getInputs().front()).getShape();
  Block &body = op.getBody().front();
  // All accumulators share the layout of the first result.
  Layout layout = plan.natural(op.getResult(0));
  int64_t count = layout.numRegs();
  SmallVector<Value> accumulators;
  for (Value init : op.getInits())
    llvm::append_range(accumulators, get(init, layout));
  // One application of the body for register `r`.
  auto apply = [&](int64_t r, ArrayRef<Value> elements, ValueRange before,
                   SmallVectorImpl<Value> &after) -> LogicalResult {
    IRMapping values;
    size_t inputs = elements.size();
    values.map(body.getArguments().take_front(inputs), ValueRange(elements));
    for (size_t i = 0; i < op.getInits().size(); ++i)
      values.map(body.getArgument(inputs + i), before[i * count + r]);
    Regs yielded;
    if (failed(emitFoldBody(body, values, yielded)))
      return failure();
    for (auto [i, value] : llvm::enumerate(yielded))
      after[i * count + r] = value;
    return success();
  };
  SmallVector<Value> finals(accumulators.size());
  LogicalResult status = success();
  if (axes.empty()) {
    SmallVector<Regs> inputs;
    for (Value input : op.getInputs())
      inputs.push_back(get(input, layout));
    for (int64_t r = 0; r < count && succeeded(status); ++r) {
      SmallVector<Value> elements;
      for (Regs &input : inputs)
        elements.push_back(input[r]);
      status = apply(r, elements, accumulators, finals);
    }
  } else {
    SmallVector<SharedTile> places;
    SmallVector<Regs> inputs;
    SmallVector<int64_t> starts;
    int64_t bytes = 0, steps = 1;
    for (int64_t axis : axes)
      steps *= shape[axis];
    for (Value input : op.getInputs()) {
      SharedTile place;
      place.elementType = registerType(tileType(input).getElementType());
      place.layout.shape.assign(shape.begin(), shape.end());
      place.layout.elementBytes =
          std::max(1u, place.elementType.getIntOrFloatBitWidth() / 8);
      place.layout.major = static_cast<int>(shape.size()) - 1;
      starts.push_back(bytes);
      bytes += llvm::alignTo(place.layout.bytes(), 16);
      places.push_back(place);
      inputs.push_back(get(input, plan.natural(input)));
    }
    auto walk = [&](Value) {
      auto loop =
          scf::ForOp::create(b, i32(0), i32(steps), i32(1), accumulators);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> yielded(loop.getRegionIterArgs());
      for (int64_t r = 0; r < count && succeeded(status); ++r) {
        SmallVector<Value> coords(shape.size());
        Value rest = loop.getInductionVar();
        for (int64_t axis : llvm::reverse(axes)) {
          coords[axis] = urem(rest, i32(shape[axis]));
          rest = udiv(rest, i32(shape[axis]));
        }
        int kept = 0;
        for (Value &coord : coords)
          if (!coord) {
            coord = add(threadCoord(layout, kept), layout.regCoord(r, kept));
            ++kept;
          }
        SmallVector<Value> elements;
        for (SharedTile &place : places) {
          Value pointer = sharedPointer(
              add(place.offset, sharedOffset(place.layout, coords)));
          llvm::append_range(elements,
                             loadVector(pointer, place.elementType, 1));
        }
        status = apply(r, elements, loop.getRegionIterArgs(), yielded);
      }
      scf::YieldOp::create(b, yielded);
      finals.assign(loop.getResults().begin(), loop.getResults().end());
    };
    exchange(
        bytes,
        [&](Value base) {
          for (auto [index, input] : llvm::enumerate(op.getInputs())) {
            places[index].offset = add(base, starts[index]);
            storeShared(places[index], plan.natural(input), inputs[index]);
          }
        },
        walk);
  }
  if (failed(status))
    return failure();
  for (auto [i, result] : llvm::enumerate(op.getResults()))
    define(result, layout,
           Regs(ArrayRef<Value>(finals).slice(i * count, count)));
  return success();
}
