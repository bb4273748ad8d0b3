//===- Prompts.cpp - What a model is asked --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Prompts.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/Support/File.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace qimeng;

const char *const qimeng::stopLabel = "stop";

namespace {
struct EmbeddedFile {
  const char *name, *text;
};
struct DialectOp {
  const char *name, *syntax, *summary;
};
struct EmbeddedExample {
  const char *action, *step, *before, *answer;
};
#include "PromptData.inc"

/// Lines of history in a prompt, and bytes of each: what is older or longer
/// tells a planner little.
constexpr size_t mostTried = 16, mostEarlier = 8, lineBytes = 160;
constexpr size_t summaryBytes = 100, reasonBytes = 400;

bool isLetter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
} // namespace

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

size_t qimeng::estimateTokens(std::string_view text) {
  size_t tokens = 0;
  for (size_t i = 0; i < text.size();) {
    if (isLetter(text[i])) {
      size_t begin = i;
      while (i < text.size() && isLetter(text[i]))
        ++i;
      tokens += (i - begin + 3) / 4;
    } else if (text[i] == ' ' || text[i] == '\n') {
      // Runs of blanks are one token; a single one belongs to the next word.
      size_t begin = i;
      while (i < text.size() && (text[i] == ' ' || text[i] == '\n'))
        ++i;
      tokens += i - begin > 1 || text[begin] == '\n';
    } else {
      ++tokens;
      ++i;
    }
  }
  return std::max(tokens, text.size() / 3);
}

/// Printable UTF-8, line breaks kept.
static std::string clean(std::string_view data) {
  std::string text;
  text.reserve(data.size());
  while (!data.empty()) {
    size_t valid = std::min(findInvalidUtf8(data), data.size());
    for (char c : data.substr(0, valid)) {
      bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      text += c == '\t' ? ' ' : control && c != '\n' ? '?' : c;
    }
    if (valid == data.size())
      break;
    text += '?';
    data.remove_prefix(valid + 1);
  }
  return text;
}

std::string qimeng::fence(std::string_view data, std::string_view language) {
  std::string text = clean(data);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  size_t longest = 2, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  std::string line(longest + 1, '`');
  return line + std::string(language) + "\n" + text + "\n" + line;
}

std::string qimeng::quoteLine(std::string_view data, size_t limit) {
  std::string text = clean(data);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= limit)
    return text;
  size_t end = limit > 3 ? limit - 3 : 0;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return text.substr(0, end) + "...";
}

std::string qimeng::roundMicroseconds(double microseconds) {
  if (!(microseconds > 0) || !std::isfinite(microseconds))
    return "unknown";
  int magnitude = static_cast<int>(std::floor(std::log10(microseconds)));
  double unit = std::pow(10.0, magnitude - 2);
  double rounded = std::round(microseconds / unit) * unit;
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f us", std::max(0, 2 - magnitude),
                rounded);
  return buffer;
}

//===----------------------------------------------------------------------===//
// Templates
//===----------------------------------------------------------------------===//

namespace {
struct Placeholder {
  const char *file, *name;
  bool required;
};
} // namespace

static constexpr Placeholder placeholders[] = {
    {"planner.md", "answer", false}, {"planner.md", "target", false},
    {"planner.md", "program", true}, {"planner.md", "steps", false},
    {"planner.md", "tried", false},  {"planner.md", "earlier", false},
    {"planner.md", "actions", true}, {"coder.md", "target", false},
    {"coder.md", "action", true},    {"coder.md", "about", false},
    {"coder.md", "program", true},   {"coder.md", "dialect", false},
    {"coder.md", "examples", false}, {"coder.md", "refused", true},
};

/// Calls `visit(name)` for each {{name}}, and copies everything else to `out`
/// along with what it returns. A line that holds nothing else is left out when
/// that is empty.
template <typename Visit>
static void expand(std::string_view text, std::string &out, Visit visit) {
  while (true) {
    size_t open = text.find("{{");
    size_t close =
        open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos) {
      out += text;
      return;
    }
    out += text.substr(0, open);
    std::string value = visit(text.substr(open + 2, close - open - 2));
    out += value;
    text.remove_prefix(close + 2);
    bool ownLine = (out.empty() || out.back() == '\n') && !text.empty() &&
                   text.front() == '\n';
    if (value.empty() && ownLine)
      text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
  }
}

