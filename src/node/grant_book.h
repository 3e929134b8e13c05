#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "node/policy/decide.h"
#include "node/policy/grant.h"
#include "node/store.h"

namespace pai::node {

/// Which run asks, so that it is not counted against itself; both empty: none yet.
struct Run {
  std::string task_name;
  std::string run_id;
};

/// A grant and where it stands.
struct HeldGrant {
  policy::Grant grant;
  bool in_file = false;  ///< of the policy file; else made with `paictl grant add`
  std::uint64_t used = 0;
};

/// The owner's grants: those of the policy file and those in node.db. Thread-safe.
class GrantBook {
 public:
  struct Source {
    std::filesystem::path policy;  ///< empty: no file
    bool identities = true;        ///< TLS is on: then nothing is allowed that no grant allows
  };
  /// kInvalid, with every fault of the policy file.
  static Result<std::unique_ptr<GrantBook>> open(Source source, Store& store);

  /// Whether grants are asked for at all: with identities, with a policy file, or once a grant was made here.
  bool enforced() const;

  /// As policy::decide; an Allowed without a name where grants are not asked for.
  Result<policy::Allowed> decide(const policy::Request& request, const Run& run) const;
  /// By this grant alone: kDenied too when it does not hold any more.
  Result<policy::Allowed> decide_by(const std::string& grant, const policy::Request& request, const Run& run) const;
  /// Whether a grant of this initiator pins the raw file, so that its SHA-256 matters.
  bool asks_for_hash(const policy::Request& request) const;

  /// Gives the grant as it stands, with a name. kConflict when the name is or was taken.
  Result<policy::Grant> add(policy::Grant grant);
  /// kConflict for one of the policy file: that is edited.
  Status revoke(const std::string& name);
  Result<std::vector<HeldGrant>> list() const;

  /// Reads the policy file again if it changed since, or always with `anew`. True when the grants are others now. kInvalid
  /// with its faults: what was in use stays.
  Result<bool> reread(bool anew);
  /// The file's present faults; empty: none.
  std::string file_fault() const;
  /// The next moment (Unix seconds) after `now` at which a grant ends.
  std::optional<std::int64_t> next_end(std::int64_t now) const;

 private:
  struct Stamp {
    std::int64_t device = 0, inode = 0, bytes = -1, modified_ns = 0, changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  GrantBook(Source source, Store& store) : source_(std::move(source)), store_(store) {}
  Stamp stamp() const;
  Result<std::vector<policy::Grant>> read_file() const;
  std::vector<policy::Grant> all() const;

  const Source source_;
  Store& store_;
  mutable std::mutex mutex_;
  std::vector<policy::Grant> in_file_;
  std::vector<policy::Grant> stored_;
  bool ever_made_ = false;
  Stamp seen_;
  std::string file_fault_;
};

/// A policy file as its owner left it: a regular file that nobody but its owner (this user or root) can write. kInvalid
/// with every fault.
Result<std::vector<policy::Grant>> read_policy_file(const std::filesystem::path& file);

}  // namespace pai::node
