#include "client/mpc/gate.h"

#include "common/base/check.h"

namespace pai::client::mpc {

void Gate::draw(Source& source, std::size_t count) {
  use_.draw();
  plane_ = plane_words(count);
  factors_.resize(2 * plane_);
  source.uniform_bits(factors_);
  product_.resize(plane_);
  source.derived_bits(product_, [&](std::span<Word> words) {
    for (std::size_t w = 0; w < plane_; ++w) words[w] = factors_[w] & factors_[plane_ + w];
  });
  bit_mask_.resize(plane_);
  source.uniform_bits(bit_mask_);
  bits_.resize(count);
  source.derived(bits_, [&](std::span<Word> words) {
    for (std::size_t i = 0; i < count; ++i) words[i] = bit_of(bit_mask_, i) ? 1 : 0;
  });
  word_mask_.resize(count);
  source.uniform(word_mask_);
  masked_product_.resize(count);
  source.derived(masked_product_, [&](std::span<Word> words) {
    for (std::size_t i = 0; i < count; ++i) words[i] = bits_[i] * word_mask_[i];
  });
}

Status Gate::run(Exchange& exchange, std::span<const Word> first, std::span<const Word> second, bool leads, std::span<Word> words) {
  PAI_CHECK(words.size() == word_mask_.size() && first.size() == plane_ && second.size() == plane_, "a gate of another size");
  use_.spend();
  std::vector<Word> opened(2 * plane_);
  for (std::size_t w = 0; w < plane_; ++w) {
    opened[w] = first[w] ^ factors_[w];
    opened[plane_ + w] = second[w] ^ factors_[plane_ + w];
  }
  exchange.open_bits(opened);
  PAI_TRY(exchange.run());
  std::vector<Word> both(plane_);
  for (std::size_t w = 0; w < plane_; ++w) {
    const Word x = opened[w], y = opened[plane_ + w];
    both[w] = (x & factors_[plane_ + w]) ^ (y & factors_[w]) ^ product_[w] ^ (leads ? x & y : 0) ^ bit_mask_[w];
  }
  std::vector<Word> masked(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) masked[i] = words[i] - word_mask_[i];
  exchange.open_bits(both);
  exchange.open(masked);
  PAI_TRY(exchange.run());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word by_mask = masked[i] * bits_[i] + masked_product_[i];
    words[i] = bit_of(both, i) ? words[i] - by_mask : by_mask;
  }
  return {};
}

}  // namespace pai::client::mpc
