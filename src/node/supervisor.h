#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/task/task_file.h"
#include "node/board.h"
#include "node/checks.h"
#include "node/file_hashes.h"
#include "node/folders.h"
#include "node/grant_book.h"
#include "node/outputs.h"
#include "node/ports.h"
#include "node/process/folder_watch.h"
#include "node/process/launcher.h"
#include "node/process/loop.h"
#include "node/process/scope.h"
#include "node/record.h"
#include "node/retention.h"
#include "node/run_meter.h"
#include "node/settings.h"
#include "node/slots.h"
#include "node/store.h"

namespace pai::node {

/// What /createTask carries to prepare.
struct Preparation {
  nlohmann::json public_part;
  nlohmann::json client_config;
  std::string attempt;
};

/// A client, and the data set that it reads, if it reads one.
struct Seen {
  task::ClientStatus status;
  std::optional<UsedDataset> dataset;
};

/// What a check found, and the task as its node sees it.
struct CheckedTask {
  task::TaskSpec spec;
  Checked found;
};

/// Who calls: the name that its tasks belong to (api::caller_of), and the certificate that the owner's grants are about.
struct Caller {
  std::string name;  ///< empty when insecure
  policy::Initiator certificate;
};

/// A client that the owner is to decide about.
struct Pending {
  ClientRecord record;
  task::TaskSpec spec;
  std::string digest;  ///< of all that would be approved
};

/// This node's clients, from preparation to removal: the one place that decides. Each transition is stored
/// before it is acted on or reported. Calls may come from any thread and may block: one client's calls take
/// turns, different clients' don't wait for each other. `caller` is the calling master's identity
/// (api::caller_of), empty when insecure; a call for another master's client is kDenied. The loop must be
/// stopped before this is destroyed; running clients go on then.
///
/// The owner's grants are asked at check, prepare and start (grants.cpp); what no grant covers is kDenied.
///
/// creation.cpp has prepare, commit, forget; runs.cpp start and end; limiting.cpp what a client may use; queueing.cpp whose turn it is; recovery.cpp what a restart
/// finds; retaining.cpp what is old.
class Supervisor {
 public:
  struct Parts {
    const Settings& settings;
    Store& store;
    const Folders& folders;
    Board& board;
    process::Loop& loop;
    process::Launcher& launcher;
    process::FolderWatch& watch;
    GrantBook& grants;
    RunMeter& meter;
    const process::ScopeMaker* scopes = nullptr;  ///< where clients run in units of the service manager
  };
  explicit Supervisor(const Parts& parts);
  ~Supervisor();

  /// Clients that start from now on use these files, and believe whom they say.
  void use_tls(const tls::Files& files);

  /// Puts in order what a crash left, takes over the clients that still run, judges those that don't. Before
  /// anything else.
  Status recover();

  /// A computation port for a client that is to be prepared with this attempt; held as long as a preparation is.
  /// `avoid`: what its task uses besides. kConflict when the range is exhausted. With `only_look` it is not held.
  /// kBusy when `caller` (see api::caller_of) has too many that it did not prepare a client with.
  Result<std::uint16_t> assign_port(const std::string& caller, const ClientKey& key, const std::string& attempt,
                                    const std::set<std::uint16_t>& avoid, bool only_look);
  /// All faults of the request together: kInvalid, kDenied, kConflict. Gives what the checks found.
  Result<CheckedTask> check(const Caller& caller, const ClientKey& key, const Preparation& preparation);
  /// Again for the same attempt is fine. kConflict when the client exists with other content, or was started.
  Result<Seen> prepare(const Caller& caller, const ClientKey& key, const Preparation& preparation);
  /// Again for the same attempt is fine. kConflict when the preparation is gone.
  Result<task::ClientStatus> commit(const std::string& caller, const ClientKey& key,
                                    const std::string& attempt);
  /// Undoes this attempt's preparation or commit; nothing of it there is fine. kConflict once it was started.
  Status forget(const std::string& caller, const ClientKey& key, const std::string& attempt);

