#include "integration/nn/tables.h"

#include <fstream>

#include "client/nn/core/batches.h"
#include "client/nn/core/parse_number.h"

#include <cmath>
#include <numeric>
#include <random>

namespace pai::client::nn::test {

namespace {

std::vector<double> label_of(Labels labels, double z, double noise, double chance) {
  const int group = z < -0.7 ? 0 : z < 0.7 ? 1 : 2;
  switch (labels) {
    case Labels::kBinary:
      return {chance < 1 / (1 + std::exp(-z)) ? 1.0 : 0.0};
    case Labels::kClasses:
      return {static_cast<double>(group)};
    case Labels::kOneHot:
      return {group == 0 ? 1.0 : 0.0, group == 1 ? 1.0 : 0.0, group == 2 ? 1.0 : 0.0};
    case Labels::kNumbers:
      return {z + 0.1 * noise};
    case Labels::kTwoNumbers:
      return {z + 0.1 * noise, 100 - 20 * z + noise};
  }
  return {};
}

}  // namespace

Table make_table(std::size_t rows, std::size_t features, Labels labels, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<double> w(features);
  for (auto& value : w) value = normal(random);
  Table table;
  for (std::size_t i = 0; i < rows; ++i) {
    auto& x = table.x.emplace_back();
    double z = 0.3;
    for (std::size_t j = 0; j < features; ++j) {
      x.push_back(3 * normal(random) + static_cast<double>(j));
      z += w[j] * (x[j] - static_cast<double>(j)) / 3;
    }
    const double noise = normal(random);
    table.y.push_back(label_of(labels, z, noise, uniform(random)));
  }
  return table;
}

std::vector<PartyData> make_parties(std::size_t rows, const std::vector<std::size_t>& counts, Labels labels,
                                    const nlohmann::json& label_settings, std::uint32_t seed) {
  const auto table =
      make_table(rows, std::accumulate(counts.begin(), counts.end(), std::size_t{0}), labels, seed);
  auto parties = split_columns(table.x, table.y, counts);
  parties.back().settings = label_settings;
  return parties;
}

std::vector<PartyData> split_columns(const std::vector<std::vector<double>>& features,
                                     const std::vector<std::vector<double>>& labels,
                                     const std::vector<std::size_t>& counts) {
  std::vector<PartyData> parties;
  std::size_t begin = 0;
  for (const auto count : counts) {
    auto& party = parties.emplace_back();
    for (std::size_t j = 0; j < count; ++j) party.columns.push_back("x" + std::to_string(begin + j));
    for (const auto& row : features) {
      party.rows.emplace_back(row.begin() + static_cast<std::ptrdiff_t>(begin),
                              row.begin() + static_cast<std::ptrdiff_t>(begin + count));
    }
    begin += count;
  }
  auto& label = parties.emplace_back();
  for (std::size_t j = 0; j < labels[0].size(); ++j)
    label.columns.push_back(j == 0 ? "y" : "y" + std::to_string(j));
  label.rows = labels;
  return parties;
}

std::vector<PartyData> credit_parties() {
  std::ifstream file(std::string(PAI_SOURCE_DIR) + "/tests/data/uci_credit_default/credit_default.csv");
  std::vector<std::vector<double>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    auto& row = rows.emplace_back();
    const std::size_t size = line.size();
    line.append(kParsePadding, ' ');
    for (const char* at = line.data(); at < line.data() + size; ++at)
      at = parse_plain(at, line.data() + size, row.emplace_back());
  }
  std::vector<std::uint32_t> order(rows.size());
  fill_permutation(1, 0, order);
  std::vector<std::vector<double>> x, y;
  for (const auto i : order) {
    x.emplace_back(rows[i].begin() + 1, rows[i].end() - 1);
    y.push_back({rows[i].back()});
  }
  return split_columns(x, y, {11, 12});
}

}  // namespace pai::client::nn::test
