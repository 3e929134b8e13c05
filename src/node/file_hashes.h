#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "common/base/result.h"
#include "common/csv/file_source.h"

namespace pai::node {

/// SHA-256 of files, remembered as long as a file stays as it is (device, inode, size, times of change). Thread-safe; a
/// file is read outside the lock.
class FileHashes {
 public:
  /// Lower-case hex. kIo when it can't be read; kInvalid when it changed meanwhile.
  Result<std::string> sha256(int fd, const std::string& name);

 private:
  static constexpr std::size_t kFilesMax = 4'096;
  std::mutex mutex_;
  std::map<std::string, std::pair<csv::FileIdentity, std::string>> known_;  // by name
};

}  // namespace pai::node
