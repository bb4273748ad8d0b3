//===- PromptAnswers.cpp - What a model answered --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Json.h"
#include "qimeng/LLM/Prompts.h"
#include <algorithm>
#include <cctype>
#include <future>
#include <optional>

using namespace qimeng;
using Json = nlohmann::ordered_json;

static constexpr size_t mostBytes = 64 << 10, mostItems = 256, mostProblems = 8;
static constexpr unsigned mostDepth = 8;

static std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

static bool sameIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

namespace {
class Reader {
public:
  explicit Reader(const std::vector<PromptAction> &actions)
      : actions(actions) {}

  bool readJson(std::string_view text);
  bool readLines(std::string_view text);
  Ranking take() { return std::move(ranking); }

private:
  const PromptAction *find(std::string_view name) const;
  void add(std::string_view name, std::string_view reason);
  void complain(const std::string &problem) {
    if (ranking.problems.size() < mostProblems)
      ranking.problems.push_back(problem);
  }

  const std::vector<PromptAction> &actions;
  Ranking ranking;
};
} // namespace

/// By label, or by text. Labels of one letter have to be written alike, or
/// words would be taken for them.
const PromptAction *Reader::find(std::string_view name) const {
  name = trim(name);
  for (const PromptAction &action : actions)
    if (name == action.label)
      return &action;
  for (const PromptAction &action : actions)
    if (name == action.text || sameIgnoringCase(name, action.label))
      return &action;
  // "A: tile @matmul", "A  tile @matmul".
  for (const PromptAction &action : actions)
    if (name.size() > action.label.size() &&
        name.substr(0, action.label.size()) == action.label) {
      std::string_view rest = name.substr(action.label.size());
      size_t begin = rest.find_first_not_of(" :.)-\t");
      if (begin != 0 && begin != std::string_view::npos &&
          rest.substr(begin, action.text.size()) == action.text)
        return &action;
    }
  return nullptr;
}

void Reader::add(std::string_view name, std::string_view reason) {
  const PromptAction *action = find(name);
  if (!action)
    return complain("'" + quoteLine(name, 40) + "' is not on the list");
  for (const Ranking::Choice &choice : ranking.choices)
    if (choice.label == action->label)
      return complain("'" + action->label + "' is named twice");
  ranking.choices.push_back({action->label, quoteLine(reason, 200)});
}

bool Reader::readJson(std::string_view text) {
  Result<Json> parsed = parseJson(text, mostDepth);
  if (!parsed)
    return false;
  const Json *list = &*parsed;
  if (list->is_object()) {
    auto at = list->find("ranked");
    if (at == list->end())
      at = std::find_if(list->begin(), list->end(),
                        [](const Json &value) { return value.is_array(); });
    // {"label": "A"}, as if it were the list's only entry.
    if (at == list->end()) {
      auto label = list->find("label");
      if (label == list->end() || !label->is_string())
        return false;
      add(label->get_ref<const std::string &>(), "");
      return !ranking.choices.empty();
    }
    list = &*at;
  }
  if (!list->is_array())
    return false;
  size_t items = 0;
  for (const Json &item : *list) {
    if (++items > mostItems) {
      complain("there are more entries than could be");
      break;
    }
    if (item.is_string()) {
      add(item.get_ref<const std::string &>(), "");
      continue;
    }
    auto label = item.is_object() ? item.find("label") : item.end();
    if (!item.is_object() || label == item.end() || !label->is_string()) {
      complain("an entry has no label");
      continue;
    }
    auto reason = item.find("reason");
    add(label->get_ref<const std::string &>(),
        reason != item.end() && reason->is_string()
            ? reason->get_ref<const std::string &>()
            : std::string());
  }
  return !ranking.choices.empty();
}

