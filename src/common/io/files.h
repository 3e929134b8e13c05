#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace pai::io {

/// Owns a file descriptor; closes it.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// A folder below which outside names are resolved, and never left: every call goes through
/// openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS), so neither `..`, absolute names nor symlinks lead out.
/// Paths given to it are relative and were checked by `task::check_relative_path`. Errors name root and path.
class Root {
 public:
  /// Opens the folder; with `create`, makes it and its parents with mode 0700.
  static Result<Root> open(const std::filesystem::path& folder, bool create);

  const std::filesystem::path& path() const { return path_; }
  int fd() const { return fd_.get(); }

  /// Opens a regular file for reading; a directory, device or FIFO is kInvalid.
  Result<Fd> open_file(std::string_view relative) const;
  Result<Fd> open_folder(std::string_view relative) const;
  /// Creates a new regular file (O_EXCL), mode 0600, parents must exist.
  Result<Fd> create_file(std::string_view relative) const;
  /// Creates the folder and missing parents, 0700; existing ones are fine.
  Status make_folders(std::string_view relative) const;
  Result<bool> exists(std::string_view relative) const;
  /// Whole content; kTooLarge over `bytes_max`.
  Result<std::string> read(std::string_view relative, std::size_t bytes_max) const;
  /// Replaces the file atomically: temporary beside it, fsync (unless `durable` is false), rename, fsync of the folder.
  Status write_atomically(std::string_view relative, std::string_view content, bool durable = true) const;
  /// Removes a file or a whole tree; nothing there is fine. Symlinks are removed, not followed.
  Status remove_tree(std::string_view relative) const;
  /// Atomic; kConflict when `to` exists.
  Status rename(std::string_view from, std::string_view to) const;
  /// Atomic; swaps the two (renameat2 RENAME_EXCHANGE).
  Status exchange(std::string_view a, std::string_view b) const;
  /// Makes renames in the folder durable.
  Status sync_folder(std::string_view relative) const;

 private:
  Root(std::filesystem::path path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::filesystem::path path_;
  Fd fd_;
};

/// Reads a whole operator-given file (configuration, certificate); kTooLarge over `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max = std::size_t{1} << 20);

/// Writes all bytes, going on after short writes and EINTR.
Status write_all(int fd, std::string_view bytes, std::string_view name);

/// Free bytes for this user on the file system of the folder.
Result<std::uint64_t> free_bytes(int folder_fd);

/// An exclusive lock file that is held for the life of the object: one daemon a data folder. kConflict names the holder's pid.
class FolderLock {
 public:
  static Result<FolderLock> acquire(const Root& root, std::string_view name);

 private:
  explicit FolderLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace pai::io
