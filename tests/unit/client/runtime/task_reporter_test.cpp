// state.json as its node reads it, through a phase and to the end.
#include "client/runtime/task_reporter.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "support/temp_folder.h"

namespace pai::client {
namespace {

class TaskReporterTest : public testing::Test {
 protected:
  TaskReporterTest() : root_(*io::Root::open(folder_.path(), false)) {}

  static task::ClientReport initial() {
    task::ClientReport report;
    report.run_id = "run-1";
    report.progress.phase = "connect";
    report.process = {"0b5a3c1e-0000-4000-8000-000000000000", 12, 34};
    return report;
  }
  std::optional<task::ClientReport> stored() {
    const auto text = root_.read(kStateFileName, 1 << 20);
    if (!text.ok()) return std::nullopt;
    auto report = task::report_from_json(*json::parse(*text));
    EXPECT_TRUE(report.ok());
    usage_ = report->usage.value_or(task::Usage{});
    report->usage.reset();  // figures of the moment, which the tests of reports as a whole can't know
    return *report;
  }
  /// Waits until the file says so.
  template <class Condition>
  task::ClientReport stored_when(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (auto report = stored(); report && condition(*report)) return *report;
      std::this_thread::yield();
    }
    ADD_FAILURE() << "state.json never said so";
    return {};
  }

  test::TempFolder folder_;
  io::Root root_;
  task::Usage usage_;  ///< of the report that was read last
  TaskLog log_{"credit_v1", 1};
};

TEST_F(TaskReporterTest, TheFirstReportIsThereBeforeAnyPhase) {
  TaskReporter reporter(root_, initial(), log_);
  EXPECT_EQ(stored_when([](const auto&) { return true; }), initial());
}

TEST_F(TaskReporterTest, TellsWhatTheRunCostsAndKeepsThePeersLastFigures) {
  TaskReporter reporter(root_, initial(), log_);
  task::PeerUsage peer{.client = 2, .sent_bytes = 10, .sent_messages = 1, .received_bytes = 20, .received_messages = 2, .rounds = 1, .wait_seconds = 0.5};
  reporter.follow_peers([&] { return std::vector{peer}; });
  reporter.phase("tag", 0, "");
  reporter.phase("send", 0, "");
  reporter.phase("tag", 0, "");
  ASSERT_TRUE(stored_when([](const auto& r) { return r.progress.phase == "tag"; }).reason.empty());
  peer.sent_bytes = 99;
  reporter.follow_peers(nullptr);
  peer.sent_bytes = 0;
  ASSERT_TRUE(reporter.finish(task::ClientState::kFinished, "", std::nullopt).ok());
  ASSERT_TRUE(stored().has_value());
  ASSERT_EQ(usage_.phases.size(), 3u) << "a phase that comes again goes on counting";
  EXPECT_EQ(usage_.phases[0].phase, "connect");
  EXPECT_EQ(usage_.phases[1].phase, "tag");
  EXPECT_EQ(usage_.phases[2].phase, "send");
  ASSERT_EQ(usage_.peers.size(), 1u);
  EXPECT_EQ(usage_.peers[0].sent_bytes, 99u);
  EXPECT_GT(usage_.cpu_seconds, 0);
  EXPECT_GT(usage_.memory_peak_bytes, std::uint64_t{1} << 20);
}

TEST(UsageMeter, CountsSecondsByPhaseAndKeepsTheirNumberBounded) {
  using namespace std::chrono_literals;
  UsageMeter::Clock::time_point now{};
  UsageMeter meter("connect", now);
  meter.phase("tag", now += 2s);
  meter.phase("connect", now += 3s);
  const auto usage = meter.read(now += 5s);
  ASSERT_EQ(usage.phases.size(), 2u);
  EXPECT_DOUBLE_EQ(usage.phases[0].seconds, 7);
  EXPECT_DOUBLE_EQ(usage.phases[1].seconds, 3);
  for (int i = 0; i < 100; ++i) meter.phase("phase " + std::to_string(i), now += 1s);
  const auto many = meter.read(now += 1s);
  EXPECT_LE(many.phases.size(), task::kUsagePhasesMax) << "what a node would not take";
  double sum = 0;
  for (const auto& phase : many.phases) sum += phase.seconds;
  EXPECT_DOUBLE_EQ(sum, 111) << "no second is lost";
}

TEST_F(TaskReporterTest, AdvancesReachTheFileWithoutAnotherCall) {
  TaskReporter reporter(root_, initial(), log_);
  reporter.phase("tag", 1000, "rows");
  for (int i = 0; i < 10; ++i) reporter.advance(50);
  const auto report = stored_when([](const auto& r) { return r.progress.done == 500; });
  EXPECT_EQ(report.progress.phase, "tag");
  EXPECT_EQ(report.progress.total, 1000u);
  EXPECT_EQ(report.progress.unit, "rows");
  reporter.set_total(2000);
  (void)stored_when([](const auto& r) { return r.progress.total == 2000; });
}

TEST_F(TaskReporterTest, ANewPhaseStartsAtNothingAndWorkGoesOn) {
  TaskReporter reporter(root_, initial(), log_);
  reporter.phase("read", 10, "rows");
  reporter.advance(10);
  reporter.phase("write", 20, "rows");
  const auto report = stored_when([](const auto& r) { return r.progress.phase == "write"; });
  EXPECT_EQ(report.progress.done, 0u);
  EXPECT_GE(reporter.work(), 10u);
}

TEST_F(TaskReporterTest, TheFinalReportHasTheDataSet) {
  TaskReporter reporter(root_, initial(), log_);
  reporter.phase("publish", 0, "");
  task::DatasetSummary dataset;
  dataset.out_data_path = "credit";
  dataset.train_rows = 8;
  dataset.test_rows = 2;
  reporter.set_dataset(dataset);
  ASSERT_TRUE(reporter.finish(task::ClientState::kFinished, "", std::nullopt).ok());
  const auto report = stored();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->state, task::ClientState::kFinished);
  ASSERT_TRUE(report->dataset.has_value());
  EXPECT_EQ(*report->dataset, dataset);
}

