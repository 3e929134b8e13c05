#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace pai::task {

enum class Role { kMainClient, kCryptoProducer, kFeatureClient, kLabelClient };

enum class ClientType {
  kAlignmentMain, kAlignmentData, kTripletProducer,
  kSharedNnMain, kSharedNnFeature, kSharedNnLabel,
  kSecureXgboostMain, kSecureXgboostFeature, kSecureXgboostLabel,
};

/// Types of one family run together in one task.
enum class Family { kAlignment, kSharedNn, kSecureXgboost };

std::string_view role_name(Role role);
std::string_view client_type_name(ClientType type);
std::string_view family_name(Family family);
std::optional<Role> role_from_name(std::string_view name);
std::optional<ClientType> client_type_from_name(std::string_view name);

/// `addr:port`, with brackets around an IPv6 address: what a person reads and a URL or gRPC target takes.
std::string endpoint(std::string_view addr, std::uint16_t port);

/// One party's part. `settings` has every setting of the type, defaults filled in, and nothing else.
struct ClientSpec {
  int id = 0;  ///< index in `clients`
  Role role = Role::kMainClient;
  ClientType type = ClientType::kAlignmentMain;
  std::string addr;              ///< host name in lower case, or IP address in its shortest form without brackets
  std::uint16_t http_port = 0;   ///< its node's
  std::uint16_t computation_port = 0;
  std::string identity;          ///< expected certificate name or `sha256:` fingerprint; empty: by address
  nlohmann::json settings = nlohmann::json::object();

  std::string node() const { return endpoint(addr, http_port); }
  /// `client_config` as in the task document: client_type, computation_port and the settings.
  nlohmann::json config() const;
};

/// A checked task: what `validate` returns. Two tasks are the same when `document()` is equal.
struct TaskSpec {
  std::string name;
  std::vector<ClientSpec> clients;

  const ClientSpec& main_client() const;
  Family family() const;

  /// The whole task with defaults filled in; validating it again gives the same spec.
  nlohmann::json document() const;
  /// What every party gets: roles, addresses, ports, types, identities, main's settings; no party's own settings.
  nlohmann::json public_part() const;
  /// SHA-256 of the canonical public part, lower-case hex: what clients compare when they meet.
  std::string digest() const;
};

/// Counts how many of the clients hold data (feature and label clients).
int data_client_count(const TaskSpec& spec);

}  // namespace pai::task
