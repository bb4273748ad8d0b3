//===- LinearForm.cpp - Linear index expressions over a box ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearForm.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace qimeng;

namespace {
/// x[variable] becomes `inner` * x[variable] + x[new], x[new] < inner.
struct Split {
  unsigned variable;
  int64_t inner;
};

class Linearizer {
public:
  explicit Linearizer(ArrayRef<int64_t> sizes) : sizes(sizes) {}

  std::optional<LinearForm> run(AffineExpr expr);
  std::optional<Split> wanted;

private:
  std::optional<LinearForm> floorDiv(const LinearForm &form, int64_t divisor);

  LinearForm makeConstant(int64_t value) {
    LinearForm form;
    form.constant = value;
    form.coefficients.assign(sizes.size(), 0);
    return form;
  }
  LinearForm add(LinearForm a, const LinearForm &b, int64_t factor = 1) {
    a.constant += b.constant * factor;
    for (auto [x, y] : llvm::zip_equal(a.coefficients, b.coefficients))
      x += y * factor;
    return a;
  }

  ArrayRef<int64_t> sizes;
};
} // namespace

std::optional<LinearForm> Linearizer::floorDiv(const LinearForm &form,
                                               int64_t divisor) {
  LinearForm quotient = makeConstant(0);
  int64_t rest = llvm::mod(form.constant, divisor);
  quotient.constant = (form.constant - rest) / divisor;
  int64_t low = rest, high = rest;
  SmallVector<unsigned> remaining;
  for (auto [i, coefficient] : llvm::enumerate(form.coefficients)) {
    if (coefficient % divisor == 0) {
      quotient.coefficients[i] = coefficient / divisor;
      continue;
    }
    int64_t reach = coefficient * (sizes[i] - 1);
    low += std::min<int64_t>(0, reach);
    high += std::max<int64_t>(0, reach);
    remaining.push_back(i);
  }
  if (low >= 0 && high < divisor)
    return quotient;
  for (unsigned i : remaining) {
    int64_t coefficient = form.coefficients[i];
    if (coefficient <= 0 || divisor % coefficient != 0)
      continue;
    int64_t inner = divisor / coefficient;
    if (inner < sizes[i] && sizes[i] % inner == 0) {
      wanted = Split{i, inner};
      break;
    }
  }
  return std::nullopt;
}

std::optional<LinearForm> Linearizer::run(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return makeConstant(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    LinearForm form = makeConstant(0);
    form.coefficients[dim.getPosition()] = 1;
    return form;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<LinearForm> lhs = run(binary.getLHS());
  if (!lhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add) {
    std::optional<LinearForm> rhs = run(binary.getRHS());
    if (!rhs)
      return std::nullopt;
    return add(*lhs, *rhs);
  }
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!constant)
    return std::nullopt;
  int64_t value = constant.getValue();
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return add(makeConstant(0), *lhs, value);
  case AffineExprKind::FloorDiv:
    return floorDiv(*lhs, value);
  case AffineExprKind::CeilDiv:
    return floorDiv(add(*lhs, makeConstant(value - 1)), value);
  case AffineExprKind::Mod:
    if (std::optional<LinearForm> quotient = floorDiv(*lhs, value))
      return add(*lhs, *quotient, -value);
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

std::optional<SmallVector<LinearForm>>
qimeng::linearize(SmallVectorImpl<int64_t> &sizes,
                  SmallVector<AffineExpr> exprs) {
  // Each split makes a variable smaller, so this ends.
  while (true) {
    Linearizer linearizer(sizes);
    SmallVector<LinearForm> forms;
    for (AffineExpr expr : exprs) {
      std::optional<LinearForm> form = linearizer.run(expr);
      if (!form)
        break;
      forms.push_back(std::move(*form));
    }
    if (forms.size() == exprs.size())
      return forms;
    if (!linearizer.wanted)
      return std::nullopt;
    auto [variable, inner] = *linearizer.wanted;
    MLIRContext *context = exprs.front().getContext();
    AffineExpr outer = getAffineDimExpr(variable, context);
    AffineExpr added = getAffineDimExpr(sizes.size(), context);
    for (AffineExpr &expr : exprs)
      expr = expr.replace(outer, outer * inner + added);
    sizes[variable] /= inner;
    sizes.push_back(inner);
  }
}

std::optional<Progression> qimeng::getProgression(const LinearForm &form,
                                                  ArrayRef<int64_t> sizes,
                                                  Irregular &why) {
  Progression result{form.constant, 1, 1};
  SmallVector<std::pair<int64_t, int64_t>> terms; // coefficient, size
  for (auto [coefficient, size] : llvm::zip_equal(form.coefficients, sizes)) {
    if (coefficient == 0 || size == 1)
      continue;
    if (coefficient < 0)
      result.low += coefficient * (size - 1);
    terms.push_back({std::abs(coefficient), size});
  }
  llvm::sort(terms);
  why = Irregular::None;
  for (auto [i, term] : llvm::enumerate(terms)) {
    auto [coefficient, size] = term;
    if (i == 0)
      result.stride = coefficient;
    int64_t next = result.stride * result.count;
    if (coefficient != next) {
      why = coefficient < next ? Irregular::Overlap : Irregular::Gap;
      return std::nullopt;
    }
    result.count *= size;
  }
  return result;
}

Progression qimeng::cut(Progression p, int64_t size) {
  if (p.low < 0) {
    int64_t skipped =
        std::min<int64_t>(p.count, llvm::divideCeil(-p.low, p.stride));
    p.low += skipped * p.stride;
    p.count -= skipped;
  }
  int64_t fitting =
      p.low >= size ? 0 : llvm::divideCeil(size - p.low, p.stride);
  p.count = std::min(p.count, fitting);
  return p;
}

bool qimeng::areDisjoint(Progression a, Progression b) {
  if (a.count == 0 || b.count == 0)
    return true;
  int64_t divisor = std::gcd(a.stride, b.stride);
  if (llvm::mod(a.low - b.low, divisor) != 0)
    return true;
  int64_t low = std::max(a.low, b.low), high = std::min(a.last(), b.last());
  // Common elements repeat after b.stride / divisor steps of a.
  int64_t x = a.low + llvm::divideCeil(low - a.low, a.stride) * a.stride;
  for (int64_t i = 0; i < b.stride / divisor && x <= high; ++i, x += a.stride)
    if (llvm::mod(x - b.low, b.stride) == 0)
      return false;
  return true;
}
