//===- qimeng-tune.cpp - From a program to fast kernels -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Describe.h"
#include "Model.h"
#include "Output.h"
#include "qimeng/Runtime/Worker.h"
#include "qimeng/Support/File.h"
#include "qimeng/Target/Assembler.h"
#include "qimeng/Tuning/Progress.h"
#include "qimeng/Tuning/TrialStore.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

namespace cl = llvm::cl;
using namespace qimeng;

namespace {

// Also in the help text and docs.
enum ExitCode { Done = 0, BadInput = 1, BadUsage = 2, BadMachine = 3 };

constexpr const char *overview =
    R"(QiMeng tuner: from a program to verified, fast GPU kernels

Reads a tensor program (one func.func on tensors of static shape: linalg, tensor,
arith, math), cuts it into kernels, and searches for the best way to run them. A
planner proposes macro actions, a coder rewrites the kernel, and each result is
verified, compiled, and measured on the GPU. Without a GPU a cost model ranks the
candidates, and everything that shows a time says so.

Examples:
  qimeng-tune mlp.mlir --arch=sm_90a --budget=64 -o out
  qimeng-tune mlp.mlir --arch=sm_80 --device=none -o out   predicted times only
  qimeng-tune mlp.mlir --planner=replay --recipe=out/recipe.mlir -o again
  qimeng-tune mlp.mlir --planner=llm-evolutionary --coder=llm -o out
                                                           ask a language model
  qimeng-tune --describe "matrix product of 4096x4096 bf16, add a bias, GELU" -o out
                                                           have one write the program

Files in the output folder:
  program.mlir   the program, where --describe asked for one
  recipe.mlir    the macro actions that were best; replay them with --planner=replay
                 or qimeng-opt --qimeng-replay
  kernels.mlir   the kernel program that they make
  *.ptx *.cubin  its kernels, compiled
  program/       all of it, as the runtime loads it
  trials.jsonl   every candidate: recipe, status, diagnostics, times, resources
  model.json     where a model was asked: what that took, and answers of no use
  report.html    the session on one page

Every trial is kept in the store. A session that was killed goes on where it was when
the same command is given again, and repeats no finished trial; with a larger budget
it tries more. The best recipe of earlier sessions on the same program is reused.

A language model (docs/how-to/language-models.md) may rank what may be done next, and
carry it out; every answer is checked like anything else, and without one the built-in
planner and coder go on. Its answers are kept beside the store; none is asked for twice.
Ctrl-C ends such a session with the best kernels so far.

Exit codes:
  0  done
  1  the program or the recipe is at fault, or no candidate was right; stderr says why
  2  wrong command line
  3  the machine is at fault: device, assembler, store, or an output that cannot be
     written
)";

int fail(ExitCode code, const std::string &message) {
  llvm::errs() << "qimeng-tune: " << message << "\n";
  return code;
}

std::string defaultStore() {
  const char *data = std::getenv("XDG_DATA_HOME");
  const char *home = std::getenv("HOME");
  std::string base = data && *data ? data
                     : home        ? std::string(home) + "/.local/share"
                                   : ".";
  return base + "/qimeng/trials.db";
}

std::string stemOf(const std::string &path) {
  std::string name = path.substr(path.find_last_of('/') + 1);
  return name.substr(0, name.find_last_of('.'));
}

/// Whether machine code for `architecture` runs on the device.
bool runsOn(const Architecture &architecture, const DeviceInfo &device) {
  std::string name = architecture.name;
  bool exact = name.back() == 'a';
  int number = std::atoi(name.c_str() + 3);
  int major = number / 10, minor = number % 10;
  return device.computeMajor == major &&
         (exact ? device.computeMinor == minor : device.computeMinor >= minor);
}

struct Settings {
  std::string input, archName, output, planner, recipe, store, device, entry;
  int64_t budget = 0;
  uint64_t seed = 0;
  double timeLimit = 0;
  unsigned threads = 0;
  bool ptxOnly = false, quiet = false, plain = false;
  ModelChoice model;
  DescribeSettings describe;
  std::string rules, saveRule;
  bool timeLimitGiven = false;
};

