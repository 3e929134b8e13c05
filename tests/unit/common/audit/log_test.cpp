// The audit log on disk: chained over its files, whole after a crash, and closed to changes while the disk is full.
#include "common/audit/log.h"

#include <gmock/gmock.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "common/audit/chain_files.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::audit {
namespace {

using test::read_text;
using test::write_text;
using ::testing::HasSubstr;
using ::testing::Not;

Entry entry(const std::string& task) {
  return {.who = "alice", .credential = "token:1a2b3c4d", .from = "127.0.0.1:5", .method = "POST", .path = "/startTask", .task = task,
          .decision = "done", .code = 200, .reason = {}, .parameters = {}, .body_sha256 = {}};
}

class AuditLog : public ::testing::Test {
 protected:
  std::unique_ptr<Log> open(Options options = {}) {
    options.folder = folder_.path();
    auto log = Log::open(std::move(options));
    EXPECT_TRUE(log.ok()) << (log.ok() ? "" : log.error().describe());
    return log.ok() ? std::move(log).value() : nullptr;
  }
  std::string text(const std::string& name = "audit.jsonl") const { return read_text(folder_ / name); }
  std::vector<NamedText> files() const {
    std::vector<NamedText> all;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) all.push_back({file.path().filename(), read_text(file.path())});
    return all;
  }

  test::TempFolder folder_;
};

TEST_F(AuditLog, HasALineOfEachEntryAndGoesOnAfterARestart) {
  open()->append(entry("one"));
  {
    const auto log = open();
    log->append(entry("two"));
    EXPECT_EQ(log->head().lines, 2u);
    EXPECT_THAT(text(), HasSubstr(R"("task":"two")")) << "with the system before the daemon ends";
  }
  EXPECT_THAT(text(), HasSubstr(R"("who":"alice")"));
  EXPECT_TRUE(check_file(text()).ok());
}

TEST_F(AuditLog, RotatesBySizeAndTheChainGoesOn) {
  {
    const auto log = open({.file_bytes_max = 2'000});
    for (int i = 0; i < 40; ++i) log->append(entry("t" + std::to_string(i)));
  }
  open({.file_bytes_max = 2'000})->append(entry("after"));
  const auto all = files();
  EXPECT_GT(all.size(), 4u);
  const auto checked = check_files(all);
  ASSERT_TRUE(checked.ok()) << checked.error().describe();
  auto without = all;
  std::erase_if(without, [](const NamedText& file) { return file.name == "audit-000002.jsonl"; });
  EXPECT_THAT(check_files(without).error().describe(), HasSubstr("a file is missing"));
}

TEST_F(AuditLog, TakesAwayALastLineThatACrashCutAndSaysSo) {
  open()->append(entry("one"));
  write_text(folder_ / "audit.jsonl", text() + R"({"n":1,"time":"20)");
  open()->append(entry("two"));
  EXPECT_THAT(text(), HasSubstr(R"("what":"mended","cut_bytes":17)"));
  EXPECT_TRUE(check_file(text()).ok());
}

TEST_F(AuditLog, PutsAnEditedFileAsideAndBeginsAnew) {
  {
    const auto log = open();
    log->append(entry("one"));
    log->append(entry("two"));
  }
  auto edited = text();
  edited.replace(edited.find("alice"), 5, "malle");
  write_text(folder_ / "audit.jsonl", edited);
  open()->append(entry("three"));
  EXPECT_EQ(text("audit-000001.jsonl"), edited);
  EXPECT_THAT(text(), HasSubstr("begun anew"));
  EXPECT_TRUE(check_file(text()).ok());
  EXPECT_FALSE(check_files(files()).ok());
}

TEST_F(AuditLog, OfAFullDiskRefusesChangesAndLosesNoLine) {
  std::atomic<bool> full = false;
  {
    const auto log = open({.write = [&](int fd, const char* bytes, std::size_t count) -> ssize_t {
      if (!full) return ::write(fd, bytes, count);
      if (count > 10) return ::write(fd, bytes, 10);  // the last bytes there are
      errno = ENOSPC;
      return -1;
    }});
    EXPECT_TRUE(log->ready().ok());
    log->append(entry("before"));
    full = true;
    log->append(entry("while it filled"));
    const auto refused = log->ready();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
    EXPECT_FALSE(log->counters().writable);
    EXPECT_GT(log->counters().failures, 0u);
    EXPECT_TRUE(check_file(text()).ok()) << "no half line: " << text();
    EXPECT_THAT(text(), Not(HasSubstr("while it filled")));
    full = false;
    EXPECT_TRUE(log->ready().ok());
    EXPECT_TRUE(log->counters().writable);
  }
  EXPECT_THAT(text(), HasSubstr("while it filled"));
  EXPECT_TRUE(check_file(text()).ok());
}

TEST_F(AuditLog, WritesNothingBehindHalfALineThatItCouldNotTakeBack) {
  std::atomic<int> used = -1;
  std::atomic<bool> failing = false;
  const auto swap = [&](int flags) {  // what the log's descriptor stands for
    const int other = ::open((folder_ / "audit.jsonl").c_str(), flags | O_CLOEXEC);
    ASSERT_GE(::dup2(other, used), 0);
    ::close(other);
  };
  {
    const auto log = open({.write = [&](int fd, const char* bytes, std::size_t count) -> ssize_t {
      used = fd;
      if (!failing) return ::write(fd, bytes, count);
      if (count > 10 && (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        const auto half = ::write(fd, bytes, 10);
        swap(O_RDONLY);  // it can be neither written nor cut any more
        return half;
      }
      errno = EIO;
      return -1;
    }});
    log->append(entry("before"));
    failing = true;
    log->append(entry("half"));
    failing = false;
    EXPECT_FALSE(log->ready().ok());
    log->append(entry("after"));
    EXPECT_FALSE(check_file(text()).ok()) << "half a line stands there";
    EXPECT_THAT(text(), Not(HasSubstr("after")));
    swap(O_WRONLY | O_APPEND);
    EXPECT_TRUE(log->ready().ok());
  }
  EXPECT_TRUE(check_file(text()).ok()) << text();
  EXPECT_THAT(text(), HasSubstr("half"));
  EXPECT_THAT(text(), HasSubstr("after"));
}

TEST_F(AuditLog, BoundsWhatStrangersCanWrite) {
  {
    const auto log = open();
    for (int i = 0; i < 10'000; ++i) {
      auto stranger = entry("t");
      stranger.who.clear();
      stranger.decision = "refused";
      log->post(stranger);
    }
    auto known = entry("known");
    log->post(known);
  }
  const auto all = text();
  const auto lines = std::count(all.begin(), all.end(), '\n');
  EXPECT_GE(lines, 61);
  EXPECT_LT(lines, 200);
  EXPECT_THAT(all, HasSubstr(R"("task":"known")"));
  EXPECT_THAT(all, HasSubstr(R"("what":"left out","refusals":99)"));
  EXPECT_TRUE(check_file(all).ok());
}

TEST_F(AuditLog, FollowsNoLinkOutOfItsFolder) {
  write_text(folder_ / "elsewhere", "");
  std::filesystem::create_symlink(folder_ / "elsewhere", folder_ / "audit.jsonl");
  EXPECT_FALSE(Log::open({.folder = folder_.path()}).ok());
}

}  // namespace
}  // namespace pai::audit
