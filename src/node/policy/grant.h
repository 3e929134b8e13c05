#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"

namespace pai::node::policy {

/// What a data owner allows at its own node. Everything that a client asks for must be within one grant.
struct Grant {
  std::string name;
  std::string initiator;             ///< the master: a name in its certificate, `sha256:` fingerprint, or `*`
  std::vector<std::string> parties;  ///< whom the other clients may belong to, see `is_party`; empty: anybody
  std::vector<std::string> raw;      ///< files below raw/: a path, `FOLDER/*`, or `*`
  std::vector<std::string> dataset;  ///< folders below datasets/, likewise
  std::string sha256;                ///< of the one raw file; empty: whatever stands in it
  std::optional<std::vector<std::string>> columns;  ///< absent: all
  std::vector<std::string> id_columns;  ///< that may serve as the ID beside the file's first and `columns`
  std::vector<std::string> types;       ///< client types; empty: all
  std::vector<std::string> roles;       ///< empty: all
  std::vector<std::string> security = {"full"};  ///< of a training, and of a model that a prediction uses
  std::vector<std::string> reveals;              ///< what a training may open beyond its level: `gain`, `roc`
  std::vector<std::string> psi;                  ///< of an alignment; empty: all
  std::optional<std::int64_t> until;             ///< Unix seconds; the first moment at which it no longer holds
  std::optional<std::uint64_t> uses;             ///< runs
  std::uint64_t min_intersection = 0;            ///< rows; 0: none but the node's own
  std::optional<std::uint64_t> rows_max;         ///< of the file or data set
  bool manual = false;  ///< each task waits for the owner's approval

  /// Without raw files and data sets it covers the clients that use none: main, and the dealer.
  bool has_data() const { return !raw.empty() || !dataset.empty(); }
  bool operator==(const Grant&) const = default;
};

/// Told of each fault: the key (empty: the grant as a whole) and what is wrong with it.
using OnFault = std::function<void(std::string_view key, std::string message)>;

/// Reads and checks all of it; every fault is told. Nothing is to be used when one was. A name may be absent.
Grant grant_from_json(const nlohmann::json& document, const OnFault& on_fault);
/// As above; kInvalid with all faults.
Result<Grant> grant_from_json(const nlohmann::json& document);
nlohmann::json to_json(const Grant& grant);

/// Whether a path lies within one of the patterns. The path was checked by task::check_relative_path.
bool covers(const std::vector<std::string>& patterns, std::string_view path);

/// `2026-12-31` (to the end of that day, UTC) or `2026-12-31T18:00:00Z` in Unix seconds; nothing for anything else.
std::optional<std::int64_t> time_from_text(std::string_view text);

}  // namespace pai::node::policy
