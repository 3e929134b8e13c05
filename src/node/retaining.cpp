// What old tasks left here, for retention: which have ended, and the removal of one client of them.
#include <cmath>

#include "common/log/log.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

std::string main_setting(const task::TaskSpec& spec, const char* name) {
  const auto& settings = spec.main_client().settings;
  const auto found = settings.find(name);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : "";
}

bool trains(const task::TaskSpec& spec) { return spec.family() != task::Family::kAlignment && main_setting(spec, "mode") != "predict"; }

}  // namespace

Result<EndedHere> Supervisor::ended_here() {
  PAI_ASSIGN(const auto ended, store_.ended());
  PAI_ASSIGN(const auto states, store_.states());
  EndedHere here;
  std::set<std::string> unended;
  for (const auto& [key, state] : states) {
    if (task::is_terminal(state)) continue;
    unended.insert(key.task_name);
    const auto spec = load_spec(key);
    if (!spec.ok()) continue;  // it can't run, and so wants nothing
    if (auto model = main_setting(*spec, "model_task"); !model.empty()) here.models_wanted.insert(std::move(model));
  }
  here.tasks = ended_tasks(ended, unended);
  return here;
}

Result<bool> Supervisor::remove_ended(const EndedClient& client, bool models, const std::set<std::string>& models_wanted,
                                      const std::function<void(const Status&)>& done) {
  Locked entry = acquire(client.key);
  PAI_TRY(readable(*entry));
  if (!entry->present || !task::is_terminal(entry->state()) || entry->record.intent != Intent::kNone) return false;
  // It ran again meanwhile? SQLite reads a time from JSON with its own last digit.
  if (std::abs(ended_at(entry->record) - client.ended_at) > 1e-3) return false;
  const auto spec = load_spec(client.key);
  if (!spec.ok()) return false;  // what it is can't be told, and so not whether it is to be kept
  const bool wanted = models_wanted.contains(client.key.task_name) || (entry->state() == task::ClientState::kFinished && !models);
  if (trains(*spec) && wanted) return false;
  const log::TraceScope scope(entry->record.trace);
  Status removed = store_.save_intent(client.key, Intent::kDelete);
  if (removed.ok()) {
    entry->record.intent = Intent::kDelete;
    removed = finish_removal(*entry);
  }
  done(removed);
  if (!removed.ok()) return std::move(removed).error();
  return true;
}

}  // namespace pai::node
