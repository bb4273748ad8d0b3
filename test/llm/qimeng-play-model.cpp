//===- qimeng-play-model.cpp - The built-in pair plays the model ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   qimeng-play-model request.json   prints the answer to a request as a model
//                                    gets it
//   qimeng-play-model folder         answers the requests of a hand-over folder
//                                    (NNNN.request.json to NNNN.answer.md)
//                                    until it holds a file `stop`
//
// The answer is what the built-in planner and coder would do, from the text of
// the prompt alone: that it can be given shows that the prompt holds everything
// that is needed.
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "qimeng/Coder/Coder.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/LLM/Prompts.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Planner/Planner.h"
#include "qimeng/Support/File.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <set>
#include <thread>

using namespace mlir;
using namespace qimeng;
using Json = nlohmann::ordered_json;

namespace {

/// The text of a message: a string, or parts.
std::string textOf(const Json &content) {
  if (content.is_string())
    return content.get<std::string>();
  std::string text;
  if (content.is_array())
    for (const Json &part : content)
      if (part.is_object() && part.contains("text") && part["text"].is_string())
        text += part["text"].get<std::string>();
  return text;
}

/// What follows the heading `## name`, up to the next one outside fences.
StringRef sectionOf(StringRef text, StringRef name) {
  std::string heading = ("## " + name + "\n").str();
  size_t at = text.starts_with(heading) ? 0 : text.find("\n" + heading);
  if (at == StringRef::npos)
    return "";
  StringRef rest = text.substr(at).ltrim('\n').drop_front(heading.size());
  size_t length = 0;
  StringRef fence;
  for (StringRef left = rest; !left.empty();) {
    auto [line, after] = left.split('\n');
    StringRef marks = line.take_while([](char c) { return c == '`'; });
    if (fence.empty() && marks.size() >= 3)
      fence = marks;
    else if (!fence.empty() && line == fence)
      fence = "";
    else if (fence.empty() && line.starts_with("## "))
      break;
    length = after.empty() ? rest.size() : size_t(after.data() - rest.data());
    left = after;
  }
  return rest.take_front(length).trim('\n');
}

/// What stands between the first fences of `section`.
StringRef blockOf(StringRef section) {
  size_t open = section.find("```");
  if (open == StringRef::npos)
    return "";
  StringRef rest = section.substr(open);
  StringRef fence = rest.take_while([](char c) { return c == '`'; });
  rest = rest.split('\n').second;
  if (rest.starts_with(fence))
    return "";
  return rest.substr(0, rest.find(("\n" + fence).str()));
}

class Player {
public:
  Player() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }
  /// The answer, or why there is none.
  Result<std::string> answer(const std::string &request);

private:
  Result<std::string> plan(StringRef text, bool label);
  Result<std::string> code(StringRef text);
  FailureOr<Recipe> readSteps(StringRef text, StringRef separator);

  MLIRContext context;
};

/// Steps as prompts show them; those that show no parameters that matter (a
/// rewrite's text) are left out.
FailureOr<Recipe> Player::readSteps(StringRef text, StringRef separator) {
  std::string body;
  SmallVector<StringRef> steps;
  text.split(steps, separator, -1, /*KeepEmpty=*/false);
  for (StringRef step : steps)
    if (!step.starts_with("rewrite "))
      body += ("transform.qimeng." + step + " in %root : !transform.any_op\n")
                  .str();
  return Recipe::parse(
      "module attributes {transform.with_named_sequence} {\n"
      "transform.named_sequence @__transform_main(%root: !transform.any_op) "
      "{\n" +
          body + "transform.yield\n}\n}\n",
      &context);
}

Result<const Architecture *> readTarget(StringRef text) {
  return findArchitecture(sectionOf(text, "Target").split(' ').first.str());
}

Result<std::string> Player::plan(StringRef text, bool label) {
  Result<const Architecture *> target = readTarget(text);
  if (!target)
    return Error{target.error()};
  auto program = parseSourceString<ModuleOp>(
      blockOf(sectionOf(text, "Program")), &context);
  FailureOr<Recipe> recipe =
      readSteps(blockOf(sectionOf(text, "Recipe so far")), "\n");
  if (!program || failed(recipe))
    return Error{"program or recipe do not parse"};
  std::vector<MoveOutcome> history;
  SmallVector<StringRef> lines;
  StringRef tried = blockOf(sectionOf(text, "Tried on this program, and not "
                                            "kept"));
  tried.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    FailureOr<Recipe> steps = readSteps(line.split("  -> ").first, "; ");
    if (failed(steps))
      continue;
    MoveOutcome outcome;
    for (const Step &step : steps->getSteps())
      outcome.move.steps.push_back(step);
    outcome.recipe = recipe->getSteps();
    history.push_back(std::move(outcome));
  }
  std::vector<std::pair<std::string, std::string>> list;
  lines.clear();
  blockOf(sectionOf(text, "What may be done now"))
      .split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    auto [name, rest] = line.split("  ");
    list.push_back({name.str(), rest.split("  (").first.str()});
  }
  Json ranked = Json::array();
  std::string first;
  auto add = [&](const std::string &name, const std::string &reason) {
    if (first.empty())
      first = name;
    ranked.push_back({{"label", name}, {"reason", reason}});
  };
  std::unique_ptr<Planner> rules = createRulePlanner();
  for (const Move &move :
       rules->propose({*program, *recipe, history, **target}))
    for (auto &[name, entry] : list)
      if (entry == move.str())
        add(name, move.reason);
  if (ranked.empty())
    add(stopLabel, "the rules have nothing left to do");
  return label ? first : Json({{"ranked", ranked}}).dump();
}

