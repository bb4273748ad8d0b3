//===- EmitTile.cpp - Element-wise ops, reductions, layout changes --------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmitPlace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "qimeng/Conversion/ToGPU/MathApprox.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

static RankedTensorType tileType(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

Regs KernelEmitter::get(Value tile, const Layout &layout) {
  auto shared = sharedTiles.find(tile);
  if (shared != sharedTiles.end())
    return loadShared(shared->second, layout);
  auto &forms = tiles[tile];
  for (Tile &form : forms)
    if (form.layout == layout)
      return form.regs;
  // Not foreseen by the plan: correct all the same, where it is used.
  assert(!forms.empty() && "tile used before it is made");
  return convert(forms.front().regs, forms.front().layout, layout,
                 registerType(tileType(tile).getElementType()));
}

void KernelEmitter::define(Value tile, const Layout &layout, Regs regs) {
  auto &forms = tiles[tile];
  forms.clear();
  forms.push_back({layout, regs});
  Type element = registerType(tileType(tile).getElementType());
  for (const Layout &wanted : plan.wanted(tile))
    if (wanted != layout)
      forms.push_back({wanted, convert(regs, layout, wanted, element)});
}

Regs KernelEmitter::convert(Regs regs, const Layout &from, const Layout &to,
                            Type element) {
  if (from == to)
    return regs;
  // The same elements in each thread, in other registers. A thread bit that has
  // no influence in `from` may gain one if the register bits make up for it;
  // the general case below covers that.
  if (from.thread == to.thread && from.reg.size() == to.reg.size()) {
    SmallVector<int> source(to.reg.size(), -1);
    for (auto [i, basis] : llvm::enumerate(to.reg))
      for (auto [j, other] : llvm::enumerate(from.reg))
        if (basis == other)
          source[i] = j;
    if (!llvm::is_contained(source, -1)) {
      Regs result;
      for (int64_t r = 0; r < to.numRegs(); ++r) {
        int64_t s = 0;
        for (auto [i, j] : llvm::enumerate(source))
          s |= (r >> i & 1) << j;
        result.push_back(regs[s]);
      }
      return result;
    }
  }
  SharedLayout shared;
  shared.shape.assign(from.shape.begin(), from.shape.end());
  if (shared.shape.empty())
    shared.shape.push_back(1);
  shared.elementBytes = std::max(1u, element.getIntOrFloatBitWidth() / 8);
  shared.major = static_cast<int>(shared.shape.size()) - 1;
  // Odd multiples of 16 bytes between rows keep columns apart in the banks.
  if (shared.shape.size() > 1 &&
      shared.shape.back() * shared.elementBytes >= 16)
    shared.pad = 16;
  if (from.shape.empty()) {
    // A single element: every thread that holds it holds all of it.
    return Regs(to.numRegs(), regs.front());
  }
  Regs result;
  exchange(
      shared.bytes(),
      [&](Value base) { storeShared({base, shared, element}, from, regs); },
      [&](Value base) { result = loadShared({base, shared, element}, to); });
  return result;
}

//===----------------------------------------------------------------------===//
// Element-wise ops
//===----------------------------------------------------------------------===//

/// Clones `op` onto scalar operands.
static Value cloneScalar(ImplicitLocOpBuilder &b, Operation *op,
                         ValueRange operands, Type result) {
  OperationState state(b.getLoc(), op->getName());
  state.addOperands(operands);
  state.addTypes(result);
  state.addAttributes(op->getAttrs());
  return b.create(state)->getResult(0);
}

static bool isHalf(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 16;
}

/// Lets a product and the sum that takes it be one fma.
static void allowContraction(Value value) {
  Operation *op = value.getDefiningOp();
  if (value.getType().isF32() &&
      isa_and_nonnull<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op))
    op->setAttr("fastmath",
                arith::FastMathFlagsAttr::get(op->getContext(),
                                              arith::FastMathFlags::contract));
}

