// Health checks write for real, and not as often as they are asked.
#include "common/store/write_probe.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "support/temp_folder.h"

namespace pai::store {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 1> kSchema = {"CREATE TABLE t (x INTEGER)"};

TEST(WriteProbe, TriesAtMostOnceInItsInterval) {
  int tries = 0;
  WriteProbe probe([&]() -> Status { return ++tries > 1 ? Status(Error(ErrorCode::kUnavailable, "disk is full")) : Status(); }, 1h);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(probe.ask().ok());
  EXPECT_EQ(tries, 1);
  WriteProbe eager([&]() -> Status { return Error(ErrorCode::kUnavailable, "disk is full"); }, 0ms);
  EXPECT_EQ(eager.ask().error().message(), "disk is full");
}

TEST(WriteProbe, GrowsTheLogAndKeepsTheVersion) {
  const test::TempFolder folder;
  const auto file = folder / "some.db";
  {
    auto database = std::move(Database::open(file, kSchema)).value();
    const auto before = std::filesystem::file_size(folder / "some.db-wal");
    ASSERT_TRUE(rewrite_a_page(*database).ok());
    EXPECT_GT(std::filesystem::file_size(folder / "some.db-wal"), before) << "nothing was written: a full disk would not be seen";
  }
  EXPECT_TRUE(Database::open(file, kSchema).ok());
}

TEST(WriteProbe, SeesThatNothingCanBeWritten) {
  const test::TempFolder folder;
  auto database = std::move(Database::open(folder / "some.db", kSchema)).value();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  const auto full = rewrite_a_page(*database);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(full.ok());
  EXPECT_TRUE(rewrite_a_page(*database).ok()) << "there is room again";
}

}  // namespace
}  // namespace pai::store
