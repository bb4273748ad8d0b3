//===- TranscriptModel.cpp - Recorded conversations -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A transcript is JSON lines, one for each exchange:
//
//   {"hash": .., "purpose": .., "request": {..}, "reply": {.., "author": {..}}}
//
// with "scores" in place of "reply" where the request has "choices".
//
//===----------------------------------------------------------------------===//

#include "Exchange.h"
#include "Layers.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/Support/File.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sys/file.h>
#include <unistd.h>

namespace qimeng {

using Json = nlohmann::json;

namespace {

/// The answers to each question, in the order in which they were given: the
/// "reply" or the "scores" of its lines.
using Answers = std::map<std::string, std::vector<Json>>;

/// Reads the whole lines of `text`; bytes after the last line break are what a
/// killed process left, and are not counted in `wholeBytes`.
Result<Answers> readTranscript(const std::string &path, const std::string &text,
                               size_t *wholeBytes = nullptr) {
  Answers answers;
  size_t begin = 0, row = 1;
  for (size_t end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1, ++row) {
    std::string_view line(&text[begin], end - begin);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
      continue;
    auto fail = [&](const std::string &why) {
      return Error{path + ":" + std::to_string(row) +
                   ": not a line of a transcript: " + why +
                   "; correct or remove it"};
    };
    auto parsed = parseJson(line);
    if (!parsed)
      return fail(parsed.error());
    Json value = std::move(*parsed);
    if (!value.is_object() || !value.contains("request") ||
        !value["request"].is_object())
      return fail("\"request\" is missing");
    const Json &request = value["request"];
    std::string name = nameOf(request);
    if (value.contains("hash") && value["hash"] != name)
      return fail("\"hash\" is not that of \"request\", so one of them was "
                  "edited");
    if (request.contains("choices")) {
      auto scores = scoresFromJson(value.value("scores", Json()),
                                   request["choices"].size());
      if (!scores)
        return fail(scores.error());
      answers[name].push_back(value["scores"]);
      continue;
    }
    auto reply = replyFromJson(value.value("reply", Json()));
    if (!reply)
      return fail(reply.error());
    answers[name].push_back(value["reply"]);
  }
  if (wholeBytes)
    *wholeBytes = begin;
  return answers;
}

//===----------------------------------------------------------------------===//
// Replay
//===----------------------------------------------------------------------===//

class ReplayModel : public ChatModel {
public:
  ReplayModel(std::string path, Answers answers)
      : path(std::move(path)), answers(std::move(answers)) {}

  std::string getName() const override { return "replay:" + path; }

  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    const Json *answer = next(nameOf(questionJson(request)));
    if (!answer)
      return notRecorded(request, "question", fault);
    if (fault)
      *fault = ChatFault::None;
    return replyFromJson(*answer);
  }

  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault) override {
    const Json *answer = next(nameOf(questionJson(request, &choices)));
    if (!answer)
      return notRecorded(request, "question of scores", fault);
    if (fault)
      *fault = ChatFault::None;
    return scoresFromJson(*answer, choices.size());
  }

private:
  const Json *next(const std::string &name) {
    std::lock_guard<std::mutex> lock(mutex);
    auto known = answers.find(name);
    if (known == answers.end() || given[name] == known->second.size())
      return nullptr;
    return &known->second[given[name]++];
  }

  Error notRecorded(const ChatRequest &request, const std::string &what,
                    ChatFault *fault) {
    if (fault)
      *fault = ChatFault::NotRecorded;
    std::string name = nameOf(questionJson(request));
    std::string last =
        request.messages.empty() ? "" : request.messages.back().text;
    // Prompts begin alike and differ towards the end.
    std::string begins = excerpt(last, 60);
    return Error{"the transcript '" + path + "' does not hold the " +
                 (request.purpose.empty() ? "" : request.purpose + "'s ") +
                 what + " " + name.substr(0, 12) + " (sample " +
                 std::to_string(request.sample) + ", " +
                 std::to_string(last.size()) + " bytes, \"" + begins +
                 "\"), or not another answer to it; record the session anew "
                 "with QIMENG_LLM_RECORD"};
  }

