#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
using namespace mlir;
using namespace qimeng;
LogicalResult TileOp::precondition(KernelOp kernel, const Architecture *, std::string &why) {
  if (!kernel.isTiled()) return success();
  why = "the kernel is tiled already"; return failure();
}
LogicalResult TileOp::rewrite(KernelOp kernel, RewriterBase &rewriter, const Architecture *) { return failure(); }
void TileOp::propose(KernelOp, const Architecture &, SmallVectorImpl<DictionaryAttr> &) {}
