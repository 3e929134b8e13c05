#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/http/message.h"
#include "common/task/reports.h"
#include "node/process/loop.h"
#include "node/record.h"

namespace pai::node {

/// What is reported of each client: statuses are posted here once they are stored, and from here go to
/// whoever asks and to the event streams, so that both always tell the same. Thread-safe; calls no one back
/// but streams.
class Board {
 public:
  /// A change of mere progress is told to streams at most this often per client.
  static constexpr std::chrono::milliseconds kProgressInterval{100};

  static constexpr std::chrono::minutes kRecent{5};

  Board(process::Loop& loop, std::string node, std::string boot_id)
      : loop_(loop), node_(std::move(node)), boot_id_(std::move(boot_id)) {}

  /// `owner`: the identity of the master whose client it is.
  void post(const task::ClientStatus& status, const std::string& owner);
  /// The client is forgotten; streams are not told.
  void remove(const ClientKey& key);

  /// Nothing for a client that ended longer ago than `kRecent`: node.db has it, and a node has no bound on those.
  std::optional<task::ClientStatus> find(const ClientKey& key) const;

  /// First the snapshot of the owner's clients, then every change, none lost between. Those that ended longer
  /// ago than `kRecent` are not in the snapshot, which must fit into one event however long a node lives.
  std::shared_ptr<http::EventStream> subscribe(const std::string& owner);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    task::ClientStatus status;
    std::string owner;
    Clock::time_point told_at{};
    bool waiting = false;  ///< progress that a timer will tell
  };
  struct Subscriber {
    std::shared_ptr<http::EventStream> stream;
    std::string owner;
  };
  void tell(Entry& entry);
  void tell_waiting(const ClientKey& key);
  void forget_old();
  void forget_later();

  process::Loop& loop_;
  const std::string node_;
  const std::string boot_id_;
  mutable std::mutex mutex_;
  std::map<ClientKey, Entry> entries_;
  std::deque<ClientKey> ended_;  ///< in the order of their ends; one that ended twice is there twice
  bool forgetting_ = false;      ///< a timer will look at them
  std::vector<Subscriber> subscribers_;
};

}  // namespace pai::node
