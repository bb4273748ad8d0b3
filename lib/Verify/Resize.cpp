//===- Resize.cpp - Tensor programs of other sizes ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Resize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "qimeng/Verify/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qimeng;

namespace qimeng {
#define GEN_PASS_DEF_QIMENGRESIZE
#include "qimeng/Verify/Passes.h.inc"
} // namespace qimeng

namespace {

/// Finds which dimensions are equal by the rules of the operations.
class Dimensions {
public:
  explicit Dimensions(func::FuncOp function);

  /// The free classes in the order of first appearance.
  SmallVector<DimensionSymbol> getSymbols() const;
  /// Gives the classes of the symbols other sizes, in place.
  void apply(ArrayRef<int64_t> sizes);

private:
  using Node = unsigned;

  Node create(int64_t size) {
    parent.push_back(parent.size());
    classSize.push_back(size);
    fixed.push_back(false);
    return parent.size() - 1;
  }
  Node find(Node node) const {
    while (parent[node] != node)
      node = parent[node];
    return node;
  }
  void unify(Node a, Node b) {
    a = find(a), b = find(b);
    // The class keeps its first member, so that symbols have a steady order.
    parent[std::max(a, b)] = std::min(a, b);
    fixed[std::min(a, b)] = fixed[a] || fixed[b];
  }
  void fix(Node node) { fixed[find(node)] = true; }
  Node node(Value value, int64_t dim) { return nodes.find(value)->second[dim]; }
  void unifyAll(Value a, Value b) {
    for (unsigned dim = 0; dim < nodes.find(a)->second.size(); ++dim)
      unify(node(a, dim), node(b, dim));
  }
  void fixAll(Value value) {
    auto it = nodes.find(value);
    if (it != nodes.end())
      llvm::for_each(it->second, [&](Node node) { fix(node); });
  }
  void addValue(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return;
    auto &dims = nodes[value];
    for (int64_t size : type.getShape())
      dims.push_back(create(size));
  }
  int64_t newSize(Value value, int64_t dim) {
    return classSize[find(node(value, dim))];
  }

  void visit(Operation *op);
  void visitLinalg(linalg::LinalgOp op);
  void visitSlice(OffsetSizeAndStrideOpInterface op, Value whole, Value part,
                  const llvm::SmallBitVector &dropped);
  void visitReshape(Value expanded, Value collapsed,
                    ArrayRef<ReassociationIndices> groups);
  void update(Operation *op);

  func::FuncOp function;
  llvm::MapVector<Value, SmallVector<Node, 4>> nodes;
  SmallVector<Node> parent;
  SmallVector<int64_t> classSize;
  SmallVector<bool> fixed;
};

} // namespace

Dimensions::Dimensions(func::FuncOp function) : function(function) {
  for (Value argument : function.getArguments())
    addValue(argument);
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op == function)
      return;
    for (Value result : op->getResults())
      addValue(result);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          addValue(argument);
  });
  function.walk([&](Operation *op) {
    if (op != function)
      visit(op);
  });
}

void Dimensions::visitLinalg(linalg::LinalgOp op) {
  SmallVector<Node> loops;
  for (int64_t size : op.getStaticLoopRanges())
    loops.push_back(create(size));
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (!nodes.contains(value))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
        unify(node(value, dim), loops[loop.getPosition()]);
        continue;
      }
      fix(node(value, dim));
      for (unsigned loop = 0; loop < loops.size(); ++loop)
        if (expr.isFunctionOfDim(loop))
          fix(loops[loop]);
    }
  }
  for (auto [result, init] : llvm::zip(op->getResults(), op.getDpsInits()))
    unifyAll(result, init);
}

void Dimensions::visitSlice(OffsetSizeAndStrideOpInterface op, Value whole,
                            Value part, const llvm::SmallBitVector &dropped) {
  auto type = cast<RankedTensorType>(whole.getType());
  unsigned partDim = 0;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    bool isWhole = op.getStaticOffsets()[dim] == 0 &&
                   op.getStaticStrides()[dim] == 1 &&
                   op.getStaticSizes()[dim] == type.getDimSize(dim);
    bool isDropped = dropped.test(dim);
    if (isWhole && !isDropped) {
      unify(node(whole, dim), node(part, partDim++));
      continue;
    }
    fix(node(whole, dim));
    if (!isDropped)
      fix(node(part, partDim++));
  }
}

