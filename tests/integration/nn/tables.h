#pragma once

#include <cstdint>
#include <vector>

#include "integration/nn/training_run.h"

namespace pai::client::nn::test {

enum class Labels {
  kBinary,   ///< drawn by the sigmoid of a linear function of the features
  kClasses,  ///< one of three
  kOneHot,   ///< likewise, in three columns
  kNumbers,  ///< a linear function of the features and some noise
  kTwoNumbers,
};

/// A made-up table: features with other means and spreads than training wants, labels that depend on them;
/// the same for the same seed.
struct Table {
  std::vector<std::vector<double>> x, y;
};
Table make_table(std::size_t rows, std::size_t features, Labels labels, std::uint32_t seed = 7);

/// A table whose columns are split among the feature clients (as many as `counts`), and the label party with
/// `label_settings`.
std::vector<PartyData> make_parties(std::size_t rows, const std::vector<std::size_t>& counts, Labels labels,
                                    const nlohmann::json& label_settings = nlohmann::json::object(),
                                    std::uint32_t seed = 7);

/// `{}` in a table of cases is null.
inline nlohmann::json or_empty(const nlohmann::json& settings) {
  return settings.is_null() ? nlohmann::json::object() : settings;
}

/// The shipped credit data in a shuffled order, split among two feature clients and the label client: 30,000 rows.
std::vector<PartyData> credit_parties();

/// Splits a table of features column by column among parties, and adds the label party.
std::vector<PartyData> split_columns(const std::vector<std::vector<double>>& features,
                                     const std::vector<std::vector<double>>& labels,
                                     const std::vector<std::size_t>& counts);

}  // namespace pai::client::nn::test
