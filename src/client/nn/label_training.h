#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "client/nn/core/patience.h"
#include "client/nn/label_data.h"
#include "client/nn/trainer.h"

namespace pai::client::nn {

/// The label client's side of a training: targets of each batch, the record of evaluations, reports to main.
class LabelTraining final : public LabelSide {
 public:
  /// Begins the record; a resumed one goes on after the checkpoint. The references outlive it.
  static Result<std::unique_ptr<LabelTraining>> begin(Context& context, const Cast& cast, const TrainingParts& parts,
                                                      const LabelData& data);

  std::span<const double> targets_of(std::span<const std::uint32_t> rows) override;
  std::span<const double> test_targets() const override { return data_.test_targets; }
  TopNetwork* top() override { return top_.get(); }
  Status progressed(std::uint64_t batches) override;
  Status evaluated(std::uint64_t batches, Outcome outcome) override;
  Status ended(std::uint64_t batches) override;
  std::span<const double> train_targets() const override { return data_.train_targets; }
  Status checked(const Outcome& outcome) override;

 private:
  using Clock = std::chrono::steady_clock;

  LabelTraining(Context& context, const Cast& cast, const TrainingParts& parts, const LabelData& data);
  Result<std::vector<double>> judge(const Outcome& outcome);
  std::vector<double> judge_regression(const Outcome& outcome);
  Status check_range(const Outcome& outcome, double loss);
  Status check_squares(double sum, std::size_t targets) const;
  double as_reported(double value) const;
  Status report(std::uint64_t batches, std::span<const double> evaluation, bool last);

  Context& context_;
  const Cast& cast_;
  const TrainingParts parts_;
  const LabelData& data_;
  std::unique_ptr<TopNetwork> top_;
  std::vector<double> targets_;
  const Clock::time_point began_ = Clock::now();
  double seconds_before_ = 0;
  std::optional<Patience::State> patience_before_;  ///< until main was told
  Clock::time_point reported_ = began_;
  double last_loss_ = 0;
  bool has_loss_ = false;
  bool warned_of_range_ = false;
};

}  // namespace pai::client::nn
