//===- ProgramCheck.h - Is a stranger's tensor program fit? -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is checked of a tensor program that somebody else wrote, in order. Each
// check has a name and one of four outcomes, so that nobody claims more than
// was checked. The first failure ends them.
//
//   text        size, nesting, characters, strings and names of operations,
//               before anything is parsed
//   parses      MLIR reads it, with no dialects but the allowed ones
//   verifies    the operations' own rules
//   form        one public function on static tensors of supported types, no
//               calls, loops or branches; elements within limits
//   sentence    sizes and types that the sentence names occur (a note)
//   kernels     it can be cut into kernels
//   runs        on the CPU, at reduced sizes, with finite results
//   expression  gives the numbers of the user's Python expression
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_INPUT_PROGRAMCHECK_H
#define QIMENG_INPUT_PROGRAMCHECK_H

#include "qimeng/Support/Result.h"
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qimeng {

struct CheckOutcome {
  enum class Status {
    Passed,
    NotDone, ///< `detail` says why
    Noted,   ///< an observation that proves nothing
    Failed,  ///< `detail` holds the diagnostics
  };
  std::string name;
  Status status = Status::Passed;
  std::string detail;
};

/// "passed", "not done", "noted", "failed".
const char *describe(CheckOutcome::Status status);

struct ProgramReport {
  std::vector<CheckOutcome> checks;
  /// The program without its comments: what was checked.
  std::string program;
  /// The user's expression is at fault, not the program: the failure is no
  /// reason to ask for another program.
  bool expressionAtFault = false;
  /// The machine is at fault: no python3, no memory.
  bool machineAtFault = false;

  /// Null where every check was passed or left out.
  const CheckOutcome *findFailure() const;
  const CheckOutcome *find(std::string_view name) const;
};

struct ProgramLimits {
  size_t bytes = 64 << 10;
  size_t tokens = 16384;
  unsigned nesting = 32;
  /// Operations, those in bodies included.
  size_t operations = 256;
  unsigned arguments = 32, rank = 8;
  /// Elements of one tensor, and bytes of all values of the program together.
  double elements = 0x1p36, totalBytes = 0x1p38;
  /// Scalar operations of one run at full size.
  double work = 1e18;
  /// The same of one run on the CPU.
  double runWork = 1e8;
  /// Of all checks together: processor and real time, and memory.
  double seconds = 120;
  uint64_t processorSeconds = 60, bytesOfMemory = uint64_t(4) << 30;
  /// Of one evaluation of the expression.
  double expressionSeconds = 60;
};

struct CheckOptions {
  /// May be empty.
  std::string sentence, expression;
  ProgramLimits limits;
};

/// The check `text`. `clean` gets the program without comments. A failure is
/// the diagnostics.
Status checkProgramText(std::string_view text, const ProgramLimits &limits,
                        std::string &clean);

/// All checks, in this process. Deterministic: equal programs give equal
/// reports.
ProgramReport checkProgram(std::string_view text, const CheckOptions &options);

/// The same; everything behind `text` happens in a process of its own, with
/// limits of time and memory, so that neither a program nor a fault of the
/// compiler can do harm to this one. Not to be called while other threads run
/// code of MLIR.
ProgramReport checkProgramApart(std::string_view text,
                                const CheckOptions &options);

/// What the sentence names and the program holds: "4096 and bf16 occur in the
/// program; 512 does not". Empty where the sentence names nothing. `sizes` are
/// the program's dimensions and constants, `types` its element types.
std::string compareWithSentence(const std::string &sentence,
                                const std::vector<double> &sizes,
                                const std::vector<std::string> &types);

} // namespace qimeng

#endif // QIMENG_INPUT_PROGRAMCHECK_H
