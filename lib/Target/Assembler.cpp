//===- Assembler.cpp - PTX to cubin ---------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxCompiler.h"
#include "Subprocess.h"
#include "qimeng/Support/File.h"
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>

namespace qimeng {

const KernelResources *Cubin::find(std::string_view kernel) const {
  for (const KernelResources &resources : kernels)
    if (resources.name == kernel)
      return &resources;
  return nullptr;
}

/// The text between the first `open` at or after `from` and the next quote.
static std::string quotedAfter(std::string_view line, std::string_view open) {
  size_t begin = line.find(open);
  if (begin == std::string_view::npos)
    return "";
  begin += open.size();
  return std::string(line.substr(begin, line.find('\'', begin) - begin));
}

/// The number before `what` in `line`, as in "12 bytes spill stores".
static int64_t numberBefore(std::string_view line, std::string_view what) {
  size_t end = line.find(what);
  if (end == std::string_view::npos)
    return 0;
  size_t begin = end;
  while (begin > 0 && line[begin - 1] >= '0' && line[begin - 1] <= '9')
    --begin;
  return std::strtoll(std::string(line.substr(begin, end - begin)).c_str(),
                      nullptr, 10);
}

void parsePtxasReport(std::string_view text, Cubin &cubin) {
  KernelResources *current = nullptr;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));

    if (line.find("Compiling entry function '") != std::string_view::npos) {
      cubin.kernels.emplace_back();
      current = &cubin.kernels.back();
      current->name = quotedAfter(line, "entry function '");
    } else if (line.find("Function properties for ") !=
               std::string_view::npos) {
      // Also printed for device functions, which are no kernels.
      std::string name(line.substr(line.find(" for ") + 5));
      current = nullptr;
      for (KernelResources &kernel : cubin.kernels)
        if (kernel.name == name)
          current = &kernel;
    } else if (current && line.find("bytes stack frame") != line.npos) {
      current->stackBytes = numberBefore(line, " bytes stack frame");
      current->spillStoreBytes = numberBefore(line, " bytes spill stores");
      current->spillLoadBytes = numberBefore(line, " bytes spill loads");
    } else if (current && line.find(": Used ") != line.npos) {
      current->registers = static_cast<int>(numberBefore(line, " registers"));
      current->barriers = static_cast<int>(numberBefore(line, " barriers"));
      current->sharedBytes = numberBefore(line, " bytes smem");
    } else {
      bool serialized = false;
      for (const char *code : {"(C7510)", "(C7514)", "(C7515)", "(C7517)"})
        serialized |= line.find(code) != line.npos;
      if (serialized)
        cubin.serializedWgmma.emplace_back(line);
      else if (line.find("warning") != line.npos ||
               line.find("Potential Performance Loss") != line.npos)
        cubin.warnings.emplace_back(line);
    }
  }
}

/// `text` with its lines joined by "; ", for messages of one paragraph.
static std::string oneParagraph(std::string_view text) {
  std::string joined;
  for (char c : text)
    joined += c == '\n' ? std::string("; ") : std::string(1, c);
  while (!joined.empty() && (joined.back() == ' ' || joined.back() == ';'))
    joined.pop_back();
  constexpr size_t longest = 2000;
  if (joined.size() > longest)
    joined = joined.substr(0, longest) + " ...";
  return joined;
}

