//===- Partitioner.h - Tensor operations to kernels -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_PARTITION_PARTITIONER_H
#define QIMENG_LIB_PARTITION_PARTITIONER_H

#include "BodyEvaluator.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSet.h"

namespace qimeng {

/// Reports what partition cannot take: unsupported types and operations,
/// dynamic shapes, calls. Each message names the remedy.
mlir::LogicalResult checkInput(mlir::func::FuncOp function);

void canonicalize(mlir::func::FuncOp function);

/// Whether `type` is that of a tensor without elements.
bool isEmpty(mlir::Type type);

/// Rewrites operations that read or give tensors without elements to what they
/// then mean. Only tensor.empty and arguments remain of such types.
void dropEmptyTensors(mlir::func::FuncOp function);

/// Rewrites what is made of several loop nests (softmax, pack, unpack, the
/// winograd transformations) into linalg operations that are one each, unrolls
/// loops of constant trip count, selects between both sides of branches, and
/// canonicalizes. New operations whose kernel should have a certain name carry
/// it as the attribute kernelNameAttr.
mlir::LogicalResult normalize(mlir::func::FuncOp function);
constexpr llvm::StringLiteral kernelNameAttr = "qimeng.kernel_name";

/// What an operation of several outputs computes in one kernel: outputs that
/// keep the same loops.
struct OutputGroup {
  llvm::SmallVector<unsigned> outputs;
  /// Those that are used; a fold may need the others as accumulators.
  llvm::SmallVector<unsigned> used;
  /// Loops that index the outputs, in the order of the first one.
  llvm::SmallVector<unsigned> kept;
  /// The other loops.
  llvm::SmallVector<unsigned> reduced;
  /// The outputs' indices are distinct loops (and zeros along size 1).
  bool isProjection = true;
};

/// Turns one function on tensors into a host function and kernels.
class Partitioner {
public:
  Partitioner(mlir::ModuleOp module, mlir::func::FuncOp function);
  mlir::LogicalResult run();

private:
  mlir::LogicalResult convert(mlir::Operation *op);

  // StructuredOps.cpp
  mlir::LogicalResult convertLinalg(mlir::linalg::LinalgOp op);
  mlir::LogicalResult convertGroup(mlir::linalg::LinalgOp op,
                                   OutputGroup &group);
  /// These return false when the operation is not of their kind, or when its
  /// body is more than tiles can express.
  bool convertContraction(mlir::linalg::LinalgOp op, OutputGroup &group);
  bool convertElementwise(mlir::linalg::LinalgOp op, OutputGroup &group);
  bool convertReduction(mlir::linalg::LinalgOp op, OutputGroup &group);
  /// Computes the iterations one after another, for bodies that read a tensor
  /// where an accumulator says.
  mlir::LogicalResult convertUnrolled(mlir::linalg::LinalgOp op,
                                      OutputGroup &group);
  mlir::LogicalResult convertFold(mlir::linalg::LinalgOp op,
                                  OutputGroup &group);
  /// Binds inputs and outputs of `op` to their sources; loop i is loops[i].
  void bindOperands(mlir::linalg::LinalgOp op, BodyEvaluator &evaluator,
                    mlir::AffineMap loops);
  /// `op` only moves elements of one input: its result's source becomes a view.
  bool foldIntoView(mlir::linalg::LinalgOp op);

  // ShapeOps.cpp
  mlir::LogicalResult convertShapeOp(mlir::Operation *op);
  mlir::LogicalResult convertPad(mlir::tensor::PadOp op);
  mlir::LogicalResult convertConcat(mlir::tensor::ConcatOp op);
  mlir::LogicalResult convertInsertSlice(mlir::tensor::InsertSliceOp op);
  mlir::LogicalResult convertDynamicInsertSlice(mlir::tensor::InsertSliceOp op);
  mlir::LogicalResult convertInsert(mlir::tensor::InsertOp op);
  mlir::LogicalResult convertGenerate(mlir::tensor::GenerateOp op);
  mlir::LogicalResult convertFromElements(mlir::tensor::FromElementsOp op);
  mlir::LogicalResult convertDynamicSlice(mlir::tensor::ExtractSliceOp op);
  mlir::LogicalResult convertTensorArithmetic(mlir::Operation *op);
  mlir::LogicalResult convertConstant(mlir::Value result,
                                      mlir::ElementsAttr value);

  // Partitioner.cpp
  /// Stores `value`, whose element i is element map(i) of `result` (no map: the
  /// same), in a new temporary, or in the output that `result` ends up in.
  void store(KernelBuilder &kernel, mlir::Value value, mlir::Value result,
             mlir::AffineMap map = {});
  /// Stores `tile` as the whole of `result` and launches the kernel.
  void finish(KernelBuilder &kernel, const Tile &tile, mlir::Value result);
  /// The kernel's result: `inserted` where `inside` holds, `base` elsewhere.
  void finishInsertion(KernelBuilder &kernel, const Tile &inside,
                       const Tile &inserted, const Tile &base,
                       mlir::Value result);
  std::string makeName(mlir::StringRef base);
  /// A unique name: the operation's, or `kind` where that says nothing.
  std::string makeName(mlir::Operation *op, mlir::StringRef kind = "");
  /// Drops a kernel that cannot be completed; its name is free again.
  void abandon(KernelBuilder &kernel);
  Source &setWhole(mlir::Value result, mlir::Value buffer);
  mlir::AffineMap identity(unsigned rank) {
    return mlir::AffineMap::getMultiDimIdentityMap(rank, context);
  }
  mlir::LogicalResult convertReturn(mlir::func::ReturnOp op);

  mlir::MLIRContext *context;
  mlir::ModuleOp module;
  mlir::func::FuncOp function, main;
  mlir::OpBuilder host;
  mlir::FrozenRewritePatternSet patterns;
  SourceMap sources;
  llvm::StringSet<> names;
  /// Values that are returned, as they are or reshaped: the host function's
  /// argument, and where an element of the value lies in it.
  llvm::DenseMap<mlir::Value, std::pair<mlir::Value, mlir::AffineMap>> outputs;
};

/// From indices of shape `to` to indices of shape `from`, at the same row-major
/// position.
mlir::AffineMap getReshapeMap(llvm::ArrayRef<int64_t> from,
                              llvm::ArrayRef<int64_t> to,
                              mlir::MLIRContext *context);

/// The tensor's shape, or none for a scalar.
llvm::ArrayRef<int64_t> getShape(mlir::Value value);

} // namespace qimeng

#endif // QIMENG_LIB_PARTITION_PARTITIONER_H