void Dimensions::visitReshape(Value expanded, Value collapsed,
                              ArrayRef<ReassociationIndices> groups) {
  auto type = cast<RankedTensorType>(expanded.getType());
  for (auto [dim, group] : llvm::enumerate(groups)) {
    SmallVector<int64_t> wide;
    llvm::copy_if(group, std::back_inserter(wide),
                  [&](int64_t d) { return type.getDimSize(d) != 1; });
    int64_t free = group.size() == 1  ? group.front()
                   : wide.size() == 1 ? wide.front()
                                      : -1;
    for (int64_t member : group) {
      if (member == free)
        unify(node(expanded, member), node(collapsed, dim));
      else
        fix(node(expanded, member));
    }
    if (free < 0)
      fix(node(collapsed, dim));
  }
  if (groups.empty()) // a reshape from or to rank 0
    fixAll(expanded);
}

void Dimensions::visit(Operation *op) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](linalg::LinalgOp linalg) { visitLinalg(linalg); })
      .Case([&](linalg::SoftmaxOp softmax) {
        unifyAll(softmax.getInput(), softmax.getOutput());
        for (Value result : softmax->getResults())
          unifyAll(softmax.getInput(), result);
      })
      .Case([&](tensor::ExtractSliceOp slice) {
        visitSlice(slice, slice.getSource(), slice.getResult(),
                   slice.getDroppedDims());
      })
      .Case([&](tensor::InsertSliceOp slice) {
        unifyAll(slice.getDest(), slice.getResult());
        visitSlice(slice, slice.getDest(), slice.getSource(),
                   slice.getDroppedDims());
      })
      .Case([&](tensor::CollapseShapeOp reshape) {
        visitReshape(reshape.getSrc(), reshape.getResult(),
                     reshape.getReassociationIndices());
      })
      .Case([&](tensor::ExpandShapeOp reshape) {
        visitReshape(reshape.getResult(), reshape.getSrc(),
                     reshape.getReassociationIndices());
      })
      .Case([&](tensor::ConcatOp concat) {
        int64_t axis = concat.getDim();
        for (Value input : concat.getInputs())
          for (int64_t dim = 0; dim < concat.getRank(); ++dim) {
            if (dim != axis)
              unify(node(input, dim), node(concat.getResult(), dim));
            else
              fix(node(input, dim));
          }
        fix(node(concat.getResult(), axis));
      })
      .Case([&](tensor::PadOp pad) {
        for (int64_t dim = 0; dim < pad.getSourceType().getRank(); ++dim) {
          if (pad.getStaticLow()[dim] == 0 && pad.getStaticHigh()[dim] == 0) {
            unify(node(pad.getSource(), dim), node(pad.getResult(), dim));
            continue;
          }
          // Two sizes, and none of them free.
          fix(node(pad.getSource(), dim));
          fix(node(pad.getResult(), dim));
        }
      })
      .Case([&](arith::ConstantOp constant) {
        if (!isa<SplatElementsAttr>(constant.getValue()))
          fixAll(constant.getResult());
      })
      .Case<tensor::EmptyOp, tensor::SplatOp, func::ReturnOp, linalg::YieldOp>(
          [](auto) {})
      .Default([&](Operation *op) {
        SmallVector<Value> values(op->getOperands());
        llvm::append_range(values, op->getResults());
        for (Region &region : op->getRegions())
          for (Block &block : region)
            llvm::append_range(values, block.getArguments());
        llvm::erase_if(values,
                       [&](Value value) { return !nodes.contains(value); });
        if (values.empty())
          return;
        if (op->hasTrait<OpTrait::Elementwise>()) {
          for (Value value : llvm::drop_begin(values))
            unifyAll(values.front(), value);
          return;
        }
        // What `tensor.dim`, `tensor.extract` and the unknown do with the sizes
        // is not ours to change.
        llvm::for_each(values, [&](Value value) { fixAll(value); });
      });
}

SmallVector<DimensionSymbol> Dimensions::getSymbols() const {
  SmallVector<DimensionSymbol> symbols;
  llvm::DenseSet<Node> seen;
  for (const auto &[value, dims] : nodes)
    for (auto [dim, node] : llvm::enumerate(dims)) {
      Node root = find(node);
      if (fixed[root] || !seen.insert(root).second)
        continue;
      std::string where;
      llvm::raw_string_ostream stream(where);
      auto argument = dyn_cast<BlockArgument>(value);
      if (argument && argument.getOwner()->getParentOp() == function)
        stream << "argument " << argument.getArgNumber();
      else
        stream << "result of " << value.getDefiningOp()->getName();
      stream << ", dimension " << dim;
      symbols.push_back({classSize[root], where});
    }
  return symbols;
}

