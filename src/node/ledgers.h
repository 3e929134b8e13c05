#pragma once

#include <cstdint>
#include <list>
#include <mutex>

#include "common/base/result.h"
#include "common/io/files.h"
#include "node/ledger_sums.h"
#include "node/record.h"

namespace pai::node {

/// The clients' ledgers of disclosures, summed for those who ask again and again: what was read stays summed, and only what was added
/// is read. Thread-safe.
class Ledgers {
 public:
  /// Reads at most `read_bytes_max` a call; a longer ledger is told in part, with how much is missing, and the next call goes on.
  explicit Ledgers(std::size_t read_bytes_max = std::size_t{8} << 20) : read_bytes_max_(read_bytes_max) {}

  /// Of the client's ledger in `tasks`; an empty one when there is none yet.
  Result<task::LedgerSummary> summary(const io::Root& tasks, const ClientKey& key);

 private:
  struct Kept {
    ClientKey key;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t read_bytes = 0;
    LedgerSums sums;
  };
  Kept& kept(const ClientKey& key, std::uint64_t device, std::uint64_t inode, std::uint64_t size);

  const std::size_t read_bytes_max_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // the latest asked for first
};

}  // namespace pai::node
