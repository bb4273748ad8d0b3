//===- IndexSpace.cpp - Where and how often an operation runs -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/IndexSpace.h"
#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/AffineExprVisitor.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

/// A union of more parts than this is given up.
static constexpr size_t maxParts = 64;
/// An expression of more terms than this, or with more divisions, is given up:
/// a few that double each other grow without limit, and integer programs get
/// hard with divisions.
static constexpr int maxTerms = 128, maxDivisions = 12;

std::optional<int64_t> qimeng::getConstantIndex(Value value) {
  while (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    value = cast.getIn();
  return getConstantIntValue(getAsOpFoldResult(value));
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Saturates: a range that leaves int64 is larger than any operand anyway.
static int64_t saturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (llvm::AddOverflow(a, b, sum))
    return a > 0 ? INT64_MAX : INT64_MIN;
  return sum;
}

static int64_t saturatingMul(int64_t a, int64_t b) {
  int64_t product;
  if (llvm::MulOverflow(a, b, product))
    return (a > 0) == (b > 0) ? INT64_MAX : INT64_MIN;
  return product;
}

IndexRange qimeng::getExprRange(AffineExpr expr, ArrayRef<int64_t> sizes) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return {0, sizes[dim.getPosition()] - 1};
  auto binary = cast<AffineBinaryOpExpr>(expr);
  IndexRange a = getExprRange(binary.getLHS(), sizes);
  IndexRange b = getExprRange(binary.getRHS(), sizes);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {saturatingAdd(a.low, b.low), saturatingAdd(a.high, b.high)};
  case AffineExprKind::Mul: {
    int64_t corners[] = {
        saturatingMul(a.low, b.low), saturatingMul(a.low, b.high),
        saturatingMul(a.high, b.low), saturatingMul(a.high, b.high)};
    return {*llvm::min_element(corners), *llvm::max_element(corners)};
  }
  case AffineExprKind::FloorDiv:
    return {llvm::divideFloorSigned(a.low, b.low),
            llvm::divideFloorSigned(a.high, b.low)};
  case AffineExprKind::CeilDiv:
    return {llvm::divideCeilSigned(a.low, b.low),
            llvm::divideCeilSigned(a.high, b.low)};
  case AffineExprKind::Mod: {
    int64_t modulus = b.low;
    if (a.low >= 0 && a.high < modulus)
      return a;
    int64_t quotient = llvm::divideFloorSigned(a.low, modulus);
    if (quotient == llvm::divideFloorSigned(a.high, modulus))
      return {a.low - quotient * modulus, a.high - quotient * modulus};
    return {0, modulus - 1};
  }
  default:
    llvm_unreachable("not a binary expression");
  }
}

IndexRange IndexSpace::getRange(AffineExpr expr) const {
  SmallVector<int64_t> sizes;
  for (const Variable &variable : variables)
    sizes.push_back(variable.size);
  return getExprRange(expr, sizes);
}

//===----------------------------------------------------------------------===//
// The space of an operation
//===----------------------------------------------------------------------===//

AffineExpr IndexSpace::addVariable(int64_t size, std::string name) {
  variables.push_back({size, std::move(name)});
  return getAffineDimExpr(variables.size() - 1, context);
}

/// "the loop at line 7", or "the loop" without a position.
static std::string nameLoop(Operation *loop) {
  if (auto location = loop->getLoc()->findInstanceOf<FileLineColLoc>())
    return "iteration of the loop at line " +
           std::to_string(location.getLine());
  return "iteration";
}

IndexSpace::IndexSpace(MLIRContext *context, ArrayRef<int64_t> shape)
    : context(context) {
  conditions.emplace_back();
  for (auto [dim, size] : llvm::enumerate(shape))
    addVariable(size, "index " + std::to_string(dim));
}