Result<Prompts::Template> Prompts::parse(const std::string &name,
                                         const std::string &text) {
  std::string file = std::filesystem::path(name).filename().string();
  size_t system = text.find("# System\n"), user = text.find("\n# User\n");
  if (system != 0 || user == std::string::npos)
    return Error{name + ": a template begins with the line '# System' and has "
                        "a line '# User' after it"};
  Template parsed;
  auto trim = [](std::string part) {
    size_t begin = part.find_first_not_of('\n');
    size_t end = part.find_last_not_of('\n');
    return begin == std::string::npos ? std::string()
                                      : part.substr(begin, end - begin + 1);
  };
  parsed.system = trim(text.substr(9, user - 8));
  parsed.user = trim(text.substr(user + 8));
  std::string problem, ignored;
  std::vector<std::string> found;
  for (const std::string &part : {parsed.system, parsed.user})
    expand(part, ignored, [&](std::string_view placeholder) {
      found.emplace_back(placeholder);
      return std::string();
    });
  std::string known;
  for (const Placeholder &placeholder : placeholders) {
    if (file != placeholder.file)
      continue;
    known +=
        (known.empty() ? "{{" : ", {{") + std::string(placeholder.name) + "}}";
    if (placeholder.required &&
        std::find(found.begin(), found.end(), placeholder.name) == found.end())
      return Error{name + ": the template lacks {{" +
                   std::string(placeholder.name) +
                   "}}, without which the question cannot be answered"};
  }
  for (const std::string &placeholder : found)
    if (std::none_of(std::begin(placeholders), std::end(placeholders),
                     [&](const Placeholder &other) {
                       return file == other.file && placeholder == other.name;
                     })) {
      size_t at = text.find("{{" + placeholder);
      return Error{name + ":" +
                   std::to_string(
                       1 + std::count(text.begin(), text.begin() + at, '\n')) +
                   ": there is no {{" + quoteLine(placeholder, 40) +
                   "}}; known are " + known};
    }
  return parsed;
}

Prompts::Prompts() {
  for (const EmbeddedFile &file : embeddedTemplates)
    if (Result<Template> parsed = parse(file.name, file.text))
      templates[file.name] = *parsed;
}

Result<Prompts> Prompts::load(const std::string &folder) {
  Prompts prompts;
  std::string from = folder;
  if (from.empty())
    if (const char *variable = std::getenv("QIMENG_LLM_PROMPTS"))
      from = variable;
  if (from.empty())
    return prompts;
  std::error_code error;
  bool any = false;
  for (auto &[name, current] : prompts.templates) {
    std::string path = (std::filesystem::path(from) / name).string();
    if (!std::filesystem::exists(path, error))
      continue;
    Result<std::string> text = readFile(path);
    if (!text)
      return Error{text.error()};
    if (findInvalidUtf8(*text) != std::string::npos || text->size() > 1 << 16)
      return Error{path + ": a template is UTF-8 text of at most 64 KiB"};
    Result<Template> parsed = parse(path, *text);
    if (!parsed)
      return Error{parsed.error()};
    current = *parsed;
    any = true;
  }
  if (!any &&
      !std::filesystem::exists(std::filesystem::path(from) / "describe.md"))
    return Error{"the folder '" + from +
                 "' for prompts holds no planner.md, coder.md or describe.md"};
  return prompts;
}

std::string Prompts::text() const {
  std::string all;
  for (const auto &[name, one] : templates)
    all += name + "\n" + one.system + "\n" + one.user + "\n";
  return all;
}

//===----------------------------------------------------------------------===//
// Parts of prompts
//===----------------------------------------------------------------------===//

static std::string describeTarget(const Architecture &target) {
  char buffer[640];
  std::snprintf(
      buffer, sizeof buffer,
      "%s (%s): %lld multiprocessors, %.3g TB/s, %.3g TFLOP/s f16 and bf16 on "
      "tensor cores, %.3g TFLOP/s plain f32; a thread block has at most %lld "
      "bytes of shared memory, %lld registers a thread, 1024 threads; L2 %lld "
      "MiB. Instructions:%s%s%s%s.",
      target.name, target.board, static_cast<long long>(target.multiprocessors),
      target.bandwidth / 1e12, target.tensor16 / 1e12, target.fp32 / 1e12,
      static_cast<long long>(target.sharedPerBlock),
      static_cast<long long>(target.registersPerThread),
      static_cast<long long>(target.l2Bytes >> 20),
      target.mmaSync ? " mma_sync" : "", target.wgmma ? " wgmma" : "",
      target.cpAsync ? " cp.async" : "",
      target.tma ? " bulk copies (specialize)" : "");
  return buffer;
}

static std::string listTries(const std::vector<PromptTry> &tries, size_t most) {
  if (tries.empty() || most == 0)
    return "nothing";
  std::string text;
  size_t first = tries.size() > most ? tries.size() - most : 0;
  if (first)
    text = "(" + std::to_string(first) + " older ones are left out)\n";
  for (size_t i = first; i < tries.size(); ++i)
    text += quoteLine(tries[i].text, lineBytes) + "  -> " +
            quoteLine(tries[i].outcome, lineBytes) + "\n";
  return fence(text);
}

