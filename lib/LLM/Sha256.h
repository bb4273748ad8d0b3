//===- Sha256.h - Names for requests ----------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_SHA256_H
#define QIMENG_LIB_LLM_SHA256_H

#include <string>
#include <string_view>

namespace qimeng {

/// SHA-256 (FIPS 180-4) of `bytes`, as 64 hexadecimal digits.
std::string sha256(std::string_view bytes);

} // namespace qimeng

#endif // QIMENG_LIB_LLM_SHA256_H