/// Fills `settings`, or gives an exit code. The options live no longer than
/// this: other tools of the same program have their own.
std::optional<int> parseCommandLine(int argc, char **argv, Settings &settings) {
  cl::OptionCategory category("qimeng-tune options");
  cl::opt<std::string> input(cl::Positional, cl::desc("<program.mlir>"),
                             cl::cat(category));
  cl::opt<std::string> archName(
      "arch",
      cl::desc("Architecture to compile for, such as sm_80 or sm_90a (default: "
               "the device's, or sm_90a without one)"),
      cl::value_desc("sm_XX"), cl::cat(category));
  cl::opt<long> budget("budget", cl::desc("Candidates to try (default 64)"),
                       cl::value_desc("N"), cl::init(64), cl::cat(category));
  cl::opt<std::string> output(
      "o", cl::desc("Folder for the results (default: qimeng-out)"),
      cl::value_desc("folder"), cl::init("qimeng-out"), cl::cat(category));
  cl::opt<std::string> planner(
      "planner",
      cl::desc("How candidates are chosen: rules (an expert's order), beam, "
               "evolutionary (the default: rules, then evolution), replay (the "
               "steps of --recipe), or llm, llm-beam, llm-evolutionary (the "
               "same searches, where a language model ranks the moves)"),
      cl::value_desc("name"), cl::init("evolutionary"), cl::cat(category));
  cl::opt<std::string> recipe("recipe", cl::desc("Recipe for --planner=replay"),
                              cl::value_desc("file"), cl::cat(category));
  cl::opt<std::string> device(
      "device",
      cl::desc("auto (the default: device 0 where it is of --arch, else "
               "none), none (predict times), or the number of a device"),
      cl::value_desc("auto|none|N"), cl::init("auto"), cl::cat(category));
  cl::opt<std::string> store("store",
                             cl::desc("File that keeps the trials (default: "
                                      "$XDG_DATA_HOME/qimeng/trials.db)"),
                             cl::value_desc("file"), cl::cat(category));
  cl::opt<unsigned long> seed("seed", cl::desc("Of random choices (default 0)"),
                              cl::value_desc("N"), cl::init(0),
                              cl::cat(category));
  cl::opt<double> timeLimit(
      "time-limit", cl::desc("Seconds after which no trial begins"),
      cl::value_desc("seconds"), cl::init(0), cl::cat(category));
  cl::opt<std::string> entry(
      "entry", cl::desc("The function to tune (default: the first public one)"),
      cl::value_desc("name"), cl::cat(category));
  cl::opt<unsigned> threads(
      "jobs", cl::desc("Threads that compile and verify (default: all cores)"),
      cl::value_desc("N"), cl::init(0), cl::cat(category));
  cl::opt<bool> ptxOnly(
      "ptx", cl::desc("Make PTX only and leave assembling to the driver"),
      cl::cat(category));
  cl::opt<bool> quiet("quiet", cl::desc("No progress"), cl::cat(category));
  cl::opt<bool> plain("plain", cl::desc("Progress as plain lines"),
                      cl::cat(category));
  cl::opt<std::string> rules(
      "rules",
      cl::desc("Folder of saved rules: rewrites of earlier sessions, proposed "
               "where they fit and checked again on every use"),
      cl::value_desc("folder"), cl::cat(category));
  cl::opt<std::string> saveRule(
      "save-rule",
      cl::desc("Save the best accepted rewrites in --rules, under this "
               "name"),
      cl::value_desc("name"), cl::cat(category));
  ModelOptions model(category);
  DescribeFlags describe(category);
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return BadUsage;
  settings = {input,   archName, output, planner,      recipe,         store,
              device,  entry,    budget, seed,         timeLimit,      threads,
              ptxOnly, quiet,    plain,  model.take(), describe.take()};
  settings.timeLimitGiven = timeLimit.getNumOccurrences() > 0;
  settings.rules = rules;
  settings.saveRule = saveRule;
  return std::nullopt;
}

/// The command with what decides the result, to repeat it.
std::string commandOf(const Settings &settings, const std::string &arch) {
  std::string command = "qimeng-tune " + settings.input + " --arch=" + arch +
                        " --budget=" + std::to_string(settings.budget) +
                        " --planner=" + settings.planner +
                        " --seed=" + std::to_string(settings.seed);
  if (!settings.entry.empty())
    command += " --entry=" + settings.entry;
  if (!settings.recipe.empty())
    command += " --recipe=" + settings.recipe;
  if (settings.device != "auto")
    command += " --device=" + settings.device;
  if (settings.ptxOnly)
    command += " --ptx";
  if (!settings.rules.empty())
    command += " --rules=" + settings.rules;
  command += settings.model.command();
  return command + " -o " + settings.output;
}

} // namespace