/// Whether an fma may round `op` once. Not a sum of two products: a * b - c * d
/// is zero where they are equal, and fma(a, b, -(c * d)) is not.
static bool mayContract(Operation *op) {
  return !isa<arith::AddFOp, arith::SubFOp>(op) ||
         !llvm::all_of(op->getOperands(), [](Value operand) {
           return operand.getDefiningOp<arith::MulFOp>();
         });
}

Value KernelEmitter::emitScalarOp(Operation *op, ValueRange operands,
                                  Type result) {
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    Type from = operands[0].getType();
    unsigned have = from.getIntOrFloatBitWidth(),
             need = result.getIntOrFloatBitWidth();
    if (have == need)
      return operands[0];
    if (have > need)
      return arith::TruncIOp::create(b, result, operands[0]);
    if (isa<arith::IndexCastUIOp>(op) || from.isInteger(1))
      return arith::ExtUIOp::create(b, result, operands[0]);
    return arith::ExtSIOp::create(b, result, operands[0]);
  }
  if (isa<arith::SelectOp>(op))
    return arith::SelectOp::create(b, operands[0], operands[1], operands[2]);
  bool isCast = isa<arith::ExtFOp, arith::TruncFOp, arith::BitcastOp>(op);
  // 16-bit floats are computed in f32 and rounded once.
  SmallVector<Value> widened(operands);
  bool halves = false;
  if (!isCast)
    for (Value &operand : widened)
      if (isHalf(operand.getType())) {
        halves = true;
        operand = arith::ExtFOp::create(b, b.getF32Type(), operand);
      }
  Type computed = !isCast && isHalf(result) ? Type(b.getF32Type()) : result;
  bool sum = isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp,
                 arith::CmpFOp>(op);
  Value value;
  if (!sum)
    value = lowerScalarMath(b, op, widened, approximate || halves);
  if (!value && isa<math::MathDialect>(op->getDialect()))
    return {};
  if (!value)
    value = cloneScalar(b, op, widened, computed);
  if (mayContract(op))
    allowContraction(value);
  if (value.getType() != result)
    value = arith::TruncFOp::create(b, result, value);
  return value;
}

/// f32 to 16-bit floats two at a time, as one instruction does.
Regs KernelEmitter::emitTruncation(Regs operand, Type to) {
  Regs regs;
  Type pair = VectorType::get(2, to);
  for (size_t r = 0; r < operand.size(); r += 2) {
    Value packed;
    if (to.isBF16())
      packed = NVVM::ConvertF32x2ToBF16x2Op::create(b, pair, operand[r + 1],
                                                    operand[r], Value(),
                                                    NVVM::FPRoundingMode::RN);
    else
      packed = NVVM::ConvertF32x2ToF16x2Op::create(b, pair, operand[r + 1],
                                                   operand[r], Value(),
                                                   NVVM::FPRoundingMode::RN);
    for (int i = 0; i < 2; ++i)
      regs.push_back(LLVM::ExtractElementOp::create(b, packed, i32(i)));
  }
  return regs;
}

/// bf16 to f32, whose upper half it is: two at a time, from the register that
/// holds both.
Regs KernelEmitter::emitExtension(Regs operand) {
  llvm::DenseMap<Value, Value> words; // of vectors
  auto shift = [&](Value word, int64_t bits) {
    Value high = bits ? shl(word, bits) : bitAnd(word, 0xffff0000);
    return arith::BitcastOp::create(b, b.getF32Type(), high);
  };
  Regs regs;
  for (size_t r = 0; r < operand.size(); ++r) {
    auto extract = operand[r].getDefiningOp<LLVM::ExtractElementOp>();
    APInt index;
    auto vector = extract ? dyn_cast<VectorType>(extract.getVector().getType())
                          : VectorType();
    if (!vector || vector.getNumElements() % 2 ||
        !matchPattern(extract.getPosition(), m_ConstantInt(&index))) {
      regs.push_back(arith::ExtFOp::create(b, b.getF32Type(), operand[r]));
      continue;
    }
    Value &whole = words[extract.getVector()];
    if (!whole)
      whole = LLVM::BitcastOp::create(
          b, VectorType::get(vector.getNumElements() / 2, b.getI32Type()),
          extract.getVector());
    int64_t at = index.getZExtValue();
    Value word = LLVM::ExtractElementOp::create(b, whole, i32(at / 2));
    regs.push_back(shift(word, at % 2 ? 0 : 16));
  }
  return regs;
}

