//===- Text.h - Text that is safe to show -----------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_TUNING_TEXT_H
#define QIMENG_LIB_TUNING_TEXT_H

#include <cstdint>
#include <string>
#include <string_view>

namespace qimeng {

/// `text` as HTML character data, also safe inside a quoted attribute. Control
/// characters, bytes that are not UTF-8, and the invisible characters that
/// reorder text become U+FFFD; newlines and tabs stay.
std::string escapeHtml(std::string_view text);

/// `text` on one line, safe to write to a terminal: runs of white space become
/// one space, and what escapeHtml replaces becomes U+FFFD (`unicode`) or '?'.
std::string printable(std::string_view text, bool unicode = true);

/// Columns that well-formed UTF-8 takes on a terminal.
size_t displayWidth(std::string_view text);

/// `text` cut to `columns`, with an ellipsis ("..." without `unicode`) where
/// something is missing.
std::string fitColumns(std::string_view text, size_t columns,
                       bool unicode = true);

/// Three significant digits and the unit: "0.812 us", "212 us", "5.12 ms",
/// "1.25 s". `micro` is how the micro sign is written.
std::string formatMicroseconds(double microseconds, const char *micro = "u");
/// "x" factors: "24.1x", "1.03x".
std::string formatFactor(double factor, const char *times = "x");
/// Three significant digits without exponent up to a million.
std::string formatNumber(double number);
/// "0 B", "48 KiB", "227 KiB", "1.5 MiB".
std::string formatBytes(double bytes);
/// "41 s" is "0:41", an hour "1:00:00".
std::string formatDuration(double seconds);
/// ISO 8601, UTC, with milliseconds.
std::string formatTimestamp(int64_t milliseconds);

} // namespace qimeng

#endif // QIMENG_LIB_TUNING_TEXT_H
