//===- SearchRepairTest.cpp - Coders that are wrong at first --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Tuning/CostModel.h"
#include "qimeng/Tuning/Search.h"
#include "qimeng/Verify/Verify.h"
#include "gtest/gtest.h"
#include <map>

using namespace mlir;
using namespace qimeng;

namespace {

const char *const program = R"(
qimeng.kernel @gemm(%a: memref<64x64xf16>, %b: memref<64x64xf16>, %c: memref<64x64xf32>) {
  %x = qimeng.load %a : memref<64x64xf16> -> tensor<64x64xf16>
  %y = qimeng.load %b : memref<64x64xf16> -> tensor<64x64xf16>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %x, %y, %z : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  qimeng.store %d, %c : tensor<64x64xf32>, memref<64x64xf32>
})";

/// The product in `grid` programs, each 64 columns wide, rows from `offset`;
/// `body` is what computes %d from %row.
std::string kernel(const std::string &body, const std::string &grid = "2",
                   const std::string &offset = "d0 * 32",
                   const std::string &head =
                       "qimeng.kernel @gemm(%a: memref<64x64xf16>, %b: "
                       "memref<64x64xf16>, %c: memref<64x64xf32>)") {
  return head + " grid(" + grid + R"() {
  %p = qimeng.program_id 0
  %row = affine.apply affine_map<(d0) -> ()" +
         offset + R"()>(%p)
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<32x64xf32>
)" + body +
         "\n  qimeng.store %d, %c[%row, %c0] : tensor<32x64xf32>, "
         "memref<64x64xf32>\n}";
}

const std::string direct = R"(
  %x = qimeng.load %a[%row, %c0] : memref<64x64xf16> -> tensor<32x64xf16>
  %y = qimeng.load %b : memref<64x64xf16> -> tensor<64x64xf16>
  %d = qimeng.dot %x, %y, %z : tensor<32x64xf16>, tensor<64x64xf16> -> tensor<32x64xf32>)";

/// Through a channel of `stages`, in four steps; `take` and `release` are the
/// lines that may be missing.
std::string staged(const std::string &stages, const std::string &release) {
  return "  %ch = qimeng.channel stages(" + stages +
         ") : !qimeng.channel<tensor<32x16xf16>, tensor<16x64xf16>>" + R"(
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<32x64xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    %x = qimeng.load %a[%row, %k] : memref<64x64xf16> -> tensor<32x16xf16>
    %y = qimeng.load %b[%k, %c0] : memref<64x64xf16> -> tensor<16x64xf16>
    qimeng.put %ch, %x, %y : !qimeng.channel<tensor<32x16xf16>, tensor<16x64xf16>>
    %t:2 = qimeng.take %ch : !qimeng.channel<tensor<32x16xf16>, tensor<16x64xf16>>
    %s = qimeng.dot %t#0, %t#1, %acc : tensor<32x16xf16>, tensor<16x64xf16> -> tensor<32x64xf32>
    )" + release +
         R"(
    scf.yield %s : tensor<32x64xf32>
  })";
}
const std::string released = "qimeng.release %ch : "
                             "!qimeng.channel<tensor<32x16xf16>, "
                             "tensor<16x64xf16>>";

/// Answers in the order of a script, as text; "" is no answer.
class ScriptedCoder : public Coder {
public:
  explicit ScriptedCoder(std::vector<std::string> script)
      : script(std::move(script)) {}
  StringRef getName() const override { return "scripted"; }
  bool isModel() const override { return true; }
  Result<CoderAnswer> answer(const CoderRequest &request) override {
    requests.push_back({request.action.str(), request.diagnostics});
    std::string text = requests.size() <= script.size()
                           ? script[requests.size() - 1]
                           : std::string();
    if (text.empty())
      return Error{"the script has no more answers"};
    ModuleOp program = request.program;
    Result<CoderAnswer> parsed = parseAnswer(text, program.getContext());
    // As it stands: it is for others to refuse it.
    return parsed ? parsed : CoderAnswer{{}, text};
  }
  struct Request {
    std::string action;
    std::vector<std::string> diagnostics;
  };
  std::vector<Request> requests;

private:
  std::vector<std::string> script;
};

