//===- QiMengDialect.cpp - Dialect, types and attributes ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

#include "qimeng/Dialect/QiMeng/IR/QiMengDialect.cpp.inc"
#include "qimeng/Dialect/QiMeng/IR/QiMengEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "qimeng/Dialect/QiMeng/IR/QiMengAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "qimeng/Dialect/QiMeng/IR/QiMengTypes.cpp.inc"

void QiMengDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "qimeng/Dialect/QiMeng/IR/QiMengOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "qimeng/Dialect/QiMeng/IR/QiMengAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "qimeng/Dialect/QiMeng/IR/QiMengTypes.cpp.inc"
      >();
}

Operation *QiMengDialect::materializeConstant(OpBuilder &builder,
                                              Attribute value, Type type,
                                              Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t warps, int64_t raster,
                                   int64_t persistent, int64_t vector,
                                   int64_t cluster) {
  if (warps < 1 || warps > 32 || !llvm::isPowerOf2_64(warps))
    return emitError() << "schedule: warps must be a power of two from 1 to "
                          "32, found "
                       << warps;
  if (raster < 1)
    return emitError() << "schedule: raster must be at least 1, found "
                       << raster;
  if (persistent < 0)
    return emitError() << "schedule: persistent must not be negative, found "
                       << persistent;
  if (vector < 1 || vector > 16 || !llvm::isPowerOf2_64(vector))
    return emitError() << "schedule: vector must be 1, 2, 4, 8 or 16 bytes, "
                          "found "
                       << vector;
  if (cluster < 1 || cluster > 8 || !llvm::isPowerOf2_64(cluster))
    return emitError() << "schedule: cluster must be 1, 2, 4 or 8, found "
                       << cluster;
  return success();
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t swizzle, int64_t pad, int64_t major) {
  if (swizzle != 0 && swizzle != 32 && swizzle != 64 && swizzle != 128)
    return emitError() << "layout: swizzle must be 0, 32, 64 or 128 bytes, "
                          "found "
                       << swizzle;
  if (pad < 0 || pad > 4096 || pad % 4 != 0)
    return emitError() << "layout: pad must be a multiple of 4 bytes, at most "
                          "4096, found "
                       << pad;
  if (pad != 0 && swizzle != 0)
    return emitError() << "layout: pad and swizzle exclude each other";
  if (major < -1)
    return emitError() << "layout: major must be a dimension or -1, found "
                       << major;
  return success();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Type ViewType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(elementType) || parser.parseGreater())
    return {};
  return parser.getChecked<ViewType>(parser.getContext(), shape, elementType);
}

void ViewType::print(AsmPrinter &printer) const {
  printer << '<';
  for (int64_t size : getShape())
    printer << size << 'x';
  printer << getElementType() << '>';
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> shape, Type elementType) {
  for (int64_t size : shape)
    if (size < 1)
      return emitError() << "view: sizes must be positive, found " << size;
  if (!elementType.isIntOrFloat())
    return emitError() << "view: elements must be floats or integers, found "
                       << elementType;
  return success();
}

