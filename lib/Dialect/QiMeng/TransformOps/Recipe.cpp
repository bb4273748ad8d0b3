//===- Recipe.cpp - Macro actions in a row --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "mlir/Dialect/Transform/IR/TransformOps.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Support/File.h"

using namespace mlir;
using namespace qimeng;

static transform::NamedSequenceOp findEntry(ModuleOp module) {
  return module.lookupSymbol<transform::NamedSequenceOp>(
      transform::TransformDialect::kTransformEntryPointSymbolName);
}

Recipe::Recipe(MLIRContext *context) {
  static constexpr StringLiteral empty = R"(
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    transform.yield
  }
})";
  context->loadDialect<transform::TransformDialect, QiMengDialect>();
  module = parseSourceString<ModuleOp>(empty, context, "recipe");
}

Recipe::Recipe(const Recipe &other) : module(other.module.get().clone()) {}

Recipe &Recipe::operator=(const Recipe &other) {
  if (this != &other)
    module = other.module.get().clone();
  return *this;
}

Block &Recipe::getBody() const {
  return findEntry(module.get()).getBody().front();
}

SmallVector<Operation *> Recipe::getActionOps() const {
  SmallVector<Operation *> ops;
  for (Operation &op : getBody())
    if (isa<MacroAction>(op))
      ops.push_back(&op);
  return ops;
}

/// The parameters of an action that are not left out.
static Step getStep(Operation *op) {
  MacroAction action = cast<MacroAction>(op);
  const ActionInfo &info = action.getInfo();
  NamedAttrList attributes;
  attributes.set("kernel", op->getAttr("kernel"));
  for (const ActionParameter &parameter : info.parameters)
    if (Attribute value = op->getAttr(parameter.name))
      attributes.set(parameter.name, value);
  return normalizeStep(
      {info.name.str(), attributes.getDictionary(op->getContext())});
}

SmallVector<Step> Recipe::getSteps() const {
  return llvm::map_to_vector(getActionOps(), getStep);
}

static Operation *createAction(OpBuilder &builder, Value root,
                               const Step &step) {
  const ActionInfo *info = findAction(step.action);
  OperationState state(builder.getUnknownLoc(), info->opName);
  state.addAttributes(step.parameters.getValue());
  state.addOperands(root);
  return builder.create(state);
}

LogicalResult Recipe::append(const Step &step, std::string &why) {
  const ActionInfo *info = findAction(step.action);
  if (!info) {
    why = "there is no action '" + step.action + "'";
    return failure();
  }
  if (info->edit)
    return info->edit(*this, step.parameters, why);
  Block &body = getBody();
  OpBuilder builder(body.getTerminator());
  createAction(builder, body.getArgument(0), step);
  return success();
}

void Recipe::removeLast() { getActionOps().back()->erase(); }

void Recipe::replace(size_t index, const Step &step) {
  Operation *old = getActionOps()[index];
  OpBuilder builder(old);
  createAction(builder, old->getOperand(0), step);
  old->erase();
}

std::string Recipe::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.get().print(os);
  os << '\n';
  return text;
}

static FailureOr<OwningOpRef<ModuleOp>>
parseModule(StringRef text, MLIRContext *context, StringRef name) {
  context->loadDialect<transform::TransformDialect, QiMengDialect>();
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, context, name);
  if (!module)
    return failure();
  transform::NamedSequenceOp entry = findEntry(*module);
  if (!entry || entry.getBody().empty() ||
      entry.getBody().getNumArguments() != 1)
    return emitError(module->getLoc())
           << "is no recipe: expected a transform.named_sequence @"
           << transform::TransformDialect::kTransformEntryPointSymbolName
           << " that takes the module with the kernels";
  return module;
}

FailureOr<SmallVector<Step>>
Recipe::parseSteps(StringRef text, MLIRContext *context, StringRef name) {
  FailureOr<OwningOpRef<ModuleOp>> module = parseModule(text, context, name);
  if (failed(module))
    return failure();
  for (Operation &op : *(*module)->getBody())
    if (&op != findEntry(**module))
      return op.emitError("stands beside the recipe's sequence");
  Recipe recipe(std::move(*module));
  for (Operation &op : recipe.getBody().without_terminator())
    if (!isa<MacroAction>(op))
      return op.emitError("'")
             << op.getName() << "' is no macro action; those are "
             << "transform.qimeng.<name>";
  return recipe.getSteps();
}

FailureOr<Recipe> Recipe::parse(StringRef text, MLIRContext *context,
                                StringRef name) {
  FailureOr<OwningOpRef<ModuleOp>> module = parseModule(text, context, name);
  if (failed(module))
    return failure();
  Recipe recipe(std::move(*module));
  for (Operation *op : recipe.getActionOps()) {
    const ActionInfo &info = cast<MacroAction>(op).getInfo();
    if (!info.edit)
      continue;
    // What follows the editing step is not for it to change.
    SmallVector<Operation *> later;
    for (Operation *next = op->getNextNode();
         next != recipe.getBody().getTerminator(); next = next->getNextNode())
      later.push_back(next);
    Block aside;
    for (Operation *next : later)
      next->moveBefore(&aside, aside.end());
    Step step = getStep(op);
    Location loc = op->getLoc();
    op->erase();
    std::string why;
    LogicalResult edited = info.edit(recipe, step.parameters, why);
    for (Operation *next : later)
      next->moveBefore(recipe.getBody().getTerminator());
    if (failed(edited))
      return emitError(loc) << step.str() << ": " << why;
  }
  return recipe;
}

FailureOr<Recipe> Recipe::read(StringRef path, MLIRContext *context) {
  Result<std::string> text = readFile(path.str());
  if (!text)
    return emitError(UnknownLoc::get(context)) << text.error();
  return parse(*text, context, path);
}

LogicalResult Recipe::replayInPlace(ModuleOp program,
                                    const Architecture *target) const {
  transform::TransformOptions options;
  return transform::applyTransforms(
      program,
      cast<transform::TransformOpInterface>(findEntry(*module).getOperation()),
      /*extraMapping=*/{}, options, /*enforceToplevelTransformOp=*/false,
      [&](transform::TransformState &state) {
        state.addExtension<qimeng::detail::TargetExtension>(target);
      });
}

FailureOr<OwningOpRef<ModuleOp>>
Recipe::replay(ModuleOp program, const Architecture *target) const {
  OwningOpRef<ModuleOp> result = program.clone();
  if (failed(replayInPlace(*result, target)))
    return failure();
  return result;
}
