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

/// What the client's node tells the master, and with it its users, beside addresses and times; a sentence each. No message between clients
/// carries it, so no message declares it.
std::vector<std::string> told_to_master(const task::TaskSpec& task, int from);

/// The same in words for the party's owner, a few lines for each receiver, and what the master is told.
std::string in_words(const task::TaskSpec& task, int from);

}  // namespace pai::disclosure
