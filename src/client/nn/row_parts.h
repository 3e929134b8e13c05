#pragma once

#include <algorithm>
#include <cstddef>

#include "client/nn/feature_matrix.h"

namespace pai::client::nn {

/// All rows of a matrix, some at a time.
class RowParts {
 public:
  RowParts(const FeatureMatrix& rows, std::size_t at_a_time) : rows_(rows), at_a_time_(at_a_time) {}

  std::size_t count() const { return (rows_.rows() + at_a_time_ - 1) / at_a_time_; }
  std::size_t first(std::size_t part) const { return part * at_a_time_; }
  std::size_t size(std::size_t part) const { return std::min(at_a_time_, rows_.rows() - first(part)); }
  mpc::OwnedRows batch(std::size_t part) const { return rows_.slice(first(part), size(part)); }

 private:
  const FeatureMatrix& rows_;
  std::size_t at_a_time_;
};

}  // namespace pai::client::nn
