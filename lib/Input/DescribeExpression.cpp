//===- DescribeExpression.cpp - A program against a Python expression -----===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The expression is the user's own code, and runs with the user's python3, in a
// process with limits. Arrays go in and out as files.
//
//===----------------------------------------------------------------------===//

#include "Apart.h"
#include "Checks.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/LLM/Prompts.h"
#include "qimeng/Support/File.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace qimeng;
using Json = nlohmann::ordered_json;

namespace {
#include "OneLiner.inc"

/// What the float64 meaning may differ by from the expression's value, relative
/// to the element and to the output's root mean square: far above the rounding
/// of constants to f32, far below the error of a GELU by tanh.
constexpr double mostDifference = 1e-5;

/// Format 1.0 of numpy's arrays, row-major.
std::string toNpy(const HostTensor &tensor) {
  DataType type = tensor.getSpec().type;
  const char *name = type == DataType::I1    ? "|b1"
                     : type == DataType::I8  ? "|i1"
                     : type == DataType::I16 ? "<i2"
                     : type == DataType::I32 ? "<i4"
                     : type == DataType::I64 ? "<i8"
                                             : "<f8";
  HostTensor wide = tensor.convertTo(isFloat(type) ? DataType::F64 : type);
  std::string header = std::string("{'descr': '") + name +
                       "', 'fortran_order': False, 'shape': (";
  for (int64_t size : tensor.getSpec().shape)
    header += std::to_string(size) + ",";
  header += "), }";
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(wide.data(), wide.getSpec().getNumBytes());
  return bytes;
}

/// Runs oneliner.py in `folder`, which holds the inputs.
ExpressionFault evaluate(const TemporaryFolder &folder, const Json &question,
                         const ProgramLimits &limits, std::string &why) {
  std::string script = folder.path() + "/oneliner.py";
  for (const auto &[path, text] :
       {std::pair<std::string, std::string>(script, oneLinerText),
        std::pair<std::string, std::string>(folder.path() + "/question.json",
                                            question.dump())})
    if (Status status = writeFile(path, text); !status) {
      why = status.error();
      return ExpressionFault::Machine;
    }
  ApartLimits apart;
  apart.seconds = limits.expressionSeconds;
  apart.processorSeconds = limits.processorSeconds;
  apart.bytesOfMemory = limits.bytesOfMemory;
  Result<Ended> ended =
      runProgramApart({"python3", "-B", script, folder.path()}, apart);
  if (!ended) {
    why = ended.error();
    return ExpressionFault::Machine;
  }
  // The reason is the last line.
  std::string_view said = ended->output;
  said = said.substr(0, said.find_last_not_of(" \n") + 1);
  if (size_t line = said.rfind('\n'); line != std::string_view::npos)
    said.remove_prefix(line + 1);
  std::string reason = quoteLine(said, 600);
  if (ended->how != Ended::How::Exited) {
    why = "the evaluation " + ended->describe(apart);
    return ExpressionFault::Expression;
  }
  switch (ended->code) {
  case 0:
    return ExpressionFault::None;
  case 127:
    why = "there is no python3, which --like needs; install Python 3, or put "
          "it into PATH";
    return ExpressionFault::Machine;
  case 4:
    why = reason;
    return ExpressionFault::Expression;
  case 5:
    why = reason;
    return ExpressionFault::Program;
  default:
    why = reason.empty()
              ? "python3 ended with code " + std::to_string(ended->code)
              : reason;
    return ExpressionFault::Machine;
  }
}

/// What an evaluation gave.
struct Value {
  bool isInteger = false;
  llvm::SmallVector<int64_t> shape;
  std::string bytes;

