#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/align/core/tags.h"

namespace pai::client::align {

/// One message of a tag stream, as it came.
struct TagBatchView {
  std::uint32_t first_partition = 0;
  std::span<const std::uint32_t> counts;
  std::string_view tags;
};

/// A batch that was checked.
struct CheckedBatch {
  std::uint32_t first_partition = 0;
  std::vector<std::uint32_t> counts;
  std::vector<std::size_t> offsets;  ///< of each partition's tags, in bytes
};

/// Checks the tags that one peer sends: partitions in order and none twice, counts that fit the bytes, no
/// more tags than declared, every tag in its partition, each partition strictly ascending.
class TagStream {
 public:
  explicit TagStream(std::uint64_t declared_rows) : left_(declared_rows) {}

  /// A sentence about what is wrong ("tags of partition 7 are not in order"), or nothing.
  std::optional<std::string> check(const TagBatchView& batch, CheckedBatch& checked);

  std::uint32_t next_partition() const { return next_; }
  /// Declared tags that did not come yet.
  std::uint64_t left() const { return left_; }
  bool complete() const { return next_ == kPartitions; }

 private:
  std::uint64_t left_;
  std::uint32_t next_ = 0;
};

/// Checks one partition's tags and writes their leading 64 bits to `high`. False when one is not of this
/// partition or not above the one before it.
bool unpack_tags(std::uint32_t partition, std::span<const std::uint8_t> tags,
                 std::vector<std::uint64_t>& high);

/// Reads answers: for each tag that was sent, in its order, one bit.
class AnswerStream {
 public:
  /// `sent` has the number of tags sent in each partition.
  explicit AnswerStream(std::span<const std::uint32_t> sent) : sent_(sent) {}

  /// Checks that the message continues the answers and fits what was sent (in `partitions_sent` partitions so
  /// far).
  std::optional<std::string> check(std::uint32_t first_partition, std::span<const std::uint32_t> counts,
                                   std::string_view bits, std::uint32_t partitions_sent);
  std::uint32_t next_partition() const { return next_; }

 private:
  std::span<const std::uint32_t> sent_;
  std::uint32_t next_ = 0;
};

inline std::size_t bit_bytes(std::uint32_t count) {
  return (static_cast<std::size_t>(count) + 7) / 8;
}

}  // namespace pai::client::align
