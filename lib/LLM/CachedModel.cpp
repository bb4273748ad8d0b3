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
    Json question = questionJson(request);
    Turn turn(*this, question);
    Json held = read(question, turn.name);
    if (Result<ChatReply> reply = replyFromJson(held.value("reply", Json()))) {
      if (fault)
        *fault = ChatFault::None;
      return reply;
    }
    Result<ChatReply> reply = inner->ask(request, fault);
    if (!reply)
      return reply;
    if (Status done = write(question, turn.name, "reply", replyJson(*reply));
        !done) {
      if (fault)
        *fault = ChatFault::Settings;
      return Error{done.error()};
    }
    return reply;
  }

  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault,
                                    ChatReply::Author *author) override {
    Json question = questionJson(request, &choices);
    Turn turn(*this, question);
    Json held = read(question, turn.name);
    if (Result<ChatScores> scores =
            scoresFromJson(held.value("scores", Json()), choices.size())) {
      if (fault)
        *fault = ChatFault::None;
      if (author)
        *author = scores->author;
      return std::move(scores->values);
    }
    ChatReply::Author scorer;
    Result<std::vector<double>> scores =
        inner->score(request, choices, fault, &scorer);
    if (!scores)
      return scores;
    if (author)
      *author = scorer;
    if (Status done =
            write(question, turn.name, "scores", scoresJson({*scores, scorer}));
        !done) {
      if (fault)
        *fault = ChatFault::Settings;
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

  Status write(const Json &question, const std::string &name, const char *kind,
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
