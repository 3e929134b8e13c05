#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/boost/boost_settings.h"
#include "client/boost/tree.h"
#include "client/nn/core/safetensors.h"
#include "client/nn/training_settings.h"

namespace pai::client::boost {

/// A party's part of a boosted model: its shares of leaves, who owns which node, its own splits (docs/file-formats.md).
struct BoostModel {
  std::string task, run_id, alignment_id;
  bool relaxed = false;  ///< the security level of the training
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

/// The label client's own first scores, one an output, by the stored model. kInvalid when they are not there, not as many, or no scores.
Result<std::vector<double>> base_scores_of(const BoostModel& model);

/// kInvalid unless this party, and every other, stands where it stood in the training.
Status check_party(const BoostModel& model, const nn::Cast& cast);
Status check_features(const BoostModel& model, const nn::Plan& plan);

/// A prediction is computed with its model's shape, whatever the task says.
void use_shape(const BoostModel& model, BoostSettings& settings);
/// What a data client's offer says of its stored model.
void offer_model(v1::TrainingOffer& offer, const BoostModel& model);

/// How much a party's features matter to its trees.
struct Importance {
  std::vector<std::string> names;
  std::vector<std::uint64_t> counts;  ///< nodes that each splits
  std::vector<double> gains;          ///< G²/(H+λ) of both children less the node's own, over these nodes; empty: not opened

  nlohmann::json to_json() const;
  /// importance.csv: a line a feature in the columns' order.
  std::string to_csv() const;
};
/// `gains`: of the party's own features, or empty.
Importance importance_of(const std::vector<Tree>& trees, std::size_t party, const std::vector<std::string>& names, std::vector<double> gains);

}  // namespace pai::client::boost