  std::string path;
  const Answers answers;
  std::mutex mutex;
  std::map<std::string, size_t> given;
};

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

class RecordingModel : public ChatModel {
public:
  RecordingModel(std::unique_ptr<ChatModel> inner, std::string path, int file,
                 Answers held)
      : inner(std::move(inner)), path(std::move(path)), file(file),
        held(std::move(held)) {}
  ~RecordingModel() override { ::close(file); }

  std::string getName() const override { return inner->getName(); }
  ChatUsage getSpent() const override { return inner->getSpent(); }

  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    Result<ChatReply> reply = inner->ask(request, fault);
    if (!reply)
      return reply;
    if (Status done = append(request.purpose, questionJson(request), "reply",
                             replyJson(*reply));
        !done) {
      if (fault)
        *fault = ChatFault::Settings;
      return Error{done.error()};
    }
    return reply;
  }

  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault) override {
    Result<std::vector<double>> scores = inner->score(request, choices, fault);
    if (!scores)
      return scores;
    if (Status done = append(request.purpose, questionJson(request, &choices),
                             "scores", scoresJson(*scores));
        !done) {
      if (fault)
        *fault = ChatFault::Settings;
      return Error{done.error()};
    }
    return scores;
  }

private:
  Status append(const std::string &purpose, const Json &question,
                const char *kind, const Json &answer) {
    std::lock_guard<std::mutex> lock(mutex);
    std::string name = nameOf(question);
    const std::vector<Json> &before = held[name];
    size_t turn = turns[name]++;
    if (turn < before.size() && before[turn] == answer)
      return {};
    std::string line = toLine({{"hash", name},
                               {"purpose", purpose},
                               {"request", question},
                               {kind, answer}}) +
                       "\n";
    // One write at the file's end, and the lock for systems that would split
    // it: lines of several processes never mix.
    ::flock(file, LOCK_EX);
    ssize_t put = ::write(file, line.data(), line.size());
    int failure = put < 0 ? errno : ENOSPC;
    bool whole = put == static_cast<ssize_t>(line.size());
    if (whole && ::fsync(file) != 0 && errno != EINVAL) {
      failure = errno;
      whole = false;
    }
    ::flock(file, LOCK_UN);
    if (!whole)
      return Error{"cannot write the transcript '" + path +
                   "': " + std::strerror(failure)};
    return {};
  }

  std::unique_ptr<ChatModel> inner;
  std::string path;
  int file;
  std::mutex mutex;
  /// What the file held at the start, and how many answers to each question
  /// this process was given.
  Answers held;
  std::map<std::string, size_t> turns;
};

} // namespace

Result<std::unique_ptr<ChatModel>> createReplayModel(const std::string &path) {
  Result<std::string> text = readFile(path);
  if (!text)
    return Error{text.error()};
  Result<Answers> answers = readTranscript(path, *text);
  if (!answers)
    return Error{answers.error()};
  return std::unique_ptr<ChatModel>(
      std::make_unique<ReplayModel>(path, std::move(*answers)));
}

Result<std::unique_ptr<ChatModel>>
createRecordingModel(std::unique_ptr<ChatModel> inner,
                     const std::string &path) {
  int file =
      ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0)
    return Error{"cannot write the transcript '" + path +
                 "': " + std::strerror(errno)};
  auto fail = [&](const std::string &why) {
    ::close(file);
    return Error{why};
  };
  ::flock(file, LOCK_EX);
  Result<std::string> text = readFile(path);
  if (!text)
    return fail(text.error());
  size_t whole = 0;
  Result<Answers> answers = readTranscript(path, *text, &whole);
  if (!answers)
    return fail(answers.error());
  if (whole != text->size() && ::ftruncate(file, whole) != 0)
    return fail("cannot cut the unfinished line off the transcript '" + path +
                "': " + std::strerror(errno));
  ::flock(file, LOCK_UN);
  return std::unique_ptr<ChatModel>(std::make_unique<RecordingModel>(
      std::move(inner), path, file, std::move(*answers)));
}

} // namespace qimeng
