//===- TextTest.cpp - Text that is safe to show ---------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Tuning/Text.h"
#include <gtest/gtest.h>
#include <limits>

using namespace qimeng;

namespace {

TEST(Text, EscapesMarkup) {
  EXPECT_EQ(escapeHtml("<script>a && b</script>\"'`"),
            "&lt;script&gt;a &amp;&amp; b&lt;/script&gt;&quot;&#39;&#96;");
  EXPECT_EQ(escapeHtml("&lt;"), "&amp;lt;");
  EXPECT_EQ(escapeHtml("line\n\ttab\r\n"), "line\n\ttab\n");
}

TEST(Text, ReplacesWhatDeceives) {
  EXPECT_EQ(escapeHtml(std::string("a\0b\x1b[31m", 8)), "a\uFFFDb\uFFFD[31m");
  EXPECT_EQ(escapeHtml("a\u202Eb\u200Bc\uFEFFd\u2066e"),
            "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe");
  EXPECT_EQ(escapeHtml("\u0085\u2028"), "\uFFFD\uFFFD");
}

TEST(Text, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(escapeHtml("\xff"), "\uFFFD");
  EXPECT_EQ(escapeHtml("\xc0\xbc"), "\uFFFD\uFFFD") << "overlong '<'";
  EXPECT_EQ(escapeHtml("\xe0\x80\xbc"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escapeHtml("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "surrogate";
  EXPECT_EQ(escapeHtml("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escapeHtml("\xe2\x82"), "\uFFFD\uFFFD") << "cut short";
  EXPECT_EQ(escapeHtml("\xe2<"), "\uFFFD&lt;") << "must not swallow the '<'";
  EXPECT_EQ(escapeHtml("é × 漢 😀"), "é × 漢 😀");
}

/// Every pair of bytes: no markup character comes through.
TEST(Text, NoByteSequenceMakesMarkup) {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) {
      std::string escaped = escapeHtml(std::string{char(a), char(b), '<'});
      EXPECT_EQ(escaped.find_first_of("<>\"'`"), std::string::npos)
          << a << " " << b;
    }
}

TEST(Text, PrintableIsOneHarmlessLine) {
  EXPECT_EQ(printable("  a\n\n\tb  \x1b]0;title\x07 c "),
            "a b \uFFFD]0;title\uFFFD c");
  EXPECT_EQ(printable("µ\x1b", /*unicode=*/false), "??");
}

TEST(Text, FitsColumns) {
  EXPECT_EQ(displayWidth("aµ漢e\u0301"), 5u);
  EXPECT_EQ(fitColumns("abc", 3), "abc");
  EXPECT_EQ(fitColumns("abcd", 3), "ab…");
  EXPECT_EQ(fitColumns("漢漢漢", 4), "漢…") << "a wide character is not cut";
  EXPECT_EQ(fitColumns("abcdef", 5, /*unicode=*/false), "ab...");
  EXPECT_EQ(fitColumns("abcdef", 2, /*unicode=*/false), "");
}

TEST(Text, Numbers) {
  EXPECT_EQ(formatMicroseconds(0.8123), "0.812 us");
  EXPECT_EQ(formatMicroseconds(9.999), "10.0 us");
  EXPECT_EQ(formatMicroseconds(212.4), "212 us");
  EXPECT_EQ(formatMicroseconds(999.7), "1.00 ms");
  EXPECT_EQ(formatMicroseconds(5123), "5.12 ms");
  EXPECT_EQ(formatMicroseconds(1.25e6), "1.25 s");
  EXPECT_EQ(formatMicroseconds(12.5, "µ"), "12.5 µs");
  EXPECT_EQ(formatFactor(24.12), "24.1x");
  EXPECT_EQ(formatNumber(0), "0");
  EXPECT_EQ(formatNumber(1234), "1234");
  EXPECT_EQ(formatNumber(0.001234), "0.00123");
  EXPECT_EQ(formatNumber(1.5e-7), "1.5e-07");
  EXPECT_EQ(formatNumber(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(formatBytes(0), "0 B");
  EXPECT_EQ(formatBytes(232448), "227 KiB");
  EXPECT_EQ(formatBytes(1.5 * (1 << 20)), "1.50 MiB");
  EXPECT_EQ(formatDuration(41.3), "0:41");
  EXPECT_EQ(formatDuration(3725), "1:02:05");
  EXPECT_EQ(formatDuration(std::numeric_limits<double>::quiet_NaN()), "0:00");
  EXPECT_EQ(formatTimestamp(1700000000123), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(formatTimestamp(0), "1970-01-01T00:00:00.000Z");
}

} // namespace
