#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/task/model.h"
#include "common/task/states.h"
#include "node/file_hashes.h"
#include "node/folders.h"
#include "node/outputs.h"
#include "node/policy/decide.h"
#include "node/settings.h"
#include "node/used_dataset.h"

namespace pai::node {

/// Whether this node's settings let the client run at all: the allowed computation ports and the least
/// intersection. (The owner's grants are policy/decide.h.) kDenied, with a detail per fault.
Status check_policy(const Settings& settings, const task::TaskSpec& spec, const task::ClientSpec& self);

/// Whether the client's data are as the task needs them: the raw file below its root, its header, the columns
/// asked for, room on the disk. A client without a raw file passes. kInvalid; details say what and where.
Status check_data(const Folders& folders, const task::ClientSpec& self);

/// Whether the client may write its data set: nobody else holds the path, nothing else lies there. kConflict.
/// A data set that its owner removed by hand is struck from `outputs`. `has_run`: the client ran before, so that what
/// its task's name is on may be its own.
Status check_output(const Folders& folders, Outputs& outputs, const ClientKey& key,
                    const task::ClientSpec& self, bool has_run);

/// `out_data_path` of the settings, empty when the type has none; likewise `raw_data_path`.
std::string out_data_path_of(const task::ClientSpec& self);
std::string raw_data_path_of(const task::ClientSpec& self);
bool overwrites(const task::ClientSpec& self);

/// The name of a creation's attempt; kInvalid.
Status check_attempt(const std::string& attempt);

/// What the system refuses this daemon within its own folders is an I/O fault of the node's: "not found" and
/// "denied" would read as if the client were unknown, or the caller not allowed.
Error as_own_fault(Error error);

/// Looks into the data for what the owner's grants ask of it: columns, the file's SHA-256 (with `hash`), rows. `dataset` is
/// what check_dataset gave. Errors as check_data's: what can't be looked at is not granted.
Status look_at_data(const Folders& folders, FileHashes& hashes, const task::ClientSpec& self,
                    const std::optional<UsedDataset>& dataset, bool hash, policy::Request& request);

/// What the checks found out.
struct Checked {
  std::optional<UsedDataset> dataset;  ///< of a client that reads one
  std::string model_folder;            ///< of a prediction, see models.h
  policy::Allowed allowed;             ///< by the owner's grants
  std::string raw_sha256;              ///< of the raw file, if a grant asks for it
};

/// All that can be said before anything is reserved; the faults of the checks together. `state_of` as in models.h.
Result<Checked> check_all(const Settings& settings, const Folders& folders, Outputs& outputs, const ClientKey& key,
                          const task::TaskSpec& spec, bool has_run,
                          const std::function<std::optional<task::ClientState>(const ClientKey&)>& state_of);

}  // namespace pai::node
