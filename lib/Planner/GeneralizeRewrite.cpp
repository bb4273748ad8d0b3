//===- GeneralizeRewrite.cpp - From a pair of kernels to a pattern --------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operations with effects or regions (loads, stores, loops, channels) anchor
// the two kernels to each other, in order. Walking up from what anchors use,
// the kernels are compared; where they part is the root of the pattern. What
// the new kernel computes there, down to values that both have, is the rewrite;
// what the old one computes, down to the same values, is the match.
//
// Types become variables, so that tile sizes and element types are free, if the
// match has all types that the rewrite needs. Constants are compared and made
// as splats of a number.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "qimeng/Planner/SavedRules.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace qimeng;

namespace {

bool isPureOp(Operation *op) {
  return op->getNumRegions() == 0 && isPure(op) &&
         !op->hasTrait<OpTrait::IsTerminator>();
}

bool isAlike(Operation *a, Operation *b) {
  return a->getName() == b->getName() &&
         a->getAttrDictionary() == b->getAttrDictionary() &&
         a->getResultTypes() == b->getResultTypes() &&
         a->getNumOperands() == b->getNumOperands() &&
         a->getNumRegions() == b->getNumRegions();
}

/// Which values of two kernels are the same.
class Comparison {
public:
  /// Fails where the kernels' anchors differ.
  LogicalResult pair(Region &before, Region &after) {
    if (before.getBlocks().size() != after.getBlocks().size())
      return failure();
    for (auto [one, other] : llvm::zip_equal(before, after)) {
      if (one.getArgumentTypes() != other.getArgumentTypes())
        return failure();
      for (auto [a, b] :
           llvm::zip_equal(one.getArguments(), other.getArguments()))
        anchored[a] = b;
      SmallVector<Operation *> first, second;
      for (Operation &op : one)
        if (!isPureOp(&op))
          first.push_back(&op);
      for (Operation &op : other)
        if (!isPureOp(&op))
          second.push_back(&op);
      if (first.size() != second.size())
        return failure();
      for (auto [a, b] : llvm::zip_equal(first, second)) {
        if (!isAlike(a, b))
          return failure();
        for (auto [x, y] : llvm::zip_equal(a->getResults(), b->getResults()))
          anchored[x] = y;
        for (auto [x, y] : llvm::zip_equal(a->getRegions(), b->getRegions()))
          if (failed(pair(x, y)))
            return failure();
        anchors.push_back({a, b});
      }
    }
    return success();
  }

  bool same(Value before, Value after) {
    if (auto at = anchored.find(before); at != anchored.end())
      return at->second == after;
    Operation *a = before.getDefiningOp(), *b = after.getDefiningOp();
    if (!a || !b || !isPureOp(a) || !isPureOp(b))
      return false;
    auto [at, isNew] = known.try_emplace({before, after}, false);
    if (!isNew)
      return at->second;
    bool equal =
        isAlike(a, b) &&
        cast<OpResult>(before).getResultNumber() ==
            cast<OpResult>(after).getResultNumber() &&
        llvm::all_of(llvm::zip_equal(a->getOperands(), b->getOperands()),
                     [&](auto operands) {
                       auto [x, y] = operands;
                       return same(x, y);
                     });
    known[{before, after}] = equal;
    return equal;
  }

  using Roots = llvm::SetVector<std::pair<Value, Value>>;

  /// The lowest values in which all differences lie.
  Roots differences() {
    Roots roots;
    for (auto [a, b] : anchors)
      for (auto [x, y] : llvm::zip_equal(a->getOperands(), b->getOperands()))
        for (auto root : differences(x, y))
          roots.insert(root);
    return roots;
  }

private:
  Roots differences(Value before, Value after) {
    Roots roots;
    if (same(before, after))
      return roots;
    Operation *a = before.getDefiningOp(), *b = after.getDefiningOp();
    if (a && b && isPureOp(a) && isPureOp(b) && isAlike(a, b))
      for (auto [x, y] : llvm::zip_equal(a->getOperands(), b->getOperands()))
        for (auto root : differences(x, y))
          roots.insert(root);
    // Another constant says something about its user, not about the constant.
    if (roots.size() != 1 || matchPattern(roots[0].first, m_Constant())) {
      roots.clear();
      roots.insert({before, after});
    }
    return roots;
  }

