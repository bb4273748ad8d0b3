//===- Fault.h - What a tool says when it is at fault itself ----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_SUPPORT_FAULT_H
#define QIMENG_SUPPORT_FAULT_H

namespace qimeng {

/// The exit code of a tool that stopped on a fault of its own.
constexpr int internalFault = 70;

/// Makes the process end with one line on standard error, which names `tool`,
/// and with `internalFault`, where a signal such as SIGSEGV or abort() would
/// end it. `tool` must live as long as the process.
void reportFaults(const char *tool);

} // namespace qimeng

#endif // QIMENG_SUPPORT_FAULT_H
