#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/align/core/tags.h"
#include "client/align/table.h"
#include "client/align/tag_table.h"

namespace pai::client::align {

/// What becomes of rows with the same ID: an error that names both lines, or only the first row of the file
/// is kept.
class DuplicatePolicy {
 public:
  DuplicatePolicy(Table& table, const TaggedTable& tagged, bool keep_first)
      : table_(table), tagged_(tagged), keep_first_(keep_first) {}

  /// `rows` are a partition's, sorted by tag, rows of equal tags by their place in the file. Returns them
  /// without repeated IDs, as a view of `rows` or of memory that the next call reuses. Errors: kInvalid for a
  /// duplicate; kInternal when two IDs share a tag.
  Result<std::span<const TagRow>> apply(std::uint32_t partition, std::span<const TagRow> rows);

 private:
  std::string id_of(std::uint32_t partition, std::uint32_t row) const;
  Error duplicate(const std::string& id, std::uint32_t first_number, std::uint32_t second_number);

  Table& table_;
  const TaggedTable& tagged_;
  bool keep_first_;
  std::vector<TagRow> kept_;
};

}  // namespace pai::client::align
