//===- Program.cpp - What the compiler hands to the runtime ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Program.h"
#include "JsonReader.h"
#include "qimeng/Support/File.h"
#include <set>

using json = nlohmann::ordered_json;

namespace qimeng {

//===----------------------------------------------------------------------===//
// Names of enumerators
//===----------------------------------------------------------------------===//

static constexpr struct {
  DataType type;
  const char *name;
  size_t bytes;
} dataTypes[] = {
    {DataType::F16, "f16", 2}, {DataType::BF16, "bf16", 2},
    {DataType::F32, "f32", 4}, {DataType::F64, "f64", 8},
    {DataType::I1, "i1", 1},   {DataType::I8, "i8", 1},
    {DataType::I16, "i16", 2}, {DataType::I32, "i32", 4},
    {DataType::I64, "i64", 8},
};

size_t dataTypeBytes(DataType type) {
  return dataTypes[static_cast<size_t>(type)].bytes;
}

const char *dataTypeName(DataType type) {
  return dataTypes[static_cast<size_t>(type)].name;
}

std::optional<DataType> parseDataType(std::string_view name) {
  for (const auto &entry : dataTypes)
    if (name == entry.name)
      return entry.type;
  return std::nullopt;
}

const char *bufferKindName(Program::BufferKind kind) {
  switch (kind) {
  case Program::BufferKind::Input:
    return "input";
  case Program::BufferKind::Output:
    return "output";
  case Program::BufferKind::Temporary:
    return "temporary";
  case Program::BufferKind::Constant:
    return "constant";
  }
  return "";
}

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

int64_t Program::Buffer::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

int64_t Program::Buffer::bytes() const {
  return elements() * static_cast<int64_t>(dataTypeBytes(dtype));
}

std::vector<unsigned> Program::buffersOf(BufferKind kind) const {
  std::vector<unsigned> result;
  for (unsigned i = 0; i < buffers.size(); ++i)
    if (buffers[i].kind == kind)
      result.push_back(i);
  return result;
}

const Program::Module *Program::findModule(std::string_view moduleName) const {
  for (const Module &module : modules)
    if (module.name == moduleName)
      return &module;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Validation
//===----------------------------------------------------------------------===//

static bool isFileName(const std::string &name) {
  if (name.empty() || name.size() > 200 || name[0] == '.')
    return false;
  for (char c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' &&
        c != '.')
      return false;
  return true;
}

/// "sm_" digits, then at most one of a and f.
static bool isArch(const std::string &arch) {
  if (arch.compare(0, 3, "sm_") != 0)
    return false;
  size_t end = 3;
  while (end < arch.size() &&
         std::isdigit(static_cast<unsigned char>(arch[end])))
    ++end;
  bool suffixed =
      end + 1 == arch.size() && (arch[end] == 'a' || arch[end] == 'f');
  return end - 3 >= 2 && end - 3 <= 3 && (end == arch.size() || suffixed);
}

static std::string text(uint64_t number) { return std::to_string(number); }

static Status invalid(const std::string &field, const std::string &expected,
                      const std::string &found) {
  return Error{"field '" + field + "': expected " + expected + ", found " +
               found};
}

/// The limits are those of cuTensorMapEncodeTiled in the CUDA driver API
/// reference, without interleaving.
static Status validateMap(const Program::TensorMap &map,
                          const Program::Buffer &buffer,
                          const std::string &field) {
  size_t rank = map.dims.size();
  uint64_t elementBytes = dataTypeBytes(map.dtype);
  if (rank < 1 || rank > 5)
    return invalid(field + ".dims", "1 to 5 extents", text(rank));
  if (map.strideBytes.size() != rank - 1)
    return invalid(field + ".strideBytes", text(rank - 1) + " strides",
                   text(map.strideBytes.size()));
  if (map.box.size() != rank)
    return invalid(field + ".box", text(rank) + " extents",
                   text(map.box.size()));
  if (!map.elementStrides.empty() && map.elementStrides.size() != rank)
    return invalid(field + ".elementStrides",
                   "none or " + text(rank) + " strides",
                   text(map.elementStrides.size()));
  uint64_t lastByte = elementBytes;
  for (size_t i = 0; i < rank; ++i) {
    std::string index = "[" + text(i) + "]";
    if (map.dims[i] < 1 || map.dims[i] > (uint64_t(1) << 32))
      return invalid(field + ".dims" + index, "1 to 2^32", text(map.dims[i]));
    if (map.box[i] < 1 || map.box[i] > 256)
      return invalid(field + ".box" + index, "1 to 256", text(map.box[i]));
    if (!map.elementStrides.empty() &&
        (map.elementStrides[i] < 1 || map.elementStrides[i] > 8))
      return invalid(field + ".elementStrides" + index, "1 to 8",
                     text(map.elementStrides[i]));
    uint64_t stride = i == 0 ? elementBytes : map.strideBytes[i - 1];
    if (i > 0 && (stride % 16 != 0 || stride >= (uint64_t(1) << 40)))
      return invalid(field + ".strideBytes[" + text(i - 1) + "]",
                     "a multiple of 16 under 2^40", text(stride));
    lastByte += (map.dims[i] - 1) * stride;
  }
  if (lastByte > static_cast<uint64_t>(buffer.bytes()))
    return invalid(field + ".dims",
                   "a map within the " + text(buffer.bytes()) +
                       " bytes of buffer '" + buffer.name + "'",
                   "one that reaches byte " + text(lastByte));
  uint64_t inner = map.box[0] * elementBytes;
  if (inner % 16 != 0)
    return invalid(field + ".box[0]", "a multiple of 16 bytes",
                   text(inner) + " bytes");
  if (map.swizzle != 0 && map.swizzle != 32 && map.swizzle != 64 &&
      map.swizzle != 128)
    return invalid(field + ".swizzle", "0, 32, 64 or 128", text(map.swizzle));
  if (map.swizzle != 0 && inner > map.swizzle)
    return invalid(field + ".box[0]",
                   "at most the swizzle's " + text(map.swizzle) + " bytes",
                   text(inner) + " bytes");
  if (map.l2Promotion != 0 && map.l2Promotion != 64 && map.l2Promotion != 128 &&
      map.l2Promotion != 256)
    return invalid(field + ".l2promotion", "0, 64, 128 or 256",
                   text(map.l2Promotion));
  if (map.oobFillNaN && !isFloat(map.dtype))
    return invalid(field + ".oobFill", "zero for integers", "nan");
  return {};
}

static Status validateLaunch(const Program &program,
                             const Program::Launch &launch,
                             const std::string &field) {
  if (launch.kernel.empty())
    return invalid(field + ".kernel", "a name", "an empty string");
  if (!program.findModule(launch.module))
    return invalid(field + ".module", "the name of a module",
                   "'" + launch.module + "'");
  static constexpr unsigned gridLimit[3] = {2147483647, 65535, 65535};
  static constexpr unsigned blockLimit[3] = {1024, 1024, 64};
  uint64_t threads = 1, clusterBlocks = 1;
  for (unsigned i = 0; i < 3; ++i) {
    std::string index = "[" + text(i) + "]";
    if (launch.grid[i] < 1 || launch.grid[i] > gridLimit[i])
      return invalid(field + ".grid" + index, "1 to " + text(gridLimit[i]),
                     text(launch.grid[i]));
    if (launch.block[i] < 1 || launch.block[i] > blockLimit[i])
      return invalid(field + ".block" + index, "1 to " + text(blockLimit[i]),
                     text(launch.block[i]));
    if (launch.cluster[i] < 1 || launch.cluster[i] > 16 ||
        launch.grid[i] % launch.cluster[i] != 0)
      return invalid(field + ".cluster" + index,
                     "a divisor of the grid's " + text(launch.grid[i]) +
                         ", at most 16",
                     text(launch.cluster[i]));
    threads *= launch.block[i];
    clusterBlocks *= launch.cluster[i];
  }
  if (threads > 1024)
    return invalid(field + ".block", "at most 1024 threads", text(threads));
  if (clusterBlocks > 16)
    return invalid(field + ".cluster", "at most 16 blocks",
                   text(clusterBlocks));
  for (size_t i = 0; i < launch.args.size(); ++i) {
    const Program::Argument &argument = launch.args[i];
    std::string where = field + ".args[" + text(i) + "]";
    if (argument.buffer >= program.buffers.size())
      return invalid(where + ".buffer",
                     "an index below " + text(program.buffers.size()),
                     text(argument.buffer));
    if (argument.tensorMap)
      if (Status status =
              validateMap(*argument.tensorMap, program.buffers[argument.buffer],
                          where + ".tensorMap");
          !status)
        return status;
  }
  return {};
}

Status Program::validate() const {
  if (!isArch(arch))
    return invalid("arch", "an architecture such as sm_90a", "'" + arch + "'");
  std::set<std::string> names;
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Buffer &buffer = buffers[i];
    std::string field = "buffers[" + text(i) + "]";
    if (!names.insert(buffer.name).second)
      return invalid(field + ".name", "a name used once",
                     "'" + buffer.name + "' again");
    int64_t room = int64_t(1) << 56;
    for (size_t d = 0; d < buffer.shape.size(); ++d) {
      int64_t extent = buffer.shape[d];
      if (extent < 0 || (extent > 0 && (room /= extent) == 0))
        return invalid(field + ".shape[" + text(d) + "]",
                       "extents that are not negative and multiply to less "
                       "than 2^56",
                       std::to_string(extent));
    }
    size_t expected = buffer.kind == BufferKind::Constant ? buffer.bytes() : 0;
    if (buffer.data.size() != expected)
      return invalid(field + ".data", text(expected) + " bytes",
                     text(buffer.data.size()));
  }
  names.clear();
  for (size_t i = 0; i < modules.size(); ++i) {
    std::string field = "modules[" + text(i) + "]";
    if (!isFileName(modules[i].name))
      return invalid(field + ".name",
                     "a file name of letters, digits, '_', '-' and '.'",
                     "'" + modules[i].name + "'");
    if (!names.insert(modules[i].name).second)
      return invalid(field + ".name", "a name used once",
                     "'" + modules[i].name + "' again");
  }
  for (size_t i = 0; i < launches.size(); ++i)
    if (Status status =
            validateLaunch(*this, launches[i], "launches[" + text(i) + "]");
        !status)
      return status;
  return {};
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// 64-bit FNV-1a, in hexadecimal: finds corruption, not malice.
static std::string checksum(std::string_view bytes) {
  uint64_t hash = 14695981039346656037u;
  for (unsigned char byte : bytes)
    hash = (hash ^ byte) * 1099511628211u;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(hash));
  return digits;
}

static std::string fileOf(const Program::Module &module) {
  return module.name + (module.isPtx ? ".ptx" : ".cubin");
}

static std::string constantFile(size_t buffer) {
  return "constant-" + text(buffer) + ".bin";
}

/// 0 is spelled "none".
static std::string spanText(unsigned bytes) {
  return bytes ? std::to_string(bytes) : "none";
}

static json toJson(const Program::Argument &argument) {
  if (!argument.tensorMap)
    return {{"buffer", argument.buffer}};
  const Program::TensorMap &map = *argument.tensorMap;
  json result = {{"buffer", argument.buffer},
                 {"dtype", dataTypeName(map.dtype)},
                 {"dims", map.dims},
                 {"strideBytes", map.strideBytes},
                 {"box", map.box}};
  if (!map.elementStrides.empty())
    result["elementStrides"] = map.elementStrides;
  result["swizzle"] = spanText(map.swizzle);
  if (map.l2Promotion)
    result["l2promotion"] = spanText(map.l2Promotion);
  result["oobFill"] = map.oobFillNaN ? "nan" : "zero";
  return {{"tensorMap", result}};
}

std::string Program::manifest() const {
  json document = {{"version", currentVersion}, {"arch", arch}, {"name", name}};
  json &jsonBuffers = document["buffers"] = json::array();
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Buffer &buffer = buffers[i];
    json entry = {{"name", buffer.name},
                  {"kind", bufferKindName(buffer.kind)},
                  {"dtype", dataTypeName(buffer.dtype)},
                  {"shape", buffer.shape}};
    if (buffer.kind == BufferKind::Constant) {
      entry["file"] = constantFile(i);
      entry["checksum"] = checksum(buffer.data);
    }
    jsonBuffers.push_back(std::move(entry));
  }
  json &jsonModules = document["modules"] = json::array();
  for (const Module &module : modules)
    jsonModules.push_back({{"name", module.name},
                           {"file", fileOf(module)},
                           {"checksum", checksum(module.bytes)}});
  json &jsonLaunches = document["launches"] = json::array();
  for (const Launch &launch : launches) {
    json args = json::array();
    for (const Argument &argument : launch.args)
      args.push_back(toJson(argument));
    jsonLaunches.push_back({{"kernel", launch.kernel},
                            {"module", launch.module},
                            {"grid", launch.grid},
                            {"block", launch.block},
                            {"cluster", launch.cluster},
                            {"dynamicSharedBytes", launch.dynamicSharedBytes},
                            {"args", args}});
  }
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Status Program::save(const std::string &folder) const {
  if (Status status = validate(); !status)
    return Error{"program '" + name + "' cannot be saved: " + status.error()};
  if (Status status = makeWritableFolder(folder); !status)
    return status;
  for (const Module &module : modules)
    if (Status status = writeFile(folder + "/" + fileOf(module), module.bytes);
        !status)
      return status;
  for (size_t i = 0; i < buffers.size(); ++i)
    if (buffers[i].kind == BufferKind::Constant)
      if (Status status =
              writeFile(folder + "/" + constantFile(i), buffers[i].data);
          !status)
        return status;
  return writeFile(folder + "/program.json", manifest());
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static DataType readDataType(JsonReader &reader) {
  std::string name = reader.string("dtype");
  std::optional<DataType> type = parseDataType(name);
  if (!type && !reader.failed())
    reader.fail("dtype", "f16, bf16, f32, f64, i1, i8, i16, i32 or i64", name);
  return type.value_or(DataType::F32);
}

static unsigned readSpan(JsonReader &reader, const char *key) {
  std::string name = reader.string(key, "none");
  if (name == "none")
    return 0;
  for (unsigned bytes : {32u, 64u, 128u, 256u})
    if (name == std::to_string(bytes))
      return bytes;
  reader.fail(key, "none or a number of bytes, as a string", name);
  return 0;
}

static std::array<unsigned, 3> readTriple(JsonReader &reader, const char *key) {
  std::vector<unsigned> values = reader.integers<unsigned>(key);
  if (values.size() == 3)
    return {values[0], values[1], values[2]};
  reader.fail(key, "3 integers", values);
  return {1, 1, 1};
}

static Program::Argument readArgument(JsonReader reader) {
  Program::Argument argument;
  if (reader.has("tensorMap")) {
    JsonReader fields = reader.object("tensorMap");
    Program::TensorMap map;
    argument.buffer = fields.integer<unsigned>("buffer");
    map.dtype = readDataType(fields);
    map.dims = fields.integers<uint64_t>("dims");
    map.strideBytes = fields.integers<uint64_t>("strideBytes");
    map.box = fields.integers<uint32_t>("box");
    if (fields.has("elementStrides"))
      map.elementStrides = fields.integers<uint32_t>("elementStrides");
    map.swizzle = readSpan(fields, "swizzle");
    map.l2Promotion = readSpan(fields, "l2promotion");
    std::string fill = fields.string("oobFill", "zero");
    map.oobFillNaN = fill == "nan";
    if (fill != "nan" && fill != "zero")
      fields.fail("oobFill", "zero or nan", fill);
    fields.finish();
    argument.tensorMap = std::move(map);
  } else {
    argument.buffer = reader.integer<unsigned>("buffer");
  }
  reader.finish();
  return argument;
}

static Program::Launch readLaunch(JsonReader reader, std::string &error) {
  Program::Launch launch;
  launch.kernel = reader.string("kernel");
  launch.module = reader.string("module");
  launch.grid = readTriple(reader, "grid");
  launch.block = readTriple(reader, "block");
  launch.cluster = readTriple(reader, "cluster");
  launch.dynamicSharedBytes = reader.integer<unsigned>("dynamicSharedBytes");
  reader.each("args", [&](const nlohmann::json &item, const std::string &path) {
    launch.args.push_back(readArgument(JsonReader(item, path, error)));
  });
  reader.finish();
  return launch;
}

/// The content of the file that `fields` names, beside program.json.
static std::string readBeside(const std::string &folder, JsonReader &fields,
                              const std::string &where,
                              const std::string &file) {
  std::string expected = fields.string("checksum");
  if (fields.failed())
    return "";
  Result<std::string> bytes = readFile(folder + "/" + file);
  if (!bytes)
    fields.failWith("field '" + where + ".file': " + bytes.error());
  else if (checksum(*bytes) != expected)
    fields.failWith("field '" + where + ".checksum': '" + file +
                    "' has other content than was saved: compile the "
                    "program again");
  else
    return std::move(*bytes);
  return "";
}

static Program::Buffer readBuffer(JsonReader reader, const std::string &folder,
                                  const std::string &where) {
  Program::Buffer buffer;
  buffer.name = reader.string("name");
  std::string kind = reader.string("kind");
  if (kind == "input")
    buffer.kind = Program::BufferKind::Input;
  else if (kind == "output")
    buffer.kind = Program::BufferKind::Output;
  else if (kind == "temporary")
    buffer.kind = Program::BufferKind::Temporary;
  else if (kind == "constant")
    buffer.kind = Program::BufferKind::Constant;
  else
    reader.fail("kind", "input, output, temporary or constant", kind);
  buffer.dtype = readDataType(reader);
  buffer.shape = reader.integers<int64_t>("shape");
  if (buffer.kind == Program::BufferKind::Constant) {
    std::string file = reader.string("file");
    if (!isFileName(file))
      reader.fail("file", "the name of a file beside the JSON", file);
    buffer.data = readBeside(folder, reader, where, file);
  }
  reader.finish();
  return buffer;
}

static bool hasSuffix(const std::string &name, const std::string &suffix) {
  return name.size() > suffix.size() &&
         name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

Result<Program> Program::load(const std::string &folder) {
  std::string path = folder + "/program.json";
  Result<std::string> content = readFile(path);
  if (!content)
    return Error{content.error() +
                 "; a program is a folder with program.json in it"};
  Result<nlohmann::json> document = parseJson(*content);
  if (!document)
    return Error{"'" + path + "': " + document.error()};

  std::string error;
  Program program;
  JsonReader reader(*document, "", error);
  int version = reader.integer<int>("version");
  if (error.empty() && version > currentVersion)
    return Error{"'" + path + "' has version " + std::to_string(version) +
                 ", this build reads up to " + std::to_string(currentVersion) +
                 ": compile the program again, or use a newer QiMeng"};
  if (error.empty() && version < 1)
    reader.fail("version", "1 or more", version);
  program.arch = reader.string("arch");
  program.name = reader.string("name");
  reader.each("buffers",
              [&](const nlohmann::json &item, const std::string &where) {
                program.buffers.push_back(
                    readBuffer(JsonReader(item, where, error), folder, where));
              });
  reader.each("modules", [&](const nlohmann::json &item,
                             const std::string &where) {
    JsonReader fields(item, where, error);
    Module module;
    module.name = fields.string("name");
    std::string file = fields.string("file");
    module.isPtx = hasSuffix(file, ".ptx");
    if (!isFileName(file) || (!module.isPtx && !hasSuffix(file, ".cubin")))
      fields.fail("file", "the name of a .cubin or .ptx file beside the JSON",
                  file);
    module.bytes = readBeside(folder, fields, where, file);
    fields.finish();
    program.modules.push_back(std::move(module));
  });
  reader.each("launches",
              [&](const nlohmann::json &item, const std::string &where) {
                program.launches.push_back(
                    readLaunch(JsonReader(item, where, error), error));
              });
  reader.finish();
  if (error.empty())
    if (Status status = program.validate(); !status)
      error = status.error();
  if (!error.empty())
    return Error{"'" + path + "': " + error};
  return program;
}

} // namespace qimeng
