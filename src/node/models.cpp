#include "node/models.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "common/io/files.h"
#include "common/json/strict_json.h"

namespace pai::node {
namespace {

/// It names each column of a table.
constexpr std::size_t kDescriptionBytesMax = std::size_t{64} << 20;
constexpr json::Limits kDescriptionLimits{.bytes_max = kDescriptionBytesMax};

Error fault(const task::TaskSpec& spec, std::string message, std::string hint) {
  const std::string where = "clients[" + std::to_string(spec.main_client().id) + "].client_config.model_task";
  return Error(ErrorCode::kInvalid, message)
      .with_hint(std::move(hint))
      .with_detail({ErrorDetail::Kind::kPath, where, std::move(message)});
}

/// "0 and 3"
std::string ids_of(const std::vector<ClientKey>& keys) {
  std::string text;
  for (const auto& key : keys) text.append(text.empty() ? "" : " and ").append(std::to_string(key.client));
  return text;
}

/// The clients with the role that the task has at this node.
std::vector<ClientKey> clients_with_role(const Folders& folders, const std::string& task_name,
                                         task::Role role) {
  std::vector<ClientKey> found;
  const auto names = folders.task_folders();
  if (!names.ok()) return found;
  const std::string prefix = task_name + "-";
  for (const auto& name : *names) {
    if (!name.starts_with(prefix)) continue;
    const auto key = key_of_folder(name);
    // A task 'a-1' has folders that begin like those of a task 'a'.
    if (!key || key->task_name != task_name || folders.role_of(*key) != role) continue;
    found.push_back(*key);
  }
  return found;
}

}  // namespace

Result<std::string> model_folder(
    const Folders& folders, const task::TaskSpec& spec, const task::ClientSpec& self,
    const std::function<std::optional<task::ClientState>(const ClientKey&)>& state_of) {
  const auto& settings = spec.main_client().settings;
  const auto mode = settings.find("mode");
  const auto model_task = settings.find("model_task");
  if (mode == settings.end() || *mode != "predict" || model_task == settings.end()) return std::string();
  const auto name = model_task->get<std::string>();
  const bool needs_one = self.role == task::Role::kFeatureClient || self.role == task::Role::kLabelClient;

  auto candidates = clients_with_role(folders, name, self.role);
  std::erase_if(candidates, [&](const ClientKey& key) { return !state_of(key); });
  const auto same_id = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const ClientKey& key) { return key.client == self.id; });
  if (same_id != candidates.end()) candidates = {*same_id};
  const std::string what = "task '" + name + "' as " + std::string(task::role_name(self.role));
  if (candidates.size() != 1) {
    if (!needs_one) return std::string();
    if (candidates.empty()) {
      return fault(spec, "this node has no client of " + what,
                   "the parties of the training predict, each with its part");
    }
    return fault(spec, "this node has several clients of " + what + ": " + ids_of(candidates),
                 "list the clients in the order of the training, so that their ids agree");
  }
  const ClientKey& key = candidates.front();
  PAI_ASSIGN(const bool there, folders.tasks().exists(key.folder() + "/model/model.json"));
  if (there && task::is_terminal(*state_of(key))) return (folders.task_folder(key) / "model").string();
  if (!needs_one) return std::string();
  std::string message = key.text() + " has no model at this node";
  if (!task::is_terminal(*state_of(key)))
    message = key.text() + " is not at its end: its model is not complete";
  return fault(spec, std::move(message), "train it to its end first");
}

Result<std::string> model_security(const std::string& folder) {
  if (folder.empty()) return std::string();
  const auto file = std::filesystem::path(folder) / "model.json";
  PAI_ASSIGN(const auto text, io::read_file(file, kDescriptionBytesMax));
  auto document = json::parse(text, kDescriptionLimits);
  if (!document.ok()) return std::move(document).error().in_context(file.string());
  const auto level = document->find("security");
  if (!document->is_object() || level == document->end() || !level->is_string()) {
    return Error(ErrorCode::kInvalid, "the model of '" + folder + "' does not say which security level it was trained at");
  }
  return level->get<std::string>();
}

}  // namespace pai::node
