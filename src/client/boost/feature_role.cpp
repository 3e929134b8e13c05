#include "client/boost/boost_data.h"
#include "client/boost/boost_session.h"
#include "client/boost/roles.h"
#include "client/nn/data/data_set.h"
#include "client/nn/feature_data.h"
#include "client/nn/session.h"

namespace pai::client::boost {
namespace {

Result<v1::TrainingOffer> offer_of(const BoostData& data) {
  v1::TrainingOffer offer;
  PAI_ASSIGN(*offer.mutable_alignment_id(), nn::alignment_bytes(data.alignment_id));
  offer.set_train_rows(data.train_rows);
  offer.set_test_rows(data.test_rows);
  offer.set_columns(static_cast<std::uint32_t>(data.edges.features()));
  return offer;
}

Status train(Context& context, const BoostSettings& settings, const nn::Cast& cast) {
  PAI_ASSIGN(const auto own, nn::data_settings(context.task));
  PAI_ASSIGN(auto data, boost::read_for_training(context, own, settings.bins));
  PAI_ASSIGN(auto offer, offer_of(data));
  PAI_TRY(nn::offer_checkpoints(context, offer));
  PAI_ASSIGN(const auto plan, nn::meet(context.channel, cast, offer));
  PAI_ASSIGN(const auto session, BoostSession::start(context, settings, cast, plan, std::move(data.bins)));
  PAI_ASSIGN(auto trained, session->train(nullptr));
  PAI_TRY(session->end_source());
  const auto& names = data.edges.names();
  const auto importance = importance_of(trained.trees, static_cast<std::size_t>(cast.group.self), names, std::move(trained.gains));
  nlohmann::json part = {{"alignment_id", data.alignment_id},
                         {"schema_hash", nn::DataSet::schema_hash(names)},
                         {"bins", data.edges.to_json()},
                         {"importance", importance.to_json()}};
  return session->store(std::move(trained.trees), std::move(part), {{"importance.csv", importance.to_csv()}});
}

Status predict(Context& context, BoostSettings settings, const nn::Cast& cast) {
  PAI_ASSIGN(const auto own, nn::data_settings(context.task));
  PAI_ASSIGN(const auto model, BoostModel::read(context.task.node.model_folder));
  PAI_TRY(check_party(model, cast));
  PAI_ASSIGN(auto data, boost::read_for_prediction(context, own, model.own));
  PAI_ASSIGN(auto offer, offer_of(data));
  offer_model(offer, model);
  PAI_ASSIGN(const auto plan, nn::meet(context.channel, cast, offer));
  PAI_TRY(check_features(model, plan));
  use_shape(model, settings);
  PAI_ASSIGN(const auto session, BoostSession::start(context, settings, cast, plan, std::move(data.bins)));
  PAI_TRY(session->predict(model.trees, {}));
  PAI_TRY(session->end_source());
  return nn::end_with_others(context.channel, cast.main);
}

}  // namespace
}  // namespace pai::client::boost

namespace pai::client {

Status run_secure_xgboost_feature(Context& context) {
  const auto settings = boost::boost_settings(context.task);
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  return settings.predict ? boost::predict(context, settings, cast) : boost::train(context, settings, cast);
}

}  // namespace pai::client
