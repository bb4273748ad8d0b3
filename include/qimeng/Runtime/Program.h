//===- Program.h - What the compiler hands to the runtime -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program is a list of buffers and a list of kernel launches over them, run
// in order on one stream. It is stored as a folder: program.json, and one file
// for each module (cubin or PTX) beside it.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_PROGRAM_H
#define QIMENG_RUNTIME_PROGRAM_H

#include "qimeng/Runtime/DataType.h"
#include "qimeng/Support/Result.h"
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qimeng {

struct Program {
  /// The version of program.json that this build writes. Older ones are read,
  /// newer ones refused.
  static constexpr int currentVersion = 1;

  enum class BufferKind { Input, Output, Temporary, Constant };

  /// A dense row-major tensor in global memory.
  struct Buffer {
    std::string name;
    BufferKind kind = BufferKind::Input;
    DataType dtype = DataType::F32;
    /// Extents, outermost first; empty for a scalar.
    std::vector<int64_t> shape;
    /// The elements of a constant, bytes() of them; otherwise empty.
    std::string data = {};

    int64_t elements() const;
    int64_t bytes() const;
  };

  struct Module {
    std::string name;
    /// A cubin, or PTX text when isPtx.
    std::string bytes;
    bool isPtx = false;
  };

  /// A TMA descriptor over a buffer, as cuTensorMapEncodeTiled takes it.
  struct TensorMap {
    DataType dtype = DataType::BF16;
    /// Extents in elements, innermost first; rank 1 to 5.
    std::vector<uint64_t> dims;
    /// Byte strides of dims 1.. (one fewer than dims), multiples of 16.
    std::vector<uint64_t> strideBytes;
    /// Extents in elements of the box that one copy moves, innermost first,
    /// each at most 256; the innermost takes a multiple of 16 bytes.
    std::vector<uint32_t> box;
    /// Traversal strides, 1 to 8 each; empty means all one.
    std::vector<uint32_t> elementStrides;
    /// Swizzle span in bytes: 0 (none), 32, 64 or 128.
    unsigned swizzle = 0;
    /// L2 promotion in bytes: 0 (none), 64, 128 or 256.
    unsigned l2Promotion = 0;
    /// Elements out of bounds read as NaN instead of zero (floats only).
    bool oobFillNaN = false;
  };

  /// A kernel argument: the address of a buffer, or a tensor map over it.
  struct Argument {
    unsigned buffer = 0;
    std::optional<TensorMap> tensorMap;
  };

  struct Launch {
    std::string kernel;
    /// Name of the module that holds the kernel.
    std::string module;
    std::array<unsigned, 3> grid = {1, 1, 1};
    std::array<unsigned, 3> block = {1, 1, 1};
    std::array<unsigned, 3> cluster = {1, 1, 1};
    unsigned dynamicSharedBytes = 0;
    std::vector<Argument> args;
  };

  /// The architecture the modules were made for, such as "sm_90a".
  std::string arch;
  std::string name;
  std::vector<Buffer> buffers;
  std::vector<Module> modules;
  std::vector<Launch> launches;

  /// Indices of the buffers of one kind, in order.
  std::vector<unsigned> buffersOf(BufferKind kind) const;
  const Module *findModule(std::string_view moduleName) const;

  /// Checks what both compiler and runtime rely on: names unique, indices in
  /// range, grids, clusters and tensor maps within the limits of CUDA, and
  /// tensor maps within their buffers. The error names the field.
  Status validate() const;

  /// The text of program.json (everything but the modules' bytes).
  std::string manifest() const;

  /// Writes program.json, the module files and those of constants into
  /// `folder`, which is created. program.json comes last, and holds checksums
  /// of the other files: a folder that was half-written is refused by load().
  Status save(const std::string &folder) const;

  /// Reads what save() wrote, and validates it.
  static Result<Program> load(const std::string &folder);
};

/// "input", "output", "temporary" or "constant".
const char *bufferKindName(Program::BufferKind kind);

} // namespace qimeng

#endif // QIMENG_RUNTIME_PROGRAM_H