/// "1. B: reason", "- **B**", "B, A, C".
bool Reader::readLines(std::string_view text) {
  size_t lines = 0;
  while (!text.empty() && ++lines <= mostItems) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string line(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    line.erase(std::remove_if(line.begin(), line.end(),
                              [](char c) { return c == '*' || c == '`'; }),
               line.end());
    std::string_view rest = trim(line);
    if (rest.substr(0, 2) == "- ")
      rest = trim(rest.substr(2));
    size_t digits = rest.find_first_not_of("0123456789");
    if (digits != 0 && digits != std::string_view::npos &&
        (rest[digits] == '.' || rest[digits] == ')'))
      rest = trim(rest.substr(digits + 1));
    if (rest.empty())
      continue;
    // A line of nothing but labels.
    std::vector<std::string_view> words;
    std::string_view left = rest;
    while (!left.empty()) {
      size_t cut = std::min(left.find_first_of(" ,;>"), left.size());
      if (cut)
        words.push_back(left.substr(0, cut));
      left.remove_prefix(std::min(cut + 1, left.size()));
    }
    auto isLabel = [&](std::string_view word) {
      return std::any_of(
          actions.begin(), actions.end(),
          [&](const PromptAction &action) { return word == action.label; });
    };
    if (std::all_of(words.begin(), words.end(), isLabel)) {
      for (std::string_view word : words)
        add(word, "");
      continue;
    }
    size_t stop = std::min(rest.find_first_of(":.)-"), rest.size());
    std::string_view head = trim(rest.substr(0, stop));
    if (isLabel(head))
      add(head, stop < rest.size() ? trim(rest.substr(stop + 1)) : "");
    else if (find(rest))
      add(rest, "");
  }
  return !ranking.choices.empty();
}

Result<Ranking> qimeng::parseRanking(std::string_view answer,
                                     const std::vector<PromptAction> &actions) {
  std::string_view text = trim(answer.substr(0, mostBytes));
  if (text.empty())
    return Error{"the answer is empty"};
  std::vector<std::string> problems;
  auto attempt = [&](std::string_view part,
                     bool (Reader::*read)(std::string_view)) {
    Reader reader(actions);
    bool good = (reader.*read)(part);
    Ranking ranking = reader.take();
    if (!good && problems.empty())
      problems = ranking.problems;
    return good ? std::optional<Ranking>(std::move(ranking)) : std::nullopt;
  };
  if (auto ranking = attempt(text, &Reader::readJson))
    return std::move(*ranking);
  // Around it a reasoner's thoughts, or fences. The last is the answer.
  for (auto [open, close] : {std::pair('{', '}'), std::pair('[', ']')}) {
    size_t end = text.rfind(close);
    if (end == std::string_view::npos)
      continue;
    size_t tries = 0;
    for (size_t begin = text.find(open);
         begin != std::string_view::npos && begin < end && ++tries <= 16;
         begin = text.find(open, begin + 1))
      if (auto ranking =
              attempt(text.substr(begin, end - begin + 1), &Reader::readJson))
        return std::move(*ranking);
  }
  if (auto ranking = attempt(text, &Reader::readLines))
    return std::move(*ranking);
  return Error{"the answer names no entry of the list" +
               (problems.empty() ? std::string() : ": " + problems.front())};
}

std::vector<std::string>
qimeng::vote(const std::vector<Ranking> &rankings,
             const std::vector<PromptAction> &actions) {
  struct Entry {
    std::string label;
    size_t place;
    double rank = 0;
    bool named = false;
  };
  std::vector<Entry> entries;
  for (const PromptAction &action : actions) {
    Entry entry{action.label, entries.size()};
    for (const Ranking &ranking : rankings) {
      size_t at = 0;
      while (at < ranking.choices.size() &&
             ranking.choices[at].label != action.label)
        ++at;
      bool named = at < ranking.choices.size();
      entry.named |= named;
      entry.rank += double(named ? at : actions.size());
    }
    entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) {
    return a.rank != b.rank ? a.rank < b.rank : a.place < b.place;
  });
  std::vector<std::string> order;
  for (const Entry &entry : entries)
    if (entry.named)
      order.push_back(entry.label);
  return order;
}

std::vector<ChatReply> qimeng::askSamples(ChatModel &model, ChatRequest request,
                                          unsigned samples, double temperature,
                                          std::string &why) {
  std::vector<Result<ChatReply>> results;
  if (samples <= 1) {
    results.push_back(model.ask(request));
  } else {
    request.temperature = temperature;
    std::vector<std::future<Result<ChatReply>>> futures;
    for (unsigned sample = 0; sample < samples; ++sample) {
      request.sample = sample;
      futures.push_back(std::async(std::launch::async, [&model, request] {
        return model.ask(request);
      }));
    }
    for (auto &future : futures)
      results.push_back(future.get());
  }
  std::vector<ChatReply> replies;
  for (Result<ChatReply> &result : results)
    if (result)
      replies.push_back(std::move(*result));
    else if (why.empty())
      why = result.error();
  return replies;
}
