//===- QiMengOps.cpp - Operations on memory, tiles and channels -----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace qimeng;

#define GET_OP_CLASSES
#include "qimeng/Dialect/QiMeng/IR/QiMengOps.cpp.inc"

static ArrayRef<int64_t> shapeOf(Value tile) {
  return cast<RankedTensorType>(tile.getType()).getShape();
}

static Type elementOf(Value tile) {
  return cast<RankedTensorType>(tile.getType()).getElementType();
}

/// Checks that `axes` are distinct, ascending and below `rank`.
static LogicalResult verifyAxes(Operation *op, ArrayRef<int64_t> axes,
                                int64_t rank) {
  int64_t last = -1;
  for (int64_t axis : axes) {
    if (axis < 0 || axis >= rank)
      return op->emitOpError()
             << "axis " << axis << " is outside 0.." << rank - 1;
    if (axis <= last)
      return op->emitOpError()
             << "axes must ascend, found " << axis << " after " << last;
    last = axis;
  }
  return success();
}

static SmallVector<int64_t> dropAxes(ArrayRef<int64_t> shape,
                                     ArrayRef<int64_t> axes) {
  SmallVector<int64_t> kept;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
      kept.push_back(size);
  return kept;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

LogicalResult ViewOp::verify() {
  auto source = cast<MemRefType>(getSource().getType());
  ViewType result = getType();
  AffineMap map = getMap();
  if (result.getElementType() != source.getElementType())
    return emitOpError() << "the view's elements must be "
                         << source.getElementType() << ", found "
                         << result.getElementType();
  if (map.getNumSymbols() != 0)
    return emitOpError() << "the map must not have symbols";
  if (map.getNumDims() != result.getShape().size())
    return emitOpError() << "the map must take " << result.getShape().size()
                         << " indices, one per dimension of the view, found "
                         << map.getNumDims();
  if (static_cast<int64_t>(map.getNumResults()) != source.getRank())
    return emitOpError() << "the map must give " << source.getRank()
                         << " indices, one per dimension of the operand, found "
                         << map.getNumResults();
  return success();
}

static LogicalResult verifyTransfer(Operation *op, Value source,
                                    OperandRange offsets, Value tile) {
  size_t rank = getSourceShape(source).size();
  if (shapeOf(tile).size() != rank)
    return op->emitOpError()
           << "the tile must have rank " << rank
           << " like the operand or view, found " << shapeOf(tile).size();
  if (!offsets.empty() && offsets.size() != rank)
    return op->emitOpError() << "expected " << rank
                             << " offsets or none, found " << offsets.size();
  if (elementOf(tile) != getSourceElementType(source))
    return op->emitOpError()
           << "the tile's elements must be " << getSourceElementType(source)
           << ", found " << elementOf(tile);
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyTransfer(*this, getSource(), getOffsets(), getResult());
}

LogicalResult StoreOp::verify() {
  return verifyTransfer(*this, getTarget(), getOffsets(), getValue());
}

void StoreOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  effects.emplace_back(MemoryEffects::Write::get(), &getTargetMutable());
}

