// A training that was cut off goes on from the newest checkpoint that all parties have, with fresh masks, and
// ends as if nothing had been.
#include <algorithm>

#include <gtest/gtest.h>

#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;
using pai::test::read_text;
using pai::test::write_text;

constexpr std::size_t kRows = 200, kTestRows = 60;
constexpr std::uint64_t kBatches = 40;

Json settings_with(const Json& more) {
  Json settings = {
      {"batch_size", 32}, {"max_iter", kBatches},    {"test_per_batches", 5}, {"checkpoint_per_batches", 5},
      {"seed", 3},        {"optimizer", "momentum"}, {"learning_rate", 0.05}};
  settings.update(or_empty(more));
  return settings;
}

class Resuming : public testing::TestWithParam<Json> {
 protected:
  std::vector<PartyData> parties_ = make_parties(kRows, {2, 3}, Labels::kBinary, {{"metric", "loss"}});
  TrainingRun run_{parties_, kTestRows, settings_with(GetParam())};

  /// Kills a feature client in the batch after `batches`, counted from where the run starts. All have done
  /// the one before then.
  void break_after(std::uint64_t batches) {
    // Two operations of masks, one a batch, and after every fifth the evaluation's.
    const std::uint64_t evaluation = GetParam().value("security", "full") == "split" ? 1 : 2;
    run_.kill = TrainingRun::Kill{.client = 3, .operation = 2 + batches + batches / 5 * evaluation};
    run_.run();
    run_.kill.reset();
    ASSERT_TRUE(run_.failed()) << run_.messages();
  }

  void resume() {
    run_.resume = true;
    run_.run_id = std::string(31, 'b') + std::to_string(++resumes_);
    run_.run();
  }

  std::filesystem::path checkpoint(int client, std::uint64_t batches) const {
    return run_.folder(client) / "checkpoint" / (std::to_string(batches) + ".safetensors");
  }
  std::vector<std::uint64_t> checkpoints(int client) const {
    std::vector<std::uint64_t> numbers;
    if (!std::filesystem::exists(run_.folder(client) / "checkpoint")) return numbers;
    for (const auto& entry : std::filesystem::directory_iterator(run_.folder(client) / "checkpoint")) {
      if (entry.path().extension() == ".safetensors") numbers.push_back(std::stoull(entry.path().stem()));
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }
  /// Of all parties, after the run.
  void expect_resumed_at(std::uint64_t batches) {
    ASSERT_TRUE(run_.ok()) << run_.messages();
    EXPECT_NE(run_.reporter(0).notes().find("training resumed batches=" + std::to_string(batches) + "\n"),
              std::string::npos)
        << run_.reporter(0).notes();
    EXPECT_EQ(run_.reporter(run_.label()).kept_until(), batches);
    expect_parameters_of_the_twin();
  }
  void expect_parameters_of_the_twin() {
    PlainTwin twin(parties_, kTestRows, settings_with(GetParam()),
                   GetParam().value("security", "full") == "split");
    twin.train(kBatches);
    EXPECT_LT(largest_difference(twin.network(), run_.opened_model()),
              GetParam().contains("in_dim") ? 3e-3 : 1e-3);
  }

  int resumes_ = 0;
};

TEST_P(Resuming, GoesOnFromTheNewestCheckpoint) {
  break_after(23);
  for (int client = 2; client < run_.clients(); ++client)
    EXPECT_EQ(checkpoints(client), (std::vector<std::uint64_t>{15, 20})) << client;
  EXPECT_TRUE(checkpoints(0).empty());
  EXPECT_TRUE(checkpoints(1).empty());
  resume();
  expect_resumed_at(20);
  const auto& rows = run_.reporter(run_.label()).rows();
  ASSERT_EQ(rows.size(), 4u) << "evaluations at 25, 30, 35 and 40";
  EXPECT_EQ(rows[0][1], 25);
}

TEST_P(Resuming, GoesOnFromTheNewestThatAllHave) {
  break_after(23);
  std::filesystem::remove(checkpoint(2, 20));
  resume();
  expect_resumed_at(15);
}

TEST_P(Resuming, SkipsDamagedCheckpoints) {
  break_after(23);
  const auto file = checkpoint(4, 20);
  const auto whole = read_text(file);
  write_text(file, whole.substr(0, whole.size() / 2));
  write_text(run_.folder(4) / "checkpoint" / "nonsense.safetensors", "nothing");
  write_text(run_.folder(4) / "checkpoint" / "39.safetensors", "{\"format\": 1}");
  resume();
  expect_resumed_at(15);
}

TEST_P(Resuming, SkipsCheckpointsWithFlippedBits) {
  break_after(23);
  const auto file = checkpoint(3, 20);
  auto bytes = read_text(file);
  bytes[bytes.size() - 5] = static_cast<char>(bytes[bytes.size() - 5] ^ 0x40);
  write_text(file, bytes);
  resume();
  expect_resumed_at(15);
}

TEST_P(Resuming, StartsAnewWithoutACommonCheckpoint) {
  break_after(23);
  std::filesystem::remove(checkpoint(2, 15));
  std::filesystem::remove(checkpoint(3, 20));
  resume();
  ASSERT_TRUE(run_.ok()) << run_.messages();
  EXPECT_NE(run_.reporter(0).notes().find("warning no checkpoint that all parties have"), std::string::npos);
  EXPECT_EQ(run_.reporter(run_.label()).kept_until(), std::nullopt);
  expect_parameters_of_the_twin();
}

TEST_P(Resuming, DoesNotMixCheckpointsOfTwoRuns) {
  break_after(23);
  const auto old = read_text(checkpoint(2, 20));
  run_.resume = false;
  run_.run_id = std::string(32, '5');
  break_after(23);  // from the start, with other masks: other shares at 20
  write_text(checkpoint(2, 20), old);
  resume();
  expect_resumed_at(15);
}

TEST_P(Resuming, ThriceComesToTheSame) {
  break_after(8);
  for (const std::uint64_t at : {17, 33}) {
    run_.resume = true;
    run_.run_id = std::string(31, 'c') + std::to_string(++resumes_);
    // The resumed run counts its operations from 0 again.
    break_after(at == 17 ? 12 : 18);
  }
  resume();
  ASSERT_TRUE(run_.ok()) << run_.messages();
  expect_parameters_of_the_twin();
}

TEST_P(Resuming, IsNotWhatAPlainRetryDoes) {
  break_after(23);
  run_.run_id = std::string(32, '6');
  run_.run();
  ASSERT_TRUE(run_.ok()) << run_.messages();
  EXPECT_EQ(run_.reporter(0).notes().find("training resumed"), std::string::npos);
  EXPECT_EQ(run_.reporter(run_.label()).rows()[0][1], 5);
  expect_parameters_of_the_twin();
}

constexpr const char* kNames[] = {"Logistic", "Network", "Split"};
INSTANTIATE_TEST_SUITE_P(Trainings, Resuming,
                         testing::Values(Json::object(), Json{{"in_dim", 4}, {"layers", {1}}},
                                         Json{{"security", "split"}, {"in_dim", 4}, {"layers", {1}}}),
                         [](const auto& test) { return std::string(kNames[test.index]); });

}  // namespace
}  // namespace pai::client::nn::test
