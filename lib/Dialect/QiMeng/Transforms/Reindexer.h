//===- Reindexer.h - A value seen through an affine map ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMS_REINDEXER_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMS_REINDEXER_H

#include "mlir/IR/PatternMatch.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <map>
#include <string>

namespace qimeng {

/// Builds, in an untiled kernel, the value whose element i is element map(i) of
/// another value: what a load through a view would have read, had the value
/// been stored. New operations go to the builder's insertion point.
class Reindexer {
public:
  explicit Reindexer(mlir::RewriterBase &builder) : builder(builder) {}

  /// `map` stays inside the value. Fails, with a reason, where a map can
  /// neither be expressed as transposition and broadcast nor be pushed down to
  /// loads.
  mlir::FailureOr<mlir::Value> read(mlir::Value value, mlir::AffineMap map,
                                    llvm::ArrayRef<int64_t> shape,
                                    std::string &why);

  /// As `read`; elements that `map` puts outside of the value are zero.
  mlir::FailureOr<mlir::Value> readPadded(mlir::Value value,
                                          mlir::AffineMap map,
                                          llvm::ArrayRef<int64_t> shape,
                                          std::string &why);

private:
  mlir::FailureOr<mlir::Value> visit(mlir::Value value, mlir::AffineMap map,
                                     llvm::ArrayRef<int64_t> shape);
  mlir::FailureOr<mlir::Value> compute(mlir::Value value, mlir::AffineMap map,
                                       llvm::ArrayRef<int64_t> shape);
  mlir::FailureOr<mlir::Value> readLoad(LoadOp load, mlir::AffineMap map,
                                        llvm::ArrayRef<int64_t> shape);
  mlir::FailureOr<mlir::Value> readDot(DotOp dot, mlir::AffineMap map,
                                       llvm::ArrayRef<int64_t> shape);
  mlir::AffineMap appendAxes(llvm::ArrayRef<int64_t> axes, size_t rank,
                             mlir::AffineMap map);
  mlir::Value permute(mlir::Value value, mlir::AffineMap map,
                      llvm::ArrayRef<int64_t> shape);
  mlir::Value createIndices(mlir::Location loc, mlir::AffineExpr expr,
                            llvm::ArrayRef<int64_t> shape);
  llvm::LogicalResult fail(mlir::Operation *op);

  mlir::RewriterBase &builder;
  std::string reason;
  bool padded = false;
  std::map<std::pair<void *, std::pair<const void *, std::vector<int64_t>>>,
           mlir::Value>
      done;
};

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMS_REINDEXER_H
