// The label client sees the test set's (score, label) pairs and cannot tell which row a score belongs to:
// neither by position, nor by what stays the same between evaluations, nor by low bits.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "integration/nn/label_spy.h"
#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::nn::test {
namespace {

constexpr std::size_t kTestRows = 150;
constexpr int kCut = 26;  // bits of a logit at scale 36 that are not opened
constexpr std::size_t kEvaluations = 24;

using Numbers = std::vector<std::int64_t>;

/// What the label client has seen of the evaluations of one run, in their order.
struct Seen {
  std::vector<Numbers> scores;                    ///< as whole numbers of 2^-10, shuffled
  std::vector<std::vector<ring::Word>> openings;  ///< one word a test row, opened by all
};

/// Positions of the scores in ascending order.
std::vector<std::size_t> order_of(const Numbers& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] < scores[b]; });
  return order;
}

/// The attack. The weights stay, so a row keeps its logit x, and the r-th smallest score is of the same row
/// in every evaluation, where no other is near. A score is ⌊x/2^26⌋, or one more when the opened m = x + r
/// has smaller low bits than x. So the evaluations' extra ones tell whose m lies below a threshold: rows with
/// other m's are ruled out. Returns by rank the only row that is left; −1: none or many.
std::vector<int> link_by_low_bits(const Seen& seen) {
  std::vector<std::vector<std::size_t>> orders;
  for (const auto& scores : seen.scores) orders.push_back(order_of(scores));
  std::vector<int> linked(kTestRows, -1);
  for (std::size_t rank = 0; rank < kTestRows; ++rank) {
    bool alone = true;
    Numbers scores;
    for (std::size_t e = 0; e < orders.size(); ++e) {
      const auto at = [&](std::size_t r) { return seen.scores[e][orders[e][r]]; };
      scores.push_back(at(rank));
      alone = alone && (rank == 0 || at(rank) - at(rank - 1) > 3) &&
              (rank + 1 == kTestRows || at(rank + 1) - at(rank) > 3);
    }
    const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
    if (!alone || *high - *low != 1) continue;
    int candidates = 0;
    for (std::size_t row = 0; row < kTestRows; ++row) {
      ring::Word largest_with = 0, smallest_without = ~ring::Word{0};
      for (std::size_t e = 0; e < scores.size(); ++e) {
        const auto m = seen.openings[e][row] & ((ring::Word{1} << kCut) - 1);
        if (scores[e] > *low) {
          largest_with = std::max(largest_with, m);
        } else {
          smallest_without = std::min(smallest_without, m);
        }
      }
      if (largest_with > smallest_without) continue;
      linked[rank] = static_cast<int>(row);
      ++candidates;
    }
    if (candidates != 1) linked[rank] = -1;
  }
  return linked;
}

/// How many of the linked ranks are right.
std::size_t right_links(const std::vector<int>& linked, const std::vector<double>& logits) {
  std::vector<int> rows(logits.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::sort(rows.begin(), rows.end(), [&](int a, int b) {
    return logits[static_cast<std::size_t>(a)] < logits[static_cast<std::size_t>(b)];
  });
  std::size_t right = 0;
  for (std::size_t rank = 0; rank < rows.size(); ++rank) right += linked[rank] == rows[rank];
  return right;
}

TEST(LinkingAttack, WorksOnScoresThatWereCutBeforeTheyWereShuffled) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> logits(kTestRows);
  for (auto& logit : logits) logit = 2 * normal(random);
  Seen seen;
  for (std::size_t e = 0; e < kEvaluations; ++e) {
    auto& scores = seen.scores.emplace_back();
    auto& openings = seen.openings.emplace_back();
    for (const double logit : logits) {
      const auto x = static_cast<std::int64_t>(std::ldexp(logit, 36));
      const auto m = random();
      constexpr std::int64_t kLow = (std::int64_t{1} << kCut) - 1;
      openings.push_back(m);
      scores.push_back((x >> kCut) + (static_cast<std::int64_t>(m & kLow) < (x & kLow) ? 1 : 0));
    }
    std::shuffle(scores.begin(), scores.end(), random);
  }
  EXPECT_GT(right_links(link_by_low_bits(seen), logits), kTestRows / 2);
}

