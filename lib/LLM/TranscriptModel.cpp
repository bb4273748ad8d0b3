//===- TranscriptModel.cpp - Recorded conversations -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A transcript is JSON lines, one for each exchange:
//
//   {"hash": .., "purpose": .., "subject": {..}, "refusal": ..,
//    "request": {..}, "reply": {.., "author": {..}}}
//
// with "scores": {"values": [..], "author": {..}} in place of "reply" where the
// request has "choices". "request" may be left out where "hash" is there:
// transcripts that are kept are small then.
//
// A question is known by its hash, that is, by all that was sent; where the
// wording of prompts has changed since, by its subject.
//
//===----------------------------------------------------------------------===//

#include "Exchange.h"
#include "Layers.h"
#include "Sha256.h"
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

/// One exchange.
struct Line {
  std::string hash;
  /// What its subject is compared by; empty where it has none.
  std::string subject;
  /// "reply" or "scores".
  std::string kind;
  Json answer;
};

/// Values of more bytes are recorded as the beginnings of their hashes.
constexpr size_t mostSubjectBytes = 160;

Json subjectJson(const ChatRequest &request) {
  Json subject = Json::object();
  for (const auto &[name, value] : request.subject)
    subject[name] = value.size() <= mostSubjectBytes
                        ? value
                        : "sha256:" + sha256(value).substr(0, 16);
  if (!subject.empty() && request.sample)
    subject["sample"] = std::to_string(request.sample);
  return subject;
}

std::string subjectKey(const std::string &purpose, const Json &subject,
                       const std::string &kind) {
  if (!subject.is_object() || subject.empty())
    return "";
  return toLine({purpose, subject, kind});
}

/// Reads the whole lines of `text`; bytes after the last line break are what a
/// killed process left, and are not counted in `wholeBytes`.
Result<std::vector<Line>> readTranscript(const std::string &path,
                                         const std::string &text,
                                         size_t *wholeBytes = nullptr) {
  std::vector<Line> lines;
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
    bool whole = value.is_object() && value.contains("request");
    bool named = value.is_object() && value.contains("hash") &&
                 value["hash"].is_string();
    if (whole ? !value["request"].is_object() : !named)
      return fail("\"request\" is missing");
    Line exchange;
    exchange.hash =
        whole ? nameOf(value["request"]) : value["hash"].get<std::string>();
    if (value.contains("hash") && value["hash"] != exchange.hash)
      return fail("\"hash\" is not that of \"request\", so one of them was "
                  "edited");
    bool scored =
        whole ? value["request"].contains("choices") : value.contains("scores");
    exchange.kind = scored ? "scores" : "reply";
    exchange.answer = value.value(exchange.kind, Json());
    if (scored) {
      size_t count = whole ? value["request"]["choices"].size() : 0;
      if (auto scores = scoresFromJson(exchange.answer, count); !scores)
        return fail(scores.error());
    } else if (auto reply = replyFromJson(exchange.answer); !reply) {
      return fail(reply.error());
    }
    Json purpose = value.value("purpose", Json());
    exchange.subject =
        subjectKey(purpose.is_string() ? purpose.get<std::string>() : "",
                   value.value("subject", Json()), exchange.kind);
    lines.push_back(std::move(exchange));
  }
  if (wholeBytes)
    *wholeBytes = begin;
  return lines;
}

//===----------------------------------------------------------------------===//
// Replay
//===----------------------------------------------------------------------===//

class ReplayModel : public ChatModel {
public:
  ReplayModel(std::string path, std::vector<Line> recorded)
      : path(std::move(path)), lines(std::move(recorded)), given(lines.size()) {
    for (size_t i = 0; i < lines.size(); ++i) {
      byHash[lines[i].hash].push_back(i);
      if (!lines[i].subject.empty())
        bySubject[lines[i].subject].push_back(i);
    }
  }

