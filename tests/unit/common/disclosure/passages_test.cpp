// Who may send what to whom, by the tasks' kinds, parts and settings.
#include "common/disclosure/passages.h"

#include "pai/v1/channel.pb.h"
#include "tasks.h"

namespace pai::disclosure {
namespace {

using v1::Frame;

constexpr int kMain = 0;
constexpr int kDealer = 1;
constexpr int kFeature = 2;
constexpr int kLabel = 3;

bool passes(const task::TaskSpec& task, Frame::BodyCase body, int from, int to) {
  return may_pass(task, from, to).test(static_cast<std::size_t>(body));
}

TEST(Passages, TagsGoToMainAloneAndOnlyWithPrf) {
  const auto prf = alignment("prf");
  EXPECT_TRUE(passes(prf, Frame::kTagBatch, 1, kMain));
  EXPECT_FALSE(passes(prf, Frame::kTagBatch, 1, 2));
  EXPECT_FALSE(passes(prf, Frame::kTagBatch, kMain, 1));
  EXPECT_FALSE(passes(prf, Frame::kBlindedPoints, 1, 2));
  const auto ecdh = alignment("ecdh");
  EXPECT_FALSE(passes(ecdh, Frame::kTagBatch, 1, kMain));
  EXPECT_TRUE(passes(ecdh, Frame::kBlindedPoints, 1, 2));
  EXPECT_TRUE(passes(ecdh, Frame::kKeyOffer, 1, 2)) << "both ways need the group key";
}

TEST(Passages, MainHearsOfATrainingNothingButShapesAndRoundedFigures) {
  const auto task = training(nlohmann::json::object());
  for (const int from : {kFeature, kLabel}) {
    for (const auto body : {Frame::kOpening, Frame::kMaskedRows, Frame::kScoreShare, Frame::kLossShare, Frame::kShuffleShare,
                            Frame::kFirstLayerShare, Frame::kPredictionShare, Frame::kWeightShare, Frame::kCorrection}) {
      EXPECT_FALSE(passes(task, body, from, kMain)) << body;
    }
    EXPECT_TRUE(passes(task, Frame::kTrainingOffer, from, kMain));
  }
  EXPECT_TRUE(passes(task, Frame::kTrainingReport, kLabel, kMain));
  EXPECT_FALSE(passes(task, Frame::kTrainingReport, kFeature, kMain));
}

TEST(Passages, TheDealerGetsThePlanAndNoData) {
  const auto task = training(nlohmann::json::object());
  EXPECT_TRUE(passes(task, Frame::kTrainingPlan, kMain, kDealer));
  const auto from_data = may_pass(task, kFeature, kDealer);
  for (int body = 16; body < 256; ++body) EXPECT_FALSE(from_data.test(static_cast<std::size_t>(body))) << body;
  EXPECT_TRUE(passes(task, Frame::kCorrection, kDealer, kFeature));
  EXPECT_FALSE(passes(task, Frame::kCorrection, kFeature, kLabel));
}

TEST(Passages, TheFirstLayerIsOpenedOnlyWhereTheTaskSaysSplit) {
  EXPECT_FALSE(passes(training(nlohmann::json::object()), Frame::kFirstLayerShare, kFeature, kLabel));
  const auto split = training({{"in_dim", 4}, {"layers", {1}}, {"security", "split"}});
  EXPECT_TRUE(passes(split, Frame::kFirstLayerShare, kFeature, kLabel));
  EXPECT_FALSE(passes(split, Frame::kFirstLayerShare, kFeature, kMain));
}

TEST(Passages, ScoresAreOpenedOnlyWhereAMetricNeedsThem) {
  EXPECT_TRUE(passes(training({}), Frame::kScoreShare, kFeature, kLabel));
  EXPECT_FALSE(passes(training({}), Frame::kLossShare, kFeature, kLabel));
  const auto loss = training({}, {{"metric", "loss"}});
  EXPECT_FALSE(passes(loss, Frame::kScoreShare, kFeature, kLabel));
  EXPECT_TRUE(passes(loss, Frame::kLossShare, kFeature, kLabel));
}

TEST(Passages, BoostingOpensSumsAndPartitionsOnlyWhereTheTaskSaysRelaxed) {
  const auto full = boosting(nlohmann::json::object()), relaxed = boosting({{"security", "relaxed"}});
  for (const auto body : {Frame::kHistogramShare, Frame::kPartitionBits}) {
    EXPECT_FALSE(passes(full, body, kFeature, kLabel));
    EXPECT_TRUE(passes(relaxed, body, kFeature, kLabel));
    EXPECT_FALSE(passes(relaxed, body, kFeature, kFeature));
    EXPECT_FALSE(passes(relaxed, body, kFeature, kMain));
    EXPECT_FALSE(passes(relaxed, body, kLabel, kFeature));
  }
  for (const auto body : {Frame::kMaskedGradients, Frame::kChosenSplits}) {
    EXPECT_FALSE(passes(full, body, kLabel, kFeature));
    EXPECT_TRUE(passes(relaxed, body, kLabel, kFeature));
    EXPECT_FALSE(passes(relaxed, body, kLabel, kMain));
  }
  EXPECT_TRUE(passes(full, Frame::kSplitShare, kLabel, kFeature));
  EXPECT_FALSE(passes(relaxed, Frame::kSplitShare, kLabel, kFeature));
}

TEST(Passages, BoostingOpensGainsAndScoresOnlyWhereTheTaskAsksForThem) {
  EXPECT_FALSE(passes(boosting(nlohmann::json::object()), Frame::kImportanceShare, kLabel, kFeature));
  const auto gain = boosting({{"importance", "gain"}});
  EXPECT_TRUE(passes(gain, Frame::kImportanceShare, kLabel, kFeature));
  EXPECT_FALSE(passes(gain, Frame::kImportanceShare, kFeature, kLabel));
  EXPECT_TRUE(passes(boosting(nlohmann::json::object()), Frame::kScoreShare, kFeature, kLabel));
  const auto loss = boosting({{"metric", "loss"}});
  EXPECT_FALSE(passes(loss, Frame::kScoreShare, kFeature, kLabel));
  EXPECT_FALSE(passes(loss, Frame::kShuffleShare, kFeature, kLabel));
  EXPECT_TRUE(passes(loss, Frame::kLossShare, kFeature, kLabel));
}

TEST(Passages, WhatAnotherPartySettlesForItselfMayBeEither) {
  auto task = training({});
  task.clients[kLabel].settings = nlohmann::json::object();  // as a feature client sees it
  EXPECT_TRUE(passes(task, Frame::kScoreShare, kFeature, kLabel));
  EXPECT_TRUE(passes(task, Frame::kLossShare, kFeature, kLabel));
}

TEST(Passages, PredictionsAndWeightsAreOpenedOnlyOnRequest) {
  EXPECT_FALSE(passes(training({}), Frame::kPredictionShare, kFeature, kLabel));
  EXPECT_FALSE(passes(training({}), Frame::kWeightShare, kFeature, kLabel));
  EXPECT_TRUE(passes(training({{"export", "split"}}), Frame::kWeightShare, kFeature, kLabel));
  const auto predict = training({{"mode", "predict"}, {"model_task", "t0"}});
  EXPECT_TRUE(passes(predict, Frame::kPredictionShare, kFeature, kLabel));
  EXPECT_FALSE(passes(predict, Frame::kScoreShare, kFeature, kLabel));
}

TEST(Passages, AVerdictTravelsOnlyWithEarlyStop) {
  EXPECT_FALSE(passes(training({}), Frame::kVerdict, kMain, kLabel));
  EXPECT_TRUE(passes(training({{"early_stop", 3}}), Frame::kVerdict, kMain, kLabel));
}

TEST(Passages, OneFamilysMessagesDoNotTravelInAnother) {
  EXPECT_FALSE(passes(alignment("prf"), Frame::kOpening, 1, 2));
  EXPECT_FALSE(passes(training({}), Frame::kTagBatch, kFeature, kMain));
}

}  // namespace
}  // namespace pai::disclosure
