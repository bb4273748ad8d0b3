//===- HttpModel.cpp - A model behind a server ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Budget.h"
#include "Exchange.h"
#include "Layers.h"
#include "Protocol.h"
#include "Url.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <random>
#include <thread>

namespace qimeng {

using Json = Protocol::Json;
using Clock = std::chrono::steady_clock;

namespace {

/// Waits between attempts, in seconds: doubling from the first to the most, of
/// which a random half or more; what a server asks for, up to a minute.
constexpr double firstWait = 1, mostWait = 30, mostRetryAfter = 60;

/// A server may refuse several fields, one after the other.
constexpr unsigned maxAdaptions = 6;

void waitCancellably(double seconds) {
  Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(seconds));
  while (!areRequestsCancelled() && Clock::now() < end)
    std::this_thread::sleep_for(std::min<Clock::duration>(
        std::chrono::milliseconds(50), end - Clock::now()));
}

std::string today() {
  std::time_t now = std::time(nullptr);
  std::tm date{};
  ::gmtime_r(&now, &date);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &date);
  return text;
}

/// Text that a server wrote, for a message.
std::string cleaned(std::string text) {
  for (size_t bad; (bad = findInvalidUtf8(text)) != std::string::npos;)
    text[bad] = '?';
  return excerpt(text, 300);
}

/// The "data" of each server-sent event (HTML standard, 9.2). `sawDone`: the
/// stream ended with the word that chat completions end with.
Result<std::vector<Json>> readEvents(std::string_view body, bool &sawDone) {
  std::vector<Json> events;
  std::string data;
  bool hasData = false;
  auto flush = [&]() -> Status {
    if (!hasData)
      return {};
    hasData = false;
    if (data == "[DONE]") {
      sawDone = true;
    } else {
      Result<Json> event = parseJson(data);
      if (!event)
        return Error{"an event of the stream: " + event.error()};
      events.push_back(std::move(*event));
    }
    data.clear();
    return {};
  };
  size_t begin = 0;
  while (begin < body.size()) {
    size_t end = body.find('\n', begin);
    if (end == std::string_view::npos)
      break; // cut within a line
    std::string_view line = body.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    if (line.empty()) {
      if (Status done = flush(); !done)
        return Error{done.error()};
    } else if (line.substr(0, 5) == "data:") {
      line.remove_prefix(line.size() > 5 && line[5] == ' ' ? 6 : 5);
      if (hasData)
        data += '\n';
      data += line;
      hasData = true;
    }
  }
  // Some servers leave out the empty line after the last event.
  if (hasData && data == "[DONE]")
    sawDone = true;
  return events;
}

class HttpModel : public ChatModel {
public:
  HttpModel(const Curl &curl, const ModelSettings &settings,
            const HttpHooks &hooks)
      : settings(settings), hooks(hooks), curl(curl),
        protocol(settings.provider == ChatProvider::OpenAI
                     ? getOpenAiProtocol()
                     : getAnthropicProtocol()),
        client(curl, settings), budget(settings), random(hooks.seed) {
    if (!this->hooks.sleep)
      this->hooks.sleep = waitCancellably;
    using Form = ServerTraits::Form;
    known.form = settings.structured == StructuredOutput::Gbnf   ? Form::Grammar
                 : settings.structured == StructuredOutput::None ? Form::Words
                                                                 : Form::Schema;
    known.completionTokens = isProvidersOwn(settings);
  }

  std::string getName() const override {
    return (settings.provider == ChatProvider::OpenAI ? "openai:"
                                                      : "anthropic:") +
           settings.model;
  }

  ChatUsage getSpent() const override { return budget.getSpent(); }

  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    ChatUsage usage;
    ParsedReply parsed = converse(
        request, usage,
        [&](const ServerTraits &traits) {
          return protocol.makeBody(request, settings, traits);
        },
        [&](std::string_view body) { return parseBody(body); });
    if (fault)
      *fault = parsed.fault;
    if (parsed.fault != ChatFault::None)
      return Error{parsed.message};
    ChatReply &reply = parsed.reply;
    reply.usage = reply.firstUsage = usage;
    complete(reply.author);
    if (settings.key)
      settings.key->redact(parsed.text);
    reply.text.assign(parsed.text.data(), parsed.text.size());
    return reply;
  }

  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault,
                                    ChatReply::Author *author) override;

private:
  using MakeBody = std::function<Json(const ServerTraits &)>;
  using ReadBody = std::function<ParsedReply(std::string_view)>;

  ParsedReply converse(const ChatRequest &request, ChatUsage &usage,
                       const MakeBody &makeBody, const ReadBody &readBody);
  ParsedReply attempt(const std::string &text, const ChatRequest &request,
                      const ReadBody &readBody, double secondsLeft,
                      ChatUsage &usage, HttpReply &http);
  ParsedReply parseBody(std::string_view body) const;
  void complete(ChatReply::Author &author) const;
  ParsedReply explainStatus(const HttpReply &http) const;
  double waitBefore(unsigned retry, const HttpReply &http);

  const ModelSettings settings;
  HttpHooks hooks;
  const Curl &curl;
  const Protocol &protocol;
  HttpClient client;
  Budget budget;
  std::mutex mutex;
  ServerTraits known;
  std::mt19937 random;
};

