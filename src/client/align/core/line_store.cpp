#include "client/align/core/line_store.h"

#include <algorithm>
#include <bit>

namespace pai::client::align {
namespace {

constexpr unsigned kChunkBitsMin = 10;
constexpr unsigned kChunkBitsMax = 15;
constexpr std::size_t kSlabBytesMax = std::size_t{8} << 20;
constexpr std::size_t kPadding = 128;

}  // namespace

LineStore::LineStore(std::uint64_t expected_bytes)
    // Some eight chunks a partition: what the last ones leave unused stays small beside the text.
    : chunk_bits_(
          std::clamp<unsigned>(static_cast<unsigned>(std::bit_width(expected_bytes / kPartitions / 8)),
                               kChunkBitsMin, kChunkBitsMax)),
      slab_bytes_(std::clamp<std::size_t>(static_cast<std::size_t>(expected_bytes / 8), std::size_t{64} << 10,
                                          kSlabBytesMax)) {}

/// Gives the partition a place for `size` bytes: the next chunk, or several that lie together for a line that
/// is longer than one.
Status LineStore::grow(std::uint32_t partition, std::size_t size) {
  Place& place = places_[partition];
  const std::size_t chunk = std::size_t{1} << chunk_bits_;
  const std::size_t count = (size + chunk - 1) / chunk;
  const std::uint64_t begin = static_cast<std::uint64_t>(chunks_[partition].size()) << chunk_bits_;
  if (begin + count * chunk > std::uint64_t{1} << 32) {
    return Error(ErrorCode::kTooLarge, "one partition of the table is larger than 4 GiB")
        .with_hint(
            "lower memory_bytes_max in the node's configuration, so that the table is read twice instead of "
            "held");
  }
  PAI_ASSIGN(char* const memory, take(count * chunk));
  if (place.left > 0) *place.next = kSkip;
  for (std::size_t i = 0; i < count; ++i) chunks_[partition].push_back(memory + i * chunk);
  place.next = memory;
  place.left = static_cast<std::uint32_t>(count * chunk);
  place.used = begin;
  return {};
}

Result<char*> LineStore::take(std::size_t bytes) {
  if (slab_left_ < bytes) {
    const std::size_t size = std::max(slab_bytes_, bytes);
    PAI_ASSIGN(auto slab, LargeMemory::reserve(size + kPadding));
    slab.populate(0, size);
    slab_next_ = slab.data();
    slab_left_ = size;
    slabs_.push_back(std::move(slab));
  }
  char* const memory = slab_next_;
  slab_next_ += bytes;
  slab_left_ -= bytes;
  return memory;
}

void LineStore::prefetch(std::uint32_t partition) const {
  std::uint64_t left = places_[partition].used;
  for (const char* chunk : chunks_[partition]) {
    const std::uint64_t size = std::min(left, std::uint64_t{1} << chunk_bits_);
    for (std::uint64_t at = 0; at < size; at += 64) __builtin_prefetch(chunk + at);
    left -= size;
  }
}

}  // namespace pai::client::align
