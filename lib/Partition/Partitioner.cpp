//===- Partitioner.cpp - Tensor operations to kernels ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Partitioner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace qimeng;

ArrayRef<int64_t> qimeng::getShape(Value value) {
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    return type.getShape();
  return {};
}

/// The host program's form of a tensor or scalar.
static MemRefType getBufferType(Value value) {
  return MemRefType::get(getShape(value),
                         getStorageType(getElementTypeOrSelf(value.getType())));
}

Partitioner::Partitioner(ModuleOp module, func::FuncOp function)
    : context(module.getContext()), module(module), function(function),
      host(context), patterns(getKernelPatterns(context)) {
  names.insert("main");
}

Source &Partitioner::setWhole(Value result, Value buffer) {
  return sources[result] = Source::whole(getElementTypeOrSelf(result.getType()),
                                         getShape(result), buffer);
}

std::string Partitioner::makeName(StringRef base) {
  std::string name = base.str();
  for (char &c : name)
    if (!isalnum(static_cast<unsigned char>(c)))
      c = '_';
  std::string unique = name;
  for (unsigned number = 1; !names.insert(unique).second; ++number)
    unique = name + "_" + std::to_string(number);
  return unique;
}

std::string Partitioner::makeName(Operation *op, StringRef kind) {
  if (auto name = op->getAttrOfType<StringAttr>(kernelNameAttr))
    return makeName(name.getValue());
  if (isa<linalg::GenericOp, linalg::MapOp, linalg::ElementwiseOp>(op) &&
      !kind.empty())
    return makeName(kind);
  std::string name = op->getName().stripDialect().str();
  // By itself `exp` or `erf` would be a function of the C library to whatever
  // links the kernel.
  return makeName(kind == "elementwise" ? "elementwise_" + name : name);
}

void Partitioner::abandon(KernelBuilder &kernel) {
  names.erase(kernel.getName());
  kernel.abandon();
}

void Partitioner::store(KernelBuilder &kernel, Value value, Value result,
                        AffineMap map) {
  auto it = outputs.find(result);
  if (it == outputs.end()) {
    Value buffer =
        memref::AllocOp::create(host, result.getLoc(), getBufferType(result));
    setWhole(result, buffer);
    kernel.store(value, buffer, map);
    return;
  }
  auto [buffer, place] = it->second;
  setWhole(result, buffer).map = place;
  kernel.store(value, buffer, map ? place.compose(map) : place);
}

void Partitioner::finish(KernelBuilder &kernel, const Tile &tile,
                         Value result) {
  auto dims = llvm::to_vector(
      llvm::seq<int64_t>(0, static_cast<int64_t>(kernel.getSpace().size())));
  Value value = kernel.expand(tile, dims);
  store(kernel, value, result);
  kernel.finish(patterns);
}

LogicalResult Partitioner::convertReturn(func::ReturnOp op) {
  for (auto [number, value] : llvm::enumerate(op.getOperands())) {
    Value output = main.getArgument(function.getNumArguments() + number);
    auto it = sources.find(value);
    // Only what was meant for this output is in it already.
    if (it != sources.end() && it->second.buffer == output)
      continue;
    // A view, a constant, an argument, a scalar, or a result returned twice.
    Operation *producer = value.getDefiningOp();
    bool isMoved =
        producer && it != sources.end() && !it->second.isWholeBuffer();
    KernelBuilder kernel(host, op.getLoc(),
                         isMoved ? makeName(producer) : makeName("copy"),
                         getShape(value));
    BodyEvaluator evaluator(kernel, sources);
    FailureOr<Tile> tile = failure();
    if (it != sources.end())
      tile = evaluator.read(it->second, identity(getShape(value).size()));
    else
      tile = evaluator.evaluate(value);
    if (failed(tile)) {
      abandon(kernel);
      return evaluator.getUnsupported()->emitError()
             << "cannot be computed in a kernel";
    }
    auto dims = llvm::to_vector(
        llvm::seq<int64_t>(0, static_cast<int64_t>(getShape(value).size())));
    kernel.store(kernel.expand(*tile, dims), output);
    kernel.finish(patterns);
  }
  return success();
}

LogicalResult Partitioner::convert(Operation *op) {
  WalkResult walk = op->walk([](Operation *inner) {
    for (Type type : inner->getOperandTypes())
      if (isEmpty(type)) {
        inner->emitOpError() << "reads a tensor without elements, of type "
                             << type << "; there is nothing to read. Remove it";
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto value = dyn_cast<ElementsAttr>(constant.getValue());
    return value ? convertConstant(constant, value) : success();
  }
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return convertLinalg(linalgOp);
  if (op->getNumResults() > 0 &&
      llvm::none_of(op->getResultTypes(), llvm::IsaPred<TensorType>))
    // Scalars are computed where they are used.
    return success();
  if (isa<tensor::TensorDialect>(op->getDialect()))
    return convertShapeOp(op);
  if (isa<arith::ArithDialect, math::MathDialect>(op->getDialect()))
    return convertTensorArithmetic(op);
  return op->emitOpError()
         << "is not supported in a tensor program; expected linalg, tensor, "
            "arith or math operations. Lower it to those first";
}

LogicalResult Partitioner::run() {
  SmallVector<Type> types;
  for (Value argument : function.getArguments())
    types.push_back(getBufferType(argument));
  auto returnOp = cast<func::ReturnOp>(function.front().getTerminator());
  for (Value value : returnOp.getOperands())
    types.push_back(getBufferType(value));

  host.setInsertionPoint(function);
  main = func::FuncOp::create(host, function.getLoc(), "main",
                              host.getFunctionType(types, {}));
  main->moveBefore(function);
  Block *block = main.addEntryBlock();
  host.setInsertionPointToStart(block);
  for (auto [argument, buffer] :
       llvm::zip(function.getArguments(), block->getArguments()))
    setWhole(argument, buffer);
  for (auto [number, value] : llvm::enumerate(returnOp.getOperands())) {
    Value output = main.getArgument(function.getNumArguments() + number);
    AffineMap map = identity(getShape(value).size());
    // What is reshaped before it is returned is written in place.
    while (isa<OpResult>(value) &&
           outputs.insert({value, {output, map}}).second) {
      if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
              value.getDefiningOp()))
        break;
      Value source = value.getDefiningOp()->getOperand(0);
      map = simplify(map.compose(getReshapeMap(getShape(value),
                                               getShape(source), context)),
                     getShape(source));
      value = source;
    }
  }

  for (Operation &op : function.front().without_terminator())
    if (failed(convert(&op)))
      return failure();
  if (failed(convertReturn(returnOp)))
    return failure();
  func::ReturnOp::create(host, returnOp.getLoc());

  function.erase();
  main.setSymName("main");
  return success();
}
