//===- HostileAnswersCase.cpp - A hostile answer through a session --------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostileAnswersCase.h"
#include "HostileAnswers.h"
#include "Mutations.h"
#include "Rewrites.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Coder/Coder.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"
#include "qimeng/LLM/ChatModel.h"
#include "qimeng/LLM/Prompts.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Planner/Planner.h"
#include "qimeng/Target/Ptx.h"
#include "qimeng/Tuning/CostModel.h"
#include "qimeng/Verify/Verify.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <filesystem>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

using namespace mlir;
using namespace qimeng;
using llvm::formatv;

//===----------------------------------------------------------------------===//
// Programs whose meaning is written down here, too
//===----------------------------------------------------------------------===//

namespace {
using Numbers = std::vector<double>;

struct Meaning {
  Numbers exact;
  /// What rounding errors are in proportion to; 0 for integers.
  Numbers scale;
};

struct TestProgram {
  std::string text;
  std::function<Meaning(const std::vector<Numbers> &)> compute;
  bool isInteger = false;
};
} // namespace

static TestProgram makeProduct(int64_t m, int64_t n, int64_t k,
                               const std::string &factor,
                               const std::string &sum, bool withBias) {
  std::string zero = sum == "i32" ? "0" : "0.0";
  TestProgram program;
  program.isInteger = sum == "i32";
  std::string bias =
      withBias ? formatv(", %c: tensor<{0}x{1}>", n, sum).str() : "";
  program.text = formatv(
      "func.func @main(%a: tensor<{0}x{2}x{3}>, %b: tensor<{2}x{1}x{3}>{6}) -> "
      "tensor<{0}x{1}x{4}> {{\n"
      "  %z = arith.constant {5} : {4}\n"
      "  %e = tensor.empty() : tensor<{0}x{1}x{4}>\n"
      "  %i = linalg.fill ins(%z : {4}) outs(%e : tensor<{0}x{1}x{4}>) -> "
      "tensor<{0}x{1}x{4}>\n"
      "  %p = linalg.matmul ins(%a, %b : tensor<{0}x{2}x{3}>, "
      "tensor<{2}x{1}x{3}>) outs(%i : tensor<{0}x{1}x{4}>) -> "
      "tensor<{0}x{1}x{4}>\n",
      m, n, k, factor, sum, zero, bias);
  if (withBias)
    program.text += formatv(
        "  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, "
        "j)>, "
        "affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], "
        "iterator_types = [\"parallel\", \"parallel\"]} ins(%p, %c : "
        "tensor<{0}x{1}xf32>, tensor<{1}xf32>) outs(%e : tensor<{0}x{1}xf32>) "
        "{{\n  ^bb0(%x: f32, %y: f32, %o: f32):\n"
        "    %s = arith.addf %x, %y : f32\n"
        "    %w = arith.maximumf %s, %z : f32\n"
        "    linalg.yield %w : f32\n  } -> tensor<{0}x{1}xf32>\n",
        m, n);
  program.text += formatv("  return %{0} : tensor<{1}x{2}x{3}>\n}\n",
                          withBias ? "r" : "p", m, n, sum);
  program.compute = [=](const std::vector<Numbers> &in) {
    Meaning meaning;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double exact = 0, scale = 0;
        for (int64_t l = 0; l < k; ++l) {
          double term = in[0][i * k + l] * in[1][l * n + j];
          exact += term;
          scale += std::abs(term);
        }
        if (withBias) {
          exact += in[2][j];
          scale += std::abs(in[2][j]);
          exact = std::max(exact, 0.0);
        }
        meaning.exact.push_back(exact);
        meaning.scale.push_back(scale);
      }
    return meaning;
  };
  return program;
}

