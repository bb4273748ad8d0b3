//===- DescribeForm.cpp - The form of a stranger's program ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

/// Diagnostics in one failure, and bytes of each.
static constexpr size_t mostDiagnosticBytes = 3000, mostMessageBytes = 700;

static std::string_view lineOf(std::string_view text, unsigned number) {
  for (; number > 1 && !text.empty(); --number)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, std::min(text.find('\n'), text.size()));
}

ProgramDiagnostics::ProgramDiagnostics(MLIRContext *context,
                                       std::string_view program)
    : program(program), handler(context, [this](Diagnostic &diagnostic) {
        auto add = [&](Diagnostic &one) {
          if (text.size() > mostDiagnosticBytes)
            return;
          std::string message = one.str();
          if (message.size() > mostMessageBytes)
            message = message.substr(0, mostMessageBytes) + "...";
          text += text.empty() ? "" : "\n";
          auto place = one.getLocation()->findInstanceOf<FileLineColLoc>();
          if (place)
            text += "line " + std::to_string(place.getLine()) + ": ";
          switch (one.getSeverity()) {
          case DiagnosticSeverity::Error:
            text += "error: ";
            break;
          case DiagnosticSeverity::Warning:
            text += "warning: ";
            break;
          default:
            text += "note: ";
          }
          text += message;
          if (!place)
            return;
          std::string_view line = lineOf(this->program, place.getLine());
          line.remove_prefix(
              std::min(line.find_first_not_of(' '), line.size()));
          if (line == lastLine)
            return;
          lastLine = line;
          text += "\n  " + std::string(line.substr(0, 160));
        };
        add(diagnostic);
        for (Diagnostic &note : diagnostic.getNotes())
          add(note);
        return success();
      }) {}

std::string ProgramDiagnostics::take() {
  lastLine = {};
  return std::exchange(text, {});
}

//===----------------------------------------------------------------------===//
// Form
//===----------------------------------------------------------------------===//

namespace {
class FormCheck {
public:
  explicit FormCheck(const ProgramLimits &limits) : limits(limits) {}
  LogicalResult run(ModuleOp module);

private:
  LogicalResult checkFunction(func::FuncOp function);
  LogicalResult checkOperation(Operation *op);
  LogicalResult checkType(Operation *op, Type type, const Twine &what);

  const ProgramLimits &limits;
  size_t operations = 0;
  double totalBytes = 0;
};
} // namespace

LogicalResult FormCheck::checkType(Operation *op, Type type,
                                   const Twine &what) {
  Type element = type;
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    if (!tensor.hasStaticShape())
      return op->emitError() << what << " has a dynamic shape, " << type
                             << "; expected a static one";
    if (tensor.getEncoding())
      return op->emitError()
             << what << " has an encoding, " << type << "; leave it out";
    if (tensor.getRank() > limits.rank)
      return op->emitError()
             << what << " has " << tensor.getRank() << " dimensions; at most "
             << limits.rank << " are supported";
    element = tensor.getElementType();
    double elements = 1;
    for (int64_t size : tensor.getShape()) {
      if (size == 0)
        return op->emitError() << what << " has no elements: " << type;
      elements *= double(size);
    }
    if (elements > limits.elements)
      return op->emitError()
             << what << ", " << type << ", has "
             << llvm::formatv("{0:e2}", elements).str() << " elements; at most "
             << llvm::formatv("{0:e2}", limits.elements).str()
             << " are allowed";
    if (element.isIntOrFloat())
      totalBytes +=
          elements * std::max(1u, element.getIntOrFloatBitWidth() / 8);
  } else if (isa<ShapedType>(type)) {
    return op->emitError() << what << " is of type " << type
                           << "; expected a tensor of static shape";
  }
  if (!toDataType(element) && !(element.isIndex() && element == type))
    return op->emitError() << what << " is of type " << type
                           << "; elements are f16, bf16, f32, f64, i1, i8, "
                              "i16, i32 or i64";
  return success();
}

