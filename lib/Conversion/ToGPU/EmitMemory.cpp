//===- EmitMemory.cpp - Loads and stores ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmitPlace.h"
#include "IndexRange.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <numeric>

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

static int64_t bytesOf(Type element) {
  return std::max(1u, element.getIntOrFloatBitWidth() / 8);
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

/// Adds `factor * expr` to per-dimension coefficients; false when `expr` is not
/// linear.
static bool addLinear(AffineExpr expr, int64_t factor,
                      MutableArrayRef<int64_t> coefficients,
                      int64_t &constant) {
  if (auto value = dyn_cast<AffineConstantExpr>(expr)) {
    constant += factor * value.getValue();
    return true;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coefficients[dim.getPosition()] += factor;
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (expr.getKind() == AffineExprKind::Add)
    return addLinear(binary.getLHS(), factor, coefficients, constant) &&
           addLinear(binary.getRHS(), factor, coefficients, constant);
  auto rhs = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul && rhs)
    return addLinear(binary.getLHS(), factor * rhs.getValue(), coefficients,
                     constant);
  return false;
}

/// The largest number known to divide the index `value` (0: it is zero).
int64_t KernelEmitter::divisor(Value index) {
  APInt number;
  if (matchPattern(index, m_ConstantInt(&number)))
    return number.getSExtValue();
  auto apply = index.getDefiningOp<affine::AffineApplyOp>();
  if (!apply)
    return 1;
  AffineMap map = apply.getAffineMap();
  SmallVector<int64_t> coefficients(map.getNumInputs(), 0);
  int64_t constant = 0;
  if (map.getNumSymbols() != 0 ||
      !addLinear(map.getResult(0), 1, coefficients, constant))
    return map.getResult(0).getLargestKnownDivisor();
  int64_t gcd = std::abs(constant);
  for (auto [coefficient, operand] :
       llvm::zip(coefficients, apply.getOperands()))
    gcd = std::gcd(gcd, std::abs(coefficient) * divisor(operand));
  return gcd;
}

KernelEmitter::Place KernelEmitter::describePlace(Operation *op, Value source,
                                                  ValueRange offsets,
                                                  bool masked,
                                                  const Layout &layout) {
  Place place;
  Access access = getAccess(source);
  auto memref = cast<MemRefType>(access.operand.getType());
  place.pointer =
      pointers.lookup(cast<BlockArgument>(access.operand).getArgNumber());
  place.layout = layout;
  place.map = access.map;
  place.operandShape.assign(memref.getShape().begin(), memref.getShape().end());
  place.element = memref.getElementType();
  place.padded = access.padded;
  place.wide = memref.getNumElements() >= (int64_t(1) << 31);
  ArrayRef<int64_t> shape = getSourceShape(source);
  place.shape.assign(shape.begin(), shape.end());
  int rank = shape.size();
  SmallVector<int64_t> strides(memref.getRank(), 1);
  for (int dim = static_cast<int>(memref.getRank()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * memref.getDimSize(dim + 1);
  place.strides = strides;
  place.linear.assign(rank, 0);
  place.isLinear = true;
  for (auto [result, stride] : llvm::zip(access.map.getResults(), strides))
    place.isLinear = place.isLinear &&
                     addLinear(result, stride, place.linear, place.constant);
  SmallVector<int64_t> divisors(rank, 0);
  for (int dim = 0; dim < rank; ++dim) {
    IndexRange range = {0, 0};
    if (!offsets.empty()) {
      divisors[dim] = divisor(offsets[dim]);
      range = rangeOf(offsets[dim], op);
    }
    bool inside =
        range.low >= 0 && range.high <= shape[dim] - layout.shape[dim];
    place.checked.push_back(masked && !inside);
    place.mayBeNegative.push_back(range.low < 0);
  }
  // Elements that one access moves: a run of registers along the dimension
  // that is contiguous in memory, aligned, and inside or outside as a whole.
  place.fastest = Plan::contiguousDim(source);
  if (!place.isLinear || rank == 0 || place.linear[place.fastest] != 1 ||
      place.padded)
    return place;
  int64_t limit =
      std::min<int64_t>(kernel.getScheduleOrDefault().getVector(), 16) /
      bytesOf(place.element);
  int64_t vector = std::min<int64_t>(
      limit, int64_t(1) << layout.contiguousRegBits(place.fastest));
  auto fits = [&](int64_t count) {
    if (place.constant % count != 0 || divisors[place.fastest] % count != 0)
      return false;
    for (int dim = 0; dim < rank; ++dim)
      if (dim != place.fastest && place.linear[dim] % count != 0)
        return false;
    return !place.checked[place.fastest] || shape[place.fastest] % count == 0;
  };
  while (vector > 1 && !fits(vector))
    vector /= 2;
  place.vector = std::max<int64_t>(1, vector);
  return place;
}

KernelEmitter::Place KernelEmitter::place(Operation *op, Value source,
                                          ValueRange offsets, bool masked,
                                          const Layout &layout) {
  Place place = describePlace(op, source, offsets, masked, layout);
  for (size_t dim = 0; dim < place.shape.size(); ++dim) {
    Value coord = threadCoord(layout, dim);
    place.coords.push_back(offsets.empty() ? coord
                                           : add(coord, scalar(offsets[dim])));
  }
  if (!place.isLinear)
    return place;
  Value base = place.wide ? i64(place.constant) : i32(place.constant);
  for (auto [coord, factor] : llvm::zip(place.coords, place.linear)) {
    if (factor == 0)
      continue;
    Value wide = place.wide
                     ? Value(arith::ExtSIOp::create(b, b.getI64Type(), coord))
                     : coord;
    base = add(base, mul(wide, factor));
  }
  place.base = LLVM::GEPOp::create(b, place.pointer.getType(),
                                   storageType(place.element), place.pointer,
                                   ArrayRef<LLVM::GEPArg>{base});
  return place;
}

Type KernelEmitter::storageType(Type element) {
  return element.isInteger(1) ? b.getI8Type() : element;
}

/// Elements as they lie in memory: one, or a vector of several.
Value KernelEmitter::packElements(ArrayRef<Value> values) {
  int64_t count = values.size();
  Type element = values.front().getType(), stored = storageType(element);
  Value whole;
  if (count > 1)
    whole = LLVM::PoisonOp::create(b, VectorType::get(count, stored));
  for (auto [i, value] : llvm::enumerate(values)) {
    Value put = element == stored
                    ? value
                    : Value(arith::ExtUIOp::create(b, stored, value));
    whole = count == 1
                ? put
                : Value(LLVM::InsertElementOp::create(b, whole, put, i32(i)));
  }
  return whole;
}

Regs KernelEmitter::unpackElements(Value whole, Type element, int64_t count) {
  Regs values;
  for (int64_t i = 0; i < count; ++i) {
    Value value = count == 1
                      ? whole
                      : Value(LLVM::ExtractElementOp::create(b, whole, i32(i)));
    if (element != storageType(element))
      value = arith::TruncIOp::create(b, element, value);
    values.push_back(value);
  }
  return values;
}

/// Coordinates of register `reg` in the view.
SmallVector<Value> KernelEmitter::coordinates(const Place &place, int64_t reg) {
  SmallVector<Value> coords;
  for (auto [dim, coord] : llvm::enumerate(place.coords))
    coords.push_back(add(coord, place.layout.regCoord(reg, dim)));
  return coords;
}

Value KernelEmitter::address(const Place &place, int64_t reg) {
  if (place.isLinear) {
    int64_t constant = 0;
    for (size_t dim = 0; dim < place.linear.size(); ++dim)
      constant += place.linear[dim] * place.layout.regCoord(reg, dim);
    if (constant == 0)
      return place.base;
    if (!llvm::isInt<32>(constant))
      return LLVM::GEPOp::create(b, place.pointer.getType(),
                                 storageType(place.element), place.base,
                                 ArrayRef<LLVM::GEPArg>{i64(constant)});
    return LLVM::GEPOp::create(
        b, place.pointer.getType(), storageType(place.element), place.base,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(constant)});
  }
  SmallVector<Value> coords = coordinates(place, reg);
  Value offset = place.wide ? i64(0) : i32(0);
  for (auto [result, stride] :
       llvm::zip(place.map.getResults(), place.strides)) {
    Value index = affine(result, coords, coords.size());
    if (place.wide)
      index = arith::ExtSIOp::create(b, b.getI64Type(), index);
    offset = add(offset, mul(index, stride));
  }
  return LLVM::GEPOp::create(b, place.pointer.getType(),
                             storageType(place.element), place.pointer,
                             ArrayRef<LLVM::GEPArg>{offset});
}

/// i1: register `reg` is inside; null: always.
Value KernelEmitter::predicate(const Place &place, int64_t reg) {
  Value inside;
  for (size_t dim = 0; dim < place.checked.size(); ++dim) {
    if (!place.checked[dim])
      continue;
    int64_t step = place.layout.regCoord(reg, dim);
    int64_t room = place.shape[dim] - step;
    // Without negative indices one comparison holds the register's step too.
    Value in = place.mayBeNegative[dim]
                   ? ult(add(place.coords[dim], step), i32(place.shape[dim]))
               : room <= 0
                   ? Value(arith::ConstantOp::create(b, b.getBoolAttr(false)))
                   : ult(place.coords[dim], i32(room));
    inside = both(inside, in);
  }
  if (place.padded) {
    SmallVector<Value> coords = coordinates(place, reg);
    for (auto [result, size] :
         llvm::zip(place.map.getResults(), place.operandShape))
      inside =
          both(inside, ult(affine(result, coords, coords.size()), i32(size)));
  }
  return inside;
}

//===----------------------------------------------------------------------===//
// Global memory
//===----------------------------------------------------------------------===//

/// PTX spelling of an access of `bytes`: suffix, number of registers, register
/// constraint and MLIR type of one.
static void describeAccess(MLIRContext *context, int64_t bytes,
                           std::string &suffix, int &count, char &constraint,
                           Type &type) {
  auto integer = [&](unsigned bits) { return IntegerType::get(context, bits); };
  count = 1;
  switch (bytes) {
  case 1:
    suffix = "b8", constraint = 'h', type = integer(16);
    return;
  case 2:
    suffix = "b16", constraint = 'h', type = integer(16);
    return;
  case 4:
    suffix = "b32", constraint = 'r', type = integer(32);
    return;
  case 8:
    suffix = "v2.b32", constraint = 'r', type = integer(32), count = 2;
    return;
  default:
    suffix = "v4.b32", constraint = 'r', type = integer(32), count = 4;
    return;
  }
}

static std::string registerList(int first, int count) {
  if (count == 1)
    return "$" + std::to_string(first);
  std::string list = "{";
  for (int i = 0; i < count; ++i)
    list += (i ? ", $" : "$") + std::to_string(first + i);
  return list + "}";
}

Regs KernelEmitter::loadGlobal(Value pointer, Type element, int64_t count,
                               Value predicate) {
  Type stored = storageType(element);
  int64_t bytes = bytesOf(element) * count;
  Type vector = count == 1 ? stored : Type(VectorType::get(count, stored));
  Value whole;
  if (!predicate) {
    whole =
        LLVM::LoadOp::create(b, vector, pointer, bytes, /*isVolatile=*/false,
                             /*isNonTemporal=*/false, /*isInvariant=*/true);
  } else {
    // Predicated, not branched around: the loads of a tile stay in flight
    // together.
    std::string suffix;
    int registers;
    char constraint;
    Type type;
    describeAccess(b.getContext(), bytes, suffix, registers, constraint, type);
    std::string text, constraints;
    for (int i = 0; i < registers; ++i) {
      text += std::string(constraint == 'h' ? "mov.b16 $" : "mov.b32 $") +
              std::to_string(i) + ", 0; ";
      constraints += std::string("=&") + constraint + ",";
    }
    text += "@$" + std::to_string(registers + 1) + " ld.global.nc." + suffix +
            " " + registerList(0, registers) + ", [$" +
            std::to_string(registers) + "];";
    constraints += "l,b";
    Type result =
        registers == 1
            ? type
            : Type(LLVM::LLVMStructType::getLiteral(
                  b.getContext(), SmallVector<Type>(registers, type)));
    auto load = LLVM::InlineAsmOp::create(
        b, TypeRange(result), ValueRange{pointer, predicate}, text, constraints,
        /*has_side_effects=*/false, /*is_align_stack=*/false,
        LLVM::tailcallkind::TailCallKind::None,
        LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT),
        ArrayAttr());
    Value loaded = load.getResult(0);
    if (registers > 1) {
      Value bits = LLVM::PoisonOp::create(b, VectorType::get(registers, type));
      for (int i = 0; i < registers; ++i)
        bits = LLVM::InsertElementOp::create(
            b, bits, LLVM::ExtractValueOp::create(b, loaded, i), i32(i));
      loaded = bits;
    } else if (bytes == 1) {
      loaded = arith::TruncIOp::create(b, b.getI8Type(), loaded);
    }
    whole = loaded.getType() == vector
                ? loaded
                : Value(LLVM::BitcastOp::create(b, vector, loaded));
  }
  return unpackElements(whole, element, count);
}

void KernelEmitter::storeGlobal(Value pointer, ArrayRef<Value> values,
                                Value predicate) {
  Type element = values.front().getType();
  int64_t bytes = bytesOf(element) * values.size();
  Value whole = packElements(values);
  if (!predicate) {
    LLVM::StoreOp::create(b, whole, pointer, bytes);
    return;
  }
  std::string suffix;
  int registers;
  char constraint;
  Type type;
  describeAccess(b.getContext(), bytes, suffix, registers, constraint, type);
  Type packed = registers == 1 ? type : Type(VectorType::get(registers, type));
  if (bytes == 1)
    whole = arith::ExtUIOp::create(
        b, type,
        whole.getType().isInteger(8)
            ? whole
            : Value(LLVM::BitcastOp::create(b, b.getI8Type(), whole)));
  else if (whole.getType() != packed)
    whole = LLVM::BitcastOp::create(b, packed, whole);
  SmallVector<Value> operands = {pointer, predicate};
  std::string constraints = "l,b";
  for (int i = 0; i < registers; ++i) {
    operands.push_back(registers == 1 ? whole
                                      : Value(LLVM::ExtractElementOp::create(
                                            b, whole, i32(i))));
    constraints += std::string(",") + constraint;
  }
  std::string text =
      "@$1 st.global." + suffix + " [$0], " + registerList(2, registers) + ";";
  LLVM::InlineAsmOp::create(
      b, TypeRange(), operands, text, constraints,
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None,
      LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT),
      ArrayAttr());
}

