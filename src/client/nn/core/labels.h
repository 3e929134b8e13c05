#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/nn/core/numeric_table.h"
#include "client/nn/core/settings.h"
#include "common/base/result.h"

namespace pai::client::nn {

inline constexpr double kTargetMax = 8;  ///< standardised regression targets are clipped to ±this

/// How the label client's columns become the targets y (n × outputs) of a training.
class LabelScheme {
 public:
  enum class Kind {
    kBinary,      ///< one column of 0 and 1, one output
    kClassIndex,  ///< one column of 0 … C−1, C > 1 outputs, one-hot
    kOneHot,      ///< C columns of 0 with exactly one 1
    kNumbers,     ///< regression: as many columns as outputs, standardised on the training rows
  };

  /// Chooses by the number of columns, out_dim and activation, and checks every training row. Errors,
  /// kInvalid with file, line and column but never a value: a label outside the classes, an out_dim that
  /// contradicts the columns or labels (and which would fit), fewer than two rows, a constant regression
  /// target.
  static Result<LabelScheme> fit(OutputActivation activation, std::size_t out_dim, const NumericTable& train);

  Kind kind() const { return kind_; }
  bool is_regression() const { return kind_ == Kind::kNumbers; }
  std::size_t outputs() const { return outputs_; }

  /// Targets, rows × outputs, row-major: 0 and 1, or standardised numbers within ±8. Checks the rows as `fit`
  /// does.
  Result<std::vector<double>> encode(const NumericTable& table) const;

  /// Regression: of each output on the training rows; empty otherwise.
  std::span<const double> means() const { return means_; }
  std::span<const double> deviations() const { return deviations_; }
  /// A standardised output in the label's own units.
  double in_units(std::size_t output, double standardised) const {
    return means_[output] + standardised * deviations_[output];
  }

  /// Sentences for the log, e.g. a class without a training row; what `fit` found.
  const std::vector<std::string>& warnings() const { return warnings_; }

  nlohmann::json to_json() const;
  static Result<LabelScheme> from_json(const nlohmann::json& document);

 private:
  LabelScheme() = default;
  Status fit_numbers(const NumericTable& train);
  void warn_of_empty_classes(std::span<const double> targets);

  Kind kind_ = Kind::kBinary;
  std::size_t outputs_ = 1;
  std::vector<std::string> columns_;
  std::vector<double> means_, deviations_;
  std::vector<std::string> warnings_;
};

}  // namespace pai::client::nn
