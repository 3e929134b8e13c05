// What goes over the wire in a training and a prediction: which messages each role receives, and that all
// words are uniformly random.
#include <cmath>

#include <gtest/gtest.h>

#include "client/ring/words.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;
using Types = std::set<std::string>;

constexpr std::size_t kTestRows = 100;
const Json kScores = {{"metric", "auc_ks"}}, kLoss = {{"metric", "loss"}};

/// What every data client receives, whatever the task.
const Types kShared = {"TrainingPlan", "DealerSeed", "MaskedRows", "Correction", "Opening", "Publish"};
const Types kMain = {"TrainingOffer", "TrainingReport", "ModelReady", "Published"};

Types operator+(Types types, const Types& more) {
  types.insert(more.begin(), more.end());
  return types;
}

struct Received {
  Types main, dealer, feature, label;
};

void expect_types(const TrainingRun& run, const Received& expected) {
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto sent = run.sent();
  EXPECT_EQ(types_received(sent, 0), expected.main);
  EXPECT_EQ(types_received(sent, 1), expected.dealer);
  for (const int feature : run.features())
    EXPECT_EQ(types_received(sent, feature), expected.feature) << feature;
  EXPECT_EQ(types_received(sent, run.label()), expected.label);
  for (const auto& message : sent) {
    if (message.to != 1 || !message.frame.has_training_plan()) continue;
    EXPECT_TRUE(message.frame.training_plan().alignment_id().empty()) << "the dealer needs no alignment id";
  }
}

TrainingRun make_run(const Json& main, const Json& label) {
  Json settings = {{"batch_size", 32}, {"max_iter", 6}, {"test_per_batches", 3}};
  settings.update(main);
  return TrainingRun(make_parties(64 + kTestRows, {2, 3}, Labels::kBinary, label), kTestRows, settings);
}

TEST(MessageTypes, OfTrainingsAtFull) {
  for (const auto& main : {Json::object(), Json{{"in_dim", 3}, {"layers", {1}}}}) {
    auto run = make_run(main, kScores);
    run.keep_frames = true;
    run.run();
    expect_types(run, {kMain,
                       {"TrainingPlan"},
                       kShared + Types{"ShuffleShare"},
                       kShared + Types{"ShuffleShare", "ScoreShare"}});
  }
  auto run = make_run(Json::object(), kLoss);
  run.keep_frames = true;
  run.run();
  expect_types(run, {kMain, {"TrainingPlan"}, kShared, kShared + Types{"LossShare"}});
}

TEST(MessageTypes, OfATrainingThatMayStopEarly) {
  auto run = make_run({{"early_stop", 3}}, kLoss);
  run.keep_frames = true;
  run.run();
  expect_types(run, {kMain,
                     {"TrainingPlan", "EndDealing"},
                     kShared + Types{"Verdict"},
                     kShared + Types{"Verdict", "LossShare"}});
}

TEST(MessageTypes, OfATrainingThatOpensTheWeightsToTheirOwners) {
  auto run = make_run({{"export", "split"}}, kLoss);
  run.keep_frames = true;
  run.run();
  expect_types(
      run,
      {kMain, {"TrainingPlan"}, kShared + Types{"WeightShare"}, kShared + Types{"WeightShare", "LossShare"}});
}

TEST(MessageTypes, OfATrainingAtSplit) {
  auto run = make_run({{"security", "split"}, {"in_dim", 3}, {"layers", {1}}}, kScores);
  run.keep_frames = true;
  run.run();
  expect_types(run, {kMain, {"TrainingPlan"}, kShared, kShared + Types{"FirstLayerShare"}});
}

TEST(MessageTypes, OfPredictions) {
  for (const auto* level : {"full", "split"}) {
    auto run = make_run({{"security", level}}, kScores);
    run.run();
    ASSERT_TRUE(run.ok()) << run.messages();
    run.main_settings = {{"mode", "predict"}, {"model_task", "training_test"}};
    run.task_folder = "prediction";
    run.keep_frames = true;
    run.run();
    const auto* const opened = level == std::string("full") ? "PredictionShare" : "FirstLayerShare";
    expect_types(
        run,
        {{"TrainingOffer", "ModelReady", "Published"}, {"TrainingPlan"}, kShared, kShared + Types{opened}});
  }
}

TEST(Wire, MainLearnsMetricsOfFourDecimals) {
  auto run = make_run(Json::object(), {{"metric", {"auc_ks", "acc"}}});
  run.keep_frames = true;
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  std::size_t evaluations = 0;
  for (const auto& message : run.sent()) {
    if (message.to != 0 || !message.frame.has_training_report()) continue;
    evaluations += message.frame.training_report().evaluation_size() > 0;
    for (const double value : message.frame.training_report().evaluation())
      EXPECT_EQ(value, std::round(value * 1e4) / 1e4);
  }
  EXPECT_EQ(evaluations, 2u);
}

class Uniformity : public testing::TestWithParam<Json> {};

/// Eight deviations: of about a thousand figures none comes near by chance.
constexpr double kDeviationsMax = 8;

