// Atomic replacement: a reader sees the old or the new content, and no fault leaves anything behind.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "common/io/files.h"
#include "support/temp_folder.h"

namespace pai::io {
namespace {

namespace fs = std::filesystem;

class AtomicWrite : public ::testing::Test {
 protected:
  AtomicWrite() : root_(std::move(Root::open(folder_.path(), false)).value()) {}
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }
  test::TempFolder folder_;
  Root root_;
};

TEST_F(AtomicWrite, CreatesAndReplacesForTheOwnerAlone) {
  ASSERT_TRUE(root_.write_atomically("state.json", "one").ok());
  ASSERT_TRUE(root_.write_atomically("state.json", "two", false).ok());
  EXPECT_EQ(root_.read("state.json", 10).value(), "two");
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "state.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicWrite, ReplacesALinkAndNotWhatItPointsTo) {
  test::write_text(folder_ / "target", "kept");
  fs::create_symlink("target", folder_ / "link");
  ASSERT_TRUE(root_.write_atomically("link", "new").ok());
  EXPECT_EQ(root_.read("target", 10).value(), "kept");
  EXPECT_EQ(root_.read("link", 10).value(), "new");
}

TEST_F(AtomicWrite, TheLongestNameWorks) {
  EXPECT_TRUE(root_.write_atomically(std::string(255, 'n'), "x").ok());
}

TEST_F(AtomicWrite, AFolderInItsPlaceIsAnErrorThatLeavesNothing) {
  fs::create_directory(folder_ / "state.json");
  EXPECT_FALSE(root_.write_atomically("state.json", "x").ok());
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicWrite, AMissingParentIsNotFound) {
  const auto status = root_.write_atomically("none/state.json", "x");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kNotFound);
}

TEST_F(AtomicWrite, AWriteThatFailsHalfWayKeepsTheOldContentAndLeavesNoTemporary) {
  ASSERT_TRUE(root_.write_atomically("state.json", "old").ok());
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto status = root_.write_atomically("state.json", std::string(5'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kIo);
  EXPECT_EQ(root_.read("state.json", 10).value(), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicWrite, AFullDiskSaysSo) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  const auto status = write_all(full.get(), "x", "train.csv");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kIo);
  EXPECT_THAT(status.error().describe(), ::testing::AllOf(::testing::HasSubstr("train.csv"), ::testing::HasSubstr("free space")));
}

TEST_F(AtomicWrite, AReaderNeverSeesAMixture) {
  const std::string a(20'000, 'a');
  const std::string b(30'000, 'b');
  ASSERT_TRUE(root_.write_atomically("state.json", a, false).ok());
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) ASSERT_TRUE(root_.write_atomically("state.json", i % 2 == 0 ? b : a, false).ok());
  });
  for (int i = 0; i < 300; ++i) {
    const auto content = root_.read("state.json", 100'000);
    ASSERT_TRUE(content.ok());
    ASSERT_TRUE(*content == a || *content == b);
  }
  stop = true;
  writer.join();
  EXPECT_EQ(entries(), 1U);
}

}  // namespace
}  // namespace pai::io
