#include "client/boost/label_boosting.h"
#include "client/boost/roles.h"
#include "client/nn/core/metrics.h"
#include "client/nn/data/data_set.h"
#include "client/nn/data/read_table.h"
#include "client/nn/feature_data.h"
#include "client/nn/predictions.h"
#include "client/nn/session.h"

namespace pai::client::boost {
namespace {

/// What a sum of losses over few rows says of each; and what it does not say.
Status check_rows_of_sum(Context& context, std::uint64_t rows, const BoostSettings& settings) {
  if (rows == 0) return {};
  if (rows < nn::kClassRowsMin) {
    return Error(ErrorCode::kInvalid, "the loss is opened over at least " + std::to_string(nn::kClassRowsMin) + " test rows; there are " +
                                          std::to_string(rows) + ": fewer would tell single rows' scores")
        .with_hint("align with a larger test_ratio, or with 0 to evaluate nothing");
  }
  if (settings.objective != Objective::kRegression) {
    context.reporter.note(log::Level::kInfo, "the loss alone is opened: no warning will say when scores pass 24, where the sigmoid is no longer exact", {});
  }
  return {};
}

Status train(Context& context, const BoostSettings& settings, const nn::Cast& cast) {
  PAI_ASSIGN(auto own, nn::data_settings(context.task));
  own.metrics = settings.metrics;
  nn::TrainingSettings of_labels;
  of_labels.shape.out_dim = settings.outputs();
  if (settings.objective == Objective::kRegression) of_labels.rule.activation = nn::OutputActivation::kNone;
  PAI_ASSIGN(const auto data, nn::read_labels(context, of_labels, own));
  if (settings.evaluation() == nn::EvaluationKind::kSumOfLosses) PAI_TRY(check_rows_of_sum(context, data.test_rows, settings));

  v1::TrainingOffer offer;
  PAI_ASSIGN(*offer.mutable_alignment_id(), nn::alignment_bytes(data.alignment_id));
  offer.set_train_rows(data.train_rows);
  offer.set_test_rows(data.test_rows);
  offer.set_loss(settings.objective == Objective::kRegression ? v1::LOSS_SQUARED : v1::LOSS_LOGISTIC);
  offer.set_evaluation(settings.evaluation() == nn::EvaluationKind::kSumOfLosses ? v1::EVALUATION_SUM_OF_LOSSES : v1::EVALUATION_SHUFFLED_SCORES);
  PAI_TRY(nn::offer_checkpoints(context, offer));
  PAI_ASSIGN(const auto plan, nn::meet(context.channel, cast, offer));
  PAI_ASSIGN(const auto session, BoostSession::start(context, settings, cast, plan, {}));
  PAI_ASSIGN(const auto side, LabelBoosting::begin(context, cast, settings, plan, data));
  PAI_ASSIGN(auto trained, session->train(side.get()));
  PAI_TRY(session->end_source());
  return session->store(std::move(trained.trees),
                        {{"alignment_id", data.alignment_id}, {"labels", data.scheme.to_json()}, {"base_scores", side->base_scores()}});
}

Status predict(Context& context, BoostSettings settings, const nn::Cast& cast) {
  PAI_ASSIGN(const auto own, nn::data_settings(context.task));
  PAI_ASSIGN(const auto model, BoostModel::read(context.task.node.model_folder));
  PAI_TRY(check_party(model, cast));
  PAI_ASSIGN(const auto base_scores, base_scores_of(model));
  PAI_ASSIGN(const auto scheme, nn::LabelScheme::from_json(model.own.value("labels", nlohmann::json())));
  if (scheme.outputs() != model.outputs) {
    return Error(ErrorCode::kInvalid, "the label client's part of the model has other outputs than its trees");
  }
  PAI_ASSIGN(const auto set, nn::DataSet::open(context.datasets, own.data_path));
  context.reporter.phase("read", set.rows(), "rows");
  PAI_ASSIGN(const auto rows, nn::read_aligned(context.datasets, set, {}));
  context.reporter.advance(set.rows());

  v1::TrainingOffer offer;
  PAI_ASSIGN(*offer.mutable_alignment_id(), nn::alignment_bytes(set.alignment_id()));
  offer.set_test_rows(set.rows());
  offer.set_loss(v1::LOSS_LOGISTIC);
  offer.set_evaluation(v1::EVALUATION_SHUFFLED_SCORES);
  offer_model(offer, model);
  PAI_ASSIGN(const auto plan, nn::meet(context.channel, cast, offer));
  PAI_TRY(check_features(model, plan));
  use_shape(model, settings);
  PAI_ASSIGN(const auto session, BoostSession::start(context, settings, cast, plan, {}));
  PAI_ASSIGN(const auto scores, session->predict(model.trees, base_scores));
  PAI_TRY(session->end_source());
  PAI_TRY(nn::write_predictions(context.folder, rows.ids, scheme, scores));
  return nn::end_with_others(context.channel, cast.main);
}

}  // namespace
}  // namespace pai::client::boost

namespace pai::client {

Status run_secure_xgboost_label(Context& context) {
  const auto settings = boost::boost_settings(context.task);
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  return settings.predict ? boost::predict(context, settings, cast) : boost::train(context, settings, cast);
}

}  // namespace pai::client
