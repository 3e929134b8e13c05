#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/io/files.h"
#include "common/task/model.h"

namespace pai::node {

/// The data set that a client reads, as its dataset.json says; what the master compares between the parties.
/// No hashes.
struct UsedDataset {
  std::string data_path;
  std::string alignment_id;  ///< lower-case hex
  std::uint64_t train_rows = 0;
  std::uint64_t test_rows = 0;
  std::uint64_t columns = 0;  ///< that the client uses
  // For the owner's grants; the master is not told.
  std::vector<std::string> column_names;  ///< those columns
  std::string source_raw;     ///< raw file that it was made from; empty: it does not say
  std::string source_sha256;  ///< of that file then; empty: likewise

  bool operator==(const UsedDataset&) const = default;
};

/// `data_path` of the settings, empty when the type has none.
std::string data_path_of(const task::ClientSpec& self);

/// Whether the client's data set is there: dataset.json, the files that the task reads with their sizes, the
/// columns asked for. Nothing for a client without `data_path`. kInvalid; details say what and where.
Result<std::optional<UsedDataset>> check_dataset(const io::Root& datasets, const task::TaskSpec& spec,
                                                 const task::ClientSpec& self);

nlohmann::json to_json(const std::optional<UsedDataset>& dataset);

}  // namespace pai::node
