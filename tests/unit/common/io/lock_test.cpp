// One daemon a folder: the lock is exclusive, names its holder, and ends with the process, however it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io/files.h"
#include "support/temp_folder.h"

namespace pai::io {
namespace {

class Lock : public ::testing::Test {
 protected:
  Lock() : root_(std::move(Root::open(folder_.path(), false)).value()) {}
  test::TempFolder folder_;
  Root root_;
};

TEST_F(Lock, ASecondHolderIsRefusedWithTheFirstsPid) {
  const auto first = FolderLock::acquire(root_, "lock");
  ASSERT_TRUE(first.ok());
  const auto second = FolderLock::acquire(root_, "lock");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(second.error().message(), ::testing::HasSubstr("process " + std::to_string(::getpid())));
}

TEST_F(Lock, ItEndsWithTheObject) {
  { ASSERT_TRUE(FolderLock::acquire(root_, "lock").ok()); }
  EXPECT_TRUE(FolderLock::acquire(root_, "lock").ok());
}

TEST_F(Lock, ALeftOverFileIsNoLock) {
  test::write_text(folder_ / "lock", "4194304\nmore than the next pid\n");
  ASSERT_TRUE(FolderLock::acquire(root_, "lock").ok());
  EXPECT_EQ(test::read_text(folder_ / "lock"), std::to_string(::getpid()) + "\n");
}

TEST_F(Lock, AKilledHolderLosesIt) {
  int held[2];
  ASSERT_EQ(::pipe(held), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = FolderLock::acquire(root_, "lock");
    const char answer = lock.ok() ? 'y' : 'n';
    (void)!::write(held[1], &answer, 1);
    while (true) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(held[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto refused = FolderLock::acquire(root_, "lock");
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr(std::to_string(child)));
  EXPECT_TRUE(FolderLock::acquire(root_, "lock").ok());
  ::close(held[0]);
  ::close(held[1]);
}

TEST_F(Lock, ALinkInItsPlaceIsRefused) {
  std::filesystem::create_symlink("elsewhere", folder_ / "lock");
  EXPECT_FALSE(FolderLock::acquire(root_, "lock").ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "elsewhere"));
}

}  // namespace
}  // namespace pai::io