  double get(int64_t i) const {
    if (isInteger) {
      int64_t value;
      std::memcpy(&value, &bytes[i * 8], 8);
      return static_cast<double>(value);
    }
    double value;
    std::memcpy(&value, &bytes[i * 8], 8);
    return value;
  }
};

std::string shortest(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string shapeString(llvm::ArrayRef<int64_t> shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

Result<std::vector<Value>> readValues(const std::string &folder,
                                      const Json &described, size_t trial) {
  Error malformed{"the evaluation's answer cannot be read"};
  std::vector<Value> values;
  if (!described.is_array() || described.size() > 64)
    return malformed;
  for (size_t number = 0; number < described.size(); ++number) {
    const Json &one = described[number];
    if (!one.is_array() || one.size() != 2 || !one[0].is_string() ||
        !one[1].is_array())
      return malformed;
    Value value;
    value.isInteger = one[0] == "integer";
    double elements = 1;
    for (const Json &size : one[1]) {
      if (!size.is_number_unsigned())
        return malformed;
      value.shape.push_back(size.get<int64_t>());
      elements *= double(value.shape.back());
    }
    Result<std::string> bytes = readFile(folder + "/" + std::to_string(trial) +
                                         "." + std::to_string(number) + ".out");
    if (!bytes)
      return Error{bytes.error()};
    if (double(bytes->size()) != elements * 8)
      return malformed;
    value.bytes = std::move(*bytes);
    values.push_back(std::move(value));
  }
  return values;
}

/// "" where output `number` is the expression's value.
std::string compare(const ProgramRun &run, const ProgramTrial &trial,
                    size_t number, const Value &value) {
  const HostTensor &output = trial.outputs[number];
  const TensorSpec &spec = output.getSpec();
  int64_t count = spec.getNumElements();
  std::string which = "output " + std::to_string(number);
  if (llvm::ArrayRef<int64_t>(spec.shape) !=
      llvm::ArrayRef<int64_t>(value.shape))
    return which + " has the shape " + shapeString(spec.shape) +
           ", the expression gives " + shapeString(value.shape);
  const HostTensor *exact = trial.exact.empty() || !isFloat(spec.type)
                                ? nullptr
                                : &trial.exact[number];
  double squares = 0;
  int64_t finite = 0;
  for (int64_t i = 0; i < count; ++i)
    if (std::isfinite(value.get(i))) {
      squares += value.get(i) * value.get(i);
      ++finite;
    }
  double rms = finite ? std::sqrt(squares / double(finite)) : 0;
  int64_t wrong = 0, first = -1;
  bool inMeaning = false;
  // In its own types, terms are summed one after the other.
  Tolerance own = Tolerance::defaultFor(spec.type);
  double summing = isFloat(spec.type) && spec.type != DataType::F64
                       ? 0x1p-24 * run.longestSum
                       : 0;
  for (int64_t i = 0; i < count; ++i) {
    double want = value.get(i), got = output.get(i);
    double meant = exact ? exact->get(i) : got;
    auto differs = [&](double found, double allowed) {
      if (std::isfinite(found) && std::isfinite(want))
        return !(std::abs(found - want) <= allowed);
      return !(std::isnan(found) && std::isnan(want)) && found != want;
    };
    bool meaning =
        exact && differs(meant, mostDifference * (rms + std::abs(want)));
    // Infinite in the type is what is too large for it.
    bool overflown = std::isinf(got) && got == meant + got;
    bool precise =
        !overflown &&
        differs(got, own.atol * std::max(1.0, rms) + own.rtol * std::abs(want) +
                         summing * (rms + std::abs(want)));
    if (!meaning && !precise)
      continue;
    if (wrong++ == 0) {
      first = i;
      inMeaning = meaning;
    }
  }
  if (wrong == 0)
    return "";
  double got = inMeaning ? exact->get(first) : output.get(first);
  return llvm::formatv(
             "{0} of {1} elements of {2} differ on {3} inputs, the first at "
             "{4}: the program gives {5}{6}, the expression {7}",
             wrong, count, which, trial.inputsName, output.indexString(first),
             shortest(got), inMeaning ? " (in float64)" : "",
             shortest(value.get(first)))
      .str();
}

} // namespace

ExpressionFault qimeng::tryExpression(const std::string &expression,
                                      const ProgramLimits &limits,
                                      std::string &why) {
  Result<TemporaryFolder> folder = TemporaryFolder::create("qimeng-like");
  if (!folder) {
    why = folder.error();
    return ExpressionFault::Machine;
  }
  return evaluate(
      *folder,
      {{"expression", expression}, {"arguments", Json::array()}, {"trials", 0}},
      limits, why);
}

CheckOutcome qimeng::checkExpression(const ProgramRun &run,
                                     const std::string &expression,
                                     const ProgramLimits &limits,
                                     ExpressionFault &fault) {
  CheckOutcome outcome;
  outcome.name = "expression";
  auto end = [&](CheckOutcome::Status status, std::string detail) {
    outcome.status = status;
    outcome.detail = std::move(detail);
    return outcome;
  };
  fault = ExpressionFault::None;
  if (run.trials.empty())
    return end(CheckOutcome::Status::NotDone,
               "the program did not run on the CPU");
  if (run.breaksConstants)
    return end(CheckOutcome::Status::NotDone,
               "the program holds constants that follow from its sizes, and "
               "runs on the CPU at smaller ones only");
  auto fail = [&](ExpressionFault whose, std::string detail) {
    fault = whose;
    return end(CheckOutcome::Status::Failed, std::move(detail));
  };
  Result<TemporaryFolder> folder = TemporaryFolder::create("qimeng-like");
  if (!folder)
    return fail(ExpressionFault::Machine, folder.error());
  Json types = Json::array();
  for (const HostTensor &input : run.trials.front().inputs)
    types.push_back(dataTypeName(input.getSpec().type));
  if (types.size() > 26)
    return end(CheckOutcome::Status::NotDone,
               "the function has more arguments than there are letters");
  for (size_t t = 0; t < run.trials.size(); ++t)
    for (size_t i = 0; i < types.size(); ++i)
      if (Status status = writeFile(folder->path() + "/" + std::to_string(t) +
                                        "." + std::to_string(i) + ".npy",
                                    toNpy(run.trials[t].inputs[i]));
          !status)
        return fail(ExpressionFault::Machine, status.error());
  std::string why;
  ExpressionFault evaluated = evaluate(*folder,
                                       {{"expression", expression},
                                        {"arguments", types},
                                        {"trials", run.trials.size()}},
                                       limits, why);
  if (evaluated != ExpressionFault::None)
    return fail(evaluated,
                "the expression fails " + run.where + ": " + why +
                    (run.isReduced && evaluated == ExpressionFault::Program
                         ? "; it must work at any size: -1 in place of numbers"
                         : ""));
  Result<std::string> answer = readFile(folder->path() + "/answer.json");
  if (!answer)
    return fail(ExpressionFault::Machine, answer.error());
  Result<Json> described = parseJson(*answer);
  if (!described || !described->is_array() ||
      described->size() != run.trials.size())
    return fail(ExpressionFault::Machine,
                "the evaluation's answer cannot be read");
  for (auto [t, trial] : llvm::enumerate(run.trials)) {
    Result<std::vector<Value>> values =
        readValues(folder->path(), (*described)[t], t);
    if (!values)
      return fail(ExpressionFault::Machine, values.error());
    if (values->size() != trial.outputs.size())
      return fail(ExpressionFault::Program,
                  "the program has " + std::to_string(trial.outputs.size()) +
                      " results, the expression gives " +
                      std::to_string(values->size()));
    for (size_t number = 0; number < values->size(); ++number)
      if (std::string different =
              compare(run, trial, number, (*values)[number]);
          !different.empty())
        return fail(ExpressionFault::Program,
                    different + " (" + run.where + ")");
  }
  std::string detail = "gives the numbers of `" + quoteLine(expression, 400) +
                       "` " + run.where + " on " +
                       std::to_string(run.trials.size()) + " draws of inputs";
  if (run.trials.front().exact.empty())
    detail += ", within the rounding of its types";
  return end(CheckOutcome::Status::Passed, detail);
}
