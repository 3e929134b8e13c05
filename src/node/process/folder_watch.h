#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/io/files.h"
#include "node/process/loop.h"

namespace pai::node::process {

/// Tells when a file was moved into a folder, as an atomic replacement does (inotify). Thread-safe.
class FolderWatch {
 public:
  using OnMovedIn = std::function<void(std::string_view file)>;  ///< on the loop's thread

  static Result<std::unique_ptr<FolderWatch>> make(Loop& loop);
  /// The loop was stopped before, or has no events of ours under way.
  ~FolderWatch();

  /// One watch a folder: a second call replaces the callback.
  Status watch(const std::string& folder, OnMovedIn on_moved_in);
  /// Nothing watched is fine.
  void unwatch(const std::string& folder);

 private:
  FolderWatch(Loop& loop, io::Fd inotify) : loop_(loop), inotify_(std::move(inotify)) {}
  void read_events();

  Loop& loop_;
  io::Fd inotify_;
  Loop::Token token_ = 0;
  std::mutex mutex_;
  std::map<int, std::shared_ptr<OnMovedIn>> callbacks_;  ///< by watch descriptor
  std::map<std::string, int, std::less<>> descriptors_;
};

}  // namespace pai::node::process
