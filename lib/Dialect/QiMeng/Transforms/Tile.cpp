//===- Tile.cpp - Macro action: tile --------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Staging.h"
#include "Tiler.h"
#include "qimeng/Dialect/QiMeng/IR/Limits.h"
#include "qimeng/Dialect/QiMeng/IR/Properties.h"
#include "qimeng/Dialect/QiMeng/IR/Resources.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Support/Architecture.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace qimeng;

static std::string toText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(shape, os, "x");
  return text.empty() ? "scalar" : text;
}

static LogicalResult checkSizes(StringRef name, ArrayRef<int64_t> sizes,
                                std::string &why) {
  for (int64_t size : sizes)
    if (size < 0 || (size != 0 && !llvm::isPowerOf2_64(size)))
      return refuse(why, "'" + name +
                             "' must hold powers of two (or 0 for a whole "
                             "dimension), found " +
                             Twine(size));
  double elements = 1;
  for (int64_t size : sizes)
    elements *= std::max<int64_t>(size, 1);
  if (elements > mostTileElements)
    return refuse(why, "'" + name + "' make tiles of more than " +
                           Twine(mostTileElements) + " elements");
  return success();
}

/// The shape that all stores of the kernel share.
static FailureOr<SmallVector<int64_t>> getOutputShape(KernelOp kernel,
                                                      std::string &why) {
  std::optional<SmallVector<int64_t>> shape;
  for (StoreOp store : kernel.getBody().getOps<StoreOp>()) {
    auto stored = cast<RankedTensorType>(store.getValue().getType()).getShape();
    if (!shape)
      shape = llvm::to_vector(stored);
    if (ArrayRef<int64_t>(*shape) != stored)
      return refuse(why, "its outputs have unlike shapes (" + toText(*shape) +
                             " and " + toText(stored) +
                             "), but one grid cuts all outputs alike; put them "
                             "in kernels of their own");
  }
  if (!shape)
    return refuse(why, "it stores nothing, so there is nothing to cut");
  return *shape;
}

static Tiling getTiling(TileOp op) {
  return {llvm::to_vector(op.getSizes()), llvm::to_vector(op.getReduce()),
          llvm::to_vector(op.getLoops())};
}

static void setScheduledWarps(KernelOp kernel, int64_t warps) {
  ScheduleEntries schedule(kernel);
  schedule.warps = warps;
  schedule.assignTo(kernel);
}

LogicalResult TileOp::precondition(KernelOp kernel, const Architecture *target,
                                   std::string &why) {
  if (kernel.isTiled())
    return refuse(why, "the kernel is tiled already; retile changes the sizes");
  FailureOr<SmallVector<int64_t>> shape = getOutputShape(kernel, why);
  if (failed(shape))
    return failure();
  int64_t rank = shape->size();
  if (rank > 8)
    return refuse(why, "the outputs have " + Twine(rank) +
                           " dimensions, but a grid has at most 8");
  if (static_cast<int64_t>(getSizes().size()) != rank)
    return refuse(why, "'sizes' must have " + Twine(rank) +
                           " entries, one per dimension of the outputs (" +
                           toText(*shape) + "), found " +
                           Twine(getSizes().size()));
  if (failed(checkSizes("sizes", getSizes(), why)) ||
      failed(checkSizes("reduce", getReduce(), why)))
    return failure();
  SmallVector<ReductionAxis> axes = getReductionAxes(kernel);
  if (!getReduce().empty() && getReduce().size() != axes.size()) {
    std::string list;
    for (const ReductionAxis &axis : axes)
      list += (list.empty() ? ": " : ", ") +
              axis.op->getName().stripDialect().str() + " over " +
              std::to_string(axis.extent);
    return refuse(why, "'reduce' must be left out or have " +
                           Twine(axes.size()) +
                           " entries, one per reduction axis" + list +
                           "; found " + Twine(getReduce().size()));
  }
  llvm::SmallDenseSet<int64_t> seen;
  for (int64_t dim : getLoops())
    if (dim < 0 || dim >= rank || !seen.insert(dim).second)
      return refuse(why, "'loops' must hold distinct output dimensions from 0 "
                         "to " +
                             Twine(rank - 1) + ", found " + Twine(dim));
  int64_t warps = getWarps();
  if (warps < 1 || warps > 32 || !llvm::isPowerOf2_64(warps))
    return refuse(why, "'warps' must be a power of two from 1 to 32, found " +
                           Twine(warps));
  double programs = 1;
  for (auto [extent, size] : llvm::zip(*shape, getSizes()))
    programs *= size ? llvm::divideCeil(extent, size) : 1;
  if (programs > 2147483647.0)
    return refuse(why, "the grid would have more than 2147483647 programs; "
                       "choose larger sizes");
  // The rest depends on every slice: cut a copy.
  OwningOpRef<KernelOp> copy = kernel.clone();
  IRRewriter rewriter(kernel.getContext());
  Tiling tiling = getTiling(*this);
  if (failed(Tiler(*copy, tiling, rewriter).run(why)))
    return failure();
  setScheduledWarps(*copy, warps);
  if (succeeded(checkRegisters(*copy, target, why)))
    return success();
  // Tiles that tidying removes count for nothing.
  tidyKernel(*copy, rewriter);
  return checkRegisters(*copy, target, why);
}