TEST_F(TaskReporterTest, AFailureHasReasonAndBlameAndNoDataSet) {
  TaskReporter reporter(root_, initial(), log_);
  reporter.set_dataset({});
  ASSERT_TRUE(reporter.finish(task::ClientState::kFailed, "client 2 was lost", 2).ok());
  const auto report = stored();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->state, task::ClientState::kFailed);
  EXPECT_EQ(report->reason, "client 2 was lost");
  EXPECT_EQ(report->blames, 2);
  EXPECT_FALSE(report->dataset.has_value());
}

TEST_F(TaskReporterTest, BatchesAndTheLatestRowReachTheFile) {
  TaskReporter reporter(root_, initial(), log_);
  EXPECT_FALSE(reporter.snapshot().n_batches.has_value());
  EXPECT_FALSE(reporter.snapshot().record.has_value());
  reporter.phase("train", 100, "batches");
  ASSERT_EQ(reporter.start_record({"auc"}, std::nullopt).value().seconds, 0);
  for (std::uint64_t batch = 1; batch <= 20; ++batch) {
    reporter.set_batches(batch);
    reporter.advance(1);
    if (batch % 10 == 0) {
      ASSERT_TRUE(reporter.record(std::vector<double>{0.5, static_cast<double>(batch), 0.25, 0.75}).ok());
    }
  }
  const auto report = stored_when([](const auto& r) { return r.n_batches == 20 && r.record && r.record->rows == 2; });
  EXPECT_EQ(report.record->columns, (std::vector<std::string>{"time", "n_batches", "loss", "auc"}));
  EXPECT_EQ(report.record->latest, (std::vector<double>{0.5, 20, 0.25, 0.75}));
  ASSERT_TRUE(reporter.finish(task::ClientState::kFinished, "", std::nullopt).ok());
  EXPECT_EQ(stored()->n_batches, 20u);
  EXPECT_EQ(*root_.read("record.csv", 1 << 20), "time,n_batches,loss,auc\n0.5,10,0.25,0.75\n0.5,20,0.25,0.75\n");
}

TEST_F(TaskReporterTest, AFreshRecordForgetsTheOneBefore) {
  ASSERT_TRUE(root_.write_atomically("record.csv", "time,n_batches,loss\n1,10,0.5\n", false).ok());
  TaskReporter reporter(root_, initial(), log_);
  EXPECT_EQ(reporter.start_record({}, std::nullopt).value().seconds, 0);
  EXPECT_EQ(*root_.read("record.csv", 1 << 20), "time,n_batches,loss\n");
}

TEST_F(TaskReporterTest, AResumedRecordGoesOnAfterTheCheckpoint) {
  ASSERT_TRUE(root_.write_atomically("record.csv", "time,n_batches,loss\n1,10,0.5\n2,20,0.4\n3,30,0.3\n3.5,40", false).ok());
  TaskReporter reporter(root_, initial(), log_);
  const auto before = reporter.start_record({}, 25);
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before->seconds, 2);
  EXPECT_EQ(before->losses, (std::vector<double>{0.5, 0.4}));
  EXPECT_EQ(reporter.snapshot().record->rows, 2u);
  EXPECT_EQ(reporter.snapshot().record->latest, (std::vector<double>{2, 20, 0.4}));
  ASSERT_TRUE(reporter.record(std::vector<double>{2.5, 30, 0.31}).ok());
  EXPECT_EQ(*root_.read("record.csv", 1 << 20), "time,n_batches,loss\n1,10,0.5\n2,20,0.4\n2.5,30,0.31\n");
  EXPECT_EQ(reporter.record_rows().size(), 3u);
}

TEST_F(TaskReporterTest, AResumedRecordKeepsNothingThatIsDamagedOrOfOtherColumns) {
  ASSERT_TRUE(root_.write_atomically("record.csv", "time,n_batches,loss\n1,10,0.5\n2,2x\n3,30,0.3\n", false).ok());
  TaskReporter reporter(root_, initial(), log_);
  EXPECT_EQ(reporter.start_record({}, 100).value().seconds, 1);
  EXPECT_EQ(*root_.read("record.csv", 1 << 20), "time,n_batches,loss\n1,10,0.5\n");
  EXPECT_EQ(reporter.start_record({"acc"}, 100).value().seconds, 0);
  EXPECT_EQ(*root_.read("record.csv", 1 << 20), "time,n_batches,loss,acc\n");
}

TEST_F(TaskReporterTest, TheRowsHeldAreTheLastOnes) {
  TaskReporter reporter(root_, initial(), log_);
  ASSERT_TRUE(reporter.start_record({}, std::nullopt).ok());
  for (int batch = 0; batch < 1200; ++batch) {
    ASSERT_TRUE(reporter.record(std::vector<double>{0, static_cast<double>(batch), 0}).ok());
  }
  const auto rows = reporter.record_rows();
  ASSERT_EQ(rows.size(), 1000u);
  EXPECT_EQ(rows.front()[1], 200);
  EXPECT_EQ(rows.back()[1], 1199);
  EXPECT_EQ(reporter.snapshot().record->rows, 1200u);
}

}  // namespace
}  // namespace pai::client
