#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "client/align/core/large_memory.h"
#include "client/align/core/partition_store.h"
#include "client/align/counter.h"
#include "client/align/duplicates.h"
#include "client/runtime/context.h"

namespace pai::client::align {

/// A data client's side of psi "prf": tags go to main, partition by partition, while answers come back. One thread sends, another receives;
/// a third may follow `common` and read the common rows as they become known.
class TagExchange {
 public:
  /// kIo when the system has no memory for the rows' references.
  static Result<TagExchange> create(Channel& channel, int main, std::uint64_t rows);
  TagExchange(TagExchange&&) = default;

  /// Sorts each partition, applies the policy and sends the tags. Reports the phase "send".
  Status send(const PartitionStore& store, DuplicatePolicy& duplicates, Reporter& reporter);

  /// Takes main's answers and the size of the intersection. `common` counts the common rows, `answered` the partitions; the caller
  /// finishes both when this returns. Errors: the channel's, and kProtocol blaming main for an answer that does not fit.
  Status receive(Counter& common, Counter& answered);

  /// References of the common rows, in aligned order: as many as `common` said.
  const std::uint32_t* rows() const { return rows_.as<std::uint32_t>(); }

 private:
  TagExchange(Channel& channel, int main) : channel_(&channel), main_(main) {}
  Error protocol_error(const std::string& what) const;

  Channel* channel_;
  int main_;
  LargeMemory rows_;  ///< sent: in order of tags; answered: only the common ones, moved to the front
  std::vector<std::uint32_t> sent_counts_;
  std::unique_ptr<std::atomic<std::uint32_t>> partitions_sent_;
};

}  // namespace pai::client::align
