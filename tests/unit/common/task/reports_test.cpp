// state.json and a node's answers: a value of its own in each field survives the round trip, and every field is checked.
#include "common/task/reports.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

DatasetSummary dataset() {
  return {.out_data_path = "out/数据",
          .files = {"a_aligned.csv", "train.csv", "test.csv"},
          .columns = {"X1", "line\nbreak", "姓名"},
          .train_rows = 800,
          .test_rows = 200,
          .alignment_id = "00ffab"};
}

RecordSummary record() {
  return {.columns = {"time", "n_batches", "loss", "auc"}, .rows = 12, .latest = {3.25, 1212, 0.5, 0.75}};
}

ClientReport report() {
  return {.run_id = "run-7",
          .state = ClientState::kFailed,
          .progress = {.phase = "send", .done = 11, .total = 22, .unit = "partitions", .seconds_left = 3.5, .per_second = 4.5},
          .reason = "peer 2 (127.0.0.1:8083) was lost",
          .blames = 2,
          .process = {.boot_id = "boot-1", .pid = 4242, .start_time = 987654321},
          .dataset = dataset(),
          .n_batches = 1234,
          .record = record(),
          .usage = Usage{.memory_peak_bytes = 81,
                         .cpu_seconds = 8.5,
                         .phases = {{"connect", 0.5}, {"send", 7.25}},
                         .peers = {{.client = 2,
                                    .sent_bytes = 1,
                                    .sent_messages = 22,
                                    .received_bytes = 3,
                                    .received_messages = 44,
                                    .rounds = 5,
                                    .wait_seconds = 6.5}}}};
}

ClientStatus status() {
  return {.task_name = "task.1",
          .client = 3,
          .state = ClientState::kStopping,
          .run_id = "run-8",
          .progress = {.phase = "tag", .done = 5, .total = 0, .unit = "rows", .seconds_left = std::nullopt},
          .reason = "told to stop",
          .blames = 1,
          .exit_code = 12,
          .signal = 9,
          .dataset = dataset(),
          .created_at = 1000.25,
          .started_at = 2000.5,
          .ended_at = 3000.75,
          .n_batches = 4321,
          .record = record()};
}

template <class T>
Json through_text(const T& value) {
  const auto parsed = json::parse(json::canonical(to_json(value)));
  return parsed.ok() ? *parsed : Json(parsed.error().message());
}

TEST(Reports, SurviveTheRoundTrip) {
  const auto full = report_from_json(through_text(report()));
  ASSERT_TRUE(full.ok()) << full.error().describe();
  EXPECT_EQ(*full, report());

  ClientReport sparse = report();
  sparse.state = ClientState::kRunning;
  sparse.reason = "";
  sparse.blames = std::nullopt;
  sparse.dataset = std::nullopt;
  sparse.progress.seconds_left = std::nullopt;
  sparse.progress.per_second = std::nullopt;
  sparse.n_batches = std::nullopt;
  sparse.record = RecordSummary{.columns = {"time", "n_batches", "loss"}, .rows = 0, .latest = {}};
  EXPECT_EQ(*report_from_json(through_text(sparse)), sparse);
}

TEST(Statuses, SurviveTheRoundTrip) {
  const auto full = status_from_json(through_text(status()));
  ASSERT_TRUE(full.ok()) << full.error().describe();
  EXPECT_EQ(*full, status());

  ClientStatus fresh;
  fresh.task_name = "t";
  fresh.state = ClientState::kPrepared;
  const auto read = status_from_json(through_text(fresh));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, fresh);
}

TEST(Datasets, SurviveTheRoundTrip) { EXPECT_EQ(*dataset_from_json(through_text(dataset())), dataset()); }

TEST(Statuses, IgnoreWhatANewerNodeAdds) {
  auto document = to_json(status());
  document["temperature"] = 7;
  EXPECT_TRUE(status_from_json(document).ok());
}