LogicalResult GatherOp::verify() {
  size_t rank = getSourceShape(getSource()).size();
  if (getIndices().size() != rank)
    return emitOpError() << "expected " << rank << " index tiles, found "
                         << getIndices().size();
  for (Value index : getIndices())
    if (shapeOf(index) != shapeOf(getResult()))
      return emitOpError() << "index tiles must have the result's shape";
  if (elementOf(getResult()) != getSourceElementType(getSource()))
    return emitOpError() << "the tile's elements must be "
                         << getSourceElementType(getSource()) << ", found "
                         << elementOf(getResult());
  return success();
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

LogicalResult DotOp::verify() {
  ArrayRef<int64_t> lhs = shapeOf(getLhs()), rhs = shapeOf(getRhs()),
                    acc = shapeOf(getAcc());
  size_t rank = acc.size();
  if (rank < 2 || lhs.size() != rank || rhs.size() != rank)
    return emitOpError() << "operands must have one rank of at least 2, found "
                         << lhs.size() << ", " << rhs.size() << " and " << rank;
  for (size_t dim = 0; dim + 2 < rank; ++dim)
    if (lhs[dim] != acc[dim] || rhs[dim] != acc[dim])
      return emitOpError() << "batch dimension " << dim << " must agree, found "
                           << lhs[dim] << ", " << rhs[dim] << " and "
                           << acc[dim];
  if (lhs[rank - 2] != acc[rank - 2])
    return emitOpError() << "M must agree, found " << lhs[rank - 2] << " and "
                         << acc[rank - 2];
  if (rhs[rank - 1] != acc[rank - 1])
    return emitOpError() << "N must agree, found " << rhs[rank - 1] << " and "
                         << acc[rank - 1];
  if (lhs[rank - 1] != rhs[rank - 2])
    return emitOpError() << "K must agree, found " << lhs[rank - 1] << " and "
                         << rhs[rank - 2];
  Type operand = elementOf(getLhs()), sum = elementOf(getAcc());
  if (operand != elementOf(getRhs()))
    return emitOpError() << "both factors must have one element type, found "
                         << operand << " and " << elementOf(getRhs());
  if (isa<FloatType>(operand) != isa<FloatType>(sum) || operand.isIndex() ||
      sum.isIndex())
    return emitOpError() << "factors and accumulator must both be floats or "
                            "both be integers, found "
                         << operand << " and " << sum;
  if (operand.getIntOrFloatBitWidth() > sum.getIntOrFloatBitWidth())
    return emitOpError() << "the accumulator must be at least as wide as the "
                            "factors, found "
                         << operand << " and " << sum;
  if (getPrecision() == Precision::Tf32 && !operand.isF32())
    return emitOpError() << "precision(tf32) needs f32 factors, found "
                         << operand;
  return success();
}

LogicalResult
ReduceOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                           ValueRange operands, DictionaryAttr attributes,
                           OpaqueProperties properties, RegionRange regions,
                           SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = dyn_cast<RankedTensorType>(adaptor.getInput().getType());
  if (!input)
    return emitOptionalError(location, "expected a tile, found ",
                             adaptor.getInput().getType());
  types.push_back(RankedTensorType::get(
      dropAxes(input.getShape(), adaptor.getAxes()), input.getElementType()));
  return success();
}

LogicalResult ReduceOp::verify() {
  if (failed(verifyAxes(*this, getAxes(), shapeOf(getInput()).size())))
    return failure();
  if (!getIdentity(getKind(), elementOf(getInput())))
    return emitOpError() << "'" << stringifyCombiner(getKind())
                         << "' does not combine elements of type "
                         << elementOf(getInput());
  return success();
}

OpFoldResult ReduceOp::fold(FoldAdaptor adaptor) {
  if (getAxes().empty())
    return getInput();
  auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput());
  auto type = cast<RankedTensorType>(getType());
  if (!splat)
    return {};
  switch (getKind()) {
  case Combiner::Min:
  case Combiner::Max:
  case Combiner::MinNum:
  case Combiner::MaxNum:
  case Combiner::MinU:
  case Combiner::MaxU:
  case Combiner::And:
  case Combiner::Or:
    return splat.resizeSplat(type);
  case Combiner::Add: {
    // Sums of floats are left alone: they would have to be rounded as the
    // reduction rounds them.
    if (!isa<IntegerType, IndexType>(type.getElementType()))
      return {};
    auto value = splat.getSplatValue<APInt>();
    int64_t count = splat.getNumElements() / type.getNumElements();
    APInt factor(64, count);
    return DenseElementsAttr::get(
        type, value * factor.zextOrTrunc(value.getBitWidth()));
  }
  default:
    return {};
  }
}

