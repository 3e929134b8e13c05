#include "common/task/faults.h"

#include <charconv>
#include <cmath>

#include "common/base/text.h"

namespace pai::task {
namespace {

constexpr std::size_t kDetailsMax = 100;
constexpr double kExactIntegerMax = 9007199254740992.0;  // 2^53

std::optional<std::int64_t> integer_of_text(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void Faults::add(std::string path, std::string message) {
  ++count_;
  if (details_.size() < kDetailsMax) {
    details_.push_back({ErrorDetail::Kind::kPath, std::move(path), std::move(message)});
  }
}

Error Faults::to_error(std::string_view subject) && {
  PAI_CHECK(count_ > 0, "there is no fault to report");
  const auto& first = details_.front();
  std::string message = first.where.empty() ? first.message : first.where + ": " + first.message;
  if (count_ > 1) {
    message = std::string(subject) + " has " + std::to_string(count_) + " faults; the first: " + message;
  }
  if (count_ > details_.size()) {
    details_.push_back({ErrorDetail::Kind::kPath, "",
                        "and " + std::to_string(count_ - details_.size()) + " more faults, not listed"});
  }
  return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(details_));
}

std::string in_quotes(std::string_view text) { return "\"" + printable(text, 60) + "\""; }

std::string shown(const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::string: return in_quotes(value.get_ref<const std::string&>());
    case nlohmann::json::value_t::array: return value.empty() ? "an empty list" : "a list";
    case nlohmann::json::value_t::object: return "an object";
    case nlohmann::json::value_t::binary:
    case nlohmann::json::value_t::discarded: return "no JSON value";
    case nlohmann::json::value_t::null:
    case nlohmann::json::value_t::boolean:
    case nlohmann::json::value_t::number_integer:
    case nlohmann::json::value_t::number_unsigned:
    case nlohmann::json::value_t::number_float: break;
  }
  return value.dump();
}

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text.append("\"").append(words[i]).append("\"");
  }
  return text;
}

Result<std::int64_t> read_integer(const nlohmann::json& value, std::int64_t min, std::int64_t max,
                                  std::string_view expected) {
  const auto in_range = [&](std::int64_t number) { return number >= min && number <= max; };
  const auto refused = [&](std::string reason) { return Error(ErrorCode::kInvalid, std::move(reason)); };
  const std::string is_not = shown(value) + " is not " + std::string(expected);

  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(max) || !in_range(static_cast<std::int64_t>(number))) return refused(is_not);
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (!in_range(number)) return refused(is_not);
    return number;
  }
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::isfinite(number) && std::abs(number) <= kExactIntegerMax && number == std::trunc(number) &&
        in_range(static_cast<std::int64_t>(number))) {
      const auto whole = std::to_string(static_cast<std::int64_t>(number));
      return refused(shown(value) + " is written with a fraction or an exponent: write " + whole);
    }
    return refused(is_not);
  }
  if (value.is_string()) {
    const auto number = integer_of_text(value.get_ref<const std::string&>());
    if (number && in_range(*number)) {
      return refused(shown(value) + " is a string: write " + std::to_string(*number) + " without quotes");
    }
  }
  return refused(is_not);
}

const nlohmann::json* member(const nlohmann::json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace pai::task