void Dimensions::apply(ArrayRef<int64_t> sizes) {
  llvm::DenseSet<Node> seen;
  for (const auto &[value, dims] : nodes)
    for (Node node : dims) {
      Node root = find(node);
      if (!fixed[root] && seen.insert(root).second) {
        classSize[root] = sizes.front();
        sizes = sizes.drop_front();
      }
    }
  for (auto &[value, dims] : nodes) {
    SmallVector<int64_t> shape;
    for (Node node : dims)
      shape.push_back(classSize[find(node)]);
    auto type = cast<RankedTensorType>(value.getType());
    Value changed = value;
    changed.setType(type.clone(shape));
  }
  function.walk([&](Operation *op) { update(op); });
  Operation *terminator = function.getBody().back().getTerminator();
  function.setFunctionType(FunctionType::get(
      function.getContext(), function.getBody().front().getArgumentTypes(),
      terminator->getOperandTypes()));
}

void Dimensions::update(Operation *op) {
  auto sliceSizes = [&](auto slice, Value whole,
                        const llvm::SmallBitVector &dropped) {
    SmallVector<int64_t> sizes(slice.getStaticSizes());
    auto shape = cast<RankedTensorType>(whole.getType()).getShape();
    for (unsigned dim = 0; dim < sizes.size(); ++dim)
      if (!dropped.test(dim) && slice.getStaticOffsets()[dim] == 0 &&
          !fixed[find(node(whole, dim))])
        sizes[dim] = shape[dim];
    slice.setStaticSizes(sizes);
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](arith::ConstantOp constant) {
        auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
        if (splat && nodes.contains(constant.getResult()))
          constant.setValueAttr(
              splat.resizeSplat(cast<ShapedType>(constant.getType())));
      })
      .Case([&](tensor::ExtractSliceOp slice) {
        sliceSizes(slice, slice.getSource(), slice.getDroppedDims());
      })
      .Case([&](tensor::InsertSliceOp slice) {
        sliceSizes(slice, slice.getDest(), slice.getDroppedDims());
      })
      .Case([&](tensor::ExpandShapeOp reshape) {
        reshape.setStaticOutputShape(reshape.getResultType().getShape());
      });
}

static func::FuncOp findProgram(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      return function;
  module.emitError() << "holds no public function to resize";
  return {};
}

FailureOr<SmallVector<DimensionSymbol>>
qimeng::getDimensionSymbols(ModuleOp module) {
  func::FuncOp function = findProgram(module);
  if (!function)
    return failure();
  return Dimensions(function).getSymbols();
}

FailureOr<OwningOpRef<ModuleOp>> qimeng::resize(ModuleOp module,
                                                ArrayRef<int64_t> sizes) {
  OwningOpRef<ModuleOp> copy = module.clone();
  func::FuncOp function = findProgram(*copy);
  if (!function)
    return failure();
  Dimensions dimensions(function);
  size_t symbols = dimensions.getSymbols().size();
  if (symbols != sizes.size())
    return function.emitError()
           << "has " << symbols << " free dimensions, found " << sizes.size()
           << " sizes";
  for (int64_t size : sizes)
    if (size < 1)
      return function.emitError() << "sizes must be positive, found " << size;
  dimensions.apply(sizes);
  if (failed(verify(*copy)))
    return failure();
  return copy;
}

namespace {
struct Resize : public qimeng::impl::QiMengResizeBase<Resize> {
  using QiMengResizeBase::QiMengResizeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (sizes.empty()) {
      auto symbols = getDimensionSymbols(module);
      if (failed(symbols))
        return signalPassFailure();
      for (auto [number, symbol] : llvm::enumerate(*symbols))
        module.emitRemark() << "symbol " << number << ": size " << symbol.size
                            << ", " << symbol.where;
      return;
    }
    auto resized = resize(module, sizes);
    if (failed(resized))
      return signalPassFailure();
    module.getBodyRegion().takeBody((*resized)->getBodyRegion());
  }
};
} // namespace