/// Decides by request alone, and remembers what was asked before, as the cache
/// of a model does.
class CachingCoder : public Coder {
public:
  CachingCoder(std::map<std::string, std::string> &cache,
               std::function<std::string(const CoderRequest &)> decide)
      : cache(cache), decide(std::move(decide)) {}
  StringRef getName() const override { return "cached"; }
  bool isModel() const override { return true; }
  Result<CoderAnswer> answer(const CoderRequest &request) override {
    std::string key;
    llvm::raw_string_ostream os(key);
    ModuleOp program = request.program;
    os << request.action.str() << "\n" << program << "\n";
    for (const std::string &diagnostic : request.diagnostics)
      os << diagnostic << "\n";
    auto [at, isNew] = cache.try_emplace(key, "");
    if (isNew) {
      ++asked;
      at->second = decide(request);
    }
    if (at->second.empty())
      return Error{"nothing to say"};
    return parseAnswer(at->second, program.getContext());
  }
  size_t asked = 0;

private:
  std::map<std::string, std::string> &cache;
  std::function<std::string(const CoderRequest &)> decide;
};

/// One move after the other.
class ListPlanner : public Planner {
public:
  explicit ListPlanner(std::vector<Move> moves) : moves(std::move(moves)) {}
  StringRef getName() const override { return "list"; }
  std::vector<Move> propose(const PlanState &state) override {
    std::vector<Move> open;
    for (const Move &move : moves)
      if (!state.wasTried(move) &&
          llvm::none_of(state.history, [&](const MoveOutcome &outcome) {
            return outcome.move.str() == move.str();
          }))
        open.push_back(move);
    if (open.size() > 1)
      open.resize(1);
    return open;
  }

private:
  std::vector<Move> moves;
};

struct StoredTrial {
  std::string key, action, coder, diagnostics, recipe;
  unsigned attempt = 0;
  bool verified = false;
  double microseconds = 0;
};

/// Verifies as a session does (at the real size), believes the cost model, and
/// keeps trials in a store that outlives it.
class Judge : public TrialRunner {
public:
  Judge(ModuleOp payload, const Architecture &target,
        std::vector<StoredTrial> &store, size_t budget)
      : payload(payload), target(target), store(store), budget(budget) {}

  std::vector<std::optional<TrialOutcome>>
  run(const std::vector<Candidate> &candidates) override {
    std::vector<std::optional<TrialOutcome>> outcomes;
    for (const Candidate &candidate : candidates) {
      outcomes.emplace_back();
      StoredTrial trial = begin(candidate);
      auto known =
          llvm::find_if(store, [&](auto &old) { return old.key == trial.key; });
      if (known == store.end() && exhausted())
        continue; // killed before it began
      if (known == store.end()) {
        if (trial.diagnostics.empty())
          judge(candidate, trial);
        ++added;
        known = store.insert(store.end(), trial);
      }
      TrialOutcome outcome;
      outcome.trial = known - store.begin();
      outcome.verified = known->verified;
      outcome.microseconds = known->microseconds;
      outcome.diagnostics = known->diagnostics;
      outcomes.back() = outcome;
    }
    return outcomes;
  }
  void decide(size_t trial, bool accepted, const std::string &) override {
    decisions.push_back({trial, accepted});
  }
  bool exhausted() const override { return added >= budget; }
  unsigned width() const override { return 1; }