  std::string getName() const override { return "replay:" + path; }

  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    bool reworded = false;
    const Json *answer =
        next(request, questionJson(request), "reply", reworded);
    if (!answer)
      return notRecorded(request, "question", fault);
    if (fault)
      *fault = ChatFault::None;
    Result<ChatReply> reply = replyFromJson(*answer);
    if (reply)
      reply->usage.reworded = reworded;
    return reply;
  }

  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault,
                                    ChatReply::Author *author) override {
    bool reworded = false;
    const Json *answer =
        next(request, questionJson(request, &choices), "scores", reworded);
    Result<ChatScores> scores = answer ? scoresFromJson(*answer, choices.size())
                                       : Result<ChatScores>(Error{"none"});
    if (!scores)
      return notRecorded(request, "question of scores", fault);
    if (fault)
      *fault = ChatFault::None;
    if (author)
      *author = scores->author;
    return std::move(scores->values);
  }

private:
  using Index = std::map<std::string, std::vector<size_t>>;

  /// `reworded`: the question is known by its subject alone.
  const Json *next(const ChatRequest &request, const Json &question,
                   const char *kind, bool &reworded) {
    std::lock_guard<std::mutex> lock(mutex);
    auto take = [&](const Index &index,
                    const std::string &key) -> const Json * {
      auto known = index.find(key);
      if (known != index.end())
        for (size_t line : known->second)
          if (!given[line] && lines[line].kind == kind) {
            given[line] = true;
            return &lines[line].answer;
          }
      return nullptr;
    };
    if (const Json *same = take(byHash, nameOf(question)))
      return same;
    reworded = true;
    return take(bySubject,
                subjectKey(request.purpose, subjectJson(request), kind));
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
  const std::vector<Line> lines;
  Index byHash, bySubject;
  std::mutex mutex;
  std::vector<bool> given;
};

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

class RecordingModel : public ChatModel {
public:
  RecordingModel(std::unique_ptr<ChatModel> inner, std::string path, int file,
                 std::vector<Line> lines)
      : inner(std::move(inner)), path(std::move(path)), file(file) {
    for (Line &line : lines)
      held[line.hash].push_back(std::move(line.answer));
  }
  ~RecordingModel() override { ::close(file); }

  std::string getName() const override { return inner->getName(); }
  ChatUsage getSpent() const override { return inner->getSpent(); }

  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    Result<ChatReply> reply = inner->ask(request, fault);
    if (!reply)
      return reply;
    if (Status done =
            append(request, questionJson(request), "reply", replyJson(*reply));
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
    ChatReply::Author scorer;
    Result<std::vector<double>> scores =
        inner->score(request, choices, fault, &scorer);
    if (!scores)
      return scores;
    if (author)
      *author = scorer;
    if (Status done = append(request, questionJson(request, &choices), "scores",
                             scoresJson({*scores, scorer}));
        !done) {
      if (fault)
        *fault = ChatFault::Settings;
      return Error{done.error()};
    }
    return scores;
  }

private:
  Status append(const ChatRequest &request, const Json &question,
                const char *kind, const Json &answer) {
    std::lock_guard<std::mutex> lock(mutex);
    std::string name = nameOf(question);
    const std::vector<Json> &before = held[name];
    size_t turn = turns[name]++;
    if (turn < before.size() && before[turn] == answer)
      return {};
    Json exchange = {{"hash", name},
                     {"purpose", request.purpose},
                     {"request", question},
                     {kind, answer}};
    if (Json subject = subjectJson(request); !subject.empty())
      exchange["subject"] = subject;
    if (!request.refusal.empty())
      exchange["refusal"] = request.refusal;
    std::string line = toLine(exchange) + "\n";
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
  std::map<std::string, std::vector<Json>> held;
  std::map<std::string, size_t> turns;
};

} // namespace

Result<std::unique_ptr<ChatModel>> createReplayModel(const std::string &path) {
  Result<std::string> text = readFile(path);
  if (!text)
    return Error{text.error()};
  Result<std::vector<Line>> lines = readTranscript(path, *text);
  if (!lines)
    return Error{lines.error()};
  return std::unique_ptr<ChatModel>(
      std::make_unique<ReplayModel>(path, std::move(*lines)));
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
  Result<std::vector<Line>> lines = readTranscript(path, *text, &whole);
  if (!lines)
    return fail(lines.error());
  if (whole != text->size() && ::ftruncate(file, whole) != 0)
    return fail("cannot cut the unfinished line off the transcript '" + path +
                "': " + std::strerror(errno));
  ::flock(file, LOCK_UN);
  return std::unique_ptr<ChatModel>(std::make_unique<RecordingModel>(
      std::move(inner), path, file, std::move(*lines)));
}

} // namespace qimeng