Regs KernelEmitter::emitLoad(LoadOp op, const Layout &layout) {
  Place where =
      place(op, op.getSource(), op.getOffsets(), op.getMasked(), layout);
  Regs regs;
  for (int64_t r = 0; r < layout.numRegs(); r += where.vector)
    llvm::append_range(regs, loadGlobal(address(where, r), where.element,
                                        where.vector, predicate(where, r)));
  return regs;
}

LogicalResult KernelEmitter::emitStore(StoreOp op) {
  Layout layout = plan.storeLayout(op);
  Regs regs = get(op.getValue(), layout);
  Place where =
      place(op, op.getTarget(), op.getOffsets(), op.getMasked(), layout);
  Value writer = isFirstHolder(layout);
  for (int64_t r = 0; r < layout.numRegs(); r += where.vector)
    storeGlobal(address(where, r), ArrayRef<Value>(regs).slice(r, where.vector),
                both(writer, predicate(where, r)));
  return success();
}

Regs KernelEmitter::emitGather(GatherOp op, const Layout &layout) {
  Access access = getAccess(op.getSource());
  auto memref = cast<MemRefType>(access.operand.getType());
  ArrayRef<int64_t> shape = getSourceShape(op.getSource());
  Value pointer =
      pointers.lookup(cast<BlockArgument>(access.operand).getArgNumber());
  SmallVector<Regs> indices;
  for (Value index : op.getIndices())
    indices.push_back(get(index, layout));
  Regs regs;
  for (int64_t r = 0; r < layout.numRegs(); ++r) {
    Value inside;
    SmallVector<Value> coords;
    for (auto [index, size] : llvm::zip(indices, shape)) {
      inside = both(inside, ult(index[r], i64(size)));
      coords.push_back(arith::TruncIOp::create(b, b.getI32Type(), index[r]));
    }
    Value offset = i64(0);
    int64_t stride = memref.getNumElements();
    for (auto [result, size] :
         llvm::zip(access.map.getResults(), memref.getShape())) {
      stride /= size;
      Value at = affine(result, coords, coords.size());
      if (access.padded)
        inside = both(inside, ult(at, i32(size)));
      offset = add(offset,
                   mul(arith::ExtSIOp::create(b, b.getI64Type(), at), stride));
    }
    Value element = LLVM::GEPOp::create(
        b, pointer.getType(), storageType(memref.getElementType()), pointer,
        ArrayRef<LLVM::GEPArg>{offset});
    llvm::append_range(regs,
                       loadGlobal(element, memref.getElementType(), 1, inside));
  }
  return regs;
}
