#include "client/mpc/carried_product.h"

#include <utility>

#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::mpc {

void CarriedProduct::draw(Source& source, const OwnedRows& batch, std::size_t width) {
  // Both sides know alike whether there was an operation before, so both draw this; only the clients know p.
  if (!next_mask_.empty()) carried_.draw(source, batch, width, next_mask_);
  known_ = std::exchange(next_known_, false);
  if (known_) carried_.know(next_);
  fresh_.draw(source, batch, width);

  use_.draw();
  mask_.resize(batch.masked.columns * width);
  source.uniform(mask_);
  next_mask_ = mask_;
  next_.clear();
  cuts_.clear();
}

void CarriedProduct::carry(const Truncation& cut, Word bound) {
  const auto shifted = cut.shifted();
  PAI_CHECK(shifted.size() >= next_mask_.size(), "fewer words cut than there are weights");
  ring::add(next_mask_, shifted.first(next_mask_.size()));
  cuts_.push_back({&cut, bound});
}

void CarriedProduct::mask_next(std::span<const Word> w) {
  PAI_CHECK(w.size() == mask_.size(), "weights of another size");
  use_.spend();
  next_.resize(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) next_[i] = w[i] - mask_[i];
}

void CarriedProduct::advance() {
  PAI_CHECK(next_.size() == mask_.size(), "weights that were not opened");
  next_known_ = true;
  for (const auto& [cut, bound] : cuts_) next_known_ &= cut->subtract_known(next_, bound);
}

}  // namespace pai::client::mpc
