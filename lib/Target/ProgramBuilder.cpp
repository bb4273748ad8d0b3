//===- ProgramBuilder.cpp - Host programs to runtime programs -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Target/ProgramBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Target/GpuKernel.h"

using namespace mlir;

namespace {

/// Reads the host program, op by op.
class HostReader {
public:
  HostReader(ModuleOp host, ModuleOp gpuModule, qimeng::Program &program)
      : host(host), gpuModule(gpuModule), symbols(host), program(program) {}

  LogicalResult run();

private:
  FailureOr<func::FuncOp> findMain();
  LogicalResult addBuffer(Value value, qimeng::Program::BufferKind kind,
                          StringRef prefix, StringRef name = "");
  LogicalResult addConstant(memref::GetGlobalOp op);
  LogicalResult addLaunch(qimeng::LaunchOp launch);
  FailureOr<qimeng::GpuKernel> launchInfo(qimeng::LaunchOp launch);

  ModuleOp host, gpuModule;
  SymbolTable symbols;
  qimeng::Program &program;
  llvm::DenseMap<Value, unsigned> buffers;
  llvm::StringMap<unsigned> counts;
  llvm::StringMap<qimeng::GpuKernel> kernels;
};

} // namespace

FailureOr<func::FuncOp> HostReader::findMain() {
  auto functions = host.getOps<func::FuncOp>();
  for (func::FuncOp function : functions)
    if (function.getName() == "main")
      return function;
  if (llvm::hasSingleElement(functions))
    return *functions.begin();
  return host.emitError("expected a host program, a func.func @main that "
                        "launches the kernels, but found ")
         << (functions.empty() ? "no function" : "several functions");
}

LogicalResult HostReader::addBuffer(Value value,
                                    qimeng::Program::BufferKind kind,
                                    StringRef prefix, StringRef name) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity())
    return emitError(value.getLoc())
           << "a host program works on row-major memrefs of static shape, but "
              "this is a "
           << value.getType();
  std::optional<qimeng::DataType> dtype =
      qimeng::toDataType(type.getElementType());
  if (!dtype)
    return emitError(value.getLoc())
           << "no buffer can have elements of type " << type.getElementType()
           << "; the runtime knows f16, bf16, f32, f64, i1, i8, i16, i32, i64";
  qimeng::Program::Buffer buffer;
  buffer.name =
      name.empty() ? (prefix + Twine(counts[prefix]++)).str() : name.str();
  buffer.kind = kind;
  buffer.dtype = *dtype;
  buffer.shape.assign(type.getShape().begin(), type.getShape().end());
  buffers[value] = program.buffers.size();
  program.buffers.push_back(std::move(buffer));
  return success();
}

/// The elements of `data` as they lie in memory; i1 takes a byte.
static std::string rawBytes(DenseElementsAttr data) {
  std::string bytes;
  auto append = [&](const llvm::APInt &value) {
    unsigned width = std::max(8u, value.getBitWidth());
    uint64_t word = value.getZExtValue();
    bytes.append(reinterpret_cast<const char *>(&word), width / 8);
  };
  if (isa<FloatType>(data.getElementType()))
    for (const llvm::APFloat &value : data.getValues<llvm::APFloat>())
      append(value.bitcastToAPInt());
  else
    for (const llvm::APInt &value : data.getValues<llvm::APInt>())
      append(value);
  return bytes;
}

LogicalResult HostReader::addConstant(memref::GetGlobalOp op) {
  auto global = symbols.lookup<memref::GlobalOp>(op.getName());
  auto data = global && global.getInitialValue()
                  ? dyn_cast<DenseElementsAttr>(*global.getInitialValue())
                  : DenseElementsAttr();
  if (!data)
    return op.emitError("expected a memref.global with dense initial values "
                        "named ")
           << op.getNameAttr();
  if (failed(addBuffer(op, qimeng::Program::BufferKind::Constant, "const")))
    return failure();
  program.buffers.back().data = rawBytes(data);
  return success();
}

FailureOr<qimeng::GpuKernel> HostReader::launchInfo(qimeng::LaunchOp launch) {
  StringRef name = launch.getKernel();
  if (auto known = kernels.find(name); known != kernels.end())
    return known->second;
  auto kernel = gpuModule.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!kernel)
    return launch.emitError("kernel @") << name << " was not lowered";
  FailureOr<qimeng::GpuKernel> info =
      qimeng::fromAttr(kernel->getAttr(qimeng::getLaunchInfoAttrName()),
                       [&] { return kernel.emitError(); });
  if (failed(info))
    return failure();
  if (info->args.size() != kernel.getNumArguments())
    return kernel.emitError(qimeng::getLaunchInfoAttrName())
           << " describes " << info->args.size()
           << " arguments, but the function has " << kernel.getNumArguments();
  for (const qimeng::GpuKernel::Argument &argument : info->args)
    if (argument.operand >= launch.getOperands().size())
      return kernel.emitError(qimeng::getLaunchInfoAttrName())
             << " names operand " << argument.operand << ", but the launch has "
             << launch.getOperands().size();
  kernels[name] = *info;
  return info;
}

