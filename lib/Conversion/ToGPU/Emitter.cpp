//===- Emitter.cpp - Structure of a lowered kernel ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "Occupancy.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "qimeng/Dialect/QiMeng/IR/Resources.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

KernelEmitter::KernelEmitter(KernelOp kernel, const Architecture &arch)
    : kernel(kernel), arch(arch), plan(kernel),
      b(kernel.getLoc(), kernel.getContext()) {}

//===----------------------------------------------------------------------===//
// Scalar arithmetic
//===----------------------------------------------------------------------===//

Value KernelEmitter::i32(int64_t value) {
  return arith::ConstantOp::create(
      b, b.getI32IntegerAttr(static_cast<int32_t>(value)));
}

Value KernelEmitter::i64(int64_t value) {
  return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
}

static std::optional<int64_t> constantOf(Value value) {
  APInt number;
  if (value && matchPattern(value, m_ConstantInt(&number)))
    return number.getSExtValue();
  return std::nullopt;
}

static Value constantLike(ImplicitLocOpBuilder &b, Value like, int64_t value) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(like.getType(), value));
}

Value KernelEmitter::add(Value a, Value c) {
  return b.createOrFold<arith::AddIOp>(a, c);
}
Value KernelEmitter::sub(Value a, Value c) {
  return b.createOrFold<arith::SubIOp>(a, c);
}
Value KernelEmitter::mul(Value a, Value c) {
  return b.createOrFold<arith::MulIOp>(a, c);
}
Value KernelEmitter::add(Value a, int64_t c) {
  return c == 0 ? a : add(a, constantLike(b, a, c));
}
Value KernelEmitter::mul(Value a, int64_t c) {
  return c == 1 ? a : mul(a, constantLike(b, a, c));
}
Value KernelEmitter::udiv(Value a, Value c) {
  if (auto known = constantOf(c); known && llvm::isPowerOf2_64(*known))
    return shr(a, log2Of(*known));
  return b.createOrFold<arith::DivUIOp>(a, c);
}
Value KernelEmitter::urem(Value a, Value c) {
  if (auto known = constantOf(c); known && llvm::isPowerOf2_64(*known))
    return bitAnd(a, *known - 1);
  return b.createOrFold<arith::RemUIOp>(a, c);
}
Value KernelEmitter::bitAnd(Value a, int64_t c) {
  return b.createOrFold<arith::AndIOp>(a, constantLike(b, a, c));
}
Value KernelEmitter::shl(Value a, int bits) {
  return bits == 0 ? a
                   : b.createOrFold<arith::ShLIOp>(a, constantLike(b, a, bits));
}
Value KernelEmitter::shr(Value a, int bits) {
  return bits == 0
             ? a
             : b.createOrFold<arith::ShRUIOp>(a, constantLike(b, a, bits));
}
Value KernelEmitter::bitXor(Value a, Value c) {
  return b.createOrFold<arith::XOrIOp>(a, c);
}
Value KernelEmitter::bitOr(Value a, Value c) {
  return b.createOrFold<arith::OrIOp>(a, c);
}
Value KernelEmitter::ult(Value a, Value c) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, a, c);
}
Value KernelEmitter::eq(Value a, int64_t c) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, a,
                               constantLike(b, a, c));
}
Value KernelEmitter::both(Value a, Value c) {
  if (!a || !c)
    return a ? a : c;
  return arith::AndIOp::create(b, a, c);
}

Type KernelEmitter::registerType(Type element) const {
  return element.isIndex() ? IntegerType::get(element.getContext(), 64)
                           : element;
}

//===----------------------------------------------------------------------===//
// Threads and barriers
//===----------------------------------------------------------------------===//

Value KernelEmitter::threadCoord(const Layout &layout, int dim) {
  Value sum;
  ArrayRef<Basis> bases = layout.thread;
  for (size_t i = 0; i < bases.size();) {
    if (bases[i].dim != dim) {
      ++i;
      continue;
    }
    // A run of thread bits that is a run of coordinate bits moves as one.
    size_t end = i + 1;
    while (end < bases.size() && bases[end].dim == dim &&
           bases[end].bit == bases[end - 1].bit + 1)
      ++end;
    Value field = shr(threadId, i);
    if (end < bases.size())
      field = bitAnd(field, (int64_t(1) << (end - i)) - 1);
    field = shl(field, bases[i].bit);
    sum = sum ? bitOr(sum, field) : field;
    i = end;
  }
  return sum ? sum : i32(0);
}

