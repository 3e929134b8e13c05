#include "common/task/test_record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "common/task/faults.h"

namespace pai::task {
namespace {

constexpr double kExactIntegerMax = 9007199254740992.0;  // 2^53
constexpr std::size_t kColumnNameBytesMax = 64;

Error invalid(std::string message) {
  return Error(ErrorCode::kInvalid, std::move(message));
}

std::string digits(double value) {
  std::array<char, 40> text{};
  char* const end = text.data() + text.size();
  if (std::isnan(value)) return "nan";
  // A count is written as one: 100000, not 1e+05.
  if (value == std::trunc(value) && std::abs(value) <= kExactIntegerMax) {
    return {text.data(), std::to_chars(text.data(), end, static_cast<std::int64_t>(value)).ptr};
  }
  return {text.data(), std::to_chars(text.data(), end, value).ptr};
}

/// Calls `take` with each part between commas.
template <class Take>
void split(std::string_view line, Take take) {
  for (std::size_t begin = 0;;) {
    const auto end = std::min(line.find(',', begin), line.size());
    take(line.substr(begin, end - begin));
    if (end == line.size()) return;
    begin = end + 1;
  }
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kColumnNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '-' || c == '.';
         });
}

}  // namespace

std::vector<std::string> record_columns(const std::vector<std::string>& metrics) {
  std::vector<std::string> columns = {"time", "n_batches", "loss"};
  columns.insert(columns.end(), metrics.begin(), metrics.end());
  return columns;
}

std::string record_header(std::span<const std::string> columns) {
  std::string line;
  for (const auto& column : columns) line.append(line.empty() ? "" : ",").append(column);
  return line + "\n";
}

std::string record_line(std::span<const double> row) {
  std::string line;
  for (const double value : row) line.append(line.empty() ? "" : ",").append(digits(value));
  return line + "\n";
}

Result<std::vector<std::string>> parse_record_header(std::string_view line) {
  std::vector<std::string> columns;
  bool fits = line.size() <= kRecordColumnsMax * (kColumnNameBytesMax + 1);
  if (fits)
    split(line, [&](std::string_view name) {
      fits = fits && is_name(name);
      columns.emplace_back(name);
    });
  const auto first = record_columns({});
  if (!fits || columns.size() < first.size() || columns.size() > kRecordColumnsMax ||
      !std::equal(first.begin(), first.end(), columns.begin())) {
    return invalid(in_quotes(line) + " is not the header of a test record: time,n_batches,loss and metrics");
  }
  return columns;
}

Result<std::vector<double>> parse_record_line(std::string_view line, std::size_t columns) {
  std::vector<double> row;
  bool fits = line.size() <= kRecordLineBytesMax;
  if (fits) {
    split(line, [&](std::string_view text) {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      fits = fits && error == std::errc() && end == text.data() + text.size();
      row.push_back(value);
    });
  }
  if (!fits || row.size() != columns) {
    return invalid(in_quotes(line) + " is not a row of " + std::to_string(columns) + " numbers");
  }
  return row;
}

Result<TestRecord> record_from_csv(std::string_view text) {
  TestRecord record;
  std::size_t number = 0;
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) break;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (++number == 1) {
      PAI_ASSIGN(record.columns, parse_record_header(line));
      continue;
    }
    auto row = parse_record_line(line, record.columns.size());
    if (!row.ok())
      return invalid("line " + std::to_string(number) + " of the test record: " + row.error().message());
    record.rows.push_back(std::move(*row));
  }
  return record;
}

nlohmann::json row_to_json(std::span<const double> row) {
  auto list = nlohmann::json::array();
  for (const double value : row) {
    // Counts stay integers for whoever reads them.
    if (value == std::trunc(value) && std::abs(value) <= kExactIntegerMax) {
      list.push_back(static_cast<std::int64_t>(value));
    } else {
      list.push_back(std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr));
    }
  }
  return list;
}

Result<std::vector<double>> row_from_json(const nlohmann::json& list) {
  if (!list.is_array() || list.size() > kRecordColumnsMax) {
    return invalid(shown(list) + " is not a row of at most " + std::to_string(kRecordColumnsMax) +
                   " numbers");
  }
  std::vector<double> row;
  for (const auto& value : list) {
    if (!value.is_number() && !value.is_null()) return invalid(shown(value) + " is not a number");
    row.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  }
  return row;
}

}  // namespace pai::task
