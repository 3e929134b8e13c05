#include "client/nn/trainer.h"

namespace pai::client::nn {

Result<StepTerms> step_terms(const TrainingSettings& settings, const Plan& plan) {
  PAI_ASSIGN(auto shape, model_shape(plan.features(), settings.shape));
  StepTerms terms{std::move(shape), settings.rule, Schedule(settings, plan).batch_size()};
  terms.rule.loss = plan.loss;
  PAI_TRY(check_rule(terms.rule));
  return terms;
}

namespace {

EvaluationTerms evaluation_terms(const TrainingParts& parts, const mpc::Group& group, std::span<const double> targets) {
  return {parts.terms.shape,     group,           parts.test, rows_at_a_time(parts.settings, parts.terms.shape), targets,
          parts.plan.loss, parts.settings.rule.activation};
}

}  // namespace

std::unique_ptr<Evaluation> make_evaluation(const TrainingParts& parts, const mpc::Group& group,
                                            std::span<const double> targets, TopNetwork* top) {
  const auto terms = evaluation_terms(parts, group, targets);
  if (parts.settings.split) return evaluate_split(terms, top);
  return parts.plan.evaluation == EvaluationKind::kShuffledScores ? evaluate_shuffled(terms) : evaluate_sum_of_losses(terms);
}

bool ends_with_range_check(const TrainingParts& parts) {
  return parts.settings.rule.activation == OutputActivation::kNone && parts.plan.test_rows == 0 && !parts.settings.split;
}

std::unique_ptr<Evaluation> make_range_check(const TrainingParts& parts, const mpc::Group& group, std::span<const double> targets) {
  auto terms = evaluation_terms(parts, group, targets);
  return evaluate_sum_of_losses({terms.shape, group, parts.train, terms.rows_at_a_time, targets, terms.loss, terms.activation});
}

std::unique_ptr<Evaluation> make_prediction(const TrainingParts& parts, const mpc::Group& group, TopNetwork* top) {
  const auto terms = evaluation_terms(parts, group, {});
  return parts.settings.split ? evaluate_split(terms, top) : predict_scores(terms);
}

Result<std::unique_ptr<TrainingStep>> make_step(const TrainingParts& parts, TopNetwork* top) {
  return parts.settings.split ? make_split_step(parts.terms, top) : make_full_step(parts.terms);
}

namespace {

class Training {
 public:
  Training(Context& context, const Party& party, mpc::ClientSource& source, const TrainingParts& parts,
           Checkpoints& checkpoints, SharedModel& model, LabelSide* label_side, std::unique_ptr<TrainingStep> step)
      : context_(context),
        party_(party),
        source_(source),
        parts_(parts),
        checkpoints_(checkpoints),
        model_(model),
        label_side_(label_side),
        step_(std::move(step)),
        batches_(parts.settings.seed, parts.plan.train_rows, parts.schedule.batch_size()) {}

  Result<std::uint64_t> run() {
    auto done = parts_.plan.batches_done;
    bool stopped = false;
    context_.reporter.phase("train", parts_.schedule.batches(), "batches");
    context_.reporter.advance(done);
    context_.reporter.set_batches(done);
    while (done < parts_.schedule.batches() && !stopped) {
      PAI_TRY(train_batch(done));
      ++done;
      context_.reporter.set_batches(done);
      context_.reporter.advance(1);
      if (label_side_ != nullptr) PAI_TRY(label_side_->progressed(done));
      if (parts_.schedule.evaluates_after(done)) {
        PAI_TRY(evaluate(done));
        if (parts_.settings.early_stop > 0) {
          PAI_ASSIGN(const auto verdict, party_.channel.receive<v1::Verdict>(parts_.main));
          stopped = verdict.stop();
        }
      }
      if (parts_.schedule.saves_after(done)) PAI_TRY(checkpoints_.save(done, model_, top()));
    }
    if (ends_with_range_check(parts_)) PAI_TRY(check_range());
    if (label_side_ != nullptr) PAI_TRY(label_side_->ended(done));
    return done;
  }

 private:
  Status train_batch(std::uint64_t number) {
    const auto rows = batches_.rows_of(number);
    const auto batch = parts_.train.gather(rows);
    source_.begin();
    step_->draw(source_, batch);
    PAI_TRY(source_.finish());
    party_.exchange.begin(source_.operation());
    const auto targets = label_side_ == nullptr ? std::span<const double>() : label_side_->targets_of(rows);
    return step_->run(party_, batch, targets, model_);
  }

  Status evaluate(std::uint64_t done) {
    const auto targets = label_side_ == nullptr ? std::span<const double>() : label_side_->test_targets();
    const auto evaluation = make_evaluation(parts_, party_.group, targets, top());
    PAI_ASSIGN(auto outcome, run_evaluation(party_, source_, *evaluation, model_));
    return label_side_ == nullptr ? Status() : label_side_->evaluated(done, std::move(outcome));
  }

  Status check_range() {
    const auto targets = label_side_ == nullptr ? std::span<const double>() : label_side_->train_targets();
    const auto check = make_range_check(parts_, party_.group, targets);
    PAI_ASSIGN(const auto outcome, run_evaluation(party_, source_, *check, model_));
    return label_side_ == nullptr ? Status() : label_side_->checked(outcome);
  }

  TopNetwork* top() const { return label_side_ == nullptr ? nullptr : label_side_->top(); }

  Context& context_;
  const Party& party_;
  mpc::ClientSource& source_;
  const TrainingParts& parts_;
  Checkpoints& checkpoints_;
  SharedModel& model_;
  LabelSide* label_side_;
  std::unique_ptr<TrainingStep> step_;
  Batches batches_;
};

}  // namespace

Result<std::uint64_t> run_training(Context& context, const Party& party, mpc::ClientSource& source, const TrainingParts& parts,
                    Checkpoints& checkpoints, SharedModel& model, LabelSide* label_side) {
  auto* const top = label_side == nullptr ? nullptr : label_side->top();
  PAI_ASSIGN(auto step, make_step(parts, top));
  if (parts.plan.batches_done > 0) {
    PAI_TRY(checkpoints.load(parts.plan.batches_done, parts.plan.checkpoint_run_id, model, top));
  }
  return Training(context, party, source, parts, checkpoints, model, label_side, std::move(step)).run();
}

}  // namespace pai::client::nn
