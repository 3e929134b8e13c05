#pragma once

#include <span>
#include <vector>

#include "client/nn/core/batches.h"
#include "client/nn/core/labels.h"
#include "client/nn/core/plain_network.h"
#include "integration/nn/training_run.h"

namespace pai::client::nn::test {

/// What a training's settings mean, read without the code under test.
ModelShape shape_of(std::size_t features, const nlohmann::json& main_settings);
TrainingRule rule_of(const nlohmann::json& main_settings, const nlohmann::json& label_settings);

/// The same training in double precision on the pooled table: same normalisation (features at 16 fractional
/// bits), batches and initial weights.
class PlainTwin {
 public:
  /// `parties` as a TrainingRun has them. `exact`: the true sigmoid, else the protocol's series.
  PlainTwin(const std::vector<PartyData>& parties, std::size_t test_rows, const nlohmann::json& main_settings,
            bool exact = false);

  /// Goes on for so many batches.
  void train(std::uint64_t batches);

  PlainNetwork& network() { return network_; }
  const PlainNetwork& network() const { return network_; }
  const LabelScheme& scheme() const { return scheme_; }
  std::size_t rows() const { return x_.size() / features_; }
  std::size_t train_rows() const { return train_rows_; }
  std::size_t features() const { return features_; }
  /// Rows of the next batch.
  std::span<const std::uint32_t> next_rows() { return batches_.rows_of(done_); }
  std::span<const double> x(std::size_t row) const {
    return std::span(x_).subspan(row * features_, features_);
  }
  std::span<const double> y(std::size_t row) const {
    return std::span(y_).subspan(row * scheme_.outputs(), scheme_.outputs());
  }
  std::vector<double> x_of(std::span<const std::uint32_t> rows) const;
  std::vector<double> y_of(std::span<const std::uint32_t> rows) const;
  /// Logits and targets of the test rows.
  std::vector<double> test_logits();
  std::vector<double> test_targets() const;

 private:
  std::size_t features_ = 0, train_rows_ = 0;
  LabelScheme scheme_;
  std::vector<double> x_, y_;  // all rows
  PlainNetwork network_;
  Batches batches_;
  std::uint64_t done_ = 0;
};

/// The largest difference between a network's parameters and opened ones; huge when the shapes differ.
double largest_difference(const PlainNetwork& network, const std::vector<std::vector<double>>& opened);

}  // namespace pai::client::nn::test
