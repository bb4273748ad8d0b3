//===- Channels.cpp - Check 3: no race, deadlock or overrun ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Channels.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "qimeng/Verify/IndexSpace.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral prefix = "check 3 (channels): ";

namespace {

/// A put, take or release as it runs.
struct Event {
  Operation *op;
  unsigned channel;
  int64_t number;    ///< how many of its kind came before on the channel
  int64_t iteration; ///< of the innermost loop around it, -1 outside loops
};

/// What one role does, in order.
struct Trace {
  RoleOp role; ///< null: the kernel has no roles
  std::vector<Event> events;
};

/// Runs the part of a kernel that matters to channels: loops, conditions and
/// uses of taken tiles.
class Recorder {
public:
  Recorder(KernelOp kernel, ArrayRef<int64_t> program, int64_t &budget);

  LogicalResult record(Block *block, Trace &trace);
  bool dependsOnProgram() const { return readsProgram; }
  MutableArrayRef<ChannelOp> getChannels() { return channels; }

private:
  struct Counts {
    int64_t puts = 0, takes = 0, releases = 0;
  };
  /// The slots that a tile is read from: channel, number of the take.
  using Slots = SmallVector<std::pair<unsigned, int64_t>, 1>;

  void findRelevant(Operation *op);
  LogicalResult run(Block *block);
  LogicalResult run(Operation *op);
  LogicalResult runLoop(scf::ForOp loop);
  LogicalResult runBranch(scf::IfOp branch);
  LogicalResult checkUses(Operation *op);
  std::optional<int64_t> evaluate(Value value);

  KernelOp kernel;
  ArrayRef<int64_t> program;
  int64_t &budget;
  SmallVector<ChannelOp> channels;
  DenseMap<Value, unsigned> channelNumbers;
  llvm::SmallPtrSet<Operation *, 32> relevant;
  llvm::SmallPtrSet<Operation *, 32> mayUseTaken;
  DenseMap<Value, int64_t> integers; ///< loop counters
  DenseMap<Value, Slots> taken;
  SmallVector<Counts> counts;
  int64_t iteration = -1;
  bool readsProgram = false;
  Trace *trace = nullptr;
};

} // namespace

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

Recorder::Recorder(KernelOp kernel, ArrayRef<int64_t> program, int64_t &budget)
    : kernel(kernel), program(program), budget(budget) {
  kernel.getBody().walk([&](ChannelOp channel) {
    channelNumbers[channel.getResult()] = channels.size();
    channels.push_back(channel);
  });
  counts.resize(channels.size());
  kernel.getBody().walk([&](Operation *op) {
    if (isa<PutOp, TakeOp, ReleaseOp>(op))
      findRelevant(op);
    if (isa<TakeOp>(op))
      for (Value tile : op->getResults()) {
        SmallVector<Value> list = {tile};
        while (!list.empty()) {
          for (OpOperand &use : list.pop_back_val().getUses()) {
            Operation *user = use.getOwner();
            if (mayUseTaken.insert(user).second && isa<TransposeOp>(user))
              list.push_back(user->getResult(0));
            if (isa<scf::YieldOp>(user) && isa<scf::IfOp>(user->getParentOp()))
              list.push_back(
                  user->getParentOp()->getResult(use.getOperandNumber()));
            findRelevant(user);
          }
        }
      }
  });
}

void Recorder::findRelevant(Operation *op) {
  for (; op && op != kernel; op = op->getParentOp())
    if (!relevant.insert(op).second)
      return;
}

LogicalResult Recorder::record(Block *block, Trace &result) {
  trace = &result;
  return run(block);
}

LogicalResult Recorder::run(Block *block) {
  for (Operation &op : *block)
    if (relevant.contains(&op) && !isa<RoleOp>(op) && failed(run(&op)))
      return failure();
  return success();
}

