// Names beneath a root: what opens, what is refused, and that nothing outside the root is ever reached.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/io/files.h"
#include "support/temp_folder.h"

namespace pai::io {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RootTest : public ::testing::Test {
 protected:
  RootTest() : root_(open_root()) {
    test::write_text(folder_ / "secret.txt", "outside");
    test::write_text(folder_ / "root/a/b/file.txt", "inside");
  }
  Root open_root() {
    auto root = Root::open(folder_ / "root", true);
    EXPECT_TRUE(root.ok());
    return std::move(root).value();
  }
  template <class T>
  static ErrorCode code_of(const Result<T>& result) {
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorCode::kInternal : result.error().code();
  }

  test::TempFolder folder_;
  Root root_;
};

TEST_F(RootTest, OpenCreatesMissingFoldersForTheOwnerAlone) {
  ASSERT_TRUE(Root::open(folder_ / "new/deep/er", true).ok());
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "new/deep").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(RootTest, OpenWithoutCreateNamesTheMissingFolder) {
  const auto root = Root::open(folder_ / "missing", false);
  ASSERT_EQ(code_of(root), ErrorCode::kNotFound);
  EXPECT_THAT(root.error().message(), HasSubstr((folder_ / "missing").string()));
  EXPECT_FALSE(Root::open(folder_ / "secret.txt", true).ok());
  EXPECT_FALSE(Root::open("", true).ok());
}

TEST_F(RootTest, ReadsANestedFile) {
  EXPECT_EQ(root_.read("a/b/file.txt", 100).value(), "inside");
  EXPECT_EQ(root_.read("a/../a/b/file.txt", 100).value(), "inside");
}

TEST_F(RootTest, NoNameLeadsOut) {
  fs::create_symlink(folder_ / "secret.txt", folder_ / "root/absolute_link");
  fs::create_symlink("../secret.txt", folder_ / "root/climbing_link");
  fs::create_directory_symlink("..", folder_ / "root/a/up_one");  // stays beneath
  fs::create_directory_symlink("../..", folder_ / "root/a/up_two");
  fs::create_directory_symlink("/", folder_ / "root/slash");
  const std::string absolute = (folder_ / "secret.txt").string();
  for (const std::string& name : {absolute, std::string("../secret.txt"), std::string("a/../../secret.txt"),
                                  std::string("absolute_link"), std::string("climbing_link"), std::string("a/up_two/secret.txt"),
                                  std::string("slash/etc/passwd"), std::string("..")}) {
    EXPECT_EQ(code_of(root_.open_file(name)), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.read(name, 100)), ErrorCode::kInvalid) << name;
    const auto folder = root_.open_folder(name);
    EXPECT_FALSE(folder.ok()) << name;
  }
  EXPECT_EQ(root_.read("a/up_one/a/b/file.txt", 100).value(), "inside");
}

TEST_F(RootTest, NothingIsMadeChangedOrRemovedOutside) {
  fs::create_directory(folder_ / "outside");
  fs::create_directory_symlink("../outside", folder_ / "root/link");
  const std::string absolute = (folder_ / "outside/x").string();
  for (const std::string& name : {std::string("../outside/x"), std::string("link/x"), absolute}) {
    EXPECT_EQ(code_of(root_.create_file(name)), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.make_folders(name)), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.write_atomically(name, "x")), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.rename("a", name)), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.exchange("a", name)), ErrorCode::kInvalid) << name;
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "outside"));
  test::write_text(folder_ / "outside/x", "kept");
  for (const std::string& name : {std::string("../outside/x"), std::string("link/x"), absolute, std::string(".."), std::string("../outside")}) {
    EXPECT_EQ(code_of(root_.remove_tree(name)), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.rename(name, "stolen")), ErrorCode::kInvalid) << name;
  }
  EXPECT_EQ(test::read_text(folder_ / "outside/x"), "kept");
}

