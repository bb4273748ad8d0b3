//===- SessionModel.cpp - A session's dealings with a model ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionModel.h"
#include <cstdio>
#include <nlohmann/json.hpp>

using namespace qimeng;

/// Questions in a row that a model may leave unanswered. Each was repeated as
/// often as the settings say.
static constexpr int mostSilent = 3;
/// Useless answers whose reasons are kept.
static constexpr size_t mostComplaints = 10000;

static std::string counted(int64_t count, const char *what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string qimeng::describeUsage(const ChatUsage &usage) {
  std::string text = counted(usage.requests, "request") + ", " +
                     counted(usage.promptTokens, "token") + " in and " +
                     std::to_string(usage.answerTokens) + " out";
  if (usage.dollars > 0) {
    char buffer[48];
    std::snprintf(buffer, sizeof buffer,
                  usage.dollars < 0.1 ? ", $%.4f" : ", $%.2f", usage.dollars);
    text += buffer;
  }
  return text + ", " + counted(usage.reused, "answer") + " reused";
}

Result<bool> StoredQuestions::note(const std::string &name) {
  std::lock_guard<std::mutex> lock(mutex);
  std::string entry = "asked " + name;
  // This run's own attempts are no second asking.
  if (!askAgain && !ours.count(name)) {
    auto before = store.state(sessionKey, entry);
    if (!before)
      return Error{before.error()};
    if (*before && **before == open)
      return false;
  }
  if (Status noted = store.setState(sessionKey, entry, open); !noted)
    return Error{noted.error()};
  ours.insert(name);
  return true;
}

void StoredQuestions::settle(const std::string &name) {
  std::lock_guard<std::mutex> lock(mutex);
  // A store that fails here fails at the next trial, too, which says so; and
  // where the answer is kept, nobody looks at the note.
  (void)store.setState(sessionKey, "asked " + name, settled);
}

void SessionModel::failed(ChatFault fault, const std::string &why) {
  std::string sentence;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!over.empty())
      return;
    // What a transcript lacks, or an earlier run lost, costs no time.
    if (fault == ChatFault::NotRecorded) {
      if (unrecorded.count++ == 0)
        unrecorded.first = why;
    } else if (fault != ChatFault::Lost) {
      ++silent;
    }
    if (fault == ChatFault::Lost && !toldOfLost) {
      toldOfLost = true;
      sentence = "An answer of the language model is lost: " + why +
                 ". The built-in planner and coder take that step; "
                 "--llm-ask-again asks such questions once more.";
    } else if (isFinal(fault) || silent >= mostSilent) {
      over = why;
      overFault = fault;
      sentence = "The language model is not asked any more (" +
                 std::string(describe(fault)) + "): " + why +
                 ". The built-in planner and coder go on.";
    } else {
      return;
    }
  }
  note(sentence);
}

/// Models that count know also of attempts that failed.
void SessionModel::countSpent() {
  ChatUsage spent = model.getSpent();
  if (spent.requests == 0)
    return;
  spent.reused = used.reused;
  spent.reworded = used.reworded;
  used = spent;
}

Result<ChatReply> SessionModel::ask(const ChatRequest &request,
                                    ChatFault *fault) {
  ChatFault ignored;
  ChatFault &kind = fault ? *fault : ignored;
  kind = ChatFault::None;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!over.empty()) {
      kind = overFault;
      return Error{over};
    }
  }
  ChatRequest question = request;
  question.asked = questions;
  Result<ChatReply> reply = model.ask(question, &kind);
  ChatUsage now;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (reply) {
      ++answers;
      used += reply->usage;
      silent = 0;
    }
    countSpent();
    now = used;
  }
  changed(now);
  if (!reply)
    failed(kind, reply.error());
  return reply;
}

Result<std::vector<double>>
SessionModel::score(const ChatRequest &request,
                    const std::vector<std::string> &choices, ChatFault *fault,
                    ChatReply::Author *author) {
  ChatFault ignored;
  ChatFault &kind = fault ? *fault : ignored;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!over.empty()) {
      kind = overFault;
      return Error{over};
    }
  }
  ChatRequest question = request;
  question.asked = questions;
  Result<std::vector<double>> scores =
      model.score(question, choices, &kind, author);
  ChatUsage now;
  {
    std::lock_guard<std::mutex> lock(mutex);
    answers += bool(scores);
    countSpent();
    now = used;
  }
  changed(now);
  // That there are no probabilities is no fault: text is asked for then.
  if (!scores && isFinal(kind))
    failed(kind, scores.error());
  return scores;
}

void SessionModel::noteUnusable(const std::string &who,
                                const std::string &why) {
  std::lock_guard<std::mutex> lock(mutex);
  Unusable &entry = unusable[who];
  if (entry.count++ == 0)
    entry.first = why;
  if (complaints.size() < mostComplaints)
    complaints.push_back({who, why, answers});
}

std::string SessionModel::getLog() const {
  std::lock_guard<std::mutex> lock(mutex);
  using Json = nlohmann::ordered_json;
  Json useless = Json::array();
  for (const Complaint &complaint : complaints)
    useless.push_back({{"who", complaint.who},
                       {"after", complaint.after},
                       {"why", complaint.why}});
  Json log = {{"model", model.getName()},
              {"answers", answers},
              {"reused", used.reused},
              {"reworded", used.reworded},
              {"requests", used.requests},
              {"prompt_tokens", used.promptTokens},
              {"answer_tokens", used.answerTokens},
              {"dollars", used.dollars},
              {"unrecorded", unrecorded.count},
              {"useless", useless}};
  return log.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<std::string> SessionModel::getNotes() const {
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<std::string> notes;
  if (unrecorded.count)
    notes.push_back("The transcript holds no answer to " +
                    counted(unrecorded.count, "question") +
                    " of this session; the first: " + unrecorded.first);
  for (const auto &[who, entry] : unusable)
    notes.push_back(
        "The " + who + " got no answer of use to " +
        counted(entry.count, "question") +
        " and went on as the built-in one does; the first: " + entry.first);
  return notes;
}
