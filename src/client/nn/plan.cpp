#include "client/nn/plan.h"

#include <algorithm>
#include <numeric>

namespace pai::client::nn {

namespace {

constexpr std::uint64_t kRowsMax = (std::uint64_t{1} << 32) - 1;
constexpr std::size_t kColumnsMax = 65'536;
/// Values of one layer at a time in an evaluation; each costs 20 words of the dealer's correction.
constexpr std::size_t kLayerValuesAtATime = std::size_t{1} << 17;

bool is_known(v1::Loss loss) { return loss == v1::LOSS_LOGISTIC || loss == v1::LOSS_SQUARED; }

bool is_known(v1::Evaluation evaluation) {
  return evaluation == v1::EVALUATION_SHUFFLED_SCORES || evaluation == v1::EVALUATION_SUM_OF_LOSSES;
}

}  // namespace

std::size_t Plan::features() const { return std::accumulate(columns.begin(), columns.end(), std::size_t{0}); }

Result<Plan> plan_from(const v1::TrainingPlan& message, std::size_t parties) {
  Plan plan;
  plan.train_rows = message.train_rows();
  plan.test_rows = message.test_rows();
  plan.columns.assign(message.columns().begin(), message.columns().end());
  plan.loss = message.loss() == v1::LOSS_SQUARED ? Loss::kMse : Loss::kLogloss;
  plan.evaluation = message.evaluation() == v1::EVALUATION_SUM_OF_LOSSES ? EvaluationKind::kSumOfLosses
                                                                         : EvaluationKind::kShuffledScores;
  plan.batches_done = message.batches_done();
  plan.checkpoint_run_id = message.checkpoint_run_id();
  plan.widths.assign(message.model().widths().begin(), message.model().widths().end());
  plan.split = message.model().split();
  if (message.model().linear()) plan.activation = OutputActivation::kNone;
  plan.trees = message.model().trees();
  plan.depth = message.model().depth();
  plan.outputs = message.model().outputs();
  const bool is_prediction = !plan.widths.empty() || plan.trees > 0;
  const bool in_range =
      plan.columns.size() == parties && plan.train_rows <= kRowsMax && plan.test_rows <= kRowsMax &&
      (is_prediction || plan.train_rows >= 1) && plan.features() >= 1 && plan.features() <= kColumnsMax &&
      is_known(message.loss()) && is_known(message.evaluation());
  if (!in_range) return Error(ErrorCode::kProtocol, "main sent a plan that is out of range");
  return plan;
}

TrainingSettings settings_for(TrainingSettings settings, const Plan& plan) {
  if (!settings.predict || plan.widths.empty()) return settings;
  settings.shape.in_dim = plan.widths.front();
  settings.shape.layers.assign(plan.widths.begin() + 1, plan.widths.end());
  settings.shape.out_dim = plan.widths.back();
  settings.split = plan.split;
  settings.rule.activation = plan.activation;
  settings.export_weights = false;
  settings.early_stop = 0;
  return settings;
}

Result<Plan> meet(Channel& channel, const Cast& cast, const v1::TrainingOffer& offer) {
  PAI_TRY(channel.send(cast.main, offer));
  PAI_ASSIGN(const auto message, channel.receive<v1::TrainingPlan>(cast.main));
  auto plan = plan_from(message, cast.group.clients.size());
  if (!plan.ok()) return std::move(plan).error().blaming(cast.main);
  const auto own_columns = plan->columns[static_cast<std::size_t>(cast.group.self)];
  if (message.alignment_id() != offer.alignment_id() ||
      message.model().SerializeAsString() != offer.model().SerializeAsString() || plan->train_rows != offer.train_rows() ||
      plan->test_rows != offer.test_rows() || own_columns != offer.columns()) {
    return Error(ErrorCode::kProtocol, "main's plan is about another data set than this party's").blaming(cast.main);
  }
  const bool is_label = offer.loss() != v1::LOSS_UNSPECIFIED;
  if (is_label && (message.loss() != offer.loss() || message.evaluation() != offer.evaluation())) {
    return Error(ErrorCode::kProtocol, "main's plan evaluates otherwise than this party offered").blaming(cast.main);
  }
  return plan;
}

Schedule::Schedule(const TrainingSettings& settings, const Plan& plan)
    : batch_size_(std::min<std::size_t>(settings.batch_size, std::max<std::uint64_t>(1, plan.train_rows))),
      batches_(settings.max_iter.value_or(1001)),
      evaluate_every_(settings.test_per_batches),
      save_every_(settings.checkpoint_per_batches),
      has_test_(plan.test_rows > 0) {
  if (settings.epochs) batches_ = *settings.epochs * (plan.train_rows / batch_size_);
}

bool Schedule::evaluates_after(std::uint64_t done) const {
  return has_test_ && (done == batches_ || (evaluate_every_ != 0 && done % evaluate_every_ == 0));
}

std::size_t rows_at_a_time(const TrainingSettings& settings, const ModelShape& shape) {
  const auto widest = *std::max_element(shape.widths.begin(), shape.widths.end());
  return std::clamp<std::size_t>(kLayerValuesAtATime / widest, 1, settings.test_batch_size);
}

}  // namespace pai::client::nn