static TestProgram makeScaling(int64_t m, int64_t n) {
  TestProgram program;
  program.text = formatv(
      "func.func @main(%x: tensor<{0}x{1}xf32>, %b: tensor<{1}xf32>) -> "
      "tensor<{0}x{1}xf32> {{\n"
      "  %e = tensor.empty() : tensor<{0}x{1}xf32>\n"
      "  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, "
      "affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], "
      "iterator_types = [\"parallel\", \"parallel\"]} ins(%x, %b : "
      "tensor<{0}x{1}xf32>, tensor<{1}xf32>) outs(%e : tensor<{0}x{1}xf32>) "
      "{{\n  ^bb0(%p: f32, %q: f32, %o: f32):\n"
      "    %two = arith.constant 2.0 : f32\n"
      "    %m = arith.mulf %p, %two : f32\n"
      "    %s = arith.addf %m, %q : f32\n"
      "    linalg.yield %s : f32\n  } -> tensor<{0}x{1}xf32>\n"
      "  return %r : tensor<{0}x{1}xf32>\n}\n",
      m, n);
  program.compute = [=](const std::vector<Numbers> &in) {
    Meaning meaning;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double x = 2 * in[0][i * n + j], b = in[1][j];
        meaning.exact.push_back(x + b);
        meaning.scale.push_back(std::abs(x) + std::abs(b));
      }
    return meaning;
  };
  return program;
}

static TestProgram makeRowSums(int64_t m, int64_t n) {
  TestProgram program;
  program.text = formatv(
      "func.func @main(%x: tensor<{0}x{1}xf32>) -> tensor<{0}xf32> {{\n"
      "  %z = arith.constant 0.0 : f32\n"
      "  %e = tensor.empty() : tensor<{0}xf32>\n"
      "  %i = linalg.fill ins(%z : f32) outs(%e : tensor<{0}xf32>) -> "
      "tensor<{0}xf32>\n"
      "  %r = linalg.reduce {{ arith.addf } ins(%x : tensor<{0}x{1}xf32>) "
      "outs(%i : tensor<{0}xf32>) dimensions = [1]\n"
      "  return %r : tensor<{0}xf32>\n}\n",
      m, n);
  program.compute = [=](const std::vector<Numbers> &in) {
    Meaning meaning;
    for (int64_t i = 0; i < m; ++i) {
      double exact = 0, scale = 0;
      for (int64_t j = 0; j < n; ++j) {
        exact += in[0][i * n + j];
        scale += std::abs(in[0][i * n + j]);
      }
      meaning.exact.push_back(exact);
      meaning.scale.push_back(scale);
    }
    return meaning;
  };
  return program;
}

static TestProgram drawTestProgram(Random &random) {
  static const int64_t sizes[] = {16, 24, 31, 32, 37, 40, 48, 64};
  int64_t m = sizes[random.below(std::size(sizes))],
          n = sizes[random.below(std::size(sizes))],
          k = sizes[random.below(std::size(sizes))];
  switch (random.below(6)) {
  case 0:
    return makeScaling(m, n);
  case 1:
    return makeRowSums(m, n);
  case 2:
    return makeProduct(m, n, k, "i32", "i32", false);
  case 3:
    return makeProduct(m, n, k, "bf16", "f32", false);
  case 4:
    return makeProduct(m, n, k, "f32", "f32", true);
  default:
    return makeProduct(m, n, k, "f32", "f32", false);
  }
}

