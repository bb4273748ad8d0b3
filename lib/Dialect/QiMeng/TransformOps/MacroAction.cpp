//===- MacroAction.cpp - What macro actions share -------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "mlir/Dialect/Transform/IR/TransformTypes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace qimeng;

#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.cpp.inc"

//===----------------------------------------------------------------------===//
// Registry
//===----------------------------------------------------------------------===//

StringRef qimeng::stringifyActionFamily(ActionFamily family) {
  switch (family) {
  case ActionFamily::Tiling:
    return "tiling";
  case ActionFamily::Fusing:
    return "fusing";
  case ActionFamily::Reordering:
    return "reordering";
  case ActionFamily::Pipelining:
    return "pipelining";
  case ActionFamily::TensorCores:
    return "tensor cores";
  case ActionFamily::Rewriting:
    return "rewriting";
  }
  llvm_unreachable("unknown family");
}

const ActionParameter *ActionInfo::findParameter(StringRef name) const {
  for (const ActionParameter &parameter : parameters)
    if (name == parameter.name)
      return &parameter;
  return nullptr;
}

const ActionInfo *qimeng::findAction(StringRef name) {
  for (const ActionInfo *action : getActions())
    if (action->name == name)
      return action;
  return nullptr;
}

static std::string listNames(const ActionInfo &info) {
  std::string names;
  for (const ActionParameter &parameter : info.parameters)
    names += (names.empty() ? "" : ", ") + std::string(parameter.name);
  return names.empty() ? "none" : names;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Attribute qimeng::parseParameter(MLIRContext *context,
                                 const ActionParameter &parameter,
                                 StringRef text, std::string &why) {
  Builder builder(context);
  auto fail = [&](StringRef expected) {
    why = ("'" + Twine(parameter.name) + "' must be " + expected + ", found '" +
           text + "'")
              .str();
    return Attribute();
  };
  text = text.trim();
  switch (parameter.kind) {
  case ParameterKind::Ints: {
    SmallVector<int64_t> values;
    SmallVector<StringRef> parts;
    text.split(parts, ',', -1, /*KeepEmpty=*/false);
    for (StringRef part : parts)
      if (part.trim().getAsInteger(10, values.emplace_back()))
        return fail("a list of integers such as 128,256");
    return builder.getDenseI64ArrayAttr(values);
  }
  case ParameterKind::Int: {
    int64_t value;
    if (text.getAsInteger(10, value))
      return fail("an integer");
    return builder.getI64IntegerAttr(value);
  }
  case ParameterKind::Flag:
    if (text == "true" || text == "1")
      return builder.getUnitAttr();
    return fail("true, or left out");
  case ParameterKind::Symbol:
    text.consume_front("@");
    if (text.empty())
      return fail("the name of a kernel");
    return FlatSymbolRefAttr::get(context, text);
  case ParameterKind::Word:
    return builder.getStringAttr(text);
  case ParameterKind::Text:
    if (text.empty())
      return fail("a text");
    return builder.getStringAttr(text);
  }
  llvm_unreachable("unknown kind");
}

/// Whether a parameter of this kind must be given.
static bool isRequired(ParameterKind kind) {
  return kind == ParameterKind::Symbol || kind == ParameterKind::Text;
}

/// Does not know Text, which people see in another form than files.
static void printParameter(raw_ostream &os, const ActionParameter &parameter,
                           Attribute value) {
  os << parameter.name;
  switch (parameter.kind) {
  case ParameterKind::Ints:
    os << " = [";
    llvm::interleaveComma(cast<DenseI64ArrayAttr>(value).asArrayRef(), os);
    os << ']';
    return;
  case ParameterKind::Int:
    os << " = " << cast<IntegerAttr>(value).getInt();
    return;
  case ParameterKind::Flag:
    return;
  case ParameterKind::Symbol:
    os << " = " << value;
    return;
  case ParameterKind::Word:
    os << " = " << cast<StringAttr>(value).getValue();
    return;
  case ParameterKind::Text:
    llvm_unreachable("handled by the caller");
  }
}

/// One line of the text to a line of the recipe, so that a recipe can be read
/// and compared:
///
///     text = [
///       "qimeng.kernel @k(%x: memref<8xf32>) {",
///       "}"
///     ]
static void printText(OpAsmPrinter &printer, const ActionParameter &parameter,
                      Attribute value) {
  printer << parameter.name << " = [";
  printer.increaseIndent();
  SmallVector<StringRef> lines;
  cast<StringAttr>(value).getValue().split(lines, '\n');
  llvm::interleave(
      lines,
      [&](StringRef line) {
        printer.printNewline();
        printer.printString(line);
      },
      [&] { printer << ','; });
  printer.decreaseIndent();
  printer.printNewline();
  printer << ']';
}

static ParseResult parseText(OpAsmParser &parser, Attribute &value) {
  SmallVector<std::string> lines;
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&] {
        return parser.parseString(&lines.emplace_back());
      }))
    return failure();
  value = parser.getBuilder().getStringAttr(llvm::join(lines, "\n"));
  return success();
}

