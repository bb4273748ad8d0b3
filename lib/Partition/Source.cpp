//===- Source.cpp - Where a tensor's elements come from -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Source.h"
#include "mlir/IR/AffineExprVisitor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

Source Source::whole(Type elementType, ArrayRef<int64_t> shape, Value buffer) {
  Source source;
  source.elementType = elementType;
  source.shape.assign(shape.begin(), shape.end());
  source.buffer = buffer;
  source.map =
      AffineMap::getMultiDimIdentityMap(shape.size(), elementType.getContext());
  return source;
}

Source Source::constant(ArrayRef<int64_t> shape, TypedAttr value) {
  Source source;
  source.kind = Kind::Splat;
  source.elementType = value.getType();
  source.shape.assign(shape.begin(), shape.end());
  source.splat = value;
  return source;
}

Source Source::uniform(ArrayRef<int64_t> shape, Value scalar) {
  Source source;
  source.kind = Kind::Scalar;
  source.elementType = scalar.getType();
  source.shape.assign(shape.begin(), shape.end());
  source.scalar = scalar;
  return source;
}

static ArrayRef<int64_t> bufferShape(const Source &source) {
  return cast<MemRefType>(source.buffer.getType()).getShape();
}

bool Source::isWholeBuffer() const {
  return kind == Kind::Buffer && !padded && map.isIdentity() &&
         bufferShape(*this) == ArrayRef<int64_t>(shape);
}

bool Source::canBePadded() const {
  if (kind != Kind::Buffer || padded || !map.isPermutation())
    return false;
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (shape[cast<AffineDimExpr>(expr).getPosition()] !=
        bufferShape(*this)[dim])
      return false;
  return true;
}

Source Source::through(AffineMap toThis, ArrayRef<int64_t> newShape) const {
  Source source = *this;
  source.shape.assign(newShape.begin(), newShape.end());
  if (kind == Kind::Buffer)
    source.map = simplify(map.compose(toThis), newShape, bufferShape(*this));
  return source;
}

//===----------------------------------------------------------------------===//
// Affine maps
//===----------------------------------------------------------------------===//

static int64_t constantOf(AffineExpr expr) {
  return cast<AffineConstantExpr>(expr).getValue();
}

std::pair<int64_t, int64_t> qimeng::getBounds(AffineExpr expr,
                                              ArrayRef<int64_t> sizes) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return {0, sizes[dim.getPosition()] - 1};
  if (isa<AffineConstantExpr>(expr))
    return {constantOf(expr), constantOf(expr)};
  auto binary = cast<AffineBinaryOpExpr>(expr);
  auto [low, high] = getBounds(binary.getLHS(), sizes);
  auto [low2, high2] = getBounds(binary.getRHS(), sizes);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {low + low2, high + high2};
  case AffineExprKind::Mul: {
    // One factor of an affine product is a constant, in canonical form the
    // right one.
    int64_t a = low * low2, b = high * low2;
    return {std::min(a, b), std::max(a, b)};
  }
  case AffineExprKind::FloorDiv:
    return {llvm::divideFloorSigned(low, low2),
            llvm::divideFloorSigned(high, low2)};
  case AffineExprKind::CeilDiv:
    return {llvm::divideCeilSigned(low, low2),
            llvm::divideCeilSigned(high, low2)};
  default: // mod
    if (llvm::divideFloorSigned(low, low2) ==
        llvm::divideFloorSigned(high, low2))
      return {llvm::mod(low, low2), llvm::mod(high, low2)};
    return {0, low2 - 1};
  }
}

namespace {
/// Rewrites expressions from the leaves up, knowing the dimensions' ranges.
struct Simplifier {
  ArrayRef<int64_t> sizes;
  /// A sum: factors and what they multiply.
  using Terms = SmallVector<std::pair<int64_t, AffineExpr>>;

  void addTerms(AffineExpr expr, int64_t factor, Terms &terms) {
    if (expr.getKind() == AffineExprKind::Add) {
      auto sum = cast<AffineBinaryOpExpr>(expr);
      addTerms(sum.getLHS(), factor, terms);
      return addTerms(sum.getRHS(), factor, terms);
    }
    if (expr.getKind() == AffineExprKind::Mul) {
      auto product = cast<AffineBinaryOpExpr>(expr);
      if (isa<AffineConstantExpr>(product.getRHS()))
        return addTerms(product.getLHS(), factor * constantOf(product.getRHS()),
                        terms);
    }
    if (isa<AffineConstantExpr>(expr)) {
      factor *= constantOf(expr);
      expr = getAffineConstantExpr(1, expr.getContext());
    }
    for (auto &[other, base] : terms)
      if (base == expr) {
        other += factor;
        return;
      }
    terms.push_back({factor, expr});
  }

  AffineExpr sum(const Terms &terms, MLIRContext *context) {
    AffineExpr result = getAffineConstantExpr(0, context);
    for (auto [factor, base] : terms)
      result = result + base * factor;
    return result;
  }

