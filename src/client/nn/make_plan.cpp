#include <numeric>

#include "client/channel/wire.h"
#include "client/nn/offers.h"
#include "client/nn/plan.h"
#include "client/nn/trainer.h"
#include "common/base/text.h"

namespace pai::client::nn {

namespace {

/// What the channel takes in one message, as words: the dealer sends a client the correction of a batch in one, and test rows are shuffled in
/// one.
constexpr std::size_t kMessageWordsMax = (kAssembledBytesMax - (64 << 10)) / sizeof(ring::Word);
/// Words of correction, at most: for a value of a layer (20 of them its waves), for a parameter, for a logit of the test set.
constexpr std::size_t kWordsAValue = 29, kWordsAParameter = 5, kWordsALogit = 4;

/// Whether a batch and an evaluation fit into messages.
Status check_sizes(const Plan& plan, const TrainingSettings& settings, const ModelShape& shape) {
  const auto in_words = [](std::uint64_t count, std::size_t words) { return count > kMessageWordsMax / words; };
  const auto parameters = shape.parameters();
  if (in_words(parameters, kWordsAParameter)) {
    return Error(ErrorCode::kInvalid, "in_dim and layers make " + with_thousands(parameters) + " weights: at most " +
                                          with_thousands(kMessageWordsMax / kWordsAParameter) + " are trained at a time")
        .with_hint("lower in_dim or the layers' widths");
  }
  const auto batch = Schedule(settings, plan).batch_size();
  const auto values = batch * std::accumulate(shape.widths.begin(), shape.widths.end(), std::size_t{0});
  const auto values_max = (kMessageWordsMax - parameters * kWordsAParameter) / kWordsAValue;
  if (values > values_max) {
    return Error(ErrorCode::kInvalid, "batch_size times the layers' widths is " + with_thousands(values) + ": at most " +
                                          with_thousands(values_max) + " values are computed at a time")
        .with_hint("lower batch_size or the layers' widths");
  }
  const bool shuffles = plan.evaluation == EvaluationKind::kShuffledScores && !settings.split;
  if (shuffles && in_words(plan.test_rows * shape.outputs(), kWordsALogit)) {
    return Error(ErrorCode::kInvalid, "the test set has " + with_thousands(plan.test_rows) + " rows of " +
                                          std::to_string(shape.outputs()) + " scores: more than are shuffled together")
        .with_hint("set metric to \"loss\", or align again with a smaller test_ratio");
  }
  return {};
}

/// What every party would find out for itself later.
Status check_training(const Plan& plan, const TrainingSettings& settings) {
  PAI_ASSIGN(const auto terms, step_terms(settings, plan));
  if (settings.predict) return {};
  if (plan.train_rows < 2) {
    return Error(ErrorCode::kInvalid, "the data set has " + std::to_string(plan.train_rows) + " rows to train with: too few");
  }
  PAI_TRY(check_sizes(plan, settings, terms.shape));
  const auto step = settings.split ? make_split_step(terms, nullptr) : make_full_step(terms);
  return step.ok() ? Status() : step.error();
}

}  // namespace

Result<Plan> make_plan(Channel& channel, const Cast& cast, const TrainingSettings& settings, bool resume) {
  PAI_ASSIGN(const auto offers, collect_offers(channel, cast, settings.predict));
  auto message = plan_message(offers, cast, resume, settings.predict);
  PAI_ASSIGN(const auto plan, plan_from(message, cast.group.clients.size()));
  PAI_TRY(check_training(plan, settings_for(settings, plan)));

  PAI_TRY(tell_plan(channel, cast, offers, std::move(message)));
  return plan;
}

}  // namespace pai::client::nn
