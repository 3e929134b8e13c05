#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/task/hash_chain.h"

namespace pai::ctl {

/// A `disclosures.jsonl` that was checked (docs/file-formats.md): what one party recorded of one task.
struct Ledger {
  struct Sum {
    std::string discloses;
    std::string learns;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };
  /// From a `begin` line to the next.
  struct Run {
    std::string id;
    std::string digest;   ///< of the task's public part
    std::string began;    ///< UTC
    std::string outcome;  ///< empty: no `end` line, for the process died
    std::map<std::pair<int, std::string>, Sum> sent;  ///< by peer and message type
    std::map<int, task::HashChain::Head> peers;       ///< where the peers said that their ledgers stood
  };

  std::string task;
  int client = 0;
  task::HashChain::Head head;
  std::vector<std::string> hashes;  ///< of each line
  std::vector<Run> runs;
};

/// kInvalid, naming the line, for text that is no whole chain, or whose lines are not a ledger's. A last line that a crash cut off
/// is such a fault too: the client mends it at its next start.
Result<Ledger> read_ledger(std::string_view text);

/// What two parties' ledgers of one task say of each other: each was told by the other where its ledger stood, and must have that very
/// line. Sentences for people; kInvalid, with a detail for each contradiction. Ledgers that are not of two parties of one task: kInvalid.
Result<std::vector<std::string>> compare(const Ledger& first, const Ledger& second);

}  // namespace pai::ctl
