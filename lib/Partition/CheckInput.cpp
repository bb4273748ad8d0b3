//===- CheckInput.cpp - What a tensor program may hold --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Partitioner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/CallInterfaces.h"

using namespace mlir;
using namespace qimeng;

static bool isSupportedElement(Type type) {
  return type.isF32() || type.isF16() || type.isBF16() || type.isF64() ||
         type.isIndex() || type.isSignlessInteger(1) ||
         type.isSignlessInteger(8) || type.isSignlessInteger(16) ||
         type.isSignlessInteger(32) || type.isSignlessInteger(64);
}

/// `what` names the value in a message: "operand 0", "result 1", "argument 2".
static LogicalResult checkType(Operation *op, Type type, const Twine &what) {
  if (isa<UnrankedTensorType>(type))
    return op->emitError() << what << " has no rank: " << type
                           << ". Kernels are made for static shapes; give the "
                              "tensor a ranked type of static shape";
  if (isa<BaseMemRefType>(type))
    return op->emitError() << what << " is a buffer: " << type
                           << ". A tensor program works on tensors; partition "
                              "it before bufferization";
  Type element = type;
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    if (!tensor.hasStaticShape())
      return op->emitError()
             << what << " has a dynamic shape: " << type
             << ". Kernels are made for static shapes; export the program with "
                "fixed sizes, one program for each";
    if (tensor.getEncoding())
      return op->emitError() << what << " has an encoding: " << type
                             << ". Only dense tensors are supported; remove it";
    element = tensor.getElementType();
  }
  if (!isSupportedElement(element)) {
    InFlightDiagnostic error =
        op->emitError() << what << " is of unsupported type " << type
                        << "; expected f32, f16, bf16, f64, i1, i8, i16, "
                           "i32, i64 or index, or tensors of them. ";
    if (isa<ComplexType>(element))
      error << "Split complex numbers into real and imaginary tensors";
    else if (isa<IntegerType>(element) && !element.isSignlessInteger())
      error << "Use signless integers: the operations say which sign is meant";
    else
      error << "Convert to one of these types before";
    return error;
  }
  return success();
}

static LogicalResult checkOperation(Operation *op, bool atTop) {
  if (isa<CallOpInterface>(op))
    return op->emitOpError() << "is a call, and a tensor program is one "
                                "function. Inline it first (--inline)";
  bool known = isa_and_nonnull<arith::ArithDialect, math::MathDialect,
                               tensor::TensorDialect, linalg::LinalgDialect>(
                   op->getDialect()) ||
               (isa<func::ReturnOp>(op) && atTop) ||
               isa<scf::ForOp, scf::IfOp, scf::YieldOp>(op);
  if (!known)
    return op->emitOpError()
           << "is not supported in a tensor program; expected linalg, tensor, "
              "arith or math operations, or scf.for and scf.if";
  if (isa<tensor::ParallelInsertSliceOp>(op))
    return op->emitOpError() << "is not supported in a tensor program; write "
                                "it as linalg.generic with tensor.extract";
  if (isa<math::ClampFOp>(op))
    return op->emitOpError()
           << "is described in MLIR as maxf(minf(value, min), max), which is "
              "max itself wherever min is less, and not as its name says. "
              "Write arith.maximumf and arith.minimumf in the order you mean";
  for (auto [number, operand] : llvm::enumerate(op->getOperands()))
    if (failed(checkType(op, operand.getType(), "operand " + Twine(number))))
      return failure();
  for (auto [number, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(checkType(op, type, "result " + Twine(number))))
      return failure();
  return success();
}

LogicalResult qimeng::checkInput(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError()
           << "has " << function.getBody().getBlocks().size()
           << " blocks; a tensor program is straight-line code. Turn branches "
              "into arith.select or scf.if";
  for (BlockArgument argument : function.getArguments())
    if (failed(checkType(function, argument.getType(),
                         "argument " + Twine(argument.getArgNumber()))))
      return failure();
  if (function.getNumResults() == 0)
    return function.emitOpError()
           << "returns nothing; a tensor program returns "
              "the tensors it computes";
  // A kernel program's outputs are what its kernels write.
  for (auto [number, type] : llvm::enumerate(function.getResultTypes()))
    if (isEmpty(type))
      return function.emitOpError()
             << "has result " << number << " of type " << type
             << ", which has no elements, so no kernel writes it; expected "
                "results with elements. Do not return it";
  WalkResult walk = function.getBody().walk([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (failed(
                checkType(op, argument.getType(),
                          "body argument " + Twine(argument.getArgNumber()))))
          return WalkResult::interrupt();
    return WalkResult(checkOperation(op, op->getParentOp() == function));
  });
  return failure(walk.wasInterrupted());
}
