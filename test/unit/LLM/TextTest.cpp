//===- TextTest.cpp - Hashes, UTF-8 and JSON ------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exchange.h"
#include "Sha256.h"
#include "qimeng/LLM/Json.h"
#include "gtest/gtest.h"

using namespace qimeng;

namespace {

// FIPS 180-4's examples, and lengths around a block.
TEST(Sha256, KnownValues) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495"
                        "991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb4"
                           "10ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0"
                                          "a925a5258e241c9f1e910f734318");
  EXPECT_EQ(sha256(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209f439"
                                          "851db43d0ba5997337df154668eb");
}

TEST(Utf8, FirstInvalidByte) {
  constexpr size_t none = std::string_view::npos;
  EXPECT_EQ(findInvalidUtf8(""), none);
  EXPECT_EQ(findInvalidUtf8("a\u00e9\u20ac\U0001F600"), none);
  EXPECT_EQ(findInvalidUtf8("a\xc3"), 1u);            // cut
  EXPECT_EQ(findInvalidUtf8("\x80"), 0u);             // no lead
  EXPECT_EQ(findInvalidUtf8("\xc0\x80"), 0u);         // overlong
  EXPECT_EQ(findInvalidUtf8("\xe0\x9f\xbf"), 0u);     // overlong
  EXPECT_EQ(findInvalidUtf8("ab\xed\xa0\x80"), 2u);   // surrogate
  EXPECT_EQ(findInvalidUtf8("\xf4\x90\x80\x80"), 0u); // beyond U+10FFFF
  EXPECT_EQ(findInvalidUtf8("\xf4\x8f\xbf\xbf"), none);
  EXPECT_EQ(findInvalidUtf8("\xe2\x82x"), 0u);
}

TEST(Json, Limits) {
  EXPECT_TRUE(bool(parseJson(R"({"a": [1, "[[[["]})", 2)));
  EXPECT_FALSE(bool(parseJson(R"({"a": [[1]]})", 2)));
  EXPECT_FALSE(bool(parseJson("{\"a\": \"\xff\"}")));
  EXPECT_FALSE(bool(parseJson("{\"a\": }")));
  EXPECT_FALSE(bool(parseJson("")));
  EXPECT_FALSE(bool(parseJson(std::string(1000000, '['))));
  // A quote that is never closed hides nothing from the parser.
  EXPECT_FALSE(bool(parseJson("\"" + std::string(1000000, '['))));
}

TEST(Exchange, TheNameIsOfWhatDecidesTheAnswer) {
  ChatRequest request;
  request.system = "s";
  request.messages = {{ChatMessage::Role::User, "hello"}};
  std::string name = nameOf(questionJson(request));
  // The form of transcripts: to change it is to lose the recorded ones.
  EXPECT_EQ(toLine(questionJson(request)),
            R"({"max_tokens":4096,"messages":[{"role":"user","text":"hello"}],)"
            R"("sample":0,"system":"s","temperature":0.0})");
  ChatRequest other = request;
  other.purpose = "p";
  EXPECT_EQ(nameOf(questionJson(other)), name);
  other.temperature = 0.5;
  EXPECT_NE(nameOf(questionJson(other)), name);
  other = request;
  other.sample = 1;
  EXPECT_NE(nameOf(questionJson(other)), name);
  other = request;
  other.schema = "{}";
  std::string formed = nameOf(questionJson(other));
  EXPECT_NE(formed, name);
  other.grammar = "root ::= .*";
  EXPECT_EQ(nameOf(questionJson(other)), formed);
  std::vector<std::string> choices = {"A"};
  EXPECT_NE(nameOf(questionJson(request, &choices)), name);
}

TEST(Exchange, Excerpts) {
  EXPECT_EQ(excerpt("a\nb", 10), "a b");
  EXPECT_EQ(excerpt("abcdef", 3), "abc...");
  EXPECT_EQ(excerpt("ab\u20acdef", 4), "ab...");
  EXPECT_EQ(excerpt("\x1b[31mred", 20), " [31mred");
}

} // namespace
