#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "client/align/core/large_memory.h"
#include "client/align/core/tags.h"
#include "client/align/core/wide_copy.h"

namespace pai::client::align {

/// A line where it is kept. Lines of under 255 bytes remember their sizes; longer ones are measured again.
struct StoredLine {
  static constexpr std::uint32_t kUnknown = 255;

  const char* begin = nullptr;    ///< ends with a line feed; 64 bytes beyond that can be read
  std::uint32_t size = kUnknown;  ///< without the line feed
  std::uint32_t first_end = 0;    ///< where the first field ends; only with a known size
};

/// The lines of a table, kept by the partition of their tag: what is written together lies together, so that
/// writing in aligned order works within a cache's size and not all over the table. A line is not empty.
class LineStore {
 public:
  /// `expected_bytes` of text in all, by which chunks are sized.
  explicit LineStore(std::uint64_t expected_bytes);
  LineStore(LineStore&&) = default;
  LineStore& operator=(LineStore&&) = default;

  /// Adds a line (without its end), whose first field ends at `first_end`, and gives its reference within the
  /// partition; references grow in the order of adding. `readable` bytes can be read at the line's begin. kIo
  /// without memory, kTooLarge past 4 GiB in one partition.
  Result<std::uint32_t> add(std::uint32_t partition, std::string_view line, std::size_t first_end,
                            std::size_t readable) {
    Place& place = places_[partition];
    const std::size_t size = kPrefix + line.size() + 1;
    if (size > place.left) [[unlikely]]
      PAI_TRY(grow(partition, size));
    char* const to = place.next + kPrefix;
    if (line.size() < kWideBytes && place.left >= kPrefix + kWideBytes && readable >= kWideBytes)
      copy_wide(to, line.data());
    else
      std::memcpy(to, line.data(), line.size());
    const bool known = line.size() < StoredLine::kUnknown;
    place.next[0] = static_cast<char>(known ? line.size() : StoredLine::kUnknown);
    place.next[1] = static_cast<char>(known ? first_end : 0);
    to[line.size()] = '\n';
    place.next += size;
    place.left -= static_cast<std::uint32_t>(size);
    __builtin_prefetch(place.next + 64, 1);  // near by the time that this partition has its next row
    const auto reference = static_cast<std::uint32_t>(place.used);
    place.used += size;
    ++place.lines;
    return reference;
  }

  std::uint32_t lines(std::uint32_t partition) const { return places_[partition].lines; }

  /// Calls `take(reference, line)` for each line of a partition, in the order of adding; `take` returns the
  /// line's size.
  template <class Take>
  void for_each(std::uint32_t partition, Take&& take) const {
    const std::uint64_t end = places_[partition].used;
    for (std::uint64_t at = 0; at < end;) {
      const StoredLine stored = line(partition, static_cast<std::uint32_t>(at));
      if (stored.size == kSkip)
        at = ((at >> chunk_bits_) + 1) << chunk_bits_;
      else
        at += kPrefix + take(static_cast<std::uint32_t>(at), stored) + 1;
    }
  }

  StoredLine line(std::uint32_t partition, std::uint32_t reference) const {
    const char* const at =
        chunks_[partition][reference >> chunk_bits_] + (reference & ((std::uint32_t{1} << chunk_bits_) - 1));
    return {at + kPrefix, static_cast<unsigned char>(at[0]), static_cast<unsigned char>(at[1])};
  }

  /// Asks for a partition's text to be brought near.
  void prefetch(std::uint32_t partition) const;

 private:
  static constexpr std::size_t kPrefix = 2;  ///< the line's size and its first field's
  static constexpr char kSkip = 0;           ///< in place of a size: the rest of the chunk is not used

  struct Place {
    char* next = nullptr;
    std::uint32_t left = 0;
    std::uint32_t lines = 0;
    std::uint64_t used =
        0;  ///< of the partition's addresses; what a chunk could not take any more is skipped
  };

  Status grow(std::uint32_t partition, std::size_t size);
  Result<char*> take(std::size_t bytes);

  unsigned chunk_bits_;
  std::array<Place, kPartitions> places_{};
  std::array<std::vector<char*>, kPartitions> chunks_;
  std::vector<LargeMemory> slabs_;
  char* slab_next_ = nullptr;
  std::size_t slab_left_ = 0;
  std::size_t slab_bytes_;
};

}  // namespace pai::client::align