ParseResult FoldOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand> inputs, inits;
  SmallVector<Type> inputTypes, initTypes;
  Attribute axes;
  auto parseGroup = [&](StringRef keyword, auto &operands, auto &types) {
    if (parser.parseKeyword(keyword) || parser.parseLParen())
      return failure();
    if (succeeded(parser.parseOptionalRParen()))
      return success();
    return failure(parser.parseOperandList(operands) ||
                   parser.parseColonTypeList(types) || parser.parseRParen());
  };
  if (parser.parseKeyword("axes"))
    return failure();
  axes = DenseI64ArrayAttr::parse(parser, {});
  SMLoc location = parser.getCurrentLocation();
  if (!axes || failed(parseGroup("ins", inputs, inputTypes)) ||
      failed(parseGroup("inits", inits, initTypes)) ||
      parser.resolveOperands(inputs, inputTypes, location, result.operands) ||
      parser.resolveOperands(inits, initTypes, location, result.operands) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  result.addTypes(initTypes);
  result.addAttribute(getAxesAttrName(result.name), axes);
  result.getOrAddProperties<FoldOp::Properties>().operandSegmentSizes = {
      static_cast<int32_t>(inputs.size()), static_cast<int32_t>(inits.size())};
  return parser.parseRegion(*result.addRegion());
}

void FoldOp::print(OpAsmPrinter &printer) {
  printer << " axes ";
  getAxesAttr().print(printer);
  auto printGroup = [&](StringRef keyword, OperandRange operands) {
    printer << ' ' << keyword << '(';
    if (!operands.empty())
      printer << operands << " : " << operands.getTypes();
    printer << ')';
  };
  printGroup("ins", getInputs());
  printGroup("inits", getInits());
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getAxesAttrName(), "operandSegmentSizes"});
  printer << ' ';
  printer.printRegion(getBody());
}

LogicalResult FoldOp::verify() {
  if (getInputs().empty())
    return emitOpError() << "needs at least one input";
  ArrayRef<int64_t> shape = shapeOf(getInputs().front());
  if (failed(verifyAxes(*this, getAxes(), shape.size())))
    return failure();
  for (Value input : getInputs())
    if (shapeOf(input) != shape)
      return emitOpError() << "inputs must have one shape";
  SmallVector<int64_t> kept = dropAxes(shape, getAxes());
  for (Value init : getInits())
    if (shapeOf(init) != ArrayRef<int64_t>(kept))
      return emitOpError() << "accumulators must have the inputs' shape "
                              "without the axes";
  if (getResultTypes() != TypeRange(getInits()))
    return emitOpError() << "results must have the accumulators' types";
  Block &block = getBody().front();
  SmallVector<Type> expected;
  for (Value operand : getOperands())
    expected.push_back(elementOf(operand));
  if (block.getArgumentTypes() != TypeRange(expected))
    return emitOpError() << "the body must take one element of every input "
                            "and every accumulator";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield ||
      TypeRange(yield.getValues()) !=
          TypeRange(ArrayRef<Type>(expected).drop_front(getInputs().size())))
    return emitOpError() << "the body must yield one element of every "
                            "accumulator";
  return success();
}

LogicalResult ScanOp::verify() {
  int64_t rank = shapeOf(getInput()).size(), axis = getAxis();
  if (axis < 0 || axis >= rank)
    return emitOpError() << "axis " << axis << " is outside 0.." << rank - 1;
  if (!getIdentity(getKind(), elementOf(getInput())))
    return emitOpError() << "'" << stringifyCombiner(getKind())
                         << "' does not combine elements of type "
                         << elementOf(getInput());
  return success();
}

LogicalResult BroadcastOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getResult());
  if (failed(verifyAxes(*this, getAxes(), shape.size())))
    return failure();
  if (shapeOf(getInput()) != ArrayRef<int64_t>(dropAxes(shape, getAxes())))
    return emitOpError() << "the input must have the result's shape without "
                            "the axes";
  if (elementOf(getInput()) != elementOf(getResult()))
    return emitOpError() << "input and result must have one element type";
  return success();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getAxes().empty())
    return getInput();
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(cast<ShapedType>(getType()));
  return {};
}

