//===- Settings.cpp - Which model is asked, and how -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Settings.h"
#include "SecretMemory.h"
#include "Url.h"
#include "qimeng/LLM/Json.h"
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

namespace qimeng {

using Json = nlohmann::ordered_json;

namespace {

/// A setting is `name` in the file, and QIMENG_LLM_NAME in the environment.
/// `set` gives what was expected where `text` is not that, else nothing.
struct Setting {
  const char *name;
  std::string (*set)(ModelSettings &settings, const std::string &text);
};

template <typename T>
std::string setNumber(T &field, const std::string &text, T least, T most) {
  T value{};
  const char *end = text.data() + text.size();
  auto [last, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || last != end || !(value >= least) ||
      !(value <= most)) {
    std::string low = std::to_string(least), high = std::to_string(most);
    if constexpr (std::is_floating_point_v<T>) {
      low.erase(low.find_last_not_of('0') + 1);
      high.erase(high.find_last_not_of('0') + 1);
    }
    return "a number from " + low + " to " + high;
  }
  field = value;
  return "";
}

std::string setFlag(bool &field, const std::string &text) {
  if (text != "true" && text != "false" && text != "1" && text != "0")
    return "true or false";
  field = text == "true" || text == "1";
  return "";
}

#define QIMENG_SETTING(name, expression)                                       \
  Setting {                                                                    \
    name, [](ModelSettings &s, const std::string &text) -> std::string {       \
      return expression;                                                       \
    }                                                                          \
  }

constexpr double day = 86400;

const Setting settingTable[] = {
    {"provider",
     [](ModelSettings &s, const std::string &text) -> std::string {
       if (text != "openai" && text != "anthropic")
         return "openai or anthropic";
       s.provider =
           text == "openai" ? ChatProvider::OpenAI : ChatProvider::Anthropic;
       return "";
     }},
    QIMENG_SETTING("base_url", (s.baseUrl = text, "")),
    QIMENG_SETTING("model", (s.model = text, "")),
    QIMENG_SETTING("ca_file", (s.caFile = text, "")),
    QIMENG_SETTING("plain_http", setFlag(s.plainHttp, text)),
    QIMENG_SETTING("connect_seconds",
                   setNumber(s.connectSeconds, text, 0.01, day)),
    QIMENG_SETTING("idle_seconds", setNumber(s.idleSeconds, text, 0.01, day)),
    QIMENG_SETTING("total_seconds", setNumber(s.totalSeconds, text, 0.01, day)),
    QIMENG_SETTING("retries", setNumber(s.retries, text, 0u, 100u)),
    QIMENG_SETTING("parallel", setNumber(s.parallel, text, 1u, 256u)),
    QIMENG_SETTING("max_answer_bytes",
                   setNumber<int64_t>(s.maxAnswerBytes, text, 1, 1 << 30)),
    QIMENG_SETTING("max_tokens",
                   setNumber<int64_t>(s.maxTokens, text, 0, INT64_C(1) << 50)),
    QIMENG_SETTING("max_dollars", setNumber(s.maxDollars, text, 0.0, 1e9)),
    QIMENG_SETTING("prompt_price", setNumber(s.promptPrice, text, 0.0, 1e9)),
    QIMENG_SETTING("answer_price", setNumber(s.answerPrice, text, 0.0, 1e9)),
    QIMENG_SETTING("cache", (s.cacheFolder = text == "none" ? "" : text, "")),
    QIMENG_SETTING("record", (s.recordFile = text, "")),
    QIMENG_SETTING("replay", (s.replayFile = text, "")),
    QIMENG_SETTING("stream", setFlag(s.streaming, text)),
    {"structured",
     [](ModelSettings &s, const std::string &text) -> std::string {
       const std::map<std::string, StructuredOutput> modes = {
           {"auto", StructuredOutput::Auto},
           {"json_schema", StructuredOutput::JsonSchema},
           {"gbnf", StructuredOutput::Gbnf},
           {"none", StructuredOutput::None}};
       auto mode = modes.find(text);
       if (mode == modes.end())
         return "auto, json_schema, gbnf or none";
       s.structured = mode->second;
       return "";
     }},
};
#undef QIMENG_SETTING

/// Names that are read elsewhere in this file, and by Prompts::load.
const char *const otherNames[] = {"key", "key_variable", "config", "profile",
                                  "prompts"};

std::string variableOf(const std::string &name) {
  std::string variable = "QIMENG_LLM_";
  for (char c : name)
    variable += c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
  return variable;
}

std::string environment(const std::string &name) {
  const char *value = std::getenv(name.c_str());
  return value ? value : "";
}

std::string knownNames(bool asVariables) {
  std::string names;
  auto add = [&](const std::string &name) {
    names += (names.empty() ? "" : ", ");
    names += asVariables ? variableOf(name) : name;
  };
  for (const Setting &setting : settingTable)
    add(setting.name);
  add("key");
  add("key_variable");
  if (asVariables) {
    add("config");
    add("profile");
  }
  return names;
}

/// The configuration file, with its keys taken out.
struct ConfigFile {
  std::string path;
  Json value;
  /// "key" members hold an index into these.
  std::vector<std::shared_ptr<const ApiKey>> keys;
};

/// Takes the strings of "key" members out of JSON text, and leaves numbers of
/// `keys` in their places. Whether the rest is JSON is not its matter: parsing
/// comes next, and must not see a key.
Status takeKeys(SecretString &text, ConfigFile &file) {
  bool isKey = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '"')
      continue;
    size_t begin = at + 1, end = begin;
    while (end < text.size() && text[end] != '"')
      end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size())
      break;
    if (isKey) {
      auto key = ApiKey::take(&text[begin], end - begin,
                              "\"key\" in '" + file.path + "'");
      if (!key)
        return Error{key.error()};
      std::string index = std::to_string(file.keys.size());
      if (index.size() > end - begin)
        return Error{"\"key\" in '" + file.path + "' is too short for a key"};
      std::memset(&text[begin], ' ', end - begin);
      std::memcpy(&text[begin], index.data(), index.size());
      file.keys.push_back(*key);
    }
    size_t next = text.find_first_not_of(" \t\r\n", end + 1);
    isKey = !isKey && text.compare(begin, end - begin, "key") == 0 &&
            next != SecretString::npos && text[next] == ':';
    at = end;
  }
  return {};
}