ParsedReply HttpModel::parseBody(std::string_view body) const {
  size_t first = body.find_first_not_of(" \t\r\n");
  ParsedReply parsed;
  // A server that knows no streams answers as a whole.
  if (!settings.streaming ||
      (first != std::string_view::npos && body[first] == '{')) {
    Result<Json> value = parseJson(body);
    if (!value)
      return ParsedReply::failed(ChatFault::Malformed, value.error());
    parsed = protocol.parseReply(*value);
  } else {
    bool sawDone = false;
    Result<std::vector<Json>> events = readEvents(body, sawDone);
    if (!events)
      return ParsedReply::failed(ChatFault::Malformed, events.error());
    if (events->empty() && body.find("data:") == std::string_view::npos &&
        first != std::string_view::npos)
      return ParsedReply::failed(ChatFault::Malformed,
                                 "it is neither JSON nor a stream of events");
    parsed = protocol.parseStream(*events, sawDone);
  }
  return parsed;
}

/// What a status that is not 200 means. The message completes "<name>: ".
ParsedReply HttpModel::explainStatus(const HttpReply &http) const {
  std::string words;
  Result<Json> value = parseJson({http.body.data(), http.body.size()});
  if (value)
    words = errorText(*value);
  if (words.empty())
    words.assign(http.body.data(), std::min<size_t>(http.body.size(), 300));
  words = cleaned(words);
  std::string status = std::to_string(http.status);
  std::string said = words.empty() ? "" : ", saying: " + words;
  if (http.status >= 300 && http.status < 400)
    return ParsedReply::failed(
        ChatFault::Rejected,
        "the server sends requests on to '" +
            cleaned({http.location.data(), http.location.size()}) +
            "', where the key must not follow; set QIMENG_LLM_BASE_URL to it "
            "where that is right");
  if (http.status == 401 || http.status == 403)
    return ParsedReply::failed(ChatFault::Settings,
                               "the server does not accept the key (" + status +
                                   ")" + said + "; set " +
                                   (!isProvidersOwn(settings) ? "QIMENG_LLM_KEY"
                                    : settings.provider == ChatProvider::OpenAI
                                        ? "OPENAI_API_KEY"
                                        : "ANTHROPIC_API_KEY") +
                                   " to one that it does");
  if (http.status == 404)
    return ParsedReply::failed(
        ChatFault::Settings, "there is no such model or address (404)" + said +
                                 "; correct QIMENG_LLM_MODEL or "
                                 "QIMENG_LLM_BASE_URL");
  if (http.status == 429) {
    // An account without money: no wait helps.
    bool empty = words.find("quota") != std::string::npos ||
                 words.find("billing") != std::string::npos;
    return ParsedReply::failed(
        ChatFault::RateLimited,
        "the server limits the rate of requests (429)" + said +
            (empty ? "; see to the account"
                   : "; wait, or lower QIMENG_LLM_PARALLEL"),
        !empty);
  }
  if (http.status >= 500)
    return ParsedReply::failed(
        ChatFault::Server, "the server failed (" + status + ")" + said, true);
  return ParsedReply::failed(ChatFault::Rejected,
                             "the server rejects the request (" + status + ")" +
                                 said);
}

