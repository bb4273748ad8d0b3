//===- EmitDot.cpp - Products by multiply-adds and by mma.sync ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmitPlace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

static RankedTensorType tileType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

LogicalResult KernelEmitter::emitDot(DotOp op) {
  switch (op.getMma()) {
  case Mma::Fma:
    return emitFmaDot(op);
  case Mma::MmaSync:
    return emitMmaSync(op);
  case Mma::Wgmma:
    return emitWgmma(op);
  }
  llvm_unreachable("unknown mma");
}

//===----------------------------------------------------------------------===//
// Multiply-adds
//===----------------------------------------------------------------------===//

LogicalResult KernelEmitter::emitFmaDot(DotOp op) {
  Layout layout = plan.natural(op);
  int rank = layout.shape.size(), m = rank - 2, n = rank - 1;
  int64_t k = tileType(op.getLhs()).getDimSize(n);
  Type sumType = tileType(op).getElementType();
  Regs acc = get(op.getAcc(), layout);

  // Operands that are not in shared memory yet pass through the exchange area.
  int64_t bytes = 0;
  SharedTile operands[2];
  int64_t starts[2];
  bool copied[2] = {false, false};
  for (int side = 0; side < 2; ++side) {
    Value tile = op->getOperand(side);
    auto found = sharedTiles.find(tile);
    if (found != sharedTiles.end()) {
      operands[side] = found->second;
      continue;
    }
    SharedLayout &shared = operands[side].layout;
    shared.shape.assign(tileType(tile).getShape().begin(),
                        tileType(tile).getShape().end());
    operands[side].elementType = tileType(tile).getElementType();
    shared.elementBytes =
        std::max(1u, operands[side].elementType.getIntOrFloatBitWidth() / 8);
    shared.major = n;
    if (shared.shape[n] * shared.elementBytes >= 16)
      shared.pad = 16;
    copied[side] = true;
    starts[side] = bytes;
    bytes += llvm::alignTo(shared.bytes(), 16);
  }

  auto multiply = [&]() {
    // Long enough bodies for loads to overlap with multiply-adds.
    int64_t unroll = std::min<int64_t>(k, layout.numRegs() <= 64 ? 16 : 4);
    auto loop = scf::ForOp::create(b, i32(0), i32(k), i32(unroll), acc);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Regs sums(loop.getRegionIterArgs());
    // Each row and column element is read once for all registers that use it,
    // together with its neighbours in memory that this thread uses too.
    struct Side {
      SharedCursor cursor;
      int kDim, vectorDim;
      int64_t vector;
      std::map<std::vector<int64_t>, Regs> read;
    } sides[2];
    for (int side = 0; side < 2; ++side) {
      const SharedTile &tile = operands[side];
      Side &own = sides[side];
      own.kDim = side == 0 ? n : m;
      own.vectorDim = tile.layout.major;
      int64_t run = 1;
      if (own.vectorDim == own.kDim)
        run = unroll;
      else
        while (
            llvm::is_contained(layout.reg, Basis{own.vectorDim, log2Of(run)}))
          run *= 2;
      own.vector = std::max<int64_t>(
          1, std::min(run, tile.layout.alignment() / tile.layout.elementBytes));
      SmallVector<Value> coords;
      for (int dim = 0; dim < rank; ++dim)
        coords.push_back(dim == own.kDim ? loop.getInductionVar()
                                         : threadCoord(layout, dim));
      own.cursor = sharedCursor(tile, coords);
    }
    auto element = [&](int side, int64_t r, int64_t step) -> Value {
      Side &own = sides[side];
      SmallVector<int64_t> steps = stepsOf(layout, r);
      steps[own.kDim] = step;
      int64_t within = steps[own.vectorDim] % own.vector;
      steps[own.vectorDim] -= within;
      Regs &values = own.read[{steps.begin(), steps.end()}];
      if (values.empty())
        values = loadVector(sharedAt(own.cursor, steps),
                            operands[side].elementType, own.vector);
      Value &value = values[within];
      if (value.getType() != sumType)
        value = isa<FloatType>(sumType)
                    ? Value(arith::ExtFOp::create(b, sumType, value))
                    : Value(arith::ExtSIOp::create(b, sumType, value));
      return value;
    };
    for (int64_t step = 0; step < unroll; ++step)
      for (auto [r, sum] : llvm::enumerate(sums)) {
        Value a = element(0, r, step), c = element(1, r, step);
        if (isa<FloatType>(sumType) && !(sumType.isF16() || sumType.isBF16())) {
          sum = LLVM::FMAOp::create(b, a, c, sum);
        } else if (isa<FloatType>(sumType)) {
          Type wide = b.getF32Type();
          Value product =
              LLVM::FMAOp::create(b, arith::ExtFOp::create(b, wide, a),
                                  arith::ExtFOp::create(b, wide, c),
                                  arith::ExtFOp::create(b, wide, sum));
          sum = arith::TruncFOp::create(b, sumType, product);
        } else {
          sum = arith::AddIOp::create(b, sum, arith::MulIOp::create(b, a, c));
        }
      }
    scf::YieldOp::create(b, sums);
    acc.assign(loop.getResults().begin(), loop.getResults().end());
  };

  if (bytes == 0) {
    multiply();
  } else {
    Regs values[2];
    for (int side = 0; side < 2; ++side)
      if (copied[side])
        values[side] =
            get(op->getOperand(side), plan.natural(op->getOperand(side)));
    exchange(
        bytes,
        [&](Value base) {
          for (int side = 0; side < 2; ++side)
            if (copied[side]) {
              operands[side].offset = add(base, starts[side]);
              storeShared(operands[side], plan.natural(op->getOperand(side)),
                          values[side]);
            }
        },
        [&](Value) { multiply(); });
  }
  define(op, layout, acc);
  return success();
}

