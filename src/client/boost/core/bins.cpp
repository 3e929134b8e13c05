#include "client/boost/core/bins.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace pai::client::boost {

namespace {

std::vector<double> cuts_of(std::vector<double> values, std::size_t bins) {
  std::sort(values.begin(), values.end());
  std::vector<double> different = values;
  different.erase(std::unique(different.begin(), different.end()), different.end());
  if (different.empty()) return {};
  if (different.size() <= bins) return {different.begin() + 1, different.end()};
  std::vector<double> cuts;
  for (std::size_t i = 1; i < bins; ++i) {
    const double cut = values[i * values.size() / bins];
    if (cut > (cuts.empty() ? values.front() : cuts.back())) cuts.push_back(cut);
  }
  return cuts;
}

}  // namespace

BinEdges BinEdges::fit(const nn::NumericTable& train, std::size_t bins) {
  PAI_CHECK(bins >= 2 && bins <= 128, "2 to 128 bins");
  BinEdges edges;
  edges.bins_ = bins;
  edges.names_ = train.columns;
  for (std::size_t j = 0; j < train.width(); ++j) {
    std::vector<double> values;
    for (std::size_t i = 0; i < train.rows; ++i) {
      if (!std::isnan(train.at(i, j))) values.push_back(train.at(i, j));
    }
    edges.cuts_.push_back(cuts_of(std::move(values), bins));
  }
  return edges;
}

std::vector<std::uint8_t> BinEdges::encode(const nn::NumericTable& table) const {
  PAI_CHECK(table.width() == features(), "a table of other columns");
  std::vector<std::uint8_t> bins(table.rows * features());
  for (std::size_t i = 0; i < table.rows; ++i) {
    for (std::size_t j = 0; j < features(); ++j) {
      const double x = table.at(i, j);
      const auto& cuts = cuts_[j];
      bins[i * features() + j] =
          std::isnan(x) ? kMissingBin : static_cast<std::uint8_t>(std::upper_bound(cuts.begin(), cuts.end(), x) - cuts.begin());
    }
  }
  return bins;
}

nlohmann::json BinEdges::to_json() const {
  nlohmann::json columns = nlohmann::json::array();
  for (std::size_t j = 0; j < features(); ++j) columns.push_back({{"name", names_[j]}, {"cuts", cuts_[j]}});
  return {{"bins", bins_}, {"columns", columns}};
}

Result<BinEdges> BinEdges::from_json(const nlohmann::json& document) {
  try {
    BinEdges edges;
    document.at("bins").get_to(edges.bins_);
    for (const auto& column : document.at("columns")) {
      edges.names_.push_back(column.at("name").get<std::string>());
      edges.cuts_.push_back(column.at("cuts").get<std::vector<double>>());
      const auto& cuts = edges.cuts_.back();
      const bool ascending = std::is_sorted(cuts.begin(), cuts.end());
      if (!ascending || cuts.size() + 1 > edges.bins_) return Error(ErrorCode::kInvalid, "the model's bins do not ascend or are too many");
    }
    if (edges.bins_ < 2 || edges.bins_ > 128) return Error(ErrorCode::kInvalid, "the model has less than 2 or more than 128 bins");
    return edges;
  } catch (const nlohmann::json::exception&) {
    return Error(ErrorCode::kInvalid, "the model's bins lack a field or have one of another type");
  }
}

}  // namespace pai::client::boost