/// One request, paid for. `usage` grows by what it came to.
ParsedReply HttpModel::attempt(const std::string &text,
                               const ChatRequest &request,
                               const ReadBody &readBody, double secondsLeft,
                               ChatUsage &usage, HttpReply &http) {
  ChatUsage most = budget.estimateMost(text.size(), request.maxTokens);
  ChatFault fault = ChatFault::None;
  Clock::time_point start = Clock::now();
  if (Status reserved = budget.reserve(most, secondsLeft, fault); !reserved)
    return ParsedReply::failed(fault, reserved.error());
  secondsLeft -= std::chrono::duration<double>(Clock::now() - start).count();

  HttpRequestHeaders headers(curl);
  headers.add("Content-Type: application/json");
  headers.add("Accept: application/json, text/event-stream");
  // No pause for "100 Continue", which some servers do not know.
  headers.add("Expect:");
  protocol.addHeaders(headers, settings);
  http = client.post(baseUrlOf(settings) + protocol.getPath(), headers, text,
                     secondsLeft);
  if (settings.key) {
    settings.key->redact(http.body);
    settings.key->redact(http.location);
  }

  ParsedReply parsed;
  ChatUsage cost;
  bool answered = http.fault == ChatFault::None && http.status == 200;
  if (http.fault != ChatFault::None) {
    parsed = ParsedReply::failed(http.fault, http.message, http.transient);
  } else if (http.status != 200) {
    parsed = explainStatus(http);
  } else {
    parsed = readBody({http.body.data(), http.body.size()});
    if (parsed.fault == ChatFault::Malformed)
      parsed.message =
          "the server's reply is not what the protocol says: " + parsed.message;
  }
  if (http.fault == ChatFault::None || http.sent)
    cost.requests = 1;
  if (parsed.hasUsage) {
    cost.promptTokens = parsed.reply.usage.promptTokens;
    cost.answerTokens = parsed.reply.usage.answerTokens;
  } else if (answered || (http.fault != ChatFault::None && http.sent)) {
    // The bill is not known; three bytes are a token of most texts.
    cost.promptTokens = (text.size() + 2) / 3;
    cost.answerTokens = std::min<int64_t>(
        ((parsed.text.empty() ? http.body.size() : parsed.text.size()) + 2) / 3,
        request.maxTokens);
  }
  cost.dollars = budget.priceOf(cost);
  budget.pay(most, cost);
  usage += cost;
  return parsed;
}

double HttpModel::waitBefore(unsigned retry, const HttpReply &http) {
  if (http.retryAfter)
    return std::min(*http.retryAfter, mostRetryAfter);
  double most = std::min(mostWait, firstWait * std::ldexp(1.0, retry));
  std::lock_guard<std::mutex> lock(mutex);
  return most * (0.5 + 0.5 * (random() / 4294967296.0));
}

