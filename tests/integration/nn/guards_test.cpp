// What keeps masks from being used twice, and parties from computing on what does not belong together.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "client/mpc/dealer_source.h"
#include "client/nn/mask_features.h"
#include "client/nn/roles.h"
#include "client/nn/trainer.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kRows = 200, kTestRows = 60;
const Json kSettings = {
    {"batch_size", 32}, {"max_iter", 10}, {"test_per_batches", 5}, {"checkpoint_per_batches", 4}};
const Json kLoss = {{"metric", "loss"}};

std::vector<PartyData> parties() {
  return make_parties(kRows, {2, 3}, Labels::kBinary, kLoss);
}

/// True when the status is an error that says all of `parts`.
testing::AssertionResult says(const TrainingRun& run, int client, const std::vector<std::string>& parts) {
  const auto message = run.message(client);
  for (const auto& part : parts) {
    if (message.find(part) == std::string::npos)
      return testing::AssertionFailure() << "no '" << part << "' in: " << run.messages();
  }
  return run.status(client).ok() ? testing::AssertionFailure() << "client " << client << " ended well"
                                 : testing::AssertionSuccess();
}

TEST(Masks, OfAResumedRunAreNoneOfTheRunBefore) {
  TrainingRun run(parties(), kTestRows, kSettings);
  run.keep_frames = true;
  run.kill = TrainingRun::Kill{.client = 3, .operation = 10};
  run.run();
  ASSERT_TRUE(run.failed()) << run.messages();
  const auto first = run.sent().size();
  run.kill.reset();
  run.resume = true;
  run.run_id = std::string(32, '9');
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto all = run.sent();
  const std::vector<TrainingRun::Sent> before(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first)),
      after(all.begin() + static_cast<std::ptrdiff_t>(first), all.end());

  for (const int feature : run.features()) {
    std::set<ring::Word> seen;
    std::size_t words = 0;
    for (const auto* const sent : {&before, &after}) {
      for (const std::uint64_t operation : {0, 1}) {
        const auto rows = masked_rows(*sent, feature, operation);
        ASSERT_GT(rows.size(), 0u);
        seen.insert(rows.begin(), rows.end());
        words += rows.size();
      }
    }
    EXPECT_EQ(seen.size(), words) << "a word of E came twice";
    // E1 − E2 is the difference of the masks alone: were one mask the other's plus a constant, rows would
    // repeat.
    const auto e1 = masked_rows(before, feature, 0), e2 = masked_rows(after, feature, 0);
    ASSERT_EQ(e1.size(), e2.size());
    std::set<ring::Word> differences;
    std::string bytes;
    for (std::size_t i = 0; i < e1.size(); ++i) {
      const ring::Word difference = e1[i] - e2[i];
      differences.insert(difference);
      bytes.append(reinterpret_cast<const char*>(&difference), sizeof difference);
    }
    EXPECT_EQ(differences.size(), e1.size());
    EXPECT_LT(uniformity(bytes), 8);
  }

  // Nor is anything opened under a mask of the run before: the weights' product is not carried over, so the
  // first batch (operation 2) opens them, and no opened word of all both runs' batches comes twice.
  std::set<ring::Word> seen;
  std::size_t words = 0;
  for (const auto* const sent : {&before, &after}) {
    const auto opened = opened_words(*sent);
    EXPECT_TRUE(opened.contains({2, 3})) << "a fourth round";
    for (const auto& [place, values] : opened) {
      seen.insert(values.begin(), values.end());
      words += values.size();
    }
  }
  EXPECT_EQ(seen.size(), words);
}

