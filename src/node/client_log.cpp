#include "node/client_log.h"

namespace pai::node {

log::Fields fields_of(const ClientKey& key) {
  return {{"task", key.task_name}, {"client", key.client}};
}

void warn(std::string_view event, const ClientKey& key, const Error& error) {
  log::warning(event, {{"task", key.task_name}, {"client", key.client}, {"fault", error.describe()}});
}

}  // namespace pai::node
