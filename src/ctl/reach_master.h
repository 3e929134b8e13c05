#pragma once

#include <CLI/App.hpp>

#include "ctl/options.h"

namespace pai::ctl {

/// The flags of every verb that calls a master.
void reach_master(CLI::App* app, MasterOptions& master);

}  // namespace pai::ctl
