#include "client/boost/boost_settings.h"

#include <algorithm>

namespace pai::client::boost {

namespace {

/// σ − y and σ′ of the series, with their errors.
constexpr double kGradientMax = 1.002;
constexpr double kHessianMax = 0.2525 + 1.0 / (1 << kHessianFloorBits);
/// f − y of numbers that are standardised and clipped to ±8.
constexpr double kResidualMax = 16;

template <class T>
void read(const nlohmann::json& object, const char* name, T& into) {
  if (const auto found = object.find(name); found != object.end() && !found->is_null()) into = found->get<T>();
}

}  // namespace

BoostSettings boost_settings(const task::TaskFile& task) {
  const auto& json = task.spec.main_client().settings;
  BoostSettings settings;
  settings.predict = json.value("mode", "train") == "predict";
  const auto config = json.value("config", nlohmann::json::object());
  if (const auto sync = json.find("sync_info"); sync != json.end()) read(*sync, "seed", settings.seed);
  read(config, "learning_rate", settings.learning_rate);
  const auto objective = config.value("objective", "binary");
  if (objective == "multi") settings.objective = Objective::kMulti;
  if (objective == "regression") settings.objective = Objective::kRegression;
  read(config, "num_class", settings.classes);
  read(config, "max_iteration", settings.iterations);
  read(config, "max_depth", settings.depth);
  read(config, "reg_lambda", settings.lambda);
  read(config, "gamma", settings.gamma);
  read(config, "min_child_weight", settings.child_weight_min);
  read(config, "col_sample_ratio", settings.column_ratio);
  read(config, "row_sample_ratio", settings.row_ratio);
  read(config, "n_bins", settings.bins);
  read(config, "early_stop", settings.early_stop);
  read(config, "seed", settings.seed);
  read(json, "checkpoint_per_trees", settings.checkpoint_per_trees);
  read(json, "test_per_trees", settings.test_per_trees);
  settings.relaxed = json.value("security", "full") == "relaxed";
  settings.gains = json.value("importance", "count") == "gain";
  if (const auto metric = json.find("metric"); metric != json.end()) {
    if (metric->is_string()) settings.metrics.push_back(metric->get<std::string>());
    if (metric->is_array()) settings.metrics = metric->get<std::vector<std::string>>();
  }
  if (settings.metrics.empty()) settings.metrics.emplace_back("auc_ks");
  return settings;
}

nn::EvaluationKind BoostSettings::evaluation() const {
  const bool scores = objective != Objective::kRegression && std::any_of(metrics.begin(), metrics.end(), [](const auto& name) { return name != "loss"; });
  return scores ? nn::EvaluationKind::kShuffledScores : nn::EvaluationKind::kSumOfLosses;
}

Status take_model_shape(const nn::Plan& plan, BoostSettings& settings) {
  constexpr std::uint64_t kTreesMax = 1'000'000;
  const bool fits = plan.depth >= 1 && plan.depth <= kDepthMax && plan.trees >= 1 && plan.trees <= kTreesMax && plan.outputs >= 1 &&
                    plan.outputs <= plan.trees && plan.trees % plan.outputs == 0;
  if (!fits) {
    return Error(ErrorCode::kProtocol, "main's plan is about a model that cannot be");
  }
  settings.depth = plan.depth;
  settings.objective = plan.outputs > 1 ? Objective::kMulti : plan.activation == nn::OutputActivation::kNone ? Objective::kRegression : Objective::kBinary;
  settings.classes = plan.outputs;
  return {};
}

Result<Shape> shape_of(const BoostSettings& settings, const nn::Plan& plan) {
  Shape shape;
  shape.train_rows = plan.train_rows;
  shape.test_rows = plan.test_rows;
  shape.features = plan.columns;
  shape.bins = settings.bins;
  shape.depth = settings.depth;
  if (shape.owners().size() > kOwnersMax) {
    return Error(ErrorCode::kInvalid, "boosting takes at most " + std::to_string(kOwnersMax) + " feature clients; this task has " +
                                          std::to_string(shape.owners().size()));
  }
  if (shape.owners().size() + 1 != shape.parties()) return Error(ErrorCode::kInvalid, "a feature client takes part without a column");
  constexpr std::size_t kRowsMax = std::size_t{1} << 26, kColumnsMax = std::size_t{1} << 20;
  if (shape.rows() > kRowsMax || shape.all_columns() > kColumnsMax) {
    return Error(ErrorCode::kInvalid, "boosting takes at most 67,108,864 rows, and 1,048,576 bins of all features together")
        .with_hint("lower n_bins, or take fewer columns");
  }
  if (settings.predict) return shape;
  // The scales of sums grow with the rows: fewer leave their products nothing to be cut by.
  constexpr std::size_t kRowsMin = 4;
  if (shape.train_rows < kRowsMin) {
    return Error(ErrorCode::kInvalid, "the data set has " + std::to_string(shape.train_rows) + " rows to train with: too few");
  }
  // At the deepest level every node has all candidates; a candidate takes about 1.5 KB while it is compared.
  constexpr std::size_t kCandidatesMax = std::size_t{1} << 23, kGradientWordsMax = std::size_t{1} << 32;
  std::size_t features = 0;
  for (const auto of_party : shape.features) features += of_party;
  const auto nodes = shape.nodes(shape.depth - 1);
  if (!settings.relaxed && features * shape.candidates_of_feature() * nodes > kCandidatesMax) {
    return Error(ErrorCode::kInvalid, "boosting compares at most 8,388,608 candidates a level; these features, bins and depth make " +
                                          std::to_string(features * shape.candidates_of_feature() * nodes))
        .with_hint("lower max_depth or n_bins, or take fewer columns");
  }
  constexpr std::size_t kHistogramWordsMax = std::size_t{1} << 26;
  if (settings.relaxed && shape.all_columns() * shape.nodes(shape.depth - 1) > kHistogramWordsMax) {
    return Error(ErrorCode::kInvalid, "relaxed boosting takes at most 67,108,864 bins of all features times nodes of a level")
        .with_hint("lower max_depth or n_bins, or take fewer columns");
  }
  if (shape.train_rows * shape.gradient_columns() > kGradientWordsMax) {
    return Error(ErrorCode::kInvalid, "boosting takes at most 4,294,967,296 training rows times leaves").with_hint("lower max_depth");
  }
  if (!scales_of(settings, shape).fit()) {
    return Error(ErrorCode::kInvalid, settings.objective == Objective::kRegression
                                          ? "a regression takes at most 8,388,608 training rows, less with a large reg_lambda: sums over more have no room"
                                          : "reg_lambda is too large: sums with it have no room");
  }
  return shape;
}

Scales scales_of(const BoostSettings& settings, const Shape& shape) {
  if (settings.objective == Objective::kRegression) return Scales::of(shape.train_rows, kResidualMax, 1, settings.lambda);
  return Scales::of(shape.train_rows, kGradientMax, kHessianMax, settings.lambda);
}

}  // namespace pai::client::boost