IndexSpace::IndexSpace(Operation *op) : context(op->getContext()) {
  conditions.emplace_back();
  auto kernel = op->getParentOfType<KernelOp>();
  if (kernel && kernel.isTiled())
    for (auto [dim, size] : llvm::enumerate(*kernel.getGrid()))
      programs.push_back(addVariable(size, "program " + std::to_string(dim)));

  SmallVector<Operation *> path = {op};
  while (Operation *parent = path.back()->getParentOp()) {
    if (isa<KernelOp>(parent))
      break;
    path.push_back(parent);
  }
  for (size_t i = path.size() - 1; i > 0; --i) {
    Operation *parent = path[i], *child = path[i - 1];
    if (auto loop = dyn_cast<scf::ForOp>(parent)) {
      auto lower = getConstantIndex(loop.getLowerBound());
      auto upper = getConstantIndex(loop.getUpperBound());
      auto step = getConstantIndex(loop.getStep());
      if (!lower || !upper || !step || *step <= 0) {
        unknown = unknown ? unknown : loop;
        continue;
      }
      int64_t trips =
          *upper > *lower ? llvm::divideCeil(*upper - *lower, *step) : 0;
      if (trips == 0) {
        conditions.clear();
        trips = 1;
      }
      known[loop.getInductionVar()] =
          addVariable(trips, nameLoop(loop)) * *step + *lower;
    } else if (auto branch = dyn_cast<scf::IfOp>(parent)) {
      addCondition(branch.getCondition(),
                   child->getParentRegion() == &branch.getThenRegion());
    }
  }
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

/// Takes the terms of `expr` off; false as soon as there are too many.
static bool isSmall(AffineExpr expr, int &terms, int &divisions) {
  if (--terms < 0)
    return false;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return true;
  if (expr.getKind() != AffineExprKind::Add &&
      expr.getKind() != AffineExprKind::Mul && --divisions < 0)
    return false;
  return isSmall(binary.getLHS(), terms, divisions) &&
         isSmall(binary.getRHS(), terms, divisions);
}

static bool isSmall(AffineExpr expr) {
  int terms = maxTerms, divisions = maxDivisions;
  return isSmall(expr, terms, divisions);
}

AffineExpr IndexSpace::expressMinMax(AffineMap map, ValueRange operands,
                                     bool isMin, Operation *op) {
  SmallVector<AffineExpr> inputs;
  for (Value operand : operands)
    if (AffineExpr input = express(operand))
      inputs.push_back(input);
    else
      return {};
  SmallVector<AffineExpr> results;
  std::optional<IndexRange> range;
  for (AffineExpr result : map.getResults()) {
    ArrayRef<AffineExpr> all(inputs);
    results.push_back(result.replaceDimsAndSymbols(
        all.take_front(map.getNumDims()), all.drop_front(map.getNumDims())));
    if (!isSmall(results.back()))
      return {};
    IndexRange found = getRange(results.back());
    auto pick = [&](int64_t a, int64_t b) {
      return isMin ? std::min(a, b) : std::max(a, b);
    };
    range = range ? IndexRange{pick(range->low, found.low),
                               pick(range->high, found.high)}
                  : found;
  }
  if (results.size() == 1)
    return results.front();
  unknown = unknown ? unknown : op;
  AffineExpr value =
      addVariable(range->high - range->low + 1, "minimum or maximum") +
      range->low;
  for (IndexConjunction &part : conditions)
    for (AffineExpr result : results)
      part.push_back({isMin ? result - value : value - result});
  return value;
}

AffineExpr IndexSpace::express(Value value) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  if (auto constant = getConstantIndex(value))
    return getAffineConstantExpr(*constant, context);
  Operation *op = value.getDefiningOp();
  if (!op)
    return {};
  auto binary = [&](auto &&combine) -> AffineExpr {
    AffineExpr a = express(op->getOperand(0)), b = express(op->getOperand(1));
    return a && b ? combine(a, b) : AffineExpr();
  };
  auto notNegative = [&](AffineExpr expr) { return getRange(expr).low >= 0; };
  auto positiveConstant = [](AffineExpr expr) {
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    return constant && constant.getValue() > 0;
  };
  AffineExpr result =
      TypeSwitch<Operation *, AffineExpr>(op)
          .Case([&](ProgramIdOp id) {
            return id.getDim() < programs.size() ? programs[id.getDim()]
                                                 : AffineExpr();
          })
          .Case([&](affine::AffineApplyOp apply) -> AffineExpr {
            return expressMinMax(apply.getAffineMap(), apply.getMapOperands(),
                                 /*isMin=*/true, apply);
          })
          .Case([&](affine::AffineMinOp min) {
            return expressMinMax(min.getAffineMap(), min.getMapOperands(),
                                 /*isMin=*/true, min);
          })
          .Case([&](affine::AffineMaxOp max) {
            return expressMinMax(max.getAffineMap(), max.getMapOperands(),
                                 /*isMin=*/false, max);
          })
          .Case([&](arith::IndexCastOp cast) { return express(cast.getIn()); })
          .Case<arith::AddIOp>([&](auto) {
            return binary([](auto a, auto b) { return a + b; });
          })
          .Case<arith::SubIOp>([&](auto) {
            return binary([](auto a, auto b) { return a - b; });
          })
          .Case<arith::MulIOp>([&](auto) {
            return binary([](AffineExpr a, AffineExpr b) {
              return isa<AffineConstantExpr>(a) || isa<AffineConstantExpr>(b)
                         ? a * b
                         : AffineExpr();
            });
          })
          // Division rounds towards zero in arith, down in affine
          // expressions; they agree where the dividend is not negative.
          .Case<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp>([&](auto) {
            return binary([&](AffineExpr a, AffineExpr b) {
              return positiveConstant(b) && notNegative(a) ? a.floorDiv(b)
                                                           : AffineExpr();
            });
          })
          .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>([&](auto) {
            return binary([&](AffineExpr a, AffineExpr b) {
              return positiveConstant(b) && notNegative(a) ? a.ceilDiv(b)
                                                           : AffineExpr();
            });
          })
          .Case<arith::RemSIOp, arith::RemUIOp>([&](auto) {
            return binary([&](AffineExpr a, AffineExpr b) {
              return positiveConstant(b) && notNegative(a) ? a % b
                                                           : AffineExpr();
            });
          })
          .Default([](Operation *) { return AffineExpr(); });
  if (result && !isSmall(result))
    result = {};
  // What cannot be expressed is known, too, and not tried again.
  known[value] = result;
  return result;
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

using Parts = SmallVector<IndexConjunction>;

static std::optional<Parts> intersect(ArrayRef<IndexConjunction> a,
                                      ArrayRef<IndexConjunction> b) {
  Parts parts;
  if (a.size() * b.size() > maxParts)
    return std::nullopt;
  for (const IndexConjunction &x : a)
    for (const IndexConjunction &y : b) {
      parts.push_back(x);
      llvm::append_range(parts.back(), y);
    }
  return parts;
}

/// The parts must be disjoint: `a`, or else `b` where `notA`.
static std::optional<Parts> unite(const std::optional<Parts> &a,
                                  const std::optional<Parts> &b,
                                  const std::optional<Parts> &notA) {
  if (!a || !b || !notA)
    return std::nullopt;
  std::optional<Parts> rest = intersect(*b, *notA);
  if (!rest)
    return std::nullopt;
  rest->append(a->begin(), a->end());
  return rest;
}

static std::optional<Parts> intersect(const std::optional<Parts> &a,
                                      const std::optional<Parts> &b) {
  if (!a || !b)
    return std::nullopt;
  return intersect(ArrayRef<IndexConjunction>(*a),
                   ArrayRef<IndexConjunction>(*b));
}

std::optional<Parts> IndexSpace::parseCondition(Value condition, bool holds) {
  if (auto constant = getConstantIntValue(getAsOpFoldResult(condition)))
    return (*constant != 0) == holds ? Parts{IndexConjunction()} : Parts{};
  Operation *op = condition.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (isa<arith::AndIOp, arith::OrIOp>(op)) {
    auto parse = [&](unsigned i, bool value) {
      return parseCondition(op->getOperand(i), value);
    };
    if (isa<arith::AndIOp>(op) == holds)
      return intersect(parse(0, holds), parse(1, holds));
    return unite(parse(0, holds), parse(1, holds), parse(0, !holds));
  }
  if (auto negation = dyn_cast<arith::XOrIOp>(op)) {
    auto constant = getConstantIntValue(getAsOpFoldResult(negation.getRhs()));
    if (!constant)
      return std::nullopt;
    return parseCondition(negation.getLhs(), holds != (*constant != 0));
  }
  auto compare = dyn_cast<arith::CmpIOp>(op);
  if (!compare || !compare.getLhs().getType().isIntOrIndex())
    return std::nullopt;
  AffineExpr a = express(compare.getLhs()), b = express(compare.getRhs());
  if (!a || !b)
    return std::nullopt;
  using Predicate = arith::CmpIPredicate;
  Predicate predicate = compare.getPredicate();
  if (!holds)
    predicate = arith::invertPredicate(predicate);
  switch (predicate) {
  case Predicate::ult:
  case Predicate::ule:
  case Predicate::ugt:
  case Predicate::uge:
    if (getRange(a).low < 0 || getRange(b).low < 0)
      return std::nullopt;
    break;
  default:
    break;
  }
  switch (predicate) {
  case Predicate::eq:
    return Parts{{{a - b, true}}};
  case Predicate::ne:
    return Parts{{{a - b - 1, false}}, {{b - a - 1, false}}};
  case Predicate::slt:
  case Predicate::ult:
    return Parts{{{b - a - 1, false}}};
  case Predicate::sle:
  case Predicate::ule:
    return Parts{{{b - a, false}}};
  case Predicate::sgt:
  case Predicate::ugt:
    return Parts{{{a - b - 1, false}}};
  case Predicate::sge:
  case Predicate::uge:
    return Parts{{{a - b, false}}};
  }
  llvm_unreachable("unknown predicate");
}

void IndexSpace::addCondition(Value condition, bool holds) {
  std::optional<Parts> parts = parseCondition(condition, holds);
  if (parts)
    parts = intersect(ArrayRef<IndexConjunction>(conditions),
                      ArrayRef<IndexConjunction>(*parts));
  if (parts)
    conditions = std::move(*parts);
  else if (!unknown)
    unknown = condition.getDefiningOp()
                  ? condition.getDefiningOp()
                  : condition.getParentBlock()->getParentOp();
}

//===----------------------------------------------------------------------===//
// Points
//===----------------------------------------------------------------------===//

std::optional<SmallVector<int64_t>>
IndexSpace::findPoint(ArrayRef<IndexConstraint> extra) const {
  for (const IndexConjunction &part : conditions) {
    SmallVector<IndexConstraint> all(part.begin(), part.end());
    llvm::append_range(all, extra);
    // One more dimension per constraint holds its expression, whose
    // divisions become local variables.
    unsigned numVars = variables.size(), numDims = numVars + all.size();
    FlatLinearConstraints system(numDims, /*numSymbols=*/0, /*numLocals=*/0);
    for (auto [i, variable] : llvm::enumerate(variables)) {
      system.addBound(presburger::BoundType::LB, i, 0);
      system.addBound(presburger::BoundType::UB, i, variable.size - 1);
    }
    // A bound that cannot be expressed is left out: more points, none fewer.
    for (auto [i, constraint] : llvm::enumerate(all)) {
      (void)system.addBound(presburger::BoundType::EQ, numVars + i,
                            AffineMap::get(numDims, 0, constraint.expr));
      system.addBound(presburger::BoundType::LB, numVars + i, 0);
      if (constraint.equality)
        system.addBound(presburger::BoundType::UB, numVars + i, 0);
    }
    if (auto sample = system.findIntegerSample()) {
      SmallVector<int64_t> point;
      for (unsigned i = 0; i < numVars; ++i)
        point.push_back(static_cast<int64_t>((*sample)[i]));
      return point;
    }
  }
  return std::nullopt;
}

std::string IndexSpace::describe(ArrayRef<int64_t> point) const {
  std::string text;
  if (!programs.empty()) {
    text = "program (";
    for (size_t i = 0; i < programs.size(); ++i)
      text += (i ? ", " : "") + std::to_string(point[i]);
    text += ")";
  }
  for (size_t i = programs.size(); i < point.size(); ++i) {
    if (variables[i].name == "minimum or maximum")
      continue;
    text += (text.empty() ? "" : ", ") + variables[i].name + " = " +
            std::to_string(point[i]);
  }
  return text.empty() ? "the only program" : text;
}
