#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/task/faults.h"
#include "common/task/model.h"
#include "common/task/settings.h"

namespace pai::task {

/// One client as far as it could be read; what is missing has its fault already, so the rules pass over it.
struct ClientDraft {
  std::string path;         ///< of the object with role, addr, http_port
  std::string config_path;  ///< of the object with client_type, computation_port
  std::string settings_path;  ///< of the object with the type's settings, once they were read
  std::optional<Role> role;
  std::optional<ClientType> type;
  std::optional<std::string> addr;
  std::optional<std::uint16_t> http_port;
  std::optional<std::uint16_t> computation_port;  ///< 0: left out, for the node to assign
  std::string identity;
  nlohmann::json settings = nlohmann::json::object();
  std::vector<std::string_view> faulty;  ///< settings that were given and have their fault: absent from `settings`
};

inline constexpr std::size_t kClientsMax = 64;

/// The member, or nullptr and a fault that says what was expected.
const nlohmann::json* required(const nlohmann::json& object, std::string_view key, std::string_view expected,
                               const std::string& path, Faults& faults);

/// Reports each key outside `known` with the nearest of them; `place_of` may say where the key belongs instead.
void check_keys(const nlohmann::json& object, const std::vector<std::string_view>& known, const std::string& path,
                Faults& faults, std::string (*place_of)(std::string_view key) = nullptr);

/// True for an object; otherwise a fault.
bool is_object(const nlohmann::json& value, std::string_view expected, const std::string& path, Faults& faults);

/// The list of clients, at most `kClientsMax` long; nullptr and a fault otherwise. Its elements are unchecked.
const nlohmann::json* client_list(const nlohmann::json& document, const std::string& path, Faults& faults);

std::optional<std::string> read_task_name(const nlohmann::json& document, const std::string& path, Faults& faults);
/// role, addr, http_port and identity.
void read_party(const nlohmann::json& object, ClientDraft& draft, Faults& faults);
/// client_type and computation_port.
void read_type_and_port(const nlohmann::json& object, ClientDraft& draft, Faults& faults, bool port_may_be_missing = false);
/// The type's settings from `object`, whose other permitted keys are `beside`; defaults are filled in.
void read_settings(const nlohmann::json& object, const std::string& path, const std::vector<std::string_view>& beside,
                   ClientDraft& draft, Faults& faults);

/// What holds between clients: counts of roles, types and families, ports, paths (architecture, section 3).
void check_rules(const std::vector<ClientDraft>& drafts, const std::string& clients_path, Faults& faults);

/// What holds between the settings of a training (training_rules.cpp), as far as they are there: a node sees main's and its own.
void check_training_rules(const std::vector<ClientDraft>& drafts, Faults& faults);

/// The same of a boosting (boosting_rules.cpp).
void check_boosting_rules(const std::vector<ClientDraft>& drafts, const std::string& clients_path, Faults& faults);

/// Only for drafts without a fault.
TaskSpec to_spec(std::string name, std::vector<ClientDraft> drafts);

}  // namespace pai::task
