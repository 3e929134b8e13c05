#include "client/nn/feature_data.h"
#include "client/nn/label_training.h"
#include "client/nn/predictions.h"
#include "client/nn/roles.h"
#include "client/nn/session.h"

namespace pai::client::nn {
namespace {

Status train(Context& context, const TrainingSettings& settings, const Cast& cast) {
  PAI_ASSIGN(const auto own, data_settings(context.task));
  auto rule = settings.rule;
  rule.loss = own.loss;
  PAI_TRY(check_rule(rule));
  PAI_ASSIGN(const auto data, read_labels(context, settings, own));

  v1::TrainingOffer offer;
  PAI_ASSIGN(*offer.mutable_alignment_id(), alignment_bytes(data.alignment_id));
  offer.set_train_rows(data.train_rows);
  offer.set_test_rows(data.test_rows);
  offer.set_loss(own.loss == Loss::kMse ? v1::LOSS_SQUARED : v1::LOSS_LOGISTIC);
  offer.set_evaluation(data.wants_scores() ? v1::EVALUATION_SHUFFLED_SCORES : v1::EVALUATION_SUM_OF_LOSSES);
  PAI_TRY(offer_checkpoints(context, offer));
  PAI_ASSIGN(const auto plan, meet(context.channel, cast, offer));
  PAI_ASSIGN(const auto session, Session::start(context, settings, cast, plan, {}));
  const auto parts = session->parts();
  auto model = session->initial();
  PAI_ASSIGN(const auto side, LabelTraining::begin(context, cast, parts, data));
  PAI_ASSIGN(const auto batches, run_training(context, session->party(), session->source(), parts, session->checkpoints(), model, side.get()));
  PAI_TRY(session->source().drain());
  session->note_end(batches);
  return session->store(model, side->top(), batches, {{"alignment_id", data.alignment_id}, {"labels", data.scheme.to_json()}});
}

Status predict(Context& context, const TrainingSettings& settings, const Cast& cast) {
  PAI_ASSIGN(const auto own, data_settings(context.task));
  PAI_ASSIGN(const auto stored, read_model(context.task.node.model_folder));
  PAI_TRY(check_place(stored.description, cast));
  PAI_ASSIGN(const auto scheme, LabelScheme::from_json(stored.description.own.value("labels", nlohmann::json())));
  PAI_ASSIGN(const auto set, DataSet::open(context.datasets, own.data_path));
  context.reporter.phase("read", set.rows(), "rows");
  PAI_ASSIGN(const auto rows, read_aligned(context.datasets, set, {}));
  context.reporter.advance(set.rows());

  v1::TrainingOffer offer;
  PAI_ASSIGN(*offer.mutable_alignment_id(), alignment_bytes(set.alignment_id()));
  offer.set_test_rows(set.rows());
  offer.set_loss(stored.description.rule.loss == Loss::kMse ? v1::LOSS_SQUARED : v1::LOSS_LOGISTIC);
  offer.set_evaluation(v1::EVALUATION_SHUFFLED_SCORES);
  offer_model(offer, stored.description);
  PAI_ASSIGN(const auto plan, meet(context.channel, cast, offer));
  PAI_TRY(check_columns(stored.description, plan));
  PAI_ASSIGN(const auto session, Session::start(context, settings, cast, plan, {}));
  auto model = session->initial();
  std::unique_ptr<TopNetwork> top;
  if (stored.description.security == "split") {
    top = std::make_unique<TopNetwork>(session->terms().shape, session->terms().rule, settings.seed);
  }
  PAI_TRY(restore(stored, session->party(), session->owners(), model, top.get()));

  context.reporter.phase("predict", plan.test_rows, "rows");
  const auto prediction = make_prediction(session->parts(), cast.group, top.get());
  PAI_ASSIGN(const auto outcome, run_evaluation(session->party(), session->source(), *prediction, model));
  PAI_TRY(session->source().drain());
  context.reporter.advance(plan.test_rows);
  session->note_end(0);
  PAI_TRY(write_predictions(context.folder, rows.ids, scheme, outcome.scores));
  return end_with_others(context.channel, cast.main);
}

}  // namespace
}  // namespace pai::client::nn

namespace pai::client {

Status run_shared_nn_label(Context& context) {
  const auto settings = nn::training_settings(context.task);
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  return settings.predict ? nn::predict(context, settings, cast) : nn::train(context, settings, cast);
}

}  // namespace pai::client
