#pragma once

#include <chrono>
#include <optional>

#include "client/boost/boost_session.h"
#include "client/nn/core/patience.h"
#include "client/nn/label_data.h"

namespace pai::client::boost {

/// The label client's side of a boosting: labels, the record of evaluations, reports to main.
class LabelBoosting final : public LabelSide {
 public:
  /// Begins the record; a resumed one goes on after the checkpoint. The references outlive it.
  static Result<std::unique_ptr<LabelBoosting>> begin(Context& context, const nn::Cast& cast, const BoostSettings& settings,
                                                      const nn::Plan& plan, const nn::LabelData& data);

  std::span<const double> train_labels(std::size_t output) const override { return train_labels_[output]; }
  std::span<const double> test_labels() const override { return data_.test_targets; }
  std::vector<double> base_scores() const override;
  Status progressed(std::uint64_t iterations) override;
  Status evaluated(std::uint64_t iterations, nn::Outcome outcome) override;
  Status ended(std::uint64_t iterations) override;

 private:
  using Clock = std::chrono::steady_clock;
  LabelBoosting(Context& context, const nn::Cast& cast, const BoostSettings& settings, const nn::Plan& plan, const nn::LabelData& data);
  Result<std::vector<double>> judge(const nn::Outcome& outcome) const;
  double as_reported(double value) const;
  Status report(std::uint64_t iterations, std::span<const double> evaluation, bool last);

  Context& context_;
  const nn::Cast& cast_;
  const BoostSettings& settings_;
  const nn::Plan& plan_;
  const nn::LabelData& data_;
  std::vector<std::vector<double>> train_labels_;  // by output
  const Clock::time_point began_ = Clock::now();
  double seconds_before_ = 0;
  std::optional<nn::Patience::State> patience_before_;  ///< until main was told
  Clock::time_point reported_ = began_;
  bool warned_of_range_ = false;
};

}  // namespace pai::client::boost