LogicalResult ChannelType::verify(function_ref<InFlightDiagnostic()> emitError,
                                  ArrayRef<Type> tiles) {
  if (tiles.empty())
    return emitError() << "channel: a slot must hold at least one tile";
  for (Type tile : tiles) {
    auto tensor = dyn_cast<RankedTensorType>(tile);
    if (!tensor || !tensor.hasStaticShape() ||
        !tensor.getElementType().isIntOrFloat())
      return emitError() << "channel: a slot holds tiles (tensors of static "
                            "shape), found "
                         << tile;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

TypedAttr qimeng::getIdentity(Combiner kind, Type type) {
  Builder builder(type.getContext());
  if (auto floatType = dyn_cast<FloatType>(type)) {
    const llvm::fltSemantics &semantics = floatType.getFloatSemantics();
    switch (kind) {
    case Combiner::Add:
      // -0 + x == x for every x; +0 would turn -0 into +0.
      return builder.getFloatAttr(type, APFloat::getZero(semantics, true));
    case Combiner::Mul:
      return builder.getFloatAttr(type, 1.0);
    case Combiner::Min:
      return builder.getFloatAttr(type, APFloat::getInf(semantics));
    case Combiner::Max:
      return builder.getFloatAttr(type, APFloat::getInf(semantics, true));
    case Combiner::MinNum:
    case Combiner::MaxNum:
      return builder.getFloatAttr(type, APFloat::getNaN(semantics));
    default:
      return {};
    }
  }
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  switch (kind) {
  case Combiner::Add:
  case Combiner::Or:
  case Combiner::Xor:
  case Combiner::MaxU:
    return builder.getIntegerAttr(type, APInt::getZero(width));
  case Combiner::Mul:
    return builder.getIntegerAttr(type, APInt(width, 1));
  case Combiner::Min:
    return builder.getIntegerAttr(type, APInt::getSignedMaxValue(width));
  case Combiner::Max:
    return builder.getIntegerAttr(type, APInt::getSignedMinValue(width));
  case Combiner::MinU:
  case Combiner::And:
    return builder.getIntegerAttr(type, APInt::getAllOnes(width));
  default:
    return {};
  }
}

template <typename FloatOp, typename IntOp>
static Value createEither(OpBuilder &builder, Location loc, Value a, Value b) {
  if (isa<FloatType>(getElementTypeOrSelf(a.getType())))
    return FloatOp::create(builder, loc, a, b);
  return IntOp::create(builder, loc, a, b);
}

Value qimeng::createCombine(OpBuilder &builder, Location loc, Combiner kind,
                            Value a, Value b) {
  switch (kind) {
  case Combiner::Add:
    return createEither<arith::AddFOp, arith::AddIOp>(builder, loc, a, b);
  case Combiner::Mul:
    return createEither<arith::MulFOp, arith::MulIOp>(builder, loc, a, b);
  case Combiner::Min:
    return createEither<arith::MinimumFOp, arith::MinSIOp>(builder, loc, a, b);
  case Combiner::Max:
    return createEither<arith::MaximumFOp, arith::MaxSIOp>(builder, loc, a, b);
  case Combiner::MinNum:
    return arith::MinNumFOp::create(builder, loc, a, b);
  case Combiner::MaxNum:
    return arith::MaxNumFOp::create(builder, loc, a, b);
  case Combiner::MinU:
    return arith::MinUIOp::create(builder, loc, a, b);
  case Combiner::MaxU:
    return arith::MaxUIOp::create(builder, loc, a, b);
  case Combiner::And:
    return arith::AndIOp::create(builder, loc, a, b);
  case Combiner::Or:
    return arith::OrIOp::create(builder, loc, a, b);
  case Combiner::Xor:
    return arith::XOrIOp::create(builder, loc, a, b);
  }
  llvm_unreachable("unknown combiner");
}

Value qimeng::createSplat(OpBuilder &builder, Location loc,
                          RankedTensorType type, TypedAttr value) {
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, value));
}

ArrayRef<int64_t> qimeng::getSourceShape(Value source) {
  if (auto view = dyn_cast<ViewType>(source.getType()))
    return view.getShape();
  return cast<MemRefType>(source.getType()).getShape();
}

Type qimeng::getSourceElementType(Value source) {
  if (auto view = dyn_cast<ViewType>(source.getType()))
    return view.getElementType();
  return cast<MemRefType>(source.getType()).getElementType();
}

Access qimeng::getAccess(Value source) {
  if (auto view = source.getDefiningOp<ViewOp>())
    return {view.getSource(), view.getMap(), view.getPadded()};
  unsigned rank = cast<MemRefType>(source.getType()).getRank();
  return {source, AffineMap::getMultiDimIdentityMap(rank, source.getContext()),
          false};
}

bool qimeng::isElementwise(Operation *op) {
  if (op->getNumResults() != 1 ||
      !isa<RankedTensorType>(op->getResult(0).getType()))
    return false;
  if (isa<arith::ConstantOp, tensor::SplatOp>(op))
    return true;
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect());
}

/// Whether the scalar `value` may depend on the program's number.
static bool dependsOnProgram(Value value, int64_t dim) {
  if (!value.getType().isIntOrIndex())
    return false;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    // What loops carry is not followed.
    return !loop || argument != loop.getInductionVar() ||
           llvm::any_of(loop->getOperands().take_front(3), [&](Value bound) {
             return dependsOnProgram(bound, dim);
           });
  }
  Operation *op = value.getDefiningOp();
  if (auto id = dyn_cast<ProgramIdOp>(op))
    return static_cast<int64_t>(id.getDim()) == dim;
  return op->getNumRegions() != 0 ||
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return dependsOnProgram(operand, dim);
         });
}

bool qimeng::dependsOnProgram(Operation *op, int64_t dim) {
  auto depends = [&](Value value) { return ::dependsOnProgram(value, dim); };
  for (Operation *parent = op->getParentOp(); !isa<KernelOp>(parent);
       parent = parent->getParentOp()) {
    if (auto loop = dyn_cast<scf::ForOp>(parent))
      if (llvm::any_of(loop->getOperands().take_front(3), depends))
        return true;
    if (auto branch = dyn_cast<scf::IfOp>(parent))
      if (depends(branch.getCondition()))
        return true;
  }
  return llvm::any_of(op->getOperands(), depends);
}