//===----------------------------------------------------------------------===//
// mma.sync
//===----------------------------------------------------------------------===//

/// A 32-bit operand register as mma.sync takes it: for tf32 rounded, as the
/// tensor core reads the upper 19 bits only; for f16 as a vector.
static Value operandRegister(ImplicitLocOpBuilder &b, Value word,
                             Type element) {
  if (element.isF32())
    return NVVM::ConvertFloatToTF32Op::create(
        b, b.getI32Type(), LLVM::BitcastOp::create(b, element, word),
        NVVM::FPRoundingMode::RNA);
  if (element.isF16())
    return LLVM::BitcastOp::create(b, VectorType::get(2, element), word);
  return word;
}

/// `values`, which fill 32 bits.
static Value packWord(ImplicitLocOpBuilder &b, ArrayRef<Value> values) {
  Type element = values.front().getType(), word = b.getI32Type();
  if (values.size() == 1)
    return LLVM::BitcastOp::create(b, word, values.front());
  Value vector =
      LLVM::PoisonOp::create(b, VectorType::get(values.size(), element));
  for (auto [i, value] : llvm::enumerate(values))
    vector = LLVM::InsertElementOp::create(
        b, vector, value, arith::ConstantOp::create(b, b.getI32IntegerAttr(i)));
  return LLVM::BitcastOp::create(b, word, vector);
}

/// Whether ldmatrix reads the fragments of `layout`: it needs rows of 16 bytes,
/// along K for any type, along M or N (dimension `rows`) for 16-bit types.
bool KernelEmitter::canLoadMatrix(const SharedTile &tile, const Layout &layout,
                                  int rows, int packed) {
  const SharedLayout &shared = tile.layout;
  int rank = shared.shape.size(), k = rows == rank - 1 ? rank - 2 : rank - 1;
  return shared.alignment() == 16 &&
         (shared.major == k || (shared.major == rows && packed == 1)) &&
         layout.reg.size() > size_t(packed);
}

/// The 32-bit registers of a fragment, in the order of `layout`, up to four by
/// one instruction. Each is a matrix of eight rows (along dimension `rows`) by
/// 16 bytes of K; lane l gives the address of row l % 8 of matrix l / 8. Where
/// M or N is contiguous the rows in memory are those of K, and the matrix is
/// transposed on the way.
SmallVector<Value> KernelEmitter::loadMatrix(const SharedTile &tile,
                                             const Layout &layout, int rows,
                                             int packed) {
  const SharedLayout &shared = tile.layout;
  int rank = shared.shape.size(), k = rows == rank - 1 ? rank - 2 : rank - 1;
  bool transposed = shared.major == rows;
  int matrixBits = std::min<int>(2, layout.reg.size() - packed);
  Layout addresses;
  addresses.shape = layout.shape;
  for (int bit = 0; bit < 3; ++bit)
    addresses.thread.push_back({transposed ? k : rows, bit});
  for (int bit = 0; bit < 2; ++bit)
    addresses.thread.push_back(bit < matrixBits ? layout.reg[packed + bit]
                                                : Basis());
  llvm::append_range(addresses.thread,
                     ArrayRef<Basis>(layout.thread).drop_front(5));
  SharedCursor cursor = sharedCursor(tile, addresses);
  int64_t perLoad = int64_t(1) << matrixBits;
  Type word = b.getI32Type();
  Type result = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(perLoad, word));
  SmallVector<Value> words;
  for (int64_t r = 0; r < layout.numRegs(); r += perLoad << packed) {
    Value loaded = NVVM::LdMatrixOp::create(
        b, result, sharedAt(cursor, stepsOf(layout, r)), perLoad,
        transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row,
        NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
        NVVM::LdStMatrixEltType::B16);
    for (int64_t i = 0; i < perLoad; ++i)
      words.push_back(LLVM::ExtractValueOp::create(b, loaded, i));
  }
  return words;
}