  /// Where the bound on running clients stands.
  const Slots& slots() const { return slots_; }
  /// For a run with so many clients at this node: its place in the queue. Asked again until it may be started, and then started; who
  /// does not ask for a while loses the place. kConflict for more clients than the task has here, so that nobody holds places for others.
  Result<Place> ask_place(const Caller& caller, const ClientKey& key, const std::string& run_id, int clients);

  /// Whether `start` would launch now; changes nothing.
  Result<Seen> check_start(const Caller& caller, const ClientKey& key, bool resume);
  /// Again for the same run is fine. With `resume` the client finds what its last run left, and is told to go on from it.
  Result<task::ClientStatus> start(const Caller& caller, const ClientKey& key, const std::string& run_id, bool resume);
  /// Returns when the process is gone; kTimeout if it does not go. Nothing there, or nothing running, is
  /// fine, and so is another run than `run_id` (empty: whichever): that one is left alone.
  Result<std::optional<task::ClientStatus>> stop(const std::string& caller, const ClientKey& key,
                                                 const std::string& run_id, const std::string& reason);
  /// Stops, then removes folder and record, and the data set when asked to. Nothing there is fine.
  /// kConflict, and nothing is done, when its data set is to go and a running client reads it.
  Status remove(const std::string& caller, const ClientKey& key, bool with_dataset);
  /// Whether `remove` would begin; changes nothing.
  Status check_removal(const std::string& caller, const ClientKey& key, bool with_dataset);

  /// Clients that wait for the owner, the longest waiting first.
  Result<std::vector<Pending>> pending();
  /// The owner's word on every waiting client of the task at this node, or on one. It is bound to the whole specification:
  /// `digest` (its first digits, at least 8; empty: whichever) names the one that the owner read. kNotFound when none
  /// waits, kConflict when another specification waits. Gives those decided on.
  Result<std::vector<Pending>> approve(const std::string& task_name, std::optional<int> client, const std::string& digest);
  Result<std::vector<Pending>> reject(const std::string& task_name, std::optional<int> client, const std::string& reason);
  /// Stops, without waiting for the end, the running clients whose grant does not cover them any more. Waits for nobody's call
  /// either: false when a call was under way on some client, which is then to be looked at again.
  bool enforce_grants();
  /// Whether a grant would let this client of a whole task document in, for the owner to try.
  Result<policy::Allowed> would_allow(const policy::Initiator& initiator, const task::TaskSpec& spec, int client);

  /// For retention.
  Result<EndedHere> ended_here();
  /// Removes the client as `remove` does, without its data set, if it is the one that ended then. False: it ran again, or its part of a model is
  /// kept. `done` hears how the removal went, before anyone else can look.
  Result<bool> remove_ended(const EndedClient& client, bool models, const std::set<std::string>& models_wanted,
                            const std::function<void(const Status&)>& done);

  /// kNotFound when this node does not know the client.
  Result<task::ClientStatus> status(const std::string& caller, const ClientKey& key);

 private:
  struct Entry;
  class Locked;

  // supervisor.cpp
  Locked acquire(const ClientKey& key);
  enum class Held { kYes, kNo, kGone };
  Held if_free(const ClientKey& key, const std::function<void(Entry&)>& look);
  void load(Entry& entry);
  static Status readable(const Entry& entry);
  Status authorize(const Entry& entry, const std::string& caller) const;
  Result<Locked> acquire_known(const std::string& caller, const ClientKey& key);
  Status step(Entry& entry, task::ClientEvent event);
  void post(const Entry& entry);
  task::TaskFile make_task_file(const task::TaskSpec& spec, const ClientRecord& record,
                                const std::string& model_folder = {}, bool resume = false) const;
  Result<Checked> check_client(const Caller& caller, const ClientKey& key, const task::TaskSpec& spec, const Run& run);
  static void take_progress(task::ClientStatus& status, const task::ClientReport& report);
  Result<task::TaskSpec> load_spec(const ClientKey& key);

