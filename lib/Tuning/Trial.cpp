//===- Trial.cpp - One candidate, from action to time ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/Trial.h"
#include <cmath>

namespace qimeng {

static constexpr TrialStatus statuses[] = {
    TrialStatus::verified, TrialStatus::refused, TrialStatus::failed,
    TrialStatus::crashed, TrialStatus::timedOut};
static constexpr TrialPhase phases[] = {
    TrialPhase::plan,  TrialPhase::code,     TrialPhase::verify,
    TrialPhase::lower, TrialPhase::assemble, TrialPhase::measure};

std::string_view nameOf(TrialStatus status) {
  switch (status) {
  case TrialStatus::verified:
    return "verified";
  case TrialStatus::refused:
    return "refused";
  case TrialStatus::failed:
    return "failed";
  case TrialStatus::crashed:
    return "crashed";
  case TrialStatus::timedOut:
    return "timed out";
  }
  return "";
}

std::string_view nameOf(TrialPhase phase) {
  switch (phase) {
  case TrialPhase::plan:
    return "plan";
  case TrialPhase::code:
    return "code";
  case TrialPhase::verify:
    return "verify";
  case TrialPhase::lower:
    return "lower";
  case TrialPhase::assemble:
    return "assemble";
  case TrialPhase::measure:
    return "measure";
  }
  return "";
}

std::optional<TrialStatus> parseTrialStatus(std::string_view name) {
  for (TrialStatus status : statuses)
    if (nameOf(status) == name)
      return status;
  return std::nullopt;
}

std::optional<TrialPhase> parseTrialPhase(std::string_view name) {
  for (TrialPhase phase : phases)
    if (nameOf(phase) == name)
      return phase;
  return std::nullopt;
}

std::optional<double> Trial::microseconds(bool measured) const {
  if (status != TrialStatus::verified)
    return std::nullopt;
  std::optional<double> time =
      measured ? measuredMicroseconds : predictedMicroseconds;
  // Neither has a speed-up nor a place on a log axis.
  if (time && (!std::isfinite(*time) || *time <= 0))
    return std::nullopt;
  return time;
}

std::optional<double> Trial::achievedGBps() const {
  if (!bytes || !measuredMicroseconds || *measuredMicroseconds <= 0)
    return std::nullopt;
  return *bytes / (*measuredMicroseconds * 1e3);
}

std::optional<double> Trial::achievedTFLOPs() const {
  if (!flops || !measuredMicroseconds || *measuredMicroseconds <= 0)
    return std::nullopt;
  return *flops / (*measuredMicroseconds * 1e6);
}

} // namespace qimeng
