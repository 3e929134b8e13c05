#include "common/store/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "common/base/check.h"
#include "common/store/connection.h"
#include "common/store/migrate.h"
#include "common/store/readers.h"

namespace pai::store {
namespace {

constexpr std::size_t kBatchMax = 256;
constexpr int kWriterCacheKib = 2'048;
// Long enough that a write which waits for the disk mostly comes first and does it.
constexpr std::chrono::milliseconds kSyncDelay{100};
constexpr std::chrono::seconds kSyncRetry{1};

/// One caller's write; lives on the caller's stack while it waits.
struct Item {
  std::function<Status(Connection&)> work;
  Durable durable = Durable::kOnReturn;
  Status outcome = {};
  bool done = false;
  std::condition_variable turn;  // it is done, or the caller's thread is to write
};
using Batch = std::vector<Item*>;

Status run_guarded(Item& item, Connection& connection) {
  try {
    return item.work(connection);
  } catch (const std::exception& thrown) {
    return Error(ErrorCode::kInternal, std::string("a write ended by an exception: ") + thrown.what());
  }
}

/// The thread of one of the callers that wait writes for all of them: a lone caller hands nothing to another thread. A
/// thread of our own only makes durable what was written without, when nothing durable came after it.
class DatabaseImpl final : public Database {
 public:
  DatabaseImpl(const std::filesystem::path& file, std::unique_ptr<SqliteConnection> connection)
      : file_(file), connection_(std::move(connection)), readers_(file), syncer_([this] { sync_late(); }) {}

  ~DatabaseImpl() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    unsynced_or_stopping_.notify_one();
    syncer_.join();
  }

  Status write(std::function<Status(Connection&)> work, Durable durable) override {
    Item item{.work = std::move(work), .durable = durable};
    std::unique_lock lock(mutex_);
    PAI_CHECK(writer_ != std::this_thread::get_id(), "a write inside a write would wait for itself");
    PAI_CHECK(!stopping_, "a write while the database is destroyed");
    queue_.push_back(&item);
    while (!item.done) {
      // No deadline of its own: what the writer waits for has one (locks: the busy timeout), and a caller that left
      // early could not know whether its change is durable.
      if (writer_ == std::thread::id()) {
        write_batch(lock);
      } else {
        item.turn.wait(lock);
      }
    }
    return std::move(item.outcome);
  }

  Result<std::vector<Row>> query(std::string_view sql, const Row& parameters) override {
    return readers_.query(sql, parameters);
  }