static std::string rankingForm(RankingForm form) {
  if (form == RankingForm::Label)
    return "Answer with the label of the entry that comes next, and nothing "
           "else.";
  return "Answer with JSON alone: up to five labels of the list, the best "
         "first, each with a reason of a few words. What you name is tried in "
         "your order.\n{\"ranked\": [{\"label\": \"A\", \"reason\": \"..\"}]}";
}

/// One string of JSON, as a GBNF terminal.
static std::string terminal(const std::string &text) {
  std::string quoted = nlohmann::json(nlohmann::json(text).dump()).dump();
  return quoted;
}

static std::string makeGrammar(const std::vector<PromptAction> &actions) {
  std::string labels;
  for (const PromptAction &action : actions)
    labels += (labels.empty() ? "" : " | ") + terminal(action.label);
  return "root ::= \"{\\\"ranked\\\": [\" item (\", \" item){0,4} \"]}\"\n"
         "item ::= \"{\\\"label\\\": \" label \", \\\"reason\\\": \" reason "
         "\"}\"\n"
         "label ::= " +
         labels +
         "\n"
         "reason ::= \"\\\"\" [^\"\\\\\\x00-\\x1f]{0,200} \"\\\"\"\n";
}

static std::string makeSchema(const std::vector<PromptAction> &actions) {
  using Json = nlohmann::ordered_json;
  Json labels = Json::array();
  for (const PromptAction &action : actions)
    labels.push_back(action.label);
  Json item = {{"type", "object"},
               {"properties",
                {{"label", {{"type", "string"}, {"enum", labels}}},
                 {"reason", {{"type", "string"}}}}},
               {"required", Json::array({"label", "reason"})},
               {"additionalProperties", false}};
  Json schema = {
      {"type", "object"},
      {"properties", {{"ranked", {{"type", "array"}, {"items", item}}}}},
      {"required", Json::array({"ranked"})},
      {"additionalProperties", false}};
  return schema.dump();
}

using Values = std::map<std::string, std::string, std::less<>>;

static std::string fill(const std::string &text, const Values &values) {
  std::string out;
  expand(text, out, [&](std::string_view name) {
    auto at = values.find(name);
    return at == values.end() ? std::string() : at->second;
  });
  return out;
}

static size_t sizeOf(const ChatRequest &request) {
  size_t tokens =
      estimateTokens(request.system) + estimateTokens(request.schema);
  for (const ChatMessage &message : request.messages)
    tokens += estimateTokens(message.text);
  return tokens;
}

