// What a network's batch opens, round by round: as many rounds as protocols/training.md counts, of words as wide as it says, and all of them, the
// sums of the shares as each data client has them, uniformly random.
#include <gtest/gtest.h>

#include "client/ring/words.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTestRows = 100;
constexpr std::uint64_t kBatches = 150;

/// Eight deviations: of some hundred figures none comes near by chance.
constexpr double kDeviationsMax = 8;

/// The opened words of each round of all batches, packed as they travel; `bits` of the words of each round.
std::map<std::uint32_t, std::string> opened_by_round(const TrainingRun& run, const std::vector<int>& bits) {
  std::map<Place, std::vector<ring::Word>> sums;
  for (const auto& message : run.sent()) {
    if (!message.frame.has_opening()) continue;
    // Each client sends the same to all others: what goes to the lowest other id counts.
    if (message.to != (message.from == 2 ? 3 : 2)) continue;
    const auto& opening = message.frame.opening();
    // Operations 0 and 1 are the masks of features, those after the batches the evaluation.
    if (opening.operation() < 2 || opening.operation() >= 2 + kBatches) continue;
    const auto width = opening.round() < bits.size() ? bits[opening.round()] : 64;
    const auto& bytes = opening.words();
    std::vector<ring::Word> words(bytes.size() * 8 / static_cast<std::size_t>(width));
    EXPECT_EQ(ring::packed_bytes(words.size(), width), bytes.size()) << "round " << opening.round();
    if (ring::packed_bytes(words.size(), width) != bytes.size()) continue;
    ring::unpack({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, width, words);
    auto& sum = sums[{opening.operation(), opening.round()}];
    sum.resize(words.size());
    ring::add(sum, words);
  }
  std::map<std::uint32_t, std::string> by_round;
  for (const auto& [place, words] : sums) {
    const auto width = place.second < bits.size() ? bits[place.second] : 64;
    std::string packed(ring::packed_bytes(words.size(), width), '\0');
    ring::pack(words, width, {reinterpret_cast<std::uint8_t*>(packed.data()), packed.size()});
    by_round[place.second] += packed;
  }
  return by_round;
}

struct Case {
  std::string name;
  Json main, label;
  std::vector<int> bits;
};

void PrintTo(const Case& param, std::ostream* out) { *out << param.name; }

class NetworkRounds : public testing::TestWithParam<Case> {};

TEST_P(NetworkRounds, AreAsManyAsCountedAndUniform) {
  Json settings = {{"batch_size", 32}, {"max_iter", kBatches}, {"test_per_batches", 0}};
  settings.update(GetParam().main);
  TrainingRun run(make_parties(64 + kTestRows, {2, 3}, Labels::kBinary, GetParam().label), kTestRows, settings);
  run.keep_frames = true;
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto by_round = opened_by_round(run, GetParam().bits);
  EXPECT_EQ(by_round.size(), GetParam().bits.size());
  for (const auto& [round, bytes] : by_round) {
    EXPECT_LT(uniformity(bytes), kDeviationsMax) << "round " << round;
    for (unsigned position = 0; position < 8; ++position) {
      EXPECT_LT(uniformity(bytes, 1U << position), kDeviationsMax) << "round " << round;
    }
  }
}

const Json kScores = {{"metric", "auc_ks"}}, kSquared = {{"metric", "loss"}, {"loss", "mse"}};

// e and weights; angles; σ and σ′; the output's angles (with the squared loss its σ − y and σ′); δ; the error; δ − T; the updates. Into a layer of
// more outputs than products of what was cut are made for, the activations go under a mask of their own: the fourth round of the last.
INSTANTIATE_TEST_SUITE_P(
    Networks, NetworkRounds,
    testing::Values(Case{"OneHiddenLayer", {{"in_dim", 6}, {"layers", {1}}}, kScores, {64, 42, 32, 40, 64, 64, 64, 64}},
                    Case{"SquaredLoss", {{"in_dim", 6}, {"layers", {1}}}, kSquared, {64, 42, 32, 40, 32, 64, 64, 64, 64}},
                    Case{"AWideLayer", {{"in_dim", 3}, {"layers", {5, 1}}}, kScores,
                         {64, 42, 32, 64, 40, 32, 40, 64, 64, 64, 64, 64, 64}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace pai::client::nn::test
