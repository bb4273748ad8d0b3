//===- Limits.h - What may be parsed, and what may run ----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A text that a model wrote may be anything. MLIR's parser recurses with a
// text's nesting, and printing, verifying and folding take time with its sizes;
// so texts are measured before they are parsed, and kernels before they run.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_IR_LIMITS_H
#define QIMENG_DIALECT_QIMENG_IR_LIMITS_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <optional>
#include <string>

namespace mlir::scf {
class ForOp;
} // namespace mlir::scf

namespace qimeng {

struct TextLimits {
  /// The dialects whose operations, attributes and types may be named.
  llvm::ArrayRef<llvm::StringRef> dialects;
  size_t bytes = size_t(128) << 10;
  /// Brackets that are open at the same time.
  size_t nesting = 32;
  /// Names with a dot; every operation has one.
  size_t names = 4096;
  /// Operators in a row, as in d0 + d1 + ..: the parser recurses there too.
  size_t operators = 64;
  /// Letters of a word, digits of a number.
  size_t word = 128;
};

/// The dialects that operations of a kernel are from.
llvm::ArrayRef<llvm::StringRef> getKernelDialects();

/// Whether `text` is MLIR within `limits`, as far as words and brackets tell:
/// whatever the parser makes of it, it does not take long. If not, `why` names
/// the line.
llvm::LogicalResult checkText(llvm::StringRef text, const TextLimits &limits,
                              std::string &why);

/// Iterations of the loop; nothing where its bounds are not constant or its
/// step is not positive.
std::optional<int64_t> countIterations(mlir::scf::ForOp loop);

/// A loop of which it is not known that it ends, or which (with those around
/// it) runs more than `most` iterations; and `why`. Null when there is none.
mlir::scf::ForOp findEndlessLoop(KernelOp kernel, int64_t most,
                                 std::string &why);

/// Elements of a tile in a tiled kernel: far beyond what any block holds, and
/// small enough for arithmetic on sizes never to overflow.
constexpr int64_t mostTileElements = int64_t(1) << 24;
/// As a float, which does not overflow; 0 for what is no tile.
double countElements(mlir::Type type);

/// What one run of a kernel takes, roughly; as floats, which do not overflow.
struct KernelWork {
  double scalars = 0;     ///< operations on elements of tiles
  double functions = 0;   ///< those of them that are functions, such as exp
  double executions = 0;  ///< of operations, however large their tiles
  double largestTile = 0; ///< elements
  /// Scalar operations that the code of one thread of a tiled kernel spells
  /// out: how large it is, and how long compiling it takes.
  double codeSize = 0;
};
KernelWork countWork(KernelOp kernel);

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_IR_LIMITS_H
