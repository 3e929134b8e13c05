#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/csv/layout.h"
#include "common/io/files.h"

namespace pai::client::nn {

/// A data set that an alignment wrote: its dataset.json (docs/file-formats.md), checked against the files
/// beside it.
class DataSet {
 public:
  /// Opens `path`, relative to the root. kNotFound when there is nothing; kInvalid when it is no data set
  /// (what is missing or wrong is said), when a file is not there or has another size than dataset.json says;
  /// kIo.
  static Result<DataSet> open(const io::Root& datasets, const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& task() const { return task_; }
  const std::string& alignment_id() const { return alignment_id_; }
  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<std::string>& id_columns() const { return id_columns_; }
  std::uint64_t train_rows() const { return train_rows_; }
  std::uint64_t test_rows() const { return test_rows_; }
  std::uint64_t rows() const { return train_rows_ + test_rows_; }

  /// Paths relative to the root.
  std::string train_file() const { return path_ + "/train.csv"; }
  std::string test_file() const { return path_ + "/test.csv"; }
  std::string aligned_file() const { return path_ + "/" + aligned_name_; }
  /// Bytes that dataset.json gives for a file of the folder.
  std::uint64_t bytes_of(std::string_view name) const;

  /// Digest over the names of the selected columns, in order: a model is used with columns that have the same
  /// one.
  static std::string schema_hash(const std::vector<std::string>& names);

  /// Which of the data set's columns a party's `columns` setting asks for, by name or by position among them
  /// from 0, in the order asked for; absent: all. kInvalid with a detail for each that is not there (with its
  /// nearest neighbour and what there is) or twice, and for none at all.
  Result<std::vector<std::uint32_t>> select_columns(
      const std::optional<std::vector<csv::ColumnRequest::Column>>& wanted) const;
  std::vector<std::string> names_of(const std::vector<std::uint32_t>& columns) const;

 private:
  DataSet() = default;
  std::string path_, task_, alignment_id_, aligned_name_;
  std::vector<std::string> columns_, id_columns_;
  std::uint64_t train_rows_ = 0, test_rows_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> bytes_;
};

}  // namespace pai::client::nn
