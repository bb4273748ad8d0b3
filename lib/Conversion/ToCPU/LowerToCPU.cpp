//===- LowerToCPU.cpp - Kernels to functions on memrefs -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Conversion/ToCPU/ToCPU.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qimeng;

namespace qimeng {
#define GEN_PASS_DEF_LOWERTOCPUPASS
#include "qimeng/Conversion/ToCPU/Passes.h.inc"
} // namespace qimeng

namespace {

/// Emits one kernel.
class KernelEmitter {
public:
  KernelEmitter(KernelOp kernel, func::FuncOp function, ViolationSites &sites)
      : kernel(kernel), tiles(function, sites), builder(tiles.builder) {
    for (auto [from, to] :
         llvm::zip(kernel.getOperandArguments(), function.getArguments()))
      tiles.scalars.map(from, to);
  }
  LogicalResult run();

private:
  /// A first-in first-out queue of tiles; the counters count up from zero.
  struct Channel {
    Value counters; ///< memref<3xindex>: put, taken, released
    Value capacity;
    SmallVector<Value> slots; ///< one buffer per tile, [capacity, tile...]
  };
  enum Counter { Put, Taken, Released };

  LogicalResult emitBlock(Block &block);
  LogicalResult emit(Operation *op);
  LogicalResult emitFor(scf::ForOp op);
  LogicalResult emitIf(scf::IfOp op);
  void emitLazy(Operation *op);
  void emitDot(DotOp op);
  void emitReduce(ReduceOp op);
  void emitFold(FoldOp op);
  void emitScan(ScanOp op);
  void emitStore(StoreOp op);

  void emitChannel(ChannelOp op);
  void emitPut(PutOp op);
  void emitTake(TakeOp op);
  void emitRelease(ReleaseOp op);
  LogicalResult emitRoles();
  LogicalResult countPuts(Block &block);
  Value readCounter(Channel &channel, Counter counter, Location loc);
  void addOne(Channel &channel, Counter counter, Location loc);
  void reportIf(Value condition, Operation *op, StringRef what);

  /// Whether evaluating `op` later could see other values: it reads a slot
  /// that a release gives back.
  bool readsSlot(Operation *op) const;
  /// A buffer with the elements of `tile`, converted to `element`.
  Storage asBuffer(Value tile, Type element);
  void copy(const Storage &from, const Storage &to, Value like);
  void cloneScalar(Operation *op);
  Storage newBuffer(Value like) {
    auto type = cast<RankedTensorType>(like.getType());
    return {tiles.allocate(type.getShape(), type.getElementType()), {}};
  }

  KernelOp kernel;
  TileEmitter tiles;
  OpBuilder &builder;
  llvm::DenseMap<Value, Channel> channels;
  SmallVector<RoleOp> roles;
};

bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

/// `value` as `type`, exactly: only to wider types.
Value widen(OpBuilder &builder, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (isa<FloatType>(type))
    return arith::ExtFOp::create(builder, loc, type, value);
  return arith::ExtSIOp::create(builder, loc, type, value);
}

} // namespace

LogicalResult KernelEmitter::run() {
  SmallVector<int64_t> grid;
  if (kernel.isTiled())
    llvm::append_range(grid, *kernel.getGrid());
  LogicalResult result = success();
  tiles.loop(kernel.getLoc(), grid, [&](TileEmitter::Indices programs) {
    kernel.getBody().walk([&](ProgramIdOp id) {
      tiles.scalars.map(id.getResult(), programs[id.getDim()]);
    });
    result = emitBlock(kernel.getBody().front());
    if (succeeded(result) && !roles.empty())
      result = emitRoles();
  });
  tiles.finish();
  return result;
}

LogicalResult KernelEmitter::emitBlock(Block &block) {
  for (Operation &op : block)
    if (!op.hasTrait<OpTrait::IsTerminator>() && failed(emit(&op)))
      return failure();
  return success();
}