LogicalResult FormCheck::checkOperation(Operation *op) {
  if (++operations > limits.operations)
    return op->emitError() << "the program has more than " << limits.operations
                           << " operations";
  bool known =
      isa_and_nonnull<arith::ArithDialect, math::MathDialect,
                      tensor::TensorDialect, linalg::LinalgDialect>(
          op->getDialect()) ||
      (isa<func::ReturnOp>(op) && isa<func::FuncOp>(op->getParentOp()));
  if (!known)
    return op->emitError() << "'" << op->getName()
                           << "' is not allowed; a program is one function "
                              "of linalg, tensor, arith and math operations";
  if (isa<tensor::ScatterOp, tensor::GatherOp, tensor::ParallelInsertSliceOp,
          tensor::InsertOp, tensor::ReshapeOp, tensor::FromElementsOp>(op))
    return op->emitError() << "'" << op->getName()
                           << "' is not allowed; write it as linalg.generic "
                              "or with slices";
  // Operations keep their maps there.
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    if (attribute.getName() != "linalg.memoized_indexing_maps")
      return op->emitError()
             << "has an attribute of its own, '"
             << attribute.getName().getValue() << "'; leave it out";
  auto isDynamic = [](ArrayRef<int64_t> values) {
    return llvm::any_of(values, ShapedType::isDynamic);
  };
  if (auto slice = dyn_cast<OffsetSizeAndStrideOpInterface>(op))
    if (isDynamic(slice.getStaticOffsets()) ||
        isDynamic(slice.getStaticSizes()) ||
        isDynamic(slice.getStaticStrides()))
      return op->emitError() << "offsets, sizes and strides must be constants";
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    if (isDynamic(pad.getStaticLow()) || isDynamic(pad.getStaticHigh()))
      return op->emitError() << "the padding must be constant";
  for (auto [number, operand] : llvm::enumerate(op->getOperands()))
    if (failed(checkType(op, operand.getType(), "operand " + Twine(number))))
      return failure();
  for (auto [number, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(checkType(op, type, "result " + Twine(number))))
      return failure();
  for (Region &region : op->getRegions())
    for (BlockArgument argument : region.getArguments())
      if (failed(checkType(op, argument.getType(),
                           "body argument " + Twine(argument.getArgNumber()))))
        return failure();
  return success();
}

LogicalResult FormCheck::checkFunction(func::FuncOp function) {
  if (!function.isPublic() || function.isExternal())
    return function.emitError()
           << (function.isExternal() ? "the function has no body"
                                     : "the function is not public");
  StringRef name = function.getSymName();
  if (name.size() > 64 ||
      !llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; }))
    return function.emitError() << "the function's name must be at most 64 "
                                   "letters, digits and '_'";
  if (!function->getDiscardableAttrs().empty() || function.getArgAttrsAttr() ||
      function.getResAttrsAttr())
    return function.emitError()
           << "the function, its arguments and results have no attributes";
  if (!function.getBody().hasOneBlock())
    return function.emitError()
           << "the function has " << function.getBody().getBlocks().size()
           << " blocks; a program has no branches";
  if (function.getNumArguments() > limits.arguments)
    return function.emitError()
           << "the function has " << function.getNumArguments()
           << " arguments; at most " << limits.arguments << " are allowed";
  if (function.getNumResults() == 0)
    return function.emitError() << "the function returns nothing; a program "
                                   "returns the tensors that it computes";
  for (auto [kind, types] :
       {std::pair<StringRef, TypeRange>("argument",
                                        function.getArgumentTypes()),
        std::pair<StringRef, TypeRange>("result", function.getResultTypes())})
    for (auto [number, type] : llvm::enumerate(types)) {
      if (!isa<RankedTensorType>(type))
        return function.emitError()
               << kind << " " << number << " is of type " << type
               << "; expected a tensor of static shape";
      if (failed(checkType(function, type, kind + " " + Twine(number))))
        return failure();
    }
  WalkResult walk = function.getBody().walk<WalkOrder::PreOrder>(
      [&](Operation *op) { return WalkResult(checkOperation(op)); });
  return failure(walk.wasInterrupted());
}

