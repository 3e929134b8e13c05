#include "client/align/core/partition_sort.h"

#include <algorithm>
#include <bit>

namespace pai::client::align {
namespace {

constexpr unsigned kBucketBitsMax = 16;
constexpr std::uint32_t kInsertionMax = 48;

bool tag_below(const TagRow& a, const TagRow& b) { return a.tag_below(b); }

}  // namespace

std::span<const TagRow> PartitionSorter::sort(const PartitionStore& store, std::uint32_t partition) {
  const std::uint32_t count = store.count(partition);
  rows_.resize(count);
  if (count == 0) return rows_;
  const unsigned bits = std::min<unsigned>(std::bit_width(count), kBucketBitsMax);
  const auto bucket_of = [bits](const TagRow& row) { return (row.high << kPartitionBits) >> (64 - bits); };
  places_.assign((std::size_t{1} << bits) + 1, 0);
  store.for_each_piece(partition, [&](std::span<const TagRow> piece) {
    for (const TagRow& row : piece) ++places_[bucket_of(row) + 1];
  });
  std::uint32_t largest = 0;
  for (std::size_t bucket = 1; bucket < places_.size(); ++bucket) {
    largest = std::max(largest, places_[bucket]);
    places_[bucket] += places_[bucket - 1];
  }
  store.for_each_piece(partition, [&](std::span<const TagRow> piece) {
    for (const TagRow& row : piece) rows_[places_[bucket_of(row)]++] = row;
  });
  if (largest > kInsertionMax) {
    std::stable_sort(rows_.begin(), rows_.end(), tag_below);
    return rows_;
  }
  for (std::size_t i = 1; i < rows_.size(); ++i) {
    if (!rows_[i].tag_below(rows_[i - 1])) continue;
    const TagRow row = rows_[i];
    std::size_t at = i;
    for (; at > 0 && row.tag_below(rows_[at - 1]); --at) rows_[at] = rows_[at - 1];
    rows_[at] = row;
  }
  return rows_;
}

}  // namespace pai::client::align
