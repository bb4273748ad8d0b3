//===- SavedRules.cpp - Rewrites worth keeping ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Planner/SavedRules.h"
#include "mlir/Dialect/PDL/IR/PDL.h"
#include "mlir/Dialect/PDL/IR/PDLOps.h"
#include "mlir/Dialect/PDLInterp/IR/PDLInterp.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "qimeng/Support/File.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace qimeng;

/// A rule that fits its own result would go on for ever.
static constexpr int64_t mostRewrites = 64;
static constexpr const char *originName = "qimeng.rule";
static constexpr llvm::StringLiteral splatPrefix = "splat=";

static std::string printKernel(KernelOp kernel) {
  std::string text;
  llvm::raw_string_ostream(text) << kernel;
  return text;
}

static KernelOp kernelIn(ModuleOp rule, StringRef part) {
  auto inner = rule.lookupSymbol<ModuleOp>(part);
  if (!inner)
    return KernelOp();
  auto kernels = inner.getOps<KernelOp>();
  return llvm::hasSingleElement(kernels) ? *kernels.begin() : KernelOp();
}

/// `number` as an element of `type`, where that is exact.
static TypedAttr elementOf(Type type, double number) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr value;
  if (auto floating = dyn_cast<FloatType>(element)) {
    value = FloatAttr::get(floating, number);
  } else if (isa<IntegerType, IndexType>(element)) {
    if (number != std::trunc(number))
      return nullptr;
    value = IntegerAttr::get(element, int64_t(number));
  } else {
    return nullptr;
  }
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.hasStaticShape() ? DenseElementsAttr::get(shaped, value)
                                   : TypedAttr();
  return value;
}

Status SavedRule::compile() {
  auto pattern = (**module).lookupSymbol<ModuleOp>("pattern");
  if (!pattern)
    return {};
  OwningOpRef<ModuleOp> copy = pattern.clone();
  (*copy).setSymName(std::nullopt);
  PDLPatternModule patternModule(std::move(copy));
  auto numberOf = [](StringRef function) -> std::optional<double> {
    uint64_t bits;
    if (!function.consume_front(splatPrefix) || function.getAsInteger(0, bits))
      return std::nullopt;
    return llvm::bit_cast<double>(bits);
  };
  std::string unknown;
  auto registerFunction = [&](StringRef function, bool matching) {
    std::optional<double> number = numberOf(function);
    if (!number) {
      unknown = function.str();
      return;
    }
    if (matching)
      patternModule.registerConstraintFunction(
          function, [number](PatternRewriter &, PDLResultList &,
                             ArrayRef<PDLValue> values) {
            auto found = dyn_cast<TypedAttr>(values[0].cast<Attribute>());
            return success(found &&
                           elementOf(found.getType(), *number) == found);
          });
    else
      patternModule.registerRewriteFunction(
          function, [number](PatternRewriter &, PDLResultList &results,
                             ArrayRef<PDLValue> values) {
            TypedAttr value = elementOf(values[0].cast<Type>(), *number);
            if (!value)
              return failure();
            results.push_back(Attribute(value));
            return success();
          });
  };
  pattern.walk([&](Operation *op) {
    if (auto constraint = dyn_cast<pdl::ApplyNativeConstraintOp>(op))
      registerFunction(constraint.getName(), true);
    if (auto rewrite = dyn_cast<pdl::ApplyNativeRewriteOp>(op))
      registerFunction(rewrite.getName(), false);
  });
  if (!unknown.empty())
    return Error{"the pattern asks for '" + unknown +
                 "', which no rule knows; expected splat=0x<bits of a double>"};
  patterns = std::make_shared<FrozenRewritePatternSet>(
      RewritePatternSet(std::move(patternModule)));
  return {};
}

