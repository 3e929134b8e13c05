#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/json/strict_json.h"
#include "common/task/address.h"
#include "common/task/draft.h"

namespace pai::task {
namespace {

using Drafts = std::vector<ClientDraft>;

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool runs_in(const ClientTypeInfo& info, Family family) { return contains(info.families, family); }

/// "0, 3 and 5"
std::string ids(const std::vector<std::size_t>& clients) {
  std::string text;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i > 0) text += i + 1 == clients.size() ? " and " : ", ";
    text += std::to_string(clients[i]);
  }
  return text;
}

/// Names of the types that a role runs, in tasks of this family (all families: nothing).
std::vector<std::string_view> types_for(Role role, std::optional<Family> family) {
  std::vector<std::string_view> names;
  for (const auto& info : client_types()) {
    if (contains(info.roles, role) && (!family || runs_in(info, *family))) names.push_back(info.name);
  }
  return names;
}

/// The main client's type decides what kind of task it is; without one, what most types agree on cannot be told.
std::optional<Family> family_of(const Drafts& drafts) {
  for (const auto& draft : drafts) {
    if (draft.role == Role::kMainClient && draft.type && contains(client_type_info(*draft.type).roles, Role::kMainClient)) {
      return client_type_info(*draft.type).families.front();
    }
  }
  return std::nullopt;
}

void check_role_counts(const Drafts& drafts, const std::string& path, std::optional<Family> family, Faults& faults) {
  // A role that could not be read may be any role: only what is too much is certain then.
  const bool all_known = std::all_of(drafts.begin(), drafts.end(), [](const auto& draft) { return draft.role.has_value(); });
  const auto with_role = [&](Role role) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      if (drafts[i].role == role) found.push_back(i);
    }
    return found;
  };
  const auto at_most_one = [&](Role role, const std::vector<std::size_t>& found) {
    if (found.size() <= 1) return;
    faults.add(path, "clients " + ids(found) + " are all " + std::string(role_name(role)) + ": a task has at most one");
  };
  const auto mains = with_role(Role::kMainClient);
  const auto producers = with_role(Role::kCryptoProducer);
  const auto features = with_role(Role::kFeatureClient);
  const auto labels = with_role(Role::kLabelClient);
  at_most_one(Role::kMainClient, mains);
  at_most_one(Role::kCryptoProducer, producers);
  at_most_one(Role::kLabelClient, labels);
  const bool is_preprocessing = family == Family::kAlignment;
  if (is_preprocessing) {
    for (const auto i : producers) {
      faults.add(json::child_path(drafts[i].path, "role"), "a preprocessing task has no crypto_producer: remove this client");
    }
  }
  if (!all_known) return;
  if (mains.empty()) faults.add(path, "no client is the main_client: a task has exactly one");
  if (features.empty()) faults.add(path, "no client is a feature_client: a task has one or more");
  if (is_preprocessing && !features.empty() && features.size() + labels.size() < 2) {
    faults.add(path, "only one client has data: an alignment needs at least two (feature_client, label_client)");
  }
  if (family && !is_preprocessing && labels.empty()) {
    faults.add(path, "no client is the label_client: a training task has exactly one");
  }
  if (family && !is_preprocessing && producers.empty()) {
    faults.add(path,
               "no client is the crypto_producer: a training task has exactly one, whose triples the products on shares "
               "need (in security \"full\" and \"split\" alike)");
  }
}

void check_type(const ClientDraft& draft, std::optional<Family> family, Faults& faults) {
  if (!draft.type) return;
  const auto& info = client_type_info(*draft.type);
  const auto path = json::child_path(draft.config_path, "client_type");
  const bool fits_role = !draft.role || contains(info.roles, *draft.role);
  if (!fits_role) {
    const auto in_family = types_for(*draft.role, family);
    faults.add(path, in_quotes(info.name) + " does not fit the role " + std::string(role_name(*draft.role)) +
                         ", which runs " + listed(in_family.empty() ? types_for(*draft.role, std::nullopt) : in_family));
  } else if (family && !runs_in(info, *family)) {
    std::string message = in_quotes(info.name) + " is of another family than the main client's type: this task is of the family " +
                          std::string(family_name(*family));
    if (draft.role) {
      if (const auto right = types_for(*draft.role, family); !right.empty()) {
        message += ", where a " + std::string(role_name(*draft.role)) + " runs " + listed(right);
      }
    }
    faults.add(path, std::move(message));
  }
}

void check_ports(const Drafts& drafts, Faults& faults) {
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const auto& own = drafts[i];
    if (!own.addr || own.computation_port.value_or(0) == 0) continue;
    const auto path = json::child_path(own.config_path, "computation_port");
    for (std::size_t j = 0; j < drafts.size(); ++j) {
      const auto& other = drafts[j];
      if (!other.addr || address_key(*other.addr) != address_key(*own.addr)) continue;
      const auto where = endpoint(*own.addr, *own.computation_port);
      if (j < i && other.computation_port == own.computation_port) {
        faults.add(path, where + " is client " + std::to_string(j) + "'s computation port already: choose another");
        break;
      }
      if (other.http_port == own.computation_port) {
        faults.add(path, where + " is the HTTP port of client " + std::to_string(j) + "'s node: choose another");
        break;
      }
    }
  }
}

bool is_within(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 && path[folder.size()] == '/';
}

void check_created_paths(const Drafts& drafts, Faults& faults) {
  struct Created {
    std::size_t client;
    std::string_view setting;
    std::string path;
  };
  std::vector<Created> all;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (!drafts[i].type || !drafts[i].addr || !drafts[i].http_port) continue;
    for (const auto& setting : client_type_info(*drafts[i].type).settings) {
      if (!setting.creates || !drafts[i].settings.contains(std::string(setting.name))) continue;
      Created own{i, setting.name, drafts[i].settings[std::string(setting.name)].get<std::string>()};
      for (const auto& other : all) {
        const auto& theirs = drafts[other.client];
        if (address_key(*theirs.addr) != address_key(*drafts[i].addr) || theirs.http_port != drafts[i].http_port) continue;
        std::string relation;
        if (own.path == other.path) relation = " is client ";
        if (is_within(own.path, other.path)) relation = " lies within client ";
        if (is_within(other.path, own.path)) relation = " encloses client ";
        if (relation.empty()) continue;
        faults.add(json::child_path(drafts[i].config_path, own.setting),
                   in_quotes(own.path) + relation + std::to_string(other.client) + "'s " + std::string(other.setting) +
                       " at the same node (" + endpoint(*drafts[i].addr, *drafts[i].http_port) + "): choose another");
        break;
      }
      all.push_back(std::move(own));
    }
  }
}

}  // namespace

void check_rules(const Drafts& drafts, const std::string& clients_path, Faults& faults) {
  const auto family = family_of(drafts);
  check_role_counts(drafts, clients_path, family, faults);
  for (const auto& draft : drafts) {
    // A crypto_producer in a preprocessing task has its fault: whatever its type, it has to go.
    if (draft.role == Role::kCryptoProducer && family == Family::kAlignment) continue;
    check_type(draft, family, faults);
  }
  check_ports(drafts, faults);
  check_created_paths(drafts, faults);
  if (family == Family::kSharedNn) check_training_rules(drafts, faults);
  if (family == Family::kSecureXgboost) check_boosting_rules(drafts, clients_path, faults);
}

}  // namespace pai::task