LogicalResult KernelEmitter::emit(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ProgramIdOp, ViewOp>([](auto) { return success(); })
      .Case<DotOp>([&](auto op) { return emitDot(op), success(); })
      .Case<ReduceOp>([&](auto op) { return emitReduce(op), success(); })
      .Case<FoldOp>([&](auto op) { return emitFold(op), success(); })
      .Case<ScanOp>([&](auto op) { return emitScan(op), success(); })
      .Case<StoreOp>([&](auto op) { return emitStore(op), success(); })
      .Case<ChannelOp>([&](auto op) { return emitChannel(op), success(); })
      .Case<PutOp>([&](auto op) { return emitPut(op), success(); })
      .Case<TakeOp>([&](auto op) { return emitTake(op), success(); })
      .Case<ReleaseOp>([&](auto op) { return emitRelease(op), success(); })
      .Case<RoleOp>([&](auto op) { return roles.push_back(op), success(); })
      .Case<scf::ForOp>([&](auto op) { return emitFor(op); })
      .Case<scf::IfOp>([&](auto op) { return emitIf(op); })
      .Default([&](Operation *op) -> LogicalResult {
        bool tile = op->getNumResults() == 1 && isTile(op->getResult(0));
        if (tile &&
            (isElementwise(op) ||
             isa<LoadOp, GatherOp, BroadcastOp, TransposeOp, IotaOp>(op))) {
          emitLazy(op);
          return success();
        }
        if (llvm::any_of(op->getResults(), isTile) || op->getNumRegions() != 0)
          return op->emitOpError() << "has no lowering to the CPU";
        cloneScalar(op);
        return success();
      });
}

void KernelEmitter::cloneScalar(Operation *op) {
  builder.clone(*op, tiles.scalars);
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

bool KernelEmitter::readsSlot(Operation *op) const {
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    Operation *def = operand.getDefiningOp();
    return def && isa<TakeOp>(def);
  });
}

void KernelEmitter::emitLazy(Operation *op) {
  Value tile = op->getResult(0);
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (constant && !isa<SplatElementsAttr>(constant.getValue())) {
    auto type = cast<RankedTensorType>(tile.getType());
    auto elements = cast<DenseElementsAttr>(constant.getValue());
    auto memref = MemRefType::get(type.getShape(), type.getElementType());
    auto module = kernel->getParentOfType<ModuleOp>();
    std::string name;
    unsigned number = 0;
    do
      name = (kernel.getSymName() + "_constant" + Twine(number++)).str();
    while (module.lookupSymbol(name));
    OpBuilder top(kernel);
    auto global = memref::GlobalOp::create(
        top, op->getLoc(), name, top.getStringAttr("private"), memref, elements,
        /*constant=*/true, /*alignment=*/IntegerAttr());
    tiles.storage[tile] = {memref::GetGlobalOp::create(builder, op->getLoc(),
                                                       memref,
                                                       global.getSymName()),
                           {}};
    return;
  }
  if (readsSlot(op)) {
    tiles.materialize(tile);
    return;
  }
  auto isComputed = [](Value value) {
    Operation *def = value.getDefiningOp();
    return def && isElementwise(def) &&
           !isa<arith::ConstantOp, tensor::SplatOp>(def);
  };
  // What a broadcast repeats is computed once, and what a loop's body uses
  // before the loop.
  if (isa<BroadcastOp>(op) && isComputed(op->getOperand(0)))
    tiles.materialize(op->getOperand(0));
  if (isa<GatherOp>(op) ||
      (isComputed(tile) && llvm::any_of(op->getUsers(), [&](Operation *user) {
         return user->getBlock() != op->getBlock();
       })))
    tiles.materialize(tile);
}

Storage KernelEmitter::asBuffer(Value tile, Type element) {
  auto type = cast<RankedTensorType>(tile.getType());
  auto stored = tiles.storage.find(tile);
  if (stored != tiles.storage.end() && type.getElementType() == element)
    return stored->second;
  Storage buffer{tiles.allocate(type.getShape(), element), {}};
  tiles.fill(tile, buffer, [&](Value value) {
    return widen(builder, tile.getLoc(), value, element);
  });
  return buffer;
}

void KernelEmitter::copy(const Storage &from, const Storage &to, Value like) {
  Location loc = like.getLoc();
  if (from.prefix.empty() && to.prefix.empty()) {
    memref::CopyOp::create(builder, loc, from.buffer, to.buffer);
    return;
  }
  tiles.loop(loc, cast<RankedTensorType>(like.getType()).getShape(),
             [&](TileEmitter::Indices at) {
               tiles.write(tiles.read(from, at, loc), to, at, loc);
             });
}

