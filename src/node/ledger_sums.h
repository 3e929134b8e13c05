#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "common/task/account.h"

namespace pai::node {

/// Sums a ledger of disclosures, as it grows. Pure.
class LedgerSums {
 public:
  /// The next whole lines. What does not follow from those before, or is none of a ledger's, is the summary's fault; nothing is
  /// taken from there on.
  void take(std::string_view lines);
  const task::LedgerSummary& summary() const { return summary_; }

 private:
  bool take_entry(const nlohmann::json& entry);

  task::LedgerSummary summary_;
  std::map<std::tuple<std::string, int, std::string>, std::size_t> places_;  // in `sent`, by phase, peer and message
};

}  // namespace pai::node
