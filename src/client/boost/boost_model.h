#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/boost/tree_step.h"
#include "client/nn/core/safetensors.h"
#include "client/nn/training_settings.h"

namespace pai::client::boost {

/// A party's part of a boosted model: its shares of leaves, who owns which node, its own splits (docs/file-formats.md).
struct BoostModel {
  std::string task, run_id, alignment_id;
  std::size_t bins = 32, depth = 4;
  Objective objective = Objective::kBinary;
  std::size_t outputs = 1;  ///< trees an iteration
  std::vector<std::size_t> features;  ///< by party
  int party = 0;
  std::vector<Tree> trees;
  nlohmann::json own;  ///< bin edges and importance, or labels and base score

  nlohmann::json description() const;
  nn::TensorFile tensors() const { return tensors_of(trees); }

  static nn::TensorFile tensors_of(const std::vector<Tree>& trees);
  /// kInvalid when they do not fit: names, shapes, values out of range. `own_features` of this party.
  static Result<std::vector<Tree>> trees_of(const nn::TensorFile& file, std::size_t count, const Shape& shape, std::size_t party);
  /// Reads what was stored; kInvalid, kIo.
  static Result<BoostModel> read(const std::string& folder);
};

/// kInvalid unless this party, and every other, stands where it stood in the training.
Status check_party(const BoostModel& model, const nn::Cast& cast);
Status check_features(const BoostModel& model, const nn::Plan& plan);

/// A prediction is computed with its model's shape, whatever the task says.
void use_shape(const BoostModel& model, BoostSettings& settings);
/// What a data client's offer says of its stored model.
void offer_model(v1::TrainingOffer& offer, const BoostModel& model);

/// How often each of the party's features splits a node, by name. Gains stay shared: opening them would tell more than the protocol says.
nlohmann::json importance_of(const std::vector<Tree>& trees, std::size_t party, const std::vector<std::string>& names);

}  // namespace pai::client::boost
