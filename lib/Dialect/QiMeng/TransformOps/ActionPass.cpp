//===- ActionPass.cpp - Macro actions and recipes as passes ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"
#include "qimeng/Dialect/QiMeng/Transforms/Passes.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Support/File.h"
#include <deque>

using namespace mlir;
using namespace qimeng;

namespace {

/// A pass on modules whose options are texts.
class TextOptionsPass : public OperationPass<ModuleOp> {
protected:
  TextOptionsPass(TypeID id, std::string argument, std::string description)
      : OperationPass(id), argument(std::move(argument)),
        description(std::move(description)) {}
  TextOptionsPass(const TextOptionsPass &other)
      : OperationPass(other), argument(other.argument),
        description(other.description) {}

  void addOption(const char *name, const char *text, const char *value = "") {
    texts.push_back(std::make_unique<Option<std::string>>(
        *this, name, llvm::cl::desc(text), llvm::cl::init(value)));
  }
  const Option<std::string> &getOption(StringRef name) const {
    for (const auto &option : texts)
      if (option->ArgStr == name)
        return *option;
    llvm_unreachable("no such option");
  }

  /// The row of option `arch`, null when it was left out.
  FailureOr<const Architecture *> getTarget() {
    const std::string &arch = getOption("arch").getValue();
    if (arch.empty())
      return static_cast<const Architecture *>(nullptr);
    Result<const Architecture *> target = findArchitecture(arch);
    if (!target)
      return emitError(getOperation().getLoc()) << target.error();
    return *target;
  }

public:
  StringRef getArgument() const final { return argument; }
  StringRef getDescription() const final { return description; }
  StringRef getName() const final { return argument; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registerTransformExtension(registry);
    registry.insert<QiMengDialect>();
  }
  LogicalResult initializeOptions(
      StringRef options,
      function_ref<LogicalResult(const Twine &)> errorHandler) final {
    std::string known;
    for (const auto &option : texts)
      known += (known.empty() ? "" : ", ") + option->ArgStr.str();
    return Pass::initializeOptions(options, [&](const Twine &message) {
      return errorHandler(StringRef(message.str()).trim() + "; " + argument +
                          " takes: " + known);
    });
  }

private:
  std::string argument, description;
  std::vector<std::unique_ptr<Option<std::string>>> texts;
};

/// "fuse_producer" -> "qimeng-fuse-producer"
static std::string getPassName(const ActionInfo &action) {
  std::string name = "qimeng-" + action.name.str();
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

/// A text does not fit on a command line, so a file has it.
static const char *getOptionName(const ActionParameter &parameter) {
  return parameter.kind == ParameterKind::Text ? "file" : parameter.name;
}

class ActionPass : public TextOptionsPass {
public:
  explicit ActionPass(const ActionInfo &action)
      : TextOptionsPass(action.id, getPassName(action),
                        "Macro action (" +
                            stringifyActionFamily(action.family).str() +
                            "): " + action.summary.str()),
        action(action) {
    addOptions();
  }
  ActionPass(const ActionPass &other)
      : TextOptionsPass(other), action(other.action) {
    addOptions();
  }
  std::unique_ptr<Pass> clonePass() const override {
    return std::make_unique<ActionPass>(*this);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<const Architecture *> target = getTarget();
    if (failed(target))
      return signalPassFailure();
    SmallVector<std::string> names;
    const std::string &kernel = getOption("kernel").getValue();
    if (action.edit && kernel.empty()) {
      emitError(module.getLoc()) << getArgument() << ": needs kernel=<name>";
      return signalPassFailure();
    }
    if (!kernel.empty())
      names.push_back(kernel);
    else
      for (KernelOp each : module.getOps<KernelOp>())
        names.push_back(each.getSymName().str());
    for (const std::string &name : names)
      if (failed(runOn(module, name, *target, /*skip=*/kernel.empty())))
        return signalPassFailure();
  }

private:
  void addOptions() {
    addOption("kernel", "the kernel to rewrite; every kernel that the action "
                        "can be applied to when left out");
    for (const ActionParameter &parameter : action.parameters)
      addOption(getOptionName(parameter), parameter.description,
                parameter.defaultText);
    addOption("arch", "the architecture whose limits count, e.g. sm_90a");
    if (action.edit)
      addOption("recipe", "the file with the recipe to edit and replay");
  }

  LogicalResult runOn(ModuleOp module, const std::string &kernel,
                      const Architecture *target, bool skip) {
    SmallVector<std::pair<StringRef, StringRef>> values;
    std::deque<std::string> texts; ///< what stays in place as it grows
    for (const ActionParameter &parameter : action.parameters) {
      const Option<std::string> &option = getOption(getOptionName(parameter));
      if (!option.hasValue() && parameter.kind == ParameterKind::Text)
        return emitError(module.getLoc())
               << getArgument() << ": needs file=<name>, a file with "
               << parameter.description;
      if (!option.hasValue())
        continue;
      StringRef value = option.getValue();
      if (parameter.kind == ParameterKind::Text) {
        Result<std::string> read = readFile(value.str());
        if (!read)
          return emitError(module.getLoc())
                 << getArgument() << ": " << read.error();
        value = texts.emplace_back(std::move(*read));
      }
      values.push_back({parameter.name, value});
    }
    std::string why;
    FailureOr<Step> step =
        makeStep(&getContext(), action.name, kernel, values, why);
    if (failed(step))
      return emitError(module.getLoc()) << getArgument() << ": " << why;
    if (action.edit)
      return edit(module, *step, target);
    if (failed(checkStep(module, *step, target, why))) {
      if (!skip)
        return emitError(module.getLoc())
               << getArgument() << " @" << step->getKernel() << ": " << why;
      module.lookupSymbol(kernel)->emitRemark()
          << getArgument() << " skipped @" << kernel << ": " << why;
      return success();
    }
    return applyStep(module, *step, target);
  }

  /// Edits the recipe and replays it on the module.
  LogicalResult edit(ModuleOp module, const Step &step,
                     const Architecture *target) {
    const std::string &path = getOption("recipe").getValue();
    if (path.empty())
      return emitError(module.getLoc())
             << getArgument() << ": needs recipe=<file>, because "
             << action.name << " edits a recipe and replays it";
    FailureOr<Recipe> recipe = Recipe::read(path, &getContext());
    if (failed(recipe))
      return failure();
    std::string why;
    if (failed(recipe->append(step, why)))
      return emitError(module.getLoc())
             << getArgument() << " @" << step.getKernel() << ": " << why;
    return recipe->replayInPlace(module, target);
  }

  const ActionInfo &action;
};

class ReplayPass : public TextOptionsPass {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReplayPass)
  ReplayPass()
      : TextOptionsPass(TypeID::get<ReplayPass>(), "qimeng-replay",
                        "Apply a recipe to the kernels of a module") {
    addOptions();
  }
  ReplayPass(const ReplayPass &other) : TextOptionsPass(other) { addOptions(); }
  std::unique_ptr<Pass> clonePass() const override {
    return std::make_unique<ReplayPass>(*this);
  }
  void runOnOperation() override {
    FailureOr<const Architecture *> target = getTarget();
    if (failed(target))
      return signalPassFailure();
    const std::string &path = getOption("recipe").getValue();
    if (path.empty()) {
      emitError(getOperation().getLoc())
          << "qimeng-replay: needs recipe=<file>";
      return signalPassFailure();
    }
    FailureOr<Recipe> recipe = Recipe::read(path, &getContext());
    if (failed(recipe) ||
        failed(recipe->replayInPlace(getOperation(), *target)))
      signalPassFailure();
  }

private:
  void addOptions() {
    addOption("recipe", "the file with the recipe");
    addOption("arch", "the architecture whose limits count, e.g. sm_90a");
  }
};

} // namespace

std::unique_ptr<Pass> qimeng::createActionPass(const ActionInfo &action) {
  return std::make_unique<ActionPass>(action);
}

std::unique_ptr<Pass> qimeng::createReplayPass() {
  return std::make_unique<ReplayPass>();
}

void qimeng::registerActionPasses() {
  for (const ActionInfo *action : getActions())
    registerPass([action] { return createActionPass(*action); });
  registerPass([] { return createReplayPass(); });
}