std::optional<int64_t> Recorder::evaluate(Value value) {
  if (auto it = integers.find(value); it != integers.end())
    return it->second;
  if (auto constant = getConstantIndex(value))
    return constant;
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto id = dyn_cast<ProgramIdOp>(op)) {
    readsProgram = true;
    return program[id.getDim()];
  }
  SmallVector<int64_t> inputs;
  for (Value operand : op->getOperands())
    if (std::optional<int64_t> input = evaluate(operand))
      inputs.push_back(*input);
    else
      return std::nullopt;
  auto evaluateMap = [&](AffineMap map) {
    SmallVector<AffineExpr> constants;
    for (int64_t input : inputs)
      constants.push_back(getAffineConstantExpr(input, op->getContext()));
    ArrayRef<AffineExpr> all(constants);
    SmallVector<int64_t> results;
    for (AffineExpr expr : map.getResults())
      results.push_back(
          cast<AffineConstantExpr>(
              simplifyAffineExpr(
                  expr.replaceDimsAndSymbols(all.take_front(map.getNumDims()),
                                             all.drop_front(map.getNumDims())),
                  0, 0))
              .getValue());
    return results;
  };
  using Result = std::optional<int64_t>;
  return TypeSwitch<Operation *, Result>(op)
      .Case([&](affine::AffineApplyOp apply) -> Result {
        return evaluateMap(apply.getAffineMap()).front();
      })
      .Case([&](affine::AffineMinOp min) -> Result {
        return *llvm::min_element(evaluateMap(min.getAffineMap()));
      })
      .Case([&](affine::AffineMaxOp max) -> Result {
        return *llvm::max_element(evaluateMap(max.getAffineMap()));
      })
      .Case<arith::IndexCastOp>([&](auto) { return inputs[0]; })
      .Case<arith::AddIOp>([&](auto) { return inputs[0] + inputs[1]; })
      .Case<arith::SubIOp>([&](auto) { return inputs[0] - inputs[1]; })
      .Case<arith::MulIOp>([&](auto) { return inputs[0] * inputs[1]; })
      .Case<arith::AndIOp>([&](auto) { return inputs[0] & inputs[1]; })
      .Case<arith::OrIOp>([&](auto) { return inputs[0] | inputs[1]; })
      .Case<arith::XOrIOp>([&](auto) { return inputs[0] ^ inputs[1]; })
      .Case<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(
          [&](auto) -> Result {
            if (inputs[0] < 0 || inputs[1] <= 0)
              return std::nullopt;
            return inputs[0] / inputs[1];
          })
      .Case<arith::RemUIOp, arith::RemSIOp>([&](auto) -> Result {
        if (inputs[0] < 0 || inputs[1] <= 0)
          return std::nullopt;
        return inputs[0] % inputs[1];
      })
      .Case([&](arith::SelectOp) -> Result {
        return inputs[0] ? inputs[1] : inputs[2];
      })
      .Case([&](arith::CmpIOp compare) -> Result {
        unsigned width =
            compare.getLhs().getType().isIndex()
                ? 64
                : compare.getLhs().getType().getIntOrFloatBitWidth();
        return arith::applyCmpPredicate(
            compare.getPredicate(),
            APInt(width, inputs[0], /*isSigned=*/true, /*implicitTrunc=*/true),
            APInt(width, inputs[1], /*isSigned=*/true, /*implicitTrunc=*/true));
      })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

LogicalResult Recorder::checkUses(Operation *op) {
  if (!mayUseTaken.contains(op))
    return success();
  for (OpOperand &operand : op->getOpOperands()) {
    auto it = taken.find(operand.get());
    if (it == taken.end())
      continue;
    for (auto [channel, number] : it->second)
      if (number < counts[channel].releases)
        return op->emitOpError()
               << prefix << "uses slot " << number
               << " of the channel after its release (iteration " << iteration
               << "); move the release behind the last use";
  }
  return success();
}

LogicalResult Recorder::runLoop(scf::ForOp loop) {
  std::optional<int64_t> lower = evaluate(loop.getLowerBound()),
                         upper = evaluate(loop.getUpperBound()),
                         step = evaluate(loop.getStep());
  if (!lower || !upper || !step || *step <= 0)
    return loop.emitOpError()
           << prefix
           << "cannot count the puts, takes and releases: the loop's "
              "bounds must be computable from program ids and outer "
              "loop counters";
  int64_t outer = iteration;
  for (int64_t i = *lower; i < *upper; i += *step) {
    if (--budget < 0)
      return loop.emitOpError()
             << prefix << "too many iterations to count tokens";
    iteration = i;
    integers[loop.getInductionVar()] = i;
    if (failed(run(loop.getBody())))
      return failure();
  }
  iteration = outer;
  return success();
}

