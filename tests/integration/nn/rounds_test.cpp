// How many rounds the batches of each model take: a model of one layer is spared the round that opens its
// weights, but in the first batch of a run and after a truncated sum that may have wrapped.
#include <cmath>

#include <gtest/gtest.h>

#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kRows = 400, kTestRows = 100, kBatches = 40;

struct Case {
  std::string name;
  std::size_t rounds = 0;  ///< of most batches
  Json main;
  Labels labels = Labels::kBinary;
  Json label = Json::object();
  std::vector<std::size_t> columns = {3, 2};
};
void PrintTo(const Case& param, std::ostream* out) {
  *out << param.name;
}

/// A batch: its rounds, and the words of the last of them.
struct Batch {
  std::size_t rounds = 0;
  std::vector<ring::Word> cut;
};

/// The batches before the first evaluation, of a training that has the same masks each time and ends with the
/// float twin's parameters.
std::vector<Batch> batches_of(const Case& param) {
  Json settings = {{"batch_size", 32}, {"max_iter", kBatches}, {"test_per_batches", kBatches / 2}};
  settings.update(or_empty(param.main));
  const auto parties = make_parties(kRows, param.columns, param.labels, or_empty(param.label));
  TrainingRun run(parties, kTestRows, settings);
  const ring::Seed seed{7, 7};
  run.fixed_seed = &seed;
  run.keep_frames = true;
  run.run();
  EXPECT_TRUE(run.ok()) << run.messages();
  if (!run.ok()) return {};
  PlainTwin twin(parties, kTestRows, settings);
  twin.train(kBatches);
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()),
            settings.contains("in_dim") ? 5e-3 : 1e-3);

  std::vector<Batch> batches(kBatches / 2);
  for (const auto& [place, words] : opened_words(run.sent())) {
    const auto operation = place.first - 2;  // the first two are the masks of the features
    if (operation >= batches.size()) continue;
    ++batches[operation].rounds;
    batches[operation].cut = words;
  }
  return batches;
}

class RoundsOf : public testing::TestWithParam<Case> {};

TEST_P(RoundsOf, EachBatch) {
  const auto& param = GetParam();
  const bool carries = !param.main.contains("in_dim");
  const auto batches = batches_of(param);
  ASSERT_FALSE(batches.empty());
  EXPECT_EQ(batches[0].rounds, param.rounds + carries);
  std::size_t usual = 0;
  for (std::size_t i = 1; i < batches.size(); ++i) {
    EXPECT_TRUE(batches[i].rounds == param.rounds || (carries && batches[i].rounds == param.rounds + 1)) << i;
    usual += batches[i].rounds == param.rounds;
  }
  EXPECT_GE(usual, batches.size() - 3) << "with these masks hardly a sum is near a wrap";
}

const Json kMse = {{"loss", "mse"}}, kAccuracy = {{"metric", "acc"}},
           kNumbers = {{"loss", "mse"}, {"metric", "loss"}};

INSTANTIATE_TEST_SUITE_P(
    Models, RoundsOf,
    testing::Values(
        Case{"Logistic", 3, {}}, Case{"TwoDataClients", 3, {}, Labels::kBinary, {}, {4}},
        Case{"FourDataClients", 3, {}, Labels::kBinary, {}, {2, 1, 1}},
        Case{"Momentum", 3, {{"optimizer", "momentum"}, {"learning_rate", 0.02}}},
        Case{"SquaredLoss", 4, {{"learning_rate", 0.5}}, Labels::kBinary, kMse},
        Case{"Classes", 3, {{"out_dim", 3}}, Labels::kClasses, kAccuracy},
        Case{"Regression", 3, {{"activation", "none"}, {"learning_rate", 0.05}}, Labels::kNumbers, kNumbers},
        Case{"Network", 8, {{"in_dim", 4}, {"layers", {1}}}}),
    [](const auto& test) { return test.param.name; });

/// Decay so strong that its bound leaves each word a chance of 0.15 to be unclear.
TEST(Rounds, AreOneMoreAfterASumThatMayHaveWrapped) {
  for (const auto* const optimizer : {"sgd", "momentum"}) {
    const bool momentum = optimizer == std::string("momentum");
    const auto batches = batches_of(
        {"", 3, {{"l2", 3.0}, {"optimizer", optimizer}, {"learning_rate", momentum ? 0.01 : 0.1}}});
    ASSERT_FALSE(batches.empty());
    // |g + λ′w| < 2^44 · 32 · μ(6 + 3 · 2^10); the test leaves out what is near it.
    const double mantissa = momentum ? 0.64 : 0.8;
    const double bound = std::ldexp(32 * mantissa * (6 + 3 * 1024), 44);
    std::size_t carried = 0;
    for (std::size_t i = 1; i < batches.size(); ++i) {
      bool unclear = false, near = false;
      for (std::size_t j = 0; j < 5; ++j) {
        const auto sum = static_cast<double>(
            std::abs(static_cast<std::int64_t>(batches[i - 1].cut.at(j) - (ring::Word{1} << 62))));
        unclear = unclear || sum < bound;
        near = near || std::abs(sum - bound) < 1e-3 * bound;
      }
      EXPECT_TRUE(near || batches[i].rounds == (unclear ? 4u : 3u)) << optimizer << " " << i;
      carried += batches[i].rounds == 3;
    }
    EXPECT_GT(carried, 3u);
    EXPECT_LT(carried, batches.size() - 4);
  }
}

/// So many words with such a bound that one would hardly ever be clear: nothing is carried, nor dealt for it.
TEST(Rounds, AreFourWhereCarryingDoesNotPay) {
  const auto batches = batches_of({"", 4, {{"l2", 3.0}, {"out_dim", 3}}, Labels::kClasses, kAccuracy});
  ASSERT_FALSE(batches.empty());
  for (const auto& batch : batches) EXPECT_EQ(batch.rounds, 4u);
}

}  // namespace
}  // namespace pai::client::nn::test
