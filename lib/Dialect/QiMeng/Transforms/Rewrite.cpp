//===- Rewrite.cpp - Macro action: rewrite --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Staging.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Dialect/QiMeng/IR/Limits.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace qimeng;

/// How many times the work of the kernel before a rewrite may take, and what it
/// may take in any case: padded tiles double each dimension of a product. An
/// operation works on many elements, or it has no business in a loop.
static constexpr double mostTimes = 16, freeScalars = 1 << 24,
                        freeTile = 1 << 16, freeExecutions = 1 << 24;
/// Scalar operations in the code of a thread: some ten seconds of compiling.
static constexpr double mostCode = 1 << 15;
/// Operations that one run executes, and iterations of a program's loops.
static constexpr double mostExecutions = 4e9;
static constexpr int64_t mostIterations = int64_t(1) << 28;
static constexpr int64_t mostDimensions = 8;

/// The module that the text is, verified; or null and `why`.
static OwningOpRef<ModuleOp> parseKernel(StringRef text, MLIRContext *context,
                                         std::string &why) {
  TextLimits limits;
  limits.dialects = getKernelDialects();
  if (failed(checkText(text, limits, why)))
    return nullptr;
  std::string reported;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error ||
        !reported.empty())
      return success();
    llvm::raw_string_ostream os(reported);
    if (auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
      os << "line " << place.getLine() << ", column " << place.getColumn()
         << ": ";
    os << diagnostic;
    return success();
  });
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(context), "text");
  if (!module)
    why = reported;
  return module;
}

static std::string listTypes(KernelOp kernel) {
  std::string types;
  llvm::raw_string_ostream os(types);
  llvm::interleaveComma(kernel.getBody().getArgumentTypes(), os);
  return types;
}

/// The kernel in `module`, if it may take the place of `old`; or null and
/// `why`.
static KernelOp findReplacement(ModuleOp module, KernelOp old,
                                std::string &why) {
  auto fail = [&](const Twine &reason) {
    (void)refuse(why, reason);
    return KernelOp();
  };
  KernelOp kernel;
  for (Operation &op : *module.getBody()) {
    if (kernel || !isa<KernelOp>(op))
      return fail("the text must be one qimeng.kernel and nothing else, found "
                  "'" +
                  op.getName().getStringRef() + "' too");
    kernel = cast<KernelOp>(op);
  }
  if (!kernel)
    return fail("the text holds no qimeng.kernel");
  if (kernel.getSymName() != old.getSymName())
    return fail("the text must be of @" + old.getSymName() + ", found @" +
                kernel.getSymName());
  if (kernel->getDiscardableAttrDictionary() !=
      old->getDiscardableAttrDictionary())
    return fail("the kernel's attributes must stay as they were; only grid and "
                "schedule are free");
  if (old.getBody().getArgumentTypes() != kernel.getBody().getArgumentTypes())
    return fail("the operands must stay (" + listTypes(old) + "), found (" +
                listTypes(kernel) + ")");
  for (auto [a, b] :
       llvm::zip_equal(old.getOperandArguments(), kernel.getOperandArguments()))
    if (old.isOutput(a) != kernel.isOutput(b))
      return fail("operand " + Twine(a.getArgNumber()) + " must " +
                  (old.isOutput(a) ? "be stored to, as before"
                                   : "not be stored to: it is an input"));
  return kernel;
}

/// What allows a compiler to assume something of values, or to round otherwise.
static bool isPermission(NamedAttribute attribute) {
  Attribute value = attribute.getValue();
  if (auto flags = dyn_cast<arith::FastMathFlagsAttr>(value))
    return flags.getValue() != arith::FastMathFlags::none;
  if (auto flags = dyn_cast<arith::IntegerOverflowFlagsAttr>(value))
    return flags.getValue() != arith::IntegerOverflowFlags::none;
  return isa<arith::RoundingModeAttr>(value) ||
         llvm::is_contained({"isExact", "nonNeg"},
                            attribute.getName().strref());
}

