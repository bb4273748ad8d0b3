//===- SmallSizes.h - Numbers of programs too large to run ------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A rewrite that a recipe made can be made at other sizes, too: the tensor
// program is resized, cut into kernels, and the recipe replayed on those. So
// check 4 is possible where the program's own sizes would take too long on the
// CPU. Sessions of the tuner and qimeng-verify share what is here.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_SMALLSIZES_H
#define QIMENG_VERIFY_SMALLSIZES_H

#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"
#include "qimeng/Verify/Verify.h"

namespace qimeng {

/// Makes `program` a kernel program: partitions it unless it holds kernels
/// already.
mlir::LogicalResult toKernelProgram(mlir::ModuleOp program);

/// A program at sizes where numbers can be compared on the CPU.
struct SmallProgram {
  /// The tensor program (or kernel program), and its untiled kernels.
  mlir::OwningOpRef<mlir::ModuleOp> program, payload;
  /// "37, 67, 29": a size for each of its free dimensions; empty for the
  /// program's own.
  std::string sizes;
  double work = 0;  ///< scalar operations of one run
  double bytes = 0; ///< countNumbersBytes
};

/// `program` at the sizes to compare numbers at, in the order to try them: some
/// recipes need more than the first. None where even one run takes too long or
/// too much memory, as may be when the sizes cannot be changed.
std::vector<SmallProgram> makeSmallPrograms(mlir::ModuleOp program);

/// The recipe without what only places programs: its preconditions count
/// programs, of which small sizes have few.
mlir::FailureOr<Recipe> withoutPlacement(const Recipe &recipe);

/// How check 4 at small sizes ended.
struct SmallSizesResult {
  /// Numbers were compared, and are the same.
  bool compared = false;
  /// Where they were: "sizes 37, 67, 29", or "the program's own sizes".
  std::string where;
  /// Where they were not: why.
  std::string whyNot;
};

/// Check 4 of the rewrite that `recipe` makes of `program` (a tensor program,
/// or untiled kernels), at small sizes. Fails, with a diagnostic, where numbers
/// differ.
mlir::FailureOr<SmallSizesResult>
compareAtSmallSizes(mlir::ModuleOp program, const Recipe &recipe,
                    const Architecture *target,
                    const NumbersOptions &options = {});

/// Whether `recipe`, replayed on `program`, gives `after`: the same kernels and
/// host program but for locations. An error names what differs.
mlir::LogicalResult checkRecipe(mlir::ModuleOp program, mlir::ModuleOp after,
                                const Recipe &recipe,
                                const Architecture *target);

} // namespace qimeng

#endif // QIMENG_VERIFY_SMALLSIZES_H
