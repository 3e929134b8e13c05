#include "common/task/draft.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/json/strict_json.h"
#include "common/task/address.h"
#include "common/task/setting_check.h"
#include "common/task/validate.h"

namespace pai::task {
namespace {

constexpr std::string_view kPortExpected = "a port (1–65535)";
constexpr std::size_t kIdentityBytesMax = 256;
constexpr std::string_view kFingerprintPrefix = "sha256:";

std::optional<std::uint16_t> read_port(const nlohmann::json& object, std::string_view key, const std::string& path,
                                       Faults& faults) {
  const auto* value = required(object, key, kPortExpected, path, faults);
  if (value == nullptr) return std::nullopt;
  const auto port = read_integer(*value, 1, 65535, kPortExpected);
  if (port.ok()) return static_cast<std::uint16_t>(*port);
  faults.add(json::child_path(path, key), port.error().message());
  return std::nullopt;
}

template <class Names>
std::string unknown_name(const nlohmann::json& value, std::string_view noun, const Names& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::string message = shown(value) + " is no " + std::string(noun);
  if (value.is_string()) {
    if (const auto near = nearest(value.get_ref<const std::string&>(), names)) {
      return message + "; did you mean " + in_quotes(*near) + "?";
    }
  }
  return message + ": one of " + listed(names) + " was expected";
}

std::vector<std::string_view> role_names() {
  return {role_name(Role::kMainClient), role_name(Role::kCryptoProducer), role_name(Role::kFeatureClient),
          role_name(Role::kLabelClient)};
}

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (const auto& info : client_types()) names.push_back(info.name);
  return names;
}

/// Settings of another type, and keys that were written one level too low.
std::string place_of_config_key(std::string_view key) {
  if (key == "role" || key == "addr" || key == "http_port" || key == "identity") return "the client, beside client_config";
  for (const auto& info : client_types()) {
    for (const auto& setting : info.settings) {
      if (setting.name == key) return "the client_config of " + in_quotes(info.name);
    }
  }
  return {};
}

void read_identity(const nlohmann::json& value, const std::string& path, ClientDraft& draft, Faults& faults) {
  const bool fits = value.is_string() && !value.get_ref<const std::string&>().empty() &&
                    value.get_ref<const std::string&>().size() <= kIdentityBytesMax &&
                    !invalid_utf8_at(value.get_ref<const std::string&>()) &&
                    !has_control_character(value.get_ref<const std::string&>());
  if (!fits) {
    faults.add(path, shown(value) + " is not a certificate's name or fingerprint (1 to 256 bytes, no control characters)");
    return;
  }
  std::string text = value.get<std::string>();
  if (text.substr(0, kFingerprintPrefix.size()) == kFingerprintPrefix) {
    const auto bytes = from_hex(std::string_view(text).substr(kFingerprintPrefix.size()));
    if (!bytes || bytes->size() != 32) {
      faults.add(path, in_quotes(text) + " is not a fingerprint: sha256: and 64 hexadecimal digits");
      return;
    }
    text = std::string(kFingerprintPrefix) + to_hex(*bytes);
  }
  draft.identity = std::move(text);
}

}  // namespace

const nlohmann::json* required(const nlohmann::json& object, std::string_view key, std::string_view expected,
                               const std::string& path, Faults& faults) {
  const auto* value = member(object, key);
  if (value == nullptr) faults.add(json::child_path(path, key), "is missing: " + std::string(expected) + " was expected");
  return value;
}

void check_keys(const nlohmann::json& object, const std::vector<std::string_view>& known, const std::string& path,
                Faults& faults, std::string (*place_of)(std::string_view key)) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), std::string_view(key)) != known.end()) continue;
    std::string message = "unknown key";
    const std::string place = place_of == nullptr ? "" : place_of(key);
    if (!place.empty()) {
      message += ": it belongs in " + place;
    } else if (const auto near = nearest(key, known)) {
      message += "; did you mean " + in_quotes(*near) + "?";
    } else if (!known.empty()) {
      message += ": " + listed(known) + " may stand here";
    }
    faults.add(json::child_path(path, key), std::move(message));
  }
}

bool is_object(const nlohmann::json& value, std::string_view expected, const std::string& path, Faults& faults) {
  if (value.is_object()) return true;
  faults.add(path, shown(value) + " is not " + std::string(expected));
  return false;
}

const nlohmann::json* client_list(const nlohmann::json& document, const std::string& path, Faults& faults) {
  const auto* clients = required(document, "clients", "a list of clients", path, faults);
  if (clients == nullptr) return nullptr;
  const auto list_path = json::child_path(path, "clients");
  if (!clients->is_array()) {
    faults.add(list_path, shown(*clients) + " is not a list of clients");
    return nullptr;
  }
  if (clients->size() > kClientsMax) {
    faults.add(list_path, "has " + with_thousands(clients->size()) + " clients; at most " +
                              std::to_string(kClientsMax) + " take part in a task");
    return nullptr;
  }
  return clients;
}

