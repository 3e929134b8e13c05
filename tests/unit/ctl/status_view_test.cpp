// What `paictl task watch` shows, from the master's documents.
#include "ctl/tasks/status_view.h"

#include <cmath>

#include <gmock/gmock.h>

#include "ctl/tasks/bars.h"

namespace pai::ctl::tasks {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

json running() {
  return json::parse(R"({"task_name": "t", "msg": "Running", "state": "Running", "cause": "", "clients": [
    {"id": 0, "role": "main_client", "node": "10.0.0.1:8000", "state": "Running", "phase": "match",
     "progress": {"done": 500, "total": 2000, "unit": "tags", "per_second": 1500.4, "seconds_left": 65}, "reachable": true},
    {"id": 1, "role": "feature_client", "node": "10.0.0.2:8000", "state": "Failed", "reason": "killed by signal 9", "reachable": false}]})");
}

TEST(Bars, AreAsLongAsTheyShould) {
  EXPECT_EQ(bar(0.5, 4), "##..");
  EXPECT_EQ(bar(7, 4), "####");
  EXPECT_EQ(bar(-1, 4), "....");
}

TEST(Bars, ASparklineRunsFromTheLowestToTheHighest) {
  EXPECT_EQ(sparkline({1, 2, 3}, 10), "▁▅█");
  EXPECT_EQ(sparkline({1, 2, 3}, 2), "▁█") << "means of neighbours";
  EXPECT_EQ(sparkline({1, 1, NAN, 5, NAN, NAN, 9, 9}, 4), "▁▅ █");
  EXPECT_EQ(sparkline({5, NAN, 5}, 10), "▅ ▅");
  EXPECT_EQ(sparkline({}, 10), "");
}

TEST(Bars, DurationsReadWell) {
  EXPECT_EQ(duration(7.4), "7 s");
  EXPECT_EQ(duration(65), "1 min 05 s");
  EXPECT_EQ(duration(7500), "2 h 05 min");
  EXPECT_EQ(duration(-3), "0 s");
}

TEST(StatusView, ALineAPartySaysHowFarItIs) {
  const auto lines = party_lines(running(), {.width = 200});
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], HasSubstr("main_client"));
  EXPECT_THAT(lines[0], HasSubstr("match    [#####...............] 25 %  500/2,000 tags  1,500/s  1 min 05 s left"));
  EXPECT_THAT(lines[1], HasSubstr("Failed: killed by signal 9"));
  EXPECT_THAT(lines[1], HasSubstr("its node cannot be reached"));
}

TEST(StatusView, APartyOfWhichNothingWasHeardSaysItsState) {
  auto status = running();
  status["clients"][0] = {{"id", 0}, {"role", "main_client"}, {"node", "10.0.0.1:8000"}, {"state", "Running"}, {"phase", ""}};
  EXPECT_THAT(party_lines(status, {.width = 80})[0], HasSubstr("10.0.0.1:8000  Running"));
}

TEST(StatusView, AReasonIsCutOnlyWhereLinesAreOverwritten) {
  auto failed = running();
  failed["clients"][1]["reason"] = std::string(300, 'r') + " end";
  EXPECT_THAT(party_lines(failed, {.width = 80})[1], SizeIs(80));
  EXPECT_THAT(party_lines(failed, {.width = 80, .whole = true})[1], HasSubstr("r end"));
  EXPECT_THAT(party_lines(failed, {.width = 80, .whole = true})[0].size(), ::testing::Le(80U));
}

TEST(StatusView, APartyThatWaitsForItsTurnSaysInWhichPlace) {
  auto waiting = running();
  waiting["clients"][0]["state"] = "Starting";
  waiting["clients"][0]["queue_position"] = 3;
  waiting["clients"][1]["queue_position"] = nullptr;
  const auto lines = party_lines(waiting, {.width = 200});
  EXPECT_THAT(lines[0], HasSubstr("Starting, place 3 in the queue of its node"));
  EXPECT_THAT(lines[1], Not(HasSubstr("queue")));
}

TEST(StatusView, LinesFitTheScreenAndLoseTheNodeThenTheBarBeforeTheFigures) {
  for (const auto& line : party_lines(running(), {.width = 30})) EXPECT_THAT(line, SizeIs(30));
  const auto with_all = party_lines(running(), {.width = 100})[0];
  EXPECT_THAT(with_all, HasSubstr("10.0.0.1:8000"));
  EXPECT_THAT(with_all, HasSubstr("1 min 05 s left"));
  const auto without_node = party_lines(running(), {.width = 88})[0];
  EXPECT_THAT(without_node, Not(HasSubstr("10.0.0.1")));
  EXPECT_THAT(without_node, HasSubstr("#"));
  EXPECT_THAT(without_node, HasSubstr("1 min 05 s left"));
  const auto figures = party_lines(running(), {.width = 75})[0];
  EXPECT_THAT(figures, Not(HasSubstr("#")));
  EXPECT_THAT(figures, HasSubstr("1 min 05 s left"));
  EXPECT_EQ(title_line(running(), 65, {}), "task 't': Running, 1 min 05 s");
}

TEST(StatusView, AFailureHasItsCauseInColour) {
  auto status = running();
  status["msg"] = status["state"] = "Failed";
  status["cause"] = "client 1: killed by signal 9";
  EXPECT_EQ(state_line(status, {}), "task 't': Failed: client 1: killed by signal 9");
  EXPECT_THAT(state_line(status, {.colour = true}), HasSubstr("\x1b[31mFailed\x1b[0m"));
  EXPECT_TRUE(has_ended(status));
  EXPECT_FALSE(has_ended(running()));
}

TEST(StatusView, OutsideTextCannotMoveTheCursor) {
  auto status = running();
  status["clients"][1]["reason"] = "x\x1b[2Jy\n";
  EXPECT_THAT(party_lines(status, {.width = 200})[1], Not(HasSubstr("\x1b")));
}

TEST(StatusView, TheRecordIsPlottedColumnByColumn) {
  const auto record = json::parse(R"({"msg": [[1.0, 10, 0.7, 0.5], [2.0, 20, 0.6, null], [3.0, 30, 0.5, 0.8]], "columns": ["time", "n_batches", "loss", "auc"]})");
  const auto lines = record_lines(record, {});
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], HasSubstr("loss"));
  EXPECT_THAT(lines[0], HasSubstr("█▅▁  0.5"));
  EXPECT_THAT(lines[1], HasSubstr("▁ █  0.8"));
  EXPECT_THAT(record_lines(json::parse(R"({"msg": []})"), {}), IsEmpty());
}

TEST(StatusView, MilestonesLeaveProgressOut) {
  EXPECT_EQ(milestones(running()), "Running; client 0 Running match; client 1 Failed");
}

TEST(StatusView, DocumentsOfAnotherShapeAreBorne) {
  for (const auto* text : {"null", "[]", "{}", R"({"clients": 7})", R"({"clients": [1, {}]})", R"({"msg": 1, "columns": 2})"}) {
    const auto document = json::parse(text);
    (void)party_lines(document, {});
    (void)state_line(document, {});
    (void)record_lines(document, {});
    (void)milestones(document);
    EXPECT_FALSE(has_ended(document)) << text;
  }
}

}  // namespace
}  // namespace pai::ctl::tasks
