#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/task/model.h"
#include "common/tls/tls.h"
#include "node/policy/grant.h"

namespace pai::node::policy {

/// Whose task it is: the certificate that the master showed; without TLS nobody in particular.
using Initiator = std::optional<tls::PeerIdentity>;

/// One other client of the task, as the task names it; TLS holds it to that.
struct Party {
  int client = 0;
  std::string node;      ///< addr:port of its node
  std::string addr;
  std::string identity;  ///< that its certificate must have; empty: its address
};

/// All that a client of a task wants of this node.
struct Request {
  Initiator initiator;
  std::vector<Party> parties;  ///< those of other nodes
  int client = 0;
  int main = 0;
  std::string type, role;
  std::string security;  ///< of the task; empty: it has none
  std::string psi;       ///< likewise
  /// What the task opens beyond its level, of a client with data: a word of the grant, and the setting that asks for it.
  std::vector<std::pair<std::string, std::string>> reveals;
  std::string raw;       ///< the file below raw/; empty: none
  std::string dataset;   ///< the folder below datasets/; empty: none
  std::optional<std::uint64_t> min_intersection;  ///< of the task
  bool asks_all_columns = false;
  bool names_columns = false;  ///< each by its name, none by its position
  std::vector<std::string> asked_id_columns;  ///< empty: the file's first

  // What only the data tell. Absent: not looked at yet, and then no reason to refuse.
  std::optional<std::vector<std::string>> columns;  ///< names; known from the start when the task names them
  std::optional<std::string> first_column;          ///< of the raw file
  std::optional<std::string> sha256;                ///< of the raw file
  std::optional<std::uint64_t> rows;                ///< of the data set
  std::string model_security;  ///< of the model that a prediction uses; empty: not looked at, or none
  struct Source {
    std::string raw;     ///< file that the data set was made from; empty: it does not say
    std::string sha256;  ///< of that file then; empty: likewise
  };
  std::optional<Source> source;  ///< of the data set
};

/// What the task itself says; the data are not looked at.
Request request_of(const task::TaskSpec& spec, const task::ClientSpec& self, Initiator initiator);

/// What was allowed, and how far.
struct Allowed {
  std::string grant;
  bool manual = false;
  bool pinned = false;  ///< the file's SHA-256 matters
  std::uint64_t min_intersection = 0;
  std::optional<std::uint64_t> rows_max;
  std::optional<std::uint64_t> uses_max;  ///< runs that the grant allows in all
};

/// Runs that have used each grant, without the one that is asked for.
using Uses = std::map<std::string, std::uint64_t>;

/// Pure. The first grant that covers all of the request, one without approval before one with. Else kDenied: what the
/// nearest grant of this initiator lacks, a detail each, and in the hint what the owner would type. It tells the master
/// nothing of the data, and nothing of grants that are not the master's.
Result<Allowed> decide(const Request& request, std::span<const Grant> grants, const Uses& uses, std::int64_t now);

/// Whether any grant is this initiator's: whoever has none learns nothing of what this node holds.
bool is_initiator(const Grant& grant, const Initiator& initiator);
/// Whether the entry of `parties` means this party: an identity, or ADDRESS:PORT of a node that no other identity speaks for.
bool is_party(const std::string& entry, const Party& party);

}  // namespace pai::node::policy