TEST_P(Uniformity, OfEveryWordOnTheWire) {
  Json settings = GetParam();
  const Json label = {{"loss", settings.value("loss", "logloss")},
                      {"metric", settings.value("metric", "auc_ks")}};
  settings.erase("loss");
  settings.erase("metric");
  settings.update({{"max_iter", 40}});
  auto run = make_run(settings, label);
  run.keep_frames = true;
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();

  std::map<std::string, std::string> words;
  for (const auto& message : run.sent()) {
    auto& of_pair = words[type_of(message.frame) + " " + std::to_string(message.from) + " to " +
                          std::to_string(message.to)];
    of_pair += words_of(message.frame);
  }
  std::size_t checked = 0;
  for (const auto& [name, bytes] : words) {
    if (bytes.size() < 2000) continue;  // too few for a figure
    ++checked;
    EXPECT_LT(uniformity(bytes), kDeviationsMax) << name;
    for (unsigned position = 0; position < 8 && bytes.size() >= 16'000; ++position) {
      EXPECT_LT(uniformity(bytes, 1U << position), kDeviationsMax)
          << name << ", byte " << position << " of each word";
    }
  }
  EXPECT_GE(checked, 9u) << "openings and corrections of three data clients at least";
}

INSTANTIATE_TEST_SUITE_P(Trainings, Uniformity,
                         testing::Values(Json{{"optimizer", "momentum"}},
                                         Json{{"in_dim", 4}, {"layers", {3, 1}}},
                                         Json{{"loss", "mse"}, {"metric", "loss"}},
                                         Json{{"security", "split"}, {"in_dim", 4}, {"layers", {1}}}),
                         [](const auto& test) { return "Kind" + std::to_string(test.index); });

/// The sums of the shares, as each data client has them: what is opened, not only its parts, must be random.
/// Some decay is so strong that about every other batch opens its weights in a round of their own.
class OpenedValues : public testing::TestWithParam<double> {};

TEST_P(OpenedValues, AreUniformInALogisticRegression) {
  constexpr std::size_t kBatches = 300, kRows = 32, kWeights = 5;
  auto run = make_run({{"max_iter", kBatches}, {"test_per_batches", 0}, {"l2", GetParam()}}, kScores);
  run.keep_frames = true;
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();

  // A batch's angles have 6 + 36 bits each and come after the next product's e.
  const std::vector<Segment> angles = {{kWeights}, {kRows, 42}};
  const auto bytes_of_angles = kWeights * 8 + kRows * 42 / 8;
  const std::map<std::size_t, std::string> names = {{kWeights, "weights in a round of their own"},
                                                    {kWeights + kRows, "angles"},
                                                    {kRows, "residuals"},
                                                    {kWeights + 1, "gradients"}};
  std::map<std::string, std::string> packed;
  const auto append = [&](const std::string& name, std::span<const ring::Word> words, int bits) {
    std::string bytes(ring::packed_bytes(words.size(), bits), '\0');
    ring::pack(words, bits, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    packed[name] += bytes;
  };
  for (const auto& [place, words] : opened_words(run.sent(), {{bytes_of_angles, angles}})) {
    if (place.first < 2 || place.first >= 2 + kBatches)
      continue;  // operations 0 and 1 are the masks, those after the batches the evaluation
    ASSERT_TRUE(names.contains(words.size())) << words.size() << " words";
    const auto& name = names.at(words.size());
    const bool with_angles = words.size() == kWeights + kRows;
    append(with_angles ? "the next e" : name, std::span(words).first(with_angles ? kWeights : words.size()),
           64);
    if (with_angles) append(name, std::span(words).subspan(kWeights), 42);
  }
  ASSERT_EQ(packed.size(), 5u);
  for (const auto& [name, bytes] : packed) {
    if (bytes.size() < 2000) continue;  // too few for a figure
    EXPECT_LT(uniformity(bytes), kDeviationsMax) << name;
    for (unsigned position = 0; position < 8; ++position)
      EXPECT_LT(uniformity(bytes, 1U << position), kDeviationsMax) << name << ", byte " << position;
  }
  EXPECT_GT(packed["the next e"].size(), 2000u);
  EXPECT_GT(packed[names.at(kWeights)].size(), GetParam() > 1 ? 2000u : 0u);
}

INSTANTIATE_TEST_SUITE_P(Decay, OpenedValues, testing::Values(1e-4, 3.0),
                         [](const auto& test) { return test.index == 0 ? "Usual" : "Strong"; });

TEST(Uniformity, WouldBeSeenMissing) {
  std::string bytes;
  for (int i = 0; i < 16'000; ++i) bytes += static_cast<char>(i * 151);
  EXPECT_LT(uniformity(bytes), 1);
  for (std::size_t i = 7; i < bytes.size(); i += 8)
    bytes[i] &= 0x3f;  // the highest bits of each word missing
  EXPECT_GT(uniformity(bytes, 0x80), 100);
}

}  // namespace
}  // namespace pai::client::nn::test
