#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/io/files.h"
#include "common/task/hash_chain.h"

namespace pai::audit {

/// The files of an audit log in a folder: `audit.jsonl`, which grows, and those before it, `audit-000001.jsonl` and so
/// on. Not thread-safe.
class LogFiles {
 public:
  /// Stands for write(2), so that a test can fill the disk.
  using Write = std::function<ssize_t(int, const char*, std::size_t)>;

  /// Opens the log or begins one. A last line that was cut off by a crash is taken away, and `mended` says how much; a
  /// file that is not sound is put aside, and `broken` says why.
  static Result<LogFiles> open(const std::filesystem::path& folder, Write write);

  /// All of the line, or nothing of it and the error.
  Status add(std::string_view line);
  /// Room for what comes next, as far as the file system can promise it.
  Status reserve();
  Status sync();
  /// From now on a new file; gives the name that the old one has now.
  Result<std::string> rotate();

  int fd() const { return file_.get(); }
  std::uint64_t size() const { return size_; }
  const task::HashChain::Head& head() const { return head_; }  ///< as found by `open`
  std::uint64_t mended() const { return mended_; }              ///< bytes taken away by `open`
  const std::string& broken() const { return broken_; }
  const std::string& before() const { return before_; }         ///< the file before, when `open` found no audit.jsonl

 private:
  LogFiles(io::Root root, Write write) : root_(std::move(root)), write_(std::move(write)) {}
  Status take_back_half_a_line();
  Status find_end();
  Status open_current();
  std::string next_name() const;

  io::Root root_;
  Write write_;
  io::Fd file_;
  std::uint64_t size_ = 0;
  bool torn_ = false;  ///< half a line stands behind `size_`
  std::uint64_t reserved_ = 0;
  task::HashChain::Head head_;
  std::uint64_t mended_ = 0;
  std::string broken_;
  std::string before_;
};

}  // namespace pai::audit