/// What is wrong with the numbers of `candidate`; empty: nothing.
static std::string findWrongNumber(ModuleOp candidate,
                                   const TestProgram &program, Random &random) {
  auto executor = CPUExecutor::create(candidate);
  if (failed(executor))
    return "what was accepted does not compile";
  for (int64_t kind = 0; kind < 4; ++kind) {
    std::vector<HostTensor> inputs;
    std::vector<Numbers> values;
    for (const TensorSpec &spec : (*executor)->getInputs()) {
      HostTensor &tensor = inputs.emplace_back(spec);
      Numbers &numbers = values.emplace_back();
      for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
        double value = double(random.below(17)) - 8;
        if (!program.isInteger) {
          value += double(random.below(1000)) / 1000;
          if (kind == 1 && random.oneIn(40))
            value *= 1000;
          else if (kind == 2)
            value = std::abs(value) + double(i) / 64;
        }
        if (kind == 3)
          value = random.oneIn(8) ? value : 0;
        tensor.set(i, value);
        numbers.push_back(tensor.get(i));
      }
    }
    std::vector<HostTensor> outputs = (*executor)->allocateOutputs();
    if (failed((*executor)->run(inputs, outputs)))
      return "what was accepted does not run";
    Meaning meaning = program.compute(values);
    if (outputs.size() != 1 ||
        size_t(outputs.front().getNumElements()) != meaning.exact.size())
      return "what was accepted has other outputs";
    for (size_t i = 0; i < meaning.exact.size(); ++i) {
      double found = outputs.front().get(i);
      double allowed = program.isInteger ? 0 : 1e-4 * meaning.scale[i] + 1e-30;
      if (!(std::abs(found - meaning.exact[i]) <= allowed))
        return formatv("element {0} is {1}, not {2}", i, found,
                       meaning.exact[i]);
    }
  }
  return "";
}

//===----------------------------------------------------------------------===//
// The kernel that answers are about
//===----------------------------------------------------------------------===//

static std::string printKernel(KernelOp kernel) {
  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os, OpPrintingFlags().useLocalScope());
  return text + "\n";
}

namespace {
/// Gives the same answer to every question.
class Mouthpiece : public ChatModel {
public:
  explicit Mouthpiece(const HostileAnswer &answer) : answer(answer) {}
  std::string getName() const override { return "hostile"; }
  Result<ChatReply> ask(const ChatRequest &request, ChatFault *) override {
    for (const ChatMessage &message : request.messages)
      bytesAsked = std::max(bytesAsked, message.text.size());
    ChatReply reply;
    reply.text = answer.text;
    return reply;
  }
  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault,
                                    ChatReply::Author *author) override {
    if (answer.scores.empty())
      return ChatModel::score(request, choices, fault, author);
    return answer.scores;
  }
  /// Of the longest message.
  size_t bytesAsked = 0;

private:
  const HostileAnswer &answer;
};

class HostileCase {
public:
  HostileCase(uint64_t seed, const HostileSettings &settings,
              MLIRContext *context)
      : random(seed ^ 0xbad), settings(settings), context(context),
        target(**findArchitecture("sm_90a")),
        collector(context, [this](Diagnostic &diagnostic) {
          if (diagnostics.size() < 4096)
            diagnostics += diagnostic.str() + "\n";
        }) {}

  /// False, with a failure, when not even the program can be made.
  bool build();
  void run(const std::string &className);
  Outcome outcome;

private:
  void makeRight();
  void fail(const std::string &why) { outcome.failures.push_back(why); }
  void refuse(const std::string &stage, const std::string &why) {
    ++outcome.counts["refused by " + stage];
    if (settings.print)
      llvm::outs() << "// refused by " << stage << ": " << why << "\n";
    // It goes into prompts, the trial store and on people's screens.
    if (why.size() > 4096)
      fail(formatv("the reason has {0} bytes", why.size()));
  }
  void runCoder(const HostileAnswer &answer);
  void runPlanner(const HostileAnswer &answer);
  bool judge(const HostileAnswer &answer, const Recipe &recipe);
  void lower(const Recipe &recipe, ModuleOp candidate);

  Random random;
  const HostileSettings &settings;
  MLIRContext *context;
  const Architecture &target;
  std::string diagnostics;
  ScopedDiagnosticHandler collector;
  TestProgram program;
  OwningOpRef<ModuleOp> tensors, kernels;
  /// What is asked about: the kernels after `recipe`.
  OwningOpRef<ModuleOp> before;
  std::optional<Recipe> recipe;
  HostileSubject subject;
};
} // namespace