LogicalResult TileOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                              const Architecture *) {
  std::string why;
  Tiling tiling = getTiling(*this);
  if (failed(Tiler(kernel, tiling, rewriter).run(why)))
    return emitError() << why;
  setScheduledWarps(kernel, getWarps());
  return success();
}

//===----------------------------------------------------------------------===//
// Proposals
//===----------------------------------------------------------------------===//

namespace {
/// What decides how an expert tiles a kernel.
struct Traits {
  SmallVector<int64_t> shape; ///< of the outputs
  SmallVector<ReductionAxis> axes;
  bool dot = false, scan = false, permutes = false;
};

class Proposer {
public:
  Proposer(KernelOp kernel, SmallVectorImpl<DictionaryAttr> &proposals)
      : builder(kernel.getContext()), proposals(proposals) {}

  void add(ArrayRef<int64_t> sizes, ArrayRef<int64_t> reduce, int64_t warps,
           ArrayRef<int64_t> loops = {}) {
    NamedAttrList attributes;
    attributes.set("sizes", builder.getDenseI64ArrayAttr(sizes));
    attributes.set("reduce", builder.getDenseI64ArrayAttr(reduce));
    attributes.set("loops", builder.getDenseI64ArrayAttr(loops));
    attributes.set(
        "warps", builder.getI64IntegerAttr(std::clamp<int64_t>(warps, 1, 32)));
    DictionaryAttr proposal = attributes.getDictionary(builder.getContext());
    if (!llvm::is_contained(proposals, proposal))
      proposals.push_back(proposal);
  }

private:
  Builder builder;
  SmallVectorImpl<DictionaryAttr> &proposals;
};
} // namespace

static Traits getTraits(KernelOp kernel, ArrayRef<int64_t> shape) {
  Traits traits;
  traits.shape = llvm::to_vector(shape);
  traits.axes = getReductionAxes(kernel);
  for (Operation &op : kernel.getBody().front()) {
    traits.dot |= isa<DotOp>(op);
    traits.scan |= isa<ScanOp>(op);
    traits.permutes |= isa<TransposeOp>(op);
    if (auto view = dyn_cast<ViewOp>(op)) {
      AffineMap map = view.getMap();
      // A view whose last dimension is not the operand's last one reads across.
      if (map.getNumDims() > 1 && map.getNumResults() > 0)
        traits.permutes |= !map.getResult(map.getNumResults() - 1)
                                .isFunctionOfDim(map.getNumDims() - 1);
    }
  }
  return traits;
}

/// At least `least`, at most what covers the extent.
static int64_t fit(int64_t size, int64_t extent, int64_t least) {
  return std::max<int64_t>(least,
                           std::min<int64_t>(size, llvm::PowerOf2Ceil(extent)));
}

