//===- QiMengKernel.cpp - Kernels, launches and roles ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "qimeng/Dialect/QiMeng/IR/Limits.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// KernelOp
//===----------------------------------------------------------------------===//

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                     TypeRange operands) {
  state.addAttribute(getSymNameAttrName(state.name),
                     builder.getStringAttr(name));
  Block &block = state.addRegion()->emplaceBlock();
  for (Type type : operands)
    block.addArgument(type, state.location);
}

void KernelOp::getAsmBlockArgumentNames(Region &region,
                                        OpAsmSetValueNameFn setName) {}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseSymbolName(name, getSymNameAttrName(result.name),
                             result.attributes) ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren,
                               /*allowType=*/true))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("grid"))) {
    SmallVector<int64_t> grid;
    if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&] {
          return parser.parseInteger(grid.emplace_back());
        }))
      return failure();
    result.addAttribute(getGridAttrName(result.name),
                        parser.getBuilder().getDenseI64ArrayAttr(grid));
  }
  if (succeeded(parser.parseOptionalKeyword("schedule"))) {
    Attribute schedule = ScheduleAttr::parse(parser, {});
    if (!schedule)
      return failure();
    result.addAttribute(getScheduleAttrName(result.name), schedule);
  }
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  Region *body = result.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  if (body->empty())
    body->emplaceBlock();
  return success();
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(
      getOperandArguments(), printer,
      [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ')';
  if (isTiled()) {
    printer << " grid(";
    llvm::interleaveComma(*getGrid(), printer);
    printer << ')';
  }
  if (ScheduleAttr schedule = getScheduleAttr()) {
    printer << " schedule";
    schedule.print(printer);
  }
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(),
      {getSymNameAttrName(), getGridAttrName(), getScheduleAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

int64_t KernelOp::getNumPrograms() {
  int64_t programs = 1;
  if (isTiled())
    for (int64_t size : getGridAttr().asArrayRef())
      programs *= size;
  return programs;
}

ScheduleAttr KernelOp::getScheduleOrDefault() {
  if (ScheduleAttr schedule = getScheduleAttr())
    return schedule;
  return ScheduleAttr::get(getContext(), 4, 1, 0, 16, 1);
}

bool KernelOp::isOutput(BlockArgument argument) {
  for (Operation *user : argument.getUsers()) {
    if (isa<StoreOp>(user))
      return true;
    if (auto view = dyn_cast<ViewOp>(user))
      for (Operation *viewUser : view->getUsers())
        if (isa<StoreOp>(viewUser))
          return true;
  }
  return false;
}

bool KernelOp::isSpecialized() { return !getBody().getOps<RoleOp>().empty(); }

LogicalResult KernelOp::verify() {
  if (isTiled()) {
    for (int64_t size : getGridAttr().asArrayRef())
      if (size < 1)
        return emitOpError() << "grid sizes must be positive, found " << size;
    if (getGrid()->size() > 8)
      return emitOpError() << "a grid has at most 8 dimensions, found "
                           << getGrid()->size();
    // Programs are counted with 32 bits, persistent blocks and groups beyond
    // the last one, too.
    ScheduleAttr schedule = getScheduleOrDefault();
    int64_t programs = 1, group = 0;
    for (int64_t size : getGridAttr().asArrayRef())
      if (llvm::MulOverflow(programs, size, programs) || programs > INT32_MAX)
        return emitOpError() << "a grid has at most 2^31 - 1 programs, found "
                                "more";
    if (schedule.getPersistent() > INT32_MAX - programs)
      return emitOpError() << "has too many persistent blocks ("
                           << schedule.getPersistent() << ")";
    if (!getGrid()->empty() &&
        (llvm::MulOverflow(schedule.getRaster(), getGrid()->back(), group) ||
         group > INT32_MAX))
      return emitOpError() << "its raster of " << schedule.getRaster()
                           << " makes groups of more than 2^31 - 1 programs";
    int64_t cluster = schedule.getCluster();
    if (cluster > 1 && (getGrid()->empty() || getGrid()->front() % cluster))
      return emitOpError() << "grid dimension 0 must be a multiple of the "
                              "cluster of "
                           << cluster << " blocks, found "
                           << (getGrid()->empty() ? 1 : getGrid()->front());
    if (schedule.getPersistent() % cluster)
      return emitOpError() << "the number of persistent blocks must be a "
                              "multiple of the cluster of "
                           << cluster << " blocks, found "
                           << schedule.getPersistent();
  }
  for (BlockArgument argument : getOperandArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity() ||
        !type.getElementType().isIntOrFloat())
      return emitOpError()
             << "operand " << argument.getArgNumber()
             << " must be a row-major memref of static shape with float or "
                "integer elements, found "
             << argument.getType();
  }
  return success();
}

/// Operations that may stand in a kernel besides this dialect's.
static bool isAllowedInKernel(Operation *op) {
  if (isa<QiMengDialect>(op->getDialect()))
    return !isa<KernelOp, LaunchOp>(op);
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) ||
         isa<scf::ForOp, scf::IfOp, scf::YieldOp, affine::AffineApplyOp,
             affine::AffineMinOp, affine::AffineMaxOp, tensor::SplatOp>(op);
}

/// So many that no arithmetic on sizes overflows.
static constexpr double mostElements = 0x1p48;

/// Affine expressions mean nothing where they divide by what is not positive.
static bool dividesByPositives(AffineMap map) {
  bool right = true;
  map.walkExprs([&](AffineExpr expr) {
    if (!llvm::is_contained({AffineExprKind::Mod, AffineExprKind::FloorDiv,
                             AffineExprKind::CeilDiv},
                            expr.getKind()))
      return;
    auto divisor =
        dyn_cast<AffineConstantExpr>(cast<AffineBinaryOpExpr>(expr).getRHS());
    right &= divisor && divisor.getValue() > 0;
  });
  return right;
}

static AffineMap getMap(Operation *op) {
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return apply.getAffineMap();
  if (auto min = dyn_cast<affine::AffineMinOp>(op))
    return min.getAffineMap();
  if (auto max = dyn_cast<affine::AffineMaxOp>(op))
    return max.getAffineMap();
  if (auto view = dyn_cast<ViewOp>(op))
    return view.getMap();
  return {};
}

LogicalResult KernelOp::verifyRegions() {
  bool hasRoles = isSpecialized();
  WalkResult walk = getBody().walk([&](Operation *op) -> WalkResult {
    if (!isAllowedInKernel(op))
      return op->emitOpError()
             << "is not allowed in a kernel; expected qimeng, arith or math "
                "operations, scf.for, scf.if, affine.apply or tensor.splat";
    if (auto loop = dyn_cast<scf::ForOp>(op); loop && loop.getUnsignedCmp())
      return op->emitOpError() << "compares its counter as unsigned; loops of "
                                  "kernels are signed";
    for (Type type : op->getResultTypes())
      if (countElements(type) > mostElements)
        return op->emitOpError()
               << "has a tile of more than 2^48 elements: " << type;
    if (AffineMap map = getMap(op); map && !dividesByPositives(map))
      return op->emitOpError() << "divides by what is no positive constant in "
                               << AffineMapAttr::get(map);
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  for (BlockArgument argument : getOperandArguments()) {
    bool loaded = false;
    auto visit = [&](Operation *user) {
      loaded |= isa<LoadOp, GatherOp>(user);
    };
    for (Operation *user : argument.getUsers()) {
      visit(user);
      if (isa<ViewOp>(user))
        for (Operation *viewUser : user->getUsers())
          visit(viewUser);
    }
    if (loaded && isOutput(argument))
      return emitOpError() << "operand " << argument.getArgNumber()
                           << " is both read and written; a kernel's operands "
                              "are one or the other";
  }
  if (hasRoles)
    for (Operation &op : getBody().front())
      if (isa<StoreOp, PutOp, TakeOp, ReleaseOp, scf::ForOp, scf::IfOp>(op))
        return op.emitOpError() << "must be inside a role, because the kernel "
                                   "has roles";
  return success();
}

//===----------------------------------------------------------------------===//
// LaunchOp, ProgramIdOp, RoleOp
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel =
      symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError() << "names no qimeng.kernel: " << getKernelAttr();
  auto arguments = kernel.getOperandArguments();
  if (arguments.size() != getOperands().size())
    return emitOpError() << "kernel " << getKernelAttr() << " takes "
                         << arguments.size() << " operands, found "
                         << getOperands().size();
  for (auto [argument, operand] : llvm::zip_equal(arguments, getOperands()))
    if (argument.getType() != operand.getType())
      return emitOpError() << "operand " << argument.getArgNumber()
                           << " must be of type " << argument.getType()
                           << ", found " << operand.getType();
  // Operands do not overlap, so that loads are pure.
  for (auto [i, operand] : llvm::enumerate(getOperands()))
    for (auto [j, other] : llvm::enumerate(getOperands().take_front(i)))
      if (operand == other &&
          (kernel.isOutput(arguments[i]) || kernel.isOutput(arguments[j])))
        return emitOpError()
               << "operand " << (kernel.isOutput(arguments[i]) ? i : j)
               << " is written and must not be given twice, found it as "
                  "operand "
               << (kernel.isOutput(arguments[i]) ? j : i) << " too";
  return success();
}

LogicalResult ProgramIdOp::verify() {
  auto kernel = (*this)->getParentOfType<KernelOp>();
  if (!kernel)
    return emitOpError() << "must be inside a qimeng.kernel";
  int64_t rank = kernel.isTiled() ? kernel.getGrid()->size() : 0;
  if (static_cast<int64_t>(getDim()) >= rank)
    return emitOpError() << "asks for grid dimension " << getDim()
                         << ", but the grid has " << rank;
  return success();
}

OpFoldResult ProgramIdOp::fold(FoldAdaptor) {
  auto kernel = (*this)->getParentOfType<KernelOp>();
  if (kernel && kernel.isTiled() && getDim() < kernel.getGrid()->size() &&
      (*kernel.getGrid())[getDim()] == 1)
    return IntegerAttr::get(IndexType::get(getContext()), 0);
  return {};
}

LogicalResult RoleOp::verify() {
  int64_t warps = getWarps();
  if (warps < 1 || warps > 32)
    return emitOpError() << "warps must be from 1 to 32, found " << warps;
  int64_t registers = getRegisters();
  if (registers != 0 && (registers < 24 || registers > 256 || registers % 8))
    return emitOpError() << "registers must be a multiple of 8 from 24 to 256 "
                            "(or 0), found "
                         << registers;
  return success();
}