/// What tensor cores read of an f32 factor in tf32: 8 bits of exponent, 10 of
/// mantissa.
static Value truncateToTf32(OpBuilder &builder, Location loc, Value value) {
  Type i32 = builder.getI32Type();
  Value bits = arith::BitcastOp::create(builder, loc, i32, value);
  Value mask = arith::ConstantOp::create(
      builder, loc, builder.getI32IntegerAttr(~((1 << 13) - 1)));
  bits = arith::AndIOp::create(builder, loc, bits, mask);
  return arith::BitcastOp::create(builder, loc, value.getType(), bits);
}

void KernelEmitter::emitDot(DotOp op) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getResult().getType());
  Type element = type.getElementType();
  Storage lhs = asBuffer(op.getLhs(), element);
  Storage rhs = asBuffer(op.getRhs(), element);
  Storage sum = newBuffer(op.getResult());
  tiles.fill(op.getAcc(), sum);
  int64_t rank = type.getRank();
  // batch..., m, k, n: all three innermost accesses are to contiguous memory.
  SmallVector<int64_t> sizes(type.getShape());
  sizes.insert(
      sizes.end() - 1,
      cast<RankedTensorType>(op.getLhs().getType()).getDimSize(rank - 1));
  tiles.loop(loc, sizes, [&](TileEmitter::Indices at) {
    SmallVector<Value> batch(at.begin(), at.begin() + rank - 2);
    Value m = at[rank - 2], k = at[rank - 1], n = at[rank];
    auto with = [&](Value i, Value j) {
      SmallVector<Value> indices(batch);
      indices.append({i, j});
      return indices;
    };
    Value a = tiles.read(lhs, with(m, k), loc);
    Value b = tiles.read(rhs, with(k, n), loc);
    Value c = tiles.read(sum, with(m, n), loc);
    if (op.getPrecision() == Precision::Tf32 && a.getType().isF32()) {
      a = truncateToTf32(builder, loc, a);
      b = truncateToTf32(builder, loc, b);
    }
    Value product = createCombine(builder, loc, Combiner::Mul, a, b);
    tiles.write(createCombine(builder, loc, Combiner::Add, c, product), sum,
                with(m, n), loc);
  });
  tiles.storage[op.getResult()] = sum;
}

/// The sizes of `shape` at `axes`, and the others.
static std::pair<SmallVector<int64_t>, SmallVector<int64_t>>
split(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> along, kept;
  for (auto [dim, size] : llvm::enumerate(shape))
    (llvm::is_contained(axes, static_cast<int64_t>(dim)) ? along : kept)
        .push_back(size);
  return {along, kept};
}

/// The indices of an element from its indices along `axes` and the others.
static SmallVector<Value> merge(int64_t rank, ArrayRef<int64_t> axes,
                                ArrayRef<Value> along, ArrayRef<Value> kept) {
  SmallVector<Value> at;
  for (int64_t dim = 0; dim < rank; ++dim) {
    ArrayRef<Value> &from = llvm::is_contained(axes, dim) ? along : kept;
    at.push_back(from.front());
    from = from.drop_front();
  }
  return at;
}

void KernelEmitter::emitReduce(ReduceOp op) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getInput().getType());
  ArrayRef<int64_t> axes = op.getAxes();
  auto [along, kept] = split(type.getShape(), axes);
  Storage result = newBuffer(op.getResult());
  Value identity =
      tiles.constant(getIdentity(op.getKind(), type.getElementType()));
  tiles.loop(loc, kept, [&, &along = along](TileEmitter::Indices outer) {
    auto sum = tiles.loop(
        loc, along, identity,
        [&](TileEmitter::Indices inner, ValueRange carried) {
          Value value = tiles.element(
              op.getInput(), merge(type.getRank(), axes, inner, outer));
          return SmallVector<Value>{createCombine(builder, loc, op.getKind(),
                                                  carried.front(), value)};
        });
    tiles.write(sum.front(), result, outer, loc);
  });
  tiles.storage[op.getResult()] = result;
}