/// Asks until there is an answer, or no use in asking.
ParsedReply HttpModel::converse(const ChatRequest &request, ChatUsage &usage,
                                const MakeBody &makeBody,
                                const ReadBody &readBody) {
  Clock::time_point start = Clock::now();
  double slept = 0;
  auto secondsLeft = [&] {
    double past = std::chrono::duration<double>(Clock::now() - start).count();
    return settings.totalSeconds - std::max(past, slept);
  };
  ServerTraits traits;
  {
    std::lock_guard<std::mutex> lock(mutex);
    traits = known;
  }
  std::string where = getName() + " at " + baseUrlOf(settings) + ": ";
  unsigned retries = 0, adaptions = 0;
  while (true) {
    if (areRequestsCancelled())
      return ParsedReply::failed(ChatFault::Cancelled, where + "cancelled");
    Json body = makeBody(traits);
    // Bytes of a user's program that are not UTF-8 go as U+FFFD.
    std::string text =
        body.dump(-1, ' ', false, Json::error_handler_t::replace);
    HttpReply http;
    ParsedReply parsed =
        attempt(text, request, readBody, secondsLeft(), usage, http);
    if (parsed.fault == ChatFault::None) {
      std::lock_guard<std::mutex> lock(mutex);
      known = traits;
      return parsed;
    }
    bool refused = http.status == 400 || http.status == 422 ||
                   http.status == 501 || http.status == 500;
    if (refused && adaptions < maxAdaptions) {
      std::string words = parsed.message;
      for (char &c : words)
        c = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
      if (protocol.adapt(traits, words, request, settings)) {
        ++adaptions;
        continue;
      }
      // No word on what it does not like: the schema is the likeliest.
      bool hasForm = traits.form == ServerTraits::Form::Schema ||
                     traits.form == ServerTraits::Form::Object;
      if (http.status < 500 && !request.schema.empty() && hasForm &&
          settings.structured == StructuredOutput::Auto &&
          words.find("context") == std::string::npos &&
          words.find("token") == std::string::npos) {
        traits.form = ServerTraits::Form::Words;
        ++adaptions;
        continue;
      }
    }
    std::string attempts =
        retries == 0 ? ""
                     : " (after " + std::to_string(retries + 1) + " attempts)";
    parsed.message = where + parsed.message + attempts;
    if (settings.key)
      settings.key->redact(parsed.message);
    if (!parsed.transient || retries == settings.retries)
      return parsed;
    double wait = waitBefore(retries, http);
    if (wait > secondsLeft()) {
      parsed.message += "; no attempt more, since the next would be after "
                        "QIMENG_LLM_TOTAL_SECONDS";
      return parsed;
    }
    ++retries;
    slept += wait;
    hooks.sleep(wait);
  }
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// Log-probabilities of `choices` from those of the likeliest first tokens. A
/// token counts for the choice that it is; where no token is the choice, those
/// count that begin it and no other one. A choice without tokens gets an equal
/// part of what is left, but no more than the least token. No scores where the
/// model is about to write something else: a thought, or a sentence.
Result<std::vector<double>>
scoresOf(const std::vector<std::pair<std::string, double>> &tokens,
         const std::vector<std::string> &choices) {
  std::vector<double> mass(choices.size(), 0.0), begun = mass;
  double seen = 0, least = 0;
  for (const auto &[token, logarithm] : tokens) {
    double probability = std::exp(std::min(logarithm, 0.0));
    seen += probability;
    least = std::min(least, logarithm);
    size_t begin = token.find_first_not_of(" \t\r\n\"");
    std::string word = begin == std::string::npos ? "" : token.substr(begin);
    auto whole = std::find(choices.begin(), choices.end(), word);
    if (whole != choices.end()) {
      mass[whole - choices.begin()] += probability;
      continue;
    }
    size_t match = choices.size(), matches = 0;
    for (size_t i = 0; i < choices.size() && !word.empty(); ++i)
      if (choices[i].compare(0, word.size(), word) == 0) {
        match = i;
        ++matches;
      }
    if (matches == 0 && probability > 0.9)
      return Error{"the model begins with '" + cleaned(token) +
                   "', which is no label"};
    if (matches == 1)
      begun[match] += probability;
    else if (matches > 1 && probability > 0.01)
      return Error{"the labels share their first token '" + cleaned(word) +
                   "', so it scores none of them"};
  }
  for (size_t i = 0; i < choices.size(); ++i)
    mass[i] = mass[i] > 0 ? mass[i] : begun[i];
  size_t missing = 0;
  bool any = false;
  for (double probability : mass) {
    missing += probability == 0;
    any |= probability > 0;
  }
  if (!any)
    return Error{"none of the likeliest tokens begins a label"};
  double rest = std::max(1 - seen, 1e-12) / std::max<size_t>(missing, 1);
  std::vector<double> scores;
  for (double probability : mass)
    scores.push_back(probability > 0 ? std::log(probability)
                                     : std::min(std::log(rest), least));
  return scores;
}

/// What the server did not say of who answered.
void HttpModel::complete(ChatReply::Author &author) const {
  if (author.kind.empty())
    author.kind = "model";
  if (author.name.empty())
    author.name = settings.model;
  bool versioned = author.kind == "model" || author.kind == "built-in";
  if (author.version.empty() && versioned)
    author.version = notReported;
  author.name = cleaned(author.name);
  author.version = cleaned(author.version);
  author.date = today();
  if (settings.key) {
    settings.key->redact(author.name);
    settings.key->redact(author.version);
  }
}

Result<std::vector<double>>
HttpModel::score(const ChatRequest &request,
                 const std::vector<std::string> &choices, ChatFault *fault,
                 ChatReply::Author *author) {
  ChatFault ignored;
  ChatFault &kind = fault ? *fault : ignored;
  kind = ChatFault::Rejected;
  Result<Json> possible = protocol.makeScoreBody(request, settings, {});
  if (!possible)
    return Error{getName() + ": " + possible.error()};
  std::vector<double> scores;
  ChatRequest question = request;
  question.maxTokens = 1;
  question.schema.clear();
  ChatUsage usage;
  ParsedReply parsed = converse(
      question, usage,
      [&](const ServerTraits &traits) {
        return *protocol.makeScoreBody(request, settings, traits);
      },
      [&](std::string_view body) {
        Result<Json> value = parseJson(body);
        if (!value)
          return ParsedReply::failed(ChatFault::Malformed, value.error());
        ParsedReply reply;
        // For the bill; a score needs no text.
        reply.hasUsage = member(*value, "usage").is_object();
        const Json &bill = member(*value, "usage");
        reply.reply.usage.promptTokens = countOf(bill, "prompt_tokens");
        reply.reply.usage.answerTokens = countOf(bill, "completion_tokens");
        auto tokens = protocol.parseScores(*value);
        Result<std::vector<double>> found =
            tokens ? scoresOf(*tokens, choices)
                   : Result<std::vector<double>>(Error{tokens.error()});
        if (found) {
          scores = std::move(*found);
          reply.reply.author.version = textOf(*value, "model");
          readAuthor(*value, reply.reply);
          return reply;
        }
        reply.fault = ChatFault::Rejected;
        reply.message = found.error();
        return reply;
      });
  kind = parsed.fault;
  if (parsed.fault != ChatFault::None)
    return Error{parsed.message};
  complete(parsed.reply.author);
  if (author)
    *author = parsed.reply.author;
  return scores;
}

} // namespace

Result<std::unique_ptr<ChatModel>>
createHttpModel(const ModelSettings &settings, const HttpHooks &hooks) {
  if (Status fine = checkSettings(settings); !fine)
    return Error{fine.error()};
  Result<const Curl *> curl = Curl::get();
  if (!curl)
    return Error{curl.error()};
  return std::unique_ptr<ChatModel>(
      std::make_unique<HttpModel>(**curl, settings, hooks));
}

} // namespace qimeng
