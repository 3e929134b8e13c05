#include "client/boost/boost_session.h"
#include "client/boost/roles.h"
#include "client/boost/scores.h"
#include "client/mpc/dealer_source.h"
#include "client/nn/end_listener.h"

namespace pai::client::boost {
namespace {

/// The same operations as BoostSession::train, tree for tree, until `ended`.
Status deal_trees(Context& context, const nn::Cast& cast, mpc::Source& source, const BoostSettings& settings, const Shape& shape,
                  const MaskedBins& masks, std::uint64_t done, const nn::EndListener* listener) {
  const auto step = make_tree_step(shape, settings, masks, {}, -1);
  context.reporter.phase("deal", settings.iterations, "trees");
  context.reporter.advance(done);
  while (done < settings.iterations && !(listener != nullptr && listener->ended())) {
    const auto sample = sample_of(shape, settings.seed, done, settings.row_ratio, settings.column_ratio);
    for (std::size_t tree = 0; tree < settings.outputs(); ++tree) {
      for (std::size_t operation = 0; operation < step->operations(); ++operation) {
        source.begin();
        step->draw(source, operation, sample);
        PAI_TRY(source.finish());
      }
    }
    ++done;
    context.reporter.set_batches(done);
    context.reporter.advance(1);
    if (shape.test_rows == 0 || !settings.evaluates_after(done)) continue;
    Scores opening;
    for (std::size_t operation = 0; operation < evaluation_operations(settings, shape.test_rows); ++operation) {
      source.begin();
      draw_evaluation(source, opening, settings, cast.group, shape.test_rows, operation);
      PAI_TRY(source.finish());
    }
  }
  return {};
}

Status deal_training(Context& context, const nn::Cast& cast, mpc::Source& source, const BoostSettings& settings, const Shape& shape,
                     std::uint64_t done) {
  context.reporter.phase("mask", shape.train_rows, "rows");
  PAI_ASSIGN(auto masks, MaskedBins::make(context, shape, -1));
  PAI_TRY(masks.draw(source, context.reporter));
  if (settings.early_stop == 0) return deal_trees(context, cast, source, settings, shape, masks, done, nullptr);
  return nn::deal_until_end(context.channel, cast.label, [&](const nn::EndListener& listener) {
    return deal_trees(context, cast, source, settings, shape, masks, done, &listener);
  });
}

Status deal_prediction(Context& context, mpc::Source& source, const BoostSettings& settings, const Shape& shape, std::uint64_t trees) {
  context.reporter.phase("deal", trees, "trees");
  TreePaths paths(shape);
  for (std::uint64_t tree = 0; tree < trees; ++tree) {
    for (std::size_t operation = 0; operation <= shape.depth; ++operation) {
      PAI_TRY(draw_prediction_tree(source, paths, shape.depth, operation));
    }
    context.reporter.advance(1);
  }
  Scores opening;
  source.begin();
  opening.draw_in_order(source, shape.rows(), settings.outputs(), settings.objective == Objective::kRegression);
  return source.finish();
}

}  // namespace

Status run_dealer(Context& context, const ring::Seed* fixed_seed) {
  PAI_ASSIGN(const auto cast, nn::cast_of(context.task));
  PAI_ASSIGN(const auto message, context.channel.receive<v1::TrainingPlan>(cast.main));
  const auto read_plan = nn::plan_from(message, cast.group.clients.size());
  if (!read_plan.ok()) return Error(read_plan.error()).blaming(cast.main);
  const auto& plan = *read_plan;
  auto settings = boost_settings(context.task);
  if (settings.predict) PAI_TRY(take_model_shape(plan, settings));
  PAI_ASSIGN(const auto shape, shape_of(settings, plan));
  PAI_ASSIGN(auto source, mpc::DealerSource::open(context.channel, cast.group, context.task.run_id, fixed_seed));
  PAI_TRY(settings.predict ? deal_prediction(context, source, settings, shape, plan.trees)
                           : deal_training(context, cast, source, settings, shape, plan.batches_done));
  return source.end();
}

}  // namespace pai::client::boost