Result<SavedRule> SavedRule::parse(const std::string &text,
                                   const std::string &file,
                                   MLIRContext *context) {
  context->getOrLoadDialect<pdl::PDLDialect>();
  context->getOrLoadDialect<pdl_interp::PDLInterpDialect>();
  std::string why;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (why.empty())
      llvm::raw_string_ostream(why)
          << diagnostic.getLocation() << ": " << diagnostic;
    return success();
  });
  OwningOpRef<ModuleOp> parsed =
      parseSourceString<ModuleOp>(text, ParserConfig(context), file);
  if (!parsed)
    return Error{"the rule does not parse: " + why};
  if (!(*parsed).getSymName() || !(*parsed)->getAttr(originName))
    return Error{file + " is no saved rule: expected a module with a name and "
                        "the attribute qimeng.rule"};
  SavedRule rule;
  rule.name = (*parsed).getSymName()->str();
  if (!kernelIn(*parsed, "before") || !kernelIn(*parsed, "after"))
    return Error{file + ": expected the modules @before and @after, with a "
                        "kernel each"};
  rule.module = std::make_shared<OwningOpRef<ModuleOp>>(std::move(parsed));
  if (Status status = rule.compile(); !status)
    return Error{file + ": " + status.error()};
  return rule;
}

std::string SavedRule::str() const {
  std::string text;
  llvm::raw_string_ostream(text) << **module << "\n";
  return text;
}

Result<SavedRule> SavedRule::learn(const std::string &name,
                                   const std::string &origin, KernelOp before,
                                   KernelOp after) {
  bool isName = !name.empty() && llvm::all_of(name, [](char c) {
    return llvm::isAlnum(c) || c == '_' || c == '-';
  });
  if (!isName)
    return Error{"'" + name +
                 "' cannot name a rule; use letters, digits, '_' and '-'"};
  MLIRContext *context = before.getContext();
  // As every action leaves kernels, so that rules find them like that.
  IRRewriter rewriter(context);
  SmallVector<OwningOpRef<ModuleOp>> tidied;
  for (KernelOp *kernel : {&before, &after}) {
    tidied.push_back(ModuleOp::create(kernel->getLoc()));
    auto copy = cast<KernelOp>(kernel->getOperation()->clone());
    tidied.back()->push_back(copy);
    tidyKernel(copy, rewriter);
    *kernel = copy;
  }
  if (printKernel(before) == printKernel(after))
    return Error{"the rewrite changes nothing, there is no rule to save"};
  auto compose = [&](const std::string &pattern) {
    std::string quoted;
    llvm::raw_string_ostream(quoted) << StringAttr::get(context, origin);
    return "module @\"" + name + "\" attributes {" + originName + " = " +
           quoted + "} {\nmodule @before {\n" + printKernel(before) +
           "\n}\nmodule @after {\n" + printKernel(after) + "\n}\n" + pattern +
           "}\n";
  };
  Result<std::string> pattern = generalizeRewrite("rewrite", before, after);
  if (pattern) {
    Result<SavedRule> general =
        parse(compose("module @pattern {\n" + *pattern + "}\n"), name, context);
    // A pattern that does not even make the pair that it comes from is none.
    if (general) {
      std::optional<std::string> again = general->apply(before);
      if (again && *again == printKernel(after))
        return general;
    }
  }
  return parse(compose(""), name, context);
}

std::optional<std::string> SavedRule::apply(KernelOp kernel) const {
  MLIRContext *context = kernel.getContext();
  ScopedDiagnosticHandler quiet(context,
                                [](Diagnostic &) { return success(); });
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(kernel.getLoc());
  auto copyIn = [&](KernelOp source) {
    auto copy = cast<KernelOp>(source->clone());
    scratch->push_back(copy);
    return copy;
  };
  if (!patterns) {
    KernelOp before = copyIn(kernelIn(**module, "before"));
    before.setSymName(kernel.getSymName());
    if (printKernel(before) != printKernel(kernel))
      return std::nullopt;
    KernelOp after = copyIn(kernelIn(**module, "after"));
    after.setSymName(kernel.getSymName());
    return printKernel(after);
  }
  KernelOp copy = copyIn(kernel);
  GreedyRewriteConfig config;
  config.setMaxNumRewrites(mostRewrites)
      .enableFolding(false)
      .enableConstantCSE(false)
      .setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  bool changed = false;
  if (failed(applyPatternsGreedily(copy->getRegion(0), *patterns, config,
                                   &changed)) ||
      !changed)
    return std::nullopt;
  IRRewriter rewriter(context);
  tidyKernel(copy, rewriter);
  if (failed(verify(*scratch)))
    return std::nullopt;
  return printKernel(copy);
}

