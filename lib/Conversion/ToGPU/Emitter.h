//===- Emitter.h - Writes one kernel as llvm and nvvm operations -*- C++
//-*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile becomes one scalar per register of its layout. Every op is visited
// once, in order; a plan made beforehand (Plan.h) says in which layouts each
// tile is wanted, so that conversions happen where the tile is made.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_EMITTER_H
#define QIMENG_CONVERSION_TOGPU_EMITTER_H

#include "ChannelOrder.h"
#include "Layout.h"
#include "Plan.h"
#include "SharedLayout.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Target/GpuKernel.h"
#include <map>

namespace qimeng::gpu {

using Regs = llvm::SmallVector<mlir::Value>;

/// A tile in registers.
struct Tile {
  Layout layout;
  Regs regs;
};

/// A tile in shared memory, for as long as its channel slot is held.
struct SharedTile {
  mlir::Value offset; ///< i32, bytes from the start of shared memory
  SharedLayout layout;
  mlir::Type elementType;
};

/// Addresses of a tile's elements that lie known steps from one place.
struct SharedCursor {
  SharedLayout layout;
  mlir::Value tile;  ///< i32, bytes from the start of shared memory
  mlir::Value start; ///< i32, bytes from the tile's start
  llvm::SmallDenseMap<int64_t, mlir::Value> pointers; ///< by what is xor-ed
};

/// How the tiles of a channel get into its slots.
enum class CopyKind { Registers, CpAsync, Tma };

/// A tensor map among the kernel's parameters.
struct TensorMapUse {
  mlir::Value map;      ///< the parameter
  unsigned operand = 0; ///< of the kernel
  TensorMapInfo info;
  /// The blocks of a cluster load this tile together, each for all.
  bool multicast = false;
  /// Then: the dimension along which each loads its part of the tile, -1: the
  /// whole tile is one block's.
  int slicedDim = -1;
};

/// A channel: its place in shared memory and, per role, where it stands.
struct Channel {
  ChannelOp op;
  llvm::SmallVector<SharedLayout> layouts; ///< one per tile of a slot
  llvm::SmallVector<int64_t> tileOffsets;  ///< bytes from the slot's start
  int64_t base = 0;                        ///< bytes; slots follow each other
  int64_t slotBytes = 0;
  int64_t stages = 0;
  bool barriers = false; ///< full and empty mbarriers (roles), else CTA-wide
  int64_t fullBarriers = 0, emptyBarriers = 0; ///< bytes
  CopyKind copy = CopyKind::Registers;
  bool feedsWgmma = false;
  int64_t releaseThreads = 32;  ///< that one arrival at `empty` stands for
  int64_t consumerArrivals = 0; ///< of this block
  bool multicast = false; ///< other blocks of the cluster write to its slots
};

/// The moving part of a channel in the code being emitted (i32 each).
struct ChannelState {
  mlir::Value putSlot, putPhase, takeSlot, takePhase, releaseSlot;
  llvm::SmallVector<mlir::Value *> all() {
    return {&putSlot, &putPhase, &takeSlot, &takePhase, &releaseSlot};
  }
};

class KernelEmitter {
public:
  KernelEmitter(KernelOp kernel, const Architecture &arch);

  /// Emits the kernel as an llvm.func at the end of `module`. Diagnostics name
  /// the op that cannot be lowered and why.
  mlir::LogicalResult emit(mlir::ModuleOp module);

private:
  using Value = mlir::Value;
  using Operation = mlir::Operation;
  using LogicalResult = mlir::LogicalResult;

  //===--------------------------------------------------------------------===//
  // Program structure (Emitter.cpp)
  //===--------------------------------------------------------------------===//
  LogicalResult emitPrograms(mlir::Region *role);
  LogicalResult emitBlock(mlir::Block &block);
  LogicalResult emitOp(Operation *op);
  LogicalResult emitFor(mlir::scf::ForOp loop);
  LogicalResult emitIf(mlir::scf::IfOp branch);
  LogicalResult emitRoles();
  LogicalResult emitRole(RoleOp role, bool setRegisters);
  void emitProgramIds(Value program);
  Value affine(mlir::AffineExpr expr, mlir::ValueRange dims, unsigned numDims);
  LogicalResult emitScalar(Operation *op);

