#pragma once

#include <chrono>

#include "client/boost/boost_session.h"
#include "client/nn/label_data.h"

namespace pai::client::boost {

/// The label client's side of a boosting: labels, the record of evaluations, reports to main.
class LabelBoosting final : public LabelSide {
 public:
  /// Begins the record; a resumed one goes on after the checkpoint. The references outlive it.
  static Result<std::unique_ptr<LabelBoosting>> begin(Context& context, const nn::Cast& cast, const BoostSettings& settings,
                                                      const nn::Plan& plan, const nn::LabelData& data);

  std::span<const double> train_labels() const override { return data_.train_targets; }
  std::span<const double> test_labels() const override { return data_.test_targets; }
  double base_score() const override;
  Status progressed(std::uint64_t trees) override;
  Status evaluated(std::uint64_t trees, nn::Outcome outcome) override;
  Status ended(std::uint64_t trees) override;

 private:
  using Clock = std::chrono::steady_clock;
  LabelBoosting(Context& context, const nn::Cast& cast, const BoostSettings& settings, const nn::Plan& plan, const nn::LabelData& data)
      : context_(context), cast_(cast), settings_(settings), plan_(plan), data_(data) {}
  Status report(std::uint64_t trees, std::span<const double> evaluation, bool last);

  Context& context_;
  const nn::Cast& cast_;
  const BoostSettings& settings_;
  const nn::Plan& plan_;
  const nn::LabelData& data_;
  const Clock::time_point began_ = Clock::now();
  double seconds_before_ = 0;
  Clock::time_point reported_ = began_;
  bool warned_of_range_ = false;
};

}  // namespace pai::client::boost
