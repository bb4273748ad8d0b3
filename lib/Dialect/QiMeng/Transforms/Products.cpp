//===- Products.cpp - Which instruction computes a product ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Products.h"
#include "qimeng/Support/Architecture.h"

using namespace mlir;
using namespace qimeng;

static std::string toText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// K of one instruction, or 0 when there is none for these types.
static int64_t getInstructionK(Type factor, Type sum) {
  if ((factor.isF16() || factor.isBF16()) && sum.isF32())
    return 16;
  if (factor.isF32() && sum.isF32())
    return 8;
  if (factor.isInteger(8) && sum.isInteger(32))
    return 32;
  return 0;
}

/// The load that brings a factor, possibly through a channel, or null.
static LoadOp findLoad(Value factor) {
  if (auto take = factor.getDefiningOp<TakeOp>()) {
    unsigned tile = cast<OpResult>(factor).getResultNumber();
    for (Operation *user : take.getChannel().getUsers())
      if (auto put = dyn_cast<PutOp>(user))
        return put.getTiles()[tile].getDefiningOp<LoadOp>();
  }
  return factor.getDefiningOp<LoadOp>();
}

LogicalResult qimeng::checkInstruction(DotOp dot, Mma mma, Precision precision,
                                       int64_t warps,
                                       const Architecture *target,
                                       std::string &why) {
  if (mma == Mma::Fma)
    return success();
  StringRef name = stringifyMma(mma);
  bool wgmma = mma == Mma::Wgmma;
  if (target && !(wgmma ? target->wgmma : target->mmaSync))
    return refuse(why, Twine(target->name) + " has no " + name +
                           (wgmma ? "; use mma_sync" : ""));
  auto lhs = cast<RankedTensorType>(dot.getLhs().getType());
  auto result = dot.getType();
  int64_t rank = result.getRank(), m = result.getDimSize(rank - 2),
          n = result.getDimSize(rank - 1), k = lhs.getDimSize(rank - 1);
  std::string size =
      std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  Type factor = lhs.getElementType(), sum = result.getElementType();
  int64_t step = getInstructionK(factor, sum);
  if (step == 0)
    return refuse(why, Twine(name) + " does not multiply " + toText(factor) +
                           " into " + toText(sum) +
                           "; it takes f16 or bf16 into f32, f32 (as tf32) "
                           "into f32, and i8 into i32");
  if (factor.isF32() && precision != Precision::Tf32)
    return refuse(why, "tensor cores multiply f32 with ten bits of mantissa "
                       "only; give 'tf32' if that is precise enough");
  if (!wgmma) {
    if (m < 16 || n < 8 || k < step)
      return refuse(why, "a product of " + size +
                             " is too small for mma_sync, which needs at "
                             "least 16x8x" +
                             Twine(step) + "; choose larger tiles");
    return success();
  }
  if (llvm::any_of(result.getShape().drop_back(2),
                   [](int64_t size) { return size != 1; }))
    return refuse(why, "the product has batch dimensions, which wgmma does not "
                       "take; tile them to size 1, or use mma_sync");
  if (warps % 4 != 0)
    return refuse(why, "wgmma is for groups of four warps, and the product is "
                       "computed by " +
                           Twine(warps));
  int64_t rows = 64 * (warps / 4);
  if (m % rows != 0)
    return refuse(why, "M must be a multiple of " + Twine(rows) +
                           " for wgmma (64 for every four of the " +
                           Twine(warps) + " warps), found a product of " +
                           size);
  if (n < 8 || n > 256)
    return refuse(why, "N must be from 8 to 256 for wgmma, found a product "
                       "of " +
                           size);
  if (k % step != 0)
    return refuse(why, "K must be a multiple of " + Twine(step) +
                           " for wgmma on " + toText(factor) +
                           ", found a product of " + size);
  if (factor.getIntOrFloatBitWidth() == 16)
    return success();
  for (auto [tile, along, side] : {std::tuple(dot.getLhs(), rank - 1, "left"),
                                   {dot.getRhs(), rank - 2, "right"}}) {
    LoadOp load = findLoad(tile);
    if (load && getContiguousDim(load.getSource()) != along)
      return refuse(why, Twine("the ") + side +
                             " factor is not contiguous along K in memory, "
                             "which wgmma needs for " +
                             toText(factor) + "; use mma_sync");
  }
  return success();
}
