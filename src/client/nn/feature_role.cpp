#include "client/nn/feature_data.h"
#include "client/nn/roles.h"
#include "client/nn/session.h"

namespace pai::client::nn {
namespace {

Result<v1::TrainingOffer> offer_of(const FeatureData& data) {
  v1::TrainingOffer offer;
  PAI_ASSIGN(*offer.mutable_alignment_id(), alignment_bytes(data.alignment_id));
  offer.set_train_rows(data.train_rows);
  offer.set_test_rows(data.test_rows);
  offer.set_columns(static_cast<std::uint32_t>(data.columns.size()));
  return offer;
}

Status train(Context& context, const TrainingSettings& settings, const Cast& cast) {
  PAI_ASSIGN(const auto own, data_settings(context.task));
  PAI_ASSIGN(auto data, read_for_training(context, own));
  PAI_ASSIGN(auto offer, offer_of(data));
  PAI_TRY(offer_checkpoints(context, offer));
  PAI_ASSIGN(const auto plan, meet(context.channel, cast, offer));
  PAI_ASSIGN(const auto session, Session::start(context, settings, cast, plan, std::move(data.words)));
  auto model = session->initial();
  PAI_ASSIGN(const auto batches,
             run_training(context, session->party(), session->source(), session->parts(), session->checkpoints(), model, nullptr));
  PAI_TRY(session->source().drain());
  session->note_end(batches);
  return session->store(model, nullptr, batches, data.description());
}

Status predict(Context& context, const TrainingSettings& settings, const Cast& cast) {
  PAI_ASSIGN(const auto own, data_settings(context.task));
  PAI_ASSIGN(const auto stored, read_model(context.task.node.model_folder));
  PAI_TRY(check_place(stored.description, cast));
  PAI_ASSIGN(auto data, read_for_prediction(context, own, stored.description.own));
  PAI_ASSIGN(auto offer, offer_of(data));
  offer_model(offer, stored.description);
  PAI_ASSIGN(const auto plan, meet(context.channel, cast, offer));
  PAI_TRY(check_columns(stored.description, plan));
  PAI_ASSIGN(const auto session, Session::start(context, settings, cast, plan, std::move(data.words)));
  auto model = session->initial();
  PAI_TRY(restore(stored, session->party(), session->owners(), model, nullptr));

  context.reporter.phase("predict", plan.test_rows, "rows");
  PAI_TRY(run_evaluation(session->party(), session->source(), *make_prediction(session->parts(), cast.group, nullptr), model));
  PAI_TRY(session->source().drain());
  context.reporter.advance(plan.test_rows);
  session->note_end(0);
  return end_with_others(context.channel, cast.main);
}

}  // namespace
}  // namespace pai::client::nn

namespace pai::client {

Status run_shared_nn_feature(Context& context) {
  const auto settings = nn::training_settings(context.task);
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  return settings.predict ? nn::predict(context, settings, cast) : nn::train(context, settings, cast);
}

}  // namespace pai::client
