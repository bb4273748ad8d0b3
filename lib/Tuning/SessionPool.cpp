//===- SessionPool.cpp - All cores, a context each ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionPool.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Target/Ptx.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace qimeng;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerDialects(registry);
  return registry;
}

ThreadState::ThreadState()
    : context(makeRegistry(), MLIRContext::Threading::DISABLED) {
  // Diagnostics are one paragraph for a person.
  context.printOpOnDiagnostic(false);
  // Made while lowering, where it would be too late to load dialects.
  context.loadAllAvailableDialects();
}

ModuleOp ThreadState::parse(const std::string &text) {
  OwningOpRef<ModuleOp> &module = modules[text];
  if (!module)
    module = parseSourceString<ModuleOp>(text, &context);
  return module ? *module : ModuleOp();
}

SessionPool::SessionPool(unsigned count) {
  for (unsigned i = 0; i < std::max(1u, count); ++i)
    threads.emplace_back([this] { work(); });
}

SessionPool::~SessionPool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
    tasks.clear();
  }
  ready.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void SessionPool::enqueue(std::function<void(ThreadState &)> task) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    tasks.push_back(std::move(task));
  }
  ready.notify_one();
}

void SessionPool::work() {
  std::unique_ptr<ThreadState> state;
  while (true) {
    std::function<void(ThreadState &)> task;
    {
      std::unique_lock<std::mutex> lock(mutex);
      ready.wait(lock, [this] { return stopping || !tasks.empty(); });
      if (stopping)
        return;
      task = std::move(tasks.front());
      tasks.pop_front();
    }
    if (!state)
      state = std::make_unique<ThreadState>();
    task(*state);
  }
}

DiagnosticText::DiagnosticText(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return success();
        llvm::raw_string_ostream os(text);
        if (!text.empty())
          os << "\n";
        if (auto place =
                diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
          os << place.getFilename().getValue() << ":" << place.getLine() << ":"
             << place.getColumn() << ": ";
        os << diagnostic;
        for (Diagnostic &note : diagnostic.getNotes())
          os << "\n  " << note;
        return success();
      }) {}

std::string qimeng::toText(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  return text;
}

std::string qimeng::hashText(StringRef text) {
  llvm::XXH128_hash_t hash = llvm::xxh3_128bits(
      llvm::ArrayRef<uint8_t>(text.bytes_begin(), text.size()));
  return llvm::utohexstr(hash.high64, /*LowerCase=*/true, 16) +
         llvm::utohexstr(hash.low64, /*LowerCase=*/true, 16);
}