LogicalResult HostReader::addLaunch(qimeng::LaunchOp op) {
  FailureOr<qimeng::GpuKernel> kernel = launchInfo(op);
  if (failed(kernel))
    return failure();
  qimeng::Program::Launch launch;
  launch.kernel = op.getKernel().str();
  launch.module = program.modules.front().name;
  launch.grid = kernel->grid;
  launch.block = kernel->block;
  launch.cluster = kernel->cluster;
  launch.dynamicSharedBytes = kernel->dynamicSharedBytes;
  for (const qimeng::GpuKernel::Argument &argument : kernel->args) {
    auto buffer = buffers.find(op.getOperands()[argument.operand]);
    if (buffer == buffers.end())
      return op.emitError("operand ")
             << argument.operand
             << " is neither an argument of the host function, nor a "
                "memref.alloc, nor a memref.get_global";
    launch.args.push_back({buffer->second, argument.tensorMap});
  }
  program.launches.push_back(std::move(launch));
  return success();
}

LogicalResult HostReader::run() {
  FailureOr<func::FuncOp> main = findMain();
  if (failed(main))
    return failure();
  if (!main->getBody().hasOneBlock() || main->getNumResults() != 0)
    return main->emitError("expected a host function of one block without "
                           "results: outputs are arguments");
  program.name = main->getName() == "main"
                     ? host.getName().value_or("main").str()
                     : main->getName().str();

  llvm::DenseSet<Value> written;
  for (auto launch : main->getOps<qimeng::LaunchOp>()) {
    auto kernel = symbols.lookup<qimeng::KernelOp>(launch.getKernel());
    if (!kernel)
      return launch.emitError("no qimeng.kernel @")
             << launch.getKernel() << " in the module";
    for (auto [operand, argument] :
         llvm::zip(launch.getOperands(), kernel.getOperandArguments()))
      if (kernel.isOutput(argument))
        written.insert(operand);
  }

  for (BlockArgument argument : main->getArguments()) {
    bool isOutput = written.contains(argument);
    auto name = main->getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                   "qimeng.name");
    if (failed(addBuffer(argument,
                         isOutput ? qimeng::Program::BufferKind::Output
                                  : qimeng::Program::BufferKind::Input,
                         isOutput ? "out" : "in",
                         name ? name.getValue() : StringRef())))
      return failure();
  }
  for (Operation &op : main->getBody().front().without_terminator()) {
    LogicalResult added =
        TypeSwitch<Operation *, LogicalResult>(&op)
            .Case([&](memref::AllocOp alloc) {
              return addBuffer(alloc, qimeng::Program::BufferKind::Temporary,
                               "tmp");
            })
            .Case(
                [&](memref::GetGlobalOp global) { return addConstant(global); })
            .Case([&](qimeng::LaunchOp launch) { return addLaunch(launch); })
            // Buffers live as long as the program.
            .Case([&](memref::DeallocOp) { return success(); })
            .Default([&](Operation *other) {
              return other->emitError("a host program holds memref.alloc, "
                                      "memref.get_global and qimeng.launch");
            });
    if (failed(added))
      return failure();
  }
  return success();
}

FailureOr<qimeng::Program>
qimeng::buildProgram(ModuleOp host, ModuleOp gpuModule,
                     const Architecture &architecture, Program::Module code) {
  Program program;
  program.arch = architecture.name;
  program.modules.push_back(std::move(code));
  if (failed(HostReader(host, gpuModule, program).run()))
    return failure();
  if (Status valid = program.validate(); !valid)
    return host.emitError("this makes no valid program: ") << valid.error();
  return program;
}

FailureOr<qimeng::CompiledProgram>
qimeng::compileProgram(ModuleOp module, const Architecture &architecture,
                       const CompileOptions &options) {
  loadGpuDialects(*module.getContext());
  FailureOr<OwningOpRef<ModuleOp>> gpuModule = lowerToGpu(module, architecture);
  if (failed(gpuModule))
    return failure();
  FailureOr<std::string> ptx =
      translateToPtx(**gpuModule, architecture, options.ptx);
  if (failed(ptx))
    return failure();

  CompiledProgram compiled;
  Program::Module code;
  code.name = "kernels";
  if (options.allowPtx && !isAssemblerNamed() && !findAssembler()) {
    code.bytes = *ptx;
    code.isPtx = true;
  } else {
    Result<Cubin> cubin = assemble(*ptx, architecture, options.assemble);
    if (!cubin)
      return module.emitError() << cubin.error();
    code.bytes = std::move(cubin->bytes);
    compiled.kernels = std::move(cubin->kernels);
    compiled.warnings = std::move(cubin->warnings);
  }
  FailureOr<Program> program =
      buildProgram(module, **gpuModule, architecture, std::move(code));
  if (failed(program))
    return failure();
  compiled.program = std::move(*program);
  compiled.ptx = std::move(*ptx);
  return compiled;
}