FailureOr<Regs> KernelEmitter::emitElementwise(Operation *op,
                                               const Layout &layout) {
  Value result = op->getResult(0);
  Type element = registerType(tileType(result).getElementType());
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat)
      return op->emitOpError() << "is a tile of unlike elements; only splat "
                                  "constants can be lowered";
    TypedAttr value = splat.getSplatValue<TypedAttr>();
    if (value.getType().isIndex())
      value = b.getI64IntegerAttr(cast<IntegerAttr>(value).getInt());
    Value scalarConstant = arith::ConstantOp::create(b, value);
    return Regs(layout.numRegs(), scalarConstant);
  }
  if (auto splat = dyn_cast<tensor::SplatOp>(op)) {
    Value value = scalar(splat.getInput());
    if (splat.getInput().getType().isIndex())
      value = arith::ExtSIOp::create(b, b.getI64Type(), value);
    return Regs(layout.numRegs(), value);
  }
  // A mask along one dimension compares once per position, in 32 bits.
  if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    auto iota = compare.getLhs().getDefiningOp<IotaOp>();
    DenseElementsAttr bound;
    if (iota && matchPattern(compare.getRhs(), m_Constant(&bound)) &&
        bound.isSplat() && bound.getSplatValue<APInt>().getActiveBits() < 31) {
      Value at = threadCoord(layout, iota.getDim());
      if (iota.getOffset())
        at = add(at, scalar(iota.getOffset()));
      llvm::DenseMap<int64_t, Value> known;
      Regs regs;
      for (int64_t r = 0; r < layout.numRegs(); ++r) {
        int64_t coord = layout.regCoord(r, iota.getDim());
        Value &value = known[coord];
        if (!value)
          value = arith::CmpIOp::create(
              b, compare.getPredicate(), add(at, coord),
              i32(bound.getSplatValue<APInt>().getZExtValue()));
        regs.push_back(value);
      }
      return regs;
    }
  }
  SmallVector<Regs> operands;
  for (Value operand : op->getOperands())
    operands.push_back(tileType(operand)
                           ? get(operand, layout)
                           : Regs(layout.numRegs(), scalar(operand)));
  if (isa<arith::TruncFOp>(op) && isHalf(element) &&
      operands[0][0].getType().isF32() && layout.numRegs() > 1 && arch.cpAsync)
    return emitTruncation(operands[0], element);
  if (isa<arith::ExtFOp>(op) && element.isF32() &&
      operands[0][0].getType().isBF16())
    return emitExtension(operands[0]);
  Regs regs;
  for (int64_t r = 0; r < layout.numRegs(); ++r) {
    SmallVector<Value> arguments;
    for (Regs &operand : operands)
      arguments.push_back(operand[r]);
    Value value = emitScalarOp(op, arguments, element);
    if (!value)
      return op->emitOpError() << "on elements of type " << element
                               << " cannot be lowered to a GPU";
    regs.push_back(value);
  }
  return regs;
}

