#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "common/store/connection.h"

namespace pai::store {

/// Read-only connections, opened when needed, a few at most; a further reader waits for one. Any thread may call.
class Readers {
 public:
  explicit Readers(std::filesystem::path file) : file_(std::move(file)) {}
  Result<std::vector<Row>> query(std::string_view sql, const Row& parameters);

 private:
  Result<std::unique_ptr<SqliteConnection>> take();
  void give_back(std::unique_ptr<SqliteConnection> connection);

  const std::filesystem::path file_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  std::size_t opened_ = 0;
};

}  // namespace pai::store
