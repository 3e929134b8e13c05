// What the kernel is told of a client's limits, with real processes, and what is seen of a process and of a folder.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <memory>
#include <vector>

#include "node/process/local_launcher.h"
#include "node/process/measure.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::node::process {
namespace {

using std::chrono::seconds;

class LimitedProcess : public ::testing::Test {
 protected:
  LimitedProcess() : loop_(std::move(Loop::make()).value()), launcher_(*loop_) {}
  ~LimitedProcess() override { loop_->stop(); }

  Outcome run(const std::string& script, const ResourceLimits& limits) {
    std::promise<Outcome> ended;
    const LaunchSpec spec{.program = "/bin/sh", .arguments = {"-c", script}, .environment = {"PATH=/usr/bin:/bin"}, .folder = folder_.path().string(),
                          .log_file = (folder_ / "log.txt").string(), .limits = limits};
    const auto process = launcher_.launch(spec, [](const auto&) { return Status(); }, [&](const Outcome& outcome) { ended.set_value(outcome); });
    if (!process.ok()) throw std::runtime_error(process.error().describe());
    auto outcome = ended.get_future();
    if (outcome.wait_for(seconds(20)) != std::future_status::ready) throw std::runtime_error("no end");
    return outcome.get();
  }

  test::TempFolder folder_;
  std::unique_ptr<Loop> loop_;
  LocalLauncher launcher_;
};

TEST_F(LimitedProcess, GetsNoMoreMemoryThanItMayHave) {
  // dd takes one buffer of that size.
  const std::string take = "dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null";
  EXPECT_EQ(run(take, {}), Outcome(Exited{0}));
  EXPECT_EQ(run(take, {.data_bytes = std::uint64_t{256} << 20}), Outcome(Exited{0}));
  EXPECT_NE(run(take, {.data_bytes = std::uint64_t{32} << 20}), Outcome(Exited{0}));
}

TEST_F(LimitedProcess, WritesNoLargerFileThanItMay) {
  const std::string write = "exec dd if=/dev/zero of=file bs=1M count=4";
  EXPECT_EQ(run(write, {.file_bytes = 4 << 20}), Outcome(Exited{0}));
  EXPECT_EQ(run(write, {.file_bytes = 3 << 20}), Outcome(Signaled{SIGXFSZ}));
  EXPECT_EQ(std::filesystem::file_size(folder_ / "file"), 3U << 20);
}

TEST_F(LimitedProcess, RunsOnSoManyProcessors) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "one processor is no choice";
  ASSERT_EQ(run("nproc > one; taskset -p $$ > first", {.processors = 1}), Outcome(Exited{0}));
  EXPECT_EQ(test::read_text(folder_ / "one"), "1\n");
  ASSERT_EQ(run("taskset -p $$ > second", {.processors = 1}), Outcome(Exited{0}));
  const auto mask = [&](const char* name) {
    const auto text = test::read_text(folder_ / name);
    return text.substr(text.rfind(' '));
  };
  EXPECT_NE(mask("first"), mask("second")) << "the next client runs elsewhere";
  ASSERT_EQ(run("nproc > all", {.processors = 100'000}), Outcome(Exited{0})) << "more than there are is no bound";
  EXPECT_EQ(test::read_text(folder_ / "all"), std::to_string(CPU_COUNT(&all)) + "\n");
}

TEST(Measure, AProcesssMemoryIsSeen) {
  const auto before = memory_of(::getpid(), Memory::kData), resident = memory_of(::getpid(), Memory::kResident);
  ASSERT_TRUE(before && resident);
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const std::vector<char> taken(kBytes, 'x');
  EXPECT_GE(*memory_of(::getpid(), Memory::kData), *before + kBytes);
  EXPECT_GE(*memory_of(::getpid(), Memory::kResident), *resident + kBytes / 2);
  EXPECT_FALSE(memory_of(0x7FFF'FFF0, Memory::kData)) << "no such process";
}

TEST(Measure, AFoldersBytesAreThoseOnTheDisk) {
  const test::TempFolder folder;
  EXPECT_EQ(disk_of(folder / "nothing"), 0U);
  const auto empty = disk_of(folder.path());
  ASSERT_TRUE(empty);
  std::filesystem::create_directories(folder / "a/b");
  test::write_text(folder / "a/b/file", std::string(3 << 20, 'x'));
  const auto full = disk_of(folder.path());
  ASSERT_TRUE(full);
  EXPECT_GE(*full - *empty, 3U << 20);
  EXPECT_LT(*full - *empty, 4U << 20);
  std::filesystem::create_symlink(folder / "a/b/file", folder / "link");
  std::filesystem::create_directory_symlink(folder / "a", folder / "loop");
  EXPECT_LT(*disk_of(folder.path()), *full + (1U << 20)) << "what a link leads to is not counted again";
  EXPECT_FALSE(disk_of(folder.path(), 2)) << "a folder without end";
}

}  // namespace
}  // namespace pai::node::process
