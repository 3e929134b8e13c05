#include "integration/nn/plain_twin.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "client/nn/core/batches.h"
#include "client/nn/core/labels.h"
#include "client/nn/core/normalisation.h"
#include "client/ring/sine_series.h"

namespace pai::client::nn::test {

namespace {

NumericTable table_of(const PartyData& data, std::size_t first, std::size_t count) {
  NumericTable table;
  table.file = "table";
  table.columns = data.columns;
  table.rows = count;
  for (std::size_t i = first; i < first + count; ++i) table.values.insert(table.values.end(), data.rows[i].begin(), data.rows[i].end());
  return table;
}

Activation series_activation() {
  const auto coefficients = ring::sigmoid_series(10);
  const auto angle = [](std::size_t j) { return 2 * std::numbers::pi * static_cast<double>(2 * j + 1) / 64; };
  Activation activation;
  activation.value = [=](std::span<const double> z, std::span<double> out) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      double sum = 0.5;
      for (std::size_t j = 0; j < coefficients.size(); ++j) sum += coefficients[j] * std::sin(angle(j) * z[i]);
      out[i] = sum;
    }
  };
  activation.slope = [=](std::span<const double> z, std::span<double> out) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < coefficients.size(); ++j) sum += coefficients[j] * angle(j) * std::cos(angle(j) * z[i]);
      out[i] = sum;
    }
  };
  return activation;
}

}  // namespace

PooledTable pool(const std::vector<PartyData>& parties, std::size_t test_rows, OutputActivation activation, std::size_t outputs) {
  PooledTable pooled;
  const auto rows = parties[0].rows.size();
  pooled.train_rows = rows - test_rows;
  std::vector<std::vector<double>> parts;
  for (std::size_t p = 0; p + 1 < parties.size(); ++p) {
    const auto normalisation = Normalisation::fit(Normalisation::Method::kZscore, table_of(parties[p], 0, pooled.train_rows)).value();
    const auto all = table_of(parties[p], 0, rows);
    auto& part = parts.emplace_back(all.values.size());
    normalisation.apply(all.values, part);
    for (auto& value : part) value = std::round(value * 65536) / 65536;
    pooled.features += all.width();
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const auto width = parties[p].columns.size();
      pooled.x.insert(pooled.x.end(), parts[p].begin() + static_cast<std::ptrdiff_t>(i * width),
                      parts[p].begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
    }
  }
  const auto scheme = LabelScheme::fit(activation, outputs, table_of(parties.back(), 0, pooled.train_rows)).value();
  pooled.outputs = scheme.outputs();
  pooled.y = scheme.encode(table_of(parties.back(), 0, rows)).value();
  return pooled;
}

PlainNetwork train_plain(const std::vector<PartyData>& parties, std::size_t test_rows, const ModelShape& shape, const TrainingRule& rule,
                         std::uint64_t seed, std::size_t batch_size, std::uint64_t batches, bool exact) {
  const auto pooled = pool(parties, test_rows, rule.activation, shape.outputs());
  PlainNetwork network(shape, rule, seed);
  if (!exact) network.set_activation(series_activation());
  Batches order(seed, pooled.train_rows, batch_size);
  std::vector<double> x, y;
  for (std::uint64_t i = 0; i < batches; ++i) {
    x.clear();
    y.clear();
    for (const auto row : order.rows_of(i)) {
      const auto at = [&](const std::vector<double>& values, std::size_t width) {
        return std::span(values).subspan(row * width, width);
      };
      const auto xs = at(pooled.x, pooled.features), ys = at(pooled.y, pooled.outputs);
      x.insert(x.end(), xs.begin(), xs.end());
      y.insert(y.end(), ys.begin(), ys.end());
    }
    network.step(x, y);
  }
  return network;
}

double largest_difference(const PlainNetwork& network, const std::vector<std::vector<double>>& opened) {
  double largest = opened.empty() ? 1e9 : 0;
  for (std::size_t k = 0; k < opened.size(); ++k) {
    auto expected = network.layer(k).weights;
    expected.insert(expected.end(), network.layer(k).biases.begin(), network.layer(k).biases.end());
    if (expected.size() != opened[k].size()) return 1e9;
    for (std::size_t i = 0; i < expected.size(); ++i) largest = std::max(largest, std::abs(expected[i] - opened[k][i]));
  }
  return largest;
}

}  // namespace pai::client::nn::test
