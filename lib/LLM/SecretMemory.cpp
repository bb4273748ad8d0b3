//===- SecretMemory.cpp - Memory that leaves no trace ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SecretMemory.h"
#include <algorithm>
#include <cstring>
#include <mutex>
#include <sys/mman.h>

namespace qimeng {

namespace {

struct alignas(16) Header {
  /// All of the block, the header included.
  size_t bytes;
  Header *next;
};

constexpr size_t smallest = 64;
constexpr size_t largest = 64 << 10;
constexpr size_t slabBytes = 1 << 20;

/// Blocks are powers of two up to `largest`, cut from slabs and kept for reuse;
/// larger ones are mapped one by one.
struct Pool {
  std::mutex mutex;
  Header *freed[16] = {};
  char *slab = nullptr;
  size_t left = 0;
};

// Never destroyed: libcurl frees memory from exit handlers.
Pool &pool() {
  static Pool &pool = *new Pool;
  return pool;
}

char *map(size_t bytes) {
  void *memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
  ::madvise(memory, bytes, MADV_DONTDUMP);
  // Refused where the limit of locked memory is low; swap is then the system's.
  ::mlock2(memory, bytes, MLOCK_ONFAULT);
  return static_cast<char *>(memory);
}

unsigned classOf(size_t bytes) {
  unsigned at = 0;
  for (size_t size = smallest; size < bytes; size *= 2)
    ++at;
  return at;
}

Header *headerOf(void *memory) { return static_cast<Header *>(memory) - 1; }

} // namespace

void *secretMalloc(size_t asked) {
  if (asked > SIZE_MAX / 4)
    return nullptr;
  size_t bytes = std::max(asked + sizeof(Header), smallest);
  Header *header = nullptr;
  if (bytes > largest) {
    bytes = (bytes + 4095) / 4096 * 4096;
    header = reinterpret_cast<Header *>(map(bytes));
  } else {
    Pool &all = pool();
    unsigned index = classOf(bytes);
    bytes = smallest << index;
    std::lock_guard<std::mutex> lock(all.mutex);
    if (all.freed[index]) {
      header = all.freed[index];
      all.freed[index] = header->next;
    } else {
      if (all.left < bytes) {
        char *fresh = map(slabBytes);
        if (!fresh)
          return nullptr;
        all.slab = fresh;
        all.left = slabBytes;
      }
      header = reinterpret_cast<Header *>(all.slab);
      all.slab += bytes;
      all.left -= bytes;
    }
  }
  if (!header)
    return nullptr;
  *header = {bytes, nullptr};
  return header + 1;
}

void *secretCalloc(size_t count, size_t bytes) {
  if (bytes && count > SIZE_MAX / 4 / bytes)
    return nullptr;
  void *memory = secretMalloc(count * bytes);
  if (memory)
    std::memset(memory, 0, count * bytes);
  return memory;
}

void secretFree(void *memory) {
  if (!memory)
    return;
  Header *header = headerOf(memory);
  size_t bytes = header->bytes;
  ::explicit_bzero(memory, bytes - sizeof(Header));
  if (bytes > largest) {
    ::munmap(header, bytes);
    return;
  }
  Pool &all = pool();
  std::lock_guard<std::mutex> lock(all.mutex);
  header->next = all.freed[classOf(bytes)];
  all.freed[classOf(bytes)] = header;
}

void *secretRealloc(void *old, size_t bytes) {
  if (!old)
    return secretMalloc(bytes);
  if (bytes == 0) {
    secretFree(old);
    return nullptr;
  }
  size_t held = headerOf(old)->bytes - sizeof(Header);
  if (bytes <= held)
    return old;
  void *memory = secretMalloc(bytes);
  if (!memory)
    return nullptr;
  std::memcpy(memory, old, held);
  secretFree(old);
  return memory;
}

char *secretStrdup(const char *text) {
  size_t bytes = std::strlen(text) + 1;
  void *memory = secretMalloc(bytes);
  if (memory)
    std::memcpy(memory, text, bytes);
  return static_cast<char *>(memory);
}

} // namespace qimeng
