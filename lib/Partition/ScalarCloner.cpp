//===- ScalarCloner.cpp - Scalar code for the body of a fold --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarCloner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qimeng;

Value ScalarCloner::convert(Value value, Type type) {
  Type from = value.getType();
  if (from == type)
    return value;
  if (from.isIndex() || type.isIndex())
    return arith::IndexCastOp::create(builder, value.getLoc(), type, value);
  if (isa<FloatType>(from)) {
    unsigned width = from.getIntOrFloatBitWidth(),
             toWidth = type.getIntOrFloatBitWidth();
    if (width < toWidth)
      return arith::ExtFOp::create(builder, value.getLoc(), type, value);
    if (width > toWidth)
      return arith::TruncFOp::create(builder, value.getLoc(), type, value);
    return convert(convert(value, builder.getF32Type()), type);
  }
  if (from.getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
    return arith::ExtSIOp::create(builder, value.getLoc(), type, value);
  return arith::TruncIOp::create(builder, value.getLoc(), type, value);
}

Value ScalarCloner::lookup(Value value) {
  Type type = getComputeType(value.getType());
  if (Value mapped = mapping.lookupOrNull(value))
    return convert(mapped, type);
  // Constants may come from outside the body, which a kernel cannot see.
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return convert(builder.clone(*constant)->getResult(0), type);
  return {};
}

LogicalResult ScalarCloner::clone(Operation *op) {
  if (op->getNumResults() > 0 && mapping.contains(op->getResult(0)))
    return success();
  bool inKernel = isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
                      op->getDialect()) ||
                  isa<scf::ForOp, scf::IfOp, scf::YieldOp>(op);
  if (!inKernel)
    return failure();

  bool keepsTypes = isa<arith::BitcastOp>(op);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Value value = lookup(operand);
    if (!value)
      return failure();
    operands.push_back(keepsTypes ? convert(value, operand.getType()) : value);
  }
  if (isa<arith::ExtFOp, arith::TruncFOp>(op)) {
    Value value = operands.front();
    Type type = op->getResult(0).getType();
    if (isa<arith::TruncFOp>(op))
      value = convert(value, type);
    mapping.map(op->getResult(0), convert(value, getComputeType(type)));
    return success();
  }

  Operation *copy = op->cloneWithoutRegions();
  copy->setOperands(operands);
  builder.insert(copy);
  for (auto [from, to] :
       llvm::zip_equal(op->getResults(), copy->getResults())) {
    if (!keepsTypes && !isa<arith::ConstantOp>(op))
      to.setType(getComputeType(from.getType()));
    mapping.map(from, to);
  }
  OpBuilder::InsertionGuard guard(builder);
  for (auto [from, to] :
       llvm::zip_equal(op->getRegions(), copy->getRegions())) {
    if (from.empty())
      continue;
    Block &block = to.emplaceBlock();
    for (BlockArgument argument : from.getArguments())
      mapping.map(argument,
                  block.addArgument(getComputeType(argument.getType()),
                                    argument.getLoc()));
    builder.setInsertionPointToStart(&block);
    for (Operation &inner : from.front())
      if (failed(clone(&inner)))
        return failure();
  }
  return success();
}