TEST(Reasons, AreWrittenAsTheDecoderTakesThem) {
  auto odd = report();
  odd.reason = "line\nbreak \xFF " + std::string(10'000, 'x');
  const auto read = report_from_json(through_text(odd));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_THAT(read->reason, HasSubstr("line\\x0abreak \\xff"));
  EXPECT_LE(read->reason.size(), 4096u);
}

struct Spoiled {
  const char* pointer;
  Json value;
  const char* path;
};

TEST(Reports, AreRefusedFieldByField) {
  const std::vector<Spoiled> cases = {
      {"/run_id", 1, "run_id"},
      {"/run_id", std::string(200, 'r'), "run_id"},
      {"/state", "running", "state"},
      {"/state", "Prepared", "state"},
      {"/state", "Stopping", "state"},
      {"/state", nullptr, "state"},
      {"/progress", nullptr, "progress"},
      {"/progress/phase", "a\nb", "progress.phase"},
      {"/progress/done", -1, "progress.done"},
      {"/progress/done", 1.0, "progress.done"},
      {"/progress/total", 18446744073709551615ULL, "progress.total"},
      {"/progress/unit", 1, "progress.unit"},
      {"/progress/seconds_left", -1, "progress.seconds_left"},
      {"/reason", nullptr, "reason"},
      {"/reason", std::string(5000, 'x'), "reason"},
      {"/reason", "a\x1b[0m", "reason"},
      {"/blames", -1, "blames"},
      {"/blames", 64, "blames"},
      {"/blames", "2", "blames"},
      {"/process/boot_id", 5, "process.boot_id"},
      {"/process/pid", 0, "process.pid"},
      {"/process/pid", -7, "process.pid"},
      {"/process/pid", 4294967296, "process.pid"},
      {"/process/start_time", "1", "process.start_time"},
      {"/dataset", 1, "dataset"},
      {"/dataset/out_data_path", "../x", "dataset.out_data_path"},
      {"/dataset/files", "train.csv", "dataset.files"},
      {"/dataset/files/0", "/etc/passwd", "dataset.files"},
      {"/dataset/files/1", 1, "dataset.files[1]"},
      {"/dataset/columns/2", nullptr, "dataset.columns[2]"},
      {"/dataset/train_rows", -5, "dataset.train_rows"},
      {"/dataset/test_rows", "5", "dataset.test_rows"},
      {"/dataset/alignment_id", "00FF", "dataset.alignment_id"},
      {"/dataset/alignment_id", "0", "dataset.alignment_id"},
      {"/progress/per_second", "4", "progress.per_second"},
      {"/n_batches", -1, "n_batches"},
      {"/record", 1, "record"},
      {"/record/columns", "time", "record.columns"},
      {"/record/rows", -1, "record.rows"},
      {"/record/rows", 0, "record.latest"},
      {"/record/latest", "1", "record.latest"},
      {"/record/latest/0", "1", "record.latest"},
      {"/record/latest", Json::array({1, 2}), "record.latest"},
  };
  for (const auto& spoiled : cases) {
    SCOPED_TRACE(std::string(spoiled.pointer) + " = " + spoiled.value.dump().substr(0, 60));
    auto document = to_json(report());
    document[Json::json_pointer(spoiled.pointer)] = spoiled.value;
    const auto read = report_from_json(document);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalid);
    EXPECT_NE(fault_at(read.error(), spoiled.path), "") << all_faults(read.error());
  }
}

TEST(Statuses, AreRefusedFieldByField) {
  const std::vector<Spoiled> cases = {
      {"/task_name", "../x", "task_name"}, {"/task_name", 1, "task_name"},
      {"/client", -1, "client"},           {"/client", 64, "client"},
      {"/state", "Nowhere", "state"},      {"/exit_code", 256, "exit_code"},
      {"/exit_code", -1, "exit_code"},     {"/signal", 0, "signal"},
      {"/signal", 65, "signal"},           {"/created_at", -1, "created_at"},
      {"/created_at", "now", "created_at"}, {"/started_at", nullptr, "started_at"},
      {"/ended_at", 1e300, "ended_at"},    {"/dataset/files", nullptr, "dataset.files"},
      {"/progress/done", nullptr, "progress.done"}, {"/run_id", nullptr, "run_id"},
  };
  for (const auto& spoiled : cases) {
    SCOPED_TRACE(std::string(spoiled.pointer) + " = " + spoiled.value.dump());
    auto document = to_json(status());
    document[Json::json_pointer(spoiled.pointer)] = spoiled.value;
    const auto read = status_from_json(document);
    ASSERT_FALSE(read.ok());
    EXPECT_NE(fault_at(read.error(), spoiled.path), "") << all_faults(read.error());
  }
}

TEST(Decoders, NeedEveryRequiredField) {
  for (const auto* key : {"run_id", "state", "progress", "reason", "process"}) {
    auto document = to_json(report());
    document.erase(key);
    EXPECT_FALSE(report_from_json(document).ok()) << key;
  }
  for (const auto* key : {"task_name", "client", "state", "run_id", "progress", "reason", "created_at", "started_at", "ended_at"}) {
    auto document = to_json(status());
    document.erase(key);
    EXPECT_FALSE(status_from_json(document).ok()) << key;
  }
  for (const auto& document : {Json(), Json(1), Json::array(), Json("x")}) {
    EXPECT_FALSE(report_from_json(document).ok());
    EXPECT_FALSE(status_from_json(document).ok());
    EXPECT_FALSE(dataset_from_json(document).ok());
  }
}

}  // namespace
}  // namespace pai::task
