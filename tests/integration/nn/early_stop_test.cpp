// Main ends a training that no longer improves: all parties and the dealer end well at the same batch,
// whenever it strikes.
#include <gtest/gtest.h>

#include "client/nn/core/figures.h"
#include "client/nn/core/patience.h"
#include "client/nn/plan.h"
#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kRows = 200, kTestRows = 60;

std::vector<PartyData> parties() {
  return make_parties(kRows, {2, 3}, Labels::kBinary, {{"metric", "loss"}});
}

std::uint64_t batches_of_model(const TrainingRun& run, int client) {
  return Json::parse(pai::test::read_text(run.folder(client) / "model" / "model.json"))["batches"]
      .get<std::uint64_t>();
}

void expect_ended_at(const TrainingRun& run, std::uint64_t batches) {
  ASSERT_TRUE(run.ok()) << run.messages();
  for (int client = 2; client < run.clients(); ++client) {
    EXPECT_EQ(run.reporter(client).batches(), batches) << client;
    EXPECT_EQ(batches_of_model(run, client), batches) << client;
  }
}

class EarlyStop : public testing::TestWithParam<const char*> {};

TEST_P(EarlyStop, EndsATrainingThatDoesNotImprove) {
  const Json settings = {{"batch_size", 32}, {"max_iter", 100'000},    {"test_per_batches", 20},
                         {"early_stop", 2},  {"security", GetParam()}, {"learning_rate", 1.0},
                         {"l2", 0.0}};
  TrainingRun run(parties(), kTestRows, settings);
  run.network.bytes_max = 64 << 10;  // the dealer is blocked when the end comes
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto& rows = run.reporter(run.label()).rows();
  ASSERT_GE(rows.size(), 3u);
  ASSERT_LT(rows.size(), 1000u);
  expect_ended_at(run, static_cast<std::uint64_t>(rows.back()[1]));
  EXPECT_NE(run.reporter(0).notes().find("training ends early batches=" +
                                         std::to_string(run.reporter(0).batches())),
            std::string::npos);
  // The last two evaluations were no better than the best before.
  double best = rows[0][2];
  for (std::size_t i = 1; i + 2 < rows.size(); ++i) best = std::min(best, rows[i][2]);
  EXPECT_GE(rows[rows.size() - 2][2], best - 1e-4);
  EXPECT_GE(rows[rows.size() - 1][2], best - 1e-4);

  PlainTwin twin(parties(), kTestRows, settings, GetParam() == std::string("split"));
  twin.train(run.reporter(0).batches());
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()), 1e-2);
}

TEST_P(EarlyStop, ThatNeverStrikesChangesNothing) {
  TrainingRun run(parties(), kTestRows,
                  {{"batch_size", 32},
                   {"max_iter", 30},
                   {"test_per_batches", 10},
                   {"early_stop", 500},
                   {"security", GetParam()}});
  run.run();
  expect_ended_at(run, 30);
  EXPECT_EQ(run.reporter(0).notes().find("ends early"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Levels, EarlyStop, testing::Values("full", "split"),
                         [](const auto& test) { return std::string(test.param); });

/// A main that ends the training at its first evaluation.
Status run_impatient_main(Context& context) {
  PAI_ASSIGN(const auto cast, cast_of(context.task));
  PAI_TRY(make_plan(context.channel, cast, training_settings(context.task), false));
  for (bool last = false; !last;) {
    PAI_ASSIGN(const auto report, context.channel.receive<v1::TrainingReport>(cast.label));
    last = report.last();
    if (report.evaluation_size() == 0) continue;
    v1::Verdict verdict;
    verdict.set_stop(true);
    for (const int client : cast.group.clients) PAI_TRY(context.channel.send(client, verdict));
  }
  for (const int client : cast.group.clients) PAI_TRY(context.channel.receive<v1::ModelReady>(client));
  for (const int client : cast.group.clients) PAI_TRY(context.channel.send(client, v1::Publish()));
  for (const int client : cast.group.clients) PAI_TRY(context.channel.receive<v1::Published>(client));
  return {};
}

TEST(EarlyStopAtTheFirstEvaluation, EndsWell) {
  for (const std::size_t room : {std::size_t{16} << 10, std::size_t{8} << 20}) {
    TrainingRun run(parties(), kTestRows,
                    {{"batch_size", 32}, {"max_iter", 5000}, {"test_per_batches", 1}, {"early_stop", 1}});
    run.network.bytes_max = room;
    run.run(0, run_impatient_main);
    expect_ended_at(run, 1);
  }
}

TEST(EarlyStopAtTheFirstEvaluation, WhichIsTheLastEndsWell) {
  TrainingRun run(parties(), kTestRows,
                  {{"batch_size", 32}, {"max_iter", 5}, {"test_per_batches", 0}, {"early_stop", 1}});
  run.run(0, run_impatient_main);
  expect_ended_at(run, 5);
}

TEST(EarlyStopWithoutTestRows, NeverStrikes) {
  TrainingRun run(parties(), 0,
                  {{"batch_size", 32}, {"max_iter", 12}, {"test_per_batches", 2}, {"early_stop", 1}});
  run.run();
  expect_ended_at(run, 12);
}

TEST(EarlyStopOfAResumedTraining, EndsWell) {
  TrainingRun run(parties(), kTestRows,
                  {{"batch_size", 32},
                   {"max_iter", 60},
                   {"test_per_batches", 5},
                   {"early_stop", 50},
                   {"checkpoint_per_batches", 5}});
  run.kill = TrainingRun::Kill{.client = 4, .operation = 40};
  run.run();
  ASSERT_TRUE(run.failed()) << run.messages();
  run.kill.reset();
  run.resume = true;
  run.run_id = std::string(32, 'f');
  run.run();
  expect_ended_at(run, 60);
  EXPECT_NE(run.reporter(0).notes().find("training resumed"), std::string::npos);
}

TEST(EarlyStopOfAResumedTraining, CountsOnWhereItStood) {
  constexpr std::uint64_t kLimit = 6;
  // Steps so small that no loss, as rounded, is better than the first.
  TrainingRun run(parties(), kTestRows,
                  {{"batch_size", 32},
                   {"max_iter", 200},
                   {"test_per_batches", 5},
                   {"early_stop", kLimit},
                   {"learning_rate", 1e-7},
                   {"checkpoint_per_batches", 5}});
  run.kill = TrainingRun::Kill{.client = 4, .operation = 30};
  run.run();
  ASSERT_TRUE(run.failed()) << run.messages();
  const auto before = run.reporter(run.label()).rows();
  run.kill.reset();
  run.resume = true;
  run.run_id = std::string(32, 'f');
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();

  const auto done = run.reporter(run.label()).kept_until();
  ASSERT_TRUE(done.has_value());
  Patience whole, alone;
  for (const auto& row : before) {
    if (row[1] <= static_cast<double>(*done)) whole.saw(rounded(row[2]));
  }
  EXPECT_GT(whole.state().without_gain, 0u) << "the test needs a count to go on from";
  for (const auto& row : run.reporter(run.label()).rows()) {
    EXPECT_FALSE(whole.ends_at(kLimit)) << "it went on for too long";
    whole.saw(rounded(row[2]));
    alone.saw(rounded(row[2]));
  }
  EXPECT_TRUE(whole.ends_at(kLimit));
  EXPECT_FALSE(alone.ends_at(kLimit));
}

}  // namespace
}  // namespace pai::client::nn::test
