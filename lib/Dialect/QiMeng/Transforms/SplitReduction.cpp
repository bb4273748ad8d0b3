//===- SplitReduction.cpp - Macro action: split reduction -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reindexer.h"
#include "Staging.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Support/Architecture.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

static RankedTensorType typeOf(Value tile) {
  return cast<RankedTensorType>(tile.getType());
}

namespace {
/// How a reduction is cut.
struct Split {
  Operation *op = nullptr;       ///< a DotOp or ReduceOp
  int64_t axis = 0;              ///< of the (left) operand
  int64_t extent = 0, chunk = 0; ///< elements along it, of each part
  int64_t parts = 0;
  llvm::SetVector<Operation *> slice;  ///< what `op` is computed from
  SmallVector<BlockArgument> operands; ///< kernel operands it reads

  bool divides() const { return chunk * parts == extent; }
  /// What the partial results are stored as: [parts, result..].
  RankedTensorType getPartialType() const {
    RankedTensorType result = typeOf(op->getResult(0));
    SmallVector<int64_t> shape = {parts};
    llvm::append_range(shape, result.getShape());
    return RankedTensorType::get(shape, result.getElementType());
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

static SmallVector<Operation *> getReductions(KernelOp kernel) {
  SmallVector<Operation *> reductions;
  for (Operation &op : kernel.getBody().front())
    if (isa<DotOp, ReduceOp>(op))
      reductions.push_back(&op);
  return reductions;
}

static FailureOr<Split> makeSplit(KernelOp kernel, int64_t number,
                                  int64_t parts, std::string &why) {
  SmallVector<Operation *> reductions = getReductions(kernel);
  if (reductions.empty())
    return refuse(why, "the kernel has neither a product nor a reduction");
  if (number < 0 || number >= static_cast<int64_t>(reductions.size()))
    return refuse(why, "'reduction' must be a number of a product or reduction "
                       "from 0 to " +
                           Twine(reductions.size() - 1) + ", found " +
                           Twine(number));
  Split split;
  split.op = reductions[number];
  split.parts = parts;
  RankedTensorType input = typeOf(split.op->getOperand(0));
  split.axis = input.getRank() - 1;
  if (auto reduce = dyn_cast<ReduceOp>(split.op)) {
    if (reduce.getAxes().empty())
      return refuse(why, "the reduction has no axes");
    split.axis = reduce.getAxes().front();
    for (int64_t axis : reduce.getAxes())
      if (input.getDimSize(axis) > input.getDimSize(split.axis))
        split.axis = axis;
  }
  Type element = typeOf(split.op->getResult(0)).getElementType();
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() < 8)
    return refuse(why, "partial results could not be stored, because they are "
                       "indices or bits");
  split.extent = input.getDimSize(split.axis);
  if (parts < 2)
    return refuse(why, "'parts' must be at least 2, found " + Twine(parts));
  split.chunk = llvm::divideCeil(split.extent, parts);
  // Parts that start at multiples of 16 elements can be read in wide accesses.
  int64_t aligned = llvm::alignTo(split.chunk, 16);
  if (!split.divides() && (parts - 1) * aligned < split.extent)
    split.chunk = aligned;
  if ((parts - 1) * split.chunk >= split.extent)
    return refuse(why, "an axis of " + Twine(split.extent) +
                           " elements cannot be cut into " + Twine(parts) +
                           " parts that are not empty; use fewer parts");

  SmallVector<Value> list;
  if (auto dot = dyn_cast<DotOp>(split.op))
    list = {dot.getLhs(), dot.getRhs()};
  else
    list = {split.op->getOperand(0)};
  while (!list.empty()) {
    Value value = list.pop_back_val();
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (!llvm::is_contained(split.operands, argument))
        split.operands.push_back(argument);
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (isa<DotOp, ReduceOp, FoldOp, ScanOp>(op))
      return refuse(why, "the reduction is computed from another one ('" +
                             op->getName().getStringRef() +
                             "'), which every part would have to compute; "
                             "split that one, or keep them apart");
    if (split.slice.insert(op))
      llvm::append_range(list, op->getOperands());
  }
  llvm::sort(split.operands, [](BlockArgument a, BlockArgument b) {
    return a.getArgNumber() < b.getArgNumber();
  });
  return split;
}

//===----------------------------------------------------------------------===//
// The kernel of the parts
//===----------------------------------------------------------------------===//

/// Whether what lies past the end of `value` along `axis` lies outside the
/// kernel's operand, too: not so where a view shows a part of it.
static bool endsWithOperand(Value value, int64_t axis) {
  auto load = value.getDefiningOp<LoadOp>();
  if (!load || !load.getOffsets().empty())
    return false;
  Access access = getAccess(load.getSource());
  ArrayRef<int64_t> shape =
      cast<MemRefType>(access.operand.getType()).getShape();
  for (auto [expr, size] : llvm::zip(access.map.getResults(), shape))
    if (auto dim = dyn_cast<AffineDimExpr>(expr);
        dim && dim.getPosition() == axis)
      return size == typeOf(value).getDimSize(axis);
  return false;
}

/// Operand `value` of the reduction, cut along `axis`: element [s, .., k, ..]
/// is element [.., s * chunk + k, ..], the identity past the end.
static FailureOr<Value> cutOperand(Value value, int64_t axis,
                                   const Split &split, TypedAttr identity,
                                   RewriterBase &rewriter, std::string &why) {
  SmallVector<AffineExpr> results;
  SmallVector<int64_t> shape = {split.parts};
  for (auto [dim, size] : llvm::enumerate(typeOf(value).getShape())) {
    AffineExpr position = rewriter.getAffineDimExpr(dim + 1);
    bool cut = static_cast<int64_t>(dim) == axis;
    results.push_back(
        cut ? rewriter.getAffineDimExpr(0) * split.chunk + position : position);
    shape.push_back(cut ? split.chunk : size);
  }
  auto map = AffineMap::get(shape.size(), 0, results, rewriter.getContext());
  Reindexer reindexer(rewriter);
  if (split.divides())
    return reindexer.read(value, map, shape, why);
  FailureOr<Value> padded = reindexer.readPadded(value, map, shape, why);
  if (failed(padded))
    return failure();
  auto select = padded->getDefiningOp<arith::SelectOp>();
  if (!select)
    return padded;
  // A load is zero past the end by itself.
  bool isZero = identity == rewriter.getZeroAttr(identity.getType());
  if (isZero && select.getTrueValue().getDefiningOp<LoadOp>() &&
      endsWithOperand(value, axis))
    return select.getTrueValue();
  if (isZero)
    return padded;
  Location loc = value.getLoc();
  Value filler = createSplat(rewriter, loc, typeOf(*padded), identity);
  return arith::SelectOp::create(rewriter, loc, select.getCondition(),
                                 select.getTrueValue(), filler)
      .getResult();
}

/// The kernel that computes the partial results, at the insertion point. Its
/// last operand takes them.
static FailureOr<KernelOp> createPartial(KernelOp kernel, const Split &split,
                                         StringRef name, RewriterBase &rewriter,
                                         std::string &why) {
  OpBuilder::InsertionGuard guard(rewriter);
  RankedTensorType type = split.getPartialType();
  SmallVector<Type> operands;
  for (BlockArgument argument : split.operands)
    operands.push_back(argument.getType());
  operands.push_back(MemRefType::get(type.getShape(), type.getElementType()));
  Location loc = split.op->getLoc();
  auto partial = KernelOp::create(rewriter, loc, name, operands);
  Block &body = partial.getBody().front();
  rewriter.setInsertionPointToStart(&body);
  IRMapping mapping;
  for (auto [old, argument] :
       llvm::zip(split.operands, partial.getOperandArguments()))
    mapping.map(old, argument);
  for (Operation &op : kernel.getBody().front())
    if (split.slice.contains(&op))
      rewriter.clone(op, mapping);

  auto cut = [&](Value value, int64_t axis, TypedAttr identity) {
    return cutOperand(mapping.lookup(value), axis, split, identity, rewriter,
                      why);
  };
  Value result;
  if (auto dot = dyn_cast<DotOp>(split.op)) {
    auto zero = rewriter.getZeroAttr(typeOf(dot.getLhs()).getElementType());
    FailureOr<Value> lhs = cut(dot.getLhs(), split.axis, zero);
    FailureOr<Value> rhs = failure();
    if (succeeded(lhs))
      rhs = cut(dot.getRhs(), split.axis - 1, zero);
    if (succeeded(rhs)) {
      Value acc = createSplat(rewriter, loc, type,
                              rewriter.getZeroAttr(type.getElementType()));
      result = DotOp::create(rewriter, loc, type, *lhs, *rhs, acc,
                             dot.getMmaAttr(), dot.getPrecisionAttr());
    }
  } else {
    auto reduce = cast<ReduceOp>(split.op);
    TypedAttr identity = getIdentity(reduce.getKind(), type.getElementType());
    FailureOr<Value> input = cut(reduce.getInput(), split.axis, identity);
    if (succeeded(input)) {
      SmallVector<int64_t> axes;
      for (int64_t axis : reduce.getAxes())
        axes.push_back(axis + 1);
      result = ReduceOp::create(rewriter, loc, reduce.getKind(), *input, axes);
    }
  }
  if (!result) {
    rewriter.eraseOp(partial);
    return failure();
  }
  StoreOp::create(rewriter, loc, result, body.getArguments().back(),
                  ValueRange(), /*masked=*/false);
  return partial;
}

//===----------------------------------------------------------------------===//
// The kernel of the rest
//===----------------------------------------------------------------------===//

/// Lets the kernel combine the partial results instead of computing the
/// reduction. Returns where its operands come from: the number of an old
/// operand, or -1 for the partial results.
static SmallVector<int64_t> combinePartials(KernelOp kernel, const Split &split,
                                            RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  Block &body = kernel.getBody().front();
  RankedTensorType type = split.getPartialType();
  Location loc = split.op->getLoc();
  auto partials = body.addArgument(
      MemRefType::get(type.getShape(), type.getElementType()), loc);
  rewriter.setInsertionPoint(split.op);
  Value loaded = LoadOp::create(rewriter, loc, type, partials, ValueRange(),
                                /*masked=*/false);
  auto dot = dyn_cast<DotOp>(split.op);
  Combiner kind = dot ? Combiner::Add : cast<ReduceOp>(split.op).getKind();
  Value result =
      ReduceOp::create(rewriter, loc, kind, loaded, ArrayRef<int64_t>{0});
  if (dot && !matchPattern(dot.getAcc(), m_Zero()) &&
      !matchPattern(dot.getAcc(), m_AnyZeroFloat()))
    result = createCombine(rewriter, loc, kind, result, dot.getAcc());
  rewriter.replaceOp(split.op, result);
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op))
      rewriter.eraseOp(&op);

