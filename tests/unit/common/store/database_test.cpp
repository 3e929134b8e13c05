// Reading and writing: values, failures of one among many, group commit, and a disk that fails.
#include "common/store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "support/temp_folder.h"

namespace pai::store {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::string_view, 1> kSchema{
    "CREATE TABLE task(name TEXT PRIMARY KEY, state TEXT, rows INTEGER, share REAL) STRICT;"
    "CREATE TABLE client(task TEXT NOT NULL REFERENCES task(name) ON DELETE CASCADE, id INTEGER) STRICT;"};

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() : database_(std::move(Database::open(folder_ / "test.db", kSchema)).value()) {}

  static auto insert(std::string name) {
    return [name = std::move(name)](Connection& connection) -> Status {
      PAI_TRY(connection.run("INSERT INTO task(name) VALUES(?)", {name}));
      return {};
    };
  }
  std::int64_t count() { return as_int(database_->query("SELECT count(*) FROM task").value().at(0).at(0)); }
  bool holds(const std::string& name) {
    return !database_->query("SELECT 1 FROM task WHERE name=?", {name}).value().empty();
  }

  test::TempFolder folder_;
  std::unique_ptr<Database> database_;
};

/// Holds the writer thread inside one write until told, so that the writes queued meanwhile form one batch.
class Gate {
 public:
  explicit Gate(Database& database)
      : thread_([this, &database] {
          const auto status = database.write([this](Connection&) -> Status {
            std::unique_lock lock(mutex_);
            entered_ = true;
            changed_.notify_all();
            changed_.wait(lock, [this] { return open_; });
            return {};
          });
          EXPECT_TRUE(status.ok());
        }) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return entered_; });
  }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool entered_ = false;
  bool open_ = false;
  std::thread thread_;
};

TEST_F(DatabaseTest, ValuesOfEveryTypeComeBackAsTheyWere) {
  const std::string text("naïve 数据\0after", 19);
  const Row row{std::string("n"), text, std::numeric_limits<std::int64_t>::min(), 0.1};
  ASSERT_TRUE(database_->write([&](Connection& connection) -> Status {
    PAI_ASSIGN(const auto changed, connection.run("INSERT INTO task VALUES(?,?,?,?)", row));
    EXPECT_EQ(changed, 1);
    return {};
  }).ok());
  EXPECT_EQ(database_->query("SELECT * FROM task").value().at(0), row);
  ASSERT_TRUE(database_->write([](Connection& c) -> Status {
    PAI_TRY(c.run("UPDATE task SET state=?, rows=?", {Value(), Value()}));
    return {};
  }).ok());
  const auto nulls = database_->query("SELECT state, rows FROM task").value().at(0);
  EXPECT_EQ(as_text(nulls[0]), "");
  EXPECT_EQ(as_int(nulls[1]), 0);
}

TEST_F(DatabaseTest, AnEmptyTextIsNotNull) {
  ASSERT_TRUE(database_->write(insert("")).ok());
  EXPECT_EQ(database_->query("SELECT name IS NULL, name FROM task").value().at(0), (Row{std::int64_t{0}, std::string()}));
}

TEST_F(DatabaseTest, AnErrorOfTheWorkUndoesItsChangesAndIsReturned) {
  const auto status = database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO task(name) VALUES('a')"));
    return Error(ErrorCode::kBusy, "changed my mind");
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kBusy);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(database_->write(insert("b")).ok());
}

TEST_F(DatabaseTest, AnExceptionOfTheWorkIsAnErrorAndUndoesItsChanges) {
  const auto status = database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO task(name) VALUES('a')"));
    throw std::runtime_error("unforeseen");
  });
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("unforeseen"));
  EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, ConstraintsAreConflicts) {
  ASSERT_TRUE(database_->write(insert("a")).ok());
  const auto twice = database_->write(insert("a"));
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(twice.error().message(), HasSubstr("test.db"));
  const auto orphan = database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO client VALUES('none', 0)"));
    return {};
  });
  EXPECT_FALSE(orphan.ok()) << "foreign keys are on";
}

TEST_F(DatabaseTest, ATransactionThatCannotEndIsAFaultOfWriting) {
  const auto status = database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.query("PRAGMA defer_foreign_keys=ON"));
    PAI_TRY(connection.run("INSERT INTO client(task, id) VALUES('nobody', 1)"));
    return {};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("cannot write database"));
}

TEST_F(DatabaseTest, TheWorkReadsItsOwnWrites) {
  ASSERT_TRUE(database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO task(name) VALUES('a')"));
    PAI_ASSIGN(const auto rows, connection.query("SELECT name FROM task"));
    EXPECT_EQ(rows.size(), 1U);
    return {};
  }).ok());
}

TEST_F(DatabaseTest, AReaderCannotWrite) {
  EXPECT_FALSE(database_->query("INSERT INTO task(name) VALUES('a')").ok());
  EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, WrongSqlIsAnError) {
  EXPECT_FALSE(database_->query("SELECT nothing FROM nowhere").ok());
  EXPECT_TRUE(database_->query("SELECT 1").ok());
}

TEST_F(DatabaseTest, AReaderSeesTheLastCommitWhileAWriteIsUnderWay) {
  ASSERT_TRUE(database_->write(insert("a")).ok());
  Gate gate(*database_);
  EXPECT_EQ(count(), 1);
  gate.open();
}

