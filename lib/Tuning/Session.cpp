//===- Session.cpp - The tuning loop --------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionModel.h"
#include "SessionRunner.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/LLM/Prompts.h"
#include "qimeng/Verify/Oracle.h"
#include "qimeng/Verify/Structure.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace qimeng;

std::string qimeng::getCompilerVersion(const std::string &assembler) {
  std::string version = "qimeng " QIMENG_VERSION;
  // Two builds of one version may generate different code.
  if (auto self = llvm::MemoryBuffer::getFile("/proc/self/exe",
                                              /*IsText=*/false,
                                              /*RequiresNullTerminator=*/false))
    version += " (" + hashText((*self)->getBuffer()).substr(0, 8) + ")";
  version += ", LLVM " LLVM_VERSION_STRING;
  return version + (assembler.empty() ? "" : ", " + assembler);
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

Status Session::readProgram() {
  MLIRContext &context = main.getContext();
  DiagnosticText diagnostics(&context);
  auto parsed = parseSourceString<ModuleOp>(
      options.program, ParserConfig(&context), options.programName);
  if (!parsed)
    return Error{diagnostics.str()};
  program = std::move(parsed);
  // Only the function that is tuned stays; others are other programs.
  func::FuncOp chosen;
  for (auto function : program->getOps<func::FuncOp>())
    if (options.entry.empty() ? function.isPublic() && !chosen
                              : function.getSymName() == options.entry)
      chosen = function;
  bool kernels = !program->getOps<KernelOp>().empty();
  if (!chosen && !(kernels && options.entry.empty()))
    return Error{
        options.programName +
        (options.entry.empty()
             ? ": there is no public function to tune; write one func.func "
               "on tensors of static shape"
             : ": there is no function @" + options.entry +
                   " to tune; --entry names a func.func of the file")};
  if (!kernels)
    for (auto function :
         llvm::make_early_inc_range(program->getOps<func::FuncOp>()))
      if (function != chosen && function.isPublic())
        function.erase();
  title = chosen ? chosen.getSymName().str() : "kernels";
  payload = program->clone();
  if (failed(toKernelProgram(*payload)))
    return Error{diagnostics.str()};
  for (KernelOp kernel : payload->getOps<KernelOp>())
    if (kernel.isTiled())
      return Error{options.programName + ": kernel @" +
                   kernel.getSymName().str() +
                   " is tiled already; tuning begins with untiled kernels or "
                   "a tensor program"};
  if (payload->getOps<KernelOp>().empty())
    return Error{options.programName +
                 ": the program computes nothing that a kernel could do"};
  payloadText = toText(*payload);
  if (options.planner == "replay") {
    diagnostics.clear();
    FailureOr<Recipe> recipe =
        Recipe::parse(options.recipe, &context, options.recipeName);
    if (failed(recipe))
      return Error{diagnostics.str()};
    // A recipe of another program names kernels that are not here.
    if (failed(recipe->replay(*payload, options.architecture)))
      return Error{"the recipe " + options.recipeName +
                   " does not apply to this program; is it another kernel's? " +
                   diagnostics.str()};
    replayed = std::move(*recipe);
  }
  return {};
}

Status Session::openDevice() {
  if (options.device < 0)
    return {};
  Result<std::unique_ptr<SessionDevice>> opened = SessionDevice::open(
      options.device, options.toolName, options.patienceSeconds);
  if (!opened)
    return Error{opened.error()};
  device = std::move(*opened);
  return {};
}

/// What outputs on the device are compared with: the same program with every
/// float f64, in naive kernels.
void Session::makeReference() {
  auto give = [&](const std::string &why) {
    notes.push_back("Outputs on the device were not compared with a float64 "
                    "reference: " +
                    why);
  };
  std::string text = toText(*program);
  auto task = pool->post([this, text](ThreadState &thread) {
    struct Made {
      std::string why, module;
      std::vector<std::shared_ptr<const CompiledKernel>> kernels;
    } made;
    DiagnosticText diagnostics(&thread.getContext());
    OwningOpRef<ModuleOp> wide =
        parseSourceString<ModuleOp>(text, &thread.getContext());
    Recipe empty(&thread.getContext());
    if (!wide || failed(widen(*wide)) || failed(toKernelProgram(*wide)) ||
        failed(completeRecipe(empty, *wide, *options.architecture))) {
      made.why = diagnostics.str();
      return made;
    }
    made.kernels = compiler->compile(*wide);
    if (!made.kernels.empty() && !made.kernels.back()->succeeded())
      made.why = made.kernels.back()->diagnostics;
    made.module = toText(*wide);
    return made;
  });
  auto made = task.get();
  if (!made.why.empty())
    return give(made.why);
  DiagnosticText diagnostics(&main.getContext());
  auto module = parseSourceString<ModuleOp>(made.module, &main.getContext());
  FailureOr<Program> linked =
      module ? compiler->link(*module, made.kernels, "reference")
             : FailureOr<Program>(failure());
  if (failed(linked))
    return give(diagnostics.str());
  if (Status status = device->setReference(*linked); !status)
    return give(status.error());
  checker->setComparedOnDevice();
}

/// What decides the outcome where a model is asked, and only there: sessions
/// without one keep their keys.
std::string Session::modelIdentity() const {
  if (!options.model)
    return "";
  return '\0' + options.model->getName() + '\0' + options.coder + '\0' +
         options.coderFallback + '\0' + std::to_string(options.modelSamples) +
         (options.scoreLabels ? '+' : '-') + (options.codeAll ? '+' : '-') +
         (options.prompts ? *options.prompts : Prompts()).text();
}

Status Session::openStore() {
  key.kernelKey = hashText(payloadText);
  key.arch = options.architecture->name;
  key.compilerVersion = options.compilerVersion;
  std::string identity = payloadText + '\0' + toText(*program) + '\0' +
                         key.arch + '\0' + key.compilerVersion + '\0' +
                         options.planner + '\0' + deviceName() + '\0' +
                         std::to_string(options.seed) + '\0' + options.recipe +
                         modelIdentity() + rulesIdentity();
  sessionKey = hashText(identity);
  Result<std::vector<Trial>> before = store.sessionTrials(sessionKey);
  if (!before)
    return Error{before.error()};
  for (Trial &trial : *before)
    finished[trial.recipeKey] = std::move(trial);
  return {};
}

/// The best recipe that other sessions found, which this one begins with. It is
/// noted at the first start: later starts must decide as the first did.
Result<std::optional<Recipe>> Session::findKnownRecipe() {
  auto noted = store.state(sessionKey, "known recipe");
  if (!noted)
    return Error{noted.error()};
  std::string text;
  if (*noted) {
    text = **noted;
  } else {
    auto best = store.best(key, device != nullptr, deviceName());
    if (!best)
      return Error{best.error()};
    if (*best && (*best)->sessionKey != sessionKey)
      text = (*best)->recipe;
    if (Status status = store.setState(sessionKey, "known recipe", text);
        !status)
      return Error{status.error()};
  }
  if (text.empty() || options.planner == "replay")
    return std::optional<Recipe>();
  DiagnosticText diagnostics(&main.getContext());
  FailureOr<Recipe> recipe =
      Recipe::parse(text, &main.getContext(), "stored recipe");
  if (failed(recipe))
    return std::optional<Recipe>();
  return std::optional<Recipe>(std::move(*recipe));
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

void Session::search(const std::optional<Recipe> &known) {
  StringRef how = options.planner;
  bool modelPlans = how.consume_front("llm");
  how.consume_front("-");
  Prompts builtinPrompts;
  const Prompts &prompts = options.prompts ? *options.prompts : builtinPrompts;
  StoredQuestions questions(store, sessionKey, options.askAgain);
  std::unique_ptr<SessionModel> model;
  if (options.model)
    model = std::make_unique<SessionModel>(
        *options.model, &questions,
        [this](const ChatUsage &usage) {
          progress.spent(describeUsage(usage));
        },
        [this](const std::string &sentence) {
          notes.push_back(sentence);
          progress.note(sentence);
        });
  std::unique_ptr<Planner> planner =
      replayed ? createReplayPlanner(*replayed) : createRulePlanner();
  if (!rules.empty())
    planner = createSavedRulesPlanner(std::move(planner), rules);
  if (modelPlans && model) {
    LLMPlannerOptions choices;
    choices.samples = options.modelSamples;
    choices.score = options.scoreLabels;
    // The built-in coder cannot write kernels anew.
    choices.rewrites = options.coder == "llm";
    choices.unusable = [&](const std::string &why) {
      model->noteUnusable("planner", why);
    };
    planner = createLLMPlanner(*model, prompts, std::move(planner), choices);
  }
  std::unique_ptr<Coder> coder = createBuiltinCoder(), fallback;
  if (options.coder == "llm" && model) {
    LLMCoderOptions choices;
    choices.samples = options.modelSamples;
    choices.askAlways = options.codeAll;
    choices.check = [&](ModuleOp candidate, std::string &) {
      StructureOptions limits;
      limits.architecture = options.architecture;
      return llvm::all_of(candidate.getOps<KernelOp>(), [&](KernelOp kernel) {
        return !kernel.isTiled() || succeeded(checkKernel(kernel, limits));
      });
    };
    choices.unusable = [&](const std::string &why) {
      model->noteUnusable("coder", why);
    };
    if (options.coderFallback == "built-in")
      fallback = std::move(coder);
    coder = createLLMCoder(*model, prompts, choices);
  }
  SearchInput input{*payload, *options.architecture, *planner, *coder,
                    *this,    options.seed,          known};
  input.fallback = fallback.get();
  if (how == "beam")
    (void)searchBeam(input);
  else if (how == "evolutionary")
    (void)searchEvolutionarily(input);
  else
    (void)searchGreedily(input);
  if (!model)
    return;
  modelUse = describeUsage(model->getSpent());
  modelLog = model->getLog();
  llvm::append_range(notes, model->getNotes());
}

Result<SessionResult> Session::run() {
  if (Status status = readProgram(); !status)
    return Error{status.error()};
  if (Status status = readRules(); !status)
    return Error{status.error()};
  machineAtFault = true;
  if (Status status = openDevice(); !status)
    return Error{status.error()};
  if (Status status = openStore(); !status)
    return Error{status.error()};
  machineAtFault = false;
  unsigned threads = options.threads
                         ? options.threads
                         : std::max(1u, std::thread::hardware_concurrency());
  compiler = std::make_unique<KernelCompiler>(*options.architecture,
                                              options.haveAssembler);
  pool = std::make_unique<SessionPool>(threads);
  checker =
      std::make_unique<SessionCheck>(*program, *payload, *options.architecture);
  if (!checker->getNumbersNote().empty())
    notes.push_back(checker->getNumbersNote());
  if (device)
    makeReference();
  else
    notes.push_back("Times were not measured: they are predictions of the "
                    "cost model for " +
                    std::string(options.architecture->name) + " (" +
                    options.architecture->board +
                    "). They rank candidates; do not quote them.");
  Result<std::optional<Recipe>> known = findKnownRecipe();
  if (!known) {
    machineAtFault = true;
    return Error{known.error()};
  }
  // The terminal names the action and the architecture.
  progress.start(title + " for " + options.architecture->name, options.budget,
                 device != nullptr, int64_t(finished.size()));
  std::vector<Trial> before;
  for (const auto &entry : finished)
    before.push_back(entry.second);
  llvm::sort(before,
             [](const Trial &a, const Trial &b) { return a.step < b.step; });
  progress.resume(before);

  search(*known);
  showPending();
  if (!storeError.empty()) {
    progress.finish();
    machineAtFault = true;
    return Error{storeError};
  }
  Result<SessionResult> result = finish();
  progress.finish();
  return result;
}

Result<SessionResult> qimeng::runSession(const SessionOptions &options,
                                         TrialStore &store, Progress &progress,
                                         bool *machineAtFault) {
  Session session(options, store, progress);
  Result<SessionResult> result = session.run();
  if (machineAtFault)
    *machineAtFault = session.isMachineAtFault();
  return result;
}
