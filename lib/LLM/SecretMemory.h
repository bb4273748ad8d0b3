//===- SecretMemory.h - Memory that leaves no trace -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For keys, and for all that may hold a copy of one: what libcurl allocates,
// and what a server answers, which may echo it. Left out of core dumps, not
// swapped where the system allows it, wiped when freed.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_SECRETMEMORY_H
#define QIMENG_LIB_LLM_SECRETMEMORY_H

#include <cstddef>
#include <new>
#include <string>

namespace qimeng {

// As malloc and its kin: thread-safe, 16-byte aligned, null when out of memory.
void *secretMalloc(size_t bytes);
void *secretCalloc(size_t count, size_t bytes);
void *secretRealloc(void *old, size_t bytes);
char *secretStrdup(const char *text);
void secretFree(void *memory);

template <typename T> struct SecretAllocator {
  using value_type = T;
  SecretAllocator() = default;
  template <typename U> SecretAllocator(const SecretAllocator<U> &) {}

  T *allocate(size_t count) {
    void *memory = secretMalloc(count * sizeof(T));
    if (!memory)
      throw std::bad_alloc();
    return static_cast<T *>(memory);
  }
  void deallocate(T *memory, size_t) { secretFree(memory); }
  bool operator==(const SecretAllocator &) const { return true; }
  bool operator!=(const SecretAllocator &) const { return false; }
};

/// Text of up to 15 characters lives in the object itself, which is on no
/// secret memory: too little for a key, but reserve() first where it matters.
using SecretString =
    std::basic_string<char, std::char_traits<char>, SecretAllocator<char>>;

} // namespace qimeng

#endif // QIMENG_LIB_LLM_SECRETMEMORY_H
