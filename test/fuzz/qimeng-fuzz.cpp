//===- qimeng-fuzz.cpp - Random programs, random and wrong rewrites -------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Case.h"
#include "HostileAnswersRun.h"
#include "Mutations.h"
#include "Workers.h"
#include "qimeng/Pipelines/Registration.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral overview =
    R"(Random tests of partition, macro actions, verification and lowering.

  qimeng-fuzz programs --seed=1 --count=1000
      Each seed makes a tensor program, partitions it, applies a random legal
      sequence of actions, verifies the result, compares it with the tensor
      program against float64, and replays the recipe to the byte.

  qimeng-fuzz programs --device=gpu --seconds=300 --count=1000000 --jobs=8
      Runs the kernels on the GPU besides, outputs poisoned and guarded, and
      compares them with the tensor program. --assemble only makes cubins.

  qimeng-fuzz mistakes --seed=1 --count=1000
      Makes such right rewrites, which verification must accept, seeds a mistake
      in each, and expects verification to refuse it. The classes of mistakes
      take turns. Prints a table of refusals by class.

  qimeng-fuzz hostile --seed=1 --count=1000
      Takes answers that a language model could give with bad intent through what a
      session does with an answer, each with limits of time and memory. None may be
      accepted unless it verifies and computes the right numbers. Classes take turns.
      Good answers come on top of --count: most must be accepted.

A failure prints its seed; `--seed=<it> --count=1 --print` shows everything. A
test that crashes or hangs is a failure and ends no other.

Exit codes: 0 all passed; 1 a failure (mistakes: under 99 % refused, or a right
rewrite refused); 2 bad usage, or no GPU.
)";

/// Mistakes for which not every seed has a place: how many seeds in a row may
/// be tried for one.
static constexpr uint64_t seedsPerMistake = 1000;

