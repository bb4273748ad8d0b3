//===- MeasureJson.cpp - Requests and answers as JSON ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JsonReader.h"
#include "qimeng/Runtime/Measure.h"

using json = nlohmann::ordered_json;

namespace qimeng {

static std::string line(const json &document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

static constexpr struct {
  FailureKind kind;
  const char *name;
} failureKinds[] = {
    {FailureKind::None, "none"},
    {FailureKind::BadRequest, "bad-request"},
    {FailureKind::NoDriver, "no-driver"},
    {FailureKind::LoadFailure, "load-failure"},
    {FailureKind::OutOfMemory, "out-of-memory"},
    {FailureKind::LaunchFailure, "launch-failure"},
    {FailureKind::IllegalAddress, "illegal-address"},
    {FailureKind::Mismatch, "mismatch"},
    {FailureKind::GuardViolation, "guard-violation"},
    {FailureKind::InputsChanged, "inputs-changed"},
    {FailureKind::Race, "race"},
    {FailureKind::ReferenceFailure, "reference-failure"},
    {FailureKind::Timeout, "timeout"},
    {FailureKind::Died, "died"},
    {FailureKind::BadAnswer, "bad-answer"},
};

const char *failureKindName(FailureKind kind) {
  return failureKinds[static_cast<size_t>(kind)].name;
}

std::optional<FailureKind> parseFailureKind(std::string_view name) {
  for (const auto &entry : failureKinds)
    if (name == entry.name)
      return entry.kind;
  return std::nullopt;
}

static json toJson(const Failure &failure) {
  return {{"kind", failureKindName(failure.kind)},
          {"message", failure.message}};
}

static Failure readFailure(JsonReader &parent, const char *key) {
  Failure failure;
  if (!parent.has(key))
    return failure;
  JsonReader reader = parent.object(key);
  std::string kind = reader.string("kind");
  std::optional<FailureKind> parsed = parseFailureKind(kind);
  if (!parsed)
    reader.fail("kind", "the kind of a failure", kind);
  failure.kind = parsed.value_or(FailureKind::BadAnswer);
  failure.message = reader.string("message");
  reader.finish();
  return failure;
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

static json toJson(const Draw &draw) {
  return {{"mode", drawModeName(draw.mode)}, {"scale", draw.scale}};
}

static Draw readDraw(JsonReader reader) {
  Draw draw;
  std::string mode = reader.string("mode", "normal");
  if (!parseDrawMode(mode, draw.mode))
    reader.fail("mode",
                "normal, uniform, constant, large, tiny, infinite or nan",
                mode);
  draw.scale = reader.number("scale", 1);
  reader.finish();
  return draw;
}

static json toJson(const Tolerance &tolerance) {
  return {{"atol", tolerance.atol},
          {"rtol", tolerance.rtol},
          {"frobenius", tolerance.frobenius}};
}

static Tolerance readTolerance(JsonReader reader) {
  Tolerance tolerance;
  tolerance.atol = reader.number("atol");
  tolerance.rtol = reader.number("rtol");
  tolerance.frobenius = reader.number("frobenius");
  reader.finish();
  return tolerance;
}

std::string MeasureRequest::toJson() const {
  json document = {{"request", "measure"}, {"programs", programs}};
  if (!reference.empty())
    document["reference"] = reference;
  document["device"] = device;
  document["seed"] = seed;
  document["draw"] = qimeng::toJson(draw);
  json &list = document["checks"] = json::array();
  for (const Draw &check : checks)
    list.push_back(qimeng::toJson(check));
  if (tolerance)
    document["tolerance"] = qimeng::toJson(*tolerance);
  document["warmup"] = warmup;
  document["repeats"] = repeats;
  document["rotations"] = rotations;
  document["budgetSeconds"] = budgetSeconds;
  if (cutoffMicroseconds > 0)
    document["cutoffMicroseconds"] = cutoffMicroseconds;
  if (reruns > 0) {
    document["reruns"] = reruns;
    document["rerunSeconds"] = rerunSeconds;
    document["rerunBelowMicroseconds"] = rerunBelowMicroseconds;
  }
  document["timeLimitSeconds"] = timeLimitSeconds;
  return line(document);
}

Result<MeasureRequest> MeasureRequest::fromJson(std::string_view text) {
  Result<nlohmann::json> document = parseJson(text);
  if (!document)
    return Error{document.error()};
  std::string error;
  JsonReader reader(*document, "", error);
  MeasureRequest request;
  if (std::string name = reader.string("request"); name != "measure")
    reader.fail("request", "measure", name);
  request.programs = reader.strings("programs");
  request.reference = reader.string("reference", "");
  request.device = reader.integer<int>("device", 0);
  request.seed = reader.integer<uint64_t>("seed", 0);
  if (reader.has("draw"))
    request.draw = readDraw(reader.object("draw"));
  if (reader.has("checks"))
    reader.each(
        "checks", [&](const nlohmann::json &item, const std::string &path) {
          request.checks.push_back(readDraw(JsonReader(item, path, error)));
        });
  if (reader.has("tolerance"))
    request.tolerance = readTolerance(reader.object("tolerance"));
  request.warmup = reader.integer<unsigned>("warmup", request.warmup);
  request.repeats = reader.integer<unsigned>("repeats", request.repeats);
  request.rotations = reader.integer<unsigned>("rotations", request.rotations);
  request.budgetSeconds = reader.number("budgetSeconds", request.budgetSeconds);
  request.cutoffMicroseconds = reader.number("cutoffMicroseconds", 0);
  request.reruns = reader.integer<unsigned>("reruns", 0);
  request.rerunSeconds = reader.number("rerunSeconds", request.rerunSeconds);
  request.rerunBelowMicroseconds = reader.number("rerunBelowMicroseconds", 0);
  request.timeLimitSeconds =
      reader.number("timeLimitSeconds", request.timeLimitSeconds);
  reader.finish();
  if (error.empty() && request.programs.empty())
    reader.fail("programs", "at least one folder", nlohmann::json::array());
  if (!error.empty())
    return Error{"measure request: " + error};
  return request;
}

std::string RunRequest::toJson() const {
  return line({{"request", "run"},
               {"program", program},
               {"inputs", inputs},
               {"outputs", outputs},
               {"device", device},
               {"timeLimitSeconds", timeLimitSeconds}});
}

Result<RunRequest> RunRequest::fromJson(std::string_view text) {
  Result<nlohmann::json> document = parseJson(text);
  if (!document)
    return Error{document.error()};
  std::string error;
  JsonReader reader(*document, "", error);
  RunRequest request;
  if (std::string name = reader.string("request"); name != "run")
    reader.fail("request", "run", name);
  request.program = reader.string("program");
  request.inputs = reader.strings("inputs");
  request.outputs = reader.strings("outputs");
  request.device = reader.integer<int>("device", 0);
  request.timeLimitSeconds =
      reader.number("timeLimitSeconds", request.timeLimitSeconds);
  reader.finish();
  if (!error.empty())
    return Error{"run request: " + error};
  return request;
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

static json toJson(const Timing &timing) {
  return {
      {"median", timing.median},         {"minimum", timing.minimum},
      {"hostMedian", timing.hostMedian}, {"cutOff", timing.cutOff},
      {"rounds", timing.rounds},         {"microseconds", timing.microseconds}};
}

static Timing readTiming(JsonReader reader) {
  Timing timing;
  timing.median = reader.number("median");
  timing.minimum = reader.number("minimum");
  timing.hostMedian = reader.number("hostMedian");
  timing.cutOff = reader.boolean("cutOff");
  timing.rounds = reader.integer<unsigned>("rounds");
  timing.microseconds = reader.numbers("microseconds");
  reader.finish();
  return timing;
}

static json toJson(const LaunchInfo &launch) {
  return {{"kernel", launch.kernel},
          {"registers", launch.registers},
          {"localBytes", launch.localBytes},
          {"staticSharedBytes", launch.staticSharedBytes},
          {"dynamicSharedBytes", launch.dynamicSharedBytes},
          {"threadsPerBlock", launch.threadsPerBlock},
          {"blocks", launch.blocks},
          {"blocksPerMultiprocessor", launch.blocksPerMultiprocessor},
          {"occupancy", launch.occupancy}};
}

static LaunchInfo readLaunchInfo(JsonReader reader) {
  LaunchInfo launch;
  launch.kernel = reader.string("kernel");
  launch.registers = reader.integer<int>("registers");
  launch.localBytes = reader.integer<int>("localBytes");
  launch.staticSharedBytes = reader.integer<int>("staticSharedBytes");
  launch.dynamicSharedBytes = reader.integer<int>("dynamicSharedBytes");
  launch.threadsPerBlock = reader.integer<int>("threadsPerBlock");
  launch.blocks = reader.integer<int64_t>("blocks");
  launch.blocksPerMultiprocessor =
      reader.integer<int>("blocksPerMultiprocessor");
  launch.occupancy = reader.number("occupancy");
  reader.finish();
  return launch;
}

static json toJson(const OutputCheck &check) {
  const Comparison &comparison = check.comparison;
  return {{"name", check.name},
          {"passed", check.passed},
          {"elements", comparison.elements},
          {"relativeFrobenius", comparison.relativeFrobenius},
          {"maxAbsolute", comparison.maxAbsolute},
          {"maxRelative", comparison.maxRelative},
          {"referenceRms", comparison.referenceRms},
          {"violations", comparison.violations},
          {"nanMismatches", comparison.nanMismatches},
          {"firstMismatch", comparison.firstMismatch},
          {"gotThere", comparison.gotThere},
          {"wantedThere", comparison.wantedThere},
          {"tolerance", toJson(check.tolerance)}};
}

static OutputCheck readOutputCheck(JsonReader reader) {
  OutputCheck check;
  Comparison &comparison = check.comparison;
  check.name = reader.string("name");
  check.passed = reader.boolean("passed");
  comparison.elements = reader.integer<int64_t>("elements");
  comparison.relativeFrobenius = reader.number("relativeFrobenius");
  comparison.maxAbsolute = reader.number("maxAbsolute");
  comparison.maxRelative = reader.number("maxRelative");
  comparison.referenceRms = reader.number("referenceRms");
  comparison.violations = reader.integer<int64_t>("violations");
  comparison.nanMismatches = reader.integer<int64_t>("nanMismatches");
  comparison.firstMismatch = reader.integer<int64_t>("firstMismatch");
  comparison.gotThere = reader.number("gotThere");
  comparison.wantedThere = reader.number("wantedThere");
  check.tolerance = readTolerance(reader.object("tolerance"));
  reader.finish();
  return check;
}

std::string MeasureAnswer::toJson() const {
  json document = json::object();
  if (failure)
    document["failure"] = qimeng::toJson(failure);
  document["rotations"] = rotations;
  document["checkSeconds"] = checkSeconds;
  document["timingSeconds"] = timingSeconds;
  json &list = document["programs"] = json::array();
  for (const ProgramMeasurement &program : programs) {
    json entry = json::object();
    if (program.failure)
      entry["failure"] = qimeng::toJson(program.failure);
    entry["timing"] = qimeng::toJson(program.timing);
    json &launches = entry["launches"] = json::array();
    for (const LaunchInfo &launch : program.launches)
      launches.push_back(qimeng::toJson(launch));
    json &outputs = entry["outputs"] = json::array();
    for (const OutputCheck &check : program.outputs)
      outputs.push_back(qimeng::toJson(check));
    entry["guardsIntact"] = program.guardsIntact;
    entry["inputsUnchanged"] = program.inputsUnchanged;
    entry["reruns"] = program.reruns;
    entry["rerunNote"] = program.rerunNote;
    list.push_back(std::move(entry));
  }
  return line(document);
}

Result<MeasureAnswer> MeasureAnswer::fromJson(std::string_view text) {
  Result<nlohmann::json> document = parseJson(text);
  if (!document)
    return Error{document.error()};
  std::string error;
  JsonReader reader(*document, "", error);
  MeasureAnswer answer;
  answer.failure = readFailure(reader, "failure");
  // Failures outside measure() (a bad request, no driver) come alone.
  if (answer.failure && !reader.has("programs")) {
    reader.finish();
    if (!error.empty())
      return Error{error};
    return answer;
  }
  answer.rotations = reader.integer<unsigned>("rotations");
  answer.checkSeconds = reader.number("checkSeconds");
  answer.timingSeconds = reader.number("timingSeconds");
  reader.each("programs", [&](const nlohmann::json &item,
                              const std::string &path) {
    JsonReader fields(item, path, error);
    ProgramMeasurement program;
    program.failure = readFailure(fields, "failure");
    program.timing = readTiming(fields.object("timing"));
    fields.each("launches",
                [&](const nlohmann::json &launch, const std::string &where) {
                  program.launches.push_back(
                      readLaunchInfo(JsonReader(launch, where, error)));
                });
    fields.each("outputs",
                [&](const nlohmann::json &check, const std::string &where) {
                  program.outputs.push_back(
                      readOutputCheck(JsonReader(check, where, error)));
                });
    program.guardsIntact = fields.boolean("guardsIntact");
    program.inputsUnchanged = fields.boolean("inputsUnchanged");
    program.reruns = fields.integer<unsigned>("reruns");
    program.rerunNote = fields.string("rerunNote");
    fields.finish();
    answer.programs.push_back(std::move(program));
  });
  reader.finish();
  if (!error.empty())
    return Error{error};
  return answer;
}

std::string copyBandwidthToJson(const CopyBandwidth &bandwidth) {
  return line({{"bytes", bandwidth.bytes},
               {"gigabytesPerSecond", bandwidth.gigabytesPerSecond},
               {"timing", toJson(bandwidth.timing)}});
}

Result<CopyBandwidth> copyBandwidthFromJson(std::string_view text) {
  Result<nlohmann::json> document = parseJson(text);
  if (!document)
    return Error{document.error()};
  std::string error;
  JsonReader reader(*document, "", error);
  CopyBandwidth bandwidth;
  bandwidth.bytes = reader.integer<int64_t>("bytes");
  bandwidth.gigabytesPerSecond = reader.number("gigabytesPerSecond");
  bandwidth.timing = readTiming(reader.object("timing"));
  reader.finish();
  if (!error.empty())
    return Error{error};
  return bandwidth;
}

} // namespace qimeng
