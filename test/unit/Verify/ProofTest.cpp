//===- ProofTest.cpp - The proofs against brute force ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Small random kernels, all of whose accesses can be listed: what the bounds
// and writes checks decide from affine expressions must be what the list says.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Verify/Bounds.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace qimeng;

namespace {

/// One store under a grid and a loop, as text and as numbers.
struct Sample {
  std::vector<int64_t> shape, viewShape, tile, grid;
  int64_t trips = 1, limit = 0;
  bool masked = false, padded = false, guarded = false;
  AffineMap view;                 ///< view index -> operand index
  SmallVector<AffineExpr> offset; ///< of program 0, program 1, counter
  std::string text;
};

class Sampler {
public:
  Sampler(MLIRContext *context, unsigned seed)
      : context(context), engine(seed) {}

  Sample draw();

private:
  int64_t below(int64_t bound) { return engine() % bound; }
  bool oneIn(int64_t n) { return below(n) == 0; }
  AffineExpr drawOffset(const Sample &sample, int64_t dim);
  void drawView(Sample &sample);

  MLIRContext *context;
  std::mt19937 engine;
};

} // namespace

void Sampler::drawView(Sample &sample) {
  AffineExpr i = getAffineDimExpr(0, context), j = getAffineDimExpr(1, context);
  int64_t a = sample.shape[0], b = sample.shape[1];
  sample.padded = oneIn(3);
  switch (below(6)) {
  case 0:
    sample.viewShape = {b, a};
    sample.view = AffineMap::get(2, 0, {j, i}, context);
    break;
  case 1:
    sample.viewShape = {a * b};
    sample.view = AffineMap::get(1, 0, {i.floorDiv(b), i % b}, context);
    break;
  case 2:
    sample.viewShape = {a, b};
    sample.view = AffineMap::get(2, 0, {i, b - 1 - j}, context);
    break;
  case 3: // another split of the same elements
    sample.viewShape = {b, a};
    sample.view = AffineMap::get(
        2, 0, {(i * a + j).floorDiv(b), (i * a + j) % b}, context);
    break;
  case 4:
    sample.viewShape = {a + below(2), b + below(3)};
    sample.view = AffineMap::get(2, 0, {i, j - below(2)}, context);
    break;
  default:
    sample.viewShape = {a, b};
    sample.view = AffineMap::getMultiDimIdentityMap(2, context);
    break;
  }
}

AffineExpr Sampler::drawOffset(const Sample &sample, int64_t dim) {
  AffineExpr p = getAffineDimExpr(0, context), q = getAffineDimExpr(1, context),
             i = getAffineDimExpr(2, context);
  int64_t tile = sample.tile[dim];
  AffineExpr exprs[] = {p * tile,
                        q * tile,
                        i * tile,
                        (p * sample.trips + i) * tile,
                        (q * sample.trips + i) * tile,
                        (i * sample.grid[0] + p) * tile,
                        p.floorDiv(2) * tile,
                        (p % 2) * tile,
                        p * tile + 1,
                        (p * sample.grid[1] + q) * tile,
                        ((p * sample.grid[1] + q) % 3) * tile,
                        getAffineConstantExpr(0, context)};
  return exprs[below(std::size(exprs))];
}

Sample Sampler::draw() {
  Sample sample;
  sample.shape = {1 + below(8), 1 + below(8)};
  sample.grid = {1 + below(4), 1 + below(3)};
  sample.trips = 1 + below(3);
  sample.masked = oneIn(2);
  sample.guarded = oneIn(4);
  sample.limit = below(4);
  drawView(sample);
  for (size_t dim = 0; dim < sample.viewShape.size(); ++dim) {
    sample.tile.push_back(1 << below(4));
    sample.offset.push_back(drawOffset(sample, dim));
  }
  llvm::raw_string_ostream out(sample.text);
  auto dims = [&](ArrayRef<int64_t> shape) {
    std::string text;
    for (int64_t size : shape)
      text += std::to_string(size) + "x";
    return text + "f32";
  };
  std::string memref = "memref<" + dims(sample.shape) + ">",
              view = "!qimeng.view<" + dims(sample.viewShape) + ">",
              tile = "tensor<" + dims(sample.tile) + ">";
  out << "qimeng.kernel @k(%y: " << memref << ") grid(" << sample.grid[0]
      << ", " << sample.grid[1] << ") {\n"
      << "  %p = qimeng.program_id 0\n  %q = qimeng.program_id 1\n"
      << "  %c0 = arith.constant 0 : index\n  %c1 = arith.constant 1 : index\n"
      << "  %n = arith.constant " << sample.trips << " : index\n"
      << "  %l = arith.constant " << sample.limit << " : index\n"
      << "  %t = arith.constant dense<1.0> : " << tile << "\n"
      << "  %v = qimeng.view %y by affine_map<" << sample.view << ">"
      << (sample.padded ? " padded" : "") << " : " << memref << " -> " << view
      << "\n  scf.for %i = %c0 to %n step %c1 {\n";
  std::string offsets;
  for (auto [dim, offset] : llvm::enumerate(sample.offset)) {
    out << "  %o" << dim << " = affine.apply affine_map<"
        << AffineMap::get(3, 0, offset) << ">(%p, %q, %i)\n";
    offsets += (dim ? ", %o" : "%o") + std::to_string(dim);
  }
  if (sample.guarded)
    out << "  %in = arith.cmpi ule, %p, %l : index\n  scf.if %in {\n";
  out << "  qimeng.store %t, %v[" << offsets << "]"
      << (sample.masked ? " masked" : "") << " : " << tile << ", " << view
      << "\n"
      << (sample.guarded ? "  }\n" : "") << "  }\n}\n";
  return sample;
}

