#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "node/record.h"

namespace pai::node {

/// Who writes, and who has written, below the data-set folder. One client at a time may intend to write a
/// path, and no data set lies within another. Thread-safe; filled from node.db at start.
class Outputs {
 public:
  /// Reserves the path for the client until `release`; again for the same client is fine. kConflict names the
  /// holder: another client that means to write it, or, without `overwrite`, another task's data set.
  Status reserve(const std::string& path, const ClientKey& client, bool overwrite);
  /// Whether `reserve` would succeed.
  Status check(const std::string& path, const ClientKey& client, bool overwrite) const;
  /// The client does not write the path any more; nothing when it did not hold it.
  void release(const std::string& path, const ClientKey& client);
  /// The client's data set is there now.
  void add_dataset(const std::string& path, const ClientKey& client);
  void remove_dataset(const std::string& path);
  /// Whose data set lies at the path.
  std::optional<ClientKey> dataset_holder(const std::string& path) const;

 private:
  struct Slot {
    std::optional<ClientKey> writer;
    std::optional<ClientKey> dataset;
  };
  Status check_locked(const std::string& path, const ClientKey& client, bool overwrite) const;
  Status check_nesting(const std::string& path) const;
  void drop_if_empty(const std::string& path);

  mutable std::mutex mutex_;
  std::map<std::string, Slot> slots_;
};

}  // namespace pai::node
