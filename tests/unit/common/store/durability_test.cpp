// What was reported written is there after the process dies at any moment; what was not finished is gone.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "common/store/database.h"
#include "support/temp_folder.h"

namespace pai::store {
namespace {

constexpr std::array<std::string_view, 1> kSchema{"CREATE TABLE event(n INTEGER PRIMARY KEY) STRICT"};

Status add(Database& database, std::int64_t n) {
  return database.write([n](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO event VALUES(?)", {n}));
    return {};
  });
}

/// Runs `writes` in a child; returns its end of a pipe that carries each acknowledged number, and the pid.
template <class Writes>
pid_t run_in_child(const std::filesystem::path& file, int& acknowledged, Writes writes) {
  int ends[2];
  if (::pipe(ends) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    auto database = Database::open(file, kSchema);
    if (!database.ok()) ::_exit(1);
    writes(**database, ends[1]);
    ::_exit(0);  // no destructor runs: as a crash
  }
  ::close(ends[1]);
  acknowledged = ends[0];
  return child;
}

TEST(Durability, AcknowledgedWritesSurviveAnEndWithoutClosing) {
  const test::TempFolder folder;
  int acknowledged = -1;
  const pid_t child = run_in_child(folder / "d.db", acknowledged, [](Database& database, int) {
    for (std::int64_t n = 0; n < 20; ++n) {
      if (!add(database, n).ok()) ::_exit(1);
    }
  });
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ::close(acknowledged);
  const auto database = Database::open(folder / "d.db", kSchema);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(as_int((*database)->query("SELECT count(*) FROM event").value()[0][0]), 20);
}

TEST(Durability, AKillAmongWritesLosesNothingAcknowledgedAndKeepsNoHalf) {
  const test::TempFolder folder;
  int acknowledged = -1;
  const pid_t child = run_in_child(folder / "d.db", acknowledged, [](Database& database, int out) {
    for (std::int64_t n = 0;; n += 2) {
      const auto pair = database.write([n](Connection& connection) -> Status {
        PAI_TRY(connection.run("INSERT INTO event VALUES(?)", {n}));
        PAI_TRY(connection.run("INSERT INTO event VALUES(?)", {n + 1}));
        return {};
      });
      if (!pair.ok() || ::write(out, &n, sizeof n) != sizeof n) ::_exit(1);
    }
  });
  std::int64_t last = -1;
  for (int i = 0; i < 50; ++i) ASSERT_EQ(::read(acknowledged, &last, sizeof last), static_cast<ssize_t>(sizeof last));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  while (::read(acknowledged, &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
  }
  ::close(acknowledged);
  const auto database = Database::open(folder / "d.db", kSchema);
  ASSERT_TRUE(database.ok());
  const std::int64_t rows = as_int((*database)->query("SELECT count(*) FROM event").value()[0][0]);
  EXPECT_GE(rows, last + 2);
  EXPECT_EQ(rows % 2, 0) << "a pair was written in one transaction";
  EXPECT_EQ(as_text((*database)->query("PRAGMA integrity_check").value()[0][0]), "ok");
}

TEST(Durability, AnUnfinishedWriteIsGone) {
  const test::TempFolder folder;
  int acknowledged = -1;
  const pid_t child = run_in_child(folder / "d.db", acknowledged, [](Database& database, int) {
    (void)add(database, 1);
    (void)database.write([](Connection& connection) -> Status {
      PAI_TRY(connection.run("INSERT INTO event VALUES(2)"));
      ::kill(::getpid(), SIGKILL);
      return {};
    });
  });
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ::close(acknowledged);
  const auto database = Database::open(folder / "d.db", kSchema);
  ASSERT_TRUE(database.ok());
  const auto rows = (*database)->query("SELECT n FROM event").value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(as_int(rows[0][0]), 1);
  EXPECT_TRUE(add(**database, 3).ok());
}

}  // namespace
}  // namespace pai::store