  llvm::DenseMap<Value, Value> anchored;
  SmallVector<std::pair<Operation *, Operation *>> anchors;
  llvm::DenseMap<std::pair<Value, Value>, bool> known;
};

/// The number that all elements of a constant are, if they are one number.
std::optional<double> splatOf(Operation *op) {
  Attribute value;
  if (!matchPattern(op, m_Constant(&value)))
    return std::nullopt;
  if (auto elements = dyn_cast<SplatElementsAttr>(value))
    value = elements.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(value))
    return number.getValueAsDouble();
  if (auto number = dyn_cast<IntegerAttr>(value))
    if (number.getValue().getSignificantBits() <= 53)
      return number.getValue().getSExtValue();
  return std::nullopt;
}

/// Writes the pattern.
class PatternWriter {
public:
  PatternWriter(llvm::SetVector<Operation *> match,
                llvm::SetVector<Operation *> rewrite)
      : match(std::move(match)), rewrite(std::move(rewrite)) {
    llvm::SetVector<Type> matched;
    for (Operation *op : this->match) {
      matched.insert_range(op->getResultTypes());
      matched.insert_range(op->getOperandTypes());
    }
    for (Operation *op : this->rewrite)
      for (Type type : op->getResultTypes())
        generic &= matched.contains(type);
    for (auto *ops : {&this->match, &this->rewrite})
      for (Operation *op : *ops)
        if (op->hasTrait<OpTrait::ConstantLike>())
          generic &= splatOf(op).has_value();
  }

  std::string write(const std::string &name, Value before, Value after,
                    Comparison &comparison) {
    os << "pdl.pattern @" << name << " : benefit(1) {\n";
    for (Operation *op : match)
      writeOp(op, /*matching=*/true);
    std::string root = operations.lookup(before.getDefiningOp());
    os << "pdl.rewrite " << root << " {\n";
    for (Operation *op : rewrite) {
      for (Value operand : op->getOperands())
        share(operand, comparison);
      writeOp(op, /*matching=*/false);
    }
    share(after, comparison);
    os << "pdl.replace " << root << " with (" << values.lookup(after)
       << " : !pdl.value)\n}\n}\n";
    return text;
  }

private:
  std::string fresh(const char *kind) {
    return std::string("%") + kind + std::to_string(next++);
  }
  /// A value of the new kernel that the old one has, too.
  void share(Value after, Comparison &comparison) {
    if (values.count(after))
      return;
    for (auto &[before, label] : matched)
      if (comparison.same(before, after)) {
        values[after] = label;
        return;
      }
  }
  std::string typeOf(Type type) {
    std::string &label = types[type];
    if (label.empty()) {
      label = fresh("t");
      os << label << " = pdl.type";
      if (!generic)
        os << " : " << type;
      os << "\n";
    }
    return label;
  }
  std::string attribute(Operation *op, NamedAttribute named, bool matching) {
    std::string label = fresh("a");
    std::optional<double> splat =
        generic && op->hasTrait<OpTrait::ConstantLike>() ? splatOf(op)
                                                         : std::nullopt;
    if (!splat) {
      os << label << " = pdl.attribute = " << named.getValue() << "\n";
      return label;
    }
    std::string number =
        "0x" + llvm::utohexstr(llvm::bit_cast<uint64_t>(*splat), false, 16);
    if (matching) {
      os << label << " = pdl.attribute\n"
         << "pdl.apply_native_constraint \"splat=" << number << "\"(" << label
         << " : !pdl.attribute)\n";
      return label;
    }
    std::string type = typeOf(op->getResult(0).getType());
    os << label << " = pdl.apply_native_rewrite \"splat=" << number << "\"("
       << type << " : !pdl.type) : !pdl.attribute\n";
    return label;
  }
  void writeOp(Operation *op, bool matching) {
    for (Value operand : op->getOperands())
      if (!values.count(operand)) {
        std::string type = typeOf(operand.getType()), label = fresh("v");
        os << label << " = pdl.operand : " << type << "\n";
        values[operand] = matched[operand] = label;
      }
    std::string attributes, operands, operandTypes, results;
    for (NamedAttribute named : op->getAttrs()) {
      std::string label = attribute(op, named, matching);
      attributes += (attributes.empty() ? "" : ", ") +
                    ("\"" + named.getName().str() + "\" = ") + label;
    }
    for (Value operand : op->getOperands()) {
      operands += (operands.empty() ? "" : ", ") + values.lookup(operand);
      operandTypes += operandTypes.empty() ? "!pdl.value" : ", !pdl.value";
    }
    SmallVector<std::string> labels;
    std::string typeList;
    for (Type type : op->getResultTypes()) {
      labels.push_back(typeOf(type));
      typeList += typeList.empty() ? "!pdl.type" : ", !pdl.type";
    }
    std::string label = fresh("o");
    os << label << " = pdl.operation \"" << op->getName() << "\"";
    if (!operands.empty())
      os << "(" << operands << " : " << operandTypes << ")";
    if (!attributes.empty())
      os << " {" << attributes << "}";
    os << " -> (" << llvm::join(labels, ", ") << " : " << typeList << ")\n";
    operations[op] = label;
    for (OpResult result : op->getResults()) {
      std::string value = fresh("r");
      os << value << " = pdl.result " << result.getResultNumber() << " of "
         << label << "\n";
      values[result] = value;
      if (matching)
        matched[result] = value;
    }
  }

