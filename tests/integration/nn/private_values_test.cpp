// No party receives what another one's data, labels, predictions or the model are, nor anything that the
// computation passes through unmasked: searched for in every 8-byte window of what it received.
#include <cmath>

#include <gtest/gtest.h>

#include "client/ring/words.h"
#include "integration/nn/plain_search.h"
#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kRows = 160, kTestRows = 60;
constexpr std::uint64_t kBatches = 10;
constexpr double kWithin = 2e-5;  // the float twin is that near

/// What a client received, message by message, and apart by a break that no number spans.
std::string received(const std::vector<TrainingRun::Sent>& sent, int client) {
  std::string bytes;
  for (const auto& message : sent) {
    if (message.to == client) bytes += message.frame.SerializeAsString() + "\n--------\n";
  }
  return bytes;
}

/// Features, as they stand in the file and as they are computed with; not the client's own.
void forbid_features(PlainSearch& search, const std::vector<PartyData>& parties, const PlainTwin& twin,
                     std::optional<std::size_t> own) {
  std::size_t begin = 0;
  for (std::size_t p = 0; p + 1 < parties.size(); ++p) {
    const auto width = parties[p].columns.size();
    for (std::size_t i = 0; i < kRows && p != own; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        const double scaled = twin.x(i)[begin + j];
        search.forbid_double("a feature", parties[p].rows[i][j]);
        search.forbid_double("a normalised feature", scaled);
        search.forbid("a feature at scale 16", scaled, 16, std::ldexp(2, -16));
      }
    }
    begin += width;
  }
}

void forbid_labels(PlainSearch& search, const std::vector<PartyData>& parties, const PlainTwin& twin) {
  for (std::size_t i = 0; i < kRows; ++i) {
    search.forbid_double("a label", parties.back().rows[i][0]);
    const double y = twin.y(i)[0];
    search.forbid_double("a standardised label", y);
    for (const int scale : {10, 16, 28, 36})
      search.forbid("a label at scale " + std::to_string(scale), y, scale, std::ldexp(2, -scale));
  }
}

/// z, residual, gradients and weights of each batch, and the test rows' scores, as the twin passes through
/// them.
void forbid_intermediates(PlainSearch& search, PlainTwin& twin, const TrainingRule& rule,
                          bool first_layer_too) {
  const double factor = [&] {
    int exponent = 0;
    return std::frexp(rule.learning_rate / 32, &exponent);
  }();
  for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
    const auto rows = twin.next_rows();
    const auto x = twin.x_of(rows), y = twin.y_of(rows);
    const auto& before = twin.network().layer(0);
    const std::vector<double> weights = before.weights;
    const auto logits = twin.network().forward(x);
    std::vector<double> gradient(twin.features());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double p =
          rule.activation == OutputActivation::kNone ? logits[i] : 1 / (1 + std::exp(-logits[i]));
      if (first_layer_too) search.forbid("z", logits[i], 36, kWithin);
      search.forbid("a residual at 28", factor * (p - y[i]), 28, 2e-3);
      search.forbid("a residual at 16", factor * (p - y[i]), 16, kWithin);
      for (std::size_t j = 0; j < gradient.size(); ++j)
        gradient[j] += factor * (p - y[i]) * x[i * gradient.size() + j];
    }
    for (std::size_t j = 0; j < gradient.size() && twin.network().shape().layers() == 1; ++j) {
      search.forbid("a gradient", gradient[j], rule.activation == OutputActivation::kNone ? 32 : 44, kWithin);
    }
    if (batch > 0) {  // the initial ones are public
      for (const double weight : weights) search.forbid("a weight", weight, 20, kWithin);
    }
    twin.train(1);
  }
  for (const double logit : twin.test_logits()) {
    if (first_layer_too) search.forbid("a score", logit, 36, kWithin);
    search.forbid("a score at 10", logit, 10, std::ldexp(1, -9));
    search.forbid_double("a score", logit);
    search.forbid_double("a probability", 1 / (1 + std::exp(-logit)));
  }
}

struct Case {
  std::string name;
  Json main;
  Labels labels;
  Json label;
};
void PrintTo(const Case& param, std::ostream* out) {
  *out << param.name;
}

class PrivateValues : public testing::TestWithParam<Case> {};

