// The process's log: where lines go, what begins them, and that nothing that happens to its file harms the caller.
#include "common/log/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <thread>

#include "common/log/trace.h"
#include "support/temp_folder.h"

namespace pai::log {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::istringstream text(test::read_text(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// Puts a file in the place of stderr while it lives.
class StderrInFile {
 public:
  explicit StderrInFile(const std::filesystem::path& file) : saved_(::dup(STDERR_FILENO)) { redirect(file); }
  ~StderrInFile() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::unsetenv("JOURNAL_STREAM");
  }
  void redirect(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ::dup2(fd, STDERR_FILENO);
    ::close(fd);
  }
  void pretend_journal(unsigned long inode_off_by = 0) {
    struct stat status {};
    ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
    const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino + inode_off_by);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  }

 private:
  int saved_;
};

const std::regex kTextLine(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) .+)");

class Log : public ::testing::Test {
 protected:
  test::TempFolder folder_;
  std::filesystem::path file_ = folder_ / "log.txt";
  void TearDown() override { ASSERT_TRUE(init({}).ok()); }
};

TEST_F(Log, AFileGetsTimeLevelEventAndKeys) {
  ASSERT_TRUE(init({.file = file_, .program = "pai-test"}).ok());
  warning("client exited", {{"task", "credit_v1"}, {"client", 2}});
  const auto lines = lines_of(file_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(std::regex_match(lines[0], kTextLine)) << lines[0];
  EXPECT_THAT(lines[0], HasSubstr("Z warning client exited task='credit_v1' client=2"));
}

TEST_F(Log, BracesAndPercentSignsAreNoFormat) {
  ASSERT_TRUE(init({.file = file_}).ok());
  info("event {} %v {0:x} %n", {{"key", "{} %s"}});
  EXPECT_THAT(test::read_text(file_), HasSubstr("event {} %v {0:x} %n key='{} %s'\n"));
}

TEST_F(Log, OnlyTheLevelAndAboveIsWrittenAndItCanBeChanged) {
  ASSERT_TRUE(init({.level = Level::kWarning, .file = file_}).ok());
  info("quiet");
  set_level(Level::kDebug);
  debug("loud");
  EXPECT_THAT(lines_of(file_), ::testing::ElementsAre(HasSubstr("debug loud")));
}

TEST_F(Log, JsonIsOneObjectALine) {
  ASSERT_TRUE(init({.format = Format::kJson, .file = file_, .program = "pai-node"}).ok());
  error("write failed", {{"file", "a\nb"}, {"bytes", std::uint64_t{18'446'744'073'709'551'615U}}});
  const auto lines = lines_of(file_);
  ASSERT_EQ(lines.size(), 1U);
  const auto json = nlohmann::json::parse(lines[0]);
  EXPECT_TRUE(std::regex_match(json["time"].get<std::string>(), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  EXPECT_EQ(json["level"], "error");
  EXPECT_EQ(json["program"], "pai-node");
  EXPECT_EQ(json["event"], "write failed");
  EXPECT_EQ(json["file"], "a\nb");
  EXPECT_EQ(json["bytes"], 18'446'744'073'709'551'615U);
}

TEST_F(Log, LinesWithinATraceNameIt) {
  const auto trace = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  ASSERT_TRUE(trace.has_value());
  ASSERT_TRUE(init({.file = file_}).ok());
  {
    const TraceScope scope(*trace);
    info("task created", {{"task", "t"}});
  }
  info("node is ready");
  EXPECT_THAT(lines_of(file_), ::testing::ElementsAre(::testing::EndsWith("task created task='t' trace=0af7651916cd43dd8448eb211c80319c"),
                                                      ::testing::EndsWith("node is ready")));
}

TEST_F(Log, ATraceIsAMemberOfJson) {
  const auto trace = new_trace();
  ASSERT_TRUE(init({.format = Format::kJson, .file = file_}).ok());
  {
    const TraceScope scope(trace);
    info("task created");
  }
  info("node is ready");
  const auto lines = lines_of(file_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["trace_id"], trace.id_text());
  EXPECT_FALSE(nlohmann::json::parse(lines[1]).contains("trace_id"));
}

TEST_F(Log, PlainStderrGetsTimeAndLevel) {
  const StderrInFile redirected(file_);
  ASSERT_TRUE(init({}).ok());
  info("daemon started");
  const auto lines = lines_of(file_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(std::regex_match(lines[0], kTextLine)) << lines[0];
}

TEST_F(Log, TheJournalGetsPrioritiesAndNoTime) {
  StderrInFile redirected(file_);
  redirected.pretend_journal();
  ASSERT_TRUE(init({.level = Level::kDebug}).ok());
  debug("d");
  info("i", {{"n", 1}});
  warning("w");
  error("e");
  EXPECT_THAT(lines_of(file_), ::testing::ElementsAre("<7>d", "<6>i n=1", "<4>w", "<3>e"));
}

TEST_F(Log, TheJournalGetsPrioritiesBeforeJsonToo) {
  StderrInFile redirected(file_);
  redirected.pretend_journal();
  ASSERT_TRUE(init({.format = Format::kJson}).ok());
  info("i");
  const auto lines = lines_of(file_);
  ASSERT_EQ(lines.size(), 1U);
  ASSERT_THAT(lines[0], StartsWith("<6>{"));
  EXPECT_EQ(nlohmann::json::parse(lines[0].substr(3))["event"], "i");
}

TEST_F(Log, AnotherStreamsNumberIsNotTheJournal) {
  // A daemon started by one that runs under journald inherits the variable, but not the stream.
  StderrInFile redirected(file_);
  redirected.pretend_journal(1);
  ASSERT_TRUE(init({}).ok());
  info("i");
  EXPECT_THAT(lines_of(file_).at(0), HasSubstr("Z info i"));
}

TEST_F(Log, ReopenFollowsARotation) {
  ASSERT_TRUE(init({.file = file_}).ok());
  info("before");
  std::filesystem::rename(file_, folder_ / "log.1");
  info("still old");
  ASSERT_TRUE(reopen().ok());
  info("after");
  EXPECT_THAT(lines_of(folder_ / "log.1"), ::testing::ElementsAre(HasSubstr("before"), HasSubstr("still old")));
  EXPECT_THAT(lines_of(file_), ::testing::ElementsAre(HasSubstr("after")));
}

TEST_F(Log, AFailedReopenKeepsTheOldFile) {
  const auto sub = folder_ / "logs";
  std::filesystem::create_directory(sub);
  ASSERT_TRUE(init({.file = sub / "log.txt"}).ok());
  std::filesystem::rename(sub, folder_ / "moved");
  const auto status = reopen();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(status.error().message(), HasSubstr((sub / "log.txt").string()));
  info("after");
  EXPECT_THAT(lines_of(folder_ / "moved" / "log.txt"), ::testing::ElementsAre(HasSubstr("after")));
}

TEST_F(Log, AFileThatCannotBeOpenedIsAnErrorThatNamesIt) {
  const auto status = init({.file = folder_ / "missing" / "log.txt"});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("missing/log.txt"));
}

TEST_F(Log, AFifoWithoutReaderIsAnErrorAndNoWait) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(init({.file = folder_ / "fifo"}).ok());
}

TEST_F(Log, LinesThatAFullDiskTookAreCounted) {
  StderrInFile redirected("/dev/full");
  ASSERT_TRUE(init({}).ok());
  info("lost one");
  info("lost two");
  redirected.redirect(file_);
  info("kept");
  EXPECT_THAT(lines_of(file_), ::testing::ElementsAre(HasSubstr("warning log lines were lost count=2"), HasSubstr("info kept")));
}

TEST_F(Log, LostLinesAreCountedInJsonToo) {
  StderrInFile redirected("/dev/full");
  ASSERT_TRUE(init({.format = Format::kJson}).ok());
  info("lost");
  redirected.redirect(file_);
  info("kept");
  const auto lines = lines_of(file_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["count"], 1);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["event"], "kept");
}

TEST_F(Log, AReaderThatWentAwayDoesNotEndTheProcess) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_TRUE(init({}).ok());
  info("nobody reads this");
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
}