  // The partial results stand where what they are computed from stood, else
  // before the outputs.
  SmallVector<int64_t> sources;
  std::optional<unsigned> place;
  unsigned old = body.getNumArguments() - 1;
  for (unsigned i = 0; i < old && !place; ++i)
    if (body.getArgument(i).use_empty())
      place = i;
  for (unsigned i = 0; i < old && !place; ++i)
    if (kernel.isOutput(body.getArgument(i)))
      place = i;
  BlockArgument moved =
      body.insertArgument(*place, partials.getType(), partials.getLoc());
  rewriter.replaceAllUsesWith(body.getArguments().back(), moved);
  body.eraseArgument(old + 1);
  for (unsigned i = 0; i < old; ++i) {
    if (i == *place)
      sources.push_back(-1);
    sources.push_back(i);
  }
  for (unsigned i = sources.size(); i-- > 0;)
    if (body.getArgument(i).use_empty()) {
      body.eraseArgument(i);
      sources.erase(sources.begin() + i);
    }
  return sources;
}

static std::string getFreeName(KernelOp kernel) {
  std::string base = (kernel.getSymName() + "_partial").str(), name = base;
  Operation *module = kernel->getParentOp();
  for (int number = 2; module && SymbolTable::lookupSymbolIn(module, name);
       ++number)
    name = base + std::to_string(number);
  return name;
}

