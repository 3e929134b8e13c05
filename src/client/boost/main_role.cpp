#include "client/boost/boost_settings.h"
#include "client/boost/roles.h"
#include "client/nn/lead.h"
#include "client/nn/offers.h"

namespace pai::client::boost {
namespace {

/// A class of the label needs rows to learn from, and a quantile more than one.

Result<nn::Plan> make_plan(Channel& channel, const nn::Cast& cast, BoostSettings settings, bool resume) {
  PAI_ASSIGN(const auto offers, nn::collect_offers(channel, cast, settings.predict));
  auto message = nn::plan_message(offers, cast, resume, settings.predict);
  PAI_ASSIGN(auto plan, nn::plan_from(message, cast.group.clients.size()));
  if (settings.predict) PAI_TRY(take_model_shape(plan, settings));
  PAI_TRY(shape_of(settings, plan));
  PAI_TRY(nn::tell_plan(channel, cast, offers, std::move(message)));
  return plan;
}

}  // namespace
}  // namespace pai::client::boost

namespace pai::client {

Status run_secure_xgboost_main(Context& context) {
  const auto settings = boost::boost_settings(context.task);
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  PAI_ASSIGN(const auto plan, nn::meet_parties(context, cast, "trees", [&] {
               return boost::make_plan(context.channel, cast, settings, context.resume());
             }));
  if (!settings.predict) {
    PAI_TRY(nn::follow_training(context, cast, settings.early_stop, plan.batches_done, settings.iterations, "trees"));
  }
  return nn::publish(context, cast);
}

}  // namespace pai::client
