#include "common/task/model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"
#include "common/json/strict_json.h"
#include "common/task/settings.h"
#include "common/task/sha256.h"

namespace pai::task {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 4> kRoles = {{
    {Role::kMainClient, "main_client"},
    {Role::kCryptoProducer, "crypto_producer"},
    {Role::kFeatureClient, "feature_client"},
    {Role::kLabelClient, "label_client"},
}};

}  // namespace

std::string_view role_name(Role role) {
  for (const auto& [value, name] : kRoles) {
    if (value == role) return name;
  }
  PAI_CHECK(false, "a role outside the enumeration");
}

std::optional<Role> role_from_name(std::string_view name) {
  for (const auto& [value, known] : kRoles) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::string_view family_name(Family family) {
  switch (family) {
    case Family::kAlignment: return "alignment";
    case Family::kSharedNn: return "shared_nn";
    case Family::kSecureXgboost: return "secure_xgboost";
  }
  PAI_CHECK(false, "a family outside the enumeration");
}

std::string endpoint(std::string_view addr, std::uint16_t port) {
  const bool is_ipv6 = addr.find(':') != std::string_view::npos;
  std::string text = is_ipv6 ? "[" + std::string(addr) + "]" : std::string(addr);
  return text + ":" + std::to_string(port);
}

nlohmann::json ClientSpec::config() const {
  nlohmann::json config = settings;
  config["client_type"] = client_type_name(type);
  if (computation_port != 0) config["computation_port"] = computation_port;
  return config;
}

const ClientSpec& TaskSpec::main_client() const {
  const auto main = std::find_if(clients.begin(), clients.end(),
                                 [](const ClientSpec& client) { return client.role == Role::kMainClient; });
  PAI_CHECK(main != clients.end(), "a checked task has a main client");
  return *main;
}

Family TaskSpec::family() const { return client_type_info(main_client().type).families.front(); }

nlohmann::json TaskSpec::document() const {
  auto list = nlohmann::json::array();
  for (const auto& client : clients) {
    nlohmann::json entry = {{"role", role_name(client.role)},
                            {"addr", client.addr},
                            {"http_port", client.http_port},
                            {"client_config", client.config()}};
    if (!client.identity.empty()) entry["identity"] = client.identity;
    list.push_back(std::move(entry));
  }
  return {{"task_name", name}, {"clients", std::move(list)}};
}

nlohmann::json TaskSpec::public_part() const {
  auto list = nlohmann::json::array();
  for (const auto& client : clients) {
    nlohmann::json entry = {{"id", client.id},
                            {"role", role_name(client.role)},
                            {"addr", client.addr},
                            {"http_port", client.http_port},
                            {"client_type", client_type_name(client.type)},
                            {"computation_port", client.computation_port}};
    if (!client.identity.empty()) entry["identity"] = client.identity;
    if (client.role == Role::kMainClient) entry["settings"] = client.settings;
    list.push_back(std::move(entry));
  }
  return {{"task_name", name}, {"clients", std::move(list)}};
}

std::string TaskSpec::digest() const { return sha256_hex(json::canonical(public_part())); }

int data_client_count(const TaskSpec& spec) {
  return static_cast<int>(std::count_if(spec.clients.begin(), spec.clients.end(), [](const ClientSpec& client) {
    return client.role == Role::kFeatureClient || client.role == Role::kLabelClient;
  }));
}

}  // namespace pai::task
