//===- Fuse.cpp - Macro actions: fuse producer, fuse consumer -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both actions make one kernel of two: the producer's graph goes into the
// consumer's, in the place of the loads of what the producer wrote. They differ
// in which kernel is named first and gives the fused one its name.
//
//===----------------------------------------------------------------------===//

#include "FuseCopies.h"
#include "Reindexer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"

using namespace mlir;
using namespace qimeng;

static LogicalResult refuse(std::string &why, const Twine &reason) {
  why = reason.str();
  return failure();
}

namespace {
/// What a fusion does to the host program.
struct Plan {
  LaunchOp producer, consumer;
  /// Operands of the producer that hold what the consumer reads.
  SmallVector<Value> intermediates;
  /// Outputs of the producer that others need: the fused kernel stores them.
  SmallVector<Value> kept;
  /// The producer stays, and the fused kernel computes its values once more.
  bool recompute = false;
};

/// An operand of the fused kernel.
struct FusedOperand {
  bool ofProducer;
  unsigned index;
};
} // namespace

//===----------------------------------------------------------------------===//
// The host program
//===----------------------------------------------------------------------===//

static LaunchOp findLaunch(KernelOp kernel, std::string &why) {
  LaunchOp found;
  unsigned launches = 0;
  if (Operation *module = kernel->getParentOp())
    module->walk([&](LaunchOp launch) {
      if (launch.getKernel() == kernel.getSymName()) {
        found = launch;
        ++launches;
      }
    });
  if (launches == 1)
    return found;
  why = ("@" + kernel.getSymName() + " is launched " + Twine(launches) +
         " times; only kernels that are launched once can be fused")
            .str();
  return nullptr;
}

static KernelOp findKernel(Operation *anchor, StringRef name) {
  Operation *module = anchor->getParentOp();
  return module ? dyn_cast_or_null<KernelOp>(
                      SymbolTable::lookupSymbolIn(module, name))
                : nullptr;
}

/// The operands of a launch that its kernel writes (or else those it reads).
static SmallVector<Value> getOperands(LaunchOp launch, KernelOp kernel,
                                      bool written) {
  SmallVector<Value> values;
  for (auto [argument, operand] :
       llvm::zip(kernel.getOperandArguments(), launch.getOperands()))
    if (kernel.isOutput(argument) == written)
      values.push_back(operand);
  return values;
}

static RankedTensorType getStoredType(KernelOp kernel) {
  for (StoreOp store : kernel.getBody().getOps<StoreOp>())
    return cast<RankedTensorType>(store.getValue().getType());
  return {};
}

/// Whether somebody besides the two launches needs what is in `buffer`.
static bool isNeededElsewhere(Value buffer, const Plan &plan) {
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return true;
  return llvm::any_of(buffer.getUsers(), [&](Operation *user) {
    return user != plan.producer && user != plan.consumer &&
           !isa<memref::DeallocOp>(user);
  });
}

