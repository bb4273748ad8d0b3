//===- Passes.h - The passes of Verify --------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_PASSES_H
#define QIMENG_VERIFY_PASSES_H

#include "mlir/Pass/Pass.h"

namespace qimeng {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "qimeng/Verify/Passes.h.inc"

} // namespace qimeng

#endif // QIMENG_VERIFY_PASSES_H
