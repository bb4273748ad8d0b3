//===- SessionPool.h - All cores, a context each ----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An MLIR context is no place for several threads at once. Every thread has its
// own, and tasks exchange text.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SESSIONPOOL_H
#define QIMENG_TUNING_SESSIONPOOL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace qimeng {

/// What a thread keeps between tasks.
class ThreadState {
public:
  ThreadState();
  mlir::MLIRContext &getContext() { return context; }
  /// The module that `text` is, parsed once. Not to be changed.
  mlir::ModuleOp parse(const std::string &text);

private:
  mlir::MLIRContext context;
  llvm::StringMap<mlir::OwningOpRef<mlir::ModuleOp>> modules;
};

class SessionPool {
public:
  explicit SessionPool(unsigned threads);
  /// Waits for the tasks that run; drops the others.
  ~SessionPool();

  template <typename Function> auto post(Function function) {
    using Value = decltype(function(std::declval<ThreadState &>()));
    auto task = std::make_shared<std::packaged_task<Value(ThreadState &)>>(
        std::move(function));
    std::future<Value> future = task->get_future();
    enqueue([task](ThreadState &state) { (*task)(state); });
    return future;
  }
  unsigned size() const { return unsigned(threads.size()); }

private:
  void enqueue(std::function<void(ThreadState &)> task);
  void work();

  std::mutex mutex;
  std::condition_variable ready;
  std::deque<std::function<void(ThreadState &)>> tasks;
  bool stopping = false;
  std::vector<std::thread> threads;
};

/// Collects the diagnostics of a context while it lives.
class DiagnosticText {
public:
  explicit DiagnosticText(mlir::MLIRContext *context);
  /// Errors with their notes, one to a line.
  const std::string &str() const { return text; }
  void clear() { text.clear(); }

private:
  std::string text;
  mlir::ScopedDiagnosticHandler handler;
};

/// The module as text in its canonical form.
std::string toText(mlir::ModuleOp module);

/// 128 bits of a text, in hexadecimal digits.
std::string hashText(llvm::StringRef text);

} // namespace qimeng

#endif // QIMENG_TUNING_SESSIONPOOL_H