bool HostileCase::build() {
  program = drawTestProgram(random);
  tensors = parseSourceString<ModuleOp>(program.text, context);
  if (!tensors) {
    fail("the program does not parse: " + diagnostics);
    return false;
  }
  kernels = cast<ModuleOp>((*tensors)->clone());
  if (failed(partition(*kernels))) {
    fail("partition: " + diagnostics);
    return false;
  }
  SmallVector<KernelOp> all(kernels->getOps<KernelOp>());
  KernelOp kernel = all[random.below(all.size())];
  subject.kernel = kernel.getSymName().str();
  for (KernelOp other : all)
    if (other != kernel)
      subject.other = other.getSymName().str();
  for (BlockArgument argument : kernel.getOperandArguments()) {
    auto type = cast<MemRefType>(argument.getType());
    std::string text, element;
    llvm::raw_string_ostream(text) << type;
    llvm::raw_string_ostream(element) << type.getElementType();
    subject.operands.push_back(
        {text, type.getShape().vec(), element, kernel.isOutput(argument)});
  }
  for (const ActionInfo *action : getActions())
    for (const Step &step : proposeSteps(kernel, *action, target))
      if (action->name == "tile" && (subject.step.empty() || random.oneIn(2)))
        subject.step = step.str();
  makeRight();
  recipe.emplace(context);
  before = cast<ModuleOp>((*kernels)->clone());
  // Sometimes there are tiles before it.
  if (random.oneIn(3)) {
    FailureOr<Recipe> tiled = completeRecipe(*recipe, *before, target);
    if (succeeded(tiled))
      recipe = *tiled;
    else
      before = cast<ModuleOp>((*kernels)->clone());
  }
  for (const ActionInfo *action : getActions())
    for (const Step &step : proposeSteps(
             before->lookupSymbol<KernelOp>(subject.kernel), *action, target))
      subject.legal.push_back(step.str());
  return true;
}

void HostileCase::makeRight() {
  auto find = [&](ModuleOp module) -> KernelOp {
    auto found = module.lookupSymbol<KernelOp>(subject.kernel);
    auto old = kernels->lookupSymbol<KernelOp>(subject.kernel);
    return found && found.isTiled() &&
                   found.getBody().getArgumentTypes() ==
                       old.getBody().getArgumentTypes()
               ? found
               : KernelOp();
  };
  bool product = StringRef(program.text).contains("linalg.matmul");
  KernelOp right;
  FailureOr<Rewrite> rewrite = failure();
  if (subject.other.empty() || random.oneIn(2))
    rewrite = product && random.oneIn(2)
                  ? applyChannelActions(*kernels, random, target)
                  : applyRandomActions(*kernels, random, target, 4);
  if (succeeded(rewrite))
    right = find(*rewrite->module);
  OwningOpRef<ModuleOp> naive = cast<ModuleOp>((*kernels)->clone());
  if (!right && succeeded(completeRecipe(Recipe(context), *naive, target)))
    right = find(*naive);
  OwningOpRef<ModuleOp> alone = ModuleOp::create(tensors->getLoc());
  alone->push_back(
      (right ? right : kernels->lookupSymbol<KernelOp>(subject.kernel))
          ->clone());
  subject.right = printKernel(*alone->getOps<KernelOp>().begin());
  std::vector<std::string> mistakes = getMistakes();
  for (int64_t i = 0; i < 12 && subject.mistaken.empty(); ++i) {
    std::string mistake = random.pick(mistakes);
    OwningOpRef<ModuleOp> wrong = cast<ModuleOp>((*alone)->clone());
    std::optional<std::string> what = makeMistake(*wrong, mistake, random);
    if (!what)
      continue;
    subject.mistaken = printKernel(*wrong->getOps<KernelOp>().begin());
    subject.mistake = mistake + ": " + *what;
  }
  diagnostics.clear();
}

//===----------------------------------------------------------------------===//
// What a session does
//===----------------------------------------------------------------------===//

