#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client/align/core/large_memory.h"
#include "client/align/core/tags.h"

namespace pai::client::align {

/// Tags and their rows, scattered into partitions as they come, 16 bytes each plus at most one chunk (4 KiB)
/// a partition. Within a partition they keep the order of adding.
class PartitionStore {
 public:
  PartitionStore();

  /// kIo when the system has no memory.
  Status add(std::span<const TagRow> rows);

  std::uint64_t size() const { return size_; }
  std::uint32_t count(std::uint32_t partition) const { return counts_[partition]; }

  /// The partition's rows, in the order of adding.
  void copy(std::uint32_t partition, std::vector<TagRow>& rows) const;

 private:
  static constexpr std::uint32_t kLineRows = 4;     ///< one cache line
  static constexpr std::uint32_t kChunkRows = 256;  ///< one page
  static constexpr std::size_t kSlabBytes = std::size_t{8} << 20;
  using Line = std::array<TagRow, kLineRows>;

  Status put_line(std::uint32_t partition, std::uint32_t at);
  Result<TagRow*> new_chunk();

  struct alignas(64) Lines : std::array<Line, kPartitions> {};
  std::unique_ptr<Lines>
      lines_;  ///< rows that do not fill a line yet: written to memory a whole line at a time
  std::array<std::uint32_t, kPartitions> counts_{};
  std::array<std::vector<TagRow*>, kPartitions> chunks_;
  std::vector<LargeMemory> slabs_;
  std::size_t slab_left_ = 0;
  TagRow* slab_next_ = nullptr;
  std::size_t slab_bytes_ = std::size_t{256} << 10;  ///< grows, so that a small table takes little
  std::uint64_t size_ = 0;
};

}  // namespace pai::client::align
