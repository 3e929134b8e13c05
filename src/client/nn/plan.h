#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/channel/channel.h"
#include "client/nn/core/model_shape.h"
#include "client/nn/core/settings.h"
#include "client/nn/training_settings.h"
#include "pai/v1/training.pb.h"

namespace pai::client::nn {

enum class EvaluationKind {
  kShuffledScores,  ///< the label client sees (score, label) pairs in a random order
  kSumOfLosses,     ///< the label client sees the sum alone
};

/// What all parties compute together, after main has looked at their offers.
struct Plan {
  std::uint64_t train_rows = 0;
  std::uint64_t test_rows = 0;  ///< prediction: all rows
  std::vector<std::size_t> columns;  ///< by party; the label client has none
  Loss loss = Loss::kLogloss;
  EvaluationKind evaluation = EvaluationKind::kShuffledScores;
  std::uint64_t batches_done = 0;
  std::string checkpoint_run_id;
  /// Prediction: what the stored model is computed with.
  std::vector<std::size_t> widths;
  bool split = false;
  OutputActivation activation = OutputActivation::kSigmoid;
  std::uint64_t trees = 0;  ///< of a boosted model
  std::size_t depth = 0, outputs = 0;

  std::size_t features() const;
};

/// kProtocol when a field is out of range: the plan decides what is allocated.
Result<Plan> plan_from(const v1::TrainingPlan& message, std::size_t parties);

/// The settings as they hold for this plan: a prediction has its model's layers and security level, whatever the task says.
TrainingSettings settings_for(TrainingSettings settings, const Plan& plan);

/// A data client's first words: tells main what it brings and takes the plan. kProtocol, blaming main, for a plan that is about another data
/// set than the offer.
Result<Plan> meet(Channel& channel, const Cast& cast, const v1::TrainingOffer& offer);

/// Main's: takes every data client's offer and tells all, and the dealer, the plan. The errors name the clients that do not fit together.
Result<Plan> make_plan(Channel& channel, const Cast& cast, const TrainingSettings& settings, bool resume);

/// Which batches there are and what follows them; public and the same everywhere.
class Schedule {
 public:
  Schedule(const TrainingSettings& settings, const Plan& plan);

  std::size_t batch_size() const { return batch_size_; }
  std::uint64_t batches() const { return batches_; }
  bool evaluates_after(std::uint64_t done) const;
  bool saves_after(std::uint64_t done) const { return save_every_ != 0 && done % save_every_ == 0 && done != batches_; }

 private:
  std::size_t batch_size_;
  std::uint64_t batches_;
  std::uint64_t evaluate_every_;
  std::uint64_t save_every_;
  bool has_test_;
};

/// Rows that an evaluation or prediction takes at a time: what was asked for, less when layers are wide.
std::size_t rows_at_a_time(const TrainingSettings& settings, const ModelShape& shape);

}  // namespace pai::client::nn
