#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/csv/layout.h"
#include "common/task/task_file.h"

namespace pai::client::align {

enum class Psi { kPrf, kEcdh };

/// Main's settings, which every party has.
struct SharedSettings {
  Psi psi = Psi::kPrf;
  double test_ratio = 0.2;
  std::uint64_t min_intersection = 1;
};

/// A data client's own.
struct PartySettings {
  std::string raw_data_path;
  std::string out_data_path;
  csv::ColumnRequest columns;
  bool keep_first = false;  ///< of rows with the same ID
  bool overwrite = false;
};

SharedSettings shared_settings(const task::TaskFile& task);
PartySettings party_settings(const task::TaskFile& task);

/// Ids of the clients that hold data, ascending.
std::vector<int> data_clients(const task::TaskFile& task);

/// Where this client builds its data set, relative to the data-set root; its node removes what is left there.
std::string staging_path(const task::TaskFile& task);

}  // namespace pai::client::align