LogicalResult KernelEmitter::emitTileOp(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return emitReduce(reduce);
  if (auto scan = dyn_cast<ScanOp>(op))
    return emitScan(scan);
  if (auto fold = dyn_cast<FoldOp>(op))
    return emitFold(fold);
  if (auto dot = dyn_cast<DotOp>(op))
    return emitDot(dot);
  if (auto load = dyn_cast<LoadOp>(op); load && Plan::feedsPut(load))
    return success(); // copied by the put
  if (op->use_empty())
    return success();
  Value result = op->getResult(0);
  SmallVector<Layout> made = plan.made(result);
  SmallVector<Tile, 1> forms;
  for (const Layout &layout : made) {
    if (isa<LoadOp, GatherOp>(op) &&
        static_cast<int>(layout.thread.size()) != threadBits())
      return op->emitOpError() << "is used by roles of unlike numbers of "
                                  "warps; load in each of them";
    Regs regs;
    if (isElementwise(op)) {
      FailureOr<Regs> computed = emitElementwise(op, layout);
      if (failed(computed))
        return failure();
      regs = *computed;
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      regs = emitLoad(load, layout);
    } else if (auto gather = dyn_cast<GatherOp>(op)) {
      regs = emitGather(gather, layout);
    } else if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      Regs input =
          get(broadcast.getInput(), layout.withoutAxes(broadcast.getAxes()));
      for (int64_t r = 0; r < layout.numRegs(); ++r)
        regs.push_back(input[layout.regWithoutAxes(r, broadcast.getAxes())]);
    } else if (auto transpose = dyn_cast<TransposeOp>(op)) {
      regs = get(transpose.getInput(), plan.operandLayout(op, 0, layout));
    } else if (auto iota = dyn_cast<IotaOp>(op)) {
      Value at = threadCoord(layout, iota.getDim());
      if (iota.getOffset())
        at = add(at, scalar(iota.getOffset()));
      for (int64_t r = 0; r < layout.numRegs(); ++r)
        regs.push_back(arith::ExtSIOp::create(
            b, b.getI64Type(), add(at, layout.regCoord(r, iota.getDim()))));
    } else {
      return op->emitOpError() << "cannot be lowered to a GPU";
    }
    forms.push_back({layout, regs});
  }
  // Layouts that the op does not make itself are conversions of the first.
  Type element = registerType(tileType(result).getElementType());
  for (const Layout &wanted : plan.wanted(result))
    if (llvm::none_of(forms, [&](Tile &form) { return form.layout == wanted; }))
      forms.push_back({wanted, convert(forms.front().regs, forms.front().layout,
                                       wanted, element)});
  tiles[result] = forms;
  return success();
}

//===----------------------------------------------------------------------===//
// Reductions and scans
//===----------------------------------------------------------------------===//

Value KernelEmitter::combine(Combiner kind, Value a, Value c) {
  if (isHalf(a.getType())) {
    Type half = a.getType();
    a = arith::ExtFOp::create(b, b.getF32Type(), a);
    c = arith::ExtFOp::create(b, b.getF32Type(), c);
    return arith::TruncFOp::create(b, half,
                                   createCombine(b, b.getLoc(), kind, a, c));
  }
  Value result = createCombine(b, b.getLoc(), kind, a, c);
  allowContraction(result);
  return result;
}

Value KernelEmitter::asBits(Value value) {
  unsigned width = value.getType().getIntOrFloatBitWidth();
  if (isa<FloatType>(value.getType()))
    value = arith::BitcastOp::create(b, b.getIntegerType(width), value);
  return width < 32 ? Value(arith::ExtUIOp::create(b, b.getI32Type(), value))
                    : value;
}

Value KernelEmitter::fromBits(Value bits, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  if (width < bits.getType().getIntOrFloatBitWidth())
    bits = arith::TruncIOp::create(b, b.getIntegerType(width), bits);
  return isa<FloatType>(type) ? Value(arith::BitcastOp::create(b, type, bits))
                              : bits;
}

Value KernelEmitter::shuffleXor(Value value, int mask) {
  auto exchange32 = [&](Value word) -> Value {
    return NVVM::ShflOp::create(b, b.getI32Type(), i32(-1), word, i32(mask),
                                i32(31), NVVM::ShflKind::bfly, UnitAttr());
  };
  Value bits = asBits(value);
  if (bits.getType().getIntOrFloatBitWidth() == 32)
    return fromBits(exchange32(bits), value.getType());
  Value low = exchange32(arith::TruncIOp::create(b, b.getI32Type(), bits));
  Value high =
      exchange32(arith::TruncIOp::create(b, b.getI32Type(), shr(bits, 32)));
  Value whole = bitOr(arith::ExtUIOp::create(b, b.getI64Type(), low),
                      shl(arith::ExtUIOp::create(b, b.getI64Type(), high), 32));
  return fromBits(whole, value.getType());
}

