//===- Properties.h - What can be said of a kernel's form -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_IR_PROPERTIES_H
#define QIMENG_DIALECT_QIMENG_IR_PROPERTIES_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Support/Result.h"
#include <string>

namespace qimeng {

/// What an action promises of the kernel that it rewrote.
enum class Property {
  Tiled,       ///< has a grid
  Staged,      ///< has a channel
  Pipelined,   ///< has a channel of two stages or more
  Specialized, ///< has roles
  Tensorized,  ///< every product runs on tensor cores
  Persistent,  ///< blocks run several programs
};

/// From "tiled", "staged", ...; the error lists the known names.
Result<Property> parseProperty(llvm::StringRef name);
llvm::StringRef getName(Property property);
bool hasProperty(KernelOp kernel, Property property);

/// As hasProperty; if not, `why`.
llvm::LogicalResult checkProperty(KernelOp kernel, Property property,
                                  std::string &why);

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_IR_PROPERTIES_H