TEST(Masks, OfADealerThatRepeatsItsSeedAreRefused) {
  const ring::Seed seed{5};
  TrainingRun run(parties(), kTestRows, kSettings);
  run.fixed_seed = &seed;
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  run.run_id = std::string(32, '8');
  run.keep_frames = true;
  run.run();
  for (int client = 2; client < run.clients(); ++client) {
    EXPECT_FALSE(run.status(client).ok());
    EXPECT_EQ(run.status(client).error().blames(), 1);
  }
  EXPECT_TRUE(says(run, 2, {"the dealer sent the seed of an earlier run: its masks would be used twice"}) ||
              says(run, 3, {"the dealer sent the seed of an earlier run"}) ||
              says(run, 4, {"the dealer sent the seed of an earlier run"}));
  for (const auto& message : run.sent())
    EXPECT_FALSE(message.frame.has_masked_rows()) << "E left under a mask of an earlier run";
}

TEST(Dealer, ThatComputesOtherShapesIsRefusedWithBothSizes) {
  TrainingRun run(parties(), kTestRows, kSettings);
  run.run(1, [](Context& context) {
    auto task = context.task;
    task.spec.clients[0].settings["batch_size"] = 16;
    Context other{task, context.channel, context.reporter, context.raw, context.datasets, context.folder};
    return run_dealer(other, nullptr);
  });
  EXPECT_TRUE(run.failed()) << run.messages();
  // Operation 2, the first batch, is party 2's turn: the label client's.
  EXPECT_TRUE(says(run, 4, {"operation 2: the dealer sent ", " bytes of correction, this client takes "}));
  EXPECT_EQ(run.status(4).error().blames(), 1);
}

/// A dealer whose count is ahead by one operation.
Status run_dealer_ahead(Context& context) {
  PAI_ASSIGN(const auto cast, cast_of(context.task));
  PAI_ASSIGN(const auto message, context.channel.receive<v1::TrainingPlan>(cast.main));
  PAI_ASSIGN(const auto plan, plan_from(message, cast.group.clients.size()));
  const auto settings = training_settings(context.task);
  PAI_ASSIGN(const auto terms, step_terms(settings, plan));
  PAI_ASSIGN(auto source, mpc::DealerSource::open(context.channel, cast.group, context.task.run_id));
  const auto matrix = [&](std::uint64_t rows) {
    ColumnOwners owners(plan.columns);
    auto words = LargeWords::in_memory(rows * owners.total);
    return FeatureMatrix(rows, std::move(owners), -1, std::move(words).value(), LargeWords());
  };
  auto train = matrix(plan.train_rows), test = matrix(plan.test_rows);
  PAI_TRY(draw_feature_masks(source, train, context.reporter));
  PAI_TRY(draw_feature_masks(source, test, context.reporter));
  source.begin();
  PAI_TRY(source.finish());
  const Schedule schedule(settings, plan);
  const TrainingParts parts{settings, plan, terms, schedule, train, test, cast.main};
  PAI_ASSIGN(const auto step, make_step(parts, nullptr));
  Batches batches(settings.seed, plan.train_rows, schedule.batch_size());
  for (std::uint64_t done = 0; done < schedule.batches(); ++done) {
    source.begin();
    step->draw(source, train.gather(batches.rows_of(done)));
    PAI_TRY(source.finish());
  }
  return source.end();
}

TEST(Dealer, ThatCountsOtherwiseIsRefusedWithBothOperations) {
  TrainingRun run(parties(), kTestRows, kSettings);
  run.run(1, run_dealer_ahead);
  EXPECT_TRUE(run.failed()) << run.messages();
  // The dealer's first batch is its operation 3, so its correction goes to party 0; who waits for operation
  // 3's at its second batch gets one of another batch, or the label client, whose turn is operation 2, gets
  // operation 5's.
  bool named = false;
  for (int client = 2; client < run.clients(); ++client)
    named = named || says(run, client, {"the dealer is at operation ", ", this client at operation "});
  EXPECT_TRUE(named) << run.messages();
}

TEST(Meeting, NamesEveryPartysAlignmentWhenTheyDiffer) {
  TrainingRun run(parties(), kTestRows, kSettings);
  run.set_alignment_id(3, std::string(64, 'b'));
  run.run();
  EXPECT_TRUE(run.failed()) << run.messages();
  EXPECT_TRUE(
      says(run, 0,
           {"the parties' data sets come from different alignments", "2: has alignment id aaaaaaaaaaaaaaaa…",
            "3: has alignment id bbbbbbbbbbbbbbbb…", "4: has alignment id aaaaaaaaaaaaaaaa…"}));
  for (int client = 1; client < run.clients(); ++client)
    EXPECT_TRUE(says(run, client, {"different alignments"}));
}

