#include "node/outputs.h"

namespace pai::node {
namespace {

Error conflict(const std::string& path, const std::string& why) {
  return Error(ErrorCode::kConflict, "out_data_path '" + path + "' " + why);
}

}  // namespace

Status Outputs::check_nesting(const std::string& path) const {
  const auto holder = [](const Slot& slot) {
    if (slot.writer) return *slot.writer;
    return slot.dataset ? *slot.dataset : *slot.users.begin();
  };
  // Ancestors: "a" and "a/b" for "a/b/c".
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (const auto above = slots_.find(path.substr(0, slash)); above != slots_.end()) {
      return conflict(path, "lies within '" + above->first + "' of " + holder(above->second).text());
    }
  }
  const std::string prefix = path + "/";
  if (const auto below = slots_.lower_bound(prefix);
      below != slots_.end() && below->first.starts_with(prefix)) {
    return conflict(path, "contains '" + below->first + "' of " + holder(below->second).text());
  }
  return {};
}

Status Outputs::check_locked(const std::string& path, const ClientKey& client, bool overwrite) const {
  PAI_TRY(check_nesting(path));
  const auto found = slots_.find(path);
  if (found == slots_.end()) return {};
  const Slot& slot = found->second;
  if (slot.writer && *slot.writer != client) {
    return conflict(path, "is being written, or about to be, by " + slot.writer->text());
  }
  PAI_TRY(check_unused_locked(path, client));
  const bool own =
      slot.dataset && slot.dataset->client != kNoClient && slot.dataset->task_name == client.task_name;
  if (slot.dataset && !own && !overwrite) {
    return Error(conflict(path, "holds the data set of " + slot.dataset->text()))
        .with_hint("choose another out_data_path, or set overwrite to true");
  }
  return {};
}

Status Outputs::check(const std::string& path, const ClientKey& client, bool overwrite) const {
  const std::lock_guard lock(mutex_);
  return check_locked(path, client, overwrite);
}

Status Outputs::reserve(const std::string& path, const ClientKey& client, bool overwrite) {
  const std::lock_guard lock(mutex_);
  PAI_TRY(check_locked(path, client, overwrite));
  slots_[path].writer = client;
  return {};
}

void Outputs::release(const std::string& path, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(path);
  if (found == slots_.end() || found->second.writer != client) return;
  found->second.writer.reset();
  drop_if_empty(path);
}

void Outputs::add_dataset(const std::string& path, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  slots_[path].dataset = client;
}

void Outputs::remove_dataset(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(path);
  if (found == slots_.end()) return;
  found->second.dataset.reset();
  drop_if_empty(path);
}

void Outputs::disown_dataset(const std::string& path, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(path);
  if (found != slots_.end() && found->second.dataset == client) found->second.dataset->client = kNoClient;
}

std::optional<ClientKey> Outputs::dataset_holder(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(path);
  return found == slots_.end() ? std::nullopt : found->second.dataset;
}

Status Outputs::check_use_locked(const std::string& path, const ClientKey& client) const {
  const auto found = slots_.find(path);
  if (found == slots_.end() || !found->second.writer || *found->second.writer == client) return {};
  return Error(ErrorCode::kConflict, "data_path '" + path + "' is being written, or about to be, by " +
                                         found->second.writer->text())
      .with_hint("wait until it has ended, or delete that task");
}

Status Outputs::check_use(const std::string& path, const ClientKey& client) const {
  const std::lock_guard lock(mutex_);
  return check_use_locked(path, client);
}

Status Outputs::use(const std::string& path, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  PAI_TRY(check_use_locked(path, client));
  slots_[path].users.insert(client);
  return {};
}

void Outputs::end_use(const std::string& path, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(path);
  if (found == slots_.end()) return;
  found->second.users.erase(client);
  drop_if_empty(path);
}

Status Outputs::check_unused_locked(const std::string& path, const ClientKey& client) const {
  const auto found = slots_.find(path);
  if (found == slots_.end()) return {};
  for (const auto& user : found->second.users) {
    if (user == client) continue;
    return Error(ErrorCode::kConflict, "data set '" + path + "' is being used by " + user.text() + ", which runs")
        .with_hint("wait until it has ended, or stop it");
  }
  return {};
}

Status Outputs::check_removal(const std::string& path, const ClientKey& holder) const {
  const std::lock_guard lock(mutex_);
  return check_unused_locked(path, holder);
}

Status Outputs::reserve_removal(const std::string& path, const ClientKey& holder) {
  const std::lock_guard lock(mutex_);
  PAI_TRY(check_unused_locked(path, holder));
  slots_[path].writer = holder;
  return {};
}

void Outputs::drop_if_empty(const std::string& path) {
  const auto found = slots_.find(path);
  if (found != slots_.end() && !found->second.writer && !found->second.dataset &&
      found->second.users.empty()) {
    slots_.erase(found);
  }
}

}  // namespace pai::node
