//===- Executor.cpp - Programs on the host --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Executor.h"
#include "Jit.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Pass/PassManager.h"
#include "qimeng/Conversion/ToCPU/ToCPU.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>
#include <unistd.h>

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// TensorSpec, HostTensor
//===----------------------------------------------------------------------===//

int64_t TensorSpec::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

std::string TensorSpec::str() const {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + dataTypeName(type) + ">";
}

HostTensor::HostTensor(TensorSpec spec) : spec(std::move(spec)) {
  size_t size = (this->spec.getNumBytes() + 63) / 64 * 64;
  bytes.reset(
      static_cast<char *>(std::aligned_alloc(64, std::max<size_t>(size, 64))));
  if (!bytes)
    llvm::report_bad_alloc_error("not enough memory for a host tensor");
  std::memset(bytes.get(), 0, size);
}

void HostTensor::fillBytes(unsigned char byte) {
  std::memset(data(), byte, spec.getNumBytes());
}

HostTensor HostTensor::convertTo(DataType type) const {
  HostTensor result(TensorSpec{type, spec.shape});
  convertElements(data(), spec.type, result.data(), type, getNumElements());
  return result;
}

std::string HostTensor::indexString(int64_t element) const {
  SmallVector<int64_t> indices;
  for (int64_t size : llvm::reverse(spec.shape)) {
    indices.push_back(element % size);
    element /= size;
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '(';
  llvm::interleaveComma(llvm::reverse(indices), stream);
  stream << ')';
  return text;
}

//===----------------------------------------------------------------------===//
// Finding the entry and its operands
//===----------------------------------------------------------------------===//

CPUExecutor::CPUExecutor(Location loc) : loc(loc) {}
CPUExecutor::~CPUExecutor() = default;

Operation *qimeng::findEntry(ModuleOp module, StringRef name) {
  if (!name.empty()) {
    Operation *entry = module.lookupSymbol(name);
    if (!isa_and_nonnull<func::FuncOp, KernelOp>(entry)) {
      module.emitError() << "holds no function or kernel named '" << name
                         << "'";
      return nullptr;
    }
    return entry;
  }
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      return function;
  auto kernels = module.getOps<KernelOp>();
  if (!kernels.empty() && std::next(kernels.begin()) == kernels.end())
    return *kernels.begin();
  module.emitError() << "holds no public function to run"
                     << (kernels.empty() ? ""
                                         : ", and several kernels; name one");
  return nullptr;
}

/// Whether `memref` or a view of it may be written.
static bool isWritten(Value memref) {
  for (OpOperand &use : memref.getUses()) {
    Operation *user = use.getOwner();
    if (auto launch = dyn_cast<LaunchOp>(user)) {
      auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(
          launch, launch.getKernelAttr());
      if (kernel &&
          kernel.isOutput(kernel.getBody().getArgument(use.getOperandNumber())))
        return true;
    } else if (auto call = dyn_cast<func::CallOp>(user)) {
      auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
          call, call.getCalleeAttr());
      if (!callee || callee.isExternal() ||
          isWritten(callee.getArgument(use.getOperandNumber())))
        return true;
    } else if (isa<ViewLikeOpInterface>(user)) {
      if (llvm::any_of(user->getResults(), isWritten))
        return true;
    } else if (auto effects = dyn_cast<MemoryEffectOpInterface>(user)) {
      if (effects.getEffectOnValue<MemoryEffects::Write>(memref))
        return true;
    }
  }
  return false;
}

