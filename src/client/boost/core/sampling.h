#pragma once

#include <cstdint>
#include <vector>

#include "client/boost/core/shape.h"

namespace pai::client::boost {

/// What one tree sees of the training rows and the features: public, the same at every party.
struct Sample {
  std::vector<std::uint32_t> rows;                   ///< ascending; empty: all
  std::vector<std::vector<std::uint32_t>> features;  ///< by party, ascending
};

/// Of tree number `tree`, from the public seed. A ratio of 1 takes all; at least one row and one feature are taken.
Sample sample_of(const Shape& shape, std::uint64_t seed, std::uint64_t tree, double row_ratio, double column_ratio);

}  // namespace pai::client::boost