  std::vector<std::pair<size_t, bool>> decisions;

private:
  StoredTrial begin(const Candidate &candidate) {
    StoredTrial trial;
    trial.action = candidate.action;
    trial.coder = candidate.coder;
    trial.attempt = candidate.attempt;
    trial.diagnostics = candidate.refusal;
    OwningOpRef<ModuleOp> replayed =
        materialize(payload, candidate.recipe, target);
    FailureOr<Recipe> whole =
        completeRecipe(candidate.recipe, *replayed, target);
    EXPECT_TRUE(succeeded(whole));
    trial.recipe = whole->str();
    trial.key = trial.diagnostics.empty()
                    ? trial.recipe
                    : trial.diagnostics + std::to_string(trial.attempt);
    return trial;
  }
  void judge(const Candidate &candidate, StoredTrial &trial) {
    FailureOr<Recipe> recipe =
        Recipe::parse(trial.recipe, payload.getContext());
    auto after = recipe->replay(payload, &target);
    VerifyOptions options;
    options.structure.architecture = &target;
    ScopedDiagnosticHandler handler(payload.getContext(),
                                    [&](Diagnostic &diagnostic) {
                                      trial.diagnostics += diagnostic.str();
                                      return success();
                                    });
    trial.verified = succeeded(verifyRewrite(payload, **after, options));
    // Of all candidates that take as long the later one is accepted.
    trial.microseconds =
        estimateProgram(**after, target).microseconds * 1e3 - store.size();
  }

  ModuleOp payload;
  const Architecture &target;
  std::vector<StoredTrial> &store;
  size_t budget, added = 0;
};

class SearchRepairTest : public testing::Test {
protected:
  SearchRepairTest() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    payload = parseSourceString<ModuleOp>(program, &context);
  }
  Move move(std::vector<std::string> actions) {
    Move made;
    made.reason = "as the list says";
    made.enabling = true;
    // Without parameters: those are the coder's.
    DictionaryAttr open = DictionaryAttr::get(
        &context, NamedAttribute(StringAttr::get(&context, "kernel"),
                                 FlatSymbolRefAttr::get(&context, "gemm")));
    for (const std::string &action : actions)
      made.steps.push_back({action, open});
    return made;
  }
  std::vector<StoredTrial> search(Coder &coder, std::vector<Move> moves,
                                  Coder *fallback = nullptr) {
    std::vector<StoredTrial> store;
    Judge judge(*payload, target, store, 100);
    ListPlanner planner(std::move(moves));
    SearchInput input{*payload, target, planner, coder, judge};
    input.fallback = fallback;
    EXPECT_TRUE(succeeded(searchGreedily(input)));
    return store;
  }

  const Architecture &target = **findArchitecture("sm_90a");
  MLIRContext context;
  OwningOpRef<ModuleOp> payload;
};

