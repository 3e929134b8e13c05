#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/disclosure/declarations.h"
#include "common/task/model.h"

namespace pai::disclosure {

/// One type of message that may leave a party, and what it tells.
struct Leaving {
  int to = 0;
  std::string message;
  Disclosed disclosed;
};

/// All that may leave client `from` in this task, by receiver and in the protocol's order. The channel lets nothing else pass.
std::vector<Leaving> leaving(const task::TaskSpec& task, int from);

/// The same as `/checkTask` shows it: [{to, role, node, messages: [{message, discloses, learns}]}].
nlohmann::json to_json(const task::TaskSpec& task, const std::vector<Leaving>& leaving);

/// The same in words for the party's owner, a few lines for each receiver.
std::string in_words(const task::TaskSpec& task, int from);

}  // namespace pai::disclosure