static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> point) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expr).getValue();
  case AffineExprKind::DimId:
    return point[cast<AffineDimExpr>(expr).getPosition()];
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t a = evaluate(binary.getLHS(), point),
          b = evaluate(binary.getRHS(), point);
  auto divide = [&] { return a >= 0 ? a / b : -((b - 1 - a) / b); };
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return a + b;
  case AffineExprKind::Mul:
    return a * b;
  case AffineExprKind::FloorDiv:
    return divide();
  case AffineExprKind::Mod:
    return a - divide() * b;
  default:
    ADD_FAILURE() << "unexpected expression";
    return 0;
  }
}

/// Calls `visit` with every index into `shape`.
static void forEach(ArrayRef<int64_t> shape,
                    llvm::function_ref<void(ArrayRef<int64_t>)> visit) {
  std::vector<int64_t> index(shape.size(), 0);
  while (true) {
    visit(index);
    int64_t dim = shape.size() - 1;
    while (dim >= 0 && ++index[dim] == shape[dim])
      index[dim--] = 0;
    if (dim < 0)
      return;
  }
}

/// Whether all accesses are inside, and whether every element is written once.
static std::pair<bool, bool> listAccesses(const Sample &sample) {
  bool inside = true;
  auto contains = [](ArrayRef<int64_t> shape, ArrayRef<int64_t> index) {
    for (auto [size, i] : llvm::zip_equal(shape, index))
      if (i < 0 || i >= size)
        return false;
    return true;
  };
  auto mapView = [&](ArrayRef<int64_t> index) {
    std::vector<int64_t> mapped;
    for (AffineExpr expr : sample.view.getResults())
      mapped.push_back(evaluate(expr, index));
    return mapped;
  };
  if (!sample.padded)
    forEach(sample.viewShape, [&](ArrayRef<int64_t> index) {
      inside &= contains(sample.shape, mapView(index));
    });
  std::vector<int> written(sample.shape[0] * sample.shape[1], 0);
  forEach({sample.grid[0], sample.grid[1], sample.trips},
          [&](ArrayRef<int64_t> point) {
            if (sample.guarded && point[0] > sample.limit)
              return;
            forEach(sample.tile, [&](ArrayRef<int64_t> element) {
              std::vector<int64_t> index;
              for (auto [offset, i] : llvm::zip_equal(sample.offset, element))
                index.push_back(evaluate(offset, point) + i);
              if (!contains(sample.viewShape, index)) {
                inside &= sample.masked;
                return;
              }
              std::vector<int64_t> at = mapView(index);
              if (contains(sample.shape, at))
                ++written[at[0] * sample.shape[1] + at[1]];
            });
          });
  return {inside, llvm::all_of(written, [](int count) { return count == 1; })};
}

TEST(Proof, AgreesWithBruteForce) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<QiMengDialect, affine::AffineDialect, arith::ArithDialect,
                      scf::SCFDialect>();
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) {});
  Sampler sampler(&context, 1);
  int64_t once = 0, closed = 0, safe = 0;
  for (int i = 0; i < 6000; ++i) {
    Sample sample = sampler.draw();
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(sample.text, &context);
    ASSERT_TRUE(module) << sample.text;
    KernelOp kernel = *module->getOps<KernelOp>().begin();
    auto [inside, exactlyOnce] = listAccesses(sample);
    EXPECT_EQ(succeeded(checkBounds(kernel)), inside) << sample.text;
    EXPECT_EQ(succeeded(checkWrites(kernel)), exactlyOnce) << sample.text;
    // Without visits it may know less, but must not be wrong.
    bool accepted = succeeded(checkWrites(kernel, /*maxVisits=*/0));
    EXPECT_TRUE(!accepted || exactlyOnce) << sample.text;
    once += exactlyOnce;
    closed += accepted;
    safe += inside;
  }
  // The samples are worth something, and so is the closed form.
  EXPECT_GT(once, 150);
  EXPECT_GT(safe, 1000);
  EXPECT_GT(closed * 2, once);
  RecordProperty("once", once);
  RecordProperty("closed", closed);
}
