#include "client/align/core/tag_stream.h"

#include <algorithm>

namespace pai::client::align {

bool unpack_tags(std::uint32_t partition, std::span<const std::uint8_t> tags,
                 std::vector<std::uint64_t>& high) {
  const std::size_t count = tags.size() / kTagBytes;
  high.resize(count);
  if (count == 0) return true;
  std::uint64_t before = load_high(tags.data());
  high[0] = before;
  bool good = true;
  for (std::size_t i = 1; i < count; ++i) {
    const std::uint64_t now = load_high(tags.data() + i * kTagBytes);
    high[i] = now;
    if (now <= before) [[unlikely]] {
      good = good && now == before &&
             load_low(tags.data() + (i - 1) * kTagBytes) < load_low(tags.data() + i * kTagBytes);
    }
    before = now;
  }
  // Ascending, so the ends tell about all between.
  return good && high.front() >> (64 - kPartitionBits) == partition &&
         high.back() >> (64 - kPartitionBits) == partition;
}

std::optional<std::string> TagStream::check(const TagBatchView& batch, CheckedBatch& checked) {
  if (batch.counts.empty()) return "a batch without a partition";
  if (batch.first_partition != next_) {
    return "partition " + std::to_string(batch.first_partition) + " when " + std::to_string(next_) +
           " was next";
  }
  if (batch.counts.size() > kPartitions - next_)
    return "more than " + std::to_string(kPartitions) + " partitions";
  std::uint64_t total = 0;
  checked.first_partition = batch.first_partition;
  checked.counts.assign(batch.counts.begin(), batch.counts.end());
  checked.offsets.clear();
  for (const auto count : batch.counts) {
    checked.offsets.push_back(static_cast<std::size_t>(total) * kTagBytes);
    total += count;
    if (total > left_) return "more tags than it declared";
  }
  if (total * kTagBytes != batch.tags.size()) return "a batch whose counts do not fit its bytes";
  left_ -= total;
  next_ += static_cast<std::uint32_t>(batch.counts.size());
  return std::nullopt;
}

std::optional<std::string> AnswerStream::check(std::uint32_t first_partition,
                                               std::span<const std::uint32_t> counts, std::string_view bits,
                                               std::uint32_t partitions_sent) {
  if (counts.empty()) return "an answer to no partition";
  if (first_partition != next_) {
    return "an answer to partition " + std::to_string(first_partition) + " when " + std::to_string(next_) +
           " was next";
  }
  if (counts.size() > kPartitions - next_ || next_ + counts.size() > partitions_sent)
    return "an answer to tags that were not sent";
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != sent_[next_ + i]) return "an answer of another size than the partition";
    bytes += bit_bytes(counts[i]);
  }
  if (bytes != bits.size()) return "an answer whose counts do not fit its bytes";
  next_ += static_cast<std::uint32_t>(counts.size());
  return std::nullopt;
}

}  // namespace pai::client::align
