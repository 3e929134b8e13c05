#include <algorithm>

#include "common/base/text.h"
#include "common/task/faults.h"
#include "common/task/validate.h"

namespace pai::task {
namespace {

constexpr std::size_t kTaskNameBytesMax = 128;
constexpr std::size_t kPathBytesMax = 4096;
constexpr std::size_t kComponentBytesMax = 255;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Error invalid(std::string message) { return Error(ErrorCode::kInvalid, std::move(message)); }

}  // namespace

Status check_task_name(std::string_view name) {
  constexpr std::string_view kRule = "a name has 1 to 128 letters, digits, '.', '_' or '-' and begins with a letter or digit";
  const auto refused = [&](std::string_view reason) {
    return invalid(in_quotes(name) + " " + std::string(reason) + ": " + std::string(kRule));
  };
  if (name.empty()) return invalid("the name is empty: " + std::string(kRule));
  if (name.size() > kTaskNameBytesMax) return refused("has " + std::to_string(name.size()) + " characters");
  if (!is_letter_or_digit(name.front())) return refused("begins with a character that it may not begin with");
  const auto allowed = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
  if (!std::all_of(name.begin(), name.end(), allowed)) return refused("has a character that is not allowed");
  return {};
}

Status check_relative_path(std::string_view path) {
  if (path.empty()) return invalid("the path is empty");
  if (path.size() > kPathBytesMax) return invalid("the path has " + with_thousands(path.size()) + " bytes; 4,096 at most");
  if (invalid_utf8_at(path)) return invalid(in_quotes(path) + " is not valid UTF-8");
  if (has_control_character(path)) return invalid(in_quotes(path) + " has control characters");
  if (path.front() == '/') return invalid(in_quotes(path) + " is an absolute path: write it relative to the node's folder");
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto component = path.substr(begin, end - begin);
    if (component.empty()) {
      return invalid(in_quotes(path) + (end == path.size() ? " ends with a slash: remove it" : " has an empty component (//)"));
    }
    if (component == "..") return invalid(in_quotes(path) + " climbs out of its folder (..)");
    if (component == ".") return invalid(in_quotes(path) + " has a '.' component: remove it");
    if (component.size() > kComponentBytesMax) {
      return invalid(in_quotes(path) + " has a component of " + std::to_string(component.size()) + " bytes; 255 at most");
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace pai::task