  //===--------------------------------------------------------------------===//
  // Scalar arithmetic
  //===--------------------------------------------------------------------===//
  Value i32(int64_t value);
  Value i64(int64_t value);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value mul(Value a, int64_t b);
  Value add(Value a, int64_t b);
  Value udiv(Value a, Value b);
  Value urem(Value a, Value b);
  Value bitAnd(Value a, int64_t b);
  Value shl(Value a, int bits);
  Value shr(Value a, int bits);
  Value bitXor(Value a, Value b);
  Value bitOr(Value a, Value b);
  Value ult(Value a, Value b);
  Value eq(Value a, int64_t b);
  Value both(Value a, Value b); ///< and of two i1, either may be null (true)
  Value scalar(Value index) { return scalars.lookup(index); }
  mlir::Type registerType(mlir::Type element) const;

  //===--------------------------------------------------------------------===//
  // Threads and barriers
  //===--------------------------------------------------------------------===//
  int threadBits() const { return log2Of(numThreads); }
  /// Coordinate `dim` of register 0 of this thread.
  Value threadCoord(const Layout &layout, int dim);
  /// i1: this thread is the first of those that hold the same elements; null
  /// when no two do.
  Value isFirstHolder(const Layout &layout);
  void barrier();
  Value sharedPointer(Value byteOffset);
  Value sharedPointer(int64_t byteOffset);

  /// Shared memory for an exchange between threads. Calls `write`, waits for
  /// all threads, calls `read`; both get the byte offset.
  void exchange(int64_t bytes, llvm::function_ref<void(Value)> write,
                llvm::function_ref<void(Value)> read);

  //===--------------------------------------------------------------------===//
  // Tiles (EmitTile.cpp)
  //===--------------------------------------------------------------------===//
  /// The registers of `tile` in `layout`, which the plan must list.
  Regs get(Value tile, const Layout &layout);
  /// Records `regs` as `tile` in `layout`, and makes the other layouts wanted.
  void define(Value tile, const Layout &layout, Regs regs);
  Regs convert(Regs regs, const Layout &from, const Layout &to,
               mlir::Type element);
  LogicalResult emitTileOp(Operation *op);
  mlir::FailureOr<Regs> emitElementwise(Operation *op, const Layout &layout);
  Value emitScalarOp(Operation *op, mlir::ValueRange operands,
                     mlir::Type resultElement);
  Regs emitTruncation(Regs operand, mlir::Type to);
  Regs emitExtension(Regs operand);
  LogicalResult emitReduce(ReduceOp op);
  LogicalResult emitScan(ScanOp op);
  LogicalResult emitFold(FoldOp op);
  LogicalResult emitFoldBody(mlir::Block &block, mlir::IRMapping &values,
                             Regs &yielded);
  Value combine(Combiner kind, Value a, Value b);
  Value shuffleXor(Value value, int mask);
  Value asBits(Value value);
  Value fromBits(Value bits, mlir::Type type);

  //===--------------------------------------------------------------------===//
  // Memory (EmitMemory.cpp, EmitShared.cpp)
  //===--------------------------------------------------------------------===//
  struct Place; ///< where the elements of a tile lie in an operand
  /// What is known without emitting anything.
  Place describePlace(Operation *op, Value source, mlir::ValueRange offsets,
                      bool masked, const Layout &layout);
  Place place(Operation *op, Value source, mlir::ValueRange offsets,
              bool masked, const Layout &layout);
  llvm::SmallVector<Value> coordinates(const Place &place, int64_t reg);
  mlir::Type storageType(mlir::Type element);
  Value packElements(llvm::ArrayRef<Value> values);
  Regs unpackElements(Value whole, mlir::Type element, int64_t count);
  Value address(const Place &place, int64_t reg);
  Value predicate(const Place &place, int64_t reg);
  Regs emitLoad(LoadOp op, const Layout &layout);
  LogicalResult emitStore(StoreOp op);
  Regs emitGather(GatherOp op, const Layout &layout);
  Regs loadGlobal(Value pointer, mlir::Type element, int64_t count,
                  Value predicate);
  void storeGlobal(Value pointer, llvm::ArrayRef<Value> values,
                   Value predicate);
  int64_t divisor(Value index);
  /// Byte offset of an element in a tile in shared memory.
  Value sharedOffset(const SharedLayout &layout, llvm::ArrayRef<Value> coords);
  SharedCursor sharedCursor(const SharedTile &tile,
                            llvm::ArrayRef<Value> coords);
  /// At register 0 of this thread.
  SharedCursor sharedCursor(const SharedTile &tile, const Layout &layout);
  /// Pointer to the element `steps` away, along other coordinate bits than
  /// those of the cursor's place.
  Value sharedAt(SharedCursor &cursor, llvm::ArrayRef<int64_t> steps);
  llvm::SmallVector<int64_t> stepsOf(const Layout &layout, int64_t reg);
  Regs loadVector(Value pointer, mlir::Type element, int64_t count);
  Regs loadShared(const SharedTile &tile, const Layout &layout);
  void storeShared(const SharedTile &tile, const Layout &layout,
                   llvm::ArrayRef<Value> regs);

