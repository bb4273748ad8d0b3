//===- TensorWriter.h - Writes a random tensor program ----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_TENSORWRITER_H
#define QIMENG_TEST_FUZZ_TENSORWRITER_H

#include "TensorProgram.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace qimeng {

using Shape = std::vector<int64_t>;

struct Value {
  std::string name;
  Shape shape;
  std::string element;
  bool exact = true; ///< no rounding errors so far
  bool used = false;

  bool isFloat() const { return element[0] == 'f' || element[0] == 'b'; }
};

inline int64_t getNumElements(const Shape &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

class Writer {
public:
  Writer(uint64_t seed, bool sensitive) : random(seed), sensitive(sensitive) {}
  TensorProgram run(const std::string &first);

  bool addContraction();
  /// Of f16 or bf16, for tensor cores.
  bool addMatrixProduct();
  bool addElementwise();
  bool addBroadcast();
  bool addReduction();
  bool addSoftmax();
  bool addNorm();
  bool addTranspose();
  bool addConcat();
  bool addSlice();
  bool addPad();
  bool addReshape();
  bool addArgMax();
  bool addComparison();
  bool addConversion();
  bool addNamed();

private:
  bool addContraction(bool tensorCores);
  // Shapes and values.
  int64_t drawSize(int64_t limit);
  Shape drawShape(int64_t minRank, int64_t maxRank, int64_t limit);
  std::string drawFloat();
  std::string drawInteger();
  /// Without i1, which has no arithmetic.
  std::string drawNumber();
  std::string drawElement();
  size_t addArgument(Shape shape, std::string element);
  /// A value that `accept` takes; a new argument of `shape` when there is none.
  size_t getValue(Shape shape, const std::string &element);
  size_t pickOrAdd(llvm::function_ref<bool(const Value &)> accept, Shape shape,
                   const std::string &element);
  size_t define(Shape shape, std::string element, bool exact,
                const std::string &operation);

  // Pieces of text.
  static std::string type(const Shape &shape, const std::string &element);
  static std::string type(const Value &value) {
    return type(value.shape, value.element);
  }
  static std::string list(llvm::ArrayRef<int64_t> values);
  static std::string map(size_t rank, llvm::ArrayRef<int64_t> dims);
  /// An init: the value everywhere, or sometimes an argument.
  std::string initial(const Shape &shape, const std::string &element,
                      const std::string &value);
  std::string scalar(const std::string &element, const std::string &text);
  std::string empty(const Shape &shape, const std::string &element);
  std::string filled(const Shape &shape, const std::string &element,
                     const std::string &value);
  std::string fresh() { return "%" + std::to_string(counter++); }
  void line(const std::string &text) { body += "  " + text + "\n"; }

  size_t generic(const Shape &shape, const std::string &element, bool exact,
                 llvm::ArrayRef<std::pair<size_t, std::vector<int64_t>>> inputs,
                 llvm::function_ref<std::string(llvm::ArrayRef<std::string>,
                                                std::string &)>
                     makeBody);
  std::string drawFloatBody(llvm::ArrayRef<std::string> inputs,
                            const std::string &element, std::string &text);
  std::string drawIntegerBody(llvm::ArrayRef<std::string> inputs,
                              const std::string &element, std::string &text);

  Random random;
  bool sensitive, hasNorm = false;
  std::vector<Value> values;
  std::vector<std::string> arguments;
  std::string body;
  int64_t counter = 0;
};

/// The text of a zero.
inline std::string zero(const std::string &element) {
  return element[0] == 'i' ? (element == "i1" ? "false" : "0") : "0.0";
}

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_TENSORWRITER_H