  // grants.cpp
  std::string whole_digest(const task::TaskSpec& spec, const ClientRecord& record) const;
  static bool awaits_approval(const ClientRecord& record, const std::string& digest);
  static Error awaiting(const ClientKey& key);
  Result<std::vector<Pending>> decide_pending(const std::string& task_name, std::optional<int> client, const std::string& digest,
                                              const std::function<Status(Entry&, const Pending&)>& decide);
  void enforce_grant(Entry& entry);

  // creation.cpp
  Result<task::TaskSpec> checked_spec(const ClientKey& key, const Preparation& preparation) const;
  Result<bool> may_replace(const Entry& entry, const task::TaskSpec& spec, const Preparation& preparation);
  Status write_preparation(Entry& entry, ClientRecord record, const task::TaskSpec& spec, bool replaces_old);
  void await_commit(Entry& entry);
  void expire(const ClientKey& key, const std::string& attempt);
  Status undo_creation(Entry& entry);

  // runs.cpp
  Status check_launchable(const Entry& entry) const;
  Result<Checked> check_runnable(const Caller& caller, Entry& entry, const task::TaskSpec& spec, const std::string& run_id,
                                 bool resume);
  Status launch(Entry& entry, const task::TaskFile& file);
  void take_report(const ClientKey& key);
  void watch_reports(const ClientKey& key);
  void ended(const ClientKey& key, const std::string& run_id, const process::Outcome& outcome,
             bool unwatched);
  void release(Entry& entry);

  // stopping.cpp
  Status begin_stop(Entry& entry, const std::string& reason);
  Status begin_stop(Entry& entry, const std::string& reason, std::chrono::milliseconds grace);
  void climb_stop_ladder(Entry& entry, std::chrono::milliseconds grace);
  bool await_end(Locked& locked);

  // limiting.cpp
  bool in_scopes() const;
  process::LaunchSpec limited(process::LaunchSpec spec, const Entry& entry) const;
  void watch_limits(Entry& entry);
  void look_at_limits(const ClientKey& key, const std::string& run_id);
  void see_memory(Entry& entry) const;
  void see_disk(Entry& entry) const;
  std::optional<Excess> limit_at_end(Entry& entry, const std::optional<task::ClientReport>& report, const process::Outcome& outcome);

  // queueing.cpp
  void leave_queue(const std::string& owner, const ClientKey& key, const std::string& run_id);
  void drop_used_tickets();
  void drop_tickets(const std::vector<std::int64_t>& tickets);
  Status recover_queue();

  // removal.cpp
  Status check_unused(const Entry& entry, bool with_dataset) const;
  Status finish_removal(Entry& entry);

  // recovery.cpp
  Status recover_client(Entry& entry);
  Status recover_process(Entry& entry);
  Status restage(Entry& entry);
  Status rewrite(Entry& entry);
  void drop_preparation(Entry& entry);
  void use_again(Entry& entry);
  void adopt_again(const ClientKey& key, const std::string& run_id);
  Status remove_strays();
  void end_stray(const std::string& folder);

  const Settings& settings_;
  Store& store_;
  const Folders& folders_;
  Board& board_;
  process::Loop& loop_;
  process::Launcher& launcher_;
  process::FolderWatch& watch_;
  GrantBook& grants_;
  RunMeter& meter_;
  const process::ScopeMaker* scopes_;
  FileHashes hashes_;
  Outputs outputs_;
  Ports ports_;
  Slots slots_;

  std::mutex mutex_;  ///< guards the map alone; taken after an entry's own mutex, never before
  /// Clients that did not end yet, and those that somebody is concerned with now.
  std::map<ClientKey, std::shared_ptr<Entry>> entries_;

  std::mutex assigning_;
  mutable std::mutex tls_mutex_;
  tls::Files tls_;
};

}  // namespace pai::node