//===----------------------------------------------------------------------===//
// The action
//===----------------------------------------------------------------------===//

LogicalResult SplitReductionOp::precondition(KernelOp kernel,
                                             const Architecture *,
                                             std::string &why) {
  if (kernel.isTiled())
    return refuse(why, "the kernel is tiled already; split reductions of "
                       "untiled kernels, then tile what comes out");
  FailureOr<Split> split = makeSplit(kernel, getReduction(), getParts(), why);
  if (failed(split))
    return failure();
  IRRewriter rewriter(kernel.getContext());
  FailureOr<KernelOp> partial =
      createPartial(kernel, *split, "partial", rewriter, why);
  if (failed(partial))
    return failure();
  (*partial)->erase();
  return success();
}

LogicalResult SplitReductionOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                        const Architecture *) {
  std::string why;
  FailureOr<Split> split = makeSplit(kernel, getReduction(), getParts(), why);
  if (failed(split))
    return emitError() << why;
  std::string name = getFreeName(kernel);
  rewriter.setInsertionPoint(kernel);
  FailureOr<KernelOp> partial =
      createPartial(kernel, *split, name, rewriter, why);
  if (failed(partial))
    return emitError() << why;
  SmallVector<int64_t> inputs;
  for (BlockArgument argument : split->operands)
    inputs.push_back(argument.getArgNumber());
  Type buffer = partial->getOperandArguments().back().getType();
  SmallVector<int64_t> sources = combinePartials(kernel, *split, rewriter);

  SmallVector<LaunchOp> launches;
  kernel->getParentOp()->walk([&](LaunchOp launch) {
    if (launch.getKernel() == kernel.getSymName())
      launches.push_back(launch);
  });
  for (LaunchOp launch : launches) {
    Location loc = launch.getLoc();
    rewriter.setInsertionPoint(launch);
    Value partials =
        memref::AllocOp::create(rewriter, loc, cast<MemRefType>(buffer));
    SmallVector<Value> first, second;
    for (int64_t input : inputs)
      first.push_back(launch.getOperands()[input]);
    first.push_back(partials);
    for (int64_t source : sources)
      second.push_back(source < 0 ? partials : launch.getOperands()[source]);
    LaunchOp::create(rewriter, loc, name, first);
    LaunchOp::create(rewriter, loc, kernel.getSymName(), second);
    rewriter.eraseOp(launch);
  }
  return success();
}