static FailureOr<Plan> makePlan(KernelOp producer, KernelOp consumer,
                                bool recompute, std::string &why) {
  for (KernelOp kernel : {producer, consumer})
    if (kernel.isTiled())
      return refuse(why, "@" + kernel.getSymName() +
                             " is tiled already; fuse untiled kernels, then "
                             "tile what comes out");
  if (producer == consumer)
    return refuse(why, "a kernel cannot be fused with itself");
  Plan plan;
  plan.recompute = recompute;
  plan.producer = findLaunch(producer, why);
  if (!plan.producer)
    return failure();
  plan.consumer = findLaunch(consumer, why);
  if (!plan.consumer)
    return failure();
  if (plan.producer->getBlock() != plan.consumer->getBlock() ||
      !plan.producer->isBeforeInBlock(plan.consumer))
    return refuse(why, "@" + producer.getSymName() + " does not run before @" +
                           consumer.getSymName());

  SmallVector<Value> made = getOperands(plan.producer, producer, true);
  SmallVector<Value> used = getOperands(plan.producer, producer, false);
  SmallVector<Value> read = getOperands(plan.consumer, consumer, false);
  SmallVector<Value> written = getOperands(plan.consumer, consumer, true);
  for (Value buffer : made)
    if (llvm::is_contained(read, buffer))
      plan.intermediates.push_back(buffer);
  if (plan.intermediates.empty())
    return refuse(why, "@" + consumer.getSymName() + " reads nothing that @" +
                           producer.getSymName() + " writes");
  for (Value buffer : written)
    if (llvm::is_contained(made, buffer) || llvm::is_contained(used, buffer))
      return refuse(why, "@" + consumer.getSymName() +
                             " overwrites an operand of @" +
                             producer.getSymName());

  // The producer's work moves down to the consumer.
  for (Operation *op = plan.producer->getNextNode(); op != plan.consumer;
       op = op->getNextNode()) {
    auto touches = [&](ArrayRef<Value> buffers) {
      return llvm::any_of(op->getOperands(), [&](Value operand) {
        return llvm::is_contained(buffers, operand);
      });
    };
    SmallVector<Value> changed(op->getOperands());
    std::string name = "'" + op->getName().getStringRef().str() + "'";
    if (auto launch = dyn_cast<LaunchOp>(op)) {
      name = "@" + launch.getKernel().str();
      if (KernelOp kernel = findKernel(producer, launch.getKernel()))
        changed = getOperands(launch, kernel, true);
    }
    for (Value buffer : changed)
      if (llvm::is_contained(used, buffer) || llvm::is_contained(made, buffer))
        return refuse(why, name +
                               ", which runs between the two, changes an "
                               "operand of @" +
                               producer.getSymName());
    if (!recompute && touches(made))
      return refuse(why, name + ", which runs between the two, reads what @" +
                             producer.getSymName() +
                             " writes; keep both with 'recompute'");
  }

  bool needed = false;
  for (Value buffer : made) {
    if (!isNeededElsewhere(buffer, plan))
      continue;
    needed = true;
    if (!recompute)
      plan.kept.push_back(buffer);
  }
  if (recompute && !needed)
    return refuse(why, "nobody else needs what @" + producer.getSymName() +
                           " writes, so nothing has to be computed again; "
                           "leave 'recompute' out");
  if (recompute && failed(checkCopiesOfSums(plan.producer, plan.consumer, why)))
    return failure();
  if (!plan.kept.empty() &&
      getStoredType(producer).getShape() != getStoredType(consumer).getShape())
    return refuse(why, "others need what @" + producer.getSymName() +
                           " writes, and the fused kernel cannot store it, "
                           "because its other outputs have another shape; "
                           "keep both with 'recompute'");
  return plan;
}

//===----------------------------------------------------------------------===//
// The kernels
//===----------------------------------------------------------------------===//

/// The store that fills all of `argument`.
static FailureOr<StoreOp> findStore(KernelOp kernel, BlockArgument argument,
                                    std::string &why) {
  SmallVector<StoreOp> stores;
  for (StoreOp store : kernel.getBody().getOps<StoreOp>())
    if (getAccess(store.getTarget()).operand == argument)
      stores.push_back(store);
  if (stores.size() == 1) {
    Access access = getAccess(stores.front().getTarget());
    auto type = cast<MemRefType>(argument.getType());
    int64_t elements = 1;
    for (int64_t size : getSourceShape(stores.front().getTarget()))
      elements *= size;
    if (stores.front().getOffsets().empty() && access.map.isPermutation() &&
        elements == type.getNumElements())
      return stores.front();
  }
  return refuse(why, "@" + kernel.getSymName() +
                         " writes the value between the two piece by piece");
}

/// Marks a narrowing that another kernel has computed again.
static constexpr StringLiteral sharedAttrName = "qimeng.shared";

/// Whether readers besides the consumer see what the producer's `store` writes
/// to `buffer`, or have seen it.
static bool isNarrowForOthers(StoreOp store, Value buffer, const Plan &plan) {
  return plan.recompute || llvm::is_contained(plan.kept, buffer) ||
         !store.getValue().hasOneUse() ||
         store.getValue().getDefiningOp()->hasAttr(sharedAttrName);
}

