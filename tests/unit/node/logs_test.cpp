// What of a client's log is shared, and what is quoted as the reason of an end.
#include "node/logs.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace pai::node {
namespace {

TEST(Severity, IsReadFromBothFormatsAndFromJournaldsPrefix) {
  EXPECT_EQ(severity_of("2026-01-02T03:04:05.678Z error client failed reason='x'"), Severity::kError);
  EXPECT_EQ(severity_of("2026-01-02T03:04:05.678Z warning slow"), Severity::kWarning);
  EXPECT_EQ(severity_of("2026-01-02T03:04:05.678Z info error in name only"), Severity::kNone);
  EXPECT_EQ(severity_of("{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"error\",\"event\":\"x\"}"),
            Severity::kError);
  EXPECT_EQ(
      severity_of(
          "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\",\"event\":\"level\\\":\\\"error\"}"),
      Severity::kNone);
  EXPECT_EQ(severity_of("<2>file.cpp:1: check failed"), Severity::kError);
  EXPECT_EQ(severity_of("<6>fine"), Severity::kNone);
  for (const char* line :
       {"", " ", "error", "Z error", "Traceback", "<", "{\"time\":\"", "{\"time\":\"\",\"level\":\""}) {
    EXPECT_NE(severity_of(line), Severity::kWarning) << line;
  }
}

class LogsTest : public ::testing::Test {
 protected:
  LogsTest() : tasks_(std::move(io::Root::open(folder_ / "tasks", true)).value()) {
    std::filesystem::create_directories(folder_ / "tasks/t-1");
  }
  void log(const std::string& text) { test::write_text(folder_ / "tasks/t-1/log.txt", text); }

  test::TempFolder folder_;
  io::Root tasks_;
  const ClientKey key_{"t", 1};
};

TEST_F(LogsTest, TailGivesTheLastLinesAsTheOwnerShares) {
  log("2026-01-02T03:04:05.678Z info one\n2026-01-02T03:04:05.678Z error two\nthree\x1b[31m\n");
  EXPECT_EQ(*log_tail(tasks_, key_, 1, ShareLogs::kFull), "three\\x1b[31m\n");
  EXPECT_EQ(*log_tail(tasks_, key_, 9, ShareLogs::kErrors), "2026-01-02T03:04:05.678Z error two\n");
  EXPECT_EQ(log_tail(tasks_, key_, 9, ShareLogs::kNone).error().code(), ErrorCode::kDenied);
}

TEST_F(LogsTest, ClientThatNeverRanHasAnEmptyLog) {
  EXPECT_EQ(*log_tail(tasks_, key_, 9, ShareLogs::kFull), "");
  EXPECT_EQ(last_error_line(tasks_, key_, 0, ShareLogs::kFull), "");
}

TEST_F(LogsTest, HugeLogIsReadFromItsEnd) {
  log(std::string(3 << 20, 'x') + "\nlast\n");
  EXPECT_EQ(*log_tail(tasks_, key_, 5, ShareLogs::kFull), "last\n");
  log(std::string(3 << 20, 'x'));
  EXPECT_LT(log_tail(tasks_, key_, 5, ShareLogs::kFull)->size(), 8192u);
}

TEST_F(LogsTest, LastErrorIsQuotedAndOtherLinesOnlyWhenAllIsShared) {
  log("2026-01-02T03:04:05.678Z error first\n2026-01-02T03:04:05.678Z error second\n2026-01-02T03:04:05.678Z "
      "info bye\n");
  EXPECT_EQ(last_error_line(tasks_, key_, 0, ShareLogs::kErrors), "second");
  EXPECT_EQ(last_error_line(tasks_, key_, 0, ShareLogs::kNone), "");
  log("2026-01-02T03:04:05.678Z error third task='t' trace=0af7651916cd43dd8448eb211c80319c\n");
  EXPECT_EQ(last_error_line(tasks_, key_, 0, ShareLogs::kErrors), "third task='t'");
  log("terminate called\n");
  EXPECT_EQ(last_error_line(tasks_, key_, 0, ShareLogs::kErrors), "");
  EXPECT_EQ(last_error_line(tasks_, key_, 0, ShareLogs::kFull), "terminate called");
}

TEST_F(LogsTest, NothingOfAnEarlierRunIsQuoted) {
  const std::string before = "2026-01-02T03:04:05.678Z error the earlier run's fault\n";
  log(before);
  const std::uint64_t begin = log_size(tasks_, key_);
  EXPECT_EQ(begin, before.size());
  EXPECT_EQ(last_error_line(tasks_, key_, begin, ShareLogs::kFull), "");
  log(before + "2026-01-02T03:04:06.678Z error this run's\n");
  EXPECT_EQ(last_error_line(tasks_, key_, begin, ShareLogs::kErrors), "this run's");
  // Cut short meanwhile: what is there was written since.
  log("new\n");
  EXPECT_EQ(last_error_line(tasks_, key_, begin, ShareLogs::kFull), "new");
}

}  // namespace
}  // namespace pai::node