void SplitReductionOp::propose(KernelOp kernel, const Architecture &target,
                               SmallVectorImpl<DictionaryAttr> &proposals) {
  if (kernel.isTiled())
    return;
  Builder builder(kernel.getContext());
  for (auto [number, op] : llvm::enumerate(getReductions(kernel))) {
    // Programs that there would be without: too few for the device are what
    // makes a split worth its second pass.
    RankedTensorType result = typeOf(op->getResult(0));
    RankedTensorType input = typeOf(op->getOperand(0));
    bool dot = isa<DotOp>(op);
    int64_t programs = 1, least = dot ? 512 : 4096;
    for (auto [dim, size] : llvm::enumerate(result.getShape()))
      programs *= dot && static_cast<int64_t>(dim) + 2 >= result.getRank()
                      ? llvm::divideCeil(size, 128)
                      : size;
    int64_t extent = dot ? input.getShape().back()
                         : input.getNumElements() /
                               std::max<int64_t>(1, result.getNumElements());
    int64_t parts = std::min(target.multiprocessors / programs, extent / least);
    if (parts < 2)
      continue;
    parts = llvm::bit_floor(static_cast<uint64_t>(parts));
    for (int64_t each : {parts, parts / 2, parts * 2}) {
      if (each < 2)
        continue;
      NamedAttrList parameters;
      parameters.set("parts", builder.getI64IntegerAttr(each));
      parameters.set("reduction", builder.getI64IntegerAttr(number));
      proposals.push_back(parameters.getDictionary(builder.getContext()));
    }
  }
}

LogicalResult SplitReductionOp::holds(KernelOp before, KernelOp after,
                                      DictionaryAttr, std::string &why) {
  auto countKernels = [](KernelOp kernel) {
    return llvm::range_size(
        kernel->getParentOfType<ModuleOp>().getOps<KernelOp>());
  };
  if (!before || countKernels(after) > countKernels(before))
    return success();
  return refuse(why, "there must be one kernel more, which computes the "
                     "partial results; only split_reduction adds kernels");
}