LogicalResult KernelEmitter::emitReduce(ReduceOp op) {
  Layout layout = plan.natural(op.getInput());
  Regs regs = get(op.getInput(), layout);
  ArrayRef<int64_t> axes = op.getAxes();
  Layout result = layout.withoutAxes(axes);
  Combiner kind = op.getKind();
  // Within a thread, as a tree: shorter chains, smaller rounding errors.
  SmallVector<SmallVector<Value>> groups(result.numRegs());
  for (int64_t r = 0; r < layout.numRegs(); ++r)
    groups[layout.regWithoutAxes(r, axes)].push_back(regs[r]);
  Regs sums;
  for (auto &group : groups) {
    while (group.size() > 1) {
      SmallVector<Value> next;
      for (size_t i = 0; i + 1 < group.size(); i += 2)
        next.push_back(combine(kind, group[i], group[i + 1]));
      if (group.size() % 2)
        next.push_back(group.back());
      group = next;
    }
    sums.push_back(group.front());
  }
  auto isAxis = [&](Basis basis) {
    return basis.dim >= 0 && llvm::is_contained(axes, basis.dim);
  };
  // Within a warp.
  for (int bit = 0; bit < 5; ++bit)
    if (isAxis(layout.thread[bit]))
      for (Value &sum : sums)
        sum = combine(kind, sum, shuffleXor(sum, 1 << bit));
  // Between warps: each writes its part, all read all parts of their element.
  SmallVector<int> warpBits;
  for (int bit = 5; bit < static_cast<int>(layout.thread.size()); ++bit)
    if (isAxis(layout.thread[bit]))
      warpBits.push_back(bit);
  if (!warpBits.empty()) {
    Type element = sums.front().getType();
    Type stored = storageType(element);
    int64_t bytes = std::max(1u, stored.getIntOrFloatBitWidth() / 8),
            parts = int64_t(1) << warpBits.size();
    int64_t perPart = numThreads / parts * sums.size() * bytes;
    // Position of this thread among those of its part, and the part's number.
    Value position = i32(0), part = i32(0);
    int place = 0;
    for (int bit = 0; bit < static_cast<int>(layout.thread.size()); ++bit) {
      Value digit = bitAnd(shr(threadId, bit), 1);
      auto found = llvm::find(warpBits, bit);
      if (found != warpBits.end())
        part = bitOr(part, shl(digit, found - warpBits.begin()));
      else
        position = bitOr(position, shl(digit, place++));
    }
    auto slot = [&](Value base, Value offset, int64_t r) {
      return sharedPointer(
          add(add(base, offset), r * (numThreads / parts) * bytes));
    };
    exchange(
        perPart * parts,
        [&](Value base) {
          Value mine = add(mul(part, perPart), mul(position, bytes));
          for (auto [r, sum] : llvm::enumerate(sums)) {
            Value put = element.isInteger(1)
                            ? Value(arith::ExtUIOp::create(b, stored, sum))
                            : sum;
            LLVM::StoreOp::create(b, put, slot(base, mine, r), bytes);
          }
        },
        [&](Value base) {
          Value mine = mul(position, bytes);
          for (auto [r, sum] : llvm::enumerate(sums)) {
            SmallVector<Value> read;
            for (int64_t p = 0; p < parts; ++p) {
              Value value = LLVM::LoadOp::create(
                  b, stored, slot(base, add(mine, p * perPart), r), bytes);
              if (element.isInteger(1))
                value = arith::TruncIOp::create(b, element, value);
              read.push_back(value);
            }
            while (read.size() > 1) {
              SmallVector<Value> next;
              for (size_t i = 0; i < read.size(); i += 2)
                next.push_back(combine(kind, read[i], read[i + 1]));
              read = next;
            }
            sum = read.front();
          }
        });
  }
  define(op, result, sums);
  return success();
}

