// When writes wait for the disk: this program's fdatasync, which SQLite calls too, is held up and counted.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "common/store/database.h"
#include "support/temp_folder.h"

namespace {

std::mutex disk_mutex;
std::condition_variable disk_changed;
bool disk_stands_still = false;
int waiting_for_disk = 0;
std::atomic<int> synced = 0;

void stop_disk(bool stop) {
  const std::lock_guard lock(disk_mutex);
  disk_stands_still = stop;
  disk_changed.notify_all();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int fdatasync(int fd) {
  using Function = int (*)(int);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "fdatasync"));
  {
    std::unique_lock lock(disk_mutex);
    ++waiting_for_disk;
    disk_changed.notify_all();
    disk_changed.wait(lock, [] { return !disk_stands_still; });
    --waiting_for_disk;
  }
  const int outcome = real(fd);
  ++synced;
  return outcome;
}

namespace pai::store {
namespace {

constexpr std::array<std::string_view, 1> kSchema{"CREATE TABLE event(n INTEGER PRIMARY KEY) STRICT"};

class Sync : public ::testing::Test {
 protected:
  Sync() : database_(std::move(Database::open(folder_ / "d.db", kSchema)).value()) {
    EXPECT_TRUE(add(0, Durable::kOnReturn).ok());  // the log has a head now
  }
  ~Sync() override { stop_disk(false); }

  Status add(std::int64_t n, Durable durable) {
    return database_->write(
        [n](Connection& connection) -> Status {
          PAI_TRY(connection.run("INSERT INTO event VALUES(?)", {n}));
          return {};
        },
        durable);
  }
  static void await_wait_for_disk() {
    std::unique_lock lock(disk_mutex);
    disk_changed.wait(lock, [] { return waiting_for_disk > 0; });
  }
  std::int64_t count() { return as_int(database_->query("SELECT count(*) FROM event").value()[0][0]); }

  test::TempFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(Sync, AWriteReturnsWhenItIsOnTheDisk) {
  stop_disk(true);
  auto written = std::async(std::launch::async, [&] { return add(1, Durable::kOnReturn); });
  await_wait_for_disk();
  EXPECT_EQ(written.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  stop_disk(false);
  EXPECT_TRUE(written.get().ok());
}

TEST_F(Sync, AWriteThatIsDurableSoonIsSeenAtOnceAndBroughtToTheDiskAfterwards) {
  stop_disk(true);
  ASSERT_TRUE(add(1, Durable::kSoon).ok());
  EXPECT_EQ(count(), 2);
  await_wait_for_disk();  // without another write that would take it along
  const int before = synced;
  stop_disk(false);
  ASSERT_TRUE(add(2, Durable::kOnReturn).ok());
  EXPECT_GT(synced, before);
  EXPECT_EQ(count(), 3);
}

TEST_F(Sync, AWriteAfterOneThatIsDurableSoonWaitsForTheDiskAgain) {
  ASSERT_TRUE(add(1, Durable::kSoon).ok());
  stop_disk(true);
  auto written = std::async(std::launch::async, [&] { return add(2, Durable::kOnReturn); });
  await_wait_for_disk();
  EXPECT_EQ(written.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  stop_disk(false);
  EXPECT_TRUE(written.get().ok());
}

}  // namespace
}  // namespace pai::store
