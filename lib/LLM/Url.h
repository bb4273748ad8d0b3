//===- Url.h - Where requests may go ----------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_URL_H
#define QIMENG_LIB_LLM_URL_H

#include "qimeng/LLM/Settings.h"

namespace qimeng {

/// The settings' base URL without a slash at its end, or the provider's own.
std::string baseUrlOf(const ModelSettings &settings);

/// Whether requests go to the provider's own server.
bool isProvidersOwn(const ModelSettings &settings);

/// Whether the base URL's host is this machine.
bool isLoopback(const ModelSettings &settings);

/// The error says what is wrong with model, URL or key, and what to set.
Status checkSettings(const ModelSettings &settings);

} // namespace qimeng

#endif // QIMENG_LIB_LLM_URL_H
