// The plan decides what every party allocates and computes: whatever main sends, a plan is refused or safe to go on with.
#include "client/nn/plan.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "client/nn/trainer.h"

namespace pai::client::nn {
namespace {

v1::TrainingPlan good_plan() {
  v1::TrainingPlan plan;
  plan.set_train_rows(1000);
  plan.set_test_rows(200);
  for (const std::uint32_t columns : {5, 3, 0}) plan.add_columns(columns);
  plan.set_loss(v1::LOSS_LOGISTIC);
  plan.set_evaluation(v1::EVALUATION_SHUFFLED_SCORES);
  return plan;
}

void expect_refused(const v1::TrainingPlan& plan, const char* what) {
  const auto result = plan_from(plan, 3);
  ASSERT_FALSE(result.ok()) << what;
  EXPECT_EQ(result.error().code(), ErrorCode::kProtocol) << what;
}

TEST(PlanFrom, TakesEveryField) {
  auto message = good_plan();
  message.set_batches_done(17);
  message.set_checkpoint_run_id("run");
  message.mutable_model()->add_widths(4);
  message.mutable_model()->add_widths(2);
  message.mutable_model()->set_split(true);
  message.mutable_model()->set_linear(true);
  const auto plan = plan_from(message, 3);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->train_rows, 1000U);
  EXPECT_EQ(plan->test_rows, 200U);
  EXPECT_EQ(plan->columns, (std::vector<std::size_t>{5, 3, 0}));
  EXPECT_EQ(plan->features(), 8U);
  EXPECT_EQ(plan->loss, Loss::kLogloss);
  EXPECT_EQ(plan->evaluation, EvaluationKind::kShuffledScores);
  EXPECT_EQ(plan->batches_done, 17U);
  EXPECT_EQ(plan->checkpoint_run_id, "run");
  EXPECT_EQ(plan->widths, (std::vector<std::size_t>{4, 2}));
  EXPECT_TRUE(plan->split);
  EXPECT_EQ(plan->activation, OutputActivation::kNone);
}

TEST(PlanFrom, RefusesWhatIsOutOfRange) {
  auto plan = good_plan();
  plan.add_columns(1);
  expect_refused(plan, "another number of parties");
  plan = good_plan();
  for (int i = 0; i < 3; ++i) plan.set_columns(i, 0);
  expect_refused(plan, "no columns");
  plan = good_plan();
  for (int i = 0; i < 3; ++i) plan.set_columns(i, ~std::uint32_t{0});
  expect_refused(plan, "columns without end");
  plan = good_plan();
  plan.set_train_rows(std::uint64_t{1} << 32);
  expect_refused(plan, "too many rows to train with");
  plan = good_plan();
  plan.set_test_rows(~std::uint64_t{0});
  expect_refused(plan, "too many rows to test with");
  plan = good_plan();
  plan.set_train_rows(0);
  expect_refused(plan, "nothing to train with");
  plan.mutable_model()->add_widths(1);
  EXPECT_TRUE(plan_from(plan, 3).ok()) << "a prediction trains nothing";
}

TEST(PlanFrom, RefusesLossesAndEvaluationsThatItDoesNotKnow) {
  // A later version's value is not the first one's: parties that took it for that would compute different things.
  for (const int value : {0, 3, 77, -1}) {
    auto plan = good_plan();
    plan.set_loss(static_cast<v1::Loss>(value));
    expect_refused(plan, "loss");
    plan = good_plan();
    plan.set_evaluation(static_cast<v1::Evaluation>(value));
    expect_refused(plan, "evaluation");
  }
}

TEST(PlanFrom, ThousandsOfBrokenPlansAreRefusedOrSafe) {
  std::mt19937_64 random(1);
  int passed = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto message = good_plan();
    if (i % 2 == 0) {
      message.mutable_model()->add_widths(4);
      message.mutable_model()->add_widths(1);
    }
    auto bytes = message.SerializeAsString();
    for (auto changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
      const auto at = random() % bytes.size();
      if (random() % 3 == 0) {
        bytes.insert(at, std::string(random() % 6, static_cast<char>(random())));
      } else {
        bytes[at] = static_cast<char>(random() % 2 == 0 ? random() : bytes[at] ^ (1 << random() % 8));
      }
    }
    if (!message.ParseFromString(bytes)) continue;
    const auto plan = plan_from(message, 3);
    if (!plan.ok()) {
      ++refused;
      EXPECT_EQ(plan.error().code(), ErrorCode::kProtocol);
      continue;
    }
    ++passed;
    // What every party does with it next must end in a result or an error.
    EXPECT_EQ(plan->columns.size(), 3U);
    EXPECT_GE(plan->features(), 1U);
    EXPECT_LE(plan->features(), 65'536U);
    EXPECT_LT(std::max(plan->train_rows, plan->test_rows), std::uint64_t{1} << 32);
    TrainingSettings settings;
    settings.predict = !plan->widths.empty();
    settings = settings_for(settings, *plan);
    const auto terms = step_terms(settings, *plan);
    if (!terms.ok()) continue;
    EXPECT_LE(terms->shape.parameters(), kParametersMax);
    const Schedule schedule(settings, *plan);
    EXPECT_GE(schedule.batch_size(), 1U);
    EXPECT_GE(rows_at_a_time(settings, terms->shape), 1U);
  }
  EXPECT_GT(passed, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace pai::client::nn
