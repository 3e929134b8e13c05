#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/base/result.h"
#include "node/record.h"

namespace pai::node {

/// Who writes, who has written and who reads below the data-set folder. One client at a time may intend to write a
/// path, none while another one reads it, and no data set lies within another. Thread-safe; filled from node.db at start.
class Outputs {
 public:
  /// Reserves the path for the client until `release`; again for the same client is fine. kConflict names the
  /// holder: another client that means to write it, or, without `overwrite`, another task's data set: a task
  /// that was deleted is another, though this one has its name.
  Status reserve(const std::string& path, const ClientKey& client, bool overwrite);
  /// Whether `reserve` would succeed.
  Status check(const std::string& path, const ClientKey& client, bool overwrite) const;
  /// The client does not write the path any more; nothing when it did not hold it.
  void release(const std::string& path, const ClientKey& client);
  /// The client's data set is there now.
  void add_dataset(const std::string& path, const ClientKey& client);
  void remove_dataset(const std::string& path);
  /// The client was deleted: if the data set at the path is its, it is nobody's now.
  void disown_dataset(const std::string& path, const ClientKey& client);

  /// The client runs and reads the data set at the path, until `end_use`; again for the same client is fine. kConflict
  /// names the client that means to write it.
  Status use(const std::string& path, const ClientKey& client);
  Status check_use(const std::string& path, const ClientKey& client) const;
  void end_use(const std::string& path, const ClientKey& client);
  /// Reserves the path for its holder, which is going to remove its data set. kConflict names a client that reads it.
  Status reserve_removal(const std::string& path, const ClientKey& holder);
  Status check_removal(const std::string& path, const ClientKey& holder) const;

  /// Whose data set lies at the path.
  std::optional<ClientKey> dataset_holder(const std::string& path) const;

 private:
  struct Slot {
    std::optional<ClientKey> writer;
    std::optional<ClientKey> dataset;
    std::set<ClientKey> users;
  };
  Status check_use_locked(const std::string& path, const ClientKey& client) const;
  Status check_unused_locked(const std::string& path, const ClientKey& client) const;
  Status check_locked(const std::string& path, const ClientKey& client, bool overwrite) const;
  Status check_nesting(const std::string& path) const;
  void drop_if_empty(const std::string& path);

  mutable std::mutex mutex_;
  std::map<std::string, Slot> slots_;
};

}  // namespace pai::node