TEST(Meeting, NamesEveryPartysRowsWhenTheyDiffer) {
  TrainingRun run(parties(), kTestRows, kSettings);
  auto shorter = make_parties(kRows - 1, {2, 3}, Labels::kBinary)[0];
  run.replace_data(2, shorter, kTestRows);
  run.run();
  EXPECT_TRUE(run.failed()) << run.messages();
  EXPECT_TRUE(says(run, 0,
                   {"different numbers of rows", "2: has 139 rows to train with and 60 to test with",
                    "3: has 140 rows to train with and 60 to test with", "4: has 140 rows"}));
}

/// A main that sends the right plan with one thing changed.
Status run_changed_main(Context& context, const std::function<void(v1::TrainingPlan&)>& change) {
  PAI_ASSIGN(const auto cast, cast_of(context.task));
  v1::TrainingPlan plan;
  for (const int client : cast.group.clients) {
    PAI_ASSIGN(const auto offer, context.channel.receive<v1::TrainingOffer>(client));
    plan.set_alignment_id(offer.alignment_id());
    plan.set_train_rows(offer.train_rows());
    plan.set_test_rows(offer.test_rows());
    plan.add_columns(offer.columns());
    plan.set_loss(offer.loss());
    plan.set_evaluation(offer.evaluation());
  }
  change(plan);
  for (const int client : cast.group.clients) PAI_TRY(context.channel.send(client, plan));
  PAI_TRY(context.channel.send(cast.dealer, plan));
  PAI_TRY(context.channel.receive<v1::ModelReady>(cast.label));
  return {};
}

TEST(Meeting, RefusesAPlanAboutAnotherDataSet) {
  const std::vector<std::function<void(v1::TrainingPlan&)>> changes = {
      [](auto& plan) { plan.set_alignment_id(std::string(32, 'x')); },
      [](auto& plan) { plan.set_train_rows(plan.train_rows() + 1); },
      [](auto& plan) { plan.set_test_rows(0); },
      [](auto& plan) { plan.mutable_columns()->Set(0, 3); },
      [](auto& plan) { plan.mutable_model()->add_widths(1); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    TrainingRun run(parties(), kTestRows, kSettings);
    run.keep_frames = true;
    run.run(0, [&](Context& context) { return run_changed_main(context, changes[i]); });
    EXPECT_TRUE(run.failed()) << i;
    EXPECT_TRUE(says(run, 2, {"main's plan is about another data set than this party's"})) << i;
    EXPECT_EQ(run.status(2).error().blames(), 0);
    for (const auto& message : run.sent())
      EXPECT_FALSE(message.frame.has_masked_rows() && message.from == 2) << i;
  }
}

TEST(Meeting, RefusesAPlanThatIsOutOfRange) {
  TrainingRun run(parties(), kTestRows, kSettings);
  run.run(0, [](Context& context) {
    return run_changed_main(context, [](auto& plan) { plan.mutable_columns()->Set(0, 4'000'000'000U); });
  });
  EXPECT_TRUE(run.failed()) << run.messages();
  for (int client = 1; client < run.clients(); ++client) EXPECT_TRUE(says(run, client, {"out of range"}));
}

/// The label client alone knows how it wants to evaluate: a main that asks for scores where only their sum
/// was offered is refused.
TEST(Meeting, RefusesAPlanThatOpensMoreThanTheLabelClientOffered) {
  TrainingRun run(parties(), kTestRows, kSettings);
  run.run(0, [](Context& context) {
    return run_changed_main(context, [](auto& plan) { plan.set_evaluation(v1::EVALUATION_SHUFFLED_SCORES); });
  });
  EXPECT_TRUE(says(run, 4, {"main's plan"}));
}

}  // namespace
}  // namespace pai::client::nn::test
