// The owner's grants, and how often each was used: the other part of Store.
#include <utility>

#include "common/json/strict_json.h"
#include "common/log/log.h"
#include "node/granted_text.h"
#include "node/store.h"

namespace pai::node {
namespace {

using store::as_int;
using store::as_text;
using store::Connection;

}  // namespace

std::string granted_text(const GrantRecord& granted) {
  nlohmann::json document = nlohmann::json::object();
  if (!granted.grant.empty()) document["grant"] = granted.grant;
  if (granted.manual) document["manual"] = true;
  if (!granted.approved_digest.empty()) {
    document["approved_digest"] = granted.approved_digest;
    document["approved_at"] = granted.approved_at;
  }
  if (granted.initiator) {
    document["initiator"] = {{"fingerprint", granted.initiator->fingerprint},
                             {"common_name", granted.initiator->common_name},
                             {"names", granted.initiator->names},
                             {"not_after", granted.initiator->not_after}};
  }
  return json::canonical(document);
}

GrantRecord granted_from_json(const nlohmann::json& document) {
  GrantRecord granted;
  if (!document.is_object()) return granted;
  const auto text = [](const nlohmann::json& from, const char* key) {
    const auto found = from.find(key);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  granted.grant = text(document, "grant");
  granted.approved_digest = text(document, "approved_digest");
  const auto manual = document.find("manual");
  granted.manual = manual != document.end() && manual->is_boolean() && manual->get<bool>();
  const auto at = document.find("approved_at");
  if (at != document.end() && at->is_number()) granted.approved_at = at->get<double>();
  const auto initiator = document.find("initiator");
  if (initiator == document.end() || !initiator->is_object()) return granted;
  tls::PeerIdentity identity;
  identity.fingerprint = text(*initiator, "fingerprint");
  identity.common_name = text(*initiator, "common_name");
  if (const auto names = initiator->find("names"); names != initiator->end() && names->is_array()) {
    for (const auto& name : *names) {
      if (name.is_string()) identity.names.push_back(name.get<std::string>());
    }
  }
  if (const auto end = initiator->find("not_after"); end != initiator->end() && end->is_number_integer())
    identity.not_after = end->get<std::int64_t>();
  granted.initiator = std::move(identity);
  return granted;
}

Status Store::save_granted(const ClientRecord& record) {
  return database_->write([&](Connection& connection) -> Status {
    PAI_TRY(connection.run("UPDATE clients SET granted = ? WHERE task_name = ? AND client = ?",
                           {granted_text(record.granted), record.status.task_name, std::int64_t{record.status.client}}));
    return {};
  });
}

Result<std::vector<policy::Grant>> Store::grants() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT name, document FROM grants WHERE revoked_at IS NULL ORDER BY id"));
  std::vector<policy::Grant> grants;
  for (const auto& row : rows) {
    const auto document = json::parse(as_text(row.at(1)));
    auto grant = document.ok() ? policy::grant_from_json(*document) : Result<policy::Grant>(document.error());
    if (grant.ok()) {
      grants.push_back(*std::move(grant));
      continue;
    }
    // One that can't be read allows nothing.
    log::error("grant in node.db was unreadable and does not hold",
               {{"grant", as_text(row.at(0))}, {"fault", grant.error().describe()}});
  }
  return grants;
}

Result<bool> Store::has_grants() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT 1 FROM grants LIMIT 1"));
  return !rows.empty();
}

Status Store::add_grant(const policy::Grant& grant, double made_at) {
  return database_->write([&](Connection& connection) -> Status {
    PAI_ASSIGN(const auto same, connection.query("SELECT revoked_at FROM grants WHERE name = ?", {grant.name}));
    if (!same.empty()) {
      const bool revoked = !std::holds_alternative<std::monostate>(same[0].at(0));
      return Error(ErrorCode::kConflict, "there " + std::string(revoked ? "was" : "is") + " a grant '" + grant.name + "' at this node")
          .with_hint(revoked ? "a name is used once: choose another" : "revoke it first, or choose another name");
    }
    PAI_TRY(connection.run("INSERT INTO grants (name, document, made_at) VALUES (?, ?, ?)",
                           {grant.name, json::canonical(policy::to_json(grant)), made_at}));
    return {};
  });
}

Status Store::revoke_grant(const std::string& name, double revoked_at) {
  return database_->write([&](Connection& connection) -> Status {
    PAI_ASSIGN(const auto changed, connection.run("UPDATE grants SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
                                                  {revoked_at, name}));
    if (changed == 1) return {};
    return Error(ErrorCode::kNotFound, "no grant '" + name + "' holds at this node").with_hint("paictl grant list");
  });
}

Result<policy::Uses> Store::uses(const std::string& task_name, const std::string& run_id) {
  PAI_ASSIGN(const auto rows, database_->query(
                                  "SELECT grant_name, count(*) FROM grant_uses WHERE NOT (task_name = ? AND run_id = ?) "
                                  "GROUP BY grant_name",
                                  {task_name, run_id}));
  policy::Uses uses;
  for (const auto& row : rows) uses[as_text(row.at(0))] = static_cast<std::uint64_t>(as_int(row.at(1)));
  return uses;
}

Status Store::add_use(const std::string& grant, const std::string& task_name, const std::string& run_id, double used_at,
                      std::optional<std::uint64_t> limit) {
  return database_->write([&](Connection& connection) -> Status {
    if (limit) {
      PAI_ASSIGN(const auto rows, connection.query("SELECT count(*) FROM grant_uses WHERE grant_name = ? AND "
                                                   "NOT (task_name = ? AND run_id = ?)",
                                                   {grant, task_name, run_id}));
      if (static_cast<std::uint64_t>(as_int(rows.at(0).at(0))) >= *limit)
        return Error(ErrorCode::kDenied, "grant '" + grant + "' is used up");
    }
    PAI_TRY(connection.run("INSERT OR IGNORE INTO grant_uses (grant_name, task_name, run_id, used_at) VALUES (?, ?, ?, ?)",
                           {grant, task_name, run_id, used_at}));
    return {};
  });
}

}  // namespace pai::node
