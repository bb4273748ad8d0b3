//===- HostileAnswers.h - What a model may answer -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Answers of a coder or planner that means harm, or is broken: text that takes
// a parser's stack or hours, kernels that write or read elsewhere or never end,
// steps that are none, rankings of what is not on the list.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_HOSTILEANSWERS_H
#define QIMENG_TEST_FUZZ_HOSTILEANSWERS_H

#include "TensorProgram.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace qimeng {

/// A kernel that answers are about.
struct HostileSubject {
  struct Operand {
    std::string type; ///< memref<40x24xf32>
    std::vector<int64_t> shape;
    std::string element; ///< f32
    bool isOutput = false;
  };
  std::string kernel; ///< its name
  std::string other;  ///< another kernel's name; may be empty
  std::vector<Operand> operands;
  /// The kernel's text after right actions, all attributes written out: what a
  /// good answer is.
  std::string right;
  /// The same with a mistake in it, and what mistake; empty where none fits.
  std::string mistaken, mistake;
  /// A step that is legal: "tile @matmul sizes = [16, 16]".
  std::string step;
  /// Steps of all actions that are legal on the program that is asked about.
  std::vector<std::string> legal;
};

struct HostileAnswer {
  std::string text;
  bool toPlanner = false;
  /// Log-probabilities instead of a text, to a planner.
  std::vector<double> scores = {};
  /// What the coder is asked: the name of an action.
  std::string action = "rewrite";
  /// Must be refused whatever it computes on the CPU: it writes what is not its
  /// own, blocks, or computes something else for sure.
  bool mustBeRefused = false;
};

/// The classes of answers, "huge text" and so on. The last is of good answers,
/// most of which must be accepted: refusing everything is no merit.
const std::vector<std::string> &getHostileClasses();
/// Name of the class of good answers.
extern const char *const goodAnswers;

HostileAnswer makeHostileAnswer(llvm::StringRef className,
                                const HostileSubject &subject, Random &random);

// What the files give each other.
namespace hostile {
using Maker = HostileAnswer (*)(const HostileSubject &, Random &);
struct Class {
  const char *name;
  Maker make;
};
/// Each in a file of its own.
const std::vector<Class> &getTextClasses();
const std::vector<Class> &getKernelClasses();
const std::vector<Class> &getStepClasses();
const std::vector<Class> &getPlannerClasses();

/// `text` `count` times.
std::string repeat(llvm::StringRef text, size_t count);
/// In a fence, after prose, or bare.
std::string dress(const std::string &code, Random &random);
/// "transform.qimeng.<step> in %root : !transform.any_op".
std::string toOperation(const std::string &step);
/// A kernel that some class of kernels made, undressed.
HostileAnswer drawKernel(const HostileSubject &subject, Random &random);
} // namespace hostile

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_HOSTILEANSWERS_H