void HostileCase::runCoder(const HostileAnswer &answer) {
  std::string why;
  NamedAttrList attributes;
  attributes.set("kernel", FlatSymbolRefAttr::get(context, subject.kernel));
  CoderRequest request{*before,
                       Step{findAction(answer.action) ? answer.action : "tile",
                            attributes.getDictionary(context)},
                       target};
  Mouthpiece model(answer);
  Prompts prompts;
  LLMCoderOptions options;
  options.askAlways = true;
  options.repairs = 1;
  options.check = [&](ModuleOp candidate, std::string &) {
    StructureOptions limits;
    limits.architecture = &target;
    return llvm::all_of(candidate.getOps<KernelOp>(), [&](KernelOp kernel) {
      return !kernel.isTiled() || succeeded(checkKernel(kernel, limits));
    });
  };
  Result<CoderAnswer> code =
      createLLMCoder(model, prompts, options)->answer(request);
  if (model.bytesAsked > 400000)
    fail(formatv("the question has {0} bytes", model.bytesAsked));
  if (!code)
    return refuse("the coder", code.error());
  Result<std::vector<Step>> steps = getSteps(request, *code);
  if (!steps)
    return refuse("its steps", steps.error());
  for (const Step &step : *steps)
    if (failed(recipe->append(step, why)))
      return refuse("the recipe", why);
  if (!judge(answer, *recipe))
    return;
  ++outcome.counts["accepted"];
  if (answer.mustBeRefused)
    fail("accepted what must be refused" +
         (subject.mistake.empty() ? "" : " (" + subject.mistake + ")"));
}

/// What stands in a program beside the kernels' bodies.
static std::string listSymbols(ModuleOp program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (Operation &op : *program.getBody())
    if (auto kernel = dyn_cast<KernelOp>(op)) {
      os << "@" << kernel.getSymName();
      for (Type type : kernel.getBody().getArgumentTypes())
        os << " " << type;
      os << " " << kernel->getDiscardableAttrDictionary() << "; ";
    } else {
      os << op << "; ";
    }
  return text;
}

bool HostileCase::judge(const HostileAnswer &answer, const Recipe &recipe) {
  diagnostics.clear();
  // As the store gives it back.
  FailureOr<Recipe> read = Recipe::parse(recipe.str(), context);
  FailureOr<OwningOpRef<ModuleOp>> candidate = failure();
  if (succeeded(read))
    candidate = read->replay(*kernels, &target);
  if (failed(candidate)) {
    refuse("replay", diagnostics);
    return false;
  }
  ProgramCost cost = estimateProgram(**candidate, target);
  if (!cost.misfit.empty()) {
    refuse("the cost model", cost.misfit);
    return false;
  }
  VerifyOptions options;
  options.structure.architecture = &target;
  bool ranNumbers = false;
  if (failed(proveRewrite(*kernels, **candidate, options)) ||
      failed(verifyRewrite(*tensors, **candidate, options, &ranNumbers))) {
    refuse("verification", diagnostics);
    return false;
  }
  // Fusing and splitting change what is launched; a kernel's text must not.
  bool onlyTexts = llvm::all_of(read->getSteps(), [](const Step &step) {
    return step.action == "rewrite" || step.action == "tile";
  });
  if (onlyTexts && listSymbols(**candidate) != listSymbols(*kernels))
    fail("accepted with other symbols: " + listSymbols(**candidate));
  if (!ranNumbers)
    fail("accepted without a comparison of numbers");
  std::string wrong = findWrongNumber(**candidate, program, random);
  if (!wrong.empty())
    fail("accepted, but " + wrong + " " + diagnostics);
  lower(*read, **candidate);
  return true;
}

/// What is accepted is compiled next, whatever odd attributes it has.
void HostileCase::lower(const Recipe &recipe, ModuleOp candidate) {
  OwningOpRef<ModuleOp> whole = cast<ModuleOp>(candidate->clone());
  if (failed(completeRecipe(recipe, *whole, target)))
    return;
  StructureOptions limits;
  limits.architecture = &target;
  for (KernelOp kernel : whole->getOps<KernelOp>())
    if (failed(checkKernel(kernel, limits)))
      return;
  FailureOr<OwningOpRef<ModuleOp>> gpu = lowerToGpu(*whole, target);
  if (failed(gpu) || failed(translateToPtx(**gpu, target)))
    ++outcome.counts["not lowered"];
}