/// `profile`: what is looked for in it, where it has to be there for that.
Result<ConfigFile> readConfig(const std::string &path, bool mustExist,
                              const std::string &profile) {
  ConfigFile file;
  file.path = path;
  file.value = Json::object();
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && !mustExist)
    return file;
  if (fd < 0 && errno == ENOENT && !profile.empty())
    return Error{"no model settings are named '" + profile + "': the file '" +
                 path +
                 "' does not exist; write it, or name it by "
                 "QIMENG_LLM_CONFIG"};
  auto fail = [&](const std::string &why) {
    if (fd >= 0)
      ::close(fd);
    return Error{"cannot use the model settings in '" + path + "': " + why};
  };
  if (fd < 0)
    return fail(std::strerror(errno));
  struct stat known;
  if (::fstat(fd, &known) != 0)
    return fail(std::strerror(errno));
  if (!S_ISREG(known.st_mode) || known.st_size > 1 << 20)
    return fail("it is not a file of at most 1 MiB");

  SecretString text;
  text.resize(std::max<size_t>(known.st_size, 64));
  size_t size = 0;
  ssize_t got;
  while (size < text.size() &&
         (got = ::read(fd, &text[size], text.size() - size)) > 0)
    size += got;
  text.resize(size);
  if (Status taken = takeKeys(text, file); !taken)
    return fail(taken.error());
  // Open: whoever may read the file may have the key.
  if (!file.keys.empty() && (known.st_mode & 077) != 0)
    return fail("it holds a key, and others may read it; run: chmod 600 '" +
                path + "'");
  if (!file.keys.empty() && known.st_uid != ::geteuid() && known.st_uid != 0)
    return fail("it holds a key, and belongs to another user; make a file of "
                "your own");
  ::close(fd);
  fd = -1;
  Result<Json> value = parseJson({text.data(), text.size()});
  if (!value)
    return fail(value.error());
  if (!value->is_object())
    return fail("expected a JSON object with \"profiles\"");
  file.value = std::move(*value);
  return file;
}

std::string configPath() {
  std::string base = environment("XDG_CONFIG_HOME");
  if (base.empty())
    base = environment("HOME") + "/.config";
  return base + "/qimeng/llm.json";
}

/// What a profile or the environment says of the key.
struct KeySource {
  std::shared_ptr<const ApiKey> key;
  std::string variable;
};

Status applyProfile(const ConfigFile &file, const std::string &name,
                    ModelSettings &settings, KeySource &source) {
  auto fail = [&](const std::string &why) {
    return Error{"model settings in '" + file.path + "': " + why};
  };
  for (const auto &[member, value] : file.value.items())
    if (member != "default" && member != "profiles")
      return fail("unknown member \"" + member +
                  "\"; there are \"default\" and \"profiles\"");
  std::string chosen = name;
  if (chosen.empty() && file.value.contains("default")) {
    if (!file.value["default"].is_string())
      return fail("\"default\" is not the name of a profile");
    chosen = file.value["default"].get<std::string>();
  }
  if (chosen.empty())
    return {};
  const Json *profiles =
      file.value.contains("profiles") ? &file.value["profiles"] : nullptr;
  if (!profiles || !profiles->is_object() || !profiles->contains(chosen)) {
    std::string names;
    if (profiles && profiles->is_object())
      for (const auto &[known, value] : profiles->items())
        names += (names.empty() ? "" : ", ") + known;
    return fail("no profile is named '" + chosen + "'; there " +
                (names.empty() ? "are none" : "is " + names));
  }
  const Json &profile = (*profiles)[chosen];
  if (!profile.is_object())
    return fail("profile '" + chosen + "' is not an object");
  for (const auto &[member, value] : profile.items()) {
    std::string where = "profile '" + chosen + "', \"" + member + "\": ";
    if (value.is_object() || value.is_array() || value.is_null())
      return fail(where + "expected a string, a number or true or false");
    std::string text =
        value.is_string() ? value.get<std::string>() : value.dump();
    if (member == "key") {
      size_t index = std::strtoul(text.c_str(), nullptr, 10);
      if (!value.is_string() || index >= file.keys.size())
        return fail(where + "expected a string");
      source.key = file.keys[index];
      continue;
    }
    if (member == "key_variable") {
      source.variable = text;
      continue;
    }
    const Setting *known = nullptr;
    for (const Setting &setting : settingTable)
      if (member == setting.name)
        known = &setting;
    if (!known)
      return fail(where + "unknown setting; there are " + knownNames(false));
    std::string expected = known->set(settings, text);
    if (!expected.empty())
      return fail(where + "expected " + expected + ", found '" + text + "'");
  }
  return {};
}

