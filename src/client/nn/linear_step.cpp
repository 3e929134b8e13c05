#include "client/nn/linear_step.h"

#include <cmath>

#include "client/mpc/carried_product.h"
#include "client/nn/backward_pass.h"
#include "client/nn/core/normalisation.h"
#include "client/nn/forward_pass.h"
#include "client/nn/output_residual.h"
#include "client/nn/parameter_update.h"
#include "client/nn/scales.h"

namespace pai::client::nn {

namespace {

/// Rounds a batch: logistic regression 3 (angle and the next e; D − T; truncation), with the squared loss 4;
/// linear regression 3. One more, the first, opens the weights where the product is not carried: in a run's
/// first batch, and where a truncated sum may have wrapped.
///
/// Should training lose its way, so that a gradient is larger than its bound, one batch's z may be wrong
/// while the shares of the weights stay right (CarriedProduct). With a sigmoid only weights above 2^10 can do
/// that, of whose scores the label client warns, and any z makes a residual of at most 1. Without one it
/// takes a |z − y| above 2^10, where evaluations call a mean of 32 divergence. They judge the weights that
/// there are, whatever a wrong z did to them.
class LinearStep final : public TrainingStep {
 public:
  LinearStep(const StepTerms& terms, double factor, ParameterUpdate update)
      : shape_(terms.shape),
        residual_(terms.rule.loss, terms.rule.activation, factor),
        update_(std::move(update)),
        gradients_(1) {}

  void draw(mpc::Source& source, const mpc::OwnedRows& batch) override {
    product_.draw(source, batch, shape_.outputs());
    residual_.draw(source, batch.masked.rows * shape_.outputs(), kFirstOutputScale);
    gradient_.draw(source, batch, shape_.outputs());
    update_.draw(source, shape_);
    update_.carry(0, product_);
  }

  Status run(const Party& party, const mpc::OwnedRows& batch, std::span<const double> targets,
             SharedModel& model) override {
    const auto& layer = model.layers[0];
    if (product_.needs_round()) {
      product_.mask(layer.weights());
      product_.open(party.exchange);
      PAI_TRY(party.exchange.run());
    }
    z_.resize(batch.masked.rows * shape_.outputs());
    product_.take(batch, z_);
    add_biases(z_, layer.biases(), kFirstOutputScale);

    product_.mask_next(layer.weights());
    product_.open_next(party.exchange);  // in the residual's first round
    PAI_TRY(residual_.run(party, z_, targets, delta_));

    gradient_.mask(delta_);
    gradient_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    auto& gradient = gradients_[0];
    gradient.resize(layer.parameters.size());
    gradient_.take(batch, std::span(gradient).first(layer.weights().size()));
    sum_rows(delta_, kFeatureScale, std::span(gradient).last(layer.biases().size()));

    PAI_TRY(update_.run(party, model, gradients_));
    product_.advance();
    return {};
  }

 private:
  ModelShape shape_;
  mpc::CarriedProduct product_;
  OutputResidual residual_;
  mpc::OwnedTransposedProduct gradient_;
  ParameterUpdate update_;
  std::vector<Word> z_, delta_;
  std::vector<std::vector<Word>> gradients_;
};

}  // namespace

std::unique_ptr<TrainingStep> make_linear_step(const StepTerms& terms, LayerSteps steps) {
  return std::make_unique<LinearStep>(terms, steps.factor,
                                      ParameterUpdate(terms.rule, std::move(steps.layers)));
}

bool linear_step_pays(const StepTerms& terms, const LayerSteps& steps) {
  const auto& step = steps.layers[0];
  double bounds = static_cast<double>(step.gradient_bound);
  if (terms.rule.optimizer == Optimizer::kMomentum) bounds += static_cast<double>(step.velocity_bound);
  return static_cast<double>(terms.shape.weights(0)) * std::ldexp(bounds, 1 - 64) <= 1;
}

}  // namespace pai::client::nn
