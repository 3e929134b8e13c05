#include "common/config/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/base/text.h"
#include "common/config/host_port.h"

namespace pai::config {
namespace {

std::string number_text(double number) {
  char digits[64];
  // Whole numbers in full: a limit of ten million bytes reads badly as 1e+07.
  if (std::abs(number) < 9e15 && number == std::floor(number)) return std::to_string(static_cast<std::int64_t>(number));
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return {digits, end};
}

std::string choices_text(const Setting& setting) {
  std::string text;
  for (const auto& choice : setting.choices) text.append(text.empty() ? "" : ", ").append(choice);
  return text;
}

std::string bounds_text(const Setting& setting) {
  if (setting.min && setting.max) return " from " + number_text(*setting.min) + " to " + number_text(*setting.max);
  if (setting.min) return " of at least " + number_text(*setting.min);
  if (setting.max) return " of at most " + number_text(*setting.max);
  return "";
}

std::string quoted_text(std::string_view text) { return "\"" + printable(text) + "\""; }

std::string not_as_expected(const Setting& setting, std::string_view shown) {
  return std::string(shown) + " is not " + expectation(setting);
}

std::optional<std::string> number_fault(const Setting& setting, double number) {
  const bool fits = std::isfinite(number) && !(setting.min && number < *setting.min) && !(setting.max && number > *setting.max);
  if (fits) return std::nullopt;
  return not_as_expected(setting, number_text(number));
}

std::optional<std::string> text_fault(const Setting& setting, const std::string& text) {
  if (const auto at = invalid_utf8_at(text)) return quoted_text(text) + " is not UTF-8";
  if (has_control_character(text)) return quoted_text(text) + " holds a control character";
  switch (setting.kind) {
    case Setting::Kind::kPath:
      if (text.empty()) return not_as_expected(setting, "\"\"");
      return std::nullopt;
    case Setting::Kind::kChoice:
      if (std::find(setting.choices.begin(), setting.choices.end(), text) != setting.choices.end()) return std::nullopt;
      return not_as_expected(setting, quoted_text(text)) + nearest_hint(text, setting.choices);
    case Setting::Kind::kHostPort: {
      const auto parsed = parse_host_port(text);
      if (parsed.ok()) return std::nullopt;
      return parsed.error().message();
    }
    default: return std::nullopt;
  }
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split_list(const std::vector<std::string>& given) {
  std::vector<std::string> entries;
  for (const std::string_view text : given) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t comma = std::min(text.find(',', at), text.size());
      std::string_view entry = text.substr(at, comma - at);
      while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
      while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
      entries.emplace_back(entry);
      at = comma + 1;
    }
  }
  return entries;
}

Result<Value> typed_value(const Setting& setting, const std::vector<std::string>& given) {
  const auto wrong = [&](std::string_view text) {
    return Error(ErrorCode::kInvalid, not_as_expected(setting, quoted_text(text)));
  };
  if (setting.kind == Setting::Kind::kList) return Value(split_list(given));
  if (given.size() > 1) return Error(ErrorCode::kInvalid, "is given " + std::to_string(given.size()) + " times");
  const std::string& text = given.at(0);
  switch (setting.kind) {
    case Setting::Kind::kBool:
      if (text == "true" || text == "false") return Value(text == "true");
      return wrong(text);
    case Setting::Kind::kInteger: {
      const auto number = parse_number<std::int64_t>(text);
      if (!number) return wrong(text);
      return Value(*number);
    }
    case Setting::Kind::kNumber: {
      const auto number = parse_number<double>(text);
      if (!number) return wrong(text);
      return Value(*number);
    }
    default: return Value(text);
  }
}

}  // namespace

std::string expectation(const Setting& setting) {
  const std::string unit = setting.unit.empty() ? "" : " (" + setting.unit + ")";
  switch (setting.kind) {
    case Setting::Kind::kBool: return "true or false";
    case Setting::Kind::kInteger: return "a whole number" + bounds_text(setting) + unit;
    case Setting::Kind::kNumber: return "a number" + bounds_text(setting) + unit;
    case Setting::Kind::kString: return "a text";
    case Setting::Kind::kPath: return "the path of a file or folder";
    case Setting::Kind::kChoice: return "one of " + choices_text(setting);
    case Setting::Kind::kHostPort: return "HOST:PORT";
    case Setting::Kind::kList: return "a list of texts";
  }
  return "";
}

std::string range_text(const Setting& setting) {
  if (setting.kind == Setting::Kind::kChoice) return choices_text(setting);
  std::string text;
  if (setting.min && setting.max) text = number_text(*setting.min) + "–" + number_text(*setting.max);
  else if (setting.min) text = "≥ " + number_text(*setting.min);
  else if (setting.max) text = "≤ " + number_text(*setting.max);
  if (!setting.unit.empty()) text.append(text.empty() ? "" : " ").append(setting.unit);
  return text;
}

std::string_view placeholder(Setting::Kind kind) {
  switch (kind) {
    case Setting::Kind::kBool: return "";
    case Setting::Kind::kInteger: return "N";
    case Setting::Kind::kNumber: return "X";
    case Setting::Kind::kString: return "TEXT";
    case Setting::Kind::kPath: return "PATH";
    case Setting::Kind::kChoice: return "WORD";
    case Setting::Kind::kHostPort: return "HOST:PORT";
    case Setting::Kind::kList: return "A,B,…";
  }
  return "";
}

std::string value_text(const Value& value, bool quoted) {
  const std::string quote = quoted ? "\"" : "";
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return quote + *text + quote;
  std::string list;
  for (const auto& entry : std::get<std::vector<std::string>>(value)) {
    list.append(list.empty() ? "" : quoted ? ", " : ",").append(quote).append(entry).append(quote);
  }
  return quoted ? "[" + list + "]" : list;
}

std::string flag_of(std::string_view name) {
  std::string flag = "--";
  for (const char c : name) flag += c == '.' || c == '_' ? '-' : c;
  return flag;
}

std::optional<std::string> fault_of(const Setting& setting, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return number_fault(setting, static_cast<double>(*number));
  if (const auto* number = std::get_if<double>(&value)) return number_fault(setting, *number);
  if (const auto* text = std::get_if<std::string>(&value)) return text_fault(setting, *text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    for (const auto& entry : *list) {
      if (entry.empty()) return std::string("an entry of the list is empty");
      if (auto fault = text_fault(setting, entry)) return fault;
      if (!setting.choices.empty() && std::find(setting.choices.begin(), setting.choices.end(), entry) == setting.choices.end()) {
        return quoted_text(entry) + " is not one of " + choices_text(setting) + nearest_hint(entry, setting.choices);
      }
    }
  }
  return std::nullopt;
}

Result<Value> value_from_flags(const Setting& setting, const std::vector<std::string>& given) {
  PAI_ASSIGN(auto value, typed_value(setting, given));
  if (auto fault = fault_of(setting, value)) return Error(ErrorCode::kInvalid, std::move(*fault));
  return value;
}

std::string nearest_hint(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto found = nearest(word, candidates);
  if (!found) return "";
  return " (did you mean \"" + std::string(*found) + "\"?)";
}

}  // namespace pai::config
