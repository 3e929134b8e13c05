#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/base/error.h"

namespace pai::client::align {

/// ⌊rows × ratio⌋: the size of the test part, which is the last rows in aligned order.
std::uint64_t test_rows(std::uint64_t rows, double test_ratio);

/// The fewest rows of which at least one goes to training and, unless the ratio is 0, at least one to the
/// test.
std::uint64_t fewest_rows_to_split(double test_ratio);

/// The number of common rows below which an alignment fails for everyone.
struct Threshold {
  double test_ratio = 0;
  std::uint64_t min_intersection = 1;  ///< the task's or the highest that a party's node asks for

  std::uint64_t rows() const;
  /// kInvalid with a sentence that says which bound was missed; nothing when there are enough. Below a
  /// min_intersection over 1 the sentence has no number: the size itself would tell what the bound is there
  /// to hide.
  std::optional<Error> judge(std::uint64_t common_rows) const;
};

}  // namespace pai::client::align