Result<std::string> Player::code(StringRef text) {
  Result<const Architecture *> target = readTarget(text);
  if (!target)
    return Error{target.error()};
  auto program = parseSourceString<ModuleOp>(
      blockOf(sectionOf(text, "Program")), &context);
  FailureOr<Recipe> action =
      readSteps(blockOf(sectionOf(text, "Action")), "\n");
  if (!program || failed(action) || action->size() != 1)
    return std::string("The built-in coder has no answer to this.\n");
  CoderRequest request{*program, action->getSteps()[0], **target};
  StringRef refused = sectionOf(text, "Refused before");
  for (size_t number = 1;
       (refused.starts_with(std::to_string(number) + ". ") ||
        refused.contains("\n" + std::to_string(number) + ". "));
       ++number)
    request.diagnostics.push_back("refused");
  Result<CoderAnswer> answer = createBuiltinCoder()->answer(request);
  if (!answer)
    return "The built-in coder has no answer to this: " + answer.error() + "\n";
  std::string body = "```mlir\n";
  for (const Step &step : answer->steps)
    body +=
        "transform.qimeng." + step.str() + " in %root : !transform.any_op\n";
  return body + "```\n";
}

Result<std::string> Player::answer(const std::string &request) {
  Result<Json> parsed = parseJson(request);
  if (!parsed)
    return Error{parsed.error()};
  // As the server got it, or with what else was noted of it.
  const Json *body = &*parsed;
  for (const char *name : {"request", "body"})
    if (body->is_object() && !body->contains("messages") &&
        body->contains(name))
      body = &(*body)[name];
  if (!body->is_object() || !body->contains("messages") ||
      !(*body)["messages"].is_array())
    return Error{"there are no messages in it"};
  std::string system, user;
  if (body->contains("system"))
    system = textOf((*body)["system"]);
  for (const Json &message : (*body)["messages"]) {
    if (!message.is_object() || !message.contains("content"))
      continue;
    std::string text = textOf(message["content"]);
    (message.value("role", "") == "system" ? system : user) = text;
  }
  if (user.find("## What may be done now") != std::string::npos)
    return plan(user,
                system.find("Answer with the label") != std::string::npos);
  if (user.find("## Action") != std::string::npos)
    return code(user);
  return Error{"it is neither a planner's nor a coder's question"};
}

int watch(Player &player, const std::string &folder) {
  Status noted = writeFile(
      folder + "/author.json",
      "{\"kind\": \"built-in\", \"name\": \"qimeng rules and coder\", "
      "\"version\": \"" QIMENG_VERSION "\"}\n");
  if (!noted) {
    llvm::errs() << "qimeng-play-model: " << noted.error() << "\n";
    return 1;
  }
  std::set<std::string> done;
  while (!llvm::sys::fs::exists(folder + "/stop")) {
    std::error_code error;
    for (llvm::sys::fs::directory_iterator at(folder, error), end;
         at != end && !error; at.increment(error)) {
      std::string path = at->path();
      StringRef name = path;
      if (!name.consume_back(".request.json") || done.count(path))
        continue;
      done.insert(path);
      std::string answerPath = (name + ".answer.md").str();
      if (llvm::sys::fs::exists(answerPath))
        continue;
      Result<std::string> request = readFile(path);
      Result<std::string> answer =
          request ? player.answer(*request)
                  : Result<std::string>(Error{request.error()});
      if (!answer)
        llvm::errs() << "qimeng-play-model: " << path << ": " << answer.error()
                     << "\n";
      if (Status status = writeFile(
              answerPath, answer
                              ? *answer
                              : "There is no answer: " + answer.error() + "\n");
          !status) {
        llvm::errs() << "qimeng-play-model: " << status.error() << "\n";
        return 1;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return 0;
}

} // namespace

int qimengPlayModelMain(int argc, char **argv) {
  if (argc != 2) {
    llvm::errs() << "usage: qimeng-play-model request.json|folder\n";
    return 2;
  }
  Player player;
  if (llvm::sys::fs::is_directory(argv[1]))
    return watch(player, argv[1]);
  Result<std::string> request = readFile(argv[1]);
  Result<std::string> answer =
      request ? player.answer(*request)
              : Result<std::string>(Error{request.error()});
  if (!answer) {
    llvm::errs() << "qimeng-play-model: " << argv[1] << ": " << answer.error()
                 << "\n";
    return 1;
  }
  llvm::outs() << *answer << "\n";
  return 0;
}
