#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/csv/layout.h"
#include "ctl/data/column_profile.h"
#include "ctl/data/line_profile.h"

namespace pai::ctl::data {

/// What a table holds, as an alignment and a training would read it.
struct TableProfile {
  /// Two rows with the same ID, by their lines.
  struct Duplicate {
    std::uint64_t first = 0;
    std::uint64_t again = 0;
  };

  std::string file;
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
  LineProfile lines;
  std::vector<std::string> id_columns;
  std::vector<std::string> columns;      ///< the others
  std::vector<ColumnProfile> profiles;   ///< as many
  std::uint64_t duplicates = 0;          ///< rows whose ID stood before
  std::vector<Duplicate> examples;       ///< the first few, in the order of the file
};

/// Reads the whole file once. `id_columns` empty: the first one. Memory: 24 bytes a row. Errors: those that an alignment would end with (kInvalid with
/// file:line; the first one of the file), kNotFound, kIo.
Result<TableProfile> profile_table(const std::string& file, const std::vector<std::string>& id_columns);

}  // namespace pai::ctl::data
