#include <cmath>

#include "client/mpc/wire_words.h"
#include "client/nn/core/normalisation.h"
#include "client/nn/first_layer.h"
#include "client/nn/layer_steps.h"
#include "client/nn/parameter_update.h"
#include "client/nn/scales.h"
#include "client/nn/training_step.h"
#include "client/ring/words.h"

namespace pai::client::nn {

namespace {

/// What the rows' gradients at one unit of the first layer may come to: times features of 6 the sum at scale 44 stays below 2^61, as the
/// truncation needs. Beyond it training has lost its way.
constexpr double kGradientSumMax = (1 << 17) / 6.0;

/// Rounds a batch: 4 (e; z to the label client; δ − T; truncation), however many layers lie above.
class SplitStep final : public TrainingStep {
 public:
  SplitStep(const StepTerms& terms, TopNetwork* top, double factor, ParameterUpdate update)
      : first_(terms.shape), top_(top), factor_(factor), update_(std::move(update)), gradients_(1) {}

  void draw(mpc::Source& source, const mpc::OwnedRows& batch) override {
    first_.draw(source, batch);
    back_.draw(source, batch, first_.width());
    update_.draw(source, first_.shape());
  }

  Status run(const Party& party, const mpc::OwnedRows& batch, std::span<const double> targets,
             SharedModel& model) override {
    PAI_TRY(first_.run(party, model, batch, z_));
    delta_.assign(z_.size(), 0);
    if (party.is_label()) PAI_TRY(run_top(targets));

    back_.mask(delta_);
    back_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    auto& gradient = gradients_[0];
    gradient.resize(model.layers[0].parameters.size());
    const auto weights = std::span(gradient).first(model.layers[0].weights().size());
    back_.take(batch, weights);
    const auto biases = std::span(gradient).subspan(weights.size());
    std::fill(biases.begin(), biases.end(), 0);
    for (std::size_t i = 0; i < delta_.size(); ++i) biases[i % biases.size()] += delta_[i] << kFeatureScale;
    return update_.run(party, model, gradients_);
  }

 private:
  /// The label client's part: the layers above in the clear, and the gradient as its share of delta.
  Status run_top(std::span<const double> targets) {
    gradient_.resize(z_.size());
    top_->step(z_, targets, gradient_);
    sums_.assign(first_.width(), 0);
    for (std::size_t i = 0; i < gradient_.size(); ++i) sums_[i % sums_.size()] += std::abs(gradient_[i]);
    for (const double sum : sums_) {
      if (sum < kGradientSumMax) continue;  // a NaN is not
      return Error(ErrorCode::kInvalid, "training diverged: the gradient at the first layer left the range of its numbers")
          .with_hint("lower learning_rate");
    }
    for (std::size_t i = 0; i < gradient_.size(); ++i) delta_[i] = ring::encode(factor_ * gradient_[i], kDeltaScale);
    return {};
  }

  FirstLayer first_;
  TopNetwork* top_;
  double factor_;
  mpc::OwnedTransposedProduct back_;
  ParameterUpdate update_;
  std::vector<double> z_, gradient_, sums_;
  std::vector<Word> delta_;
  std::vector<std::vector<Word>> gradients_;
};

}  // namespace

Result<std::unique_ptr<TrainingStep>> make_split_step(const StepTerms& terms, TopNetwork* top) {
  auto first = terms;
  first.rule.loss = Loss::kLogloss;  // the top network has the 2/C of the squared loss in its own gradient
  first.rule.activation = OutputActivation::kSigmoid;  // and the label client sees what leaves the range, batch by batch
  PAI_ASSIGN(auto steps, layer_steps(first, 1, [](std::size_t) { return kDeltaScale + kFeatureScale; }));
  return std::unique_ptr<TrainingStep>(
      std::make_unique<SplitStep>(terms, top, steps.factor, ParameterUpdate(terms.rule, std::move(steps.layers))));
}

}  // namespace pai::client::nn
