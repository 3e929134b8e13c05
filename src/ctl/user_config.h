#pragma once

#include <filesystem>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// $XDG_CONFIG_HOME/pai/paictl.toml, else ~/.config/pai/paictl.toml; empty when the environment has neither.
std::filesystem::path user_config_file();

/// Fills what flags and environment left open from the user's file (`master`, `ca`, `certificate`, `key`, `token_file`; paths relative to its
/// folder), when it is there. Credentials of the file are for the file's master alone: another one does not get to see them. A certificate that was given goes
/// with its own key, and a token that was given (`has_token`) stands for the file's. kInvalid: the file's faults, each with its line; or no master is known.
Status complete(MasterOptions& master, const std::filesystem::path& file, bool has_token);

/// The same for whatever asks for a master; the other options are left as they are.
Status complete(Options& options, const std::filesystem::path& file, bool has_token);

}  // namespace pai::ctl
