//===- IndexSpace.h - Where and how often an operation runs -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An operation of a kernel runs once for every point of a box: the programs of
// the grid times the iterations of the loops around it, cut by the conditions
// around it. Index values are quasi-affine expressions over the box's
// variables.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_INDEXSPACE_H
#define QIMENG_VERIFY_INDEXSPACE_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <optional>
#include <string>

namespace qimeng {

/// Both ends are inside.
struct IndexRange {
  int64_t low = 0, high = 0;
};

/// `expr >= 0`, or `expr == 0` when `equality`.
struct IndexConstraint {
  mlir::AffineExpr expr;
  bool equality = false;
};
using IndexConjunction = llvm::SmallVector<IndexConstraint, 4>;

/// The points at which an operation runs.
class IndexSpace {
public:
  struct Variable {
    int64_t size;     ///< counts from 0 to size-1
    std::string name; ///< "program 0", "iteration of the loop at line 7"
  };

  /// The space of `op`: the programs of its kernel, then the loops around it
  /// from the outside in. Loops must have constant bounds and a positive step;
  /// others make the space `unknown`.
  explicit IndexSpace(mlir::Operation *op);

  /// The indices of a tile, view or operand of `shape`.
  IndexSpace(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape);

  llvm::ArrayRef<Variable> getVariables() const { return variables; }
  /// Where the operation runs: a union of conjunctions. Empty: it never runs.
  llvm::ArrayRef<IndexConjunction> getConditions() const { return conditions; }
  /// Whether the conditions say exactly when the operation runs; otherwise they
  /// hold at least wherever it runs.
  bool isExact() const { return unknown == nullptr; }
  /// The first operation that made the space inexact.
  mlir::Operation *getUnknown() const { return unknown; }

  /// `value` (of index or integer type) as an expression over the variables, or
  /// null when it is not quasi-affine. A minimum or maximum becomes a variable
  /// of its own, which makes the space inexact.
  mlir::AffineExpr express(mlir::Value value);

  /// Adds a variable that counts from 0 to size-1.
  mlir::AffineExpr addVariable(int64_t size, std::string name);

  /// Bounds on `expr` over the box, conditions left aside. Exact for linear
  /// expressions.
  IndexRange getRange(mlir::AffineExpr expr) const;

  /// A point at which `constraint` holds besides the conditions, or nothing.
  /// Decided exactly, by integer programming.
  std::optional<llvm::SmallVector<int64_t>>
  findPoint(llvm::ArrayRef<IndexConstraint> constraint) const;

  /// "program (3, 0), iteration 7": the point's coordinates with their names.
  std::string describe(llvm::ArrayRef<int64_t> point) const;

private:
  void addCondition(mlir::Value condition, bool holds);
  std::optional<llvm::SmallVector<IndexConjunction>>
  parseCondition(mlir::Value condition, bool holds);
  mlir::AffineExpr expressMinMax(mlir::AffineMap map, mlir::ValueRange operands,
                                 bool isMin, mlir::Operation *op);

  mlir::MLIRContext *context;
  llvm::SmallVector<Variable> variables;
  llvm::SmallVector<IndexConjunction> conditions;
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> known;
  llvm::SmallVector<mlir::AffineExpr> programs;
  mlir::Operation *unknown = nullptr;
};

/// Bounds on `expr` where dimension i runs from 0 to sizes[i]-1.
IndexRange getExprRange(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> sizes);

/// The constant value of an index or integer, looking through casts.
std::optional<int64_t> getConstantIndex(mlir::Value value);

} // namespace qimeng

#endif // QIMENG_VERIFY_INDEXSPACE_H