/// Puts the producer's graph into the consumer. `operands` become those of the
/// fused kernel.
static LogicalResult fuseGraphs(KernelOp producer, KernelOp consumer,
                                const Plan &plan, RewriterBase &rewriter,
                                SmallVectorImpl<FusedOperand> &operands,
                                std::string &why) {
  Block &body = consumer.getBody().front();
  LaunchOp producerLaunch = plan.producer, consumerLaunch = plan.consumer;
  unsigned oldArguments = body.getNumArguments();
  auto isIntermediate = [&](unsigned index) {
    return llvm::is_contained(plan.intermediates,
                              consumerLaunch.getOperands()[index]);
  };

  // Signature: the producer's inputs stand where the intermediate stood.
  SmallVector<std::pair<unsigned, BlockArgument>> consumerArguments;
  llvm::DenseMap<Value, BlockArgument> arguments; // host buffer -> argument
  for (unsigned index = 0; index < oldArguments; ++index)
    if (!isIntermediate(index))
      arguments.insert(
          {consumerLaunch.getOperands()[index], body.getArgument(index)});
  SmallVector<BlockArgument> dropped;
  for (unsigned index = 0, position = 0; index < oldArguments;
       ++index, ++position) {
    if (!isIntermediate(index)) {
      operands.push_back({false, index});
      continue;
    }
    if (dropped.empty())
      for (BlockArgument argument : producer.getOperandArguments()) {
        unsigned from = argument.getArgNumber();
        Value buffer = producerLaunch.getOperands()[from];
        if (producer.isOutput(argument) || arguments.count(buffer))
          continue;
        arguments[buffer] = body.insertArgument(position++, argument.getType(),
                                                argument.getLoc());
        operands.push_back({true, from});
      }
    dropped.push_back(body.getArgument(position));
  }

  // The producer's graph.
  IRMapping mapping;
  for (auto [argument, buffer] :
       llvm::zip(producer.getOperandArguments(), producerLaunch.getOperands()))
    if (!producer.isOutput(argument))
      mapping.map(argument, arguments.lookup(buffer));
  rewriter.setInsertionPointToStart(&body);
  for (Operation &op : producer.getBody().front()) {
    auto view = dyn_cast<ViewOp>(op);
    if (isa<StoreOp>(op) ||
        (view && producer.isOutput(cast<BlockArgument>(view.getSource()))))
      continue;
    rewriter.clone(op, mapping);
  }

  // What was stored, and read again.
  Reindexer reindexer(rewriter);
  SmallVector<Operation *> dead;
  for (BlockArgument argument : producer.getOperandArguments()) {
    Value buffer = producerLaunch.getOperands()[argument.getArgNumber()];
    if (!llvm::is_contained(plan.intermediates, buffer) ||
        !producer.isOutput(argument))
      continue;
    FailureOr<StoreOp> store = findStore(producer, argument, why);
    if (failed(store))
      return failure();
    Value stored = mapping.lookup(store->getValue());
    AffineMap inverse = inversePermutation(getAccess(store->getTarget()).map);
    for (BlockArgument old : dropped) {
      // Arguments of the same buffer as `argument`.
      unsigned offset = 0;
      for (BlockArgument each : dropped)
        offset += each.getArgNumber() < old.getArgNumber();
      SmallVector<unsigned> intermediateIndices;
      for (unsigned index = 0; index < oldArguments; ++index)
        if (isIntermediate(index))
          intermediateIndices.push_back(index);
      if (consumerLaunch.getOperands()[intermediateIndices[offset]] != buffer)
        continue;
      SmallVector<LoadOp> loads;
      for (Operation *user : old.getUsers()) {
        SmallVector<Operation *> readers = {user};
        if (isa<ViewOp>(user)) {
          readers = llvm::to_vector(user->getUsers());
          dead.push_back(user);
        }
        for (Operation *reader : readers) {
          auto load = dyn_cast<LoadOp>(reader);
          if (!load || !load.getOffsets().empty())
            return refuse(why, "@" + consumer.getSymName() +
                                   " reads the value between the two with '" +
                                   reader->getName().getStringRef() +
                                   "', not as a whole");
          loads.push_back(load);
        }
      }
      llvm::sort(loads,
                 [](LoadOp a, LoadOp b) { return a->isBeforeInBlock(b); });
      for (LoadOp load : loads) {
        Access access = getAccess(load.getSource());
        AffineMap map = inverse.compose(access.map);
        ArrayRef<int64_t> shape = load.getType().getShape();
        rewriter.setInsertionPoint(load);
        auto read = [&](Value value) {
          return access.padded ? reindexer.readPadded(value, map, shape, why)
                               : reindexer.read(value, map, shape, why);
        };
        // A value that was narrowed only to lie in memory keeps its precision,
        // unless others see it narrowed: all must see one value, or x - max(x)
        // may become positive.
        auto narrow = stored.getDefiningOp<arith::TruncFOp>();
        if (narrow && !isNarrowForOthers(*store, buffer, plan)) {
          SmallVector<arith::ExtFOp> wide;
          for (Operation *user : load->getUsers()) {
            auto extend = dyn_cast<arith::ExtFOp>(user);
            if (extend &&
                cast<RankedTensorType>(extend.getType()).getElementType() ==
                    cast<RankedTensorType>(narrow.getIn().getType())
                        .getElementType())
              wide.push_back(extend);
          }
          if (!wide.empty()) {
            FailureOr<Value> value = read(narrow.getIn());
            if (failed(value))
              return failure();
            for (arith::ExtFOp extend : wide)
              rewriter.replaceOp(extend, *value);
          }
        }
        if (!load->use_empty()) {
          FailureOr<Value> value = read(stored);
          if (failed(value))
            return failure();
          rewriter.replaceAllUsesWith(load.getResult(), *value);
        }
        rewriter.eraseOp(load);
      }
    }
  }
  for (Operation *op : dead)
    rewriter.eraseOp(op);

  // What others need.
  rewriter.setInsertionPointToEnd(&body);
  for (BlockArgument argument : producer.getOperandArguments()) {
    unsigned index = argument.getArgNumber();
    if (!producer.isOutput(argument) ||
        !llvm::is_contained(plan.kept, producerLaunch.getOperands()[index]))
      continue;
    mapping.map(argument,
                body.addArgument(argument.getType(), argument.getLoc()));
    operands.push_back({true, index});
    for (Operation &op : producer.getBody().front()) {
      auto view = dyn_cast<ViewOp>(op);
      auto store = dyn_cast<StoreOp>(op);
      if ((view && view.getSource() == argument) ||
          (store && getAccess(store.getTarget()).operand == argument))
        rewriter.clone(op, mapping);
    }
  }
  llvm::sort(dropped, [](BlockArgument a, BlockArgument b) {
    return a.getArgNumber() > b.getArgNumber();
  });
  for (BlockArgument argument : dropped)
    body.eraseArgument(argument.getArgNumber());
  return success();
}

