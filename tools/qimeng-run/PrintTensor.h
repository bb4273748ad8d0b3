//===- PrintTensor.h - Outputs as text --------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TOOLS_QIMENG_RUN_PRINTTENSOR_H
#define QIMENG_TOOLS_QIMENG_RUN_PRINTTENSOR_H

#include "qimeng/Verify/Executor.h"

/// Prints output `number` on standard output: its type, then a line for each
/// row.
void printTensor(const qimeng::HostTensor &tensor, unsigned number);

#endif // QIMENG_TOOLS_QIMENG_RUN_PRINTTENSOR_H