LogicalResult Recorder::runBranch(scf::IfOp branch) {
  std::optional<int64_t> condition = evaluate(branch.getCondition());
  if (!condition)
    return branch.emitOpError()
           << prefix
           << "cannot tell when the channel operations inside run: "
              "the condition must be computable from program ids and "
              "loop counters";
  Block *block = *condition & 1 ? branch.thenBlock() : branch.elseBlock();
  if (!block)
    return success();
  if (failed(run(block)))
    return failure();
  for (auto [result, value] :
       llvm::zip(branch.getResults(), block->getTerminator()->getOperands()))
    if (auto it = taken.find(value); it != taken.end()) {
      Slots slots = it->second;
      taken[result] = std::move(slots);
    } else {
      taken.erase(result);
    }
  return success();
}

LogicalResult Recorder::run(Operation *op) {
  if (--budget < 0)
    return op->emitOpError() << prefix << "too many operations to count tokens";
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    if (failed(checkUses(op)))
      return failure();
    for (Value init : loop.getInits())
      if (taken.contains(init))
        return loop.emitOpError()
               << prefix
               << "carries a taken tile; compute with it before its "
                  "release instead";
    return runLoop(loop);
  }
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return runBranch(branch);
  if (failed(checkUses(op)))
    return failure();
  if (isa<scf::YieldOp>(op) && isa<scf::ForOp>(op->getParentOp())) {
    for (Value value : op->getOperands())
      if (taken.contains(value))
        return op->emitOpError()
               << prefix
               << "carries a taken tile out of its iteration; "
                  "compute with it before its release instead";
    return success();
  }
  if (isa<TransposeOp>(op)) {
    // A transposed tile may be read from the slot when it is used.
    if (auto it = taken.find(op->getOperand(0)); it != taken.end()) {
      Slots slots = it->second;
      taken[op->getResult(0)] = std::move(slots);
    }
    return success();
  }
  if (op->getNumRegions() != 0) {
    // A fold's body may use a tile that was taken outside.
    WalkResult walk = op->walk([&](Operation *inner) -> WalkResult {
      if (isa<PutOp, TakeOp, ReleaseOp>(inner))
        return inner->emitOpError()
               << prefix << "must not be inside " << op->getName();
      return checkUses(inner);
    });
    return failure(walk.wasInterrupted());
  }
  if (!isa<PutOp, TakeOp, ReleaseOp>(op))
    return success();

  Value channelValue = op->getOperand(0);
  auto it = channelNumbers.find(channelValue);
  if (it == channelNumbers.end())
    return op->emitOpError() << prefix << "names no channel of this kernel";
  unsigned channel = it->second;
  Counts &count = counts[channel];
  int64_t number;
  if (isa<PutOp>(op)) {
    number = count.puts++;
  } else if (auto take = dyn_cast<TakeOp>(op)) {
    number = count.takes++;
    for (Value tile : take.getTiles())
      taken[tile] = {{channel, number}};
  } else {
    number = count.releases++;
    if (count.releases > count.takes)
      return op->emitOpError()
             << prefix << "releases slot " << number
             << " before it was taken (iteration " << iteration << ")";
  }
  trace->events.push_back({op, channel, number, iteration});
  return success();
}

//===----------------------------------------------------------------------===//
// Playing the traces against each other
//===----------------------------------------------------------------------===//

static std::string nameIteration(const Event &event) {
  return event.iteration < 0
             ? std::string()
             : " (iteration " + std::to_string(event.iteration) + ")";
}

/// Every channel has one producer and one consumer role.
static LogicalResult checkEnds(ArrayRef<Trace> traces,
                               MutableArrayRef<ChannelOp> channels) {
  for (auto [number, channel] : llvm::enumerate(channels)) {
    const Event *producer = nullptr, *consumer = nullptr;
    size_t producerRole = 0, consumerRole = 0;
    for (auto [roleIndex, trace] : llvm::enumerate(traces))
      for (const Event &event : trace.events) {
        if (event.channel != number)
          continue;
        bool isPut = isa<PutOp>(event.op);
        const Event *&end = isPut ? producer : consumer;
        size_t &role = isPut ? producerRole : consumerRole;
        if (end && role != roleIndex) {
          InFlightDiagnostic diagnostic = event.op->emitOpError();
          diagnostic << prefix
                     << (isPut ? "puts into a channel that another role fills; "
                               : "takes from a channel that another role "
                                 "empties; ")
                     << "a channel joins one producer to one consumer role";
          diagnostic.attachNote(end->op->getLoc()) << "the other role is here";
          return diagnostic;
        }
        end = &event;
        role = roleIndex;
      }
  }
  return success();
}