void KernelEmitter::emitFold(FoldOp op) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getInputs().front().getType());
  ArrayRef<int64_t> axes = op.getAxes();
  auto [along, kept] = split(type.getShape(), axes);
  SmallVector<Storage> results;
  for (Value result : op.getResults())
    results.push_back(newBuffer(result));
  Block &body = op.getBody().front();
  tiles.loop(loc, kept, [&, &along = along](TileEmitter::Indices outer) {
    SmallVector<Value> inits;
    for (Value init : op.getInits())
      inits.push_back(tiles.element(init, outer));
    auto sums = tiles.loop(
        loc, along, inits, [&](TileEmitter::Indices inner, ValueRange carried) {
          SmallVector<Value> at = merge(type.getRank(), axes, inner, outer);
          SmallVector<Value> arguments;
          for (Value input : op.getInputs())
            arguments.push_back(tiles.element(input, at));
          llvm::append_range(arguments, carried);
          tiles.scalars.map(body.getArguments(), arguments);
          for (Operation &scalar : body.without_terminator())
            cloneScalar(&scalar);
          SmallVector<Value> yielded;
          for (Value value : body.getTerminator()->getOperands())
            yielded.push_back(tiles.scalars.lookupOrDefault(value));
          return yielded;
        });
    for (auto [sum, result] : llvm::zip(sums, results))
      tiles.write(sum, result, outer, loc);
  });
  for (auto [value, result] : llvm::zip(op.getResults(), results))
    tiles.storage[value] = result;
}

void KernelEmitter::emitScan(ScanOp op) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getInput().getType());
  int64_t axis = op.getAxis();
  auto [along, kept] = split(type.getShape(), axis);
  Storage result = newBuffer(op.getResult());
  Value identity =
      tiles.constant(getIdentity(op.getKind(), type.getElementType()));
  tiles.loop(loc, kept, [&, &along = along](TileEmitter::Indices outer) {
    tiles.loop(
        loc, along, identity,
        [&](TileEmitter::Indices inner, ValueRange carried) {
          Value position = inner.front();
          if (op.getReverse())
            position = arith::SubIOp::create(
                builder, loc, tiles.index(type.getDimSize(axis) - 1), position);
          SmallVector<Value> at = merge(type.getRank(), axis, position, outer);
          Value sum = createCombine(builder, loc, op.getKind(), carried.front(),
                                    tiles.element(op.getInput(), at));
          tiles.write(op.getExclusive() ? carried.front() : sum, result, at,
                      loc);
          return SmallVector<Value>{sum};
        });
  });
  tiles.storage[op.getResult()] = result;
}

void KernelEmitter::emitStore(StoreOp op) {
  auto type = cast<RankedTensorType>(op.getValue().getType());
  tiles.loop(op.getLoc(), type.getShape(),
             [&](TileEmitter::Indices at) { tiles.writeElement(op, at); });
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

LogicalResult KernelEmitter::emitFor(scf::ForOp op) {
  Location loc = op.getLoc();
  APInt step;
  if (!matchPattern(op.getStep(), m_ConstantInt(&step)) ||
      !step.isStrictlyPositive())
    return op.emitOpError() << "needs a constant, positive step";
  SmallVector<Value> scalarInits;
  llvm::DenseSet<Value> carriedBuffers;
  for (auto [init, argument, result] :
       llvm::zip(op.getInitArgs(), op.getRegionIterArgs(), op.getResults())) {
    if (!isTile(init)) {
      scalarInits.push_back(tiles.scalars.lookup(init));
      continue;
    }
    Storage buffer = newBuffer(init);
    tiles.fill(init, buffer);
    tiles.storage[argument] = tiles.storage[result] = buffer;
    carriedBuffers.insert(buffer.buffer);
  }
  auto loop =
      scf::ForOp::create(builder, loc, tiles.scalars.lookup(op.getLowerBound()),
                         tiles.scalars.lookup(op.getUpperBound()),
                         tiles.scalars.lookup(op.getStep()), scalarInits);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  tiles.scalars.map(op.getInductionVar(), loop.getInductionVar());
  unsigned number = 0;
  for (auto [argument, result] :
       llvm::zip(op.getRegionIterArgs(), op.getResults()))
    if (!isTile(argument)) {
      tiles.scalars.map(argument, loop.getRegionIterArg(number));
      tiles.scalars.map(result, loop.getResult(number++));
    }
  if (failed(emitBlock(*op.getBody())))
    return failure();

  // All yielded tiles are computed before any carried buffer changes.
  SmallVector<Value> scalars;
  SmallVector<std::tuple<Storage, Storage, Value>> copies;
  for (auto [value, argument] :
       llvm::zip(op.getYieldedValues(), op.getRegionIterArgs())) {
    if (!isTile(value)) {
      scalars.push_back(tiles.scalars.lookup(value));
      continue;
    }
    if (value == argument)
      continue;
    auto stored = tiles.storage.find(value);
    Storage from;
    if (stored != tiles.storage.end() &&
        !carriedBuffers.contains(stored->second.buffer)) {
      from = stored->second;
    } else {
      from = newBuffer(value);
      tiles.fill(value, from);
    }
    copies.emplace_back(from, tiles.storage[argument], value);
  }
  for (auto &[from, to, like] : copies)
    copy(from, to, like);
  if (!scalars.empty())
    scf::YieldOp::create(builder, loc, scalars);
  return success();
}

LogicalResult KernelEmitter::emitIf(scf::IfOp op) {
  Location loc = op.getLoc();
  SmallVector<Type> types;
  SmallVector<Storage> buffers;
  for (Value result : op.getResults()) {
    if (!isTile(result)) {
      types.push_back(result.getType());
      continue;
    }
    buffers.push_back(newBuffer(result));
    tiles.storage[result] = buffers.back();
  }
  bool hasElse = !op.getElseRegion().empty();
  auto branch = scf::IfOp::create(
      builder, loc, types, tiles.scalars.lookup(op.getCondition()), hasElse);
  unsigned number = 0;
  for (Value result : op.getResults())
    if (!isTile(result))
      tiles.scalars.map(result, branch.getResult(number++));
  auto emitRegion = [&](Region &from, Region &to) -> LogicalResult {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&to.front());
    if (failed(emitBlock(from.front())))
      return failure();
    SmallVector<Value> scalars;
    auto buffer = buffers.begin();
    for (Value value : from.front().getTerminator()->getOperands()) {
      if (isTile(value))
        tiles.fill(value, *buffer++);
      else
        scalars.push_back(tiles.scalars.lookup(value));
    }
    if (!types.empty())
      scf::YieldOp::create(builder, loc, scalars);
    return success();
  };
  if (failed(emitRegion(op.getThenRegion(), branch.getThenRegion())))
    return failure();
  return hasElse ? emitRegion(op.getElseRegion(), branch.getElseRegion())
                 : success();
}

