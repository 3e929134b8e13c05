#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/nn/core/numeric_table.h"
#include "common/base/result.h"

namespace pai::client::boost {

inline constexpr std::uint8_t kMissingBin = 0xFF;

/// How a party cuts its features into bins: by quantiles of its training rows. Bin k of a feature holds the numbers x with
/// cuts[k−1] ≤ x < cuts[k]; missing values (NaN) have a bin of their own.
class BinEdges {
 public:
  /// At most `bins` (2 to 128) of each column. Where there are no more different numbers than that, each has its own. Which rows are missing
  /// or how many bins are really used is in nothing that leaves the party.
  static BinEdges fit(const nn::NumericTable& train, std::size_t bins);

  std::size_t features() const { return names_.size(); }
  std::size_t bins() const { return bins_; }
  const std::vector<std::string>& names() const { return names_; }
  std::span<const double> cuts(std::size_t feature) const { return cuts_[feature]; }

  /// rows × features, row by row: 0 … bins − 1, or kMissingBin. The table's columns are the edges' in their order.
  std::vector<std::uint8_t> encode(const nn::NumericTable& table) const;

  nlohmann::json to_json() const;
  static Result<BinEdges> from_json(const nlohmann::json& document);

 private:
  std::size_t bins_ = 0;
  std::vector<std::string> names_;
  std::vector<std::vector<double>> cuts_;  // ascending, at most bins − 1
};

/// A split as the owner of the feature knows it: a row goes right when its bin is above `threshold`, and with a missing value unless
/// `missing_left`. A node that isn't split sends all rows left.
struct Split {
  bool splits = false;
  std::uint32_t feature = 0;  ///< among the owner's
  std::uint32_t threshold = 0;
  bool missing_left = false;

  bool goes_right(std::uint8_t bin) const {
    return splits && (bin == kMissingBin ? !missing_left : bin > threshold);
  }
  bool operator==(const Split&) const = default;
};

}  // namespace pai::client::boost
