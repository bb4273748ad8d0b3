//===- SessionModel.h - A session's dealings with a model -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SESSIONMODEL_H
#define QIMENG_TUNING_SESSIONMODEL_H

#include "qimeng/LLM/ChatModel.h"
#include "qimeng/Tuning/TrialStore.h"
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace qimeng {

/// "12 requests, 34567 tokens in and 1234 out, $0.12, 3 answers reused".
std::string describeUsage(const ChatUsage &usage);

/// Notes in the trial store, among the session's state.
class StoredQuestions : public AskedQuestions {
public:
  /// `askAgain`: what other runs have asked counts as not asked.
  StoredQuestions(TrialStore &store, std::string sessionKey, bool askAgain)
      : store(store), sessionKey(std::move(sessionKey)), askAgain(askAgain) {}

  Result<bool> note(const std::string &name) override;
  void settle(const std::string &name) override;

private:
  static constexpr const char *open = "open", *settled = "settled";

  TrialStore &store;
  const std::string sessionKey;
  const bool askAgain;
  std::mutex mutex;
  std::set<std::string> ours; ///< noted by this run
};

/// Stops asking a model that cannot answer, so that a session does not wait for
/// it at every decision, and keeps the reasons for the report. Thread-safe.
class SessionModel : public ChatModel {
public:
  /// `changed` is told after every question what they took together, `note` a
  /// sentence for the user.
  SessionModel(ChatModel &model, AskedQuestions *questions,
               std::function<void(const ChatUsage &)> changed,
               std::function<void(const std::string &)> note)
      : model(model), questions(questions), changed(std::move(changed)),
        note(std::move(note)) {}

  std::string getName() const override { return model.getName(); }
  Result<ChatReply> ask(const ChatRequest &request,
                        ChatFault *fault = nullptr) override;
  Result<std::vector<double>>
  score(const ChatRequest &request, const std::vector<std::string> &choices,
        ChatFault *fault = nullptr,
        ChatReply::Author *author = nullptr) override;
  ChatUsage getSpent() const override { return used; }

  /// Counts an answer that was of no use to the planner or the coder.
  void noteUnusable(const std::string &who, const std::string &why);
  /// Sentences about the answers that were of no use.
  std::vector<std::string> getNotes() const;
  /// What asking took, and every answer that was of no use, as JSON.
  std::string getLog() const;

private:
  void countSpent();
  void failed(ChatFault fault, const std::string &why);

  ChatModel &model;
  AskedQuestions *questions;
  std::function<void(const ChatUsage &)> changed;
  std::function<void(const std::string &)> note;
  mutable std::mutex mutex;
  ChatUsage used;
  /// Why it is not asked any more; empty while it is.
  std::string over;
  ChatFault overFault = ChatFault::None;
  /// Questions without an answer since the last one that had one.
  int silent = 0;
  bool toldOfLost = false;
  struct Unusable {
    int64_t count = 0;
    std::string first;
  };
  std::map<std::string, Unusable> unusable;
  /// Answers and scores so far, and after how many of them somebody found what
  /// the last of them said of no use.
  int64_t answers = 0;
  struct Complaint {
    std::string who, why;
    int64_t after;
  };
  std::vector<Complaint> complaints;
  /// Questions that a replayed transcript does not hold.
  Unusable unrecorded;
};

} // namespace qimeng

#endif // QIMENG_TUNING_SESSIONMODEL_H
