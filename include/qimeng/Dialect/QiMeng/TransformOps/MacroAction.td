//===- MacroAction.td - What every macro action offers -----*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_MACROACTION_TD
#define QIMENG_MACROACTION_TD

include "mlir/Dialect/Transform/IR/TransformDialect.td"
include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def MacroAction : OpInterface<"MacroAction"> {
  let cppNamespace = "::qimeng";
  let description = [{
    A macro action: a rewrite of one kernel, named by symbol, with parameters. The
    op is the action's only declaration; pass, transform op, recipe text and
    registry entry follow from it.
  }];
  let methods = [
    InterfaceMethod<"The name, parameters, family and documentation of the action.",
      "const ::qimeng::ActionInfo &", "getInfo", (ins)>,
    InterfaceMethod<"The symbol of the kernel that the action rewrites.",
      "::llvm::StringRef", "getKernel", (ins)>,
    InterfaceMethod<[{
      Whether the action, with these parameters, may be applied to `kernel`; if not,
      `why` says what stands against it and what to do. `target` is null when only the structure counts.
      Changes nothing.
    }], "::llvm::LogicalResult", "precondition",
      (ins "::qimeng::KernelOp":$kernel, "const ::qimeng::Architecture *":$target, "std::string &":$why)>,
    InterfaceMethod<[{
      Rewrites `kernel`; the precondition holds. All changes go through `rewriter`. A
      failure is reported as a diagnostic and leaves the program unusable.
    }], "::llvm::LogicalResult", "rewrite",
      (ins "::qimeng::KernelOp":$kernel, "::mlir::RewriterBase &":$rewriter, "const ::qimeng::Architecture *":$target)>
  ];
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// A parameter of an action. `default` is in the syntax of a pass option ("8",
/// "128,256", "").
class QiMeng_Parameter<string parameterName, string parameterKind, Attr attrConstraint, string defaultText, string text> {
  string name = parameterName;
  string kind = parameterKind;
  Attr constraint = attrConstraint;
  string default = defaultText;
  string description = text;
}
// Constraints whose summary is the parameter's description, for the reference.
class QiMeng_IntsAttr<string text> : DenseArrayAttrBase<"DenseI64ArrayAttr", "int64_t", "i64"> { let summary = text; }
class QiMeng_IntAttr<string text> : TypedSignlessIntegerAttrBase<I64, "int64_t", text>;
class QiMeng_WordAttr<string text> : StringBasedAttr<CPred<"::llvm::isa<::mlir::StringAttr>($_self)">, text>;
class QiMeng_TextAttr<string text> : StringBasedAttr<CPred<"::llvm::isa<::mlir::StringAttr>($_self)">, text>;
class QiMeng_SymbolAttr<string text> : Attr<CPred<"::llvm::isa<::mlir::FlatSymbolRefAttr>($_self)">, text> {
  let storageType = "::mlir::FlatSymbolRefAttr";
  let returnType = "::llvm::StringRef";
  let valueType = NoneType;
  let constBuilderCall = "::mlir::SymbolRefAttr::get($_builder.getContext(), $0)";
  let convertFromStorage = "$_self.getValue()";
}
class QiMeng_FlagAttr<string text> : Attr<CPred<"::llvm::isa<::mlir::UnitAttr>($_self)">, text> {
  let storageType = "::mlir::UnitAttr";
  let constBuilderCall = "(($0) ? $_builder.getUnitAttr() : nullptr)";
  let convertFromStorage = "$_self != nullptr";
  let returnType = "bool";
  let defaultValue = "false";
  let valueType = NoneType;
  let isOptional = 1;
}

/// A list of integers; empty when left out.
class QiMeng_Ints<string name, string text> : QiMeng_Parameter<name, "Ints", DefaultValuedAttr<QiMeng_IntsAttr<text>, "{}">, "", text>;
class QiMeng_Int<string name, string default, string text>
    : QiMeng_Parameter<name, "Int", DefaultValuedAttr<QiMeng_IntAttr<text>, default>, default, text>;
/// Present or not.
class QiMeng_Flag<string name, string text> : QiMeng_Parameter<name, "Flag", QiMeng_FlagAttr<text>, "", text>;
/// The name of another kernel; must be given.
class QiMeng_Symbol<string name, string text> : QiMeng_Parameter<name, "Symbol", QiMeng_SymbolAttr<text>, "", text>;
/// A word; the action says which ones it takes.
class QiMeng_Word<string name, string default, string text>
    : QiMeng_Parameter<name, "Word", DefaultValuedAttr<QiMeng_WordAttr<text>, "\"" # default # "\"">, default, text>;
/// Several lines; must be given.
class QiMeng_Text<string name, string text> : QiMeng_Parameter<name, "Text", QiMeng_TextAttr<text>, "", text>;

//===----------------------------------------------------------------------===//
// Actions
//===----------------------------------------------------------------------===//

def QiMeng_RootHandle : Type<TransformHandleTypeInterface.predicate, "a handle to the module with the kernels",
                             "::mlir::transform::TransformHandleTypeInterface">;

/// `family`: Tiling, Fusing, Reordering, Pipelining, TensorCores or Rewriting. The class
/// that is generated declares `precondition`, `rewrite` and the static `propose` and
/// `holds`, which the action's file in Transforms/ defines. With `editsRecipe` it declares the static `edit` too.
/// `placesPrograms`: the action only decides which blocks run which programs, so that numbers do not depend on it.
class QiMeng_Action<string mnemonic, string family, list<QiMeng_Parameter> parameters, bit editsRecipe = 0,
                    bit placesPrograms = 0>
    : Op<Transform_Dialect, "qimeng." # mnemonic, [
        DeclareOpInterfaceMethods<TransformOpInterface>,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        MacroAction]> {
  let cppNamespace = "::qimeng";
  let arguments = !con((ins QiMeng_SymbolAttr<"the kernel to rewrite">:$kernel),
                       !dag(ins, !foreach(p, parameters, p.constraint), !foreach(p, parameters, p.name)),
                       (ins QiMeng_RootHandle:$root));
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// Appends the parameters (without the kernel) of sensible legal
    /// applications to `kernel`, the most promising first.
    static void propose(::qimeng::KernelOp kernel, const ::qimeng::Architecture &target,
                        ::llvm::SmallVectorImpl<::mlir::DictionaryAttr> &proposals);
    /// Whether `after` is what was asked for, by whatever steps `before` became it.
    static ::llvm::LogicalResult holds(::qimeng::KernelOp before, ::qimeng::KernelOp after,
                                       ::mlir::DictionaryAttr parameters, std::string &why);
  }] # !if(editsRecipe, [{
    /// Changes `recipe` as the parameters (with the kernel) say.
    static ::llvm::LogicalResult edit(::qimeng::Recipe &recipe, ::mlir::DictionaryAttr parameters, std::string &why);
  }], "") # [{
    static const ::qimeng::ActionInfo &info();
    const ::qimeng::ActionInfo &getInfo() { return info(); }
    ::llvm::LogicalResult precondition(::qimeng::KernelOp kernel, const ::qimeng::Architecture *target, std::string &why);
    ::llvm::LogicalResult rewrite(::qimeng::KernelOp kernel, ::mlir::RewriterBase &rewriter,
                                  const ::qimeng::Architecture *target);
  }];
  let extraClassDefinition = [{
    const ::qimeng::ActionInfo &$cppClass::info() {
      static const ::qimeng::ActionParameter parameters[] = {
  }] # !foldl("", parameters, all, p, all # "        {\"" # p.name # "\", ::qimeng::ParameterKind::" # p.kind #
                                     ", \"" # p.default # "\", R\"qm(" # p.description # ")qm\"},\n") # [{
        {nullptr, ::qimeng::ParameterKind::Flag, nullptr, nullptr}};
      static const ::qimeng::ActionInfo info = {
          "}] # mnemonic # [{", getOperationName(), ::mlir::TypeID::get<$cppClass>(), ::qimeng::ActionFamily::}] # family # [{,
          R"qm(}] # summary # [{)qm", R"qm(}] # description # [{)qm",
          ::llvm::ArrayRef<::qimeng::ActionParameter>(parameters, std::size(parameters) - 1),
          &propose, &holds, }] # !if(editsRecipe, "&edit", "nullptr") # ", " # !if(placesPrograms, "true", "false") # [{};
      return info;
    }
    ::mlir::DiagnosedSilenceableFailure $cppClass::apply(
        ::mlir::transform::TransformRewriter &rewriter, ::mlir::transform::TransformResults &,
        ::mlir::transform::TransformState &state) {
      return ::qimeng::detail::interpretAction(::llvm::cast<::qimeng::MacroAction>(getOperation()), rewriter, state);
    }
    void $cppClass::getEffects(::llvm::SmallVectorImpl<::mlir::MemoryEffects::EffectInstance> &effects) {
      ::mlir::transform::onlyReadsHandle(getOperation()->getOpOperands(), effects);
      ::mlir::transform::modifiesPayload(effects);
    }
    ::mlir::ParseResult $cppClass::parse(::mlir::OpAsmParser &parser, ::mlir::OperationState &result) {
      return ::qimeng::detail::parseAction(parser, result, info());
    }
    void $cppClass::print(::mlir::OpAsmPrinter &printer) {
      ::qimeng::detail::printAction(getOperation(), printer, info());
    }
  }];
}

#endif // QIMENG_MACROACTION_TD