  AffineExpr floorDiv(AffineExpr expr, int64_t divisor) {
    Terms terms, outside, inside;
    addTerms(expr, 1, terms);
    for (auto [factor, base] : terms)
      if (factor % divisor == 0)
        outside.push_back({factor / divisor, base});
      else
        inside.push_back({factor, base});
    AffineExpr rest = sum(inside, expr.getContext());
    auto [low, high] = getBounds(rest, sizes);
    int64_t quotient = llvm::divideFloorSigned(low, divisor);
    if (quotient == llvm::divideFloorSigned(high, divisor)) {
      rest = getAffineConstantExpr(quotient, expr.getContext());
    } else if (rest.getKind() == AffineExprKind::FloorDiv) {
      auto inner = cast<AffineBinaryOpExpr>(rest);
      rest = inner.getLHS().floorDiv(constantOf(inner.getRHS()) * divisor);
    } else {
      rest = rest.floorDiv(divisor);
    }
    return sum(outside, expr.getContext()) + rest;
  }

  AffineExpr mod(AffineExpr expr, int64_t divisor) {
    Terms terms;
    addTerms(expr, 1, terms);
    llvm::erase_if(terms,
                   [&](auto &term) { return term.first % divisor == 0; });
    AffineExpr rest = sum(terms, expr.getContext());
    auto [low, high] = getBounds(rest, sizes);
    if (low >= 0 && high < divisor)
      return rest;
    return rest % divisor;
  }

  /// x floordiv c * c + x mod c is x.
  AffineExpr mergeTerms(AffineExpr expr) {
    Terms terms;
    addTerms(expr, 1, terms);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < terms.size() && !changed; ++i) {
        auto [factor, base] = terms[i];
        if (base.getKind() != AffineExprKind::Mod)
          continue;
        auto remainder = cast<AffineBinaryOpExpr>(base);
        int64_t divisor = constantOf(remainder.getRHS());
        AffineExpr quotient = floorDiv(remainder.getLHS(), divisor);
        for (size_t j = 0; j < terms.size(); ++j) {
          if (terms[j].second != quotient || terms[j].first != factor * divisor)
            continue;
          Terms merged;
          for (size_t k = 0; k < terms.size(); ++k)
            if (k != i && k != j)
              merged.push_back(terms[k]);
          addTerms(remainder.getLHS(), factor, merged);
          terms = merged;
          changed = true;
          break;
        }
      }
    }
    return sum(terms, expr.getContext());
  }

  AffineExpr visit(AffineExpr expr) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      return sizes[dim.getPosition()] == 1
                 ? getAffineConstantExpr(0, expr.getContext())
                 : expr;
    auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
    if (!binary)
      return expr;
    AffineExpr left = visit(binary.getLHS()), right = visit(binary.getRHS());
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      return mergeTerms(left + right);
    case AffineExprKind::Mul:
      return mergeTerms(left * right);
    case AffineExprKind::FloorDiv:
      return floorDiv(left, constantOf(right));
    case AffineExprKind::CeilDiv:
      return floorDiv(left + (constantOf(right) - 1), constantOf(right));
    default:
      return mod(left, constantOf(right));
    }
  }
};
} // namespace

AffineMap qimeng::simplify(AffineMap map, ArrayRef<int64_t> sizes) {
  Simplifier simplifier{sizes};
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults())
    // A lone dimension of size 1 stays: it may be what makes the map a
    // permutation.
    results.push_back(isa<AffineDimExpr>(expr) ? expr : simplifier.visit(expr));
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

AffineMap qimeng::simplify(AffineMap map, ArrayRef<int64_t> sizes,
                           ArrayRef<int64_t> target) {
  map = simplify(map, sizes);
  if (map.getNumDims() != map.getNumResults())
    return map;
  SmallVector<AffineExpr> results(map.getResults());
  for (auto [dim, expr] : llvm::enumerate(results)) {
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    if (constant && constant.getValue() == 0 && sizes[dim] == 1 &&
        target[dim] == 1 && !map.isFunctionOfDim(dim))
      expr = getAffineDimExpr(dim, map.getContext());
  }
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

AffineExpr qimeng::linearize(ArrayRef<AffineExpr> exprs,
                             ArrayRef<int64_t> sizes, MLIRContext *context) {
  AffineExpr position = getAffineConstantExpr(0, context);
  for (auto [expr, size] : llvm::zip_equal(exprs, sizes))
    position = position * size + expr;
  return position;
}

SmallVector<AffineExpr> qimeng::delinearize(AffineExpr position,
                                            ArrayRef<int64_t> sizes) {
  SmallVector<AffineExpr> index(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    // The first index needs no mod: it stays outside if the position is.
    index[i] = i == 0 ? position : position % sizes[i];
    position = position.floorDiv(sizes[i]);
  }
  return index;
}

AffineMap qimeng::selectDims(unsigned rank, unsigned first, unsigned count,
                             MLIRContext *context) {
  SmallVector<AffineExpr> exprs;
  for (unsigned dim = first; dim < first + count; ++dim)
    exprs.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(rank, 0, exprs, context);
}

AffineMap qimeng::invert(AffineMap permutation) {
  return permutation.getNumDims() == 0 ? permutation
                                       : inversePermutation(permutation);
}

Type qimeng::getComputeType(Type type) {
  return isa<Float16Type, BFloat16Type>(type)
             ? Type(Float32Type::get(type.getContext()))
             : type;
}

Type qimeng::getStorageType(Type type) {
  return type.isIndex() ? Type(IntegerType::get(type.getContext(), 64)) : type;
}