/// The cubin of a run that gave `bytes`, or what `who` has against it.
static Result<Cubin> conclude(const std::string &who, const Finished &run,
                              std::string bytes,
                              const Architecture &architecture,
                              const AssembleOptions &options) {
  const std::string remedy =
      "; set QIMENG_PTXAS to the ptxas of another CUDA toolkit. ";
  if (run.exitCode != 0) {
    if (run.output.find("is not defined for option 'gpu-name'") !=
            std::string::npos ||
        run.output.find("Unsupported .version") != std::string::npos)
      return Error{who + " is too old for " + architecture.name +
                   "; set QIMENG_PTXAS to the ptxas of a newer CUDA toolkit. "
                   "It said: " +
                   oneParagraph(run.output)};
    if (run.exitCode > 128)
      return Error{who + " was ended by signal " +
                   std::to_string(run.exitCode - 128) + " on the PTX for " +
                   architecture.name + remedy + oneParagraph(run.output)};
    return Error{who + " refused the PTX for " + architecture.name +
                 " with exit code " + std::to_string(run.exitCode) + ": " +
                 oneParagraph(run.output)};
  }

  Cubin cubin;
  parsePtxasReport(run.output, cubin);
  if (!cubin.serializedWgmma.empty() && !options.allowSerializedWgmma)
    return Error{who + " serialized wgmma, a fault of the generated code: " +
                 oneParagraph(cubin.serializedWgmma.front())};
  if (bytes.empty())
    return Error{who + " ended without an error and made no cubin" + remedy +
                 oneParagraph(run.output)};
  cubin.bytes = std::move(bytes);
  return cubin;
}

static std::string release(int major, int minor) {
  return " (CUDA " + std::to_string(major) + "." + std::to_string(minor) + ")";
}

Result<Cubin> assembleWith(const PtxCompiler &compiler, std::string_view ptx,
                           const Architecture &architecture,
                           const AssembleOptions &options) {
  // Held by who compiles in this process: a fork in the middle of that could
  // inherit a lock of the library that nobody is there to release.
  static std::shared_mutex inLibrary;
  std::vector<std::string> arguments = {
      std::string("--gpu-name=") + architecture.name,
      "--opt-level=" + std::to_string(options.optimizationLevel), "--verbose"};
  std::string who =
      "NVIDIA's PTX compiler library" + release(compiler.major, compiler.minor);
  Finished run;
  std::string bytes;
  if (options.isolated) {
    Result<Finished> forked = runForked(
        who,
        [&](int file) {
          std::string log, made;
          int code = compiler.compile(ptx, arguments, log, made);
          return writeAll(1, log) && writeAll(file, made) ? code : 1;
        },
        bytes, options.timeLimitSeconds, inLibrary);
    if (!forked)
      return Error{forked.error()};
    run = std::move(*forked);
  } else {
    std::shared_lock<std::shared_mutex> lock(inLibrary);
    run.exitCode = compiler.compile(ptx, arguments, run.output, bytes);
  }
  return conclude(who, run, std::move(bytes), architecture, options);
}

/// Through the program `ptxas`.
static Result<Cubin> assembleWith(const Assembler &ptxas, std::string_view ptx,
                                  const Architecture &architecture,
                                  const AssembleOptions &options) {
  Result<TemporaryFolder> folder = TemporaryFolder::create("qimeng-ptxas");
  if (!folder)
    return Error{folder.error()};

  std::string input = folder->path() + "/in.ptx";
  std::string output = folder->path() + "/out.cubin";
  // Not writeFile: nobody needs this text to survive a crash.
  std::FILE *file = std::fopen(input.c_str(), "w");
  bool written =
      file && std::fwrite(ptx.data(), 1, ptx.size(), file) == ptx.size();
  if (!file || std::fclose(file) != 0 || !written)
    return Error{
        "cannot write '" + input +
        "' for ptxas: is the disk full? TMPDIR names the folder to use"};

  Result<Finished> run = runProgram(
      {ptxas.path, "-O" + std::to_string(options.optimizationLevel),
       std::string("-arch=") + architecture.name, "-v", input, "-o", output},
      options.timeLimitSeconds);
  if (!run)
    return Error{run.error()};
  Result<std::string> bytes = readFile(output);
  return conclude("'" + ptxas.path + "'" + release(ptxas.major, ptxas.minor),
                  *run, bytes ? std::move(*bytes) : "", architecture, options);
}

Result<Cubin> assemble(std::string_view ptx, const Architecture &architecture,
                       const AssembleOptions &options) {
  Result<Assembler> assembler = findAssembler();
  if (!assembler)
    return Error{assembler.error()};
  if (assembler->isLibrary())
    return assembleWith(*builtInPtxCompiler(), ptx, architecture, options);
  return assembleWith(*assembler, ptx, architecture, options);
}

} // namespace qimeng