/// The host's compiler and the GPU's make different use of permissions, so that
/// comparing numbers on the host would say nothing of the GPU. Those that the
/// kernel had stay.
static LogicalResult checkPermissions(KernelOp kernel, KernelOp old,
                                      std::string &why) {
  llvm::DenseSet<Attribute> given;
  auto collect = [](Operation *op, auto &&take) {
    for (NamedAttribute attribute : op->getAttrs())
      if (isPermission(attribute) && !take(attribute.getValue()))
        return WalkResult::interrupt();
    return WalkResult::advance();
  };
  old.getBody().walk([&](Operation *op) {
    return collect(op, [&](Attribute value) {
      given.insert(value);
      return true;
    });
  });
  WalkResult walk = kernel.getBody().walk([&](Operation *op) {
    return collect(op, [&](Attribute value) {
      if (given.contains(value))
        return true;
      std::string text;
      llvm::raw_string_ostream(text) << value;
      (void)refuse(why, "'" + op->getName().getStringRef() + "' has " + text +
                            ", which the kernel did not have; leave it out");
      return false;
    });
  });
  return failure(walk.wasInterrupted());
}

/// Operations on elements, where a function counts for several.
static double costOf(const KernelWork &work) {
  return work.scalars + 8 * work.functions;
}

/// Whether the kernel ends in time, and in the memory that there is.
static LogicalResult checkWork(KernelOp kernel, KernelOp old,
                               std::string &why) {
  std::string reason;
  if (findEndlessLoop(kernel, mostIterations, reason))
    return refuse(why, "a loop " + reason);
  WalkResult walk = kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto tile = dyn_cast<RankedTensorType>(type);
          tile && tile.getRank() > mostDimensions)
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return refuse(why, "a tile has more than " + Twine(mostDimensions) +
                           " dimensions");
  KernelWork before = countWork(old), after = countWork(kernel);
  auto exceeds = [&](double found, double most, StringRef what) {
    if (found <= most)
      return false;
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.3g ", found) << what
                                   << llvm::format(", more than %.3g", most);
    (void)refuse(why, text);
    return true;
  };
  if (exceeds(after.largestTile,
              std::max(mostTimes * before.largestTile, freeTile),
              "elements are in one tile") ||
      exceeds(after.executions,
              std::clamp(before.scalars, freeExecutions, mostExecutions),
              "operations would be executed") ||
      exceeds(costOf(after), std::max(mostTimes * costOf(before), freeScalars),
              "operations on elements would be executed") ||
      exceeds(after.codeSize, mostCode,
              "operations on elements are in the code of one thread"))
    return failure();
  return success();
}

LogicalResult RewriteOp::precondition(KernelOp kernel, const Architecture *,
                                      std::string &why) {
  OwningOpRef<ModuleOp> module =
      parseKernel(getText(), kernel.getContext(), why);
  if (!module)
    return failure();
  KernelOp replacement = findReplacement(*module, kernel, why);
  return success(replacement &&
                 succeeded(checkPermissions(replacement, kernel, why)) &&
                 succeeded(checkWork(replacement, kernel, why)));
}

LogicalResult RewriteOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                 const Architecture *) {
  std::string why;
  OwningOpRef<ModuleOp> module =
      parseKernel(getText(), kernel.getContext(), why);
  KernelOp replacement =
      module ? findReplacement(*module, kernel, why) : KernelOp();
  if (!replacement)
    return emitError() << why;
  rewriter.clone(*replacement);
  rewriter.eraseOp(kernel);
  return success();
}

/// Texts are not guessed.
void RewriteOp::propose(KernelOp, const Architecture &,
                        SmallVectorImpl<DictionaryAttr> &) {}

LogicalResult RewriteOp::holds(KernelOp before, KernelOp after, DictionaryAttr,
                               std::string &why) {
  if (!before || !OperationEquivalence::isEquivalentTo(
                     before, after, OperationEquivalence::IgnoreLocations))
    return success();
  return refuse(why, "@" + after.getSymName() + " is as it was");
}