Value KernelEmitter::isFirstHolder(const Layout &layout) {
  int64_t mask = 0;
  for (auto [i, basis] : llvm::enumerate(layout.thread))
    if (basis.dim < 0)
      mask |= int64_t(1) << i;
  if (mask == 0)
    return {};
  return eq(bitAnd(threadId, mask), 0);
}

void KernelEmitter::barrier() {
  if (numThreads == 32) {
    NVVM::SyncWarpOp::create(b, i32(-1));
    return;
  }
  if (barrierId == 0)
    NVVM::BarrierOp::create(b);
  else
    NVVM::BarrierOp::create(b, Type(), i32(barrierId), i32(numThreads), nullptr,
                            Value());
}

Value KernelEmitter::sharedPointer(Value byteOffset) {
  return LLVM::GEPOp::create(b, sharedBase.getType(), b.getI8Type(), sharedBase,
                             ArrayRef<LLVM::GEPArg>{byteOffset});
}

Value KernelEmitter::sharedPointer(int64_t byteOffset) {
  return LLVM::GEPOp::create(
      b, sharedBase.getType(), b.getI8Type(), sharedBase,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(byteOffset)});
}

void KernelEmitter::exchange(int64_t bytes,
                             llvm::function_ref<void(Value)> write,
                             llvm::function_ref<void(Value)> read) {
  exchangeBytes = std::max(exchangeBytes, bytes);
  // The area's place is known once all channels and staging areas are. Until
  // then an undefined value stands for it, which nothing folds.
  auto base = LLVM::UndefOp::create(b, b.getI32Type());
  exchangeBases.push_back(base);
  if (exchangeDirty)
    barrier();
  write(base);
  barrier();
  read(base);
  exchangeDirty = true;
}

//===----------------------------------------------------------------------===//
// Kernel
//===----------------------------------------------------------------------===//

/// Bytes at the start of shared memory for mbarriers; slots need 1024-byte
/// alignment, as the 128-byte swizzle repeats every 1024 bytes.
static constexpr int64_t barrierBytes = 1024;

