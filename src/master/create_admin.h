#pragma once

#include <filesystem>
#include <string>

#include "master/users.h"

namespace pai::master {

/// The first admin, or one more: for whoever may write the master's data folder, while no master runs there. The folder
/// and master.db are made if they are missing. kConflict: a master runs, or the name is taken; kInvalid: the name.
Result<Users::Made> create_admin(const std::filesystem::path& data_dir, const std::string& name);

}  // namespace pai::master
