//===- LlamaCppTest.cpp - Replies that llama.cpp's server gave ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs/llama.cpp holds replies as they came, to the byte, from llama.cpp
// b11549 with the model of test/llm/Inputs/random_llama.py.
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include <arpa/inet.h>
#include <cmath>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace qimeng;
using Json = nlohmann::json;

namespace {

/// Answers one request with the file `name`, as it is.
class Recorded {
public:
  explicit Recorded(const std::string &name) {
    Result<std::string> text =
        readFile(std::string(QIMENG_LLAMA_REPLIES "/") + name);
    if (!text)
      std::abort();
    reply = *text;
    listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *bound = reinterpret_cast<sockaddr *>(&address);
    if (::bind(listener, bound, size) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, bound, &size) != 0)
      std::abort();
    port = ntohs(address.sin_port);
    server = std::thread([this] { serve(); });
  }
  ~Recorded() {
    server.join();
    ::close(listener);
  }

  ModelSettings settings(StructuredOutput structured) const {
    ModelSettings settings;
    settings.baseUrl = "http://127.0.0.1:" + std::to_string(port) + "/v1";
    settings.model = "random weights";
    settings.retries = 0;
    settings.structured = structured;
    return settings;
  }

private:
  void serve() {
    int connection = ::accept(listener, nullptr, nullptr);
    std::string request;
    char bytes[4096];
    size_t end = std::string::npos, length = 0;
    while (end == std::string::npos || request.size() < end + 4 + length) {
      ssize_t count = ::recv(connection, bytes, sizeof bytes, 0);
      if (count <= 0)
        break;
      request.append(bytes, count);
      end = request.find("\r\n\r\n");
      size_t at = request.find("Content-Length: ");
      if (at < end)
        length = std::strtoul(request.c_str() + at + 16, nullptr, 10);
    }
    for (size_t sent = 0; sent < reply.size();) {
      ssize_t count = ::send(connection, reply.data() + sent,
                             reply.size() - sent, MSG_NOSIGNAL);
      if (count <= 0)
        break;
      sent += count;
    }
    ::close(connection);
  }

  std::string reply;
  int listener = -1;
  unsigned port = 0;
  std::thread server;
};

Result<ChatReply> ask(const std::string &file, ChatFault &fault,
                      StructuredOutput structured = StructuredOutput::Auto) {
  Recorded recorded(file);
  auto model = createHttpModel(recorded.settings(structured));
  if (!model)
    return Error{model.error()};
  ChatRequest request = question("Which?");
  request.grammar = "root ::= \"A\" | \"B\"";
  request.schema = R"({"type": "string", "enum": ["A", "B"]})";
  return (*model)->ask(request, &fault);
}

TEST(LlamaCpp, Whole) {
  ChatFault fault;
  auto reply = ask("chat.http", fault);
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, "}}rprogram befor memor\x06 specialize consist");
  EXPECT_TRUE(reply->truncated);
  EXPECT_EQ(reply->usage.promptTokens, 20);
  EXPECT_EQ(reply->usage.answerTokens, 8);
  EXPECT_EQ(reply->author.name, "random weights");
  EXPECT_EQ(reply->author.version,
            "llama.cpp b11549 of xllamacpp 2026.10.11549");
}

// The first event's content is null; the usage comes after the last one.
TEST(LlamaCpp, Stream) {
  ChatFault fault;
  auto reply = ask("stream.http", fault);
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, "}}rprogram befor");
  EXPECT_TRUE(reply->truncated);
  EXPECT_EQ(reply->usage.promptTokens, 20);
  EXPECT_EQ(reply->usage.answerTokens, 4);
}

TEST(LlamaCpp, Grammar) {
  ChatFault fault;
  auto reply = ask("grammar.http", fault, StructuredOutput::Gbnf);
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, "B");
  EXPECT_FALSE(reply->truncated);
  EXPECT_EQ(reply->usage.answerTokens, 2);
}

// While a long prompt is read, comments come, and no header says of an error.
TEST(LlamaCpp, Pings) {
  ChatFault fault;
  auto reply = ask("pings.http", fault);
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, " mac gri");
  EXPECT_EQ(reply->usage.promptTokens, 12015);
}

TEST(LlamaCpp, Scores) {
  Recorded recorded("logprobs.http");
  auto model = createHttpModel(recorded.settings(StructuredOutput::Gbnf));
  ASSERT_TRUE(bool(model)) << model.error();
  auto scores =
      (*model)->score(question("Which?"), {"7", "e", "outputs", "zebra"});
  ASSERT_TRUE(bool(scores)) << scores.error();
  EXPECT_NEAR((*scores)[0], -4.340166, 1e-6);
  // "e" and " e"; "o" and " outp".
  EXPECT_NEAR((*scores)[1], std::log(std::exp(-4.947729) + std::exp(-5.217916)),
              1e-6);
  EXPECT_NEAR((*scores)[2], std::log(std::exp(-4.803689) + std::exp(-4.784152)),
              1e-6);
  // In no token of those that were given.
  EXPECT_LE((*scores)[3], -5.2179155);
}

TEST(LlamaCpp, Errors) {
  ChatFault fault;
  auto reply = ask("wrong-key.http", fault);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Settings);
  EXPECT_NE(reply.error().find("(401), saying: Invalid API Key"),
            std::string::npos)
      << reply.error();
  // Not asked again in words: that would be longer still.
  reply = ask("too-long.http", fault);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Rejected);
  EXPECT_NE(reply.error().find("exceeds the available context size"),
            std::string::npos)
      << reply.error();
  reply = ask("bad-grammar.http", fault, StructuredOutput::Gbnf);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Rejected);
  EXPECT_NE(reply.error().find("failed to parse grammar"), std::string::npos)
      << reply.error();
}

} // namespace
