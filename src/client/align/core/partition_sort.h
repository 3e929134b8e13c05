#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/align/core/tags.h"

namespace pai::client::align {

/// Sorts partitions by tag; rows of equal tags keep their order. Tags are pseudo-random, so that one counting
/// pass over the bits after the partition's own leaves little for the insertion sort; skewed input is sorted
/// all the same, only slower.
class PartitionSorter {
 public:
  /// The rows of one partition in order of their tags; valid until the next call.
  std::span<const TagRow> sort(std::span<const TagRow> rows);

 private:
  std::vector<TagRow> sorted_;
  std::vector<std::uint32_t> places_;
};

}  // namespace pai::client::align
