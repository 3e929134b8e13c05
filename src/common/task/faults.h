#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"

namespace pai::task {

/// Collects what is wrong with a document: all of it, so that one answer mends one document.
class Faults {
 public:
  void add(std::string path, std::string message);
  bool none() const { return count_ == 0; }
  /// kInvalid: "the task has 3 faults; the first: …", a detail each (the first hundred).
  Error to_error(std::string_view subject) &&;

 private:
  std::size_t count_ = 0;
  std::vector<ErrorDetail> details_;
};

/// A value as a person would write it, cut to what one line bears: `"abc"`, `99999`, `null`, `a list`, `an object`.
std::string shown(const nlohmann::json& value);
/// `"text"`, fit for a message.
std::string in_quotes(std::string_view text);

/// `"a", "b" or "c"`
std::string listed(const std::vector<std::string_view>& words);

/// The integer, or what is wrong with it: `99999 is not a port (1–65535)`, `"80" is a string: write 80 without quotes`.
Result<std::int64_t> read_integer(const nlohmann::json& value, std::int64_t min, std::int64_t max,
                                  std::string_view expected);

/// The member of an object, or nullptr.
const nlohmann::json* member(const nlohmann::json& object, std::string_view key);

}  // namespace pai::task
