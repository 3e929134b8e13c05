#include "client/nn/lead.h"
#include "client/nn/plan.h"
#include "client/nn/roles.h"

namespace pai::client {

Status run_shared_nn_main(Context& context) {
  const auto settings = nn::training_settings(context.task);
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  context.reporter.phase("meet", cast.group.clients.size(), "parties");
  PAI_ASSIGN(const auto plan, nn::make_plan(context.channel, cast, settings, context.resume()));
  context.reporter.advance(cast.group.clients.size());
  if (plan.batches_done > 0) {
    context.reporter.note(log::Level::kInfo, "training resumed", {{"batches", plan.batches_done}});
  } else if (context.resume()) {
    context.reporter.note(log::Level::kWarning, "no checkpoint that all parties have: training starts anew");
  }
  if (!settings.predict) PAI_TRY(nn::follow_training(context, cast, settings.early_stop, plan.batches_done, nn::Schedule(settings, plan).batches(), "batches"));
  return nn::publish(context, cast);
}

}  // namespace pai::client