class ShuffledScores : public testing::Test {
 protected:
  /// A training whose rate moves no weight, evaluated after each batch.
  void SetUp() override {
    const auto parties = make_parties(32 + kTestRows, {2, 2}, Labels::kBinary);
    const nlohmann::json settings = {{"batch_size", 32},
                                     {"max_iter", kEvaluations},
                                     {"test_per_batches", 1},
                                     {"learning_rate", 1e-9},
                                     {"l2", 0.0}};
    TrainingRun run(parties, kTestRows, settings);
    const ring::Seed seed{9};
    run.fixed_seed = &seed;
    run.keep_frames = true;
    run.run(run.label(), [&](Context& context) { return run_spying_label(context, outcomes_); });
    ASSERT_TRUE(run.ok()) << run.messages();
    ASSERT_EQ(outcomes_.size(), kEvaluations);
    for (const auto& outcome : outcomes_) {
      auto& scores = seen_.scores.emplace_back();
      for (const double score : outcome.scores) scores.push_back(std::llround(score * 1024));
    }
    for (const auto& [place, words] : opened_words(run.sent())) {
      if (words.size() == kTestRows) seen_.openings.push_back(words);
    }
    ASSERT_EQ(seen_.openings.size(), kEvaluations) << "one word a row is opened at each evaluation";
    PlainTwin twin(parties, kTestRows, settings);
    logits_ = twin.test_logits();
    targets_ = twin.test_targets();
  }

  /// Rows by rank of their logits, and positions of an evaluation by rank of its scores: row of each
  /// position.
  std::vector<std::size_t> rows_by_position(std::size_t evaluation) const {
    Numbers exact;
    for (const double logit : logits_) exact.push_back(std::llround(std::ldexp(logit, 30)));
    const auto rows = order_of(exact), positions = order_of(seen_.scores[evaluation]);
    std::vector<std::size_t> of_position(kTestRows);
    for (std::size_t rank = 0; rank < kTestRows; ++rank) of_position[positions[rank]] = rows[rank];
    return of_position;
  }

  std::vector<Outcome> outcomes_;
  Seen seen_;
  std::vector<double> logits_, targets_;
};

TEST_F(ShuffledScores, AreTheTestRowsScoresWithTheirLabels) {
  for (std::size_t e = 0; e < kEvaluations; ++e) {
    const auto rows = rows_by_position(e);
    std::size_t other_labels = 0;
    for (std::size_t i = 0; i < kTestRows; ++i) {
      EXPECT_NEAR(outcomes_[e].scores[i], logits_[rows[i]], 3e-3);
      other_labels += outcomes_[e].labels[i] != targets_[rows[i]];
    }
    EXPECT_LE(other_labels, 4u) << "rows of nearly equal scores alone may have changed places";
  }
}

TEST_F(ShuffledScores, ComeInAnOrderThatHasNothingToDoWithTheRows) {
  double position_sum = 0;
  std::size_t kept = 0;
  for (std::size_t e = 0; e < kEvaluations; ++e) {
    const auto rows = rows_by_position(e);
    const auto before = rows_by_position((e + 1) % kEvaluations);
    for (std::size_t i = 0; i < kTestRows; ++i) {
      const double middle = (kTestRows - 1) / 2.0;
      position_sum += (static_cast<double>(i) - middle) * (static_cast<double>(rows[i]) - middle);
      kept += rows[i] == before[i];
    }
  }
  // The correlation of two random orders of n has the deviation 1/√(n−1).
  const double n = kTestRows;
  const double correlation = position_sum / (kEvaluations * n * (n * n - 1) / 12);
  EXPECT_LT(std::abs(correlation), 5 / std::sqrt((n - 1) * kEvaluations));
  // A random order keeps one row in its place, on average.
  EXPECT_LT(kept, kEvaluations + 5 * static_cast<std::size_t>(std::sqrt(kEvaluations)));
}

TEST_F(ShuffledScores, AreNotLinkedToRowsByTheirLowBits) {
  EXPECT_LE(right_links(link_by_low_bits(seen_), logits_), 2u);
}

}  // namespace
}  // namespace pai::client::nn::test
