#include "client/align/core/partition_store.h"

#include <algorithm>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pai::client::align {
namespace {

/// Writes a cache line past the cache: it is read only when its partition's turn comes.
void store_line(const TagRow* from, TagRow* to) {
#if defined(__SSE2__)
  for (int i = 0; i < 4; ++i) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
  }
#else
  std::copy(from, from + 4, to);
#endif
}

}  // namespace

PartitionStore::PartitionStore() : lines_(std::make_unique<Lines>()) {}

Status PartitionStore::add(std::span<const TagRow> rows) {
  for (const TagRow& row : rows) {
    const std::uint32_t partition = row.partition();
    const std::uint32_t at = counts_[partition]++;
    (*lines_)[partition][at % kLineRows] = row;
    if (at % kLineRows == kLineRows - 1) PAI_TRY(put_line(partition, at));
  }
  size_ += rows.size();
  return {};
}

Status PartitionStore::put_line(std::uint32_t partition, std::uint32_t at) {
  const std::uint32_t line_begin = at / kLineRows * kLineRows;
  if (line_begin % kChunkRows == 0) {
    PAI_ASSIGN(TagRow* const chunk, new_chunk());
    chunks_[partition].push_back(chunk);
  }
  store_line((*lines_)[partition].data(), chunks_[partition].back() + line_begin % kChunkRows);
  return {};
}

Result<TagRow*> PartitionStore::new_chunk() {
  constexpr std::size_t kChunkBytes = kChunkRows * sizeof(TagRow);
  if (slab_left_ < kChunkBytes) {
    PAI_ASSIGN(auto slab, LargeMemory::reserve(slab_bytes_));
    slab.populate(0, slab_bytes_);
    slab_left_ = slab_bytes_;
    slab_next_ = slab.as<TagRow>();
    slabs_.push_back(std::move(slab));
    slab_bytes_ = std::min(slab_bytes_ * 2, kSlabBytes);
  }
  TagRow* const chunk = slab_next_;
  slab_next_ += kChunkRows;
  slab_left_ -= kChunkBytes;
  return chunk;
}

void PartitionStore::copy(std::uint32_t partition, std::vector<TagRow>& rows) const {
  rows.clear();
  rows.reserve(counts_[partition]);
  const std::uint32_t in_line = counts_[partition] % kLineRows;
  std::uint32_t left = counts_[partition] - in_line;
  for (const TagRow* chunk : chunks_[partition]) {
    const std::uint32_t size = std::min(left, kChunkRows);
    rows.insert(rows.end(), chunk, chunk + size);
    left -= size;
  }
  const auto& line = (*lines_)[partition];
  rows.insert(rows.end(), line.begin(), line.begin() + in_line);
}

}  // namespace pai::client::align