/// Elements that the registers of a block hold, with what is computed of them.
static constexpr int64_t mostHeld = 32768;

namespace {
/// How a kernel's reductions are cut for one tile of the outputs.
struct Cut {
  SmallVector<int64_t> reduce; ///< chunk of each reduction axis
  double elements = 1;         ///< of the largest slice
};
} // namespace

/// Cuts the axes so that the slices that reductions read for a tile of
/// `outputs` elements have about `most` elements. What a reduction of
/// reductions reads multiplies. Products take the least chunk of K that every
/// instruction for them can take.
static Cut cutReductions(KernelOp kernel, const Traits &traits,
                         ArrayRef<int64_t> outputs, double most) {
  Cut cut;
  cut.reduce.resize(traits.axes.size());
  llvm::DenseMap<Value, SmallVector<int64_t>> slices;
  auto need = [&](Value value, ArrayRef<int64_t> sizes) {
    if (!isa<RankedTensorType>(value.getType()))
      return;
    double elements = 1;
    for (int64_t size : sizes)
      elements *= size;
    cut.elements = std::max(cut.elements, elements);
    SmallVector<int64_t> &known = slices[value];
    known.resize(sizes.size(), 1);
    for (auto [have, size] : llvm::zip(known, sizes))
      have = std::max(have, size);
  };
  size_t end = traits.axes.size();
  for (Operation &op : llvm::reverse(kernel.getBody().front())) {
    if (auto store = dyn_cast<StoreOp>(op)) {
      need(store.getValue(), outputs);
      continue;
    }
    if (op.getNumResults() == 0)
      continue;
    auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
    if (!type)
      continue;
    SmallVector<int64_t> sizes(type.getRank(), 1);
    for (Value result : op.getResults())
      if (auto found = slices.find(result); found != slices.end())
        sizes = found->second;
    if (auto dot = dyn_cast<DotOp>(op)) {
      const int64_t chunk = 16;
      cut.reduce[--end] = chunk;
      need(dot.getAcc(), sizes);
      SmallVector<int64_t> lhs(sizes), rhs(sizes);
      lhs.back() = chunk;
      rhs[rhs.size() - 2] = chunk;
      need(dot.getLhs(), lhs);
      need(dot.getRhs(), rhs);
      continue;
    }
    if (auto scan = dyn_cast<ScanOp>(op)) {
      sizes[scan.getAxis()] =
          llvm::PowerOf2Ceil(type.getDimSize(scan.getAxis()));
    } else if (auto transpose = dyn_cast<TransposeOp>(op)) {
      SmallVector<int64_t> permuted(sizes.size());
      for (auto [dim, source] : llvm::enumerate(transpose.getPermutation()))
        permuted[source] = sizes[dim];
      sizes = permuted;
    } else if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      for (int64_t axis : llvm::reverse(broadcast.getAxes()))
        sizes.erase(sizes.begin() + axis);
    } else if (end > 0 && traits.axes[end - 1].op == &op) {
      size_t begin = end;
      while (begin > 0 && traits.axes[begin - 1].op == &op)
        --begin;
      double left = most;
      for (int64_t size : sizes)
        left /= size;
      // The last axis first: it is contiguous, mostly.
      for (size_t index = end; index-- > begin;) {
        int64_t whole = llvm::PowerOf2Ceil(traits.axes[index].extent);
        int64_t chunk = 1;
        while (chunk < whole && 2 * chunk <= left)
          chunk *= 2;
        cut.reduce[index] = chunk;
        left /= chunk;
      }
      for (size_t index = begin; index < end; ++index)
        sizes.insert(sizes.begin() + traits.axes[index].axis,
                     cut.reduce[index]);
      end = begin;
    }
    for (Value operand : op.getOperands())
      need(operand, sizes);
  }
  return cut;
}

/// Elements of both factors that a step of a product with few rows reads: 32 KB
/// of 16-bit floats, so that three steps ahead keep a multiprocessor's share of
/// the bandwidth busy.
static constexpr int64_t stepElements = 16384;

