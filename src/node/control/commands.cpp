#include "node/control/commands.h"

#include <map>
#include <utility>

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/disclosure/explanation.h"
#include "common/log/log.h"
#include "common/task/validate.h"
#include "node/policy/policy_file.h"

namespace pai::node::control {
namespace {

using nlohmann::json;
using Function = Result<json> (*)(const Context&, const json&);

constexpr std::size_t kReasonBytesMax = 500;

/// A text of the command; empty when it is absent.
std::string text(const json& command, const char* key) {
  const auto found = command.find(key);
  return found != command.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<std::optional<int>> client_in(const json& command) {
  const auto found = command.find("client");
  if (found == command.end() || found->is_null()) return std::optional<int>();
  if (!found->is_number_unsigned() || found->get<std::uint64_t>() > 1'000) return Error(ErrorCode::kInvalid, "client is no client id");
  return std::optional<int>(found->get<int>());
}

Result<json> grant_add(const Context& context, const json& command) {
  const auto found = command.find("grant");
  if (found == command.end()) return Error(ErrorCode::kInvalid, "the command has no grant");
  PAI_ASSIGN(auto grant, policy::grant_from_json(*found));
  PAI_ASSIGN(const auto made, context.grants.add(std::move(grant)));
  context.grants_changed();
  log::info("grant made", {{"grant", made.name}, {"terms", policy::to_json(made).dump()}});
  return json{{"grant", policy::to_json(made)}};
}

Result<json> grant_list(const Context& context, const json&) {
  PAI_ASSIGN(const auto held, context.grants.list());
  auto grants = json::array();
  for (const auto& each : held) {
    json entry = policy::to_json(each.grant);
    entry["from"] = each.in_file ? "policy" : "paictl";
    entry["used"] = each.used;
    grants.push_back(std::move(entry));
  }
  return json{{"grants", std::move(grants)},
              {"asked_for", context.grants.enforced()},
              {"policy", context.settings.policy.string()},
              {"policy_fault", context.grants.file_fault()}};
}

Result<json> grant_revoke(const Context& context, const json& command) {
  const std::string name = text(command, "name");
  PAI_TRY(context.grants.revoke(name));
  context.grants_changed();
  log::info("grant revoked", {{"grant", name}});
  return json{{"revoked", name}};
}

policy::Initiator initiator_of(const std::string& name) {
  if (name.empty() || name == "*") return std::nullopt;
  tls::PeerIdentity identity;
  if (name.starts_with("sha256:")) {
    identity.fingerprint = name;
  } else {
    identity.names = {name};
  }
  return identity;
}

Result<json> grant_check(const Context& context, const json& command) {
  const auto document = command.find("task");
  if (document == command.end()) return Error(ErrorCode::kInvalid, "the command has no task");
  PAI_ASSIGN(const auto spec, task::validate(*document));
  PAI_ASSIGN(const auto only, client_in(command));
  if (only && static_cast<std::size_t>(*only) >= spec.clients.size())
    return Error(ErrorCode::kInvalid, "the task has no client " + std::to_string(*only));
  const auto initiator = initiator_of(text(command, "initiator"));
  auto clients = json::array();
  for (const auto& client : spec.clients) {
    if (only ? client.id != *only : client.http_port != context.settings.listen.port) continue;
    json entry = {{"client", client.id}, {"role", task::role_name(client.role)}, {"type", task::client_type_name(client.type)}};
    const auto allowed = context.supervisor.would_allow(initiator, spec, client.id);
    entry["allowed"] = allowed.ok();
    if (allowed.ok()) {
      entry["grant"] = allowed->grant;
      entry["approval"] = allowed->manual ? "manual" : "automatic";
    } else {
      entry["missing"] = json::array();
      for (const auto& detail : allowed.error().details())
        entry["missing"].push_back({{"where", detail.where}, {"message", detail.message}});
      if (allowed.error().details().empty()) entry["missing"].push_back({{"where", ""}, {"message", allowed.error().message()}});
      entry["hint"] = allowed.error().hint();
    }
    clients.push_back(std::move(entry));
  }
  if (clients.empty()) {
    return Error(ErrorCode::kInvalid, "no client of the task has this node's port " + std::to_string(context.settings.listen.port))
        .with_hint("say which client is meant: --client ID");
  }
  return json{{"clients", std::move(clients)}};
}

Result<json> policy_check(const Context&, const json& command) {
  PAI_ASSIGN(const auto grants, policy::read_policy(text(command, "file"), text(command, "text")));
  return json{{"grants", grants.size()}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

json to_json(const Pending& waiting) {
  const auto& self = waiting.spec.clients.at(static_cast<std::size_t>(waiting.record.status.client));
  auto parties = json::array();
  for (const auto& client : waiting.spec.clients) {
    json entry = {{"client", client.id}, {"role", task::role_name(client.role)}, {"node", client.node()}};
    if (!client.identity.empty()) entry["identity"] = client.identity;
    parties.push_back(std::move(entry));
  }
  const auto& initiator = waiting.record.granted.initiator;
  return {{"task", waiting.record.status.task_name},
          {"client", waiting.record.status.client},
          {"state", task::client_state_name(waiting.record.status.state)},
          {"digest", waiting.digest},
          {"grant", waiting.record.granted.grant},
          {"since", utc_text(waiting.record.prepared_at)},
          {"master", waiting.record.master_identity},
          {"master_fingerprint", initiator ? initiator->fingerprint : ""},
          {"role", task::role_name(self.role)},
          {"config", self.config()},
          {"main_config", waiting.spec.main_client().config()},
          {"parties", std::move(parties)},
          {"discloses", disclosure::to_json(waiting.spec, disclosure::leaving(waiting.spec, self.id))},
          {"leaves", lines_of(disclosure::in_words(waiting.spec, self.id))}};
}

json to_json(const std::vector<Pending>& waiting) {
  auto tasks = json::array();
  for (const auto& each : waiting) tasks.push_back(to_json(each));
  return {{"tasks", std::move(tasks)}};
}

Result<json> pending(const Context& context, const json&) {
  PAI_ASSIGN(const auto waiting, context.supervisor.pending());
  return to_json(waiting);
}

Result<json> approve(const Context& context, const json& command) {
  PAI_ASSIGN(const auto client, client_in(command));
  PAI_ASSIGN(const auto decided, context.supervisor.approve(text(command, "task"), client, text(command, "digest")));
  return to_json(decided);
}

Result<json> reject(const Context& context, const json& command) {
  PAI_ASSIGN(const auto client, client_in(command));
  const std::string reason = printable(text(command, "reason"), kReasonBytesMax);
  PAI_ASSIGN(const auto decided, context.supervisor.reject(text(command, "task"), client, reason));
  return to_json(decided);
}

const std::map<std::string, Function, std::less<>>& functions() {
  static const std::map<std::string, Function, std::less<>> kFunctions = {
      {"grant_add", grant_add},       {"grant_list", grant_list}, {"grant_revoke", grant_revoke}, {"grant_check", grant_check},
      {"policy_check", policy_check}, {"pending", pending},       {"approve", approve},           {"reject", reject}};
  return kFunctions;
}

bool decides(std::string_view command) {
  return command == "grant_add" || command == "grant_revoke" || command == "approve" || command == "reject";
}

/// The socket answers the node's own user and root alone: that is who it was.
audit::Entry entry_of(const json& command, const Result<json>& answer) {
  auto terms = command;
  terms.erase("command");
  terms.erase("task");
  return {.who = "owner",
          .credential = "socket",
          .from = std::string(kSocketName),
          .method = "COMMAND",
          .path = text(command, "command"),
          .task = text(command, "task"),
          .decision = answer.ok() ? "done" : "failed",
          .code = answer.ok() ? 200 : http_status_of(answer.error().code()),
          .reason = answer.ok() ? "" : answer.error().message(),
          .parameters = terms.empty() ? "" : terms.dump(-1, ' ', false, json::error_handler_t::replace),
          .body_sha256 = ""};
}

}  // namespace

Handler commands(Context context) {
  return [context = std::move(context)](const json& command) -> Result<json> {
    const auto found = functions().find(text(command, "command"));
    if (found == functions().end())
      return Error(ErrorCode::kInvalid, "the node knows no command '" + printable(text(command, "command")) + "'");
    if (!decides(found->first)) return found->second(context, command);
    PAI_TRY(context.audit.ready());
    auto answer = found->second(context, command);
    context.audit.append(entry_of(command, answer));
    return answer;
  };
}

}  // namespace pai::node::control
