#include "client/align/core/threshold.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

std::string rows_text(std::uint64_t rows) {
  return with_thousands(rows) + (rows == 1 ? " common row" : " common rows");
}

std::string ratio_text(double ratio) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%g", ratio);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::uint64_t test_rows(std::uint64_t rows, double test_ratio) {
  return static_cast<std::uint64_t>(std::floor(static_cast<double>(rows) * test_ratio));
}

std::uint64_t fewest_rows_to_split(double test_ratio) {
  if (test_ratio <= 0) return 1;
  const auto enough = [test_ratio](std::uint64_t rows) {
    const std::uint64_t test = test_rows(rows, test_ratio);
    return test >= 1 && rows - test >= 1;
  };
  // No table has so many rows that a smaller ratio could be met; the bound keeps the number an integer.
  if (test_ratio < 1e-15) return std::uint64_t{1'000'000'000'000'000};
  // The reciprocal is right up to rounding; step to the exact place.
  auto rows = static_cast<std::uint64_t>(std::max(2.0, std::floor(1 / test_ratio)));
  while (rows > 2 && enough(rows - 1)) --rows;
  while (!enough(rows)) ++rows;
  return rows;
}

std::uint64_t Threshold::rows() const {
  return std::max({min_intersection, fewest_rows_to_split(test_ratio), std::uint64_t{1}});
}

std::optional<Error> Threshold::judge(std::uint64_t common_rows) const {
  if (common_rows >= rows()) return std::nullopt;
  // Whoever asks for a least size must not be probed with small sets: no number, and the same sentence for
  // none at all.
  if (min_intersection > 1 && common_rows < min_intersection) {
    return Error(ErrorCode::kInvalid,
                 "the intersection is too small: it has fewer common rows than min_intersection " +
                     with_thousands(min_intersection))
        .with_hint(
            "check that id_column names the same identifier everywhere, written the same way (leading zeros, "
            "case, spaces)");
  }
  if (common_rows == 0) {
    return Error(ErrorCode::kInvalid,
                 "the intersection is empty (0 common rows): no ID occurs in the table of every party")
        .with_hint(
            "check that id_column names the same identifier everywhere, written the same way (leading zeros, "
            "case, spaces)");
  }
  return Error(ErrorCode::kInvalid, rows_text(common_rows) + (common_rows == 1 ? " is" : " are") +
                                        " too few to split with test_ratio " + ratio_text(test_ratio) + ": " +
                                        with_thousands(fewest_rows_to_split(test_ratio)) + " are needed")
      .with_hint(
          "set test_ratio to 0 to keep all rows for training, or check id_column and the format of the IDs");
}

}  // namespace pai::client::align
