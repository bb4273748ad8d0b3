//===- Jit.cpp - LLVM dialect to code in memory ---------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Jit.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "qimeng/Conversion/ToCPU/ToCPU.h"
#include "qimeng/Runtime/Data.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include <chrono>
#include <cmath>
#include <csetjmp>
#include <cstring>

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// What compiled code calls
//===----------------------------------------------------------------------===//

namespace {

/// Blocks of a run, linked, so that they can be freed whatever happens.
struct alignas(64) Allocation {
  Allocation *previous, *next;
};

struct RunState {
  Allocation list = {&list, &list};
  unsigned char poison = 0;
  std::jmp_buf exhausted;
  std::vector<int64_t> violations;
};
thread_local RunState *current = nullptr;

void *allocate(size_t bytes) {
  size_t size = (sizeof(Allocation) + bytes + 63) / 64 * 64;
  auto *block = static_cast<Allocation *>(std::aligned_alloc(64, size));
  // Compiled code has no frames to unwind.
  if (!block)
    std::longjmp(current->exhausted, 1);
  block->previous = &current->list;
  block->next = current->list.next;
  block->next->previous = block->previous->next = block;
  std::memset(block + 1, current->poison, bytes);
  return block + 1;
}

void *allocateAligned(size_t alignment, size_t bytes) {
  return allocate(bytes); // blocks are aligned to 64 bytes, which is enough
}

void release(void *pointer) {
  if (!pointer)
    return;
  auto *block = static_cast<Allocation *>(pointer) - 1;
  block->previous->next = block->next;
  block->next->previous = block->previous;
  std::free(block);
}

void reportViolation(int64_t check) {
  if (static_cast<size_t>(check) >= current->violations.size())
    current->violations.resize(check + 1);
  ++current->violations[check];
}

// LLVM passes half and bfloat in vector registers, as these types say.
#if defined(__clang__) && defined(__SSE2__)
using Half = _Float16;
using BFloat = __bf16;
template <typename T> T fromBits(uint16_t bits) {
  T value;
  std::memcpy(&value, &bits, 2);
  return value;
}
Half floatToHalf(float value) { return fromBits<Half>(toF16(value)); }
Half doubleToHalf(double value) { return fromBits<Half>(toF16(value)); }
float halfToFloat(Half value) {
  uint16_t bits;
  std::memcpy(&bits, &value, 2);
  return static_cast<float>(fromF16(bits));
}
BFloat floatToBFloat(float value) { return fromBits<BFloat>(toBF16(value)); }
BFloat doubleToBFloat(double value) { return fromBits<BFloat>(toBF16(value)); }
#define QIMENG_HALF_SYMBOLS                                                    \
  {"__truncsfhf2", reinterpret_cast<void *>(&floatToHalf)},                    \
      {"__truncdfhf2", reinterpret_cast<void *>(&doubleToHalf)},               \
      {"__extendhfsf2", reinterpret_cast<void *>(&halfToFloat)},               \
      {"__truncsfbf2", reinterpret_cast<void *>(&floatToBFloat)},              \
      {"__truncdfbf2", reinterpret_cast<void *>(&doubleToBFloat)},
#else
#define QIMENG_HALF_SYMBOLS
#endif

float powerf(float base, int exponent) {
  return static_cast<float>(std::pow(static_cast<double>(base), exponent));
}
double power(double base, int exponent) { return std::pow(base, exponent); }

/// LLVM makes one call of a sine and a cosine of the same value.
void sineAndCosinef(float x, float *sine, float *cosine) {
  *sine = std::sin(x);
  *cosine = std::cos(x);
}
void sineAndCosine(double x, double *sine, double *cosine) {
  *sine = std::sin(x);
  *cosine = std::cos(x);
}

struct Symbol {
  const char *name;
  void *address;
};

#define QIMENG_LIBM(name)                                                      \
  {#name, reinterpret_cast<void *>(static_cast<double (*)(double)>(&::name))}, \
  {                                                                            \
    #name "f",                                                                 \
        reinterpret_cast<void *>(static_cast<float (*)(float)>(&::name##f))    \
  }
#define QIMENG_LIBM2(name)                                                     \
  {#name, reinterpret_cast<void *>(                                            \
              static_cast<double (*)(double, double)>(&::name))},              \
  {                                                                            \
    #name "f", reinterpret_cast<void *>(                                       \
                   static_cast<float (*)(float, float)>(&::name##f))           \
  }

/// Listed, since a static program exports no symbols that a JIT could find.
const Symbol symbols[] = {
    {"_mlir_memref_to_llvm_alloc", reinterpret_cast<void *>(&allocate)},
    {"_mlir_memref_to_llvm_aligned_alloc",
     reinterpret_cast<void *>(&allocateAligned)},
    {"_mlir_memref_to_llvm_free", reinterpret_cast<void *>(&release)},
    {"qimeng_violation", reinterpret_cast<void *>(&reportViolation)},
    {"memcpy", reinterpret_cast<void *>(&std::memcpy)},
    {"memmove", reinterpret_cast<void *>(&std::memmove)},
    {"memset", reinterpret_cast<void *>(&std::memset)},
    {"__powisf2", reinterpret_cast<void *>(&powerf)},
    {"__powidf2", reinterpret_cast<void *>(&power)},
    {"sincosf", reinterpret_cast<void *>(&sineAndCosinef)},
    {"sincos", reinterpret_cast<void *>(&sineAndCosine)},
    {"fma", reinterpret_cast<void *>(
                static_cast<double (*)(double, double, double)>(&::fma))},
    {"fmaf", reinterpret_cast<void *>(
                 static_cast<float (*)(float, float, float)>(&::fmaf))},
    QIMENG_HALF_SYMBOLS QIMENG_LIBM(acos),
    QIMENG_LIBM(acosh),
    QIMENG_LIBM(asin),
    QIMENG_LIBM(asinh),
    QIMENG_LIBM(atan),
    QIMENG_LIBM(atanh),
    QIMENG_LIBM(cbrt),
    QIMENG_LIBM(ceil),
    QIMENG_LIBM(cos),
    QIMENG_LIBM(cosh),
    QIMENG_LIBM(erf),
    QIMENG_LIBM(erfc),
    QIMENG_LIBM(exp),
    QIMENG_LIBM(exp2),
    QIMENG_LIBM(expm1),
    QIMENG_LIBM(fabs),
    QIMENG_LIBM(floor),
    QIMENG_LIBM(log),
    QIMENG_LIBM(log10),
    QIMENG_LIBM(log1p),
    QIMENG_LIBM(log2),
    QIMENG_LIBM(nearbyint),
    QIMENG_LIBM(rint),
    QIMENG_LIBM(round),
    QIMENG_LIBM(roundeven),
    QIMENG_LIBM(sin),
    QIMENG_LIBM(sinh),
    QIMENG_LIBM(sqrt),
    QIMENG_LIBM(tan),
    QIMENG_LIBM(tanh),
    QIMENG_LIBM(trunc),
    QIMENG_LIBM2(atan2),
    QIMENG_LIBM2(copysign),
    QIMENG_LIBM2(fmax),
    QIMENG_LIBM2(fmin),
    QIMENG_LIBM2(fmod),
    QIMENG_LIBM2(pow),
};

} // namespace

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

static constexpr llvm::StringLiteral entryName = "qimeng_entry";

/// Adds `void qimeng_entry(ptr data)`, which calls `target` on memref
/// descriptors around the pointers in `data`.
static void addEntry(llvm::Module &module, llvm::Function *target,
                     ArrayRef<JitArgument> arguments) {
  llvm::IRBuilder<> builder(module.getContext());
  llvm::Type *pointer = builder.getPtrTy();
  auto *function = llvm::Function::Create(
      llvm::FunctionType::get(builder.getVoidTy(), {pointer}, false),
      llvm::Function::ExternalLinkage, entryName, module);
  builder.SetInsertPoint(
      llvm::BasicBlock::Create(module.getContext(), "", function));
  SmallVector<llvm::Value *> values;
  for (auto [number, argument] : llvm::enumerate(arguments)) {
    llvm::Value *data = builder.CreateLoad(
        pointer,
        builder.CreateConstGEP1_32(pointer, function->getArg(0), number));
    if (argument.isScalar) {
      llvm::Type *type = target->getArg(values.size())->getType();
      // i1 takes a byte in memory.
      values.push_back(
          type->isIntegerTy(1)
              ? builder.CreateTrunc(
                    builder.CreateLoad(builder.getInt8Ty(), data), type)
              : builder.CreateLoad(type, data));
      continue;
    }
    values.append({data, data, builder.getInt64(0)});
    for (int64_t size : argument.shape)
      values.push_back(builder.getInt64(size));
    SmallVector<llvm::Value *> strides;
    int64_t stride = 1;
    for (int64_t size : llvm::reverse(argument.shape)) {
      strides.push_back(builder.getInt64(stride));
      stride *= size;
    }
    values.append(strides.rbegin(), strides.rend());
  }
  builder.CreateCall(target, values);
  builder.CreateRetVoid();
}

static void optimize(llvm::Module &module, llvm::TargetMachine *machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graph;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions options;
  // Vector code pays on large programs, which run longer than they compile.
  options.LoopUnrolling = false;
  options.SLPVectorization = false;
  llvm::PassBuilder builder(machine, options);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O1)
      .run(module, modules);
}

FailureOr<std::unique_ptr<Jit>> Jit::create(ModuleOp module, StringRef entry,
                                            ArrayRef<JitArgument> arguments) {
  using namespace llvm::orc;
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;
  auto fail = [&](llvm::Error error) -> LogicalResult {
    return module.emitError() << "cannot compile for the host: "
                              << llvm::toString(std::move(error));
  };

  static auto host = JITTargetMachineBuilder::detectHost();
  if (!host)
    return module.emitError() << "LLVM knows no target for this host";
  JITTargetMachineBuilder targetBuilder = *host;
  targetBuilder.setCodeGenOptLevel(llvm::CodeGenOptLevel::Less);
  auto machine = targetBuilder.createTargetMachine();
  if (!machine)
    return fail(machine.takeError());

  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(module, *context, "qimeng");
  if (!code)
    return module.emitError() << "cannot translate to LLVM IR";
  code->setDataLayout((*machine)->createDataLayout());
  code->setTargetTriple((*machine)->getTargetTriple());
  llvm::Function *target = code->getFunction(entry);
  // Only the entry is called from outside.
  for (llvm::Function &function : *code) {
    if (!function.isDeclaration())
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
    else if (function.getName().ends_with("alloc"))
      function.addRetAttr(llvm::Attribute::NoAlias);
  }
  addEntry(*code, target, arguments);
  optimize(*code, machine->get());

  std::unique_ptr<Jit> jit(new Jit);
  auto engine = LLJITBuilder()
                    .setJITTargetMachineBuilder(targetBuilder)
                    .setPlatformSetUp(setUpInactivePlatform)
                    .setLinkProcessSymbolsByDefault(false)
                    .create();
  if (!engine)
    return fail(engine.takeError());
  jit->engine = std::move(*engine);
  SymbolMap map;
  for (const Symbol &symbol : symbols)
    map[jit->engine->mangleAndIntern(symbol.name)] = {
        ExecutorAddr::fromPtr(symbol.address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  if (auto error = jit->engine->getMainJITDylib().define(
          absoluteSymbols(std::move(map))))
    return fail(std::move(error));
  if (auto error = jit->engine->addIRModule(
          ThreadSafeModule(std::move(code), std::move(context))))
    return fail(std::move(error));
  auto address = jit->engine->lookup(entryName);
  if (!address)
    return fail(address.takeError());
  jit->entry = address->toPtr<void (*)(void *const *)>();
  return jit;
}

Jit::~Jit() = default;

Jit::Outcome Jit::run(ArrayRef<void *> data, unsigned char poison) const {
  RunState state;
  state.poison = poison;
  RunState *outer = current;
  current = &state;
  Outcome outcome;
  auto start = std::chrono::steady_clock::now();
  if (setjmp(state.exhausted) == 0)
    entry(data.data());
  else
    outcome.outOfMemory = true;
  outcome.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  while (state.list.next != &state.list)
    release(state.list.next + 1);
  current = outer;
  outcome.violations = std::move(state.violations);
  return outcome;
}