LogicalResult CPUExecutor::findOperands(Operation *entry) {
  double bytes = 0;
  const double memory =
      double(::sysconf(_SC_PHYS_PAGES)) * double(::sysconf(_SC_PAGESIZE));
  auto describe = [&](Type type, TensorSpec &spec) -> LogicalResult {
    Type element = getElementTypeOrSelf(type);
    auto shaped = dyn_cast<ShapedType>(type);
    // An index is a word of the host's, as it is in the kernels' memory.
    std::optional<DataType> dataType =
        element.isIndex() ? DataType::I64 : toDataType(element);
    if (!dataType)
      return entry->emitError()
             << "elements of type " << element
             << " do not run on the CPU; expected f16, bf16, f32, f64, i1, i8, "
                "i16, i32 or i64";
    if (isa<UnrankedTensorType, UnrankedMemRefType>(type) ||
        (shaped && !shaped.hasStaticShape()))
      return entry->emitError() << "has an operand of type " << type
                                << "; only static shapes are supported";
    double elements = 1;
    if (shaped)
      for (int64_t size : shaped.getShape())
        elements *= double(size);
    bytes += elements * dataTypeBytes(*dataType);
    if (bytes > memory)
      return entry->emitError()
             << "its operands and results take more than the "
             << llvm::formatv("{0:f1}", memory / 1e9).str()
             << " GB of memory that this machine has; run it at smaller sizes "
                "(qimeng-opt --qimeng-resize)";
    auto memref = dyn_cast<MemRefType>(type);
    if (memref && !memref.getLayout().isIdentity())
      return entry->emitError() << "has an operand of type " << type
                                << "; only row-major memrefs are supported";
    spec.type = *dataType;
    if (shaped)
      spec.shape.assign(shaped.getShape().begin(), shaped.getShape().end());
    return success();
  };
  auto kernel = dyn_cast<KernelOp>(entry);
  Block &block = entry->getRegion(0).front();
  for (BlockArgument argument : block.getArguments()) {
    TensorSpec spec;
    if (failed(describe(argument.getType(), spec)))
      return failure();
    bool isOutput = isa<MemRefType>(argument.getType()) &&
                    (kernel ? kernel.isOutput(argument) : isWritten(argument));
    auto &list = isOutput ? outputs : inputs;
    arguments.push_back({isOutput, static_cast<unsigned>(list.size()),
                         !isa<ShapedType>(argument.getType())});
    list.push_back(spec);
  }
  if (kernel)
    return success();
  for (Type type : cast<func::FuncOp>(entry).getResultTypes()) {
    TensorSpec spec;
    if (!isa<RankedTensorType>(type))
      return entry->emitError()
             << "returns " << type << "; only tensors can be returned";
    // Kernels write what they give, so no kernel program could give it.
    if (llvm::is_contained(cast<RankedTensorType>(type).getShape(), 0))
      return entry->emitError() << "has a result of type " << type
                                << ", which has no elements; do not return it";
    if (failed(describe(type, spec)))
      return failure();
    arguments.push_back({true, static_cast<unsigned>(outputs.size()), false});
    outputs.push_back(spec);
  }
  return success();
}

unsigned CPUExecutor::getArgumentOfInput(unsigned number) const {
  for (auto [index, argument] : llvm::enumerate(arguments))
    if (!argument.isOutput && argument.number == number)
      return index;
  llvm_unreachable("no such input");
}

/// A copy of `module` with `entry` and what it reaches only.
static OwningOpRef<ModuleOp> extract(ModuleOp module, Operation *entry) {
  OwningOpRef<ModuleOp> copy = ModuleOp::create(module.getLoc());
  SymbolTable symbols(module);
  SetVector<Operation *> wanted;
  wanted.insert(entry);
  for (unsigned i = 0; i < wanted.size(); ++i) {
    auto uses = SymbolTable::getSymbolUses(wanted[i]);
    if (!uses)
      continue;
    for (SymbolTable::SymbolUse use : *uses)
      if (Operation *symbol =
              symbols.lookup(use.getSymbolRef().getRootReference()))
        wanted.insert(symbol);
  }
  OpBuilder builder = OpBuilder::atBlockEnd(copy->getBody());
  for (Operation &op : *module.getBody())
    if (wanted.contains(&op))
      builder.clone(op);
  return copy;
}

//===----------------------------------------------------------------------===//
// Compiling and running
//===----------------------------------------------------------------------===//

void qimeng::registerExecutorDialects(DialectRegistry &registry) {
  registerCPUDialects(registry);
}

FailureOr<std::unique_ptr<CPUExecutor>> CPUExecutor::create(ModuleOp module,
                                                            StringRef name) {
  Operation *entry = findEntry(module, name);
  if (!entry)
    return failure();
  MLIRContext *context = module.getContext();
  DialectRegistry registry;
  registerExecutorDialects(registry);
  context->appendDialectRegistry(registry);
  for (StringRef dialect : registry.getDialectNames())
    context->getOrLoadDialect(dialect);

  std::unique_ptr<CPUExecutor> executor(new CPUExecutor(entry->getLoc()));
  if (failed(executor->findOperands(entry)))
    return failure();
  StringRef symbol = SymbolTable::getSymbolName(entry);
  OwningOpRef<ModuleOp> copy = extract(module, entry);
  for (auto function : copy->getOps<func::FuncOp>())
    if (function.isExternal())
      return function.emitError()
             << "is called and has no body; define it, or remove the call";
  if (failed(lowerKernelsToCPU(*copy)))
    return failure();
  if (auto checks = (*copy)->getAttrOfType<ArrayAttr>(checksAttribute)) {
    for (auto check : checks.getAsRange<ArrayAttr>())
      executor->checks.emplace_back(
          LocationAttr(cast<LocationAttr>(check[0])),
          cast<StringAttr>(check[1]).getValue().str());
    (*copy)->removeAttr(checksAttribute);
  }

  PassManager manager(context);
  manager.enableVerifier(false);
  bool onTensors =
      llvm::any_of(copy->getOps<func::FuncOp>(), [](func::FuncOp function) {
        return function
            .walk([](Operation *op) {
              return llvm::any_of(op->getOperandTypes(),
                                  llvm::IsaPred<TensorType>) ||
                             llvm::any_of(op->getResultTypes(),
                                          llvm::IsaPred<TensorType>)
                         ? WalkResult::interrupt()
                         : WalkResult::advance();
            })
            .wasInterrupted();
      });
  if (onTensors)
    buildTensorsToLoops(manager);
  buildLoopsToLLVM(manager);
  if (failed(manager.run(*copy)))
    return entry->emitError() << "cannot be lowered to the CPU";

  SmallVector<JitArgument> arguments;
  for (const Argument &argument : executor->arguments)
    arguments.push_back({argument.isScalar,
                         (argument.isOutput ? executor->outputs
                                            : executor->inputs)[argument.number]
                             .shape});
  auto jit = Jit::create(*copy, symbol, arguments);
  if (failed(jit))
    return failure();
  executor->code = std::move(*jit);
  return executor;
}

