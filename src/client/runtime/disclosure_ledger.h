#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "client/channel/task_channel.h"
#include "common/io/files.h"
#include "common/task/hash_chain.h"
#include "common/task/task_file.h"

namespace pai::client {

/// What left this party, for its owner: `disclosures.jsonl` in the task directory, a hash chain
/// (common/task/hash_chain.h) that goes on over retries. After a `begin` line (task, client, run, task
/// digest) follow sums by phase, peer and message type with what that type discloses, written and brought to
/// the disk at each phase's end and every ten seconds, then `peer_ledger` lines with the other parties' heads, so that
/// two parties can compare, and an `end` line with the outcome.
///
/// A thread of its own writes; no role waits for the disk. When it cannot write, `on_failure` is told, once:
/// what cannot be accounted for must not leave.
class DisclosureLedger {
 public:
  using Clock = std::chrono::steady_clock;
  /// What has been sent so far.
  using Totals = std::function<std::vector<Traffic>()>;

  /// Opens the ledger of an earlier run or a new one, and writes the `begin` line. kInvalid for one that was
  /// tampered with; a last line that a crash cut off is dropped, and the `begin` line says so.
  static Result<std::unique_ptr<DisclosureLedger>> open(const io::Root& folder, const task::TaskFile& task);
  ~DisclosureLedger();

  /// From now on what `totals` says is recorded; until `close`.
  void follow(Totals totals, std::function<void(const Error&)> on_failure, std::string_view phase);
  /// What was sent since the last call belongs to the phase before.
  void phase(std::string_view name);
  /// Brings all that was sent until now to the disk and ends following: where the ledger stands then is what the peers are told. The
  /// first failure of all, if there was one.
  Result<task::HashChain::Head> seal();
  /// What was sent since, where the peers said that their ledgers stood, and the `end` line. The first failure, if there was one.
  Status close(std::string_view outcome, const std::vector<PeerLedger>& peers = {});

  /// How many lines there are, and the hash of the last one: what two parties compare.
  const task::HashChain::Head& head() const { return chain_.head(); }

 private:
  struct Snapshot {
    std::string phase;
    std::vector<Traffic> totals;
  };
  DisclosureLedger(io::Fd fd, task::HashChain::Head head) : fd_(std::move(fd)), chain_(std::move(head)) {}
  void run();
  void stop();
  Status write(const std::vector<Snapshot>& snapshots);
  Status write(const nlohmann::ordered_json& entry);
  Status sync() const;

  io::Fd fd_;
  task::HashChain chain_;
  std::map<std::pair<int, std::string>, Traffic>
      recorded_;  // by peer and message type: totals that stand in the ledger

  Totals totals_;
  std::function<void(const Error&)> on_failure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string phase_;
  std::deque<Snapshot> ended_;  // phases that are not written yet
  bool stopped_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace pai::client
