#include "client/mpc/dealer_source.h"
#include "client/nn/core/batches.h"
#include "client/nn/end_listener.h"
#include "client/nn/mask_features.h"
#include "client/nn/roles.h"
#include "client/nn/trainer.h"

namespace pai::client::nn {
namespace {

/// The words of U are kept in memory: on a disk they would lie unprotected.
Result<FeatureMatrix> mask_matrix(const Plan& plan, std::uint64_t rows) {
  ColumnOwners owners(plan.columns);
  PAI_ASSIGN(auto masks, LargeWords::in_memory(rows * owners.total));
  return FeatureMatrix(rows, std::move(owners), -1, std::move(masks), LargeWords());
}

/// The same operations as run_training, batch for batch, until `ended`.
Status deal_batches(Context& context, const Cast& cast, mpc::Source& source, const TrainingParts& parts,
                    const EndListener* listener) {
  PAI_ASSIGN(const auto step, make_step(parts, nullptr));
  Batches batches(parts.settings.seed, parts.plan.train_rows, parts.schedule.batch_size());
  context.reporter.phase("deal", parts.schedule.batches(), "batches");
  context.reporter.advance(parts.plan.batches_done);
  for (auto done = parts.plan.batches_done; done < parts.schedule.batches() && !(listener && listener->ended());) {
    source.begin();
    step->draw(source, parts.train.gather(batches.rows_of(done)));
    PAI_TRY(source.finish());
    ++done;
    context.reporter.set_batches(done);
    context.reporter.advance(1);
    if (parts.schedule.evaluates_after(done)) {
      PAI_TRY(deal_evaluation(source, *make_evaluation(parts, cast.group, {}, nullptr)));
    }
  }
  if (ends_with_range_check(parts)) PAI_TRY(deal_evaluation(source, *make_range_check(parts, cast.group, {})));
  return {};
}

Status deal_training(Context& context, const Cast& cast, mpc::Source& source, const TrainingParts& parts) {
  if (parts.settings.early_stop == 0) return deal_batches(context, cast, source, parts, nullptr);
  return deal_until_end(context.channel, cast.label, [&](const EndListener& listener) {
    return deal_batches(context, cast, source, parts, &listener);
  });
}

Status deal_prediction(Context& context, const Cast& cast, mpc::Source& source, const TrainingParts& parts) {
  context.reporter.phase("deal", parts.test.rows(), "rows");
  PAI_TRY(deal_evaluation(source, *make_prediction(parts, cast.group, nullptr)));
  context.reporter.advance(parts.test.rows());
  return {};
}

}  // namespace

Status run_dealer(Context& context, const ring::Seed* fixed_seed) {
  PAI_ASSIGN(const auto cast, cast_of(context.task));
  PAI_ASSIGN(const auto message, context.channel.receive<v1::TrainingPlan>(cast.main));
  const auto read_plan = plan_from(message, cast.group.clients.size());
  if (!read_plan.ok()) return Error(read_plan.error()).blaming(cast.main);
  const auto& plan = *read_plan;
  const auto settings = settings_for(training_settings(context.task), plan);
  PAI_ASSIGN(const auto terms, step_terms(settings, plan));

  context.reporter.phase("mask", plan.train_rows + plan.test_rows, "rows");
  PAI_ASSIGN(auto source, mpc::DealerSource::open(context.channel, cast.group, context.task.run_id, fixed_seed));
  PAI_ASSIGN(auto train, mask_matrix(plan, plan.train_rows));
  PAI_ASSIGN(auto test, mask_matrix(plan, plan.test_rows));
  PAI_TRY(draw_feature_masks(source, train, context.reporter));
  PAI_TRY(draw_feature_masks(source, test, context.reporter));

  const Schedule schedule(settings, plan);
  const TrainingParts parts{settings, plan, terms, schedule, train, test, cast.main};
  PAI_TRY(settings.predict ? deal_prediction(context, cast, source, parts)
                           : deal_training(context, cast, source, parts));
  return source.end();
}

}  // namespace pai::client::nn

namespace pai::client {

Status run_triplet_producer(Context& context) { return nn::run_dealer(context, nullptr); }

}  // namespace pai::client
