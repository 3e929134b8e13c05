#include "common/store/readers.h"

#include <chrono>
#include <utility>

namespace pai::store {
namespace {

constexpr std::size_t kReadersMax = 4;
constexpr std::chrono::seconds kReaderWait{30};
constexpr int kReaderCacheKib = 512;

}  // namespace

Result<std::vector<Row>> Readers::query(std::string_view sql, const Row& parameters) {
  PAI_ASSIGN(auto connection, take());
  auto rows = connection->query(sql, parameters);
  give_back(std::move(connection));
  return rows;
}

Result<std::unique_ptr<SqliteConnection>> Readers::take() {
  {
    std::unique_lock lock(mutex_);
    const auto available = [&] { return !idle_.empty() || opened_ < kReadersMax; };
    if (!returned_.wait_for(lock, kReaderWait, available)) {
      return Error(ErrorCode::kBusy, "too many reads of database '" + file_.native() + "' at once");
    }
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++opened_;
  }
  auto connection = SqliteConnection::open(file_, {.read_only = true, .cache_kib = kReaderCacheKib});
  if (!connection.ok()) {
    const std::lock_guard lock(mutex_);
    --opened_;
    returned_.notify_one();
  }
  return connection;
}

void Readers::give_back(std::unique_ptr<SqliteConnection> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
  returned_.notify_one();
}

}  // namespace pai::store
