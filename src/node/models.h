#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/task/model.h"
#include "common/task/states.h"
#include "node/folders.h"
#include "node/record.h"

namespace pai::node {

/// Where this client's part of the model lies that its prediction uses: `tasks/<model_task>-<id>/model`,
/// absolute; empty when the task is no prediction. `<id>` is the client's own id if that client has the same
/// role there, else the only client of that role that this node has. `state_of` gives the state of a client
/// that the caller's master may know of, else nothing. kInvalid for a data client whose part is not here;
/// main and the dealer may have none.
Result<std::string> model_folder(
    const Folders& folders, const task::TaskSpec& spec, const task::ClientSpec& self,
    const std::function<std::optional<task::ClientState>(const ClientKey&)>& state_of);

/// The security level that the model in this folder, as model_folder gives it, was trained at: what a prediction by it opens hangs on
/// that, whatever level the prediction names. Empty without a folder. kInvalid when its model.json does not say.
Result<std::string> model_security(const std::string& folder);

}  // namespace pai::node