LogicalResult FormCheck::run(ModuleOp module) {
  // Not `module {..}` within the text's own module.
  if (!module->getDiscardableAttrs().empty())
    return module.emitError() << "the module has attributes; leave them out";
  func::FuncOp function;
  for (Operation &op : *module.getBody()) {
    auto one = dyn_cast<func::FuncOp>(op);
    if (!one)
      return op.emitError() << "'" << op.getName()
                            << "' beside the function; a program is one "
                               "func.func and nothing else";
    if (function)
      return op.emitError() << "a second function, '" << one.getSymName()
                            << "'; a program is one func.func and nothing else";
    function = one;
  }
  if (!function)
    return module.emitError() << "the program holds no function";
  if (failed(checkFunction(function)))
    return failure();
  if (totalBytes > limits.totalBytes)
    return function.emitError()
           << "the values of the program take "
           << llvm::formatv("{0:f0}", totalBytes / 0x1p30).str()
           << " GiB together; at most "
           << llvm::formatv("{0:f0}", limits.totalBytes / 0x1p30).str()
           << " are allowed";
  double work = countScalarWork(module);
  if (work > limits.work)
    return function.emitError()
           << "one run takes " << llvm::formatv("{0:e2}", work).str()
           << " scalar operations; at most "
           << llvm::formatv("{0:e2}", limits.work).str() << " are allowed";
  return success();
}

LogicalResult qimeng::checkForm(ModuleOp module, const ProgramLimits &limits) {
  return FormCheck(limits).run(module);
}

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

static double countElements(Type type) {
  double elements = 1;
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    for (int64_t size : tensor.getShape())
      elements *= double(size);
  return elements;
}

double qimeng::countScalarWork(ModuleOp module) {
  double work = 0;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto linalg = dyn_cast<linalg::LinalgOp>(op)) {
      double one = 1;
      for (int64_t size : linalg.getStaticLoopRanges())
        one *= double(size);
      size_t inside = 0;
      linalg->walk([&](Operation *) { ++inside; });
      work += one * double(inside);
      return WalkResult::skip();
    }
    for (Type type : op->getResultTypes())
      work += countElements(type) * (isa<linalg::SoftmaxOp>(op) ? 8 : 1);
    if (isa<tensor::GenerateOp>(op)) {
      size_t inside = 0;
      op->walk([&](Operation *) { ++inside; });
      work += countElements(op->getResult(0).getType()) * double(inside);
      return WalkResult::skip();
    }
    return WalkResult::advance();
  });
  return work;
}

void qimeng::collectSizes(ModuleOp module, std::vector<double> &constants,
                          std::vector<double> &dimensions,
                          std::vector<std::string> &types) {
  auto seeType = [&](Type type) {
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      for (int64_t size : tensor.getShape())
        dimensions.push_back(double(size));
    if (std::optional<DataType> known = toDataType(getElementTypeOrSelf(type)))
      types.push_back(dataTypeName(*known));
  };
  module.walk([&](Operation *op) {
    for (Type type : op->getOperandTypes())
      seeType(type);
    for (Type type : op->getResultTypes())
      seeType(type);
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        seeType(argument.getType());
    auto constant = dyn_cast<arith::ConstantOp>(op);
    if (!constant)
      return;
    Attribute value = constant.getValue();
    if (auto splat = dyn_cast<SplatElementsAttr>(value))
      value = splat.getSplatValue<Attribute>();
    if (auto number = dyn_cast<FloatAttr>(value))
      constants.push_back(number.getValueAsDouble());
    else if (auto number = dyn_cast<IntegerAttr>(value))
      constants.push_back(double(number.getValue().getSExtValue()));
  });
}
