#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/store/database.h"
#include "common/task/states.h"
#include "node/policy/decide.h"
#include "node/record.h"
#include "node/retention.h"
#include "node/slots.h"

namespace pai::node {

/// What the master sent of a client, as checked; kept in the database so that its folder can be written anew.
struct Documents {
  nlohmann::json public_part;
  nlohmann::json own_settings;
};

/// Which clients are listed.
struct ClientQuery {
  std::optional<task::ClientState> state = {};
  std::int64_t limit = 100;  ///< of one page, 1 or more
  std::int64_t page = 1;     ///< from 1
};

struct ClientPage {
  std::vector<task::ClientStatus> items;
  std::int64_t total = 0;  ///< on all pages
};

/// A data set that a client left here.
struct DatasetRecord {
  ClientKey holder;  ///< its client is `kNoClient` when the client was deleted
  task::DatasetSummary summary;
  double registered_at = 0;  ///< Unix seconds
};

/// How many clients are in a state.
struct ClientCount {
  task::ClientState state = task::ClientState::kCreated;
  std::string type;  ///< client_type, "unknown" if the row's is none
  std::size_t clients = 0;
};

/// node.db. The only files with SQL are schema.h, store.cpp, store_grants.cpp and store_queue.cpp. Each call returns when its change is durable; an error
/// leaves everything as it was. Any thread may call; callers see to it that one client's changes come one
/// after the other.
class Store {
 public:
  static Result<Store> open(const std::filesystem::path& file);

  /// Every client but those that ended before `ended_since` (Unix seconds) and are not to be deleted: a node has
  /// no bound on those. A row whose content is unreadable stays: as running when it was, for its process to be
  /// judged, else as Failed with the reason. Data sets that can't be read are left out. Both are logged.
  Result<std::vector<ClientRecord>> clients(double ended_since = 0);
  Result<std::optional<ClientRecord>> client(const ClientKey& key);
  /// Those that ended and are not to be deleted already, in no order.
  Result<std::vector<EndedClient>> ended();
  /// Every client there is.
  Result<std::map<ClientKey, task::ClientState>> states();
  Result<std::vector<ClientCount>> counts();
  /// A master's clients, the latest prepared first.
  Result<ClientPage> list(const std::string& master_identity, const ClientQuery& query);
  Result<std::vector<DatasetRecord>> datasets();
  /// kNotFound when there is no such client.
  Result<Documents> documents(const ClientKey& key);

  /// A new client, Prepared; durable soon, at the latest with its commit. With `replaces_old` a row of the same key goes in
  /// the same step, which is durable on return.
  Status insert(const ClientRecord& record, const Documents& documents, bool replaces_old);
  /// Saves the record, whose state is the transition's end; kInternal when the stored state is not its
  /// beginning. A record that Finished with a data set registers that too.
  Status save(const ClientRecord& record, const task::ClientTransition& transition);
  /// Saves what is promised about the client; nothing else changes.
  Status save_intent(const ClientKey& key, Intent intent);
  /// Forgets the client. A data set that it left is nobody's from now on.
  Status remove(const ClientKey& key);
  Status remove_dataset(const std::string& out_data_path);

  Result<std::set<std::uint16_t>> ports_in_use();  ///< computation ports of clients that have not ended
  Result<std::set<std::uint16_t>> ports_known();   ///< of ended clients too, which may be tried again
  /// 32 hexadecimal digits, drawn when node.db was made.
  Result<std::string> node_id();
  /// That a write would be durable now.
  Status probe();
  /// Clients of the task that this master has here, whatever their state.
  Result<int> clients_of(const std::string& master_identity, const std::string& task_name);
  /// Runs that wait for their turn, or use it up. In the order of tickets.
  Result<std::vector<QueuedRun>> queued();
  /// Gives its ticket.
  Result<std::int64_t> add_queued(const QueuedRun& run);
  Status remove_queued(const std::vector<std::int64_t>& tickets);

  /// Saves what the client rests on; nothing else changes.
  Status save_granted(const ClientRecord& record);
  /// Grants that the owner made here, in the order made; those revoked are left out.
  Result<std::vector<policy::Grant>> grants();
  /// Whether the owner ever made one here.
  Result<bool> has_grants();
  /// kConflict when there is, or was, one of this name: its uses would count for another.
  Status add_grant(const policy::Grant& grant, double made_at);
  /// kNotFound when there is none that holds.
  Status revoke_grant(const std::string& name, double revoked_at);
  /// Runs that used each grant, without this one.
  Result<policy::Uses> uses(const std::string& task_name, const std::string& run_id);
  /// Counts the run, once however many of its clients are here; kDenied when `limit` other runs used the grant.
  Status add_use(const std::string& grant, const std::string& task_name, const std::string& run_id, double used_at,
                 std::optional<std::uint64_t> limit);

 private:
  ClientRecord readable(const store::Row& row);
  Status save_as_it_is(const ClientRecord& record);
  explicit Store(std::unique_ptr<store::Database> database) : database_(std::move(database)) {}
  std::unique_ptr<store::Database> database_;
};

}  // namespace pai::node