void HostileCase::runPlanner(const HostileAnswer &answer) {
  PlanState state{*before, *recipe, {}, target};
  std::vector<Move> ours = createRulePlanner()->propose(state);
  Mouthpiece model(answer);
  Prompts prompts;
  bool unusable = false;
  LLMPlannerOptions options;
  options.unusable = [&](const std::string &why) {
    unusable = true;
    refuse("the planner", why);
  };
  options.score = !answer.scores.empty() || random.oneIn(2);
  std::unique_ptr<Planner> planner =
      createLLMPlanner(model, prompts, createRulePlanner(), options);
  std::vector<Move> moves = planner->propose(state);
  auto holds = [](const std::vector<Move> &list, const Move &move) {
    return llvm::any_of(
        list, [&](const Move &other) { return other.str() == move.str(); });
  };
  for (const Move &move : ours)
    if (!holds(moves, move))
      fail("lost a legal move: " + move.str());
  if (moves.size() > ours.size() + 8)
    fail(formatv("{0} moves", moves.size()));
  for (size_t i = 0; i < moves.size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      if (moves[i].str() == moves[j].str())
        fail("proposed twice: " + moves[i].str());
    if (holds(ours, moves[i]))
      continue;
    // An action with its region; the coder has the parameters to choose.
    const Step &step = moves[i].steps.front();
    const ActionInfo *action = findAction(step.action);
    auto kernel = before->lookupSymbol<KernelOp>(step.getKernel());
    if (moves[i].steps.size() != 1 || !action || !kernel ||
        (action->name != "rewrite" &&
         proposeSteps(kernel, *action, target).empty()))
      fail("proposed what is not legal: " + moves[i].str());
  }
  ++outcome.counts[unusable ? "without a ranking" : "ranked"];
}

void HostileCase::run(const std::string &className) {
  HostileAnswer answer = makeHostileAnswer(className, subject, random);
  if (settings.print)
    llvm::outs() << program.text << "// to be rewritten: @" << subject.kernel
                 << "\n// the answer:\n"
                 << StringRef(answer.text).take_front(20000) << "\n";
  llvm::outs().flush();
  if (answer.toPlanner)
    runPlanner(answer);
  else
    runCoder(answer);
}

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

void qimeng::limitProcess(const HostileSettings &settings) {
  rlimit memory{settings.bytes, settings.bytes};
  ::setrlimit(RLIMIT_AS, &memory);
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  if (::chdir(settings.folder.c_str()) != 0)
    llvm::report_fatal_error("cannot enter the folder of hostile answers");
}

static void setTimer(unsigned seconds) {
  itimerval timer{{0, 0}, {time_t(seconds), 0}};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

static double processorSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

Outcome qimeng::runHostileAnswer(uint64_t seed, const std::string &className,
                                 const HostileSettings &settings,
                                 MLIRContext *context) {
  HostileCase test(seed, settings, context);
  if (test.build()) {
    double start = processorSeconds();
    setTimer(settings.seconds);
    test.run(className);
    setTimer(0);
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    test.outcome.counts["milliseconds"] =
        int64_t(1000 * (processorSeconds() - start));
    test.outcome.counts["megabytes"] = usage.ru_maxrss / 1024;
  }
  std::error_code error;
  for (auto &entry :
       std::filesystem::directory_iterator(settings.folder, error))
    test.outcome.failures.push_back("left a file: " + entry.path().string());
  Outcome outcome;
  outcome.counts["all"] = 1;
  for (auto &[name, number] : test.outcome.counts)
    outcome.counts[name] = number;
  for (const std::string &failure : test.outcome.failures)
    outcome.failures.push_back(
        formatv("seed {0} ({1}): {2}", seed, className, failure));
  return outcome;
}