/// Whether `value` is what the parameter has when it is left out.
static bool isDefault(const ActionParameter &parameter, Attribute value) {
  if (!value)
    return true;
  if (parameter.kind == ParameterKind::Flag || isRequired(parameter.kind))
    return false;
  std::string why;
  return parseParameter(value.getContext(), parameter, parameter.defaultText,
                        why) == value;
}

/// The attributes without those that have their defaults.
static DictionaryAttr dropDefaults(const ActionInfo &info,
                                   DictionaryAttr attributes) {
  SmallVector<NamedAttribute> kept;
  for (NamedAttribute attribute : attributes) {
    const ActionParameter *parameter = info.findParameter(attribute.getName());
    if (!parameter || !isDefault(*parameter, attribute.getValue()))
      kept.push_back(attribute);
  }
  return DictionaryAttr::get(attributes.getContext(), kept);
}

//===----------------------------------------------------------------------===//
// Assembly format:
//   @kernel name = value flag .. in %root : type
//===----------------------------------------------------------------------===//

ParseResult qimeng::detail::parseAction(OpAsmParser &parser,
                                        OperationState &result,
                                        const ActionInfo &info) {
  Builder &builder = parser.getBuilder();
  StringAttr kernel;
  if (parser.parseSymbolName(kernel))
    return failure();
  result.addAttribute("kernel", FlatSymbolRefAttr::get(kernel));
  llvm::SmallDenseSet<StringRef> seen;
  while (failed(parser.parseOptionalKeyword("in"))) {
    llvm::SMLoc loc = parser.getCurrentLocation();
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    const ActionParameter *parameter = info.findParameter(name);
    if (!parameter)
      return parser.emitError(loc)
             << info.name << " has no parameter '" << name
             << "'; its parameters are: " << listNames(info);
    if (!seen.insert(parameter->name).second)
      return parser.emitError(loc) << "'" << name << "' is given twice";
    Attribute value;
    if (parameter->kind == ParameterKind::Flag) {
      value = builder.getUnitAttr();
    } else {
      if (parser.parseEqual())
        return failure();
      switch (parameter->kind) {
      case ParameterKind::Ints: {
        SmallVector<int64_t> values;
        if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&] {
              return parser.parseInteger(values.emplace_back());
            }))
          return failure();
        value = builder.getDenseI64ArrayAttr(values);
        break;
      }
      case ParameterKind::Int: {
        int64_t number;
        if (parser.parseInteger(number))
          return failure();
        value = builder.getI64IntegerAttr(number);
        break;
      }
      case ParameterKind::Symbol: {
        StringAttr symbol;
        if (parser.parseSymbolName(symbol))
          return failure();
        value = FlatSymbolRefAttr::get(symbol);
        break;
      }
      case ParameterKind::Word: {
        StringRef word;
        if (parser.parseKeyword(&word))
          return failure();
        value = builder.getStringAttr(word);
        break;
      }
      case ParameterKind::Text:
        if (parseText(parser, value))
          return failure();
        break;
      case ParameterKind::Flag:
        llvm_unreachable("handled above");
      }
    }
    result.addAttribute(parameter->name, value);
  }
  for (const ActionParameter &parameter : info.parameters)
    if (isRequired(parameter.kind) && !seen.contains(parameter.name))
      return parser.emitError(parser.getNameLoc())
             << info.name << " needs '" << parameter.name
             << (parameter.kind == ParameterKind::Symbol ? " = @..'"
                                                         : " = [..]'");
  OpAsmParser::UnresolvedOperand root;
  Type type;
  return failure(parser.parseOperand(root) || parser.parseColonType(type) ||
                 parser.resolveOperand(root, type, result.operands) ||
                 parser.parseOptionalAttrDict(result.attributes));
}