 private:
  /// Writes what is queued, in the calling thread; the lock is given back meanwhile.
  void write_batch(std::unique_lock<std::mutex>& lock) {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kBatchMax));
    const Batch batch(queue_.begin(), end);
    queue_.erase(queue_.begin(), end);
    writer_ = std::this_thread::get_id();
    lock.unlock();
    const bool committed = commit(batch);
    lock.lock();
    writer_ = {};
    for (Item* item : batch) {
      item->done = true;
      item->turn.notify_one();  // with the lock held: the item is its caller's, and goes with it
    }
    if (!queue_.empty()) queue_.front()->turn.notify_one();
    if (!committed) return;
    if (full_sync_) {
      unsynced_ = false;
    } else if (!std::exchange(unsynced_, true)) {
      unsynced_or_stopping_.notify_one();
    }
  }

  void sync_late() {
    std::unique_lock lock(mutex_);
    while (true) {
      unsynced_or_stopping_.wait(lock, [&] { return unsynced_ || stopping_; });
      if (!stopping_) unsynced_or_stopping_.wait_for(lock, kSyncDelay, [&] { return stopping_; });
      if (!unsynced_ && !stopping_) continue;  // a write that is durable came
      const bool last = stopping_;
      if (std::exchange(unsynced_, false)) {
        lock.unlock();
        const bool synced = sync_log();
        lock.lock();
        if (!synced) {
          // The next durable write reports what is wrong with the disk.
          unsynced_ = true;
          if (!last) unsynced_or_stopping_.wait_for(lock, kSyncRetry, [&] { return stopping_; });
        }
      }
      if (last) return;
    }
  }

  /// Makes durable what was committed without; false: it could not. Writes may go on meanwhile: the log only grows, and
  /// before it starts anew SQLite has made all of it durable.
  bool sync_log() const {
    // SQLite keeps no locks on the log itself, which closing a descriptor of it would take away.
    const int log = ::open((file_.native() + "-wal").c_str(), O_RDONLY | O_CLOEXEC);
    if (log < 0) return true;  // checkpointed and removed: it is durable
    const bool synced = ::fdatasync(log) == 0;
    ::close(log);
    return synced;
  }

  /// What is not promised to be durable on return is committed without waiting for the disk.
  void choose_sync(const Batch& batch) {
    const bool now = std::any_of(batch.begin(), batch.end(),
                                 [](const Item* item) { return item->durable == Durable::kOnReturn; });
    if (now != full_sync_ && connection_->execute(now ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL").ok()) {
      full_sync_ = now;
    }
    PAI_CHECK(full_sync_ || !now, "a connection always takes its synchronous pragma");
  }

  /// One transaction for the batch. After this each item has its outcome, and what is ok is durable if full_sync_. True:
  /// something was committed.
  bool commit(const Batch& batch) {
    choose_sync(batch);
    auto state = control("BEGIN IMMEDIATE");
    std::size_t ran = 0;
    while (state.ok() && ran < batch.size()) {
      Item& item = *batch[ran++];
      state = batch.size() == 1 ? run_guarded_alone(item) : run_in_savepoint(item);
    }
    const bool nothing_to_keep =
        std::none_of(batch.begin(), batch.end(), [](const Item* item) { return item->outcome.ok(); });
    if (state.ok() && !nothing_to_keep) state = control("COMMIT");
    if (connection_->in_transaction()) (void)control("ROLLBACK");  // the fault that led here is reported
    if (state.ok()) return !nothing_to_keep;
    // Items that failed by themselves keep their own error; the others share the transaction's.
    for (Item* item : batch) {
      if (item->outcome.ok()) item->outcome = state.error();
    }
    return false;
  }

  /// The return value is about the transaction: an item's own failure leaves it usable, unless SQLite ended it.
  Status run_guarded_alone(Item& item) {
    item.outcome = run_guarded(item, *connection_);
    return still_open(item);
  }

  Status run_in_savepoint(Item& item) {
    PAI_TRY(control("SAVEPOINT item"));
    item.outcome = run_guarded(item, *connection_);
    PAI_TRY(still_open(item));
    if (!item.outcome.ok()) PAI_TRY(control("ROLLBACK TO item"));
    return control("RELEASE item");
  }

  Status control(std::string_view sql) {  // prepared once, as all statements of the writer
    PAI_TRY(connection_->run(sql));
    return {};
  }

  Status still_open(const Item& item) const {
    if (connection_->in_transaction()) return {};
    if (!item.outcome.ok()) return item.outcome.error();
    return Error(ErrorCode::kInternal, "a write ended the transaction that it ran in");
  }

  const std::filesystem::path file_;
  bool full_sync_ = true;                               // these two are used by whoever is the writer
  const std::unique_ptr<SqliteConnection> connection_;
  Readers readers_;
  std::mutex mutex_;
  std::condition_variable unsynced_or_stopping_;
  std::deque<Item*> queue_;
  std::thread::id writer_;  // the caller that writes now, or none
  bool unsynced_ = false;   // something was committed that is not known to be durable
  bool stopping_ = false;
  std::thread syncer_;  // last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file,
                                                 std::span<const std::string_view> migrations) {
  PAI_TRY(prepare_file(file));
  PAI_ASSIGN(auto connection, SqliteConnection::open(file, {.cache_kib = kWriterCacheKib}));
  PAI_TRY(migrate(*connection, file, migrations));
  try {
    return std::unique_ptr<Database>(std::make_unique<DatabaseImpl>(file, std::move(connection)));
  } catch (const std::exception& thrown) {  // no thread to be had
    return Error(ErrorCode::kInternal, "cannot start a thread for database '" + file.native() + "': " + thrown.what());
  }
}

}  // namespace pai::store