std::vector<HostTensor> CPUExecutor::allocateOutputs() const {
  std::vector<HostTensor> tensors;
  for (const TensorSpec &spec : outputs)
    tensors.emplace_back(spec);
  return tensors;
}

LogicalResult CPUExecutor::runOnce(ArrayRef<HostTensor> inputs,
                                   MutableArrayRef<HostTensor> outputs,
                                   unsigned char poison,
                                   double &seconds) const {
  for (HostTensor &output : outputs) {
    // Any byte but 0 or 1 is no i1.
    bool isBool = output.getSpec().type == DataType::I1;
    output.fillBytes(isBool ? poison & 1 : poison);
  }
  SmallVector<void *> data;
  for (const Argument &argument : arguments)
    data.push_back(argument.isOutput
                       ? outputs[argument.number].data()
                       : const_cast<char *>(inputs[argument.number].data()));
  Jit::Outcome outcome = code->run(data, poison);
  seconds = outcome.seconds;
  if (outcome.outOfMemory)
    return emitError(loc) << "ran out of memory on the host";
  bool clean = true;
  for (auto [number, count] : llvm::enumerate(outcome.violations)) {
    if (count == 0)
      continue;
    clean = false;
    emitError(checks[number].first)
        << checks[number].second << " (" << count << " time"
        << (count == 1 ? "" : "s") << ")";
  }
  return success(clean);
}

LogicalResult CPUExecutor::run(ArrayRef<HostTensor> inputs,
                               MutableArrayRef<HostTensor> outputs,
                               Report *report) const {
  auto check = [&](StringRef what, ArrayRef<TensorSpec> expected,
                   ArrayRef<HostTensor> given) -> LogicalResult {
    if (expected.size() != given.size())
      return emitError(loc) << "takes " << expected.size() << ' ' << what
                            << "s, found " << given.size();
    for (auto [number, spec] : llvm::enumerate(expected))
      if (!(spec == given[number].getSpec()))
        return emitError(loc)
               << what << ' ' << number << " must be " << spec.str()
               << ", found " << given[number].getSpec().str();
    return success();
  };
  if (failed(check("input", this->inputs, inputs)) ||
      failed(check("output", this->outputs, outputs)))
    return failure();
  double seconds = 0;
  std::vector<HostTensor> first;
  if (report && report->countUntouched) {
    first = allocateOutputs();
    if (failed(runOnce(inputs, first, 0xAA, seconds)))
      return failure();
  }
  if (failed(runOnce(inputs, outputs, 0xFF, seconds)))
    return failure();
  if (!report)
    return success();
  report->seconds = seconds;
  report->untouched.clear();
  for (auto [number, tensor] : llvm::enumerate(first)) {
    // Untouched is what held both poisons.
    size_t width = dataTypeBytes(tensor.getSpec().type);
    bool isBool = tensor.getSpec().type == DataType::I1;
    auto isFilled = [&](const HostTensor &tensor, int64_t i, char byte) {
      const char *element = tensor.data() + i * width;
      return std::all_of(element, element + width,
                         [&](char found) { return found == byte; });
    };
    int64_t untouched = 0;
    for (int64_t i = 0, end = tensor.getNumElements(); i < end; ++i)
      untouched +=
          isFilled(tensor, i, isBool ? 0 : static_cast<char>(0xAA)) &&
          isFilled(outputs[number], i, isBool ? 1 : static_cast<char>(0xFF));
    report->untouched.push_back(untouched);
  }
  return success();
}
