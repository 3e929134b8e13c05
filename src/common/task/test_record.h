#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"

namespace pai::task {

/// The label client's test record, a row an evaluation: seconds since the training began, batches done, loss,
/// then the metrics. A value may be NaN: the metric had none.
struct TestRecord {
  std::vector<std::string> columns;       ///< "time", "n_batches", "loss", then a name a metric
  std::vector<std::vector<double>> rows;  ///< each as long as `columns`, n_batches growing

  bool operator==(const TestRecord&) const = default;
};

inline constexpr const char* kRecordFileName = "record.csv";
/// Columns before the metrics.
inline constexpr std::size_t kRecordColumnsMin = 3;
inline constexpr std::size_t kRecordColumnsMax = 64;
/// What is read of a record, and answered with, at most.
inline constexpr std::size_t kRecordRowsMax = 100'000;
/// Longer lines are none that we wrote.
inline constexpr std::size_t kRecordLineBytesMax = 2048;

/// "time", "n_batches", "loss", then the metrics.
std::vector<std::string> record_columns(const std::vector<std::string>& metrics);

/// The first line of record.csv, with its line end. Names are plain words: nothing is quoted.
std::string record_header(std::span<const std::string> columns);
/// A row's line, with its line end; the shortest digits that give back the same doubles.
std::string record_line(std::span<const double> row);

/// What `record_header` wrote (without the line end); kInvalid when it is no record's header.
Result<std::vector<std::string>> parse_record_header(std::string_view line);
/// kInvalid when it is no row of that many columns.
Result<std::vector<double>> parse_record_line(std::string_view line, std::size_t columns);

/// The whole text of a record.csv. It may be read while it grows: a last line without its end is passed over.
Result<TestRecord> record_from_csv(std::string_view text);

/// A row as JSON numbers; what is not finite is null, since JSON has no such number.
nlohmann::json row_to_json(std::span<const double> row);
/// kInvalid when it is no list of at most `kRecordColumnsMax` numbers and nulls.
Result<std::vector<double>> row_from_json(const nlohmann::json& list);

}  // namespace pai::task
