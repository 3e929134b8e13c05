#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client/nn/core/plain_network.h"
#include "client/nn/feature_matrix.h"
#include "client/nn/party.h"
#include "client/nn/plan.h"
#include "client/nn/shared_model.h"

namespace pai::client::nn {

/// What an evaluation or a prediction tells the label client; empty elsewhere.
struct Outcome {
  std::vector<double> scores;  ///< logits (without a sigmoid: standardised numbers), rows × outputs
  std::vector<double> labels;  ///< of the same rows, when they were shuffled
  double loss_sum = 0;         ///< over rows and outputs, when only that is opened
};

/// Runs the model over all rows of a matrix and opens the outcome to the label client: a number of the dealer's operations, drawn at the data
/// clients and at the dealer alike, each then run at the data clients.
class Evaluation {
 public:
  virtual ~Evaluation() = default;
  virtual std::size_t operations() const = 0;
  virtual void draw(mpc::Source& source, std::size_t operation) = 0;
  virtual Status run(const Party& party, std::size_t operation, const SharedModel& model) = 0;
  /// After the last operation, once.
  virtual Outcome take_outcome() = 0;
};

/// What makes one evaluation.
struct EvaluationTerms {
  const ModelShape& shape;
  const mpc::Group& group;
  const FeatureMatrix& rows;
  std::size_t rows_at_a_time;
  std::span<const double> targets;  ///< the label client's, rows × outputs; elsewhere empty
  Loss loss;
  OutputActivation activation;
};

/// Full: whole rows of logits and labels shuffled by all parties, the logits cut to 10 fractional bits, then opened (protocols.md section 8).
std::unique_ptr<Evaluation> evaluate_shuffled(const EvaluationTerms& terms);
/// Full: only the sum of losses, over all rows, is opened.
std::unique_ptr<Evaluation> evaluate_sum_of_losses(const EvaluationTerms& terms);
/// Full: logits in the rows' order, for a prediction.
std::unique_ptr<Evaluation> predict_scores(const EvaluationTerms& terms);
/// Split: the first layer's outputs are opened in the rows' order; `top` (the label client's, null elsewhere) does the rest.
std::unique_ptr<Evaluation> evaluate_split(const EvaluationTerms& terms, TopNetwork* top);

/// All operations, one after the other: at the dealer, and at a data client.
Status deal_evaluation(mpc::Source& source, Evaluation& evaluation);
Result<Outcome> run_evaluation(const Party& party, mpc::Source& source, Evaluation& evaluation, const SharedModel& model);

}  // namespace pai::client::nn
