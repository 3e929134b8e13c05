#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/align/core/tags.h"
#include "client/align/table.h"

namespace pai::client::align {

/// What becomes of rows with the same ID: an error that names both lines, or only the first row of the file is kept.
class DuplicatePolicy {
 public:
  DuplicatePolicy(Table& table, bool keep_first) : table_(table), keep_first_(keep_first) {}

  /// `rows` are sorted by tag, rows of equal tags by their place in the file. Returns them without repeated IDs, as a view of `rows` or
  /// of memory that the next call reuses. Errors: kInvalid for a duplicate; kInternal when two IDs share a tag.
  Result<std::span<const TagRow>> apply(std::span<const TagRow> rows);

  /// The error for two rows with one ID.
  Error duplicate(std::uint32_t first, std::uint32_t second);

 private:
  bool same_id(std::uint32_t a, std::uint32_t b) const;

  Table& table_;
  bool keep_first_;
  std::vector<TagRow> kept_;
};

}  // namespace pai::client::align