int qimengTuneMain(int argc, char **argv) {
  if (isWorkerInvocation(argc, argv))
    return workerMain(0, 1);
  Settings settings;
  if (std::optional<int> code = parseCommandLine(argc, argv, settings))
    return *code;
  if (settings.budget < 1)
    return fail(BadUsage, "--budget must be at least 1");
  if (settings.timeLimitGiven && !(settings.timeLimit > 0))
    return fail(BadUsage, "--time-limit must be more than 0 seconds; leave it "
                          "out for no limit");
  if (settings.planner != "rules" && settings.planner != "beam" &&
      settings.planner != "evolutionary" && settings.planner != "replay" &&
      !asksModel(settings.planner))
    return fail(BadUsage, "--planner: there is no planner '" +
                              settings.planner +
                              "'; known are rules, beam, evolutionary, replay, "
                              "llm, llm-beam, llm-evolutionary");
  if (std::string wrong = settings.describe.check(settings.input);
      !wrong.empty())
    return fail(BadUsage, wrong);
  bool describes = !settings.describe.sentence.empty();
  if (std::string wrong =
          settings.model.check(describes ? "llm" : settings.planner);
      !wrong.empty())
    return fail(BadUsage, wrong);
  if (!settings.saveRule.empty() && settings.rules.empty())
    return fail(BadUsage, "--save-rule needs a folder: name it with --rules");
  if ((settings.planner == "replay") != !settings.recipe.empty())
    return fail(BadUsage,
                settings.recipe.empty()
                    ? "--planner=replay needs a recipe: name it with --recipe"
                    : "--recipe is read with --planner=replay only");

  if (settings.store.empty())
    settings.store = defaultStore();
  std::vector<std::string> notes;
  std::unique_ptr<ChatModel> model;
  if (describes) {
    Result<std::unique_ptr<ChatModel>> made =
        settings.model.make(settings.store);
    if (!made)
      return fail(BadUsage, made.error());
    model = std::move(*made);
    if (Status status = makeWritableFolder(settings.output); !status)
      return fail(BadMachine, status.error());
    if (!settings.quiet)
      llvm::errs() << "Asking " << model->getName() << " for the program.\n";
    if (std::optional<int> code =
            describeToFile(settings.describe, *model, settings.model.prompts,
                           settings.output, notes))
      return *code;
    if (settings.describe.only)
      return Done;
    settings.input = settings.output + "/program.mlir";
  }

  // The device decides the default architecture.
  std::optional<DeviceInfo> deviceInfo;
  int ordinal = -1;
  if (settings.device != "none") {
    bool automatic = settings.device == "auto";
    ordinal = 0;
    if (!automatic &&
        llvm::StringRef(settings.device).getAsInteger(10, ordinal))
      return fail(BadUsage, "--device is auto, none or a number, not '" +
                                settings.device + "'");
    WorkerClient::Options options;
    options.name = "qimeng-tune";
    Result<DeviceInfo> info = WorkerClient(options).describe(ordinal);
    if (info)
      deviceInfo = *info;
    else if (!automatic)
      return fail(BadMachine, info.error());
    else
      notes.push_back("No GPU was used: " + info.error());
  }
  std::string archName = settings.archName;
  if (archName.empty())
    archName = deviceInfo ? "sm_" + std::to_string(deviceInfo->computeMajor) +
                                std::to_string(deviceInfo->computeMinor)
                          : "sm_90a";
  Result<const Architecture *> architecture = findArchitecture(archName);
  if (!architecture)
    return fail(BadUsage, "--arch: " + architecture.error());
  if (deviceInfo && !runsOn(**architecture, *deviceInfo)) {
    std::string why = "device " + std::to_string(ordinal) + " (" +
                      deviceInfo->name + ", compute capability " +
                      std::to_string(deviceInfo->computeMajor) + "." +
                      std::to_string(deviceInfo->computeMinor) +
                      ") does not run code for " + (*architecture)->name;
    if (settings.device != "auto")
      return fail(BadMachine, why);
    notes.push_back("No GPU was used: " + why + ".");
    deviceInfo.reset();
  }
  if (!deviceInfo)
    ordinal = -1;

  Result<Assembler> assembler =
      settings.ptxOnly ? Result<Assembler>(
                             Error{"No machine code was made, as --ptx asked."})
                       : findAssembler();
  // A missing assembler can be done without; one that was asked for, or is too
  // old, is a mistake.
  if (!assembler && !settings.ptxOnly && isAssemblerNamed())
    return fail(BadMachine, assembler.error());
  if (!assembler)
    notes.push_back(assembler.error());

  SessionOptions options;
  Result<std::string> text = readFile(settings.input);
  if (!text)
    return fail(BadInput, text.error());
  options.program = *text;
  options.programName = settings.input;
  if (!settings.recipe.empty()) {
    Result<std::string> recipe = readFile(settings.recipe);
    if (!recipe)
      return fail(BadInput, recipe.error());
    options.recipe = *recipe;
    options.recipeName = settings.recipe;
  }
  // Found out now, not after an hour.
  if (Status status = makeWritableFolder(settings.output); !status)
    return fail(BadMachine, status.error());
  Result<TrialStore> store = TrialStore::open(settings.store);
  if (!store)
    return fail(BadMachine, store.error());
  Prompts prompts;
  if (asksModel(settings.planner) || settings.model.coder == "llm") {
    // One budget for the whole session.
    if (!model) {
      Result<std::unique_ptr<ChatModel>> made =
          settings.model.make(settings.store);
      if (!made)
        return fail(BadUsage, made.error());
      model = std::move(*made);
    }
    Result<Prompts> loaded = Prompts::load(settings.model.prompts);
    if (!loaded)
      return fail(BadUsage, loaded.error());
    prompts = std::move(*loaded);
    options.model = model.get();
    options.prompts = &prompts;
  }
  options.coder = settings.model.coder;
  options.coderFallback = settings.model.fallback;
  options.modelSamples = settings.model.samples;
  options.scoreLabels = settings.model.rank == "auto";
  options.codeAll = settings.model.codeAll;
  options.askAgain = settings.model.askAgain;

  options.entry = settings.entry;
  options.architecture = *architecture;
  options.budget = settings.budget;
  options.seed = settings.seed;
  options.planner = settings.planner;
  options.rules = settings.rules;
  options.saveRule = settings.saveRule;
  options.timeLimitSeconds = settings.timeLimit;
  options.threads = settings.threads;
  options.device = ordinal;
  options.haveAssembler = bool(assembler);
  options.compilerVersion =
      getCompilerVersion(assembler ? assembler->name() : "");
  Progress::Options display;
  display.quiet = settings.quiet;
  display.plain = settings.plain;
  Progress progress(display);
  bool machineAtFault = false;
  std::optional<CancelOnInterrupt> interrupt;
  if (model)
    interrupt.emplace();
  Result<SessionResult> result =
      runSession(options, *store, progress, &machineAtFault);
  interrupt.reset();
  if (!result)
    return fail(machineAtFault ? BadMachine : BadInput, result.error());

  ReportData &report = result->report;
  if (!stemOf(settings.input).empty())
    report.title = stemOf(settings.input);
  report.notes.insert(report.notes.begin(), notes.begin(), notes.end());
  report.reproduceCommand = commandOf(settings, (*architecture)->name);
  report.environment = {
      {"Compiler", options.compilerVersion},
      {"Planner", settings.planner},
      {"Coder", settings.model.coder},
      {"Seed", std::to_string(settings.seed)},
      {"Trial store", store->path()},
      {"Trials", std::to_string(result->newTrials) + " new, " +
                     std::to_string(result->knownTrials) + " known before"},
      {"Ended by", result->ended}};
  if (model) {
    report.environment.push_back({"Language model", model->getName()});
    report.environment.push_back({"Asking it took", result->modelUse});
  }
  if (Status status = writeOutput(settings.output, *result); !status)
    return fail(BadMachine, status.error());
  if (!result->found)
    return fail(BadInput, "no candidate passed every check; the first one: " +
                              (report.trials.empty()
                                   ? std::string("none was tried")
                                   : report.trials.front().diagnostics) +
                              " (more in " + settings.output + "/report.html)");
  for (const std::string &rule : result->savedRules)
    llvm::outs() << "Saved the rule " << rule << ".\n";
  llvm::outs() << summarizeReport(report) << "Results are in "
               << settings.output << ".\n";
  return Done;
}
