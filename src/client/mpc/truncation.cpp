#include "client/mpc/truncation.h"

#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::mpc {

void Truncation::draw(Source& source, std::size_t size, int bits, CutRing ring) {
  ring_bits_ = static_cast<int>(ring);
  PAI_CHECK(bits >= 1 && bits <= ring_bits_ - 3, "a truncation by no or too many bits");
  use_.draw();
  bits_ = bits;
  mask_.resize(size);
  shifted_.resize(size);
  top_.resize(size);
  source.uniform(mask_);
  const auto drop = 64 - ring_bits_;
  source.derived(shifted_, [&](std::span<Word> words) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = mask_[i] << drop >> drop >> bits_;
  });
  source.derived(top_, ring::whole_bytes(top_bits()), [&](std::span<Word> words) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = mask_[i] << drop >> 63;
  });
}

void Truncation::mask(std::span<const Word> x, bool leads) {
  PAI_CHECK(x.size() == mask_.size(), "a truncation of another size");
  use_.spend();
  opened_.resize(x.size());
  const Word offset = leads ? lift() : 0;
  for (std::size_t i = 0; i < x.size(); ++i) opened_[i] = x[i] + mask_[i] + offset;
}

void Truncation::take(std::span<Word> y, bool leads) const {
  PAI_CHECK(y.size() == opened_.size(), "a truncation of another size");
  const int bits = bits_, highest = ring_bits_ - 1;
  const Word wrap = Word{1} << wrap_bits();
  const Word offset = lift() >> bits;
  for (std::size_t i = 0; i < y.size(); ++i) {
    // The sum wrapped exactly when r's highest bit was set and m's is not, for x + 2^(w−2) is below 2^(w−1).
    const Word wrapped = (opened_[i] >> highest) - 1;  // all ones when m's highest bit is 0
    y[i] = (wrapped & wrap) * top_[i] - shifted_[i];
    if (leads) y[i] += (opened_[i] >> bits) - offset;
  }
}

bool Truncation::subtract_known(std::span<Word> words, Word bound) const {
  PAI_CHECK(words.size() <= opened_.size(), "more words than were cut");
  PAI_CHECK(ring_bits_ == 64, "a sum is known of a cut in Z/2^64 alone");
  const Word offset = lift();
  bool known = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word sum = opened_[i] - offset;
    known &= sum - bound < Word{0} - 2 * bound;  // bound ≤ sum < 2^64 − bound
    words[i] -= sum >> bits_;
  }
  return known;
}

}  // namespace pai::client::mpc
