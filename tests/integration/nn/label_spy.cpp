#include "integration/nn/label_spy.h"

#include "client/nn/feature_data.h"
#include "client/nn/label_training.h"
#include "client/nn/session.h"

namespace pai::client::nn::test {

namespace {

class Spy final : public LabelSide {
 public:
  Spy(LabelSide& side, std::vector<Outcome>& outcomes) : side_(side), outcomes_(outcomes) {}

  std::span<const double> targets_of(std::span<const std::uint32_t> rows) override {
    return side_.targets_of(rows);
  }
  std::span<const double> test_targets() const override { return side_.test_targets(); }
  TopNetwork* top() override { return side_.top(); }
  Status progressed(std::uint64_t batches) override { return side_.progressed(batches); }
  Status evaluated(std::uint64_t batches, Outcome outcome) override {
    outcomes_.push_back(outcome);
    return side_.evaluated(batches, std::move(outcome));
  }
  Status ended(std::uint64_t batches) override { return side_.ended(batches); }
  std::span<const double> train_targets() const override { return side_.train_targets(); }
  Status checked(const Outcome& outcome) override { return side_.checked(outcome); }

 private:
  LabelSide& side_;
  std::vector<Outcome>& outcomes_;
};

}  // namespace

Status run_spying_label(Context& context, std::vector<Outcome>& outcomes) {
  const auto settings = training_settings(context.task);
  PAI_ASSIGN(const auto cast, cast_of(context.task));
  PAI_ASSIGN(const auto own, data_settings(context.task));
  PAI_ASSIGN(const auto data, read_labels(context, settings, own));
  v1::TrainingOffer offer;
  PAI_ASSIGN(*offer.mutable_alignment_id(), alignment_bytes(data.alignment_id));
  offer.set_train_rows(data.train_rows);
  offer.set_test_rows(data.test_rows);
  offer.set_loss(own.loss == Loss::kMse ? v1::LOSS_SQUARED : v1::LOSS_LOGISTIC);
  offer.set_evaluation(data.wants_scores() ? v1::EVALUATION_SHUFFLED_SCORES : v1::EVALUATION_SUM_OF_LOSSES);
  PAI_ASSIGN(const auto plan, meet(context.channel, cast, offer));
  PAI_ASSIGN(const auto session, Session::start(context, settings, cast, plan, {}));
  const auto parts = session->parts();
  auto model = session->initial();
  PAI_ASSIGN(const auto side, LabelTraining::begin(context, cast, parts, data));
  Spy spy(*side, outcomes);
  PAI_ASSIGN(const auto batches, run_training(context, session->party(), session->source(), parts,
                                              session->checkpoints(), model, &spy));
  PAI_TRY(session->source().drain());
  return session->store(model, side->top(), batches,
                        {{"alignment_id", data.alignment_id}, {"labels", data.scheme.to_json()}});
}

}  // namespace pai::client::nn::test