Result<std::vector<SavedRule>>
qimeng::learnRules(const std::string &name, const std::string &origin,
                   ModuleOp payload, const Recipe &recipe,
                   const Architecture &architecture) {
  std::vector<SavedRule> rules;
  OwningOpRef<ModuleOp> program = payload.clone();
  for (const Step &step : recipe.getSteps()) {
    bool isRewrite = step.action == "rewrite";
    OwningOpRef<ModuleOp> before;
    if (isRewrite)
      before = program->clone();
    if (failed(applyStep(*program, step, &architecture)))
      return Error{"the recipe does not replay at " + step.str()};
    if (!isRewrite)
      continue;
    std::string label =
        rules.empty() ? name : name + "-" + std::to_string(rules.size() + 1);
    Result<SavedRule> rule = SavedRule::learn(
        label, origin, before->lookupSymbol<KernelOp>(step.getKernel()),
        program->lookupSymbol<KernelOp>(step.getKernel()));
    if (!rule)
      return Error{rule.error()};
    rules.push_back(std::move(*rule));
  }
  return rules;
}

Result<std::vector<SavedRule>> qimeng::loadRules(const std::string &folder,
                                                 MLIRContext *context) {
  std::vector<SavedRule> rules;
  if (!llvm::sys::fs::exists(folder))
    return rules;
  std::vector<std::string> files;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator at(folder, error), end;
       !error && at != end; at.increment(error))
    if (llvm::sys::path::extension(at->path()) == ".mlir")
      files.push_back(at->path());
  if (error)
    return Error{"cannot read the rules in " + folder + ": " + error.message()};
  llvm::sort(files);
  for (const std::string &file : files) {
    Result<std::string> text = readFile(file);
    if (!text)
      return Error{text.error()};
    Result<SavedRule> rule = SavedRule::parse(*text, file, context);
    if (!rule)
      return Error{rule.error()};
    rules.push_back(std::move(*rule));
  }
  return rules;
}

Status qimeng::saveRule(const SavedRule &rule, const std::string &folder) {
  if (Status made = makeWritableFolder(folder); !made)
    return made;
  std::string path = folder + "/" + rule.getName() + ".mlir";
  std::string text = rule.str();
  if (llvm::sys::fs::exists(path)) {
    Result<std::string> there = readFile(path);
    if (there && *there == text)
      return {};
    return Error{path +
                 " holds another rule; choose another name, or remove it"};
  }
  return writeFile(path, text);
}

namespace {
class SavedRulesPlanner : public Planner {
public:
  SavedRulesPlanner(std::unique_ptr<Planner> inner,
                    std::vector<SavedRule> rules)
      : inner(std::move(inner)), rules(std::move(rules)) {}
  StringRef getName() const override { return inner->getName(); }

  std::vector<Move> propose(const PlanState &state) override {
    std::vector<Move> moves;
    ModuleOp program = state.program;
    for (KernelOp kernel : program.getOps<KernelOp>())
      for (const SavedRule &rule : rules) {
        std::optional<std::string> text = rule.apply(kernel);
        if (!text)
          continue;
        std::string why;
        FailureOr<Step> step =
            makeStep(kernel.getContext(), "rewrite", kernel.getSymName(),
                     {{"text", *text}}, why);
        if (failed(step) ||
            failed(checkStep(program, *step, &state.architecture, why)))
          continue;
        Move move{{*step}, "saved rule " + rule.getName()};
        if (!state.wasTried(move))
          moves.push_back(std::move(move));
      }
    for (Move &move : inner->propose(state))
      moves.push_back(std::move(move));
    return moves;
  }

private:
  std::unique_ptr<Planner> inner;
  std::vector<SavedRule> rules;
};
} // namespace

std::unique_ptr<Planner>
qimeng::createSavedRulesPlanner(std::unique_ptr<Planner> inner,
                                std::vector<SavedRule> rules) {
  return std::make_unique<SavedRulesPlanner>(std::move(inner),
                                             std::move(rules));
}