TEST_F(DatabaseTest, OneFailureInABatchLeavesTheOthers) {
  constexpr int kWriters = 40;
  Gate gate(*database_);
  std::vector<std::thread> threads;
  std::array<std::atomic<bool>, kWriters> ok{};
  std::atomic<int> started{0};
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      ++started;
      started.notify_all();
      ok[static_cast<std::size_t>(i)] = database_->write([i](Connection& connection) -> Status {
        PAI_TRY(connection.run("INSERT INTO task(name) VALUES(?)", {"t" + std::to_string(i)}));
        if (i % 4 == 1) return Error(ErrorCode::kInvalid, "refused");
        if (i % 4 == 2) PAI_TRY(connection.run("INSERT INTO client VALUES('none', 0)"));  // a violated constraint
        return {};
      }).ok();
    });
  }
  for (int seen = started; seen < kWriters; seen = started) started.wait(seen);
  gate.open();
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < kWriters; ++i) {
    const bool wanted = i % 4 == 0 || i % 4 == 3;
    EXPECT_EQ(ok[static_cast<std::size_t>(i)], wanted) << i;
    EXPECT_EQ(holds("t" + std::to_string(i)), wanted) << i;
  }
}

TEST_F(DatabaseTest, WritesThatWaitTogetherShareOneTransaction) {
  constexpr int kWriters = 40;
  Gate gate(*database_);
  std::vector<std::thread> threads;
  std::atomic<int> started{0};
  std::atomic<std::int64_t> uncommitted_seen{0};
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      ++started;
      started.notify_all();
      ASSERT_TRUE(database_->write([&, i](Connection& connection) -> Status {
        PAI_ASSIGN(const auto rows, connection.query("SELECT count(*) FROM task"));
        uncommitted_seen += as_int(rows.at(0).at(0)) - count();  // the reader sees what is committed
        PAI_TRY(connection.run("INSERT INTO task(name) VALUES(?)", {std::to_string(i)}));
        return {};
      }).ok());
    });
  }
  for (int seen = started; seen < kWriters; seen = started) started.wait(seen);
  gate.open();
  for (auto& thread : threads) thread.join();
  EXPECT_GT(uncommitted_seen, 0) << "each write had a commit of its own";
  EXPECT_EQ(count(), kWriters);
}

TEST_F(DatabaseTest, ACommitThatFailsFailsEveryWriteOfItsBatch) {
  constexpr int kWriters = 8;
  ::signal(SIGXFSZ, SIG_IGN);
  Gate gate(*database_);
  std::vector<std::thread> threads;
  std::atomic<int> started{0};
  std::atomic<int> failed{0};
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      ++started;
      started.notify_all();
      const auto status = database_->write([i](Connection& connection) -> Status {
        PAI_TRY(connection.run("INSERT INTO task(name, state) VALUES(?, ?)", {std::to_string(i), std::string(300'000, 'x')}));
        return {};
      });
      failed += !status.ok();
    });
  }
  for (int seen = started; seen < kWriters; seen = started) started.wait(seen);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{64 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  gate.open();
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(failed, kWriters);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(database_->write(insert("after")).ok());
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, ConcurrentWritesAllArriveAndKeepTheirOrderInAThread) {
  constexpr int kThreads = 8;
  constexpr int kWrites = 100;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWrites; ++i) {
        const std::string name = std::to_string(t) + "/" + std::to_string(i);
        ASSERT_TRUE(database_->write(insert(name)).ok());
        ASSERT_TRUE(holds(name)) << "a write that returned is visible to every reader";
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(), kThreads * kWrites);
}

TEST_F(DatabaseTest, AWriteThatEndsItsTransactionFailsAndTheNextWorks) {
  const auto status = database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO task(name) VALUES('a')"));
    PAI_TRY(connection.run("ROLLBACK"));
    return {};
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(database_->write(insert("b")).ok());
}

TEST_F(DatabaseTest, ADiskThatTakesNoMoreIsAnErrorAndTheNextWriteWorks) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{64 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto status = database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO task(name, state) VALUES('big', ?)", {std::string(1'000'000, 'x')}));
    return {};
  });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kIo);
  EXPECT_THAT(status.error().message(), HasSubstr("test.db"));
  EXPECT_FALSE(holds("big"));
  EXPECT_TRUE(database_->write(insert("small")).ok());
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, AFullDatabaseFailsTheWholeBatchAndTheNextWriteWorks) {
  const auto limit_pages = [&](int pages) {
    return database_->write([pages](Connection& connection) -> Status {
      PAI_TRY(connection.query("PRAGMA max_page_count=" + std::to_string(pages)));
      return {};
    });
  };
  ASSERT_TRUE(limit_pages(16).ok());
  const auto status = database_->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO task(name, state) VALUES('big', ?)", {std::string(1'000'000, 'x')}));
    return {};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kIo);
  EXPECT_THAT(status.error().hint(), HasSubstr("free space"));
  ASSERT_TRUE(limit_pages(1'000'000).ok());
  EXPECT_TRUE(database_->write(insert("small")).ok());
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, ManyStatementsWithGluedInValuesStayBounded) {
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(as_int(database_->query("SELECT " + std::to_string(i)).value().at(0).at(0)), i);
  }
}

TEST_F(DatabaseTest, ManyReadersShareTheFewConnections) {
  ASSERT_TRUE(database_->write(insert("a")).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) ASSERT_TRUE(holds("a"));
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace pai::store