LogicalResult KernelEmitter::emit(ModuleOp module) {
  MLIRContext *context = kernel.getContext();
  if (!kernel.isTiled())
    return kernel.emitOpError()
           << "has no grid; apply the tile action before lowering to a GPU";
  int64_t warps = kernel.getScheduleOrDefault().getWarps();
  blockThreads = 0;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>()) {
    if (!llvm::isPowerOf2_64(role.getWarps()))
      return role.emitOpError()
             << "warps must be a power of two to be lowered, found "
             << role.getWarps();
    blockThreads += role.getWarps() * 32;
  }
  if (!kernel.isSpecialized())
    blockThreads = warps * 32;
  if (blockThreads > 1024)
    return kernel.emitOpError() << "needs " << blockThreads
                                << " threads a block; a block has at most 1024";
  WalkResult powers = kernel.walk([&](Operation *op) -> WalkResult {
    for (Value result : op->getResults())
      if (auto type = dyn_cast<RankedTensorType>(result.getType()))
        for (int64_t size : type.getShape())
          if (!llvm::isPowerOf2_64(size))
            return op->emitOpError()
                   << "makes a tile of type " << type
                   << "; tiles must have power-of-two sizes to be lowered";
    return WalkResult::advance();
  });
  if (powers.wasInterrupted())
    return failure();
  // Indices are counted in 32 bits.
  WalkResult sizes = kernel.walk([&](Operation *op) -> WalkResult {
    Value source;
    if (isa<LoadOp, GatherOp>(op))
      source = op->getOperand(0);
    else if (auto store = dyn_cast<StoreOp>(op))
      source = store.getTarget();
    else
      return WalkResult::advance();
    auto memref = cast<MemRefType>(getAccess(source).operand.getType());
    for (ArrayRef<int64_t> shape : {memref.getShape(), getSourceShape(source)})
      for (int64_t size : shape)
        if (size >= int64_t(1) << 31)
          return op->emitOpError() << "reads or writes a dimension of " << size
                                   << " elements; a dimension must have fewer "
                                      "than 2^31 to be lowered";
    return WalkResult::advance();
  });
  if (sizes.wasInterrupted())
    return failure();
  approximate = true;
  kernel.walk([&](StoreOp store) {
    Type element =
        cast<RankedTensorType>(store.getValue().getType()).getElementType();
    if (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() > 16)
      approximate = false;
  });

  auto global =
      dyn_cast_or_null<LLVM::GlobalOp>(module.lookupSymbol("qimeng_shared"));
  b.setInsertionPointToStart(module.getBody());
  if (!global)
    global =
        LLVM::GlobalOp::create(b, LLVM::LLVMArrayType::get(b.getI8Type(), 0),
                               /*isConstant=*/false, LLVM::Linkage::External,
                               "qimeng_shared", Attribute(), /*alignment=*/1024,
                               /*addrSpace=*/3);

  // Operands that go through tensor maps are found before the signature is
  // made.
  staticShared = barrierBytes;
  SmallVector<Type> parameters(kernel.getOperandArguments().size(),
                               LLVM::LLVMPointerType::get(context, 1));
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), parameters);
  b.setInsertionPointToEnd(module.getBody());
  auto function = LLVM::LLVMFuncOp::create(b, kernel.getSymName(), type);
  Block *entry = function.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  for (auto [argument, parameter] :
       llvm::zip(kernel.getOperandArguments(), entry->getArguments())) {
    pointers[argument.getArgNumber()] = parameter;
  }
  numThreads = blockThreads;
  sharedBase = LLVM::AddressOfOp::create(b, global);
  threadId = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  warpId =
      NVVM::ShflOp::create(b, b.getI32Type(), i32(-1), shr(threadId, 5), i32(0),
                           i32(31), NVVM::ShflKind::idx, UnitAttr());
  cluster = kernel.getScheduleOrDefault().getCluster();
  if (cluster > 1 && !arch.clusters)
    return kernel.emitOpError()
           << "has a schedule with clusters, which " << arch.name << " lacks";
  if (cluster > 1)
    clusterRank =
        bitAnd(NVVM::BlockIdXOp::create(b, b.getI32Type()), cluster - 1);
  if (failed(prepareChannels()))
    return failure();
  GpuKernel launch;
  for (BlockArgument argument : kernel.getOperandArguments())
    launch.args.push_back({argument.getArgNumber(), std::nullopt});
  SmallVector<Type> allParameters(parameters);
  for (auto &entryPair : tensorMaps)
    for (TensorMapUse &use : entryPair.second) {
      use.map =
          entry->addArgument(LLVM::LLVMPointerType::get(context), b.getLoc());
      allParameters.push_back(use.map.getType());
      launch.args.push_back({use.operand, use.info});
    }
  function.setFunctionType(LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(context), allParameters));
  // Operands do not overlap; tensor maps are passed whole.
  NamedAttribute operandAttrs[] = {
      b.getNamedAttr(LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr()),
      b.getNamedAttr(LLVM::LLVMDialect::getAlignAttrName(),
                     b.getI64IntegerAttr(16))};
  NamedAttribute mapAttrs[] = {
      b.getNamedAttr(
          LLVM::LLVMDialect::getByValAttrName(),
          TypeAttr::get(LLVM::LLVMArrayType::get(b.getI8Type(), 128))),
      b.getNamedAttr(LLVM::LLVMDialect::getAlignAttrName(),
                     b.getI64IntegerAttr(64)),
      b.getNamedAttr(NVVM::NVVMDialect::getGridConstantAttrName(),
                     b.getUnitAttr())};
  SmallVector<DictionaryAttr> attrs(parameters.size(),
                                    b.getDictionaryAttr(operandAttrs));
  attrs.resize(allParameters.size(), b.getDictionaryAttr(mapAttrs));
  function.setAllArgAttrs(attrs);
  initializeBarriers();
  if (failed(kernel.isSpecialized() ? emitRoles() : emitPrograms(nullptr)))
    return failure();
  // Other blocks may still arrive at this one's barriers.
  if (multicasts())
    clusterBarrier();
  LLVM::ReturnOp::create(b, ValueRange());

  for (LLVM::UndefOp base : exchangeBases) {
    b.setInsertionPoint(base);
    base.replaceAllUsesWith(i32(staticShared));
    base.erase();
  }
  int64_t shared = staticShared + exchangeBytes;
  if (shared == barrierBytes)
    shared = 0;
  if (shared > arch.sharedPerBlock)
    return kernel.emitOpError()
           << "needs " << shared << " bytes of shared memory; a block of "
           << arch.name << " has at most " << arch.sharedPerBlock
           << " (use smaller tiles or fewer stages)";

  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    b.getUnitAttr());
  function->setAttr(
      NVVM::NVVMDialect::getMaxntidAttrName(),
      b.getDenseI32ArrayAttr({static_cast<int32_t>(blockThreads), 1, 1}));
  if (int64_t blocks = blocksAtOnce(kernel, arch, blockThreads, shared))
    function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                      b.getI32IntegerAttr(blocks));
  ScheduleAttr schedule = kernel.getScheduleOrDefault();
  int64_t programs = kernel.getNumPrograms();
  launch.grid[0] = schedule.getPersistent()
                       ? std::min(programs, schedule.getPersistent())
                       : programs;
  launch.block[0] = blockThreads;
  launch.cluster[0] = cluster;
  if (cluster > 1)
    function->setAttr(
        NVVM::NVVMDialect::getClusterDimAttrName(),
        b.getDenseI32ArrayAttr({static_cast<int32_t>(cluster), 1, 1}));
  launch.dynamicSharedBytes = shared;
  function->setAttr(getLaunchInfoAttrName(), toAttr(context, launch));
  return success();
}

