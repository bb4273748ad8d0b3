//===- TrialLog.cpp - Trials as JSON lines --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/TrialLog.h"
#include "Text.h"
#include "qimeng/Support/File.h"
#include <cmath>
#include <nlohmann/json.hpp>

namespace qimeng {

// Keys in the order of writing, so that lines of two logs can be compared.
using Json = nlohmann::ordered_json;

static void put(Json &object, const char *key,
                const std::optional<int64_t> &value) {
  if (value)
    object[key] = *value;
}

/// JSON has no infinity and no NaN; an error metric may be either.
static void put(Json &object, const char *key,
                const std::optional<double> &value) {
  if (!value)
    return;
  if (std::isnan(*value))
    object[key] = "nan";
  else if (std::isinf(*value))
    object[key] = *value > 0 ? "inf" : "-inf";
  else
    object[key] = *value;
}

static Json toJson(const KernelFacts &kernel) {
  Json object = {{"name", kernel.name}, {"grid", kernel.grid}};
  put(object, "threads", kernel.threads);
  put(object, "registers", kernel.registers);
  put(object, "shared_bytes", kernel.sharedBytes);
  put(object, "spill_bytes", kernel.spillBytes);
  put(object, "occupancy", kernel.occupancy);
  put(object, "us", kernel.microseconds);
  put(object, "bytes", kernel.bytes);
  put(object, "flops", kernel.flops);
  object["precision"] = kernel.precision;
  return object;
}

std::string trialToJson(const Trial &trial) {
  Json object;
  object["id"] = trial.id;
  object["step"] = trial.step;
  put(object, "parent", trial.parent);
  object["created"] = formatTimestamp(trial.createdMilliseconds);
  object["action"] = trial.action;
  object["planner"] = trial.planner;
  object["coder"] = trial.coder;
  object["attempt"] = trial.attempt;
  object["status"] = nameOf(trial.status);
  object["phase"] = nameOf(trial.phase);
  object["accepted"] = trial.accepted;
  object["diagnostics"] = trial.diagnostics;
  put(object, "predicted_us", trial.predictedMicroseconds);
  put(object, "measured_us", trial.measuredMicroseconds);
  put(object, "minimum_us", trial.minimumMicroseconds);
  put(object, "samples", trial.samples);
  if (trial.cutOff)
    object["cut_off"] = true;
  put(object, "reruns", trial.reruns);
  put(object, "bytes", trial.bytes);
  put(object, "flops", trial.flops);
  put(object, "achieved_gbps", trial.achievedGBps());
  put(object, "achieved_tflops", trial.achievedTFLOPs());
  put(object, "absolute_error", trial.absoluteError);
  put(object, "relative_error", trial.relativeError);
  object["wall_seconds"] = trial.wallSeconds;
  put(object, "measure_seconds", trial.measureSeconds);
  Json kernels = Json::array();
  for (const KernelFacts &kernel : trial.kernels)
    kernels.push_back(toJson(kernel));
  object["kernels"] = std::move(kernels);
  object["session"] = trial.sessionKey;
  object["kernel_key"] = trial.program.kernelKey;
  object["arch"] = trial.program.arch;
  object["compiler_version"] = trial.program.compilerVersion;
  object["device"] = trial.device;
  object["recipe_key"] = trial.recipeKey;
  object["recipe"] = trial.recipe;
  return object.dump(-1, ' ', /*ensure_ascii=*/false,
                     Json::error_handler_t::replace);
}

Status writeTrialLog(const std::string &path,
                     const std::vector<Trial> &trials) {
  std::string lines;
  for (const Trial &trial : trials)
    lines += trialToJson(trial) + "\n";
  return writeFile(path, lines);
}

} // namespace qimeng
