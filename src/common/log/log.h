#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace pai::log {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kText, kJson };

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  std::string file = {};     ///< empty: stderr with systemd's priority prefix when journald reads it
  std::string program = {};  ///< "pai-master", …
};

std::optional<Level> level_from_name(std::string_view name);
std::optional<Format> format_from_name(std::string_view name);

/// Sets up the process's log; called once from main, before threads start.
Status init(const Options& options);
void set_level(Level level);
/// Opens the log file anew (after a rotation); nothing on stderr.
Status reopen();

/// A key and its value. Values are outside text until proven otherwise: they are quoted and made printable.
struct Field {
  Field(std::string_view name, std::string_view content);
  Field(std::string_view name, const char* content) : Field(name, std::string_view(content)) {}
  Field(std::string_view name, const std::string& content) : Field(name, std::string_view(content)) {}
  Field(std::string_view name, bool content);
  Field(std::string_view name, double content);
  Field(std::string_view name, int content) : Field(name, static_cast<std::int64_t>(content)) {}
  Field(std::string_view name, unsigned content) : Field(name, static_cast<std::uint64_t>(content)) {}
  Field(std::string_view name, std::int64_t content);
  Field(std::string_view name, std::uint64_t content);

  std::string_view key;
  std::string value;
  bool quoted = false;
};
using Fields = std::vector<Field>;

/// One event a line, past tense, then keys: `client exited task='credit_v1' client=2 signal=9`.
/// Thread-safe. Never pass data of a row, a key, a share, a token: no level is private enough.
void write(Level level, std::string_view event, const Fields& fields = {});
inline void debug(std::string_view event, const Fields& fields = {}) { write(Level::kDebug, event, fields); }
inline void info(std::string_view event, const Fields& fields = {}) { write(Level::kInfo, event, fields); }
inline void warning(std::string_view event, const Fields& fields = {}) { write(Level::kWarning, event, fields); }
inline void error(std::string_view event, const Fields& fields = {}) { write(Level::kError, event, fields); }

}  // namespace pai::log
