#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "common/io/files.h"
#include "node/process/launcher.h"
#include "node/process/loop.h"

namespace pai::node::process {

/// A process of this machine, held by its pidfd, which can't come to mean another process.
class LocalProcess final : public Process {
 public:
  /// Watches from now on; if it ended already, `on_exit` follows at once on the loop's thread.
  static Result<std::unique_ptr<Process>> watch(Loop& loop, task::ProcessIdentity identity, io::Fd pidfd,
                                                bool is_child, OnExit on_exit);
  ~LocalProcess() override;

  const task::ProcessIdentity& identity() const override;
  void terminate() override;
  void kill() override;

 private:
  struct Shared;
  explicit LocalProcess(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  static void ended(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace pai::node::process
