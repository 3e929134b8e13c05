#pragma once

#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// Checks files, or the disclosures.jsonl of task folders: a line for each that is whole. kInvalid for the first that is not.
Result<std::string> verify_ledgers(const LedgerVerifyOptions& options);
/// What left the party, run by run, summed by receiver and message type.
Result<std::string> show_ledger(const LedgerShowOptions& options);
/// See ctl::compare.
Result<std::string> compare_ledgers(const LedgerCompareOptions& options);

}  // namespace pai::ctl