TEST_F(RootTest, MagicLinksAreRefused) {
  auto proc = Root::open("/proc/self", false);
  ASSERT_TRUE(proc.ok());
  EXPECT_FALSE(proc->open_file("exe").ok());
  EXPECT_FALSE(proc->open_folder("cwd").ok());
}

TEST_F(RootTest, ALoopOfLinksIsAnError) {
  fs::create_symlink("loop_b", folder_ / "root/loop_a");
  fs::create_symlink("loop_a", folder_ / "root/loop_b");
  EXPECT_EQ(code_of(root_.open_file("loop_a")), ErrorCode::kInvalid);
}

TEST_F(RootTest, AFifoIsRefusedAndDoesNotHang) {
  ASSERT_EQ(::mkfifo((folder_ / "root/fifo").c_str(), 0600), 0);
  const auto file = root_.open_file("fifo");
  ASSERT_EQ(code_of(file), ErrorCode::kInvalid);
  EXPECT_THAT(file.error().message(), HasSubstr("FIFO"));
  EXPECT_EQ(code_of(read_file(folder_ / "root/fifo")), ErrorCode::kInvalid);
}

TEST_F(RootTest, FoldersAndSocketsAreNoRegularFiles) {
  const auto file = root_.open_file("a/b");
  ASSERT_EQ(code_of(file), ErrorCode::kInvalid);
  EXPECT_THAT(file.error().message(), HasSubstr("a folder"));

  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder_ / "root/socket").string();
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(code_of(root_.open_file("socket")), ErrorCode::kInvalid);
}

