#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "node/supervisor.h"

namespace pai::node {

/// A start's id as masters make it: kInvalid for anything else.
Status check_run_id(const std::string& run_id);

/// One client while this daemon runs: its record as stored, and what belongs to this process only. Guarded by
/// `mutex`.
struct Supervisor::Entry {
  explicit Entry(ClientKey its_key) : key(std::move(its_key)) {}

  const ClientKey key;
  std::mutex mutex;
  std::condition_variable changed;  ///< the state, or `present`, did
  ClientRecord record;
  bool present = false;   ///< there is a record; else this only reserves the name for the call under way
  bool loaded = false;    ///< `record` and `present` are as node.db says
  std::optional<Error> unreadable;  ///< why they could not be loaded; then nothing is known of the client
  bool detached = false;  ///< no longer in the map: whoever waited for the mutex looks again
  std::unique_ptr<process::Process> process;
  bool unadopted = false;  ///< after a restart it may run, and could not be taken over yet
  std::string used_path;  ///< data set that it reads while it runs; empty: none
  bool end_unsaved =
      false;  ///< the process ended, and the database has not taken it yet; said once in the log
  std::uint64_t log_begin = 0;  ///< where the present run's part of log.txt begins
  std::optional<process::Loop::Token> look;  ///< the next look at what the running client uses
  Used used;                      ///< as seen last
  std::optional<Excess> excess;   ///< it is being ended for it
  std::optional<process::Loop::Token>
      timer;  ///< expiry of a preparation, or the next rung of the stop ladder

  task::ClientState state() const { return record.status.state; }
  bool is_running() const {
    return state() == task::ClientState::kStarting || state() == task::ClientState::kRunning ||
           state() == task::ClientState::kStopping;
  }
  /// It ended, and nothing of it is this process's business any more.
  bool is_at_rest() const {
    return task::is_terminal(state()) && record.intent == Intent::kNone && !process && !timer && !unadopted &&
           !end_unsaved;
  }
};

/// An entry held by this thread. When let go, an entry that is not present leaves the map, and so does one that is at
/// rest and that nobody waits for: node.db has all of it, and those have no bound.
class Supervisor::Locked {
 public:
  Locked(Supervisor& owner, std::shared_ptr<Entry> entry, std::unique_lock<std::mutex> lock)
      : owner_(&owner), entry_(std::move(entry)), lock_(std::move(lock)) {}
  Locked(Locked&&) = default;
  Locked& operator=(Locked&&) = delete;
  ~Locked() {
    if (!entry_ || entry_->detached || (entry_->present && !entry_->is_at_rest())) return;
    const std::lock_guard map_lock(owner_->mutex_);
    // References are taken under the map's mutex: the map's and this one mean that nobody waits.
    if (entry_->present && entry_.use_count() > 2) return;
    entry_->detached = true;
    owner_->entries_.erase(entry_->key);
  }

  Entry& operator*() const { return *entry_; }
  Entry* operator->() const { return entry_.get(); }
  std::unique_lock<std::mutex>& lock() { return lock_; }

 private:
  Supervisor* owner_;
  std::shared_ptr<Entry> entry_;  // outlives lock_, which is destroyed first
  std::unique_lock<std::mutex> lock_;
};

/// Unix seconds.
double now();

}  // namespace pai::node
