// Removal of whole trees: all of it, nothing but it, whatever stands in it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/io/files.h"
#include "support/temp_folder.h"

namespace pai::io {
namespace {

namespace fs = std::filesystem;

class RemoveTree : public ::testing::Test {
 protected:
  RemoveTree() : root_(std::move(Root::open(folder_ / "root", true)).value()) {}
  test::TempFolder folder_;
  Root root_;
};

TEST_F(RemoveTree, RemovesFilesFoldersAndTheirContent) {
  for (const char* name : {"t/a/1", "t/a/2", "t/b/c/d/3", "t/.hidden", "t/.removed-0/x/y"}) test::write_text(folder_ / "root" / name, "x");
  fs::create_directories(folder_ / "root/t/empty/er");
  ASSERT_EQ(::mkfifo((folder_ / "root/t/fifo").c_str(), 0600), 0);
  test::write_text(folder_ / "root/other", "kept");
  ASSERT_TRUE(root_.remove_tree("t").ok());
  EXPECT_FALSE(root_.exists("t").value());
  EXPECT_TRUE(root_.exists("other").value());
  ASSERT_TRUE(root_.remove_tree("other").ok());
  EXPECT_FALSE(root_.exists("other").value());
}

TEST_F(RemoveTree, NothingThereIsFine) {
  EXPECT_TRUE(root_.remove_tree("none").ok());
  EXPECT_TRUE(root_.remove_tree("none/deeper").ok());
}

TEST_F(RemoveTree, LinksAreRemovedAndNotFollowed) {
  test::write_text(folder_ / "outside/kept", "kept");
  fs::create_directories(folder_ / "root/t/deep");
  fs::create_directory_symlink(folder_ / "outside", folder_ / "root/t/deep/absolute");
  fs::create_directory_symlink("../../../outside", folder_ / "root/t/deep/climbing");
  fs::create_symlink("nowhere", folder_ / "root/t/dangling");
  ASSERT_TRUE(root_.remove_tree("t").ok());
  EXPECT_FALSE(root_.exists("t").value());
  EXPECT_EQ(test::read_text(folder_ / "outside/kept"), "kept");
}

TEST_F(RemoveTree, ALinkAsTheNameItselfIsRemovedAlone) {
  test::write_text(folder_ / "root/target/kept", "kept");
  fs::create_directory_symlink("target", folder_ / "root/link");
  ASSERT_TRUE(root_.remove_tree("link").ok());
  EXPECT_FALSE(root_.exists("link").value());
  EXPECT_EQ(root_.read("target/kept", 10).value(), "kept");
}

TEST_F(RemoveTree, ATreeDeeperThanAnyPathCostsNeitherStackNorDescriptors) {
  ASSERT_TRUE(root_.make_folders("t").ok());
  auto level = root_.open_folder("t");
  ASSERT_TRUE(level.ok());
  Fd current = std::move(*level);
  for (int i = 0; i < 1'500; ++i) {
    ASSERT_EQ(::mkdirat(current.get(), "deeper", 0700), 0);
    current = Fd(::openat(current.get(), "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(current.valid());
  }
  ASSERT_TRUE(root_.remove_tree("t").ok());
  EXPECT_FALSE(root_.exists("t").value());
}

TEST_F(RemoveTree, AWideTreeGoesToo) {
  for (int i = 0; i < 2'000; ++i) test::write_text(folder_ / "root/t" / std::to_string(i % 50) / std::to_string(i), "");
  ASSERT_TRUE(root_.remove_tree("t").ok());
  EXPECT_FALSE(root_.exists("t").value());
}

}  // namespace
}  // namespace pai::io