static std::unique_ptr<MLIRContext> makeContext(DialectRegistry &registry) {
  auto context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

static Outcome runProgram(uint64_t seed, const Settings &settings,
                          DialectRegistry &registry) {
  llvm::PrettyStackTraceFormat trace("qimeng-fuzz programs --seed=%llu",
                                     static_cast<unsigned long long>(seed));
  std::unique_ptr<MLIRContext> context = makeContext(registry);
  Case test(seed, settings, context.get());
  // Channels need several actions in the right order; help one in five.
  bool withChannels = seed % 5 == 0 && !settings.onlyPartition;
  Outcome outcome;
  if (!test.build(/*sensitive=*/false, withChannels) || !test.check())
    outcome.failures.push_back("seed " + std::to_string(seed) + ": " +
                               test.failure);
  outcome.counts = test.counts;
  outcome.poisoned = test.poisoned;
  return outcome;
}

static bool concernsChannels(StringRef mistake) {
  return mistake == "missing wait" || mistake == "missing release" ||
         mistake == "early release" || mistake == "wrong stage count";
}

static Outcome runMistake(uint64_t seed, const std::string &mistake,
                          const Settings &settings, DialectRegistry &registry) {
  Outcome outcome;
  for (uint64_t next = seed; next < seed + seedsPerMistake; ++next) {
    llvm::PrettyStackTraceFormat trace(
        "qimeng-fuzz mistakes --seed=%llu --mistake='%s'",
        static_cast<unsigned long long>(next), mistake.c_str());
    std::unique_ptr<MLIRContext> context = makeContext(registry);
    Case test(next, settings, context.get());
    if (!test.build(/*sensitive=*/true, concernsChannels(mistake)))
      continue;
    std::optional<bool> refused = test.refuses(mistake);
    if (!refused)
      continue;
    outcome.counts = {{"all", 1},
                      {"refused", *refused},
                      {"all " + mistake, 1},
                      {"refused " + mistake, *refused}};
    std::string name = "seed " + std::to_string(next);
    if (!*refused)
      outcome.failures.push_back(name + ": not refused: " + mistake + ": " +
                                 test.failure);
    // What no action changed says nothing.
    if (test.steps == 0)
      return outcome;
    bool accepted = test.accepts();
    outcome.counts["right"] = 1;
    outcome.counts["accepted"] = accepted;
    if (!accepted)
      outcome.failures.push_back(name + ": " + test.failure);
    return outcome;
  }
  outcome.failures.push_back("seed " + std::to_string(seed) +
                             ": no place for: " + mistake);
  return outcome;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static void printFailures(const Outcome &outcome) {
  for (const std::string &failure : outcome.failures)
    llvm::outs() << failure << "\n";
  llvm::outs().flush();
}

/// One line that says it all, then what was covered.
static int reportPrograms(Outcome total, const Settings &settings,
                          bool onDevice) {
  auto of = [&](const char *name) { return total.counts[name]; };
  llvm::outs() << of("tests") << " programs, " << of("actions") << " actions, "
               << total.failures.size() << " failures (" << of("over limits")
               << " right but over the device's limits)";
  if (settings.assemble || onDevice)
    llvm::outs() << ", " << of("compiled") << " compiled";
  if (onDevice)
    llvm::outs() << ", " << of("right on the device") << " right on "
                 << settings.architecture->name;
  llvm::outs() << "\n";
  for (const char *name :
       {"tests", "actions", "over limits", "compiled", "right on the device"})
    total.counts.erase(name);
  for (auto &[name, number] : total.counts)
    llvm::outs() << "  " << llvm::left_justify(name, 40) << " " << number
                 << "\n";
  return total.failures.empty() ? 0 : 1;
}

static int reportMistakes(Outcome total, int64_t count) {
  for (const std::string &name : getMistakes())
    llvm::outs() << llvm::left_justify(name, 28)
                 << total.counts["refused " + name] << " of "
                 << total.counts["all " + name] << " refused\n";
  int64_t all = total.counts["all"], refused = total.counts["refused"],
          right = total.counts["right"], accepted = total.counts["accepted"];
  llvm::outs() << llvm::left_justify("all", 28) << refused << " of " << all
               << " refused\n"
               << llvm::left_justify("right rewrites", 28) << accepted << " of "
               << right << " accepted\n";
  return all == count && refused * 100 >= all * 99 && accepted == right ? 0 : 1;
}

//===----------------------------------------------------------------------===//
// Command line
//===----------------------------------------------------------------------===//

int qimengFuzzMain(int argc, char **argv) {
  llvm::cl::OptionCategory category("qimeng-fuzz options");
  llvm::cl::opt<std::string> mode(llvm::cl::Positional,
                                  llvm::cl::desc("programs|mistakes|hostile"),
                                  llvm::cl::cat(category));
  llvm::cl::opt<uint64_t> seed("seed", llvm::cl::desc("The first seed"),
                               llvm::cl::init(1), llvm::cl::cat(category));
  llvm::cl::opt<int64_t> count("count", llvm::cl::desc("How many"),
                               llvm::cl::init(20), llvm::cl::cat(category));
  llvm::cl::opt<int64_t> jobs("jobs",
                              llvm::cl::desc("Processes that take turns"),
                              llvm::cl::init(1), llvm::cl::cat(category));
  llvm::cl::opt<double> seconds(
      "seconds", llvm::cl::desc("Begin no test after so long; 0: no limit"),
      llvm::cl::init(0), llvm::cl::cat(category));
  llvm::cl::opt<std::string> device(
      "device", llvm::cl::desc("cpu, or gpu[:<number>] to run there, too"),
      llvm::cl::init("cpu"), llvm::cl::cat(category));
  llvm::cl::opt<std::string> arch(
      "arch",
      llvm::cl::desc("Architecture of all rewrites, which --device=gpu takes "
                     "from the GPU (default: drawn)"),
      llvm::cl::cat(category));
  llvm::cl::opt<bool> assemble(
      "assemble", llvm::cl::desc("Also compile the kernels to cubins"),
      llvm::cl::cat(category));
  llvm::cl::opt<bool> print("print", llvm::cl::desc("Print all programs"),
                            llvm::cl::cat(category));
  llvm::cl::opt<bool> onlyPartition("only-partition",
                                    llvm::cl::desc("Apply no actions"),
                                    llvm::cl::cat(category));
  llvm::cl::opt<std::string> first(
      "class",
      llvm::cl::desc("Class of each program's first operation, or of "
                     "hostile answers"),
      llvm::cl::cat(category));
  llvm::cl::opt<std::string> mistake(
      "mistake", llvm::cl::desc("Only this class"), llvm::cl::cat(category));
  llvm::cl::HideUnrelatedOptions(category);
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return 2;
  auto refuse = [](const Twine &why) {
    llvm::errs() << "qimeng-fuzz: " << why << "; see qimeng-fuzz --help\n";
    return 2;
  };
  if (mode != "programs" && mode != "mistakes" && mode != "hostile")
    return refuse("expected 'programs', 'mistakes' or 'hostile', found '" +
                  mode + "'");
  if (count < 1 || jobs < 1)
    return refuse("--count and --jobs must be at least 1");
  std::vector<std::string> mistakes = getMistakes();
  if (!mistake.empty() && !llvm::is_contained(mistakes, mistake))
    return refuse("no class of mistakes is named '" + mistake +
                  "'; there are " + llvm::join(mistakes, ", "));
  if (!mistake.empty())
    mistakes = {mistake};
  StringRef place = StringRef(device).split(':').first;
  unsigned ordinal = 0;
  if ((place != "cpu" && place != "gpu") ||
      (StringRef(device).contains(':') &&
       StringRef(device).split(':').second.getAsInteger(10, ordinal)))
    return refuse("expected --device=cpu or --device=gpu[:<number>], found '" +
                  device + "'");
  if (place == "gpu" && mode != "programs")
    return refuse("mistakes never run on a GPU");
  Settings settings;
  settings.print = print;
  settings.onlyPartition = onlyPartition;
  settings.firstClass = first;
  settings.assemble = assemble;
  if (!arch.empty()) {
    Result<const Architecture *> found = findArchitecture(arch);
    if (!found)
      return refuse(found.error());
    settings.architecture = *found;
  }
  DialectRegistry registry;
  registerDialects(registry);
  registerExecutorDialects(registry);

  WorkerOptions options;
  options.count = count;
  options.jobs = jobs;
  options.seconds = seconds;
  if (place == "gpu")
    options.secondsEach = 60;
  if (mode == "hostile")
    return runHostileAnswers({seed, first, print, options},
                             [&] { return makeContext(registry); });
  if (place == "gpu") {
    // In a process of its own: CUDA does not survive a fork.
    WorkerOptions once;
    Outcome found = runInWorkers(
        once,
        [&](int64_t) {
          Outcome outcome;
          const Architecture *architecture = nullptr;
          if (auto opened = DeviceExecutor::open(ordinal, architecture))
            outcome.counts[architecture->name] = 1;
          else
            outcome.failures.push_back(opened.error());
          return outcome;
        },
        [](int64_t) { return std::string("opening the GPU"); },
        [](const Outcome &) {});
    if (!found.failures.empty())
      return refuse(found.failures.front());
    for (const Architecture &architecture : getArchitectures())
      if (found.counts.count(architecture.name))
        settings.architecture = &architecture;
  }
  Outcome total = runInWorkers(
      options,
      [&](int64_t i) {
        if (place == "gpu" && !settings.device) {
          const Architecture *architecture = nullptr;
          auto opened = DeviceExecutor::open(ordinal, architecture);
          if (!opened)
            return Outcome{{}, {opened.error()}, /*poisoned=*/true};
          settings.device = *opened;
        }
        if (mode == "programs")
          return runProgram(seed + i, settings, registry);
        return runMistake(seed + i * seedsPerMistake,
                          mistakes[i % mistakes.size()], settings, registry);
      },
      [&](int64_t i) {
        return "seed " + std::to_string(mode == "programs"
                                            ? seed + i
                                            : seed + i * seedsPerMistake);
      },
      printFailures);
  if (mode == "programs")
    return reportPrograms(std::move(total), settings, place == "gpu");
  return reportMistakes(std::move(total), count);
}