/// Whatever is wrong at first: it is a trial that says so, the coder is told
/// the same, and its next answer is taken.
TEST_F(SearchRepairTest, EveryMistakeIsToldAndRepaired) {
  const std::string right = kernel(direct);
  auto changed = [&](const std::string &from, const std::string &to) {
    std::string text = right;
    size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  struct Mistake {
    const char *name, *action;
    std::string wrong, right, diagnostics;
  };
  const std::string pipelined = kernel(staged("2", released));
  const Mistake mistakes[] = {
      {"syntax", "tile", changed("qimeng.dot %x, ", "qimeng.dot %x "), right,
       "line 11, column"},
      {"cut off", "tile", right.substr(0, right.size() - 20), right,
       "is never closed"},
      {"undefined value", "tile", changed("dot %x", "dot %w"), right,
       "use of undeclared SSA value name"},
      {"verifier", "tile",
       changed("tensor<32x64xf16>, tensor<64x64xf16> -> tensor<32x64xf32>",
               "tensor<32x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>"),
       right, "line 11, column"},
      {"name", "tile", changed("@gemm", "@matmul"), right,
       "the text must be of @gemm, found @matmul"},
      {"signature", "tile",
       changed("%c: memref<64x64xf32>", "%c: memref<64x64xf64>"), right,
       "line 12, column"},
      {"operands", "tile", "qimeng.kernel @gemm(%a: memref<64x64xf16>) {}",
       right, "the operands must stay"},
      {"outputs", "tile", changed("  qimeng.store", "  // qimeng.store"), right,
       "operand 2 must be stored to"},
      {"forbidden operation", "tile",
       changed("  qimeng.store", "  memref.store %c0, %c[%c0, %c0] : "
                                 "memref<64x64xf32>\n  qimeng.store"),
       right, "'memref.store' is not of"},
      {"two kernels", "tile", right + "\nqimeng.kernel @evil() {}", right,
       "one qimeng.kernel and nothing else"},
      {"another language", "tile", "__global__ void gemm() {}", right,
       "'__global__"},
      {"endless", "pipeline",
       pipelined.substr(0, pipelined.find("step %c1")) + "step %c0" +
           pipelined.substr(pipelined.find("step %c1") + 8),
       pipelined, "so that it is known to end"},
      {"property", "tile", std::string(program), right,
       "what was asked for (tile @gemm) does not hold: @gemm is not tiled"},
      {"property", "pipeline", kernel(staged("1", released)), pipelined,
       "@gemm is not pipelined"},
      {"property", "tensorize", right,
       changed("%z : tensor<32x64xf16>",
               "%z mma <mma_sync> : tensor<32x64xf16>"),
       "0 of 1 qimeng.dot have mma"},
      {"out of bounds", "tile", kernel(direct, "2", "d0 * 33"), right,
       "check 3 (bounds)"},
      {"hole", "tile", kernel(direct, "1"), right, "check 3 (writes)"},
      {"double write", "tile", kernel(direct, "3", "d0 * 16"), right,
       "check 3 (writes)"},
      {"missing release", "pipeline", kernel(staged("2", "")), pipelined,
       "check 3 (channels)"},
      {"numbers", "tile", changed("dense<0.0>", "dense<1.0>"), right,
       "output 0 differs at (0, 0)"},
      {"shared memory", "pipeline", kernel(staged("200", released)), pipelined,
       "check 2 (structure): needs"},
      {"tile sizes", "tile",
       "transform.qimeng.tile @gemm sizes = [48, 64] in %root : "
       "!transform.any_op",
       right, "powers of two"},
      {"other action", "tile",
       "transform.qimeng.persist @gemm in %root : !transform.any_op", right,
       "persist @gemm: "},
  };
  for (const Mistake &mistake : mistakes) {
    SCOPED_TRACE(mistake.name);
    ScriptedCoder coder({mistake.wrong, mistake.right});
    std::vector<StoredTrial> store = search(coder, {move({mistake.action})});
    ASSERT_EQ(store.size(), 3u);
    const StoredTrial &wrong = store[1], &right = store[2];
    EXPECT_FALSE(wrong.verified);
    EXPECT_NE(wrong.diagnostics.find(mistake.diagnostics), std::string::npos)
        << wrong.diagnostics;
    EXPECT_EQ(wrong.coder, "scripted");
    EXPECT_EQ(wrong.attempt, 0u);
    ASSERT_EQ(coder.requests.size(), 2u);
    EXPECT_TRUE(coder.requests[0].diagnostics.empty());
    ASSERT_EQ(coder.requests[1].diagnostics.size(), 1u);
    EXPECT_EQ(coder.requests[1].diagnostics[0], wrong.diagnostics);
    EXPECT_TRUE(right.verified) << right.diagnostics;
    EXPECT_EQ(right.coder, "scripted");
    EXPECT_EQ(right.attempt, 1u);
    EXPECT_NE(right.recipe.find("transform.qimeng.rewrite @gemm text = ["),
              std::string::npos);
  }
}

/// As often as is allowed; then the fallback, which is asked as if nobody had
/// been before; then the next move.
TEST_F(SearchRepairTest, FallsBackWhenNothingHelps) {
  std::unique_ptr<Coder> builtin = createBuiltinCoder();
  const std::string wrong = kernel(direct, "1");
  {
    ScriptedCoder coder({wrong, "gibberish", wrong, "more", kernel(direct)});
    std::vector<StoredTrial> store =
        search(coder, {move({"tile"})}, builtin.get());
    // naive, four refusals, the built-in coder's
    ASSERT_EQ(coder.requests.size(), 4u);
    EXPECT_EQ(coder.requests[3].diagnostics.size(), 3u);
    ASSERT_EQ(store.size(), 5u); // an answer that was given twice is one trial
    EXPECT_EQ(store[3].attempt, 3u);
    EXPECT_EQ(store.back().coder, "built-in");
    EXPECT_EQ(store.back().attempt, 0u);
    EXPECT_TRUE(store.back().verified) << store.back().diagnostics;
  }
  {
    ScriptedCoder coder({wrong, "gibberish", "x", "y", kernel(direct)});
    std::vector<StoredTrial> store =
        search(coder, {move({"tile"}), move({"rewrite"})});
    // The next move is another question.
    ASSERT_EQ(coder.requests.size(), 5u);
    EXPECT_TRUE(coder.requests[4].diagnostics.empty());
    EXPECT_EQ(store.back().action, "rewrite @gemm (as the list says)");
    EXPECT_TRUE(store.back().verified);
  }
  {
    // Silence is no trial where somebody else knows.
    ScriptedCoder coder({});
    std::vector<StoredTrial> store =
        search(coder, {move({"tile"})}, builtin.get());
    ASSERT_EQ(store.size(), 2u);
    EXPECT_EQ(coder.requests.size(), 1u);
    EXPECT_EQ(store[1].coder, "built-in");
    EXPECT_TRUE(store[1].verified);
  }
  {
    ScriptedCoder coder({});
    std::vector<StoredTrial> store = search(coder, {move({"tile"})});
    ASSERT_EQ(store.size(), 2u);
    EXPECT_EQ(store[1].diagnostics,
              "tile @gemm: the script has no more answers");
  }
}

/// Of a move with several steps, the one that the coder made up is to blame.
TEST_F(SearchRepairTest, BlamesTheAnswerThatWasMadeUp) {
  std::string wrong = kernel(direct);
  wrong.replace(wrong.find("dense<0.0>"), 10, "dense<1.0>");
  const std::string reorder =
      "transform.qimeng.reorder @gemm vector = 8 in %root : !transform.any_op";
  ScriptedCoder coder({wrong, reorder, kernel(direct), reorder});
  std::vector<StoredTrial> store = search(coder, {move({"tile", "reorder"})});
  ASSERT_EQ(coder.requests.size(), 4u);
  EXPECT_EQ(coder.requests[2].action, "tile @gemm");
  EXPECT_EQ(coder.requests[2].diagnostics.size(), 1u);
  EXPECT_EQ(coder.requests[3].action, "reorder @gemm");
  EXPECT_TRUE(coder.requests[3].diagnostics.empty());
  ASSERT_EQ(store.size(), 3u);
  EXPECT_TRUE(store[2].verified) << store[2].diagnostics;
}

/// A retile is the recipe's business, and is refused where a text follows.
TEST_F(SearchRepairTest, RetileBeforeAText) {
  const std::string tile = "transform.qimeng.tile @gemm sizes = [16, 16] in "
                           "%root : !transform.any_op",
                    retile = "transform.qimeng.retile @gemm sizes = [32, 32] "
                             "in %root : !transform.any_op";
  {
    ScriptedCoder coder({tile, retile});
    std::vector<StoredTrial> store =
        search(coder, {move({"tile"}), move({"retile"})});
    EXPECT_TRUE(store.back().verified) << store.back().diagnostics;
    EXPECT_NE(store.back().recipe.find("sizes = [32, 32]"), std::string::npos);
    EXPECT_EQ(store.back().recipe.find("retile"), std::string::npos);
  }
  {
    ScriptedCoder coder({tile, kernel(direct), retile});
    std::vector<StoredTrial> store =
        search(coder, {move({"tile"}), move({"rewrite"}), move({"retile"})});
    EXPECT_NE(store[3].diagnostics.find(
                  "the recipe rewrites @gemm after its tile step"),
              std::string::npos)
        << store[3].diagnostics;
  }
}

/// Wherever a search is killed, the next goes on as if it had not been: with
/// the same trials, and without a question that was answered before.
TEST_F(SearchRepairTest, NothingIsAskedTwiceOrLost) {
  // Wrong, wrong in another way, right; what it is depends on the request
  // alone.
  auto decide = [&](const CoderRequest &request) -> std::string {
    size_t attempt = request.diagnostics.size();
    if (request.action.action == "tile")
      return attempt == 0   ? kernel(direct, "2", "d0 * 33")
             : attempt == 1 ? "gibberish"
                            : kernel(direct);
    if (request.action.action == "pipeline")
      return attempt == 0 ? kernel(staged("2", ""))
                          : kernel(staged("2", released));
    if (request.action.action == "persist")
      return ""; // no answer: the fallback's
    return "transform.qimeng.reorder @gemm vector = 8 in %root : "
           "!transform.any_op";
  };
  std::unique_ptr<Coder> builtin = createBuiltinCoder();
  std::vector<Move> moves = {move({"tile"}), move({"persist"}),
                             move({"pipeline", "reorder"}),
                             move({"tensorize"})};
  auto run = [&](std::vector<StoredTrial> &store,
                 std::map<std::string, std::string> &cache, size_t budget,
                 std::vector<std::pair<size_t, bool>> *decisions = nullptr) {
    CachingCoder coder(cache, decide);
    Judge judge(*payload, target, store, budget);
    ListPlanner planner(moves);
    SearchInput input{*payload, target, planner, coder, judge};
    input.fallback = builtin.get();
    (void)searchGreedily(input);
    if (decisions)
      *decisions = judge.decisions;
    return coder.asked;
  };
  std::vector<StoredTrial> whole;
  std::map<std::string, std::string> wholeCache;
  std::vector<std::pair<size_t, bool>> wholeDecisions;
  size_t asked = run(whole, wholeCache, 100, &wholeDecisions);
  ASSERT_GT(whole.size(), 7u);
  for (size_t killed = 1; killed < whole.size(); ++killed) {
    std::vector<StoredTrial> store;
    std::map<std::string, std::string> cache;
    size_t before = run(store, cache, killed);
    ASSERT_EQ(store.size(), killed);
    std::vector<std::pair<size_t, bool>> decisions;
    size_t after = run(store, cache, 100, &decisions);
    EXPECT_EQ(before + after, asked) << killed;
    EXPECT_EQ(decisions, wholeDecisions);
    ASSERT_EQ(store.size(), whole.size()) << killed;
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(store[i].recipe, whole[i].recipe);
      EXPECT_EQ(store[i].coder, whole[i].coder);
      EXPECT_EQ(store[i].attempt, whole[i].attempt);
      EXPECT_EQ(store[i].diagnostics, whole[i].diagnostics);
    }
  }
  // And when it is killed after every single trial.
  std::vector<StoredTrial> slow;
  std::map<std::string, std::string> slowCache;
  size_t slowAsked = 0;
  while (slow.size() < whole.size())
    slowAsked += run(slow, slowCache, 1);
  EXPECT_EQ(slowAsked, asked);
}