void qimeng::detail::printAction(Operation *op, OpAsmPrinter &printer,
                                 const ActionInfo &info) {
  printer << ' ' << op->getAttr("kernel");
  SmallVector<StringRef> printed = {"kernel"};
  for (const ActionParameter &parameter : info.parameters) {
    Attribute value = op->getAttr(parameter.name);
    printed.push_back(parameter.name);
    if (isDefault(parameter, value))
      continue;
    printer << ' ';
    if (parameter.kind == ParameterKind::Text)
      printText(printer, parameter, value);
    else
      printParameter(printer.getStream(), parameter, value);
  }
  printer << " in " << op->getOperand(0) << " : "
          << op->getOperand(0).getType();
  printer.printOptionalAttrDict(op->getAttrs(), printed);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

StringRef Step::getKernel() const {
  return parameters.getAs<FlatSymbolRefAttr>("kernel").getValue();
}

std::string Step::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << action << ' ' << parameters.get("kernel");
  if (const ActionInfo *info = findAction(action))
    for (const ActionParameter &parameter : info->parameters) {
      Attribute value = parameters.get(parameter.name);
      if (isDefault(parameter, value))
        continue;
      os << ' ';
      if (parameter.kind == ParameterKind::Text) {
        StringRef lines = cast<StringAttr>(value).getValue();
        os << parameter.name << " = <" << lines.count('\n') + 1 << " lines, "
           << llvm::format_hex_no_prefix(llvm::xxh3_64bits(lines), 16) << '>';
      } else {
        printParameter(os, parameter, value);
      }
    }
  return text;
}

FailureOr<Step>
qimeng::makeStep(MLIRContext *context, StringRef action, StringRef kernel,
                 ArrayRef<std::pair<StringRef, StringRef>> values,
                 std::string &why) {
  const ActionInfo *info = findAction(action);
  if (!info) {
    why = "there is no action '" + action.str() + "'; the actions are: ";
    llvm::raw_string_ostream os(why);
    llvm::interleaveComma(getActions(), os,
                          [&](const ActionInfo *known) { os << known->name; });
    return failure();
  }
  kernel.consume_front("@");
  NamedAttrList attributes;
  attributes.set("kernel", FlatSymbolRefAttr::get(context, kernel));
  for (auto [name, text] : values) {
    const ActionParameter *parameter = info->findParameter(name);
    if (!parameter) {
      why = (action + " has no parameter '" + name +
             "'; its parameters are: " + listNames(*info))
                .str();
      return failure();
    }
    Attribute value = parseParameter(context, *parameter, text, why);
    if (!value)
      return failure();
    attributes.set(name, value);
  }
  for (const ActionParameter &parameter : info->parameters)
    if (isRequired(parameter.kind) && !attributes.get(parameter.name)) {
      why = (action + " needs '" + parameter.name + "'").str();
      return failure();
    }
  return Step{action.str(),
              dropDefaults(*info, attributes.getDictionary(context))};
}

Step qimeng::normalizeStep(Step step) {
  if (const ActionInfo *info = findAction(step.action))
    step.parameters = dropDefaults(*info, step.parameters);
  return step;
}

namespace {
/// The step's operation, outside of any recipe.
class DetachedAction {
public:
  DetachedAction(const ActionInfo &info, DictionaryAttr parameters)
      : handle(transform::AnyOpType::get(parameters.getContext())) {
    OperationState state(UnknownLoc::get(parameters.getContext()), info.opName);
    state.addAttributes(parameters.getValue());
    root = block.addArgument(handle, state.location);
    state.addOperands(root);
    block.push_back(Operation::create(state));
  }
  MacroAction get() { return cast<MacroAction>(block.front()); }

private:
  Type handle;
  Block block;
  Value root;
};
} // namespace

static KernelOp findKernel(Operation *root, StringRef name, std::string &why) {
  SmallVector<StringRef> known;
  for (Region &region : root->getRegions())
    for (KernelOp kernel : region.getOps<KernelOp>()) {
      if (kernel.getSymName() == name)
        return kernel;
      known.push_back(kernel.getSymName());
    }
  why = "the program has no kernel @" + name.str();
  if (known.empty())
    why += ", nor any other; partition it first";
  else
    why += "; its kernels are @" + llvm::join(known, ", @");
  return nullptr;
}