static Error tooLong(size_t tokens, size_t limit) {
  return Error{"the program is too long to ask a model about it: the question "
               "would take about " +
               std::to_string(tokens) + " tokens, and " +
               std::to_string(limit) + " are allowed"};
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

Result<ChatRequest> Prompts::request(const PlannerQuestion &question,
                                     RankingForm form) const {
  const Template &source = templates.at("planner.md");
  Values values;
  values["answer"] = rankingForm(form);
  values["target"] = describeTarget(question.target);
  values["program"] = fence(question.program, "mlir");
  std::string steps;
  for (const std::string &step : question.steps)
    steps += quoteLine(step, lineBytes) + "\n";
  values["steps"] = steps.empty() ? "nothing" : fence(steps);
  if (question.microseconds > 0)
    values["steps"] +=
        "\n\nThe program takes " + roundMicroseconds(question.microseconds) +
        (question.untiled ? ", with small tiles where a kernel has none yet."
                          : " as it is.");
  std::string actions, list;
  for (const PromptAction &action : question.actions) {
    list += action.label + " " + action.text + "\n";
    actions += action.label + "  " + quoteLine(action.text, 2 * lineBytes) +
               (action.summary.empty()
                    ? ""
                    : "  (" + quoteLine(action.summary, summaryBytes) + ")") +
               "\n";
  }
  values["actions"] = fence(actions);
  if (question.unlisted)
    values["actions"] +=
        "\n\n" + std::to_string(question.unlisted) + " more are not listed.";

  ChatRequest request;
  request.purpose = "planner";
  request.subject = {{"program", question.program},
                     {"actions", list},
                     {"form", form == RankingForm::Json ? "json" : "label"}};
  request.messages = {{ChatMessage::Role::User, ""}};
  if (form == RankingForm::Json) {
    request.schemaName = "ranking";
    request.schema = makeSchema(question.actions);
    request.grammar = makeGrammar(question.actions);
    request.maxTokens = 4096;
  } else {
    request.maxTokens = 16;
  }
  size_t tried = mostTried, earlier = mostEarlier;
  while (true) {
    values["tried"] = listTries(question.tried, tried);
    values["earlier"] = listTries(question.earlier, earlier);
    request.system = fill(source.system, values);
    request.messages.back().text = fill(source.user, values);
    size_t tokens = sizeOf(request);
    if (tokens <= maxTokens)
      return request;
    if (tried + earlier == 0)
      return tooLong(tokens, maxTokens);
    if (earlier)
      earlier = 0;
    else
      tried /= 2;
  }
}

static std::string listParameters(const CoderQuestion &question) {
  std::string text = question.summary + ". " + question.description;
  if (!question.parameters.empty())
    text += "\n\nParameters:\n";
  for (const PromptParameter &parameter : question.parameters)
    text += "- " + parameter.name + " (" + parameter.kind +
            (parameter.standard.empty()
                 ? ""
                 : ", " + parameter.standard + " when left out") +
            "): " + parameter.description + "\n";
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

Result<ChatRequest> Prompts::request(const CoderQuestion &question) const {
  const Template &source = templates.at("coder.md");
  Values values;
  values["target"] = describeTarget(question.target);
  values["action"] = fence(question.action);
  values["about"] = listParameters(question);
  values["program"] = fence(question.program, "mlir");
  std::vector<std::string_view> texts = {question.program};
  std::vector<PromptExample> examples = question.examples;
  size_t answers = question.refused.size();
  ChatRequest request;
  request.purpose = "coder";
  request.subject = {{"action", question.action},
                     {"program", question.program},
                     {"refused", std::to_string(question.refused.size())}};
  if (!question.refused.empty())
    request.refusal = quoteLine(question.refused.back().why, reasonBytes);
  request.messages = {{ChatMessage::Role::User, ""}};
  request.maxTokens = 8192;
  while (true) {
    std::string shown;
    texts.resize(1);
    // A kernel that is written anew may need any operation.
    if (question.name == "rewrite" || question.name.empty())
      for (const DialectOp &op : embeddedOps)
        texts.push_back(op.name);
    for (const PromptExample &example : examples) {
      shown += std::string(shown.empty() ? "" : "\n\n") +
               "An example, not the question. Program:\n" +
               fence(example.before, "mlir") + "\nAction: " + example.action +
               "\nAnswer:\n" + fence(example.answer);
      texts.push_back(example.before);
      texts.push_back(example.answer);
    }
    values["examples"] = shown;
    values["dialect"] = dialectReference(texts);
    std::string refused;
    for (size_t i = 0; i < question.refused.size(); ++i) {
      const PromptRefusal &refusal = question.refused[i];
      refused +=
          std::string(refused.empty() ? "## Refused before\n\n" : "\n\n") +
          std::to_string(i + 1) + ". ";
      if (!refusal.answer.empty() && question.refused.size() - i <= answers)
        refused +=
            "Your answer\n" + fence(refusal.answer) + "\nwas refused because\n";
      else
        refused += "Refused because\n";
      refused += fence(quoteLine(refusal.why, reasonBytes));
    }
    if (!refused.empty())
      refused += "\n\nFind out what was wrong, and answer differently.";
    values["refused"] = refused;
    request.system = fill(source.system, values);
    request.messages.back().text = fill(source.user, values);
    size_t tokens = sizeOf(request);
    if (tokens <= maxTokens)
      return request;
    if (!examples.empty())
      examples.pop_back();
    else if (answers)
      --answers;
    else
      return tooLong(tokens, maxTokens);
  }
}

std::string
qimeng::dialectReference(const std::vector<std::string_view> &texts) {
  std::string reference;
  for (const DialectOp &op : embeddedOps) {
    std::string_view name = op.name;
    bool occurs =
        std::any_of(texts.begin(), texts.end(), [&](std::string_view text) {
          for (size_t at = text.find(name); at != std::string_view::npos;
               at = text.find(name, at + 1)) {
            size_t end = at + name.size();
            if (end == text.size() ||
                (!isLetter(text[end]) && text[end] != '_'))
              return true;
          }
          return false;
        });
    if (!occurs)
      continue;
    reference += std::string(reference.empty() ? "" : "\n") + op.syntax +
                 "  // " + op.summary;
  }
  return reference.empty() ? "" : fence(reference, "mlir");
}

const std::vector<TestedExample> &qimeng::testedExamples() {
  static const std::vector<TestedExample> all = [] {
    std::vector<TestedExample> examples;
    for (const EmbeddedExample &example : embeddedExamples)
      examples.push_back(
          {example.action, example.step, example.before, example.answer});
    return examples;
  }();
  return all;
}