static LogicalResult checkFusion(KernelOp producer, KernelOp consumer,
                                 bool recompute, std::string &why) {
  FailureOr<Plan> plan = makePlan(producer, consumer, recompute, why);
  if (failed(plan))
    return failure();
  // The rest depends on every load of the intermediate: fuse a copy.
  OwningOpRef<KernelOp> copy = consumer.clone();
  IRRewriter rewriter(consumer.getContext());
  SmallVector<FusedOperand> operands;
  return fuseGraphs(producer, *copy, *plan, rewriter, operands, why);
}

/// Fuses, and calls the result `name`.
static LogicalResult fuse(Operation *action, KernelOp producer,
                          KernelOp consumer, bool recompute, StringAttr name,
                          RewriterBase &rewriter) {
  std::string why;
  FailureOr<Plan> plan = makePlan(producer, consumer, recompute, why);
  SmallVector<FusedOperand> fused;
  if (failed(plan) ||
      failed(fuseGraphs(producer, consumer, *plan, rewriter, fused, why)))
    return action->emitError() << why;
  SmallVector<Value> operands;
  for (FusedOperand operand : fused)
    operands.push_back((operand.ofProducer ? plan->producer : plan->consumer)
                           .getOperands()[operand.index]);
  rewriter.setInsertionPoint(plan->consumer);
  LaunchOp::create(rewriter, plan->consumer.getLoc(),
                   FlatSymbolRefAttr::get(name), operands);
  SmallVector<Value> made = getOperands(plan->producer, producer, true);
  rewriter.eraseOp(plan->consumer);
  if (recompute)
    for (StoreOp store : producer.getBody().getOps<StoreOp>())
      if (auto narrow = store.getValue().getDefiningOp<arith::TruncFOp>())
        narrow->setAttr(sharedAttrName, UnitAttr::get(narrow->getContext()));
  if (!recompute) {
    rewriter.eraseOp(plan->producer);
    rewriter.eraseOp(producer);
    for (Value buffer : made) {
      auto alloc = buffer.getDefiningOp<memref::AllocOp>();
      if (!alloc || !llvm::all_of(buffer.getUsers(), [](Operation *user) {
            return isa<memref::DeallocOp>(user);
          }))
        continue;
      for (Operation *user : llvm::make_early_inc_range(buffer.getUsers()))
        rewriter.eraseOp(user);
      rewriter.eraseOp(alloc);
    }
  }
  rewriter.modifyOpInPlace(consumer, [&] { consumer.setSymNameAttr(name); });
  return success();
}