//===----------------------------------------------------------------------===//
// Channels and roles
//===----------------------------------------------------------------------===//

Value KernelEmitter::readCounter(Channel &channel, Counter counter,
                                 Location loc) {
  return memref::LoadOp::create(builder, loc, channel.counters,
                                tiles.index(counter));
}

void KernelEmitter::addOne(Channel &channel, Counter counter, Location loc) {
  Value next = arith::AddIOp::create(
      builder, loc, readCounter(channel, counter, loc), tiles.index(1));
  memref::StoreOp::create(builder, loc, next, channel.counters,
                          tiles.index(counter));
}

void KernelEmitter::reportIf(Value condition, Operation *op, StringRef what) {
  auto branch = scf::IfOp::create(builder, op->getLoc(), TypeRange(), condition,
                                  /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  tiles.report(op, what);
}

void KernelEmitter::emitChannel(ChannelOp op) {
  Location loc = op.getLoc();
  Channel channel;
  channel.counters = tiles.allocate({3}, builder.getIndexType());
  for (int64_t counter : {Put, Taken, Released})
    memref::StoreOp::create(builder, loc, tiles.index(0), channel.counters,
                            tiles.index(counter));
  if (!kernel.isSpecialized()) {
    channel.capacity = tiles.index(op.getStages());
    for (Type tile : op.getType().getTiles()) {
      SmallVector<int64_t> shape{static_cast<int64_t>(op.getStages())};
      llvm::append_range(shape, cast<RankedTensorType>(tile).getShape());
      channel.slots.push_back(
          tiles.allocate(shape, cast<RankedTensorType>(tile).getElementType()));
    }
  }
  channels[op.getResult()] = channel;
}

/// `count` modulo the channel's capacity.
static Value slotOf(OpBuilder &builder, Location loc, Value count,
                    Value capacity) {
  return arith::RemUIOp::create(builder, loc, count, capacity);
}

void KernelEmitter::emitPut(PutOp op) {
  Location loc = op.getLoc();
  Channel &channel = channels[op.getChannel()];
  Value put = readCounter(channel, Put, loc);
  Value used = arith::SubIOp::create(builder, loc, put,
                                     readCounter(channel, Released, loc));
  Value full = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::uge,
                                     used, channel.capacity);
  reportIf(full, op, "puts into a full channel, and would wait for ever");
  Value slot = slotOf(builder, loc, put, channel.capacity);
  for (auto [tile, slots] : llvm::zip(op.getTiles(), channel.slots))
    tiles.fill(tile, {slots, {slot}});
  addOne(channel, Put, loc);
}

