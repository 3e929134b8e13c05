#include "client/nn/session.h"

#include "client/nn/mask_features.h"
#include "common/base/text.h"

namespace pai::client::nn {

Result<LargeWords> room_for(Context& context, std::uint64_t rows, std::size_t columns) {
  const auto words = rows * columns;
  if (words * sizeof(Word) <= context.task.node.memory_bytes_max) return LargeWords::in_memory(words);
  context.reporter.note(log::Level::kInfo, "features mapped from disk",
                        {{"bytes", words * sizeof(Word)}, {"memory_bytes_max", context.task.node.memory_bytes_max}});
  return LargeWords::on_disk(words, context.folder);
}

Session::Session(Context& context, const TrainingSettings& settings, const Cast& cast, const Plan& plan, StepTerms terms,
                 mpc::ClientSource source, FeatureMatrix train, FeatureMatrix test)
    : context_(context),
      settings_(settings),
      cast_(cast),
      plan_(plan),
      terms_(std::move(terms)),
      schedule_(settings_, plan_),
      source_(std::move(source)),
      train_(std::move(train)),
      test_(std::move(test)),
      exchange_(context.channel, cast_.group),
      party_{context.channel, cast_.group, exchange_, cast_.label},
      checkpoints_(context.folder, context.task.run_id) {}

Result<std::unique_ptr<Session>> Session::start(Context& context, const TrainingSettings& of_task, const Cast& cast,
                                                const Plan& plan, OwnRows own) {
  const auto settings = settings_for(of_task, plan);
  PAI_ASSIGN(auto terms, step_terms(settings, plan));
  PAI_ASSIGN(auto train_words, room_for(context, plan.train_rows, plan.features()));
  PAI_ASSIGN(auto test_words, room_for(context, plan.test_rows, plan.features()));
  const ColumnOwners owners(plan.columns);
  FeatureMatrix train(plan.train_rows, owners, cast.group.self, std::move(train_words), std::move(own.train));
  FeatureMatrix test(plan.test_rows, owners, cast.group.self, std::move(test_words), std::move(own.test));

  context.reporter.phase("mask", plan.train_rows + plan.test_rows, "rows");
  PAI_ASSIGN(auto source, mpc::ClientSource::receive(context.channel, cast.group, cast.dealer, context.task.run_id));
  auto session = std::unique_ptr<Session>(new Session(context, settings, cast, plan, std::move(terms), std::move(source),
                                                      std::move(train), std::move(test)));
  if (auto status = session->checkpoints_.refuse_known_seed(to_hex(session->source_.seed_digest())); !status.ok()) {
    return std::move(status).error().blaming(cast.dealer);
  }
  for (auto* const matrix : {&session->train_, &session->test_}) {
    PAI_TRY(exchange_masked_features(context.channel, session->cast_.group, session->source_, *matrix, context.reporter));
  }
  return session;
}

SharedModel Session::initial() const {
  return initial_model(terms_.shape, settings_.split ? 1 : terms_.shape.layers(), settings_.seed,
                       terms_.rule.optimizer == Optimizer::kMomentum, party_.leads());
}

Status Session::store(const SharedModel& model, const TopNetwork* top, std::uint64_t batches, nlohmann::json own) {
  ModelDescription description;
  description.task = context_.task.spec.name;
  description.run_id = context_.task.run_id;
  description.security = settings_.split ? "split" : "full";
  description.exported = settings_.export_weights ? "split" : "shares";
  description.rule = terms_.rule;
  description.shape = terms_.shape;
  description.columns_by_party = plan_.columns;
  description.party = cast_.group.self;
  description.batches = batches;
  description.own = std::move(own);
  description.alignment_id = description.own.value("alignment_id", "");

  context_.reporter.phase("store", 1, "models");
  PAI_ASSIGN(const auto weights, settings_.export_weights ? open_weights(party_, model, owners(), top)
                                                          : Result<TensorFile>(share_tensors(model, top)));
  const ModelWriter writer(context_.folder);
  PAI_TRY(writer.write(description.to_json(), weights));
  return end_with_others(context_.channel, cast_.main, [&]() -> Status {
    PAI_TRY(writer.publish());
    context_.reporter.advance(1);
    return {};
  });
}

void Session::note_end(std::uint64_t batches) const {
  context_.reporter.note(log::Level::kInfo, "computation on shares ended",
                         {{"batches", batches},
                          {"operations", source_.operation() + 1},
                          {"rounds", exchange_.rounds()}});
}

Status end_with_others(Channel& channel, int main, const std::function<Status()>& put_in_place) {
  PAI_TRY(channel.send(main, v1::ModelReady()));
  PAI_TRY(channel.receive<v1::Publish>(main));
  if (put_in_place) PAI_TRY(put_in_place());
  return channel.send(main, v1::Published());
}

}  // namespace pai::client::nn