LogicalResult KernelEmitter::emitMmaSync(DotOp op) {
  Type operandType = tileType(op.getLhs()).getElementType();
  Type sumType = tileType(op).getElementType();
  bool isTf32 = operandType.isF32(), isInt8 = operandType.isInteger(8);
  if (!arch.mmaSync ||
      !(operandType.isF16() || operandType.isBF16() || isTf32 || isInt8) ||
      !(isInt8 ? sumType.isInteger(32) : sumType.isF32()))
    return op.emitOpError()
           << "with factors of type " << operandType << " and sums of type "
           << sumType << " has no mma.sync instruction on " << arch.name;
  if (isTf32 && op.getPrecision() != Precision::Tf32)
    return op.emitOpError()
           << "asks for exact f32 products, which mma.sync does not form; "
              "use precision <tf32> or mma <fma>";
  int packed = isTf32 ? 0 : isInt8 ? 2 : 1;
  int64_t instructionK = int64_t(8) << packed;
  Layout layout = plan.natural(op);
  int rank = layout.shape.size(), m = rank - 2, n = rank - 1;
  int64_t k = tileType(op.getLhs()).getDimSize(n);
  if (layout.shape[m] < 16 || layout.shape[n] < 8 || k < instructionK)
    return op.emitOpError()
           << "needs tiles of at least 16 x 8 x " << instructionK
           << " for mma.sync, found " << layout.shape[m] << " x "
           << layout.shape[n] << " x " << k;
  Layout layouts[2] = {Layout::mmaLhs(layout, k, packed),
                       Layout::mmaRhs(layout, k, packed)};
  // Packed operand fragments, by the coordinates that registers add.
  std::map<std::vector<int64_t>, SmallVector<Value>> fragments[2];
  for (int side = 0; side < 2; ++side) {
    Value operand = op->getOperand(side);
    auto shared = sharedTiles.find(operand);
    int64_t perFragment = side == 0 ? 4 : 2, perWord = int64_t(1) << packed;
    SmallVector<Value> words;
    if (shared != sharedTiles.end() &&
        canLoadMatrix(shared->second, layouts[side], side == 0 ? m : n,
                      packed)) {
      words =
          loadMatrix(shared->second, layouts[side], side == 0 ? m : n, packed);
    } else {
      Regs regs = get(operand, layouts[side]);
      for (size_t r = 0; r < regs.size(); r += perWord)
        words.push_back(packWord(b, ArrayRef<Value>(regs).slice(r, perWord)));
    }
    for (Value &word : words)
      word = operandRegister(b, word, operandType);
    for (int64_t w = 0; w < int64_t(words.size()); w += perFragment) {
      SmallVector<int64_t> at = stepsOf(layouts[side], w * perWord);
      fragments[side][{at.begin(), at.end()}] =
          SmallVector<Value>(ArrayRef<Value>(words).slice(w, perFragment));
    }
  }
  Regs acc = get(op.getAcc(), layout);
  NVVM::MMATypes type = isTf32                ? NVVM::MMATypes::tf32
                        : isInt8              ? NVVM::MMATypes::s8
                        : operandType.isF16() ? NVVM::MMATypes::f16
                                              : NVVM::MMATypes::bf16;
  Type result = LLVM::LLVMStructType::getLiteral(b.getContext(),
                                                 SmallVector<Type>(4, sumType));
  for (int64_t step = 0; step < k; step += instructionK)
    for (int64_t r = 0; r < layout.numRegs(); r += 4) {
      std::vector<int64_t> keys[2];
      for (int dim = 0; dim < rank; ++dim) {
        keys[0].push_back(dim == n ? step : layout.regCoord(r, dim));
        keys[1].push_back(dim == m ? step : layout.regCoord(r, dim));
      }
      ArrayRef<Value> sums = ArrayRef<Value>(acc).slice(r, 4);
      auto mma = NVVM::MmaOp::create(
          b, result, fragments[0][keys[0]], fragments[1][keys[1]], sums,
          ArrayRef<int64_t>{16, 8, instructionK}, std::nullopt,
          isInt8 ? std::optional(NVVM::MMAIntOverflow::wrapped) : std::nullopt,
          std::array<NVVM::MMATypes, 2>{type, type},
          std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                         NVVM::MMALayout::col});
      for (int i = 0; i < 4; ++i)
        acc[r + i] = LLVM::ExtractValueOp::create(b, mma, i);
    }
  define(op, layout, acc);
  return success();
}
