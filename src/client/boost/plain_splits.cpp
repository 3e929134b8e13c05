#include "client/boost/plain_splits.h"

#include <algorithm>

namespace pai::client::boost {

PlainChoice PlainSplits::best(std::size_t node, const PlainSums& sums, const Sample& sample) const {
  const auto owners = shape_.owners();
  const double of_node = score(sums.total_g, sums.total_h);
  PlainChoice best{owners[node % owners.size()], {}, gamma_};
  const auto consider = [&](std::size_t owner, const Split& split, double left_g, double left_h) {
    const double right_g = sums.total_g - left_g, right_h = sums.total_h - left_h;
    if (child_weight_min_ > 0 && std::min(left_h, right_h) < child_weight_min_) return;
    const double gain = score(left_g, left_h) + score(right_g, right_h) - of_node;
    if (gain > best.gain) best = {owner, split, gain};
  };
  for (const auto owner : owners) {
    for (const auto feature : sample.features[owner]) {
      const auto first = shape_.columns_before(owner) + feature * shape_.bins;
      const double missing_g = sums.g[first + shape_.bins - 1], missing_h = sums.h[first + shape_.bins - 1];
      double g = 0, h = 0;
      for (std::uint32_t bin = 0; bin + 1 < shape_.bins; ++bin) {
        g += sums.g[first + bin];
        h += sums.h[first + bin];
        consider(owner, {true, feature, bin, false}, g, h);
        consider(owner, {true, feature, bin, true}, g + missing_g, h + missing_h);
      }
      consider(owner, {true, feature, static_cast<std::uint32_t>(shape_.bins - 1), false}, sums.total_g - missing_g, sums.total_h - missing_h);
    }
  }
  return best;
}

}  // namespace pai::client::boost
