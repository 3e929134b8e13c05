#pragma once

#include "client/align/core/line_store.h"
#include "client/align/core/partition_store.h"
#include "client/align/table.h"
#include "client/crypto/aes_cmac.h"
#include "client/runtime/context.h"

namespace pai::client::align {

/// A table whose IDs were tagged, by partition. A TagRow's row is the reference of its line in `lines`, or, when the text is not held,
/// the row's number in the file.
struct TaggedTable {
  PartitionStore tags;
  LineStore lines{0};
  bool held = false;
};

/// Reads the table, tags the ID of each row and scatters tags and, with `hold`, the lines to be written into partitions. Reports the
/// phase "read". Errors: those of Table::read, and kInvalid for an empty ID.
Result<TaggedTable> tag_table(Table& table, const crypto::CmacTagger& tagger, bool hold, Reporter& reporter);

/// Reports the phase "read" from what Table::read tells.
class ReadProgress {
 public:
  ReadProgress(Reporter& reporter, std::uint64_t bytes) : reporter_(reporter), bytes_(bytes) { reporter.phase("read", 0, "rows"); }
  Status operator()(std::uint64_t rows, std::uint64_t bytes_done);

 private:
  Reporter& reporter_;
  std::uint64_t bytes_;
  std::uint64_t rows_ = 0;
};

}  // namespace pai::client::align
