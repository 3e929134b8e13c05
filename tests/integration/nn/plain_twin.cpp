#include "integration/nn/plain_twin.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "client/nn/core/normalisation.h"
#include "client/ring/sine_series.h"

namespace pai::client::nn::test {

namespace {

using Json = nlohmann::json;

NumericTable table_of(const PartyData& data, std::size_t first, std::size_t count) {
  NumericTable table;
  table.file = "table";
  table.columns = data.columns;
  table.rows = count;
  for (std::size_t i = first; i < first + count; ++i)
    table.values.insert(table.values.end(), data.rows[i].begin(), data.rows[i].end());
  return table;
}

Activation series_activation() {
  const auto coefficients = ring::sigmoid_series(10);
  const auto angle = [](std::size_t j) { return 2 * std::numbers::pi * static_cast<double>(2 * j + 1) / 64; };
  Activation activation;
  activation.value = [=](std::span<const double> z, std::span<double> out) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      double sum = 0.5;
      for (std::size_t j = 0; j < coefficients.size(); ++j)
        sum += coefficients[j] * std::sin(angle(j) * z[i]);
      out[i] = sum;
    }
  };
  activation.slope = [=](std::span<const double> z, std::span<double> out) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < coefficients.size(); ++j)
        sum += coefficients[j] * angle(j) * std::cos(angle(j) * z[i]);
      out[i] = sum;
    }
  };
  return activation;
}

std::size_t features_of(const std::vector<PartyData>& parties) {
  std::size_t features = 0;
  for (std::size_t p = 0; p + 1 < parties.size(); ++p) features += parties[p].columns.size();
  return features;
}

/// All rows, normalised by the training rows.
std::vector<double> pooled_features(const std::vector<PartyData>& parties, std::size_t train_rows) {
  const auto rows = parties[0].rows.size();
  std::vector<double> x(rows * features_of(parties));
  std::size_t begin = 0;
  for (std::size_t p = 0; p + 1 < parties.size(); ++p) {
    const auto method = Normalisation::method_from(parties[p].settings.value("normalize", "zscore")).value();
    const auto normalisation = Normalisation::fit(method, table_of(parties[p], 0, train_rows)).value();
    const auto all = table_of(parties[p], 0, rows);
    std::vector<double> part(all.values.size());
    normalisation.apply(all.values, part);
    const auto width = all.width();
    for (std::size_t i = 0; i < part.size(); ++i) {
      x[i / width * (x.size() / rows) + begin + i % width] = std::round(part[i] * 65536) / 65536;
    }
    begin += width;
  }
  return x;
}

OutputActivation activation_of(const Json& main_settings) {
  return main_settings.value("activation", "sigmoid") == "none" ? OutputActivation::kNone
                                                                : OutputActivation::kSigmoid;
}

std::vector<double> rows_from(std::span<const double> values, std::size_t width,
                              std::span<const std::uint32_t> rows) {
  std::vector<double> out;
  for (const auto row : rows) {
    const auto part = values.subspan(row * width, width);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace

ModelShape shape_of(std::size_t features, const Json& main_settings) {
  ModelShape shape{features, {}};
  shape.widths.push_back(main_settings.value("in_dim", main_settings.value("out_dim", std::size_t{1})));
  for (const auto& width : main_settings.value("layers", Json::array()))
    shape.widths.push_back(width.get<std::size_t>());
  return shape;
}

TrainingRule rule_of(const Json& main_settings, const Json& label_settings) {
  TrainingRule rule;
  rule.loss = label_settings.value("loss", "logloss") == "mse" ? Loss::kMse : Loss::kLogloss;
  rule.activation = activation_of(main_settings);
  rule.optimizer =
      main_settings.value("optimizer", "sgd") == "momentum" ? Optimizer::kMomentum : Optimizer::kSgd;
  rule.learning_rate = main_settings.value("learning_rate", rule.learning_rate);
  rule.l2 = main_settings.value("l2", rule.l2);
  rule.momentum = main_settings.value("momentum", rule.momentum);
  return rule;
}

PlainTwin::PlainTwin(const std::vector<PartyData>& parties, std::size_t test_rows, const Json& main_settings,
                     bool exact)
    : features_(features_of(parties)),
      train_rows_(parties[0].rows.size() - test_rows),
      scheme_(LabelScheme::fit(activation_of(main_settings), main_settings.value("out_dim", std::size_t{1}),
                               table_of(parties.back(), 0, train_rows_))
                  .value()),
      x_(pooled_features(parties, train_rows_)),
      y_(scheme_.encode(table_of(parties.back(), 0, parties[0].rows.size())).value()),
      network_(shape_of(features_, main_settings), rule_of(main_settings, parties.back().settings),
               main_settings.value("seed", 1)),
      batches_(main_settings.value("seed", 1), train_rows_,
               main_settings.value("batch_size", std::size_t{64})) {
  if (!exact) network_.set_activation(series_activation());
}

void PlainTwin::train(std::uint64_t batches) {
  for (std::uint64_t i = 0; i < batches; ++i, ++done_) {
    const auto rows = next_rows();
    network_.step(x_of(rows), y_of(rows));
  }
}

std::vector<double> PlainTwin::x_of(std::span<const std::uint32_t> rows) const {
  return rows_from(x_, features_, rows);
}
std::vector<double> PlainTwin::y_of(std::span<const std::uint32_t> rows) const {
  return rows_from(y_, scheme_.outputs(), rows);
}

std::vector<double> PlainTwin::test_logits() {
  const auto logits = network_.forward(std::span(x_).subspan(train_rows_ * features_));
  return {logits.begin(), logits.end()};
}

std::vector<double> PlainTwin::test_targets() const {
  return {y_.begin() + static_cast<std::ptrdiff_t>(train_rows_ * scheme_.outputs()), y_.end()};
}

double largest_difference(const PlainNetwork& network, const std::vector<std::vector<double>>& opened) {
  constexpr double kOtherShape = 1e9;
  if (opened.size() != network.shape().layers()) return kOtherShape;
  double largest = 0;
  for (std::size_t k = 0; k < opened.size(); ++k) {
    auto expected = network.layer(k).weights;
    expected.insert(expected.end(), network.layer(k).biases.begin(), network.layer(k).biases.end());
    if (expected.size() != opened[k].size()) return kOtherShape;
    for (std::size_t i = 0; i < expected.size(); ++i)
      largest = std::max(largest, std::abs(expected[i] - opened[k][i]));
  }
  return largest;
}

}  // namespace pai::client::nn::test