TEST_P(PrivateValues, AreInNothingThatOthersReceive) {
  const auto& param = GetParam();
  const auto parties = make_parties(kRows, {2, 3}, param.labels, or_empty(param.label));
  Json settings = {
      {"batch_size", 32}, {"max_iter", kBatches}, {"test_per_batches", 5}, {"test_batch_size", 25}};
  settings.update(or_empty(param.main));
  TrainingRun run(parties, kTestRows, settings);
  // The tolerances let one in some thousand runs find what is not there: with this seed none does.
  ring::Seed seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(17 + 41 * i);
  run.fixed_seed = &seed;
  run.keep_frames = true;
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  run.main_settings = {{"mode", "predict"}, {"model_task", run.task_name}};
  run.task_folder = "prediction";
  run.run_id = std::string(32, '7');
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto sent = run.sent();

  const bool split = settings.value("security", "full") == "split";
  for (int client = 0; client < run.clients(); ++client) {
    PlainTwin twin(parties, kTestRows, settings);
    PlainSearch search;
    search.forbid_text("row-");
    const bool is_label = client == run.label();
    forbid_features(search, parties, twin,
                    client >= 2 && !is_label ? std::optional<std::size_t>(client - 2) : std::nullopt);
    if (!is_label) forbid_labels(search, parties, twin);
    // What the label client is told it puts together of shares: no message holds it.
    forbid_intermediates(search, twin, rule_of(settings, param.label), !split || !is_label);
    ASSERT_GT(search.size(), 1000u);
    EXPECT_EQ(search.find(received(sent, client)), "") << "client " << client;
  }
}

const Json kNumbers = {{"loss", "mse"}, {"metric", "loss"}};

INSTANTIATE_TEST_SUITE_P(
    Trainings, PrivateValues,
    testing::Values(
        Case{"Logistic", {}, Labels::kBinary, {{"metric", "auc_ks"}}},
        Case{"Regression", {{"activation", "none"}, {"learning_rate", 0.05}}, Labels::kNumbers, kNumbers},
        Case{"Network", {{"in_dim", 4}, {"layers", {1}}}, Labels::kBinary, {{"metric", "auc_ks"}}},
        Case{"Split", {{"security", "split"}}, Labels::kBinary, {{"metric", "auc_ks"}}}),
    [](const auto& test) { return test.param.name; });

/// The search finds what is planted: a party that sends its values as they are, at any place of a message.
TEST(PlainSearch, FindsWhatIsPlanted) {
  const auto parties = make_parties(kRows, {2, 3}, Labels::kBinary);
  PlainTwin twin(parties, kTestRows, {{"batch_size", 32}});
  const double feature = twin.x(17)[3], raw = parties[1].rows[17][1];
  PlainSearch search;
  search.forbid_text("row-");
  forbid_features(search, parties, twin, 0);
  forbid_intermediates(search, twin, {}, true);
  PlainTwin again(parties, kTestRows, {{"batch_size", 32}});
  const auto rows = again.next_rows();
  const double z = again.network().forward(again.x_of(rows))[5];

  std::string noise;
  for (std::uint64_t i = 1; i < 4000; ++i) noise += static_cast<char>(i * i * 40'503 >> 8);
  EXPECT_EQ(search.find(noise), "");
  const auto planted = [&](ring::Word word, std::size_t place) {
    std::vector<ring::Word> words{0x1122334455667788, word, 0x99aabbccddeeff00};
    v1::Opening opening;
    opening.set_operation(3);
    opening.set_words(noise.substr(0, place) + std::string(reinterpret_cast<const char*>(words.data()), 24) +
                      noise);
    return search.find(Channel::wrap(opening).SerializeAsString());
  };
  for (const std::size_t place : {0, 1, 5, 8}) {
    EXPECT_NE(planted(ring::encode(feature, 16), place).find("a feature at scale 16"), std::string::npos);
    EXPECT_NE(planted(std::bit_cast<ring::Word>(feature), place).find("a normalised feature"),
              std::string::npos);
    EXPECT_NE(planted(std::bit_cast<ring::Word>(raw), place).find("a feature"), std::string::npos);
    EXPECT_NE(planted(ring::encode(z + 1e-5, 36), place).find("z"), std::string::npos);
  }
  EXPECT_EQ(planted(ring::encode(twin.x(17)[0], 16), 0), "") << "its own are no secret";
  EXPECT_EQ(search.find("blah,row-12,"), "the text row-");
}

}  // namespace
}  // namespace pai::client::nn::test