TEST_F(Log, AClosedStderrIsNotGivenToTheNextFile) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(STDERR_FILENO);
    const bool set_up = init({}).ok();
    const int next = ::open((folder_ / "database").c_str(), O_RDWR | O_CREAT, 0600);
    info("this must not reach the file");
    ::_exit(set_up && next > STDERR_FILENO ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(test::read_text(folder_ / "database"), "");
}

TEST_F(Log, ThreadsDoNotMixTheirLines) {
  ASSERT_TRUE(init({.file = file_}).ok());
  constexpr int kThreads = 8;
  constexpr int kLines = 250;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < kLines; ++i) {
        info("line written", {{"thread", t}, {"filler", std::string(100, static_cast<char>('a' + t))}});
        if (i == kLines / 2) {
          EXPECT_TRUE(reopen().ok());
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto lines = lines_of(file_);
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kThreads * kLines));
  const std::regex whole(R"(\S+Z info line written thread=\d filler='(a+|b+|c+|d+|e+|f+|g+|h+)')");
  for (const auto& line : lines) ASSERT_TRUE(std::regex_match(line, whole)) << line;
}

TEST(LogNames, LevelsAndFormatsHaveTheirWords) {
  EXPECT_EQ(level_from_name("debug"), Level::kDebug);
  EXPECT_EQ(level_from_name("error"), Level::kError);
  EXPECT_EQ(level_from_name("verbose"), std::nullopt);
  EXPECT_EQ(format_from_name("json"), Format::kJson);
  EXPECT_EQ(format_from_name("xml"), std::nullopt);
}

}  // namespace
}  // namespace pai::log