/// Products: tiles of M and N, chunks of K. Reductions beside them stay whole,
/// or, where they go over what a product makes, are cut with it.
static void proposeDot(KernelOp kernel, const Traits &traits,
                       const Architecture &target, Proposer &proposer) {
  size_t rank = traits.shape.size();
  auto addCut = [&](int64_t width) {
    SmallVector<int64_t> sizes(rank, 1);
    if (rank)
      sizes.back() = fit(width, traits.shape.back(), 1);
    for (int64_t elements : {4096, 1024})
      proposer.add(sizes, cutReductions(kernel, traits, sizes, elements).reduce,
                   elements / (32 * 16));
  };
  if (rank < 2) {
    proposer.add(SmallVector<int64_t>(rank, 64), {}, 4);
    for (int64_t width : {16, 1})
      addCut(width);
    return;
  }
  int64_t rows = traits.shape[rank - 2], columns = traits.shape[rank - 1];
  auto add = [&](int64_t m, int64_t n, int64_t k, int64_t warps,
                 int64_t least) {
    SmallVector<int64_t> sizes(rank, 1), reduce;
    sizes[rank - 2] = fit(m, rows, least);
    sizes[rank - 1] = fit(n, columns, least);
    // Products with few rows wait for memory: each step copies much at once.
    // The least tile stays what fits everywhere.
    if (std::min(rows, columns) < 64 && warps > 1)
      k = std::clamp<int64_t>(
          llvm::PowerOf2Ceil(stepElements /
                             (sizes[rank - 2] + sizes[rank - 1])),
          k, 256);
    for (const ReductionAxis &axis : traits.axes)
      reduce.push_back(isa<DotOp>(axis.op) ? fit(k, axis.extent, 16) : 0);
    while (warps > 1 && sizes[rank - 2] * sizes[rank - 1] < warps * 32 * 8)
      warps /= 2;
    proposer.add(sizes, reduce, warps);
    if (traits.axes.size() == 1)
      return;
    // Next to other reductions, what is cut may be computed once per chunk, and
    // a reduction along the columns wants them whole.
    proposer.add(sizes, {}, warps);
    sizes[rank - 1] = 0;
    proposer.add(sizes, reduce, warps);
    proposer.add(sizes, {}, warps);
  };
  if (target.wgmma) {
    add(128, 256, 64, 8, 64);
    add(128, 128, 64, 4, 64);
    add(256, 128, 64, 8, 64);
    add(64, 256, 64, 4, 64);
    add(128, 128, 128, 8, 64);
    add(64, 128, 64, 4, 64);
    add(64, 64, 64, 4, 64);
  }
  add(128, 128, 32, 8, 16);
  add(128, 64, 32, 4, 16);
  add(64, 64, 32, 4, 16);
  add(32, 32, 32, 2, 16);
  // Not even the least tiles hold what the reductions read.
  SmallVector<int64_t> least(rank, 1);
  least[rank - 2] = least[rank - 1] = 16;
  if (cutReductions(kernel, traits, least, INFINITY).elements > mostHeld)
    addCut(16);
  add(16, 16, 16, 1, 16);
}

