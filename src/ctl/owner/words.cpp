// A node's answers to its owner, in words.
#include <string>

#include "common/base/text.h"
#include "ctl/owner/command.h"

namespace pai::ctl {
namespace {

using nlohmann::json;

/// A text as it is, anything else as JSON; fit for a terminal.
std::string shown(const json& value) {
  return printable(value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace), 2'000);
}

std::string at(const json& from, const char* key) {
  const auto found = from.find(key);
  return found == from.end() || found->is_null() ? "" : shown(*found);
}

std::string listed(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end()) return "";
  if (!found->is_array()) return shown(*found);
  std::string text;
  for (const auto& each : *found) text += (text.empty() ? "" : ", ") + shown(each);
  return text.empty() ? "none" : text;
}

const json& list_in(const json& from, const char* key) {
  static const json kEmpty = json::array();
  const auto found = from.find(key);
  return found != from.end() && found->is_array() ? *found : kEmpty;
}

std::string grant_words(const json& grant) {
  std::string text = at(grant, "name") + ": master " + at(grant, "initiator");
  const auto add = [&](const char* key, const char* word) {
    if (grant.contains(key)) text += std::string("\n    ") + word + " " + listed(grant, key);
  };
  if (!grant.contains("raw") && !grant.contains("dataset")) text += "\n    clients that use no data of this node (main, dealer)";
  add("raw", "raw files:");
  add("sha256", "only with SHA-256");
  add("dataset", "data sets:");
  add("columns", "columns:");
  add("id_columns", "as ID too:");
  add("parties", "with:");
  add("types", "client types:");
  add("roles", "roles:");
  add("security", "security:");
  add("reveals", "reveals:");
  add("psi", "psi:");
  add("min_intersection", "common rows at least:");
  add("rows_max", "rows at most:");
  add("until", "until");
  if (grant.contains("uses")) text += "\n    runs: " + at(grant, "uses");
  if (grant.contains("used")) text += "\n    used by runs: " + at(grant, "used");
  if (at(grant, "approval") == "manual") text += "\n    each task waits for approval";
  if (at(grant, "from") == "policy") text += "\n    stands in the policy file";
  return text + "\n";
}

std::string list_words(const json& answer) {
  std::string text;
  for (const auto& grant : list_in(answer, "grants")) text += grant_words(grant);
  const auto asked = answer.find("asked_for");
  const bool enforced = asked != answer.end() && asked->is_boolean() && asked->get<bool>();
  if (!enforced) text += "Grants are not asked for here: the node is insecure, and none was ever made.\n";
  if (enforced && text.empty()) text = "No grant holds: every task is refused.\n";
  if (!at(answer, "policy_fault").empty()) {
    text += "The policy file " + at(answer, "policy") + " was changed and has faults; what stood there before is in use:\n  " +
            at(answer, "policy_fault") + "\n";
  }
  return text;
}

std::string check_words(const json& answer) {
  std::string text;
  for (const auto& client : list_in(answer, "clients")) {
    text += "client " + at(client, "client") + " (" + at(client, "role") + ", " + at(client, "type") + "): ";
    const auto allowed = client.find("allowed");
    if (allowed != client.end() && allowed->is_boolean() && allowed->get<bool>()) {
      const std::string grant = at(client, "grant");
      text += grant.empty() ? "allowed: grants are not asked for here\n" : "allowed by grant " + grant + "\n";
      if (at(client, "approval") == "manual") text += "    it would wait for approval\n";
      continue;
    }
    text += "refused\n";
    for (const auto& each : list_in(client, "missing")) {
      const std::string where = at(each, "where");
      text += "    " + (where.empty() ? "" : where + ": ") + at(each, "message") + "\n";
    }
    if (!at(client, "hint").empty()) text += "    " + at(client, "hint") + "\n";
  }
  return text;
}

std::string settings_words(const json& config) {
  std::string text;
  if (!config.is_object()) return text;
  for (const auto& [key, value] : config.items()) text += "      " + printable(key) + ": " + shown(value) + "\n";
  return text;
}

std::string pending_words(const json& answer) {
  std::string text;
  for (const auto& task : list_in(answer, "tasks")) {
    const std::string name = at(task, "task"), client = at(task, "client"), digest = at(task, "digest");
    text += name + " client " + client + " (" + at(task, "role") + "), since " + at(task, "since") + "\n";
    text += "    asked by master " + at(task, "master") + " " + at(task, "master_fingerprint") + ", under grant " + at(task, "grant") + "\n";
    text += "    this node's client:\n" + settings_words(task.value("config", json()));
    text += "    the task (main's settings):\n" + settings_words(task.value("main_config", json()));
    text += "    the parties:\n";
    for (const auto& party : list_in(task, "parties")) {
      text += "      client " + at(party, "client") + " " + at(party, "role") + " at " + at(party, "node");
      text += (at(party, "identity").empty() ? "" : ", known as " + at(party, "identity")) + "\n";
    }
    text += "    what will leave this node:\n";
    for (const auto& line : list_in(task, "leaves")) text += "      " + shown(line) + "\n";
    text += "    digest " + digest + "\n";
    text += "    paictl approve " + name + " --client " + client + " --digest " + digest.substr(0, 16) + "\n";
    text += "    paictl reject " + name + " --client " + client + "\n";
  }
  return text.empty() ? "No task waits for approval.\n" : text;
}

std::string decided_words(const json& answer, const std::string& what) {
  std::string text;
  for (const auto& task : list_in(answer, "tasks"))
    text += at(task, "task") + " client " + at(task, "client") + " " + what + " (digest " + at(task, "digest") + ")\n";
  return text;
}

}  // namespace

std::string words_of_answer(const json& command, const json& answer) {
  const std::string name = at(command, "command");
  if (name == "grant_add") return "Granted from now on:\n" + grant_words(answer.value("grant", json::object()));
  if (name == "grant_list") return list_words(answer);
  if (name == "grant_revoke") return "Revoked " + at(answer, "revoked") + "; what runs on it is stopped.\n";
  if (name == "grant_check") return check_words(answer);
  if (name == "policy_check") return "The policy is fine: " + at(answer, "grants") + " grants.\n";
  if (name == "pending") return pending_words(answer);
  return decided_words(answer, name == "approve" ? "is approved" : "is rejected");
}

}  // namespace pai::ctl