/// A misspelt variable must not pass for a budget that is kept.
Status checkVariables() {
  constexpr const char *prefix = "QIMENG_LLM_";
  for (char **entry = environ; *entry; ++entry) {
    if (std::strncmp(*entry, prefix, std::strlen(prefix)) != 0)
      continue;
    std::string name(*entry, std::strcspn(*entry, "="));
    bool known = false;
    for (const Setting &setting : settingTable)
      known |= name == variableOf(setting.name);
    for (const char *other : otherNames)
      known |= name == variableOf(other);
    if (!known)
      return Error{"unknown variable " + name + "; there are " +
                   knownNames(true)};
  }
  return {};
}

Status applyEnvironment(ModelSettings &settings, KeySource &source) {
  if (Status known = checkVariables(); !known)
    return known;
  for (const Setting &setting : settingTable) {
    std::string name = variableOf(setting.name), text = environment(name);
    if (text.empty())
      continue;
    std::string expected = setting.set(settings, text);
    if (!expected.empty())
      return Error{name + ": expected " + expected + ", found '" + text + "'"};
  }
  std::string variable = environment("QIMENG_LLM_KEY_VARIABLE");
  if (!variable.empty())
    source = {nullptr, variable};
  return {};
}

/// A variable of the user's naming, QIMENG_LLM_KEY, the file's key, and the
/// provider's standard variable, in this order; the last only for the
/// provider's own server, since no other should be handed its key unasked.
Status chooseKey(ModelSettings &settings, const KeySource &source) {
  std::shared_ptr<const ApiKey> own, standard;
  for (const char *name :
       {"QIMENG_LLM_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"}) {
    // All are taken, also those that are not used: none is to stay behind.
    auto key = ApiKey::take(name);
    if (!key)
      return Error{key.error()};
    bool anthropic = settings.provider == ChatProvider::Anthropic;
    if (name == std::string("QIMENG_LLM_KEY"))
      own = *key;
    else if (anthropic == (name == std::string("ANTHROPIC_API_KEY")))
      standard = *key;
  }
  if (own) {
    settings.key = own;
  } else if (!source.variable.empty()) {
    auto key = ApiKey::take(source.variable.c_str());
    if (!key)
      return Error{key.error()};
    if (!*key)
      return Error{"key_variable names " + source.variable +
                   ", which is not set; set it to the server's key"};
    settings.key = *key;
  } else if (source.key) {
    settings.key = source.key;
  } else if (isProvidersOwn(settings)) {
    settings.key = standard;
  }
  return {};
}

} // namespace

std::string getDefaultCacheFolder() {
  std::string base = environment("XDG_CACHE_HOME"), home = environment("HOME");
  if (base.empty() && home.empty())
    return "";
  return (base.empty() ? home + "/.cache" : base) + "/qimeng/llm";
}

Result<ModelSettings> loadModelSettings(const std::string &profile) {
  ModelSettings settings;
  settings.cacheFolder = getDefaultCacheFolder();
  std::string chosen =
      profile.empty() ? environment("QIMENG_LLM_PROFILE") : profile;
  std::string named = environment("QIMENG_LLM_CONFIG");
  Result<ConfigFile> file =
      readConfig(named.empty() ? configPath() : named,
                 !named.empty() || !chosen.empty(), chosen);
  if (!file)
    return Error{file.error()};
  KeySource source;
  if (Status applied = applyProfile(*file, chosen, settings, source); !applied)
    return Error{applied.error()};
  if (Status applied = applyEnvironment(settings, source); !applied)
    return Error{applied.error()};
  if (Status chose = chooseKey(settings, source); !chose)
    return Error{chose.error()};
  return settings;
}

std::string describe(const ModelSettings &settings) {
  if (!settings.replayFile.empty())
    return "replay of '" + settings.replayFile + "'";
  std::string text = settings.provider == ChatProvider::OpenAI
                         ? "openai protocol"
                         : "anthropic protocol";
  text += ", " + baseUrlOf(settings) + ", model " +
          (settings.model.empty() ? "(none)" : settings.model);
  text += settings.key ? ", with a key" : ", without a key";
  if (!settings.cacheFolder.empty())
    text += ", cache '" + settings.cacheFolder + "'";
  if (!settings.recordFile.empty())
    text += ", recorded to '" + settings.recordFile + "'";
  return text;
}

} // namespace qimeng
