#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/task/hash_chain.h"
#include "common/task/usage.h"

namespace pai::task {

// What a node tells the master of what its client exchanged: sums and shapes, never a value.

/// What was exchanged with each other client, as the client counts it while it runs and at its end.
nlohmann::json to_json(const std::vector<PeerUsage>& traffic);
/// kInvalid, with the path of each fault: another program's document.
Result<std::vector<PeerUsage>> traffic_from_json(const nlohmann::json& document);

/// What a client's ledger of disclosures says, summed.
struct LedgerSummary {
  /// What went to one peer in one type of message, in one phase of the latest run.
  struct Sent {
    std::string phase;
    int peer = 0;
    std::string message;    ///< type
    std::string discloses;  ///< kind
    std::string learns;     ///< one sentence
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;

    bool operator==(const Sent&) const = default;
  };

  HashChain::Head head;         ///< how far it was read
  std::string fault;            ///< why it is no whole ledger from there on; empty: it is
  std::uint64_t unread_bytes = 0;  ///< that were not read yet: what follows is of the part before
  std::uint64_t runs = 0;       ///< of which the last is told; 0: nothing was written yet
  std::uint64_t earlier_messages = 0;  ///< what left in the runs before
  std::uint64_t earlier_bytes = 0;
  std::string run;              ///< id
  std::string began;            ///< UTC
  std::string outcome;          ///< "finished", an error's code; empty: it runs, or its process died
  std::vector<Sent> sent;       ///< in the order in which they first appear; kLedgerSumsMax at most
  std::uint64_t omitted = 0;    ///< sums that are too many to be told; they are in no number above

  bool operator==(const LedgerSummary&) const = default;
};

inline constexpr std::size_t kLedgerSumsMax = 4096;

nlohmann::json to_json(const LedgerSummary& summary);
/// As traffic_from_json.
Result<LedgerSummary> ledger_summary_from_json(const nlohmann::json& document);

}  // namespace pai::task
