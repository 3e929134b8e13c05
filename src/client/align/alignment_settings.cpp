#include "client/align/alignment_settings.h"

#include <cmath>

#include "common/csv/file_source.h"

namespace pai::client::align {
namespace {

// The settings were validated with the task; a default here only serves a task file written by hand without
// them.
std::string text(const nlohmann::json& settings, const char* name, std::string otherwise) {
  const auto found = settings.find(name);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : std::move(otherwise);
}

bool flag(const nlohmann::json& settings, const char* name) {
  const auto found = settings.find(name);
  return found != settings.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace

SharedSettings shared_settings(const task::TaskFile& task) {
  const auto& settings = task.spec.main_client().settings;
  SharedSettings shared;
  if (text(settings, "psi", "prf") == "ecdh") shared.psi = Psi::kEcdh;
  if (const auto found = settings.find("test_ratio"); found != settings.end() && found->is_number()) {
    shared.test_ratio = found->get<double>();
  }
  if (const auto found = settings.find("min_intersection"); found != settings.end() && found->is_number()) {
    shared.min_intersection = found->get<std::uint64_t>();
  }
  return shared;
}

PartySettings party_settings(const task::TaskFile& task) {
  const auto& settings = task.self().settings;
  PartySettings party;
  party.raw_data_path = text(settings, "raw_data_path", "");
  party.out_data_path = text(settings, "out_data_path", "");
  party.columns = csv::request_from_settings(settings);
  party.keep_first = text(settings, "duplicates", "error") == "first";
  party.overwrite = flag(settings, "overwrite");
  return party;
}

std::vector<int> data_clients(const task::TaskFile& task) {
  std::vector<int> ids;
  for (const auto& client : task.spec.clients) {
    if (client.role == task::Role::kFeatureClient || client.role == task::Role::kLabelClient)
      ids.push_back(client.id);
  }
  return ids;
}

std::string staging_path(const task::TaskFile& task) {
  return ".staging/" + task.spec.name + "-" + std::to_string(task.client_id);
}

}  // namespace pai::client::align