TEST_F(RootTest, AnOpenedFileBlocks) {
  const auto file = root_.open_file("a/b/file.txt");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(::fcntl(file->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(file->get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(RootTest, AMissingFileIsNotFoundAndNamedWithItsRoot) {
  const auto file = root_.open_file("a/none.csv");
  ASSERT_EQ(code_of(file), ErrorCode::kNotFound);
  EXPECT_THAT(file.error().message(), HasSubstr("'a/none.csv' in " + (folder_ / "root").string()));
  EXPECT_EQ(code_of(root_.open_file("a/b/file.txt/x")), ErrorCode::kNotFound);
}

TEST_F(RootTest, NamesWithNulOrTooLongAreInvalid) {
  using namespace std::string_view_literals;
  EXPECT_EQ(code_of(root_.open_file("a/b/file.txt\0.csv"sv)), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(root_.create_file("x\0y"sv)), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(root_.remove_tree("a\0"sv)), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(root_.make_folders("n\0w/x"sv)), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(root_.open_file(std::string(300, 'x'))), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(root_.create_file(std::string(300, 'x'))), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(root_.make_folders(std::string(10'000, 'x'))), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(root_.write_atomically(std::string(300, 'x'), "")), ErrorCode::kInvalid);
}

TEST_F(RootTest, NamesWithoutALastPartAreInvalidForChanges) {
  for (const char* name : {"", ".", "..", "a/..", "a/.", "/"}) {
    EXPECT_EQ(code_of(root_.create_file(name)), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.remove_tree(name)), ErrorCode::kInvalid) << name;
    EXPECT_EQ(code_of(root_.write_atomically(name, "x")), ErrorCode::kInvalid) << name;
  }
}

TEST_F(RootTest, OddNamesAreJustNames) {
  for (const char* name : {"数据 集.csv", "-rf", "a;b$(c)", "trailing ", "\xff\xfe"}) {
    ASSERT_TRUE(root_.write_atomically(name, "content").ok()) << name;
    EXPECT_EQ(root_.read(name, 100).value(), "content") << name;
  }
}

TEST_F(RootTest, CreateFileRefusesWhatIsThereEvenADanglingLink) {
  fs::create_symlink("nowhere", folder_ / "root/dangling");
  EXPECT_EQ(code_of(root_.create_file("a/b/file.txt")), ErrorCode::kConflict);
  EXPECT_EQ(code_of(root_.create_file("dangling")), ErrorCode::kConflict);
  EXPECT_FALSE(fs::exists(folder_ / "root/nowhere"));
  const auto file = root_.create_file("a/new");
  ASSERT_TRUE(file.ok());
  struct stat status {};
  ASSERT_EQ(::fstat(file->get(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(RootTest, MakeFoldersIsIdempotentAndDeep) {
  std::string deep = "d";
  while (deep.size() < 3'500) deep += "/" + std::string(50, 'x');
  EXPECT_TRUE(root_.make_folders(deep).ok());
  EXPECT_TRUE(root_.make_folders(deep).ok());
  EXPECT_TRUE(root_.exists(deep).value());
  EXPECT_TRUE(root_.make_folders("").ok());
  EXPECT_TRUE(root_.make_folders("m//n/").ok());
  EXPECT_TRUE(root_.exists("m/n").value());
  EXPECT_TRUE(root_.remove_tree("d").ok());
}

TEST_F(RootTest, MakeFoldersDoesNotTakeAFileForAFolder) {
  EXPECT_EQ(code_of(root_.make_folders("a/b/file.txt")), ErrorCode::kConflict);
  EXPECT_FALSE(root_.make_folders("a/b/file.txt/x").ok());
}

TEST_F(RootTest, ExistsSeesFilesFoldersAndDanglingLinks) {
  fs::create_symlink("nowhere", folder_ / "root/dangling");
  EXPECT_TRUE(root_.exists("a").value());
  EXPECT_TRUE(root_.exists("a/b/file.txt").value());
  EXPECT_TRUE(root_.exists("dangling").value());
  EXPECT_FALSE(root_.exists("none").value());
  EXPECT_FALSE(root_.exists("a/b/file.txt/x").value());
  EXPECT_EQ(code_of(root_.exists("../secret.txt")), ErrorCode::kInvalid);
}

TEST_F(RootTest, ReadRefusesWhatIsTooLarge) {
  EXPECT_EQ(root_.read("a/b/file.txt", 6).value(), "inside");
  EXPECT_EQ(code_of(root_.read("a/b/file.txt", 5)), ErrorCode::kTooLarge);
  EXPECT_EQ(code_of(read_file(folder_ / "secret.txt", 3)), ErrorCode::kTooLarge);
}

TEST_F(RootTest, RenameIsExclusive) {
  EXPECT_TRUE(root_.rename("a/b", "moved").ok());
  EXPECT_EQ(root_.read("moved/file.txt", 100).value(), "inside");
  ASSERT_TRUE(root_.make_folders("empty").ok());
  const auto status = root_.rename("moved", "empty");
  EXPECT_EQ(code_of(status), ErrorCode::kConflict);
  EXPECT_EQ(code_of(root_.rename("none", "x")), ErrorCode::kNotFound);
  EXPECT_FALSE(root_.rename("moved", "moved/inside").ok());
}

TEST_F(RootTest, ExchangeSwapsTwoFolders) {
  test::write_text(folder_ / "root/other/file.txt", "other");
  ASSERT_TRUE(root_.exchange("a/b", "other").ok());
  EXPECT_EQ(root_.read("a/b/file.txt", 100).value(), "other");
  EXPECT_EQ(root_.read("other/file.txt", 100).value(), "inside");
  EXPECT_EQ(code_of(root_.exchange("a", "none")), ErrorCode::kNotFound);
}

TEST_F(RootTest, SyncFolderTakesTheRootItself) {
  EXPECT_TRUE(root_.sync_folder("").ok());
  EXPECT_TRUE(root_.sync_folder("a").ok());
  EXPECT_FALSE(root_.sync_folder("none").ok());
}

TEST_F(RootTest, FreeBytesOfAFolder) { EXPECT_GT(free_bytes(root_.fd()).value(), 0U); }

TEST_F(RootTest, ReadFileNamesWhatIsWrong) {
  const auto missing = read_file(folder_ / "none.toml");
  ASSERT_EQ(code_of(missing), ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("none.toml"));
  EXPECT_EQ(code_of(read_file(folder_.path())), ErrorCode::kInvalid);
}

}  // namespace
}  // namespace pai::io