/// Whether what `op`, at the top of a kernel, computes is used in `role`.
static bool reaches(Operation *op, Region *role) {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    return role->isAncestor(user->getParentRegion()) ||
           (user->getBlock() == op->getBlock() && reaches(user, role));
  });
}

/// Programs one after another (persistent) or the block's own.
LogicalResult KernelEmitter::emitPrograms(Region *role) {
  int64_t programs = kernel.getNumPrograms();
  int64_t blocks = kernel.getScheduleOrDefault().getPersistent();
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  auto emitBody = [&]() -> LogicalResult {
    for (Operation &op : kernel.getBody().front()) {
      if (isa<RoleOp, ChannelOp>(op) || (role && !reaches(&op, role)))
        continue;
      if (failed(emitOp(&op)))
        return failure();
    }
    return role ? emitBlock(role->front()) : success();
  };
  if (blocks == 0 || blocks >= programs) {
    emitProgramIds(block);
    return emitBody();
  }
  // Channels go on from one program to the next.
  SmallVector<Value> carried;
  SmallVector<Value> channelOrder;
  for (ChannelOp op : kernel.getBody().getOps<ChannelOp>()) {
    channelOrder.push_back(op);
    for (Value *value : channelStates[op].all())
      carried.push_back(*value);
  }
  auto loop = scf::ForOp::create(b, block, i32(programs),
                                 i32(std::min(blocks, programs)), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  auto adopt = [&](ValueRange values) {
    size_t next = 0;
    for (Value channel : channelOrder)
      for (Value *value : channelStates[channel].all())
        *value = values[next++];
  };
  adopt(loop.getRegionIterArgs());
  exchangeDirty = true;
  emitProgramIds(loop.getInductionVar());
  if (failed(emitBody()))
    return failure();
  SmallVector<Value> yielded;
  for (Value channel : channelOrder)
    for (Value *value : channelStates[channel].all())
      yielded.push_back(*value);
  if (loop.getBody()->empty() ||
      !loop.getBody()->back().hasTrait<OpTrait::IsTerminator>())
    scf::YieldOp::create(b, yielded);
  adopt(loop.getResults());
  return success();
}

/// Program number -> grid coordinates. In groups of `raster` along dimension 0,
/// programs run down the group first, so that a wave covers a compact patch and
/// its operands stay in L2. Programs of a cluster are neighbours along
/// dimension 0: the clusters are numbered so, and each has its programs in
/// order of rank.
void KernelEmitter::emitProgramIds(Value program) {
  SmallVector<int64_t> grid(*kernel.getGrid());
  SmallVector<Value> ids(grid.size());
  int64_t group = kernel.getScheduleOrDefault().getRaster();
  if (cluster > 1) {
    grid.front() /= cluster;
    group = std::max<int64_t>(1, group / cluster);
    program = udiv(program, i32(cluster));
  }
  if (grid.size() >= 2 && group > 1) {
    // Dimension 0 and the last dimension form the plane; others are outermost.
    int64_t rows = grid.front(), columns = grid.back();
    int64_t plane = rows * columns;
    Value rest = grid.size() > 2 ? udiv(program, i32(plane)) : Value();
    Value inPlane = grid.size() > 2 ? urem(program, i32(plane)) : program;
    for (int dim = static_cast<int>(grid.size()) - 2; dim >= 1; --dim) {
      ids[dim] = dim == 1 ? rest : urem(rest, i32(grid[dim]));
      rest = udiv(rest, i32(grid[dim]));
    }
    int64_t perGroup = group * columns;
    Value number = udiv(inPlane, i32(perGroup));
    Value inGroup = urem(inPlane, i32(perGroup));
    Value firstRow = mul(number, group);
    Value height = rows % group == 0
                       ? i32(group)
                       : Value(arith::MinUIOp::create(
                             b, sub(i32(rows), firstRow), i32(group)));
    ids.front() = add(firstRow, urem(inGroup, height));
    ids.back() = udiv(inGroup, height);
  } else {
    Value rest = program;
    for (int dim = static_cast<int>(grid.size()) - 1; dim >= 0; --dim) {
      ids[dim] = dim == 0 ? rest : urem(rest, i32(grid[dim]));
      if (dim != 0)
        rest = udiv(rest, i32(grid[dim]));
    }
  }
  if (cluster > 1)
    ids.front() = add(mul(ids.front(), cluster), clusterRank);
  kernel.walk([&](ProgramIdOp op) { scalars[op] = ids[op.getDim()]; });
}

LogicalResult KernelEmitter::emitRole(RoleOp role, bool setRegisters) {
  bool isProducer = role.getKind() == RoleKind::Producer;
  exchangeDirty = true;
  if (setRegisters)
    NVVM::SetMaxRegisterOp::create(b, role.getRegisters(),
                                   isProducer
                                       ? NVVM::SetMaxRegisterAction::decrease
                                       : NVVM::SetMaxRegisterAction::increase);
  bool copiesByTma = llvm::any_of(
      channels, [](auto &entry) { return entry.second.copy == CopyKind::Tma; });
  if (isProducer && copiesByTma) {
    // One thread starts all copies; the others have nothing to do.
    auto warp =
        scf::IfOp::create(b, TypeRange(), eq(warpId, 0), /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(warp.thenBlock());
    Value elected = NVVM::ElectSyncOp::create(b, b.getI1Type(), Value());
    auto leader =
        scf::IfOp::create(b, TypeRange(), elected, /*withElse=*/false);
    b.setInsertionPointToStart(leader.thenBlock());
    return emitPrograms(&role.getBody());
  }
  if (failed(emitPrograms(&role.getBody())))
    return failure();
  // Shared memory must outlive the copies that read it.
  if (!isProducer && storeStagingBytes)
    NVVM::CpAsyncBulkWaitGroupOp::create(b, 0, UnitAttr());
  return success();
}

LogicalResult KernelEmitter::emitRoles() {
  Value blockThread = threadId, blockWarp = warpId;
  SmallVector<RoleOp> roles(kernel.getBody().getOps<RoleOp>());
  // setmaxnreg takes effect only where every warpgroup's role is one branch and
  // says how many registers it wants. What producers are left with is enough to
  // start copies, not to carry tiles.
  bool copiesByTma = llvm::all_of(
      channels, [](auto &entry) { return entry.second.copy == CopyKind::Tma; });
  bool setRegisters =
      arch.wgmma && copiesByTma && llvm::all_of(roles, [](RoleOp role) {
        return role.getRegisters() != 0 && role.getWarps() % 4 == 0;
      });
  std::string why;
  if (setRegisters && failed(checkRoleRegisters(kernel, arch, why)))
    return kernel.emitOpError() << why;
  OpBuilder::InsertionGuard guard(b);
  int64_t first = 0;
  for (auto [index, role] : llvm::enumerate(roles)) {
    bool last = index + 1 == roles.size();
    int64_t threads = role.getWarps() * 32;
    scf::IfOp branch;
    if (!last) {
      branch = scf::IfOp::create(b, TypeRange(),
                                 ult(blockThread, i32(first + threads)),
                                 /*withElse=*/true);
      b.setInsertionPointToStart(branch.thenBlock());
    }
    firstThread = first, numThreads = threads, barrierId = index + 1;
    threadId = first ? sub(blockThread, i32(first)) : blockThread;
    warpId = first ? sub(blockWarp, i32(first / 32)) : blockWarp;
    auto before = channelStates;
    if (failed(emitRole(role, setRegisters)))
      return failure();
    channelStates = before;
    if (branch)
      b.setInsertionPointToStart(branch.elseBlock());
    first += threads;
  }
  return success();
}

LogicalResult KernelEmitter::emitBlock(Block &block) {
  for (Operation &op : block)
    if (!op.hasTrait<OpTrait::IsTerminator>() && failed(emitOp(&op)))
      return failure();
  return success();
}

LogicalResult KernelEmitter::emitOp(Operation *op) {
  b.setLoc(op->getLoc());
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return isProductLoop(loop) ? emitProductLoop(loop) : emitFor(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return emitIf(branch);
  if (isa<ViewOp, ProgramIdOp, ChannelOp>(op))
    return success();
  if (auto store = dyn_cast<StoreOp>(op))
    return storeByTma(store) ? emitTmaStore(store) : emitStore(store);
  if (auto put = dyn_cast<PutOp>(op))
    return emitPut(put);
  if (auto take = dyn_cast<TakeOp>(op))
    return emitTake(take);
  if (auto given = dyn_cast<ReleaseOp>(op))
    return emitRelease(given);
  if (op->getNumResults() && isa<RankedTensorType>(op->getResult(0).getType()))
    return emitTileOp(op);
  return emitScalar(op);
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value KernelEmitter::affine(AffineExpr expr, ValueRange operands,
                            unsigned numDims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return i32(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return operands[numDims + symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = affine(binary.getLHS(), operands, numDims);
  if (auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS())) {
    int64_t value = constant.getValue();
    if (expr.getKind() == AffineExprKind::Add)
      return add(lhs, value);
    if (expr.getKind() == AffineExprKind::Mul)
      return mul(lhs, value);
  }
  Value rhs = affine(binary.getRHS(), operands, numDims);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return add(lhs, rhs);
  case AffineExprKind::Mul:
    return mul(lhs, rhs);
  case AffineExprKind::Mod: {
    // Indices below zero occur in padded views only.
    Value rest = b.createOrFold<arith::RemSIOp>(lhs, rhs);
    Value negative =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, rest, i32(0));
    return arith::SelectOp::create(b, negative, add(rest, rhs), rest);
  }
  case AffineExprKind::FloorDiv:
    return b.createOrFold<arith::FloorDivSIOp>(lhs, rhs);
  case AffineExprKind::CeilDiv:
    return b.createOrFold<arith::CeilDivSIOp>(lhs, rhs);
  default:
    llvm_unreachable("not a binary affine expression");
  }
}

LogicalResult KernelEmitter::emitScalar(Operation *op) {
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    SmallVector<Value> operands;
    for (Value operand : apply.getOperands())
      operands.push_back(scalar(operand));
    scalars[apply] = affine(apply.getAffineMap().getResult(0), operands,
                            apply.getAffineMap().getNumDims());
    return success();
  }
  if (isa<affine::AffineMinOp, affine::AffineMaxOp>(op)) {
    AffineMap map = isa<affine::AffineMinOp>(op)
                        ? cast<affine::AffineMinOp>(op).getAffineMap()
                        : cast<affine::AffineMaxOp>(op).getAffineMap();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(scalar(operand));
    Value best;
    for (AffineExpr expr : map.getResults()) {
      Value value = affine(expr, operands, map.getNumDims());
      if (!best)
        best = value;
      else if (isa<affine::AffineMinOp>(op))
        best = arith::MinSIOp::create(b, best, value);
      else
        best = arith::MaxSIOp::create(b, best, value);
    }
    scalars[op->getResult(0)] = best;
    return success();
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (constant.getType().isIndex())
      scalars[constant] = i32(cast<IntegerAttr>(constant.getValue()).getInt());
    else
      scalars[constant] =
          arith::ConstantOp::create(b, cast<TypedAttr>(constant.getValue()));
    return success();
  }
  if (op->getNumResults() != 1 ||
      !isa<arith::ArithDialect, math::MathDialect>(op->getDialect()))
    return op->emitOpError() << "cannot be lowered to a GPU";
  // Index scalars are i32: operands have fewer than 2^31 elements per
  // dimension.
  auto narrow = [&](Type type) -> Type {
    return type.isIndex() ? b.getI32Type() : type;
  };
  Type result = narrow(op->getResult(0).getType());
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    // An index of the program is never so large that its i32 turns negative.
    bool isSigned =
        isa<arith::IndexCastOp>(op) || op->getOperand(0).getType().isIndex();
    Value value = scalar(op->getOperand(0));
    unsigned from = value.getType().getIntOrFloatBitWidth(),
             to = result.getIntOrFloatBitWidth();
    scalars[op->getResult(0)] =
        from == to  ? value
        : from > to ? Value(arith::TruncIOp::create(b, result, value))
        : isSigned  ? Value(arith::ExtSIOp::create(b, result, value))
                    : Value(arith::ExtUIOp::create(b, result, value));
    return success();
  }
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(scalar(operand));
  Value value = emitScalarOp(op, operands, result);
  if (!value)
    return op->emitOpError() << "cannot be lowered to a GPU";
  scalars[op->getResult(0)] = value;
  return success();
}
