#include "client/nn/lead.h"
#include "client/nn/plan.h"
#include "client/nn/roles.h"

namespace pai::client {

Status run_shared_nn_main(Context& context) {
  const auto settings = nn::training_settings(context.task);
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  PAI_ASSIGN(const auto plan, nn::meet_parties(context, cast, "batches", [&] {
               return nn::make_plan(context.channel, cast, settings, context.resume());
             }));
  if (!settings.predict) PAI_TRY(nn::follow_training(context, cast, settings.early_stop, plan.batches_done, nn::Schedule(settings, plan).batches(), "batches"));
  return nn::publish(context, cast);
}

}  // namespace pai::client
