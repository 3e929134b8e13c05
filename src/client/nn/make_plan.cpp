#include <map>
#include <numeric>
#include <set>

#include "client/channel/wire.h"
#include "client/crypto/primitives.h"
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

using Offers = std::map<int, v1::TrainingOffer>;

std::string shortened(const std::string& id) {
  return id.size() == 32 ? to_hex(crypto::as_bytes(id)).substr(0, 16) + "…" : "none";
}

std::string shape_text(const v1::StoredModelShape& model) {
  std::string text = "layers ";
  for (const auto width : model.widths()) text += (text.ends_with(' ') ? "" : "-") + std::to_string(width);
  return text + ", security " + (model.split() ? "split" : "full") + (model.linear() ? ", no activation" : "");
}

/// kInvalid with a detail a client unless `what` is the same in all offers.
template <class Value>
Status all_same(const Offers& offers, const std::string& message, Value value) {
  std::set<std::string> seen;
  Error error(ErrorCode::kInvalid, message);
  for (const auto& [client, offer] : offers) {
    const std::string text = value(offer);
    seen.insert(text);
    error = std::move(error).with_detail({ErrorDetail::Kind::kClient, std::to_string(client), "has " + text});
  }
  if (seen.size() <= 1) return {};
  return error;
}

Status check_offers(const Offers& offers, const Cast& cast, const TrainingSettings& settings) {
  PAI_TRY(all_same(offers, "the parties' data sets come from different alignments",
                   [](const auto& offer) { return "alignment id " + shortened(offer.alignment_id()); }));
  PAI_TRY(all_same(offers, "the parties' data sets have different numbers of rows", [](const auto& offer) {
    return std::to_string(offer.train_rows()) + " rows to train with and " + std::to_string(offer.test_rows()) +
           " to test with";
  }));
  if (settings.predict) {
    PAI_TRY(all_same(offers, "the parties' models come from different trainings",
                     [](const auto& offer) { return "the model of run " + printable(offer.model_run_id(), 64); }));
    PAI_TRY(all_same(offers, "the parties' models have different shapes", [](const auto& offer) { return shape_text(offer.model()); }));
  }
  const auto& label = offers.at(cast.label);
  if (label.loss() == v1::LOSS_UNSPECIFIED || label.evaluation() == v1::EVALUATION_UNSPECIFIED) {
    return Error(ErrorCode::kProtocol, "the label client did not say how it evaluates").blaming(cast.label);
  }
  return {};
}

/// The newest checkpoint that all parties have.
v1::CheckpointName newest_common(const Offers& offers) {
  std::map<std::pair<std::uint64_t, std::string>, std::size_t> holders;
  for (const auto& [client, offer] : offers) {
    for (const auto& name : offer.checkpoints()) ++holders[{name.batches(), name.run_id()}];
  }
  v1::CheckpointName newest;
  for (const auto& [name, count] : holders) {
    if (count != offers.size()) continue;
    newest.set_batches(name.first);
    newest.set_run_id(name.second);
  }
  return newest;
}

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
  Offers offers;
  for (const int client : cast.group.clients) {
    PAI_ASSIGN(offers[client], channel.receive<v1::TrainingOffer>(client));
  }
  PAI_TRY(check_offers(offers, cast, settings));

  const auto& label = offers.at(cast.label);
  v1::TrainingPlan message;
  message.set_train_rows(label.train_rows());
  message.set_test_rows(label.test_rows());
  for (const int client : cast.group.clients) message.add_columns(offers.at(client).columns());
  message.set_loss(label.loss());
  message.set_evaluation(label.evaluation());
  if (resume) {
    const auto checkpoint = newest_common(offers);
    message.set_batches_done(checkpoint.batches());
    message.set_checkpoint_run_id(checkpoint.run_id());
  }
  if (settings.predict) *message.mutable_model() = label.model();
  PAI_ASSIGN(const auto plan, plan_from(message, cast.group.clients.size()));
  PAI_TRY(check_training(plan, settings_for(settings, plan)));

  PAI_TRY(channel.send(cast.dealer, message));
  message.set_alignment_id(label.alignment_id());
  for (const int client : cast.group.clients) PAI_TRY(channel.send(client, message));
  return plan;
}

}  // namespace pai::client::nn
