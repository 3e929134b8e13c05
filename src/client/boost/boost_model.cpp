#include "client/boost/boost_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "client/nn/core/figures.h"
#include "client/nn/csv_text.h"
#include "client/nn/model_files.h"
#include "common/base/text.h"

namespace pai::client::boost {

using Json = nlohmann::json;
using nn::TensorFile;

namespace {

constexpr int kFormat = 1;
constexpr const char* kFamily = "secure_xgboost";

constexpr std::array<std::string_view, 3> kObjectives{"binary", "multi", "regression"};

}  // namespace

Json BoostModel::description() const {
  return {{"format", kFormat},       {"family", kFamily},   {"task", task},         {"run_id", run_id}, {"alignment_id", alignment_id},
          {"security", relaxed ? "relaxed" : "full"},      {"objective", kObjectives[static_cast<std::size_t>(objective)]}, {"outputs", outputs}, {"export", "shares"}, {"bins", bins},     {"depth", depth},
          {"trees", trees.size()},   {"scale", kWeightScale}, {"features_by_party", features},
          {"party", party},          {"own", own}};
}

TensorFile BoostModel::tensors_of(const std::vector<Tree>& trees) {
  TensorFile file;
  if (trees.empty()) return file;
  std::vector<Word> leaves, owners, splits;
  for (const auto& tree : trees) {
    leaves.insert(leaves.end(), tree.leaves.begin(), tree.leaves.end());
    owners.insert(owners.end(), tree.owners.begin(), tree.owners.end());
    for (const auto& split : tree.splits) splits.push_back(packed(split));
  }
  file.add("leaves", {trees.size(), trees.front().leaves.size()}, leaves);
  file.add("owners", {trees.size(), trees.front().owners.size()}, owners);
  file.add("splits", {trees.size(), trees.front().splits.size()}, splits);
  return file;
}

Result<std::vector<Tree>> BoostModel::trees_of(const TensorFile& file, std::size_t count, const Shape& shape, std::size_t party) {
  const auto nodes = shape.leaves() - 1;
  PAI_ASSIGN(const auto leaves, file.words("leaves", std::vector<std::uint64_t>{count, shape.leaves()}));
  PAI_ASSIGN(const auto owners, file.words("owners", std::vector<std::uint64_t>{count, nodes}));
  PAI_ASSIGN(const auto splits, file.words("splits", std::vector<std::uint64_t>{count, nodes}));
  std::vector<Tree> trees(count);
  for (std::size_t t = 0; t < count; ++t) {
    auto& tree = trees[t];
    tree.leaves.assign(leaves.begin() + static_cast<std::ptrdiff_t>(t * shape.leaves()),
                       leaves.begin() + static_cast<std::ptrdiff_t>((t + 1) * shape.leaves()));
    for (std::size_t node = 0; node < nodes; ++node) {
      const auto owner = owners[t * nodes + node];
      const auto split = unpacked(splits[t * nodes + node]);
      const bool fits = owner < shape.parties() && shape.features[owner] > 0 &&
                        (owner != party || !split.splits || (split.feature < shape.features[party] && split.threshold + (split.missing_left ? 1U : 0U) < shape.bins));
      if (!fits) return Error(ErrorCode::kInvalid, "the stored trees have a node that cannot be");
      tree.owners.push_back(owner);
      tree.splits.push_back(split);
    }
  }
  return trees;
}

Result<BoostModel> BoostModel::read(const std::string& folder) {
  PAI_ASSIGN(const auto files, nn::read_model_files(folder));
  BoostModel model;
  std::size_t count = 0;
  try {
    const auto& document = files.description;
    if (document.at("format").get<int>() != kFormat || document.at("family").get<std::string>() != kFamily) {
      return Error(ErrorCode::kInvalid, "the model is of another format or family than this task uses")
          .with_hint("model_task must be a secure_xgboost training");
    }
    document.at("task").get_to(model.task);
    document.at("run_id").get_to(model.run_id);
    document.at("alignment_id").get_to(model.alignment_id);
    document.at("bins").get_to(model.bins);
    document.at("depth").get_to(model.depth);
    document.at("trees").get_to(count);
    document.at("outputs").get_to(model.outputs);
    model.relaxed = document.value("security", "full") == "relaxed";
    const auto objective = std::find(kObjectives.begin(), kObjectives.end(), document.at("objective").get<std::string>());
    if (objective == kObjectives.end()) return Error(ErrorCode::kInvalid, "the model has an objective that this release does not know");
    model.objective = static_cast<Objective>(objective - kObjectives.begin());
    document.at("features_by_party").get_to(model.features);
    document.at("party").get_to(model.party);
    model.own = document.at("own");
    if (!model.own.is_object()) return Error(ErrorCode::kInvalid, "model.json has no object where this party's own part is");
  } catch (const Json::exception&) {
    return Error(ErrorCode::kInvalid, "model.json lacks a field or has one of another type");
  }
  const bool fits = model.depth >= 1 && model.depth <= kDepthMax && model.bins >= 2 && model.bins <= 128 && count >= 1 &&
                    model.outputs >= 1 && count % model.outputs == 0 && (model.objective == Objective::kMulti) == (model.outputs > 1) &&
                    model.party >= 0 && static_cast<std::size_t>(model.party) < model.features.size();
  if (!fits) return Error(ErrorCode::kInvalid, "model.json has a number out of range");
  Shape shape;
  shape.features = model.features;
  shape.bins = model.bins;
  shape.depth = model.depth;
  PAI_ASSIGN(model.trees, trees_of(files.weights, count, shape, static_cast<std::size_t>(model.party)));
  return model;
}

Result<std::vector<double>> base_scores_of(const BoostModel& model) {
  const auto stored = model.own.is_object() ? model.own.value("base_scores", Json()) : Json();
  std::vector<double> scores;
  for (const auto& score : stored.is_array() ? stored : Json::array()) {
    // Not so large that it, or trees added to it, would leave the ring.
    if (!score.is_number() || !(std::abs(score.get<double>()) <= nn::kScoreMax)) {
      return Error(ErrorCode::kInvalid, "the label client's part of the model has a base score that is no number from -24 to 24");
    }
    scores.push_back(score.get<double>());
  }
  if (scores.size() == model.outputs) return scores;
  return Error(ErrorCode::kInvalid, "the label client's part of the model has other outputs than its trees");
}

Status check_party(const BoostModel& model, const nn::Cast& cast) {
  if (model.party == cast.group.self) return {};
  return Error(ErrorCode::kInvalid, "this party was data client number " + std::to_string(model.party) +
                                        " of the training and is number " + std::to_string(cast.group.self) + " here")
      .with_hint("list the clients in the order of the training");
}

Status check_features(const BoostModel& model, const nn::Plan& plan) {
  if (model.features == plan.columns) return {};
  return Error(ErrorCode::kInvalid, "the parties do not bring as many columns as in the training of '" + printable(model.task) + "'")
      .with_hint("list the clients in the order of the training, with the columns they had there");
}

void use_shape(const BoostModel& model, BoostSettings& settings) {
  settings.depth = model.depth;
  settings.bins = model.bins;
  settings.objective = model.objective;
  settings.classes = model.outputs;
}

void offer_model(v1::TrainingOffer& offer, const BoostModel& model) {
  offer.set_model_run_id(model.run_id);
  offer.mutable_model()->set_trees(static_cast<std::uint32_t>(model.trees.size()));
  offer.mutable_model()->set_depth(static_cast<std::uint32_t>(model.depth));
  offer.mutable_model()->set_outputs(static_cast<std::uint32_t>(model.outputs));
  offer.mutable_model()->set_linear(model.objective == Objective::kRegression);
}

Importance importance_of(const std::vector<Tree>& trees, std::size_t party, const std::vector<std::string>& names, std::vector<double> gains) {
  Importance importance{names, std::vector<std::uint64_t>(names.size()), std::move(gains)};
  for (const auto& tree : trees) {
    for (std::size_t node = 0; node < tree.owners.size(); ++node) {
      if (tree.owners[node] == party && tree.splits[node].splits) ++importance.counts[tree.splits[node].feature];
    }
  }
  return importance;
}

Json Importance::to_json() const {
  Json list = Json::array();
  for (std::size_t j = 0; j < names.size(); ++j) {
    list.push_back({{"name", names[j]}, {"count", counts[j]}});
    if (!gains.empty()) list.back()["gain"] = gains[j];
  }
  return list;
}

std::string Importance::to_csv() const {
  std::string text = gains.empty() ? "feature,count\n" : "feature,count,gain\n";
  for (std::size_t j = 0; j < names.size(); ++j) {
    nn::append_field(text, names[j]);
    text += ',' + std::to_string(counts[j]);
    if (!gains.empty()) {
      text += ',';
      nn::append_number(text, gains[j]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace pai::client::boost