std::optional<std::string> read_task_name(const nlohmann::json& document, const std::string& path, Faults& faults) {
  const auto* value = required(document, "task_name", "the name of the task", path, faults);
  if (value == nullptr) return std::nullopt;
  const auto name_path = json::child_path(path, "task_name");
  if (!value->is_string()) {
    faults.add(name_path, shown(*value) + " is not a string");
    return std::nullopt;
  }
  const auto& name = value->get_ref<const std::string&>();
  if (auto status = check_task_name(name); !status.ok()) {
    faults.add(name_path, status.error().message());
    return std::nullopt;
  }
  return name;
}

void read_party(const nlohmann::json& object, ClientDraft& draft, Faults& faults) {
  if (const auto* role = required(object, "role", "one of " + listed(role_names()), draft.path, faults)) {
    if (role->is_string()) draft.role = role_from_name(role->get_ref<const std::string&>());
    if (!draft.role) faults.add(json::child_path(draft.path, "role"), unknown_name(*role, "role", role_names()));
  }
  if (const auto* addr = required(object, "addr", "an IP address or host name", draft.path, faults)) {
    const auto path = json::child_path(draft.path, "addr");
    if (!addr->is_string()) {
      faults.add(path, shown(*addr) + " is not an IP address or host name");
    } else if (auto canonical = canonical_address(addr->get_ref<const std::string&>()); canonical.ok()) {
      draft.addr = *canonical;
    } else {
      faults.add(path, canonical.error().message());
    }
  }
  draft.http_port = read_port(object, "http_port", draft.path, faults);
  if (const auto* identity = member(object, "identity")) {
    read_identity(*identity, json::child_path(draft.path, "identity"), draft, faults);
  }
}

void read_type_and_port(const nlohmann::json& object, ClientDraft& draft, Faults& faults, bool port_may_be_missing) {
  if (const auto* type = required(object, "client_type", "a client type", draft.config_path, faults)) {
    if (type->is_string()) draft.type = client_type_from_name(type->get_ref<const std::string&>());
    if (!draft.type) {
      faults.add(json::child_path(draft.config_path, "client_type"), unknown_name(*type, "client type", type_names()));
    }
  }
  const bool left_out = port_may_be_missing && member(object, "computation_port") == nullptr;
  draft.computation_port = left_out ? std::optional<std::uint16_t>(0) : read_port(object, "computation_port", draft.config_path, faults);
}

void read_settings(const nlohmann::json& object, const std::string& path, const std::vector<std::string_view>& beside,
                   ClientDraft& draft, Faults& faults) {
  draft.settings_path = path;
  // Without a known and fitting type nobody can say which keys are right.
  if (!draft.type) return;
  const auto& info = client_type_info(*draft.type);
  const bool fits_role = !draft.role || std::find(info.roles.begin(), info.roles.end(), *draft.role) != info.roles.end();
  if (!fits_role) return;
  const auto settings = info.settings;
  auto known = beside;
  for (const auto& setting : settings) known.push_back(setting.name);
  check_keys(object, known, path, faults, place_of_config_key);
  for (const auto& setting : settings) {
    const std::string name(setting.name);
    if (const auto* value = member(object, name)) {
      auto normal = check_setting(setting, *value, json::child_path(path, name), faults);
      if (normal) {
        draft.settings[name] = std::move(*normal);
      } else {
        draft.faulty.push_back(setting.name);
      }
    } else if (setting.required) {
      faults.add(json::child_path(path, name), "is missing: " + expectation(setting) + " was expected");
    } else if (!setting.default_json.empty()) {
      auto otherwise = nlohmann::json::parse(setting.default_json);
      if (setting.kind == Setting::Kind::kObject) otherwise = *check_setting(setting, otherwise, json::child_path(path, name), faults);
      draft.settings[name] = std::move(otherwise);
    }
  }
}

TaskSpec to_spec(std::string name, std::vector<ClientDraft> drafts) {
  TaskSpec spec;
  spec.name = std::move(name);
  for (auto& draft : drafts) {
    PAI_CHECK(draft.role && draft.type && draft.addr && draft.http_port && draft.computation_port,
              "a client without a fault is complete");
    ClientSpec client;
    client.id = static_cast<int>(spec.clients.size());
    client.role = *draft.role;
    client.type = *draft.type;
    client.addr = std::move(*draft.addr);
    client.http_port = *draft.http_port;
    client.computation_port = *draft.computation_port;
    client.identity = std::move(draft.identity);
    client.settings = std::move(draft.settings);
    spec.clients.push_back(std::move(client));
  }
  return spec;
}

}  // namespace pai::task
