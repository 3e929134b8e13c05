#pragma once

#include <memory>
#include <span>
#include <vector>

#include "client/mpc/owned_product.h"
#include "client/nn/core/plain_network.h"
#include "client/nn/core/settings.h"
#include "client/nn/party.h"
#include "client/nn/shared_model.h"

namespace pai::client::nn {

/// One batch of training, again and again: `draw` at the data clients and at the dealer alike, then `run` at the data clients.
class TrainingStep {
 public:
  virtual ~TrainingStep() = default;
  virtual void draw(mpc::Source& source, const mpc::OwnedRows& batch) = 0;
  /// `targets` (B × outputs) are the label client's alone, elsewhere empty.
  virtual Status run(const Party& party, const mpc::OwnedRows& batch, std::span<const double> targets,
                     SharedModel& model) = 0;
};

/// What a step of this training is made of, the same at every party and the dealer.
struct StepTerms {
  ModelShape shape;
  TrainingRule rule;
  std::size_t batch_size = 0;
};

/// security "full": everything on shares. kInvalid, naming the setting, when a step does not fit into the ring.
Result<std::unique_ptr<TrainingStep>> make_full_step(const StepTerms& terms);
/// security "split": the first layer on shares, its output opened to the label client, which runs `top` (its own, null elsewhere) in the
/// clear and shares the gradient back.
Result<std::unique_ptr<TrainingStep>> make_split_step(const StepTerms& terms, TopNetwork* top);

}  // namespace pai::client::nn
