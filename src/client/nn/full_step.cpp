#include <cmath>

#include "client/nn/backward_pass.h"
#include "client/nn/core/learning_rate.h"
#include "client/nn/forward_pass.h"
#include "client/nn/layer_steps.h"
#include "client/nn/linear_step.h"
#include "client/nn/output_residual.h"
#include "client/nn/parameter_update.h"
#include "client/nn/training_step.h"

namespace pai::client::nn {

namespace {

/// Rounds a batch: with a single layer 4 (e; angle; D − T; truncation), with the squared loss 5; a network 4 more a hidden layer, 5 where the layer
/// after it has more than kOutputsOfCutInputs outputs. A single layer comes here only when LinearStep does not pay.
class FullStep final : public TrainingStep {
 public:
  FullStep(const StepTerms& terms, double factor, ParameterUpdate update)
      : forward_(terms.shape, true),
        residual_(terms.rule.loss, terms.rule.activation, factor),
        backward_(terms.shape, residual_.scale()),
        update_(std::move(update)) {}

  void draw(mpc::Source& source, const mpc::OwnedRows& batch) override {
    forward_.draw(source, batch);
    residual_.draw(source, batch.masked.rows * forward_.shape().outputs(), forward_.output_scale());
    backward_.draw(source, forward_, batch);
    update_.draw(source, forward_.shape());
  }

  Status run(const Party& party, const mpc::OwnedRows& batch, std::span<const double> targets,
             SharedModel& model) override {
    PAI_TRY(forward_.run(party, model, batch, z_));
    PAI_TRY(residual_.run(party, z_, targets, delta_));
    PAI_TRY(backward_.run(party, forward_, batch, delta_, gradients_));
    return update_.run(party, model, gradients_);
  }

 private:
  ForwardPass forward_;
  OutputResidual residual_;
  BackwardPass backward_;
  ParameterUpdate update_;
  std::vector<Word> z_, delta_;
  std::vector<std::vector<Word>> gradients_;
};

}  // namespace

Result<std::unique_ptr<TrainingStep>> make_full_step(const StepTerms& terms) {
  const OutputResidual residual(terms.rule.loss, terms.rule.activation, 1);
  const BackwardPass backward(terms.shape, residual.scale());
  PAI_ASSIGN(auto steps, layer_steps(terms, terms.shape.layers(), [&](std::size_t k) { return backward.gradient_scale(k); }));
  if (terms.shape.layers() == 1 && linear_step_pays(terms, steps)) return make_linear_step(terms, std::move(steps));
  return std::unique_ptr<TrainingStep>(
      std::make_unique<FullStep>(terms, steps.factor, ParameterUpdate(terms.rule, std::move(steps.layers))));
}

}  // namespace pai::client::nn
