#include "client/boost/tree_step.h"

#include "client/boost/full_tree_step.h"
#include "client/boost/relaxed_tree_step.h"

namespace pai::client::boost {

std::unique_ptr<TreeStep> make_tree_step(const Shape& shape, const BoostSettings& settings, const MaskedBins& masked,
                                         std::span<const std::uint8_t> bins, int self) {
  if (settings.relaxed) return std::make_unique<RelaxedTreeStep>(shape, settings, masked, bins, self);
  return std::make_unique<FullTreeStep>(shape, settings, masked, bins, self);
}

}  // namespace pai::client::boost
