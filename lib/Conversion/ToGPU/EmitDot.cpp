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
    shared.pad = shared.elementBytes < 4 ? 4 : shared.elementBytes;
    copied[side] = true;
    starts[side] = bytes;
    bytes += llvm::alignTo(shared.bytes(), 16);
  }

  auto multiply = [&]() {
    int64_t unroll = std::min<int64_t>(k, 4);
    auto loop = scf::ForOp::create(b, i32(0), i32(k), i32(unroll), acc);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Regs sums(loop.getRegionIterArgs());
    for (int64_t step = 0; step < unroll; ++step) {
      Value at = add(loop.getInductionVar(), step);
      // Each row and column element is read once for all registers that use it.
      llvm::MapVector<SmallVector<int64_t>, Value> read[2];
      auto element = [&](int side, int64_t r) -> Value {
        SmallVector<int64_t> key;
        SmallVector<Value> coords;
        for (int dim = 0; dim < rank; ++dim) {
          bool isK = dim == (side == 0 ? n : m);
          key.push_back(isK ? 0 : layout.regCoord(r, dim));
          coords.push_back(
              isK ? at
                  : add(threadCoord(layout, dim), layout.regCoord(r, dim)));
        }
        Value &value = read[side][key];
        if (value)
          return value;
        const SharedTile &tile = operands[side];
        Value pointer =
            sharedPointer(add(tile.offset, sharedOffset(tile.layout, coords)));
        value = LLVM::LoadOp::create(b, storageType(tile.elementType), pointer,
                                     tile.layout.elementBytes);
        if (tile.elementType == sumType)
          return value;
        if (isa<FloatType>(sumType))
          value = arith::ExtFOp::create(b, sumType, value);
        else if (tile.elementType.isInteger(1))
          value = arith::ExtSIOp::create(
              b, sumType, arith::TruncIOp::create(b, b.getI1Type(), value));
        else
          value = arith::ExtSIOp::create(b, sumType, value);
        return value;
      };
      for (auto [r, sum] : llvm::enumerate(sums)) {
        Value a = element(0, r), c = element(1, r);
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

/// `values` of one 32-bit operand register, packed.
static Value packRegister(ImplicitLocOpBuilder &b, ArrayRef<Value> values,
                          bool asVector) {
  Type element = values.front().getType();
  if (values.size() == 1) {
    // f32 for tf32: the tensor core reads the upper 19 bits, so round first.
    return NVVM::ConvertFloatToTF32Op::create(b, b.getI32Type(), values.front(),
                                              NVVM::FPRoundingMode::RNA);
  }
  Value vector =
      LLVM::PoisonOp::create(b, VectorType::get(values.size(), element));
  for (auto [i, value] : llvm::enumerate(values))
    vector = LLVM::InsertElementOp::create(
        b, vector, value, arith::ConstantOp::create(b, b.getI32IntegerAttr(i)));
  return asVector ? vector
                  : Value(LLVM::BitcastOp::create(b, b.getI32Type(), vector));
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
    Regs regs = get(op->getOperand(side), layouts[side]);
    int64_t words = side == 0 ? 4 : 2, perWord = int64_t(1) << packed;
    for (int64_t r = 0; r < layouts[side].numRegs(); r += words * perWord) {
      std::vector<int64_t> key;
      for (int dim = 0; dim < rank; ++dim)
        key.push_back(layouts[side].regCoord(r, dim));
      SmallVector<Value> fragment;
      for (int64_t w = 0; w < words; ++w)
        fragment.push_back(packRegister(
            b, ArrayRef<Value>(regs).slice(r + w * perWord, perWord),
            operandType.isF16()));
      fragments[side][key] = fragment;
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
