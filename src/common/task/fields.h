#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/task/faults.h"

namespace pai::task {

/// Reads the fields of an object that another program wrote, and collects what is wrong with them. After a fault the
/// value returned is empty; look at the faults before using any.
class Fields {
 public:
  Fields(const nlohmann::json& object, std::string path, Faults& faults);

  /// UTF-8 of at most `bytes_max` without control characters.
  std::string text(std::string_view key, std::size_t bytes_max);
  std::string hex(std::string_view key, std::size_t bytes_max);
  std::int64_t integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::uint64_t count(std::string_view key);
  double number(std::string_view key, double min, double max);
  bool boolean(std::string_view key);
  /// UTF-8 of any content: a column's name may hold a line break.
  std::vector<std::string> texts(std::string_view key, std::size_t elements_max, std::size_t bytes_max);

  std::optional<std::int64_t> optional_integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<double> optional_number(std::string_view key, double min, double max);

  /// The member, or an empty object and a fault.
  const nlohmann::json& object(std::string_view key);
  /// The member, or nullptr when it is absent or null.
  const nlohmann::json* optional(std::string_view key) const;

  void fault(std::string_view key, std::string message);
  std::string path_of(std::string_view key) const;
  Faults& faults() { return faults_; }

 private:
  const nlohmann::json* require(std::string_view key);

  const nlohmann::json& object_;
  std::string path_;
  Faults& faults_;
};

}  // namespace pai::task
