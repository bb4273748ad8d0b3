//===- PrintTensor.cpp - Outputs as text ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrintTensor.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace qimeng;

void printTensor(const HostTensor &tensor, unsigned number) {
  llvm::raw_ostream &out = llvm::outs();
  out << "output " << number << " : " << tensor.getSpec().str() << "\n";
  llvm::ArrayRef<int64_t> shape = tensor.getSpec().shape;
  int64_t row = shape.empty() ? 1 : shape.back();
  for (int64_t i = 0, end = tensor.getNumElements(); i < end; ++i) {
    out << (i % row == 0 ? "  " : " ");
    if (isFloat(tensor.getSpec().type))
      out << llvm::format("%.6g", tensor.get(i));
    else
      out << static_cast<int64_t>(tensor.get(i));
    if (i % row == row - 1)
      out << "\n";
  }
}