static LogicalResult play(ArrayRef<Trace> traces,
                          MutableArrayRef<ChannelOp> channels) {
  struct Tokens {
    int64_t puts = 0, takes = 0, releases = 0;
    const Event *lastPut = nullptr, *lastTake = nullptr;
  };
  SmallVector<Tokens> tokens(channels.size());
  SmallVector<size_t> position(traces.size(), 0);
  for (bool moved = true; moved;) {
    moved = false;
    for (auto [i, trace] : llvm::enumerate(traces)) {
      for (; position[i] < trace.events.size(); ++position[i], moved = true) {
        const Event &event = trace.events[position[i]];
        Tokens &token = tokens[event.channel];
        if (isa<PutOp>(event.op)) {
          int64_t stages = channels[event.channel].getStages();
          if (token.puts - token.releases == stages)
            break;
          ++token.puts;
          token.lastPut = &event;
        } else if (isa<TakeOp>(event.op)) {
          if (token.takes == token.puts)
            break;
          ++token.takes;
          token.lastTake = &event;
        } else {
          ++token.releases;
        }
      }
    }
  }
  for (auto [i, trace] : llvm::enumerate(traces)) {
    if (position[i] == trace.events.size())
      continue;
    const Event &event = trace.events[position[i]];
    int64_t stages = channels[event.channel].getStages();
    InFlightDiagnostic diagnostic = event.op->emitOpError();
    if (isa<PutOp>(event.op))
      diagnostic << prefix << "waits forever: put " << event.number
                 << nameIteration(event) << " finds all " << stages
                 << " slots of the channel full; release a slot before, or "
                    "give the channel more stages";
    else
      diagnostic << prefix << "waits forever: take " << event.number
                 << nameIteration(event)
                 << " finds no slot that was put but not taken";
    diagnostic.attachNote(channels[event.channel].getLoc())
        << "the channel is here";
    return diagnostic;
  }
  for (auto [channel, token] : llvm::zip_equal(channels, tokens)) {
    if (token.takes != token.puts)
      return token.lastPut->op->emitOpError()
             << prefix << "puts " << token.puts
             << " times, but the channel is taken from " << token.takes
             << " times; slot " << token.takes << " is never taken";
    if (token.releases != token.takes)
      return token.lastTake->op->emitOpError()
             << prefix << "takes " << token.takes
             << " times, but the channel is released " << token.releases
             << " times; slot " << token.releases << " is never released";
  }
  return success();
}

LogicalResult qimeng::checkChannels(KernelOp kernel, int64_t maxEvents) {
  if (kernel.getBody().getOps<ChannelOp>().empty())
    return success();
  SmallVector<int64_t> program;
  if (kernel.isTiled())
    program.assign(kernel.getGrid()->size(), 0);
  int64_t budget = maxEvents;
  while (true) {
    Recorder recorder(kernel, program, budget);
    SmallVector<Trace> traces;
    Block *body = &kernel.getBody().front();
    for (RoleOp role : body->getOps<RoleOp>()) {
      traces.push_back({role, {}});
      if (failed(recorder.record(&role.getBody().front(), traces.back())))
        return failure();
    }
    traces.push_back({RoleOp(), {}});
    if (failed(recorder.record(body, traces.back())))
      return failure();
    if (failed(checkEnds(traces, recorder.getChannels())) ||
        failed(play(traces, recorder.getChannels())))
      return failure();
    if (!recorder.dependsOnProgram())
      return success();
    int64_t dim = program.size() - 1;
    while (dim >= 0 && ++program[dim] == (*kernel.getGrid())[dim])
      program[dim--] = 0;
    if (dim < 0)
      return success();
  }
}