  //===--------------------------------------------------------------------===//
  // Products (EmitDot.cpp, EmitWgmma.cpp)
  //===--------------------------------------------------------------------===//
  LogicalResult emitDot(DotOp op);
  LogicalResult emitFmaDot(DotOp op);
  LogicalResult emitMmaSync(DotOp op);
  bool canLoadMatrix(const SharedTile &tile, const Layout &layout, int rows,
                     int packed);
  llvm::SmallVector<Value> loadMatrix(const SharedTile &tile,
                                      const Layout &layout, int rows,
                                      int packed);
  LogicalResult emitWgmma(DotOp op);
  LogicalResult checkWgmma(DotOp op);
  Regs wgmma(DotOp op, const SharedTile &lhs, const SharedTile &rhs, Regs acc,
             bool fresh);
  /// A loop that only takes, multiplies and releases keeps one product in
  /// flight; returns failure without emitting when `loop` is not of that form.
  bool isProductLoop(mlir::scf::ForOp loop);
  LogicalResult emitProductLoop(mlir::scf::ForOp loop);

  //===--------------------------------------------------------------------===//
  // Channels (EmitChannel.cpp)
  //===--------------------------------------------------------------------===//
  LogicalResult prepareChannels();
  int64_t asyncChunk(LoadOp load, const SharedLayout &shared);
  Layout copyLayout(LoadOp load, const SharedLayout &shared);
  void initializeBarriers();
  LogicalResult emitPut(PutOp op);
  LogicalResult emitTake(TakeOp op);
  LogicalResult emitRelease(ReleaseOp op);
  void release(Channel &channel, Value slot);
  void copyAsync(LoadOp load, const SharedTile &to);
  void copyTma(LoadOp load, const SharedTile &to, Value barrier,
               const TensorMapUse &use);
  void waitBarrier(Value pointer, Value phase);
  void advance(const Channel &channel, Value &slot, Value &phase);
  Value slotOffset(const Channel &channel, Value slot, int tile);

  //===--------------------------------------------------------------------===//
  // Clusters (EmitCluster.cpp)
  //===--------------------------------------------------------------------===//
  void shareInCluster(LoadOp load, const SharedLayout &layout,
                      TensorMapUse &use);
  bool multicasts() const;
  void clusterBarrier();
  Value clusterMask();
  /// Thread `thread` arrives at block `thread`'s barrier of the same place.
  void arriveInCluster(Value barrier, Value thread);

  //===--------------------------------------------------------------------===//
  // Results by TMA (EmitWgmma.cpp)
  //===--------------------------------------------------------------------===//
  bool storeByTma(StoreOp op);
  bool canStoreByTma(StoreOp op);
  LogicalResult emitTmaStore(StoreOp op);

  KernelOp kernel;
  const Architecture &arch;
  Plan plan;
  mlir::ImplicitLocOpBuilder b;

  // Threads that run the code being emitted.
  int64_t numThreads = 0;
  int64_t firstThread = 0;
  int64_t blockThreads = 0;
  int barrierId = 0;   ///< named barrier of the role; 0: the whole block
  Value threadId;      ///< i32, counted from firstThread
  Value warpId;        ///< i32, uniform in a warp
  Value sharedBase;    ///< ptr<3>
  int64_t cluster = 1; ///< blocks
  Value clusterRank;   ///< i32, of the block; null where there are no clusters

  llvm::DenseMap<Value, Value> scalars;
  llvm::DenseMap<Value, llvm::SmallVector<Tile, 1>> tiles;
  llvm::DenseMap<Value, SharedTile> sharedTiles;
  llvm::DenseMap<Value, Channel> channels;
  llvm::DenseMap<Value, ChannelState> channelStates;
  llvm::MapVector<Operation *, llvm::SmallVector<TensorMapUse>> tensorMaps;
  llvm::DenseMap<int64_t, Value> pointers; ///< operand number -> ptr<1>

  int64_t staticShared = 0; ///< bytes in use before the exchange area
  int64_t exchangeBytes = 0;
  llvm::SmallVector<mlir::LLVM::UndefOp> exchangeBases; ///< replaced at the end
  bool exchangeDirty = false;
  int64_t storeStaging = 0;      ///< bytes offset of the TMA store staging
  int64_t storeStagingBytes = 0; ///< per warpgroup
  bool approximate = false;      ///< all results are rounded to 16 bits
  ChannelOrder order;            ///< of a kernel without roles
};

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_EMITTER_H