/// Reductions, scans and folds: the axes whole while they fit in registers,
/// else in chunks, with the outputs walked in a loop.
static void proposeReduction(KernelOp kernel, const Traits &traits,
                             Proposer &proposer) {
  size_t rank = traits.shape.size();
  // Elements that one output combines.
  const SmallVector<int64_t> one(rank, 1);
  double longest = cutReductions(kernel, traits, one, INFINITY).elements;
  auto chunked = [&](int64_t chunk) {
    return cutReductions(kernel, traits, one, chunk).reduce;
  };
  int64_t last = rank ? traits.shape.back() : 1;
  // Rows of outputs whose last dimension is whole: softmax, norms, scans.
  bool wholeLast =
      rank > 0 && (traits.scan || llvm::any_of(traits.axes, [&](const auto &a) {
                     return a.extent == last;
                   }));
  auto warpsFor = [](int64_t elements) {
    return std::clamp<int64_t>(llvm::PowerOf2Ceil(elements) / (32 * 16), 1, 16);
  };
  if (wholeLast) {
    int64_t row = llvm::PowerOf2Ceil(last);
    for (int64_t rows : {1, 2, 4, 8, 16}) {
      if (rows > 1 &&
          (rank < 2 || rows * row > 16384 ||
           rows > (int64_t)llvm::PowerOf2Ceil(traits.shape[rank - 2])))
        break;
      if (rows * row > mostHeld)
        break;
      SmallVector<int64_t> sizes(rank, 1);
      if (rank >= 2)
        sizes[rank - 2] = rows;
      sizes[rank - 1] = 0;
      proposer.add(sizes, {}, warpsFor(rows * row));
      proposer.add(sizes, {}, 2 * warpsFor(rows * row));
    }
    for (int64_t chunk : {4096, 2048, 8192, 1024}) {
      if (traits.scan || row <= chunk)
        continue;
      SmallVector<int64_t> sizes(rank, 1);
      sizes[rank - 1] = chunk;
      proposer.add(sizes, chunked(chunk), warpsFor(chunk),
                   {static_cast<int64_t>(rank - 1)});
    }
  }
  // The outputs are what is left of the rows.
  for (int64_t width : {1, 4, 8, 16, 32, 64, 128}) {
    if (rank == 0 ? width > 1
                  : width > 1 && width > (int64_t)llvm::PowerOf2Ceil(last))
      break;
    SmallVector<int64_t> sizes(rank, 1);
    if (rank)
      sizes[rank - 1] = width;
    if (longest * width <= mostHeld)
      proposer.add(sizes, {}, warpsFor(longest * width));
    for (int64_t elements : {4096, 1024})
      if (elements / width >= 1 && longest > elements / width)
        proposer.add(sizes, chunked(elements / width), warpsFor(elements));
  }
}

/// Element by element: contiguous tiles; square ones where data is permuted.
static void proposeElementwise(const Traits &traits, Proposer &proposer) {
  size_t rank = traits.shape.size();
  if (traits.permutes && rank >= 2)
    for (int64_t edge : {64, 32, 128}) {
      SmallVector<int64_t> sizes(rank, 1);
      sizes[rank - 1] = fit(edge, traits.shape[rank - 1], 1);
      sizes[rank - 2] = fit(edge, traits.shape[rank - 2], 1);
      proposer.add(sizes, {}, edge == 32 ? 4 : 8);
    }
  for (int64_t elements : {2048, 4096, 1024, 512, 8192}) {
    SmallVector<int64_t> sizes(rank, 1);
    int64_t left = elements;
    for (size_t dim = rank; dim-- > 0 && left > 1;) {
      // Rather a part that divides a row than a padded one.
      int64_t extent = traits.shape[dim], divisor = extent & -extent;
      sizes[dim] =
          divisor >= 64 ? std::min(left, divisor) : fit(left, extent, 1);
      left /= sizes[dim];
    }
    proposer.add(sizes, {}, elements / (32 * 8));
  }
}

void TileOp::propose(KernelOp kernel, const Architecture &target,
                     SmallVectorImpl<DictionaryAttr> &proposals) {
  std::string why;
  FailureOr<SmallVector<int64_t>> shape = getOutputShape(kernel, why);
  if (kernel.isTiled() || failed(shape))
    return;
  Traits traits = getTraits(kernel, *shape);
  Proposer proposer(kernel, proposals);
  if (traits.dot)
    return proposeDot(kernel, traits, target, proposer);
  if (traits.scan || !traits.axes.empty())
    return proposeReduction(kernel, traits, proposer);
  proposeElementwise(traits, proposer);
}

LogicalResult TileOp::holds(KernelOp, KernelOp after, DictionaryAttr,
                            std::string &why) {
  return checkProperty(after, Property::Tiled, why);
}
