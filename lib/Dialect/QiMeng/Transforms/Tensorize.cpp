//===- Tensorize.cpp - Macro action: tensorize ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Products.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"

using namespace mlir;
using namespace qimeng;

/// The products that are meant.
static FailureOr<SmallVector<DotOp>>
getProducts(TensorizeOp op, KernelOp kernel, std::string &why) {
  SmallVector<DotOp> all, chosen;
  kernel.walk([&](DotOp dot) { all.push_back(dot); });
  if (all.empty())
    return refuse(why, "the kernel has no products, which are what tensor "
                       "cores compute");
  if (op.getDots().empty())
    return all;
  for (int64_t number : op.getDots()) {
    if (number < 0 || number >= static_cast<int64_t>(all.size()))
      return refuse(why, "'dots' must hold numbers of products from 0 to " +
                             Twine(all.size() - 1) + ", found " +
                             Twine(number));
    chosen.push_back(all[number]);
  }
  return chosen;
}

static Precision getPrecision(TensorizeOp op, DotOp dot) {
  bool f32 =
      cast<RankedTensorType>(dot.getLhs().getType()).getElementType().isF32();
  return f32 && op.getTf32() ? Precision::Tf32 : Precision::Ieee;
}

LogicalResult TensorizeOp::precondition(KernelOp kernel,
                                        const Architecture *target,
                                        std::string &why) {
  if (!kernel.isTiled())
    return refuse(why, "the kernel is not tiled; tile it first");
  std::optional<Mma> mma = symbolizeMma(getKind());
  if (!mma || *mma == Mma::Fma)
    return refuse(why, "'kind' must be mma_sync or wgmma, found '" + getKind() +
                           "'");
  FailureOr<SmallVector<DotOp>> dots = getProducts(*this, kernel, why);
  if (failed(dots))
    return failure();
  bool changes = false;
  for (DotOp dot : *dots) {
    Precision precision = getPrecision(*this, dot);
    if (failed(
            checkInstruction(dot, *mma, precision, getWarps(dot), target, why)))
      return failure();
    changes |= dot.getMma() != *mma || dot.getPrecision() != precision;
  }
  if (!changes)
    return refuse(why, "the products use " + getKind() + " already");
  return success();
}

LogicalResult TensorizeOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                   const Architecture *) {
  std::string why;
  FailureOr<SmallVector<DotOp>> dots = getProducts(*this, kernel, why);
  if (failed(dots))
    return emitError() << why;
  for (DotOp dot : *dots)
    rewriter.modifyOpInPlace(dot, [&] {
      dot.setMma(*symbolizeMma(getKind()));
      dot.setPrecision(getPrecision(*this, dot));
    });
  return success();
}

void TensorizeOp::propose(KernelOp kernel, const Architecture &target,
                          SmallVectorImpl<DictionaryAttr> &proposals) {
  Builder builder(kernel.getContext());
  SmallVector<DotOp> dots;
  kernel.walk([&](DotOp dot) { dots.push_back(dot); });
  // f32 products keep their precision unless somebody asks for less.
  for (Mma mma : {Mma::Wgmma, Mma::MmaSync}) {
    SmallVector<int64_t> fitting;
    std::string why;
    for (auto [number, dot] : llvm::enumerate(dots))
      if (succeeded(checkInstruction(dot, mma, Precision::Ieee, getWarps(dot),
                                     &target, why)))
        fitting.push_back(number);
    if (fitting.empty())
      continue;
    NamedAttrList parameters;
    parameters.set("kind", builder.getStringAttr(stringifyMma(mma)));
    if (fitting.size() != dots.size())
      parameters.set("dots", builder.getDenseI64ArrayAttr(fitting));
    proposals.push_back(parameters.getDictionary(builder.getContext()));
  }
}

LogicalResult TensorizeOp::holds(KernelOp, KernelOp after,
                                 DictionaryAttr parameters, std::string &why) {
  // mma_sync, the default, may have been left to the coder.
  auto kind = parameters.getAs<StringAttr>("kind");
  auto meant = parameters.getAs<DenseI64ArrayAttr>("dots");
  size_t all = 0, done = 0;
  after.walk([&](DotOp dot) {
    ++all;
    done += dot.getMma() != Mma::Fma &&
            (!kind || stringifyMma(dot.getMma()) == kind.getValue());
  });
  size_t wanted = meant && !meant.empty() ? meant.size() : all;
  if (all > 0 && done >= wanted)
    return success();
  return refuse(
      why, Twine(done) + " of " + Twine(wanted) + " qimeng.dot have mma <" +
               (kind ? kind.getValue() : "mma_sync> or <wgmma") + ">");
}
