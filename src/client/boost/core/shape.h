#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pai::client::boost {

inline constexpr std::size_t kDepthMax = 8;
inline constexpr std::size_t kOwnersMax = 8;  ///< feature clients: one contest decides between them

/// h = σ′ + this, so that it is positive wherever the series of σ′ is right.
inline constexpr int kHessianFloorBits = 8;

inline constexpr int kScoreScale = 24;   ///< fractional bits of predictions, kept in Z/2^32
inline constexpr int kWeightScale = 24;  ///< of G/(H+λ) and of leaves

/// The public numbers of a boosting: what every party and the dealer allocate and draw by.
struct Shape {
  std::size_t train_rows = 0;
  std::size_t test_rows = 0;
  std::vector<std::size_t> features;  ///< by party; the label client has none
  std::size_t bins = 32;
  std::size_t depth = 4;

  std::size_t rows() const { return train_rows + test_rows; }
  std::size_t parties() const { return features.size(); }
  std::size_t nodes(std::size_t level) const { return std::size_t{1} << level; }
  std::size_t leaves() const { return std::size_t{1} << depth; }
  /// Columns of a party's one-hot matrix: a feature has its bins but the last, whose sums follow from the node's, and the missing one.
  std::size_t columns(std::size_t party) const { return features[party] * bins; }
  std::size_t columns_before(std::size_t party) const;
  std::size_t features_before(std::size_t party) const;
  /// Ways to split a node by one feature: at each of the bins but the last with missing values right or left, and missing values against the rest.
  std::size_t candidates_of_feature() const { return 2 * (bins - 1) + 1; }
  std::size_t all_columns() const { return columns_before(parties()); }
  /// Columns of gradients in a tree's histograms: g and h of the root, then of each right child.
  std::size_t gradient_columns() const { return std::size_t{1} << depth; }
  std::size_t first_gradient_column(std::size_t level) const { return level == 0 ? 0 : std::size_t{1} << level; }
  std::size_t gradient_columns(std::size_t level) const { return level == 0 ? 2 : std::size_t{1} << level; }
  /// Parties with features, ascending.
  std::vector<std::size_t> owners() const;
};

/// Fixed point of one boosting (protocols.md section 7).
struct Scales {
  int gradient = 0;    ///< g, h and histograms, in Z/2^32
  int sum = 0;         ///< G after the cut that takes it to Z/2^64
  double sum_max = 0;  ///< of H + λ

  /// False when sums over so many rows leave no fractional bits.
  bool fit() const { return gradient >= 2; }
  /// `gradient_max` bounds |g| of a row, `hessian_max` h.
  static Scales of(std::size_t rows, double gradient_max, double hessian_max, double lambda);
};

}  // namespace pai::client::boost
