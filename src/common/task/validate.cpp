#include "common/task/validate.h"

#include <utility>

#include "common/json/strict_json.h"
#include "common/task/draft.h"

namespace pai::task {
namespace {

const std::vector<std::string_view> kConfigKeys = {"client_type", "computation_port"};

/// Keys that were written beside `clients` instead of within.
std::string place_of_task_key(std::string_view key) {
  if (key == "role" || key == "addr" || key == "http_port" || key == "client_config" || key == "identity") {
    return "an element of \"clients\"";
  }
  for (const auto& info : client_types()) {
    for (const auto& setting : info.settings) {
      if (setting.name == key) return "the client_config of " + in_quotes(info.name);
    }
  }
  return {};
}

/// Keys of `client_config` that were written one level too high.
std::string place_of_party_key(std::string_view key) {
  if (key == "client_type" || key == "computation_port") return "client_config";
  for (const auto& info : client_types()) {
    for (const auto& setting : info.settings) {
      if (setting.name == key) return "client_config";
    }
  }
  return {};
}

ClientDraft read_client(const nlohmann::json& object, std::string path, Faults& faults) {
  ClientDraft draft;
  draft.config_path = json::child_path(path, "client_config");
  draft.path = std::move(path);
  if (!is_object(object, "an object with role, addr, http_port and client_config", draft.path, faults)) return draft;
  check_keys(object, {"role", "addr", "http_port", "client_config", "identity"}, draft.path, faults,
             place_of_party_key);
  read_party(object, draft, faults);
  const auto* config = required(object, "client_config", "an object with client_type and computation_port", draft.path, faults);
  if (config == nullptr ||
      !is_object(*config, "an object with client_type and computation_port", draft.config_path, faults)) {
    return draft;
  }
  read_type_and_port(*config, draft, faults, /*port_may_be_missing=*/true);
  read_settings(*config, draft.config_path, kConfigKeys, draft, faults);
  return draft;
}

/// One client of the public part: flat, with main's settings in an object of their own.
ClientDraft read_public_client(const nlohmann::json& object, std::string path, std::size_t index, Faults& faults) {
  ClientDraft draft;
  draft.config_path = path;
  draft.path = std::move(path);
  if (!is_object(object, "an object with id, role, addr, http_port, client_type and computation_port", draft.path, faults)) {
    return draft;
  }
  check_keys(object, {"id", "role", "addr", "http_port", "identity", "client_type", "computation_port", "settings"},
             draft.path, faults);
  const auto expected = "the client's index, " + std::to_string(index);
  if (const auto* id = required(object, "id", expected, draft.path, faults)) {
    const auto number = static_cast<std::int64_t>(index);
    if (const auto read = read_integer(*id, number, number, expected); !read.ok()) {
      faults.add(json::child_path(draft.path, "id"), read.error().message());
    }
  }
  read_party(object, draft, faults);
  read_type_and_port(object, draft, faults);
  const auto settings_path = json::child_path(draft.path, "settings");
  const auto* settings = member(object, "settings");
  if (draft.role == Role::kMainClient) {
    if (settings == nullptr) {
      faults.add(settings_path, "is missing: the main client's settings are public");
    } else if (is_object(*settings, "an object with the main client's settings", settings_path, faults)) {
      read_settings(*settings, settings_path, {}, draft, faults);
    }
  } else if (settings != nullptr) {
    faults.add(settings_path, "may stand at the main client only: a party's own settings go to its node alone");
  }
  return draft;
}

/// Reads the node's own client_config into its draft, which knows already what the public part says.
void read_own_config(const nlohmann::json& config, const std::string& path, ClientDraft& own, Faults& faults) {
  if (!is_object(config, "an object with client_type and computation_port", path, faults)) return;
  ClientDraft stated;
  stated.config_path = path;
  read_type_and_port(config, stated, faults);
  read_settings(config, path, kConfigKeys, stated, faults);
  const auto differs = [&](std::string_view key) {
    faults.add(json::child_path(path, key), "differs from what the public part says of this client");
  };
  if (stated.type && own.type && stated.type != own.type) differs("client_type");
  if (stated.computation_port && own.computation_port && stated.computation_port != own.computation_port) {
    differs("computation_port");
  }
  if (own.role == Role::kMainClient && stated.type == own.type && stated.settings != own.settings) {
    faults.add(path, "the settings differ from those of the public part");
  }
  if (own.role != Role::kMainClient) own.settings_path = path;  // main's are public, where they were read first
  own.settings = std::move(stated.settings);
  own.faulty = std::move(stated.faulty);
}

}  // namespace

Result<TaskSpec> validate(const nlohmann::json& document) {
  Faults faults;
  if (!is_object(document, "a task: an object with task_name and clients was expected", "", faults)) {
    return std::move(faults).to_error("the task");
  }
  check_keys(document, {"task_name", "clients"}, "", faults, place_of_task_key);
  auto name = read_task_name(document, "", faults);
  std::vector<ClientDraft> drafts;
  if (const auto* clients = client_list(document, "", faults)) {
    for (std::size_t i = 0; i < clients->size(); ++i) {
      drafts.push_back(read_client((*clients)[i], json::element_path("clients", i), faults));
    }
    check_rules(drafts, "clients", faults);
  }
  if (!faults.none()) return std::move(faults).to_error("the task");
  return to_spec(std::move(*name), std::move(drafts));
}

Result<TaskSpec> validate_node_part(const nlohmann::json& public_part, int client, const nlohmann::json& client_config) {
  Faults faults;
  if (!is_object(public_part, "an object with task_name and clients", "public", faults)) {
    return std::move(faults).to_error("the node's part");
  }
  check_keys(public_part, {"task_name", "clients"}, "public", faults);
  auto name = read_task_name(public_part, "public", faults);
  std::vector<ClientDraft> drafts;
  if (const auto* clients = client_list(public_part, "public", faults)) {
    for (std::size_t i = 0; i < clients->size(); ++i) {
      drafts.push_back(read_public_client((*clients)[i], json::element_path("public.clients", i), i, faults));
    }
    if (client < 0 || static_cast<std::size_t>(client) >= drafts.size()) {
      faults.add("client", std::to_string(client) + " is not the id of one of the " + std::to_string(drafts.size()) + " clients");
    } else {
      read_own_config(client_config, "client_config", drafts[static_cast<std::size_t>(client)], faults);
    }
    check_rules(drafts, "public.clients", faults);
  }
  if (!faults.none()) return std::move(faults).to_error("the node's part");
  return to_spec(std::move(*name), std::move(drafts));
}

}  // namespace pai::task