/// The kernels that write what `kernel` reads (or else read what it writes), in
/// the order of their launches.
static SmallVector<StringRef> getNeighbours(KernelOp kernel, bool producers) {
  SmallVector<StringRef> names;
  std::string why;
  LaunchOp launch = findLaunch(kernel, why);
  if (!launch)
    return names;
  SmallVector<Value> mine = getOperands(launch, kernel, !producers);
  for (LaunchOp other : launch->getBlock()->getOps<LaunchOp>()) {
    KernelOp neighbour = findKernel(kernel, other.getKernel());
    if (!neighbour || neighbour == kernel ||
        llvm::is_contained(names, other.getKernel()))
      continue;
    for (Value buffer : getOperands(other, neighbour, producers))
      if (llvm::is_contained(mine, buffer)) {
        names.push_back(other.getKernel());
        break;
      }
  }
  return names;
}

/// Whether `name` was fused into `kernel`.
static LogicalResult isFused(KernelOp kernel, FlatSymbolRefAttr name,
                             std::string &why) {
  if (!kernel->getParentOfType<ModuleOp>().lookupSymbol(name))
    return success();
  return refuse(why, "@" + name.getValue() +
                         " is still there; only fuse_producer and "
                         "fuse_consumer remove kernels");
}

//===----------------------------------------------------------------------===//
// fuse_producer
//===----------------------------------------------------------------------===//

static KernelOp findOther(KernelOp kernel, StringRef name, std::string &why) {
  KernelOp other = findKernel(kernel, name);
  if (!other)
    why = "the program has no kernel @" + name.str();
  return other;
}

LogicalResult FuseProducerOp::precondition(KernelOp kernel,
                                           const Architecture *,
                                           std::string &why) {
  KernelOp producer = findOther(kernel, getProducer(), why);
  return producer ? checkFusion(producer, kernel, getRecompute(), why)
                  : failure();
}

LogicalResult FuseProducerOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                      const Architecture *) {
  return fuse(*this, findKernel(kernel, getProducer()), kernel, getRecompute(),
              kernel.getSymNameAttr(), rewriter);
}

void FuseProducerOp::propose(KernelOp kernel, const Architecture &,
                             SmallVectorImpl<DictionaryAttr> &proposals) {
  Builder builder(kernel.getContext());
  for (bool recompute : {false, true})
    for (StringRef producer : getNeighbours(kernel, true)) {
      NamedAttrList attributes;
      attributes.set("producer", builder.getAttr<FlatSymbolRefAttr>(producer));
      if (recompute)
        attributes.set("recompute", builder.getUnitAttr());
      proposals.push_back(attributes.getDictionary(builder.getContext()));
    }
}

//===----------------------------------------------------------------------===//
// fuse_consumer
//===----------------------------------------------------------------------===//

LogicalResult FuseConsumerOp::precondition(KernelOp kernel,
                                           const Architecture *,
                                           std::string &why) {
  KernelOp consumer = findOther(kernel, getConsumer(), why);
  return consumer ? checkFusion(kernel, consumer, false, why) : failure();
}

LogicalResult FuseConsumerOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                      const Architecture *) {
  return fuse(*this, kernel, findKernel(kernel, getConsumer()), false,
              kernel.getSymNameAttr(), rewriter);
}

void FuseConsumerOp::propose(KernelOp kernel, const Architecture &,
                             SmallVectorImpl<DictionaryAttr> &proposals) {
  Builder builder(kernel.getContext());
  for (StringRef consumer : getNeighbours(kernel, false))
    proposals.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        "consumer", builder.getAttr<FlatSymbolRefAttr>(consumer))));
}

LogicalResult FuseProducerOp::holds(KernelOp before, KernelOp after,
                                    DictionaryAttr parameters,
                                    std::string &why) {
  if (!parameters.contains("recompute"))
    return isFused(after, parameters.getAs<FlatSymbolRefAttr>("producer"), why);
  if (!before ||
      before.getBody().getArgumentTypes() != after.getBody().getArgumentTypes())
    return success();
  return refuse(why, "the operands are as they were; only fuse_producer "
                     "changes them");
}

LogicalResult FuseConsumerOp::holds(KernelOp, KernelOp after,
                                    DictionaryAttr parameters,
                                    std::string &why) {
  return isFused(after, parameters.getAs<FlatSymbolRefAttr>("consumer"), why);
}
