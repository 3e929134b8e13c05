#include "client/align/core/partition_sort.h"

#include <algorithm>
#include <bit>

namespace pai::client::align {
namespace {

constexpr unsigned kBucketBitsMax = 16;
constexpr std::uint32_t kInsertionMax = 48;

bool tag_below(const TagRow& a, const TagRow& b) {
  return a.tag_below(b);
}

}  // namespace

std::span<const TagRow> PartitionSorter::sort(std::span<const TagRow> rows) {
  sorted_.resize(rows.size());
  if (rows.empty()) return sorted_;
  const unsigned bits = std::min<unsigned>(std::bit_width(rows.size()), kBucketBitsMax);
  const auto bucket_of = [bits](const TagRow& row) { return (row.high << kPartitionBits) >> (64 - bits); };
  places_.assign((std::size_t{1} << bits) + 1, 0);
  for (const TagRow& row : rows) ++places_[bucket_of(row) + 1];
  std::uint32_t largest = 0;
  for (std::size_t bucket = 1; bucket < places_.size(); ++bucket) {
    largest = std::max(largest, places_[bucket]);
    places_[bucket] += places_[bucket - 1];
  }
  for (const TagRow& row : rows) sorted_[places_[bucket_of(row)]++] = row;
  if (largest > kInsertionMax) {
    std::stable_sort(sorted_.begin(), sorted_.end(), tag_below);
    return sorted_;
  }
  for (std::size_t i = 1; i < sorted_.size(); ++i) {
    if (!sorted_[i].tag_below(sorted_[i - 1])) continue;
    const TagRow row = sorted_[i];
    std::size_t at = i;
    for (; at > 0 && row.tag_below(sorted_[at - 1]); --at) sorted_[at] = sorted_[at - 1];
    sorted_[at] = row;
  }
  return sorted_;
}

}  // namespace pai::client::align
