//===- MacroAction.h - Macro actions and their registry ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A macro action is declared once, in QiMengTransformOps.td, and defined once,
// in a file of Transforms/. What planners, coders and tools need to know about
// it is in its ActionInfo; what they do with it is below, and in Recipe.h.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMOPS_MACROACTION_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMOPS_MACROACTION_H

#include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <string>

namespace mlir {
class DialectRegistry;
class ModuleOp;
class RewriterBase;
} // namespace mlir

namespace qimeng {

struct Architecture;
class MacroAction;
class Recipe;

/// The paper's four families, reordering, and what no action expresses.
enum class ActionFamily {
  Tiling,
  Fusing,
  Reordering,
  Pipelining,
  TensorCores,
  Rewriting
};

/// "tiling", "fusing", "reordering", "pipelining", "tensor cores", "rewriting".
llvm::StringRef stringifyActionFamily(ActionFamily family);

/// Text forms, as pass options: Ints "128,256"; Int "8"; Flag "true"; Symbol
/// "matmul" or "@matmul"; Word "hilbert". A Text is itself; passes read it from
/// the file that the option `file` names.
enum class ParameterKind { Ints, Int, Flag, Symbol, Word, Text };

struct ActionParameter {
  const char *name;
  ParameterKind kind;
  const char *defaultText; ///< in the text form; a Symbol or Text must be given
  const char *description;
};

struct ActionInfo {
  llvm::StringRef name;   ///< "tile"
  llvm::StringRef opName; ///< "transform.qimeng.tile"
  mlir::TypeID id;        ///< of the operation's class
  ActionFamily family;
  llvm::StringRef summary;
  llvm::StringRef description;                ///< Markdown
  llvm::ArrayRef<ActionParameter> parameters; ///< the kernel is not among them
  /// Appends parameters of sensible legal applications, the best first.
  void (*propose)(KernelOp kernel, const Architecture &target,
                  llvm::SmallVectorImpl<mlir::DictionaryAttr> &proposals);
  /// Whether `after` is what the action with these parameters was asked for,
  /// whatever steps made it of `before`; if not, `why`. The kernels are in
  /// their programs. Without `before`, only `after` is looked at.
  llvm::LogicalResult (*holds)(KernelOp before, KernelOp after,
                               mlir::DictionaryAttr parameters,
                               std::string &why);
  /// Null, or how the action changes a recipe instead of a kernel.
  llvm::LogicalResult (*edit)(Recipe &recipe, mlir::DictionaryAttr parameters,
                              std::string &why);
  /// The action only decides which blocks run which programs: numbers are the
  /// same without it.
  bool placesPrograms;

  const ActionParameter *findParameter(llvm::StringRef name) const;
};

/// All actions, by name.
llvm::ArrayRef<const ActionInfo *> getActions();
/// The action "tile", or null.
const ActionInfo *findAction(llvm::StringRef name);

/// An action with its parameters: one line of a recipe.
struct Step {
  std::string action; ///< "tile"
  /// Contains "kernel" (a FlatSymbolRefAttr); parameters that are left out have
  /// their defaults.
  mlir::DictionaryAttr parameters;

  llvm::StringRef getKernel() const;
  /// `tile @matmul sizes = [128, 256] warps = 8`. For people: of a Text it
  /// shows the number of lines and a hash.
  std::string str() const;
};

/// The attribute that `text` writes, or null and `why`.
mlir::Attribute parseParameter(mlir::MLIRContext *context,
                               const ActionParameter &parameter,
                               llvm::StringRef text, std::string &why);

/// A step from texts: `values` are parameter name and text form. Unknown names
/// and illegal values give a failure and `why`.
llvm::FailureOr<Step>
makeStep(mlir::MLIRContext *context, llvm::StringRef action,
         llvm::StringRef kernel,
         llvm::ArrayRef<std::pair<llvm::StringRef, llvm::StringRef>> values,
         std::string &why);

/// The step without parameters that have their defaults.
Step normalizeStep(Step step);

/// Whether the step may be applied to `program`, a module with kernels; if not,
/// `why`. `target` is null when only the structure counts.
llvm::LogicalResult checkStep(mlir::ModuleOp program, const Step &step,
                              const Architecture *target, std::string &why);

/// Applies the step to `program` in place, tidies the kernels that it changed
/// and verifies them. Failures are emitted as diagnostics; the program is
/// unusable then, unless the precondition was what failed.
llvm::LogicalResult applyStep(mlir::ModuleOp program, const Step &step,
                              const Architecture *target);

/// Sensible legal steps of `action` on `kernel`, the best first; each satisfies
/// its precondition.
llvm::SmallVector<Step> proposeSteps(KernelOp kernel, const ActionInfo &action,
                                     const Architecture &target);

/// Canonicalizes `kernel`, hoists what loops do not change, and removes what is
/// computed twice. Deterministic; every action ends with it.
void tidyKernel(KernelOp kernel, mlir::RewriterBase &rewriter);

/// Adds the actions to the transform dialect.
void registerTransformExtension(mlir::DialectRegistry &registry);

namespace detail {
mlir::DiagnosedSilenceableFailure
interpretAction(MacroAction action,
                mlir::transform::TransformRewriter &rewriter,
                mlir::transform::TransformState &state);
mlir::ParseResult parseAction(mlir::OpAsmParser &parser,
                              mlir::OperationState &result,
                              const ActionInfo &info);
void printAction(mlir::Operation *op, mlir::OpAsmPrinter &printer,
                 const ActionInfo &info);

/// What the interpreter knows beyond the program.
class TargetExtension : public mlir::transform::TransformState::Extension {
public:
  TargetExtension(mlir::transform::TransformState &state,
                  const Architecture *target)
      : Extension(state), target(target) {}
  const Architecture *const target;
};
} // namespace detail

} // namespace qimeng

#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h.inc"

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMOPS_MACROACTION_H
