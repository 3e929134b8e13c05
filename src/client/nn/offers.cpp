#include "client/nn/offers.h"

#include <set>
#include <string>
#include <utility>

#include "client/crypto/primitives.h"
#include "common/base/text.h"

namespace pai::client::nn {

namespace {

std::string shortened(const std::string& id) {
  return id.size() == 32 ? to_hex(crypto::as_bytes(id)).substr(0, 16) + "…" : "none";
}

std::string shape_text(const v1::StoredModelShape& model) {
  std::string text = "layers ";
  for (const auto width : model.widths()) text += (text.ends_with(' ') ? "" : "-") + std::to_string(width);
  if (model.trees() > 0) return std::to_string(model.trees()) + " trees of depth " + std::to_string(model.depth());
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

Status check_offers(const Offers& offers, const Cast& cast, bool predicts) {
  PAI_TRY(all_same(offers, "the parties' data sets come from different alignments",
                   [](const auto& offer) { return "alignment id " + shortened(offer.alignment_id()); }));
  PAI_TRY(all_same(offers, "the parties' data sets have different numbers of rows", [](const auto& offer) {
    return std::to_string(offer.train_rows()) + " rows to train with and " + std::to_string(offer.test_rows()) +
           " to test with";
  }));
  if (predicts) {
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

}  // namespace

Result<Offers> collect_offers(Channel& channel, const Cast& cast, bool predicts) {
  Offers offers;
  for (const int client : cast.group.clients) {
    PAI_ASSIGN(offers[client], channel.receive<v1::TrainingOffer>(client));
  }
  PAI_TRY(check_offers(offers, cast, predicts));
  return offers;
}

v1::TrainingPlan plan_message(const Offers& offers, const Cast& cast, bool resume, bool predicts) {
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
  if (predicts) *message.mutable_model() = label.model();
  return message;
}

Status tell_plan(Channel& channel, const Cast& cast, const Offers& offers, v1::TrainingPlan message) {
  PAI_TRY(channel.send(cast.dealer, message));
  message.set_alignment_id(offers.at(cast.label).alignment_id());
  for (const int client : cast.group.clients) PAI_TRY(channel.send(client, message));
  return {};
}

}  // namespace pai::client::nn
