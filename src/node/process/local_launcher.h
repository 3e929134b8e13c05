#pragma once

#include "node/process/launcher.h"
#include "node/process/loop.h"

namespace pai::node::process {

/// Clients as processes of this machine: fork and exec, a session and process group of their own, output
/// straight to the log file, no pipe or descriptor shared with us, so that they outlive a restart of this
/// daemon.
class LocalLauncher final : public Launcher {
 public:
  explicit LocalLauncher(Loop& loop) : loop_(loop) {}

  Result<std::unique_ptr<Process>> launch(const LaunchSpec& spec, const Record& record,
                                          OnExit on_exit) override;
  Result<std::unique_ptr<Process>> adopt(const task::ProcessIdentity& identity, OnExit on_exit) override;

 private:
  Loop& loop_;
};

}  // namespace pai::node::process
