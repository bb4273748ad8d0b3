//===- CachedModel.cpp - Nothing is asked twice ---------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file holds {"request": .., "reply": ..} (or "scores"), and has the name of
// its request. The request is compared when it is read, so that neither damage
// nor a file of another name is taken for an answer.
//
//===----------------------------------------------------------------------===//

#include "Exchange.h"
#include "Layers.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/Support/File.h"
#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>

namespace qimeng {

using Json = nlohmann::json;

namespace {

class CachedModel : public ChatModel {
public:
  CachedModel(std::unique_ptr<ChatModel> inner, std::string folder,
              std::string identity)
      : inner(std::move(inner)), folder(std::move(folder)),
        identity(std::move(identity)) {}

  std::string getName() const override { return inner->getName(); }
  ChatUsage getSpent() const override { return inner->getSpent(); }

  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    ChatFault unwanted;
    ChatFault &kind = fault ? *fault : unwanted;
    kind = ChatFault::None;
    Json question = questionJson(request);
    Turn turn(*this, question);
    Json held = read(question, turn.name);
    if (Result<ChatReply> reply = replyFromJson(held.value("reply", Json())))
      return reply;
    Result<ChatReply> reply = askOnce(
        request, turn.name, kind, [&] { return inner->ask(request, &kind); });
    if (!reply)
      return reply;
    if (Status done =
            keep(request, question, turn.name, "reply", replyJson(*reply));
        !done) {
      kind = ChatFault::Settings;
      return Error{done.error()};
    }
    return reply;
  }

  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault,
                                    ChatReply::Author *author) override {
    ChatFault unwanted;
    ChatFault &kind = fault ? *fault : unwanted;
    kind = ChatFault::None;
    Json question = questionJson(request, &choices);
    Turn turn(*this, question);
    Json held = read(question, turn.name);
    if (Result<ChatScores> scores =
            scoresFromJson(held.value("scores", Json()), choices.size())) {
      if (author)
        *author = scores->author;
      return std::move(scores->values);
    }
    ChatReply::Author scorer;
    Result<std::vector<double>> scores = askOnce(request, turn.name, kind, [&] {
      return inner->score(request, choices, &kind, &scorer);
    });
    if (!scores)
      return scores;
    if (author)
      *author = scorer;
    if (Status done = keep(request, question, turn.name, "scores",
                           scoresJson({*scores, scorer}));
        !done) {
      kind = ChatFault::Settings;
      return Error{done.error()};
    }
    return scores;
  }

private:
  /// Adds the server to the question, and lets one thread at a time deal with
  /// it: the second finds the first one's answer.
  struct Turn {
    Turn(CachedModel &model, Json &question) : model(model) {
      question["server"] = model.identity;
      name = nameOf(question);
      std::unique_lock<std::mutex> lock(model.mutex);
      while (!model.asking.insert(name).second)
        model.answered.wait(lock);
    }
    ~Turn() {
      std::lock_guard<std::mutex> lock(model.mutex);
      model.asking.erase(name);
      model.answered.notify_all();
    }
    CachedModel &model;
    std::string name;
  };

  /// What `ask` gives, unless another run of the session asked the same and
  /// has no answer. The note of it stays, too, where the model had the question
  /// and answered nothing of use; not where nobody can be asked at present.
  template <typename Ask>
  std::invoke_result_t<Ask> askOnce(const ChatRequest &request,
                                    const std::string &name, ChatFault &fault,
                                    Ask ask) {
    if (!request.asked)
      return ask();
    Result<bool> noted = request.asked->note(name);
    if (!noted) {
      fault = ChatFault::Settings;
      return Error{"a question cannot be noted before it is asked: " +
                   noted.error()};
    }
    if (!*noted) {
      fault = ChatFault::Lost;
      return Error{"another run of this session asked the " +
                   (request.purpose.empty() ? "" : request.purpose + "'s ") +
                   "question and kept no answer to it"};
    }
    auto answer = ask();
    if (!answer && isFinal(fault))
      request.asked->settle(name);
    return answer;
  }

  std::string pathOf(const std::string &name) const {
    return folder + "/" + name.substr(0, 2) + "/" + name + ".json";
  }

  /// An empty object where there is none, or none that is whole.
  Json read(const Json &question, const std::string &name) const {
    Result<std::string> text = readFile(pathOf(name));
    if (!text)
      return Json::object();
    auto parsed = parseJson(*text);
    if (!parsed)
      return Json::object();
    Json held = std::move(*parsed);
    if (!held.is_object() || !held.contains("request") ||
        toLine(held["request"]) != toLine(question))
      return Json::object();
    return held;
  }

  Status keep(const ChatRequest &request, const Json &question,
              const std::string &name, const char *kind,
              const Json &answer) const {
    std::string path = pathOf(name);
    std::string shelf = path.substr(0, path.rfind('/'));
    std::error_code failure;
    std::filesystem::create_directory(shelf, failure);
    Status done =
        writeFile(path, toLine({{"request", question}, {kind, answer}}) + "\n");
    if (!done)
      return Error{"an answer cannot be kept: " + done.error() +
                   "; make room, or set QIMENG_LLM_CACHE to another folder, or "
                   "to none"};
    // The new name, too, is to survive a crash of the machine.
    int fd = ::open(shelf.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
      ::fsync(fd);
      ::close(fd);
    }
    if (request.asked)
      request.asked->settle(name);
    return {};
  }

  std::unique_ptr<ChatModel> inner;
  const std::string folder, identity;
  std::mutex mutex;
  std::condition_variable answered;
  std::set<std::string> asking;
};

} // namespace

Result<std::unique_ptr<ChatModel>>
createCachedModel(std::unique_ptr<ChatModel> inner, const std::string &folder,
                  const std::string &identity) {
  bool isNew = !std::filesystem::exists(folder);
  if (Status made = makeWritableFolder(folder); !made)
    return Error{made.error() +
                 "; set QIMENG_LLM_CACHE to another folder, or to none"};
  // Prompts hold the user's programs.
  if (isNew)
    ::chmod(folder.c_str(), 0700);
  return std::unique_ptr<ChatModel>(
      std::make_unique<CachedModel>(std::move(inner), folder, identity));
}

} // namespace qimeng
