#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "client/align/awaited.h"
#include "client/align/core/large_memory.h"
#include "client/align/counter.h"
#include "client/align/duplicates.h"
#include "client/align/sent_tags.h"
#include "client/crypto/primitives.h"
#include "client/runtime/context.h"

namespace pai::client::align {

/// A data client's side of psi "prf": tags go to main, partition by partition, while answers come back. One
/// thread sends, another receives; a third may follow `answered` and read the common rows of the partitions
/// that were answered.
class TagExchange {
 public:
  /// kIo when the system has no memory for the rows' references.
  static Result<TagExchange> create(Channel& channel, int main, std::uint64_t rows);
  TagExchange(TagExchange&&) = default;

  /// Sorts each partition, applies the policy and sends the tags; then the key of the tags is wiped. Reports the phase
  /// "send".
  Status send(TaggedTable& tagged, DuplicatePolicy& duplicates, Reporter& reporter);

  /// Takes main's answers, of which the first is waited for already, and the size of the intersection. `answered` counts partitions; the caller finishes
  /// it when this returns. Errors: the channel's, and kProtocol blaming main for an answer that does not fit.
  Status receive(Awaited<v1::MatchBits>& first_answer, Counter& answered);

  /// SHA-256 of the leading 64 bits of the common rows' tags, in aligned order: the same at parties that were
  /// given the same rows. After `receive`.
  const crypto::Hash32& common_digest() const { return common_digest_; }

  /// The rows of an answered partition that all parties have, in aligned order.
  std::span<const std::uint32_t> common(std::uint32_t partition) const {
    return {rows_.as<std::uint32_t>() + common_begin_[partition],
            static_cast<std::size_t>(common_begin_[partition + 1] - common_begin_[partition])};
  }
  /// All of them, when all partitions are answered.
  std::span<const std::uint32_t> common() const {
    return {rows_.as<std::uint32_t>(), static_cast<std::size_t>(common_begin_.back())};
  }

 private:
  TagExchange(Channel& channel, int main) : channel_(&channel), main_(main) {}
  Error protocol_error(const std::string& what) const;

  Channel* channel_;
  int main_;
  LargeMemory rows_;  ///< sent: in order of tags; answered: only the common ones, moved to the front
  std::vector<std::uint32_t> sent_counts_;
  std::vector<std::uint64_t> common_begin_;  ///< where each partition's common rows begin, and after the last
  std::unique_ptr<std::atomic<std::uint32_t>> partitions_sent_;
  std::unique_ptr<SentTags> sent_tags_;
  crypto::Hash32 common_digest_{};
};

}  // namespace pai::client::align