void KernelEmitter::emitTake(TakeOp op) {
  Location loc = op.getLoc();
  Channel &channel = channels[op.getChannel()];
  Value taken = readCounter(channel, Taken, loc);
  Value none = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::uge,
                                     taken, readCounter(channel, Put, loc));
  reportIf(none, op, "takes from an empty channel, and would wait for ever");
  Value slot = slotOf(builder, loc, taken, channel.capacity);
  for (auto [tile, slots] : llvm::zip(op.getTiles(), channel.slots))
    tiles.storage[tile] = {slots, {slot}};
  addOne(channel, Taken, loc);
}

void KernelEmitter::emitRelease(ReleaseOp op) {
  Location loc = op.getLoc();
  Channel &channel = channels[op.getChannel()];
  Value released = readCounter(channel, Released, loc);
  Value none =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::uge, released,
                            readCounter(channel, Taken, loc));
  reportIf(none, op, "releases a slot that was not taken");
  // A use after the release must not go unseen: spoil the slot.
  Value slot = slotOf(builder, loc, released, channel.capacity);
  for (Value slots : channel.slots) {
    auto type = cast<MemRefType>(slots.getType());
    Type element = type.getElementType();
    TypedAttr spoiled;
    if (auto floats = dyn_cast<FloatType>(element))
      spoiled = builder.getFloatAttr(
          floats, APFloat::getNaN(floats.getFloatSemantics()));
    else
      spoiled = builder.getIntegerAttr(
          element, APInt::getAllOnes(element.isIndex()
                                         ? 64
                                         : element.getIntOrFloatBitWidth()));
    Value value = tiles.constant(spoiled);
    tiles.loop(loc, type.getShape().drop_front(),
               [&, slots = slots](TileEmitter::Indices at) {
                 tiles.write(value, {slots, {slot}}, at, loc);
               });
  }
  addOne(channel, Released, loc);
}

/// Emits only the control flow of `block`, counting puts. Control never depends
/// on tiles.
LogicalResult KernelEmitter::countPuts(Block &block) {
  auto hasPut = [](Operation &op) {
    return op.walk([](PutOp) { return WalkResult::interrupt(); })
        .wasInterrupted();
  };
  for (Operation &op : block) {
    if (auto put = dyn_cast<PutOp>(op)) {
      addOne(channels[put.getChannel()], Put, op.getLoc());
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      bool carriesScalars = llvm::any_of(
          loop.getInitArgs(), [](Value init) { return !isTile(init); });
      if (!hasPut(op) && !carriesScalars)
        continue;
      SmallVector<Value> inits, yielded;
      for (Value init : loop.getInitArgs())
        if (!isTile(init))
          inits.push_back(tiles.scalars.lookup(init));
      auto counting = scf::ForOp::create(
          builder, op.getLoc(), tiles.scalars.lookup(loop.getLowerBound()),
          tiles.scalars.lookup(loop.getUpperBound()),
          tiles.scalars.lookup(loop.getStep()), inits);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(counting.getBody());
      tiles.scalars.map(loop.getInductionVar(), counting.getInductionVar());
      unsigned number = 0;
      for (auto [argument, result] :
           llvm::zip(loop.getRegionIterArgs(), loop.getResults()))
        if (!isTile(argument)) {
          tiles.scalars.map(argument, counting.getRegionIterArg(number));
          tiles.scalars.map(result, counting.getResult(number++));
        }
      if (failed(countPuts(*loop.getBody())))
        return failure();
      for (Value value : loop.getYieldedValues())
        if (!isTile(value))
          yielded.push_back(tiles.scalars.lookup(value));
      if (!yielded.empty())
        scf::YieldOp::create(builder, op.getLoc(), yielded);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      if (!hasPut(op) && llvm::all_of(op.getResults(), isTile))
        continue;
      SmallVector<Type> types;
      for (Value result : op.getResults())
        if (!isTile(result))
          types.push_back(result.getType());
      bool hasElse = !branch.getElseRegion().empty();
      auto counting = scf::IfOp::create(
          builder, op.getLoc(), types,
          tiles.scalars.lookup(branch.getCondition()), hasElse);
      unsigned number = 0;
      for (Value result : op.getResults())
        if (!isTile(result))
          tiles.scalars.map(result, counting.getResult(number++));
      for (auto [from, to] :
           llvm::zip(branch->getRegions(), counting->getRegions())) {
        if (from.empty())
          continue;
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToStart(&to.front());
        if (failed(countPuts(from.front())))
          return failure();
        SmallVector<Value> yielded;
        for (Value value : from.front().getTerminator()->getOperands())
          if (!isTile(value))
            yielded.push_back(tiles.scalars.lookup(value));
        if (!types.empty())
          scf::YieldOp::create(builder, op.getLoc(), yielded);
      }
    } else if (!op.hasTrait<OpTrait::IsTerminator>() &&
               op.getNumRegions() == 0 && op.getNumResults() != 0 &&
               llvm::none_of(op.getResults(), isTile) &&
               !isa<ViewOp, ChannelOp, ProgramIdOp>(op)) {
      cloneScalar(&op);
    }
  }
  return success();
}