  llvm::SetVector<Operation *> match, rewrite;
  bool generic = true;
  unsigned next = 0;
  std::string text;
  llvm::raw_string_ostream os{text};
  llvm::DenseMap<Type, std::string> types;
  llvm::DenseMap<Value, std::string> values;
  llvm::MapVector<Value, std::string> matched;
  llvm::DenseMap<Operation *, std::string> operations;
};

/// Collects what one side computes, operands first.
class Slice {
public:
  explicit Slice(llvm::function_ref<bool(Value)> isInput) : isInput(isInput) {}
  /// False where something that is no pure operation is in the way.
  bool collect(Value value) {
    if (isInput(value))
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || !isPureOp(op))
      return false;
    if (ops.contains(op))
      return true;
    for (Value operand : op->getOperands())
      if (!collect(operand))
        return false;
    ops.insert(op);
    return true;
  }
  llvm::SetVector<Operation *> ops;

private:
  llvm::function_ref<bool(Value)> isInput;
};

} // namespace

Result<std::string> qimeng::generalizeRewrite(const std::string &name,
                                              KernelOp before, KernelOp after) {
  Comparison comparison;
  if (failed(comparison.pair(before.getBody(), after.getBody())))
    return Error{"loads, stores or loops differ"};
  Comparison::Roots roots = comparison.differences();
  if (roots.empty())
    return Error{"nothing differs"};
  if (roots.size() > 1)
    return Error{"more than one value differs"};
  Value old = roots[0].first, fresh = roots[0].second;
  if (!old.getDefiningOp() || !isPureOp(old.getDefiningOp()) ||
      old.getDefiningOp()->getNumResults() != 1 ||
      old.getType() != fresh.getType())
    return Error{"what differs is no result of a pure operation"};

  SmallVector<Value> all;
  before.getBody().walk([&](Block *block) {
    llvm::append_range(all, block->getArguments());
    for (Operation &op : *block)
      llvm::append_range(all, op.getResults());
  });
  // What the new kernel starts from. Constants are made anew.
  llvm::SetVector<Value> inputs;
  auto isShared = [&](Value value) {
    if (Operation *op = value.getDefiningOp();
        op && op->hasTrait<OpTrait::ConstantLike>())
      return false;
    auto at = llvm::find_if(
        all, [&](Value other) { return comparison.same(other, value); });
    if (at != all.end())
      inputs.insert(*at);
    return at != all.end();
  };
  Slice rewrite(isShared);
  if (!rewrite.collect(fresh))
    return Error{"the new value does not come from pure operations"};
  llvm::SetVector<Value> met;
  auto isInput = [&](Value value) {
    Operation *op = value.getDefiningOp();
    bool stops =
        value != old && (inputs.contains(value) || !op || !isPureOp(op));
    if (stops)
      met.insert(value);
    return stops;
  };
  Slice match(isInput);
  (void)match.collect(old);
  for (Value input : inputs)
    if (!met.contains(input) && !match.ops.contains(input.getDefiningOp()))
      return Error{"the new value needs another one that the old did not"};
  return PatternWriter(match.ops, rewrite.ops)
      .write(name, old, fresh, comparison);
}
