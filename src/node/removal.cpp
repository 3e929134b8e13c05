// Removing a client for good, with or without the data set that it left.
#include <utility>

#include "common/log/log.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/supervisor.h"

namespace pai::node {

Status Supervisor::remove(const std::string& caller, const ClientKey& key, bool with_dataset) {
  Locked entry = acquire(key);
  PAI_TRY(readable(*entry));
  if (!entry->present) return {};
  PAI_TRY(authorize(*entry, caller));
  PAI_TRY(check_unused(*entry, with_dataset));
  const Intent intent = with_dataset ? Intent::kDeleteWithDatasets : Intent::kDelete;
  PAI_TRY(store_.save_intent(key, intent));
  entry->record.intent = intent;
  leave_queue(caller, key, "");
  if (!entry->is_running()) return finish_removal(*entry);
  PAI_TRY(begin_stop(*entry, "deleted"));
  if (!await_end(entry)) return Error(ErrorCode::kTimeout, key.text() + " does not end, not even killed");
  // Whoever saw the end has removed it already, unless the disk refused.
  return entry->present ? finish_removal(*entry) : Status();
}

Status Supervisor::check_removal(const std::string& caller, const ClientKey& key, bool with_dataset) {
  const Locked entry = acquire(key);
  PAI_TRY(readable(*entry));
  if (!entry->present) return {};
  PAI_TRY(authorize(*entry, caller));
  return check_unused(*entry, with_dataset);
}

/// That nobody reads the data set that is to go with the client.
Status Supervisor::check_unused(const Entry& entry, bool with_dataset) const {
  const std::string& output = entry.record.out_data_path;
  if (!with_dataset || outputs_.dataset_holder(output) != entry.key) return {};
  return outputs_.check_removal(output, entry.key);
}

/// The intent is stored: what fails here is repeated by the next call or the next start.
Status Supervisor::finish_removal(Entry& entry) {
  const ClientKey& key = entry.key;
  const std::string& output = entry.record.out_data_path;
  if (entry.timer) loop_.cancel(*std::exchange(entry.timer, std::nullopt));
  if (entry.record.intent == Intent::kDeleteWithDatasets && outputs_.dataset_holder(output) == key) {
    PAI_TRY(outputs_.reserve_removal(output, key));
    PAI_TRY(folders_.datasets().remove_tree(output));
    PAI_TRY(store_.remove_dataset(output));
    outputs_.remove_dataset(output);
    log::info("data set removed",
              {{"task", key.task_name}, {"client", key.client}, {"out_data_path", output}});
  }
  PAI_TRY(folders_.keep_ledger(key));
  PAI_TRY(folders_.remove(key));
  PAI_TRY(store_.remove(key));
  if (!output.empty()) outputs_.release(output, key);
  outputs_.disown_dataset(output, key);
  entry.present = false;
  board_.remove(key);
  entry.changed.notify_all();
  log::info("client removed", fields_of(key));
  return {};
}

}  // namespace pai::node
