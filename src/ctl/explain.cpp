#include "ctl/explain.h"

#include <utility>

#include "common/disclosure/explanation.h"
#include "common/io/files.h"
#include "common/json/strict_json.h"
#include "common/task/task_file.h"
#include "common/task/validate.h"

namespace pai::ctl {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;

/// A task, and whose owner reads about it.
struct Subject {
  task::TaskSpec spec;
  std::vector<int> clients;
};

/// A node's task.json has the public part and its own client's settings; what is POSTed has `clients` with their settings.
bool is_task_file(const nlohmann::json& document) { return document.is_object() && document.contains("node"); }

Result<std::vector<int>> chosen(const task::TaskSpec& spec, int client) {
  const int count = static_cast<int>(spec.clients.size());
  if (client == ExplainOptions::kEveryClient) {
    std::vector<int> all;
    for (int id = 0; id < count; ++id) all.push_back(id);
    return all;
  }
  const int id = client == -1 ? count - 1 : client;
  if (id < 0 || id >= count) {
    return Error(ErrorCode::kInvalid, "the task has clients 0 to " + std::to_string(count - 1) + ", no " + std::to_string(client));
  }
  return std::vector<int>{id};
}

Result<Subject> read_subject(const ExplainOptions& options) {
  PAI_ASSIGN(const auto text, io::read_file(options.file, kFileBytesMax));
  json::Limits limits;
  limits.bytes_max = kFileBytesMax;
  PAI_ASSIGN(const auto document, json::parse(text, limits));
  if (!is_task_file(document)) {
    PAI_ASSIGN(auto spec, task::validate(document));
    PAI_ASSIGN(auto clients, chosen(spec, options.client));
    return Subject{std::move(spec), std::move(clients)};
  }
  PAI_ASSIGN(auto file, task::task_file_from_json(document));
  const int own = file.client_id;
  PAI_ASSIGN(auto clients, chosen(file.spec, options.client == ExplainOptions::kEveryClient ? own : options.client));
  return Subject{std::move(file.spec), std::move(clients)};
}

}  // namespace

Result<std::string> explain(const ExplainOptions& options) {
  auto subject = read_subject(options);
  if (!subject.ok()) return std::move(subject).error().in_context(options.file);
  const auto& spec = subject->spec;
  if (options.json) {
    auto parties = nlohmann::json::array();
    for (const int client : subject->clients) {
      parties.push_back({{"client", client}, {"discloses", disclosure::to_json(spec, disclosure::leaving(spec, client))},
                         {"told_to_master", disclosure::told_to_master(spec, client)}});
    }
    return nlohmann::json{{"task_name", spec.name}, {"digest", spec.digest()}, {"clients", std::move(parties)}}.dump(2) + "\n";
  }
  std::string text = "Task '" + spec.name + "', digest " + spec.digest() + "\n";
  for (const int client : subject->clients) text += "\n" + disclosure::in_words(spec, client);
  return text;
}

}  // namespace pai::ctl