/// A recipe with texts is a recipe: it reads back and replays to the byte.
TEST_F(SearchRepairTest, RecipesWithTextsReplay) {
  ScriptedCoder coder({kernel(direct), kernel(staged("2", released))});
  std::vector<StoredTrial> store =
      search(coder, {move({"tile"}), move({"pipeline"})});
  ASSERT_EQ(store.size(), 3u);
  FailureOr<Recipe> recipe = Recipe::parse(store.back().recipe, &context);
  ASSERT_TRUE(succeeded(recipe));
  EXPECT_EQ(recipe->str(), store.back().recipe);
  ASSERT_EQ(recipe->size(), 2u);
  std::string texts[2];
  for (std::string &text : texts) {
    auto replayed = recipe->replay(*payload, &target);
    ASSERT_TRUE(succeeded(replayed));
    llvm::raw_string_ostream(text) << **replayed;
  }
  EXPECT_EQ(texts[0], texts[1]);
  // Mutants keep the text or drop it, and are legal.
  Mutator mutator(*payload, target, 3);
  for (int i = 0; i < 20; ++i) {
    std::string change;
    if (std::optional<Recipe> mutant = mutator.mutate(*recipe, change))
      EXPECT_TRUE(succeeded(mutant->replay(*payload, &target))) << change;
  }
}

} // namespace
