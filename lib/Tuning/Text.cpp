//===- Text.cpp - Text that is safe to show -------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace qimeng {

static constexpr uint32_t invalid = 0xffffffff;

/// Takes one code point off the front of `text`; `invalid` for a byte that does
/// not begin a shortest-form UTF-8 sequence of a scalar value.
static uint32_t takeCodePoint(std::string_view &text) {
  unsigned char lead = text[0];
  size_t length = lead < 0x80           ? 1
                  : (lead >> 5) == 0x6  ? 2
                  : (lead >> 4) == 0xe  ? 3
                  : (lead >> 3) == 0x1e ? 4
                                        : 0;
  static constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
  bool ok = length && length <= text.size();
  for (size_t i = 1; ok && i < length; ++i) {
    ok = (text[i] & 0xc0) == 0x80;
    point = point << 6 | (text[i] & 0x3f);
  }
  ok = ok && point >= least[length] && point <= 0x10ffff &&
       (point < 0xd800 || point > 0xdfff);
  text.remove_prefix(ok ? length : 1);
  return ok ? point : invalid;
}

/// Characters that a reader does not see and that change what is seen:
/// controls, directional overrides (a known way to disguise text), joiners,
/// byte order marks, line separators and noncharacters.
static bool isDeceptive(uint32_t point) {
  return point == invalid || point < 0x20 || (point >= 0x7f && point < 0xa0) ||
         point == 0xad || point == 0x61c ||
         (point >= 0x200b && point <= 0x200f) ||
         (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
         (point >= 0xfff9 && point <= 0xfffb) || (point & 0xfffe) == 0xfffe ||
         (point >= 0xfdd0 && point <= 0xfdef) ||
         (point >= 0xe0000 && point <= 0xe0fff);
}

std::string escapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    std::string_view before = text;
    uint32_t point = takeCodePoint(text);
    switch (point) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    case '`':
      out += "&#96;";
      break;
    case '\n':
    case '\t':
      out += char(point);
      break;
    case '\r':
      // A line end of a file written on Windows; alone it means nothing.
      break;
    default:
      if (isDeceptive(point))
        out += "\uFFFD";
      else
        out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::string printable(std::string_view text, bool unicode) {
  std::string out;
  bool space = false;
  while (!text.empty()) {
    std::string_view before = text;
    uint32_t point = takeCodePoint(text);
    if (point == ' ' || (point >= '\t' && point <= '\r')) {
      space = !out.empty();
      continue;
    }
    if (space)
      out += ' ';
    space = false;
    if (isDeceptive(point) || (!unicode && point >= 0x80))
      out += unicode ? "\uFFFD" : "?";
    else
      out += before.substr(0, before.size() - text.size());
  }
  return out;
}

/// East Asian wide and emoji blocks take two columns, combining marks none.
static size_t columnsOf(uint32_t point) {
  if ((point >= 0x300 && point <= 0x36f) ||
      (point >= 0x20d0 && point <= 0x20ff) ||
      (point >= 0xfe00 && point <= 0xfe0f))
    return 0;
  bool wide = (point >= 0x1100 && point <= 0x115f) ||
              (point >= 0x2e80 && point <= 0xa4cf) ||
              (point >= 0xac00 && point <= 0xd7a3) ||
              (point >= 0xf900 && point <= 0xfaff) ||
              (point >= 0xfe30 && point <= 0xfe6f) ||
              (point >= 0xff00 && point <= 0xff60) ||
              (point >= 0xffe0 && point <= 0xffe6) ||
              (point >= 0x1f300 && point <= 0x1faff) ||
              (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}

size_t displayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty())
    width += columnsOf(takeCodePoint(text));
  return width;
}

std::string fitColumns(std::string_view text, size_t columns, bool unicode) {
  if (displayWidth(text) <= columns)
    return std::string(text);
  std::string_view mark = unicode ? "\u2026" : "...";
  size_t room = columns - std::min(columns, displayWidth(mark));
  std::string_view rest = text;
  size_t width = 0, kept = 0;
  while (!rest.empty()) {
    width += columnsOf(takeCodePoint(rest));
    if (width > room)
      break;
    kept = text.size() - rest.size();
  }
  return std::string(text.substr(0, kept)) +
         std::string(columns < displayWidth(mark) ? "" : mark);
}

static std::string format(const char *pattern, int digits, double number) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, pattern, digits, number);
  return buffer;
}

std::string formatNumber(double number) {
  if (!std::isfinite(number))
    return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
  double size = std::fabs(number);
  if (size == 0)
    return "0";
  if (size < 1e-4 || size >= 1e6)
    return format("%.*g", 3, number);
  // %g would drop to exponents above 999 at three digits.
  int decimals = size >= 99.95    ? 0
                 : size >= 9.995  ? 1
                 : size >= 0.9995 ? 2
                                  : 2 - int(std::floor(std::log10(size)));
  return format("%.*f", decimals, number);
}

std::string formatMicroseconds(double microseconds, const char *micro) {
  if (microseconds < 999.5)
    return formatNumber(microseconds) + " " + micro + "s";
  if (microseconds < 999.5e3)
    return formatNumber(microseconds / 1e3) + " ms";
  return formatNumber(microseconds / 1e6) + " s";
}

std::string formatFactor(double factor, const char *times) {
  return formatNumber(factor) + times;
}

std::string formatBytes(double bytes) {
  static constexpr const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < sizeof units / sizeof *units) {
    bytes /= 1024;
    ++unit;
  }
  std::string number = bytes == std::floor(bytes) ? format("%.*f", 0, bytes)
                                                  : formatNumber(bytes);
  return number + " " + units[unit];
}

std::string formatDuration(double seconds) {
  // Also keeps NaN and infinity away from the conversion to an integer.
  int64_t whole = seconds > 0 && seconds < 1e12 ? int64_t(seconds + 0.5) : 0;
  char buffer[64];
  if (whole >= 3600)
    std::snprintf(buffer, sizeof buffer, "%lld:%02d:%02d",
                  static_cast<long long>(whole / 3600), int(whole / 60 % 60),
                  int(whole % 60));
  else
    std::snprintf(buffer, sizeof buffer, "%d:%02d", int(whole / 60),
                  int(whole % 60));
  return buffer;
}

std::string formatTimestamp(int64_t milliseconds) {
  int64_t fraction = ((milliseconds % 1000) + 1000) % 1000;
  time_t seconds = (milliseconds - fraction) / 1000;
  tm parts;
  if (!::gmtime_r(&seconds, &parts))
    return {};
  char day[32], buffer[48];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(buffer, sizeof buffer, "%s.%03dZ", day, int(fraction));
  return buffer;
}

} // namespace qimeng
