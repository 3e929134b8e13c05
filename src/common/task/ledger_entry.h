#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <nlohmann/json.hpp>

#include "common/task/hash_chain.h"

namespace pai::task {

// What the lines of a ledger of disclosures say (docs/file-formats.md, `disclosures.jsonl`). The lines' chain is checked apart from
// that, by HashChain.

struct LedgerBegin {
  std::string task;
  int client = 0;
  std::string run;
  std::string digest;  ///< of the task's public part
  std::string time;    ///< UTC, as it was written
};

/// What went to one peer in one type of message, in one phase, since the line before it about them.
struct LedgerSent {
  std::string phase;
  int peer = 0;
  std::string message;    ///< type
  std::string discloses;  ///< kind
  std::string learns;     ///< one sentence
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

/// Where a peer said, at its end, that its own ledger stood.
struct LedgerPeer {
  int peer = 0;
  HashChain::Head head;
};

struct LedgerEnd {
  std::string outcome;  ///< "finished", or an error's code
};

using LedgerEntry = std::variant<LedgerBegin, LedgerSent, LedgerPeer, LedgerEnd>;

/// Nothing for what is no entry of a ledger, or has a member of the wrong type.
std::optional<LedgerEntry> ledger_entry_from_json(const nlohmann::json& entry);

}  // namespace pai::task