LogicalResult
TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                              ValueRange operands, DictionaryAttr attributes,
                              OpaqueProperties properties, RegionRange regions,
                              SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = dyn_cast<RankedTensorType>(adaptor.getInput().getType());
  if (!input)
    return emitOptionalError(location, "expected a tile, found ",
                             adaptor.getInput().getType());
  SmallVector<int64_t> shape;
  for (int64_t dim : adaptor.getPermutation()) {
    if (dim < 0 || dim >= input.getRank())
      return emitOptionalError(location, "expected a permutation of ",
                               input.getRank(), " dimensions");
    shape.push_back(input.getDimSize(dim));
  }
  types.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

LogicalResult TransposeOp::verify() {
  size_t rank = shapeOf(getInput()).size();
  llvm::SmallBitVector seen(rank);
  for (int64_t dim : getPermutation())
    if (dim >= 0 && dim < static_cast<int64_t>(rank))
      seen.set(dim);
  if (getPermutation().size() != rank || !seen.all())
    return emitOpError() << "expected a permutation of " << rank
                         << " dimensions";
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getInput();
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(cast<ShapedType>(getType()));
  return {};
}

LogicalResult IotaOp::verify() {
  if (getDim() >= shapeOf(getResult()).size())
    return emitOpError() << "dimension " << getDim() << " is outside 0.."
                         << static_cast<int64_t>(shapeOf(getResult()).size()) -
                                1;
  return success();
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

LogicalResult ChannelOp::verify() {
  if (getStages() > 1024)
    return emitOpError() << "has at most 1024 stages, found " << getStages();
  if (ArrayAttr layouts = getLayoutsAttr()) {
    if (layouts.size() != getType().getTiles().size())
      return emitOpError() << "expected one layout per tile ("
                           << getType().getTiles().size() << "), found "
                           << layouts.size();
    for (auto [layout, tile] : llvm::zip(layouts, getType().getTiles()))
      if (cast<LayoutAttr>(layout).getMajor() >=
          cast<RankedTensorType>(tile).getRank())
        return emitOpError()
               << "layout " << layout << " names no dimension of " << tile;
  }
  for (Operation *user : getResult().getUsers())
    if (!isa<PutOp, TakeOp, ReleaseOp>(user))
      return emitOpError() << "can only be used by put, take and release";
  if (getSpace() != MemorySpace::Register)
    return success();
  if (getLayoutsAttr())
    return emitOpError() << "in registers has no layouts in shared memory";
  RoleOp role;
  for (auto [index, user] : llvm::enumerate(getResult().getUsers())) {
    auto its = user->getParentOfType<RoleOp>();
    if (index > 0 && its != role)
      return emitOpError() << "in registers must stay in one role: no thread "
                              "sees another's registers";
    role = its;
  }
  return success();
}

using Effects =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

void PutOp::getEffects(Effects &effects) {
  effects.emplace_back(MemoryEffects::Write::get(), ChannelResource::get());
}

void TakeOp::getEffects(Effects &effects) {
  effects.emplace_back(MemoryEffects::Read::get(), ChannelResource::get());
  effects.emplace_back(MemoryEffects::Write::get(), ChannelResource::get());
}

void ReleaseOp::getEffects(Effects &effects) {
  effects.emplace_back(MemoryEffects::Write::get(), ChannelResource::get());
}

LogicalResult TakeOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       ValueRange operands, DictionaryAttr,
                                       OpaqueProperties, RegionRange,
                                       SmallVectorImpl<Type> &types) {
  auto channel = dyn_cast<ChannelType>(operands.front().getType());
  if (!channel)
    return emitOptionalError(location, "expected a channel, found ",
                             operands.front().getType());
  llvm::append_range(types, channel.getTiles());
  return success();
}
