#pragma once

#include <cstdint>
#include <span>

#include "client/mpc/client_source.h"
#include "client/nn/checkpoint.h"
#include "client/nn/core/batches.h"
#include "client/nn/evaluation.h"
#include "client/nn/feature_matrix.h"
#include "client/nn/party.h"
#include "client/nn/training_step.h"
#include "client/runtime/context.h"

namespace pai::client::nn {

/// What only the label client adds to a training. Calls come from the training's thread.
class LabelSide {
 public:
  virtual ~LabelSide() = default;
  /// Targets of the rows, rows × outputs; valid until the next call.
  virtual std::span<const double> targets_of(std::span<const std::uint32_t> rows) = 0;
  /// Of all test rows.
  virtual std::span<const double> test_targets() const = 0;
  virtual TopNetwork* top() = 0;  ///< at security "split", else null
  /// So many batches are done.
  virtual Status progressed(std::uint64_t batches) = 0;
  virtual Status evaluated(std::uint64_t batches, Outcome outcome) = 0;
  virtual Status ended(std::uint64_t batches) = 0;
  /// A regression without test rows: what its parameters make of all training rows, which shows whether they are in range.
  virtual std::span<const double> train_targets() const = 0;
  virtual Status checked(const Outcome& outcome) = 0;
};

/// What a training needs beside the conversation itself.
struct TrainingParts {
  const TrainingSettings& settings;
  const Plan& plan;
  const StepTerms& terms;
  const Schedule& schedule;
  FeatureMatrix& train;
  FeatureMatrix& test;
  int main;
};

/// A data client's training, batch by batch: from the plan's first batch to the last, or to main's verdict; returns how many batches are done.
/// Every party and the dealer (deal_training) go through the same operations. `label_side` is null at feature clients.
Result<std::uint64_t> run_training(Context& context, const Party& party, mpc::ClientSource& source, const TrainingParts& parts,
                    Checkpoints& checkpoints, SharedModel& model, LabelSide* label_side);

/// The shape of the model and the arithmetic of a step. kInvalid when they contradict one another.
Result<StepTerms> step_terms(const TrainingSettings& settings, const Plan& plan);
/// The evaluation of this task after a batch.
std::unique_ptr<Evaluation> make_evaluation(const TrainingParts& parts, const mpc::Group& group,
                                            std::span<const double> targets, TopNetwork* top);
/// Whether a training ends with make_range_check: a regression that has no test rows. Its parameters can leave the ring, and nothing else
/// would show it.
bool ends_with_range_check(const TrainingParts& parts);
/// The sum of losses over the training rows.
std::unique_ptr<Evaluation> make_range_check(const TrainingParts& parts, const mpc::Group& group, std::span<const double> targets);
/// The scores of all rows of `parts.test`, in their order.
std::unique_ptr<Evaluation> make_prediction(const TrainingParts& parts, const mpc::Group& group, TopNetwork* top);
Result<std::unique_ptr<TrainingStep>> make_step(const TrainingParts& parts, TopNetwork* top);

}  // namespace pai::client::nn