/// Roles meet only in first-in first-out queues, so running one after another
/// gives what running them together gives, as long as the queues are long
/// enough: as long as the number of puts of this program.
LogicalResult KernelEmitter::emitRoles() {
  SmallVector<RoleOp> order;
  for (RoleKind kind : {RoleKind::Producer, RoleKind::Consumer})
    llvm::copy_if(roles, std::back_inserter(order),
                  [&](RoleOp role) { return role.getKind() == kind; });
  roles = order;
  for (RoleOp role : roles)
    if (failed(countPuts(role.getBody().front())))
      return failure();
  Location loc = kernel.getLoc();
  SmallVector<Value> allocated;
  for (auto op : kernel.getBody().getOps<ChannelOp>()) {
    Channel &channel = channels[op.getResult()];
    // At least one slot, so that a take without any put stays in the buffer.
    channel.capacity = arith::MaxUIOp::create(
        builder, loc, readCounter(channel, Put, loc), tiles.index(1));
    memref::StoreOp::create(builder, loc, tiles.index(0), channel.counters,
                            tiles.index(Put));
    for (Type tile : op.getType().getTiles()) {
      SmallVector<int64_t> shape{ShapedType::kDynamic};
      llvm::append_range(shape, cast<RankedTensorType>(tile).getShape());
      auto type =
          MemRefType::get(shape, cast<RankedTensorType>(tile).getElementType());
      channel.slots.push_back(
          memref::AllocOp::create(builder, loc, type, channel.capacity));
      allocated.push_back(channel.slots.back());
    }
  }
  for (RoleOp role : roles)
    if (failed(emitBlock(role.getBody().front())))
      return failure();
  for (Value buffer : allocated)
    memref::DeallocOp::create(builder, loc, buffer);
  return success();
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

LogicalResult qimeng::lowerKernelsToCPU(ModuleOp module) {
  ViolationSites sites;
  OpBuilder builder(module.getContext());
  for (KernelOp kernel :
       llvm::make_early_inc_range(module.getOps<KernelOp>())) {
    builder.setInsertionPoint(kernel);
    auto function = func::FuncOp::create(
        builder, kernel.getLoc(), kernel.getSymName(),
        builder.getFunctionType(kernel.getBody().getArgumentTypes(), {}));
    if (failed(KernelEmitter(kernel, function, sites).run()))
      return failure();
    kernel.erase();
  }
  module.walk([&](LaunchOp launch) {
    builder.setInsertionPoint(launch);
    func::CallOp::create(builder, launch.getLoc(), launch.getKernel(),
                         TypeRange(), launch.getOperands());
    launch.erase();
  });
  ArrayAttr checks = sites.getAttr(module.getContext());
  if (checks.empty())
    return success();
  module->setAttr(checksAttribute, checks);
  if (!module.lookupSymbol(violationFunction)) {
    builder.setInsertionPointToStart(module.getBody());
    auto report =
        func::FuncOp::create(builder, module.getLoc(), violationFunction,
                             builder.getFunctionType(builder.getI64Type(), {}));
    report.setPrivate();
  }
  return success();
}

namespace {
struct LowerToCPU : public qimeng::impl::LowerToCPUPassBase<LowerToCPU> {
  void runOnOperation() override {
    if (failed(lowerKernelsToCPU(getOperation())))
      signalPassFailure();
  }
};
} // namespace