/// Finds the kernel and checks the precondition.
static KernelOp checkAction(MacroAction action, Operation *root,
                            const Architecture *target, std::string &why) {
  const ActionInfo &info = action.getInfo();
  for (const ActionParameter &parameter : info.parameters)
    if (isRequired(parameter.kind) && !action->hasAttr(parameter.name)) {
      why = info.name.str() + " needs '" + parameter.name + "'";
      return nullptr;
    }
  KernelOp kernel = findKernel(root, action.getKernel(), why);
  if (!kernel || failed(action.precondition(kernel, target, why)))
    return nullptr;
  return kernel;
}

static LogicalResult applyAction(MacroAction action, KernelOp kernel,
                                 Operation *root, RewriterBase &rewriter,
                                 const Architecture *target) {
  StringAttr name = kernel.getSymNameAttr();
  llvm::SmallPtrSet<Operation *, 8> before;
  for (KernelOp known : root->getRegion(0).getOps<KernelOp>())
    before.insert(known);
  rewriter.setInsertionPoint(kernel);
  if (failed(action.rewrite(kernel, rewriter, target)))
    return failure();
  for (KernelOp changed :
       llvm::make_early_inc_range(root->getRegion(0).getOps<KernelOp>()))
    if (changed.getSymNameAttr() == name || !before.contains(changed))
      tidyKernel(changed, rewriter);
  return verify(root);
}

LogicalResult qimeng::checkStep(ModuleOp program, const Step &step,
                                const Architecture *target, std::string &why) {
  const ActionInfo *info = findAction(step.action);
  if (!info) {
    why = "there is no action '" + step.action + "'";
    return failure();
  }
  DetachedAction action(*info, step.parameters);
  return success(checkAction(action.get(), program, target, why) != nullptr);
}

LogicalResult qimeng::applyStep(ModuleOp program, const Step &step,
                                const Architecture *target) {
  const ActionInfo *info = findAction(step.action);
  if (!info)
    return emitError(program.getLoc())
           << "there is no action '" << step.action << "'";
  DetachedAction action(*info, step.parameters);
  std::string why;
  KernelOp kernel = checkAction(action.get(), program, target, why);
  if (!kernel)
    return emitError(program.getLoc()) << step.str() << ": " << why;
  IRRewriter rewriter(program.getContext());
  return applyAction(action.get(), kernel, program, rewriter, target);
}

SmallVector<Step> qimeng::proposeSteps(KernelOp kernel,
                                       const ActionInfo &action,
                                       const Architecture &target) {
  SmallVector<DictionaryAttr> proposals;
  action.propose(kernel, target, proposals);
  SmallVector<Step> steps;
  for (DictionaryAttr proposal : proposals) {
    NamedAttrList attributes(proposal);
    attributes.set("kernel", FlatSymbolRefAttr::get(kernel.getSymNameAttr()));
    Step step{
        action.name.str(),
        dropDefaults(action, attributes.getDictionary(kernel.getContext()))};
    std::string why;
    DetachedAction detached(action, step.parameters);
    if (succeeded(detached.get().precondition(kernel, &target, why)))
      steps.push_back(std::move(step));
  }
  return steps;
}

DiagnosedSilenceableFailure
qimeng::detail::interpretAction(MacroAction action,
                                transform::TransformRewriter &rewriter,
                                transform::TransformState &state) {
  const ActionInfo &info = action.getInfo();
  const auto *extension = state.getExtension<TargetExtension>();
  const Architecture *target = extension ? extension->target : nullptr;
  auto roots = state.getPayloadOps(action->getOperand(0));
  if (!llvm::hasSingleElement(roots) ||
      !(*roots.begin())->hasTrait<OpTrait::SymbolTable>())
    return emitSilenceableFailure(action)
           << info.name << " takes a handle to the module with the kernels";
  Operation *root = *roots.begin();
  std::string why;
  KernelOp kernel = checkAction(action, root, target, why);
  if (!kernel)
    return emitSilenceableFailure(action)
           << info.name << " @" << action.getKernel() << ": " << why;
  if (failed(applyAction(action, kernel, root, rewriter, target)))
    return emitDefiniteFailure(action)
           << info.name << " @" << action.getKernel() << " failed";
  return DiagnosedSilenceableFailure::success();
}
