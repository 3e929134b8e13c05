#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/io/files.h"
#include "common/task/roc.h"
#include "node/record.h"

namespace pai::node {

/// A part of a client's test record. A row's number is its place in record.csv, from 0.
struct RecordPart {
  std::vector<std::string> columns;  ///< empty when there is no record
  std::uint64_t first = 0;           ///< number of the first row here
  std::uint64_t total = 0;           ///< rows that the record has
  std::vector<std::vector<double>> rows;
};

/// An answer has so many rows at most: it must fit into one message, and there may be more to ask for.
inline constexpr std::size_t kRecordPartRowsMax = 20'000;

/// The next rows of the client's record.csv from number `from` on. Of a longer record only the last
/// `task::kRecordRowsMax` rows are told. The file may grow meanwhile; what follows a damaged line is left
/// out.
Result<RecordPart> read_record(const io::Root& tasks, const ClientKey& key, std::uint64_t from);

/// The label client's latest ROC curve; nothing when it left none. kInvalid for a file that is no such curve.
Result<std::optional<task::RocReport>> read_roc(const io::Root& tasks, const ClientKey& key);

}  // namespace pai::node