/// Bit by bit along the axis, lowest first: with blocks of 2^k scanned, the
/// upper half of each block of 2^(k+1) adds the total of the lower half.
LogicalResult KernelEmitter::emitScan(ScanOp op) {
  Layout layout = plan.natural(op.getInput());
  Regs totals = get(op.getInput(), layout);
  int axis = op.getAxis();
  int64_t size = layout.shape[axis];
  Combiner kind = op.getKind();
  Type element = totals.front().getType();
  Type scalarType = tileType(op.getInput()).getElementType();
  TypedAttr identityAttr = getIdentity(kind, scalarType);
  if (scalarType.isIndex())
    identityAttr =
        b.getI64IntegerAttr(cast<IntegerAttr>(identityAttr).getInt());
  Value identity = arith::ConstantOp::create(b, identityAttr);
  Regs prefix = op.getExclusive() ? Regs(totals.size(), identity) : totals;
  bool reverse = op.getReverse();
  // Combines in the order of the axis.
  auto ordered = [&](Value first, Value second) {
    return reverse ? combine(kind, second, first)
                   : combine(kind, first, second);
  };
  for (int bit = 0; bit < log2Of(size); ++bit) {
    auto regBit = llvm::find(layout.reg, Basis{axis, bit});
    auto threadBit = llvm::find(layout.thread, Basis{axis, bit});
    Regs newTotals(totals.size()), newPrefix(prefix.size());
    if (regBit != layout.reg.end()) {
      int64_t mask = int64_t(1) << (regBit - layout.reg.begin());
      for (int64_t r = 0; r < layout.numRegs(); ++r) {
        int64_t low = r & ~mask, high = r | mask;
        bool later = reverse ? r == low : r == high;
        newPrefix[r] = later ? ordered(totals[reverse ? high : low], prefix[r])
                             : prefix[r];
        newTotals[r] =
            ordered(totals[reverse ? high : low], totals[reverse ? low : high]);
      }
    } else {
      int position = threadBit - layout.thread.begin();
      Value isHigh = eq(bitAnd(shr(threadId, position), 1), 1);
      Regs others;
      if (position < 5) {
        for (Value total : totals)
          others.push_back(shuffleXor(total, 1 << position));
      } else {
        Type stored = storageType(element);
        int64_t bytes = std::max(1u, stored.getIntOrFloatBitWidth() / 8);
        exchange(
            numThreads * bytes * totals.size(),
            [&](Value base) {
              for (auto [r, total] : llvm::enumerate(totals)) {
                Value put =
                    element.isInteger(1)
                        ? Value(arith::ExtUIOp::create(b, stored, total))
                        : total;
                LLVM::StoreOp::create(
                    b, put,
                    sharedPointer(add(add(base, mul(threadId, bytes)),
                                      r * numThreads * bytes)),
                    bytes);
              }
            },
            [&](Value base) {
              Value partner = bitXor(threadId, i32(int64_t(1) << position));
              for (size_t r = 0; r < totals.size(); ++r) {
                Value value = LLVM::LoadOp::create(
                    b, stored,
                    sharedPointer(add(add(base, mul(partner, bytes)),
                                      r * numThreads * bytes)),
                    bytes);
                if (element.isInteger(1))
                  value = arith::TruncIOp::create(b, element, value);
                others.push_back(value);
              }
            });
      }
      for (int64_t r = 0; r < layout.numRegs(); ++r) {
        Value low = arith::SelectOp::create(b, isHigh, others[r], totals[r]);
        Value high = arith::SelectOp::create(b, isHigh, totals[r], others[r]);
        Value first = reverse ? high : low, second = reverse ? low : high;
        newTotals[r] = ordered(first, second);
        Value extended = ordered(first, prefix[r]);
        newPrefix[r] =
            reverse ? arith::SelectOp::create(b, isHigh, prefix[r], extended)
                    : arith::SelectOp::create(b, isHigh, extended, prefix[r]);
      }
    }
    totals = newTotals;
    prefix = newPrefix;
  }
  define(op, layout, prefix);
  return success();
}
