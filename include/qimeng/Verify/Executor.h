//===- Executor.h - Programs on the host ------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles a tensor program, a host program with its kernels, or a single
// kernel for the host, and runs it. Whatever the program does, no memory but
// its own is touched.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_EXECUTOR_H
#define QIMENG_VERIFY_EXECUTOR_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Runtime/Data.h"
#include "qimeng/Target/ElementType.h"
#include <cstdlib>
#include <memory>

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace qimeng {

class Jit;

/// The type of an input or output.
struct TensorSpec {
  DataType type = DataType::F32;
  llvm::SmallVector<int64_t> shape;

  int64_t getNumElements() const;
  size_t getNumBytes() const { return getNumElements() * dataTypeBytes(type); }
  bool operator==(const TensorSpec &other) const {
    return type == other.type && shape == other.shape;
  }
  /// As MLIR writes it: tensor<4x8xbf16>.
  std::string str() const;
};

/// Row-major elements on the host.
class HostTensor {
public:
  explicit HostTensor(TensorSpec spec);

  const TensorSpec &getSpec() const { return spec; }
  int64_t getNumElements() const { return spec.getNumElements(); }
  char *data() { return bytes.get(); }
  const char *data() const { return bytes.get(); }

  double get(int64_t i) const { return loadElement(data(), spec.type, i); }
  void set(int64_t i, double value) {
    storeElement(data(), spec.type, i, value);
  }
  /// Draws all elements; see drawElements.
  void draw(uint64_t seed, unsigned buffer, const Draw &draw) {
    drawElements(data(), spec.type, getNumElements(), seed, buffer, draw);
  }
  /// Sets every byte.
  void fillBytes(unsigned char byte);
  /// The same elements as another type (exactly, where that type is wider).
  HostTensor convertTo(DataType type) const;
  /// "(3, 0)" for element 24 of a tensor of shape 4x8.
  std::string indexString(int64_t element) const;

private:
  struct Free {
    void operator()(char *pointer) const { std::free(pointer); }
  };
  TensorSpec spec;
  std::unique_ptr<char, Free> bytes;
};

/// `name` in `module`: a function or kernel. An empty name means the first
/// public function, or else the only kernel. Null, with a diagnostic, when
/// there is none.
mlir::Operation *findEntry(mlir::ModuleOp module, llvm::StringRef name);

class CPUExecutor {
public:
  /// Compiles `entry` of `module`, which stays as it is: a function on tensors,
  /// a function on memrefs, or a kernel. An empty name means the first public
  /// function, or else the only kernel. Failure is reported as diagnostics.
  static mlir::FailureOr<std::unique_ptr<CPUExecutor>>
  create(mlir::ModuleOp module, llvm::StringRef entry = "");
  ~CPUExecutor();

  /// Tensor program: arguments and results. Else: the memrefs that are read
  /// only, and those that are written, in the order of the arguments.
  llvm::ArrayRef<TensorSpec> getInputs() const { return inputs; }
  llvm::ArrayRef<TensorSpec> getOutputs() const { return outputs; }
  /// The number of the entry's argument that an input is.
  unsigned getArgumentOfInput(unsigned number) const;
  /// Zeroed tensors for the outputs.
  std::vector<HostTensor> allocateOutputs() const;
  mlir::Location getLoc() const { return loc; }

  struct Report {
    double seconds = 0; ///< the run alone
    /// Per output: how many elements were never written. Asked for by setting
    /// `countUntouched`, which costs a second run.
    bool countUntouched = false;
    std::vector<int64_t> untouched;
  };
  /// Fails, with diagnostics that name the place, when the program accesses
  /// memory outside its operands, would block for ever, or runs out of memory.
  /// Outputs hold NaN (integers: -1) wherever the program does not write.
  mlir::LogicalResult run(llvm::ArrayRef<HostTensor> inputs,
                          llvm::MutableArrayRef<HostTensor> outputs,
                          Report *report = nullptr) const;

private:
  explicit CPUExecutor(mlir::Location loc);
  mlir::LogicalResult findOperands(mlir::Operation *entry);
  mlir::LogicalResult runOnce(llvm::ArrayRef<HostTensor> inputs,
                              llvm::MutableArrayRef<HostTensor> outputs,
                              unsigned char poison, double &seconds) const;

  struct Argument {
    bool isOutput;
    unsigned number;
    bool isScalar; ///< passed by value
  };
  mlir::Location loc;
  llvm::SmallVector<TensorSpec> inputs, outputs;
  llvm::SmallVector<Argument> arguments;
  /// What a run may report.
  std::vector<std::pair<mlir::Location, std::string>> checks;
  std::unique_ptr<Jit> code;
};

/// Dialects and interfaces that an executor needs; a context that is to be used
/// inside a pass must have them before.
void registerExecutorDialects(mlir::DialectRegistry &registry);

} // namespace qimeng

#endif // QIMENG_VERIFY_EXECUTOR_H
