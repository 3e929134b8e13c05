#include "client/mpc/reciprocal.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::mpc {

namespace {

constexpr int kXBits = 32;      // of the ring of x
constexpr int kAngleBits = 31;  // of X̂
constexpr Word kFirst = Word{168} << 20;  // a
constexpr Word kPart = 4;                 // of a part: its end by its beginning

// 2^27/X̂ ≈ Σ sines_j sin(2π(2j+1)X̂/2^31) + cosines_j cos(…) for a ≤ X̂ ≤ 4a: least squares of the relative error, weighted until it was even. It is at most
// 7e-7, also a thousandth outside.
constexpr std::array kSines{0.227880976434,  -0.177284538162, -0.31136539916,  -0.249013872615, -0.128040365646,
                            -0.043028766545, -0.008450687254, -0.000593344771, 5.5091451e-05};
constexpr std::array kCosines{1.4503763341,    0.916378351665,  0.464228534946,  0.152325215658, 0.012526966088,
                              -0.016577787465, -0.009468584152, -0.002333744757, -0.000233088179};
static_assert(kSines.size() == kCosines.size());
constexpr int kHarmonics = static_cast<int>(kSines.size());
constexpr int kTableScale = 26, kFactorScale = 27;
constexpr CutRing kSumRing = CutRing::kSevenBytes;  // the sum is below 2^(kTableScale + kFactorScale)
constexpr int kPartScale = 28;                    // of 2^27/X̂ when it is cut; as fine as the sum's own rounding

}  // namespace

// Every party makes the plan for itself. The words below are rounded from exact scalings of the same doubles.
ReciprocalPlan::ReciprocalPlan(double low, double high, int x_scale) {
  PAI_CHECK(low >= 1 && low <= high && x_scale >= 1 && x_scale <= 28, "a reciprocal of another range");
  const auto lowest = static_cast<Word>(std::llround(std::ldexp(low, x_scale)));
  const double highest = std::ldexp(high, x_scale);
  PAI_CHECK(highest <= std::ldexp(1.0, 29), "a reciprocal of words without room");
  Word bound = kFirst;
  for (; static_cast<double>(bound) > highest; bound /= kPart) first_factor_ *= kPart;
  for (; bound > lowest; bound /= kPart) bounds_.push_back(bound);
  // 1/x = 2^x_scale σ/X̂, and 2^27/X̂ comes at kPartScale: so 1/x is σ times that at this scale.
  const int before_cut = kPartScale + 27 - x_scale;
  scale_ = before_cut - 1;
  ring_ = cut_ring_for(before_cut + 1);
}

void Reciprocal::draw(Source& source, std::size_t size, std::size_t also) {
  use_.draw();
  size_ = size;
  mask_.resize(size);
  source.uniform(mask_);
  if (plan_.bounds().size() + also > 0) comparison_.draw_under(source, mask_, kXBits, plan_.bounds().size() + also);
  draw_bits(source);
  waves_.draw(source, size, kAngleBits - ring::kPeriodBits, kHarmonics, static_cast<int>(kSumRing), kTableScale);
  part_.draw(source, size, kTableScale + kFactorScale - kPartScale, kSumRing);
  const auto bounds = plan_.bounds().size(), plane = plane_words(size);
  const auto by_bit = [&](std::span<const Word> factor) {
    return [&, factor](std::span<Word> words) {
      for (std::size_t bound = 0; bound < bounds; ++bound) {
        const auto of_bound = std::span<const Word>(bit_masks_).subspan(bound * plane, plane);
        for (std::size_t i = 0; i < size; ++i) words[bound * size + i] = factor[i] & (0 - Word{bit_of(of_bound, i)});
      }
    };
  };
  const int bits = static_cast<int>(plan_.ring());
  by_mask_.resize(bounds * size);
  by_part_.resize(bounds * size);
  by_top_.resize(bounds * size);
  if (bounds > 0) {
    source.derived(by_mask_, kXBits, by_bit(mask_));
    source.derived(by_part_, bits, by_bit(part_.dealt_shifted()));
    source.derived(by_top_, ring::whole_bytes(std::max(1, bits - part_.wrap_bits())), by_bit(part_.dealt_top()));
  }
  result_.draw(source, size, 1, plan_.ring());
}

void Reciprocal::draw_bits(Source& source) {
  const auto bounds = plan_.bounds().size(), plane = plane_words(size_);
  bit_masks_.resize(bounds * plane);
  bits_.resize(bounds * size_);
  if (bounds == 0) return;
  source.uniform_bits(bit_masks_);
  source.derived(bits_, static_cast<int>(plan_.ring()), [&](std::span<Word> words) {
    for (std::size_t bound = 0; bound < bounds; ++bound) {
      const auto of_bound = std::span<const Word>(bit_masks_).subspan(bound * plane, plane);
      for (std::size_t i = 0; i < size_; ++i) words[bound * size_ + i] = bit_of(of_bound, i) ? 1 : 0;
    }
  });
}

void Reciprocal::mask(std::span<const Word> x) {
  PAI_CHECK(x.size() == size_, "a reciprocal of another size");
  use_.spend();
  x_.assign(x.begin(), x.end());
  opened_.resize(size_);
  for (std::size_t i = 0; i < size_; ++i) opened_[i] = x[i] + mask_[i];
}

void Reciprocal::open(Exchange& exchange) { exchange.open(opened_, kXBits); }

/// The bits of the comparisons, ours under ρ.
Status Reciprocal::select(Exchange& exchange) {
  const auto own = plan_.bounds().size() * plane_words(size_);
  less_.assign(signs_.begin() + static_cast<std::ptrdiff_t>(own), signs_.end());
  signs_.resize(own);
  if (own == 0) return {};
  for (std::size_t w = 0; w < own; ++w) signs_[w] ^= bit_masks_[w];
  exchange.open_bits(signs_);
  PAI_TRY(exchange.run());
  scale_up();
  return {};
}

/// x_ becomes σX. Each bit b = c + (1 − 2c)ρ adds 3·4^k X; ρX = (X + r)ρ − ρr.
void Reciprocal::scale_up() {
  const auto plane = plane_words(size_);
  std::vector<Word> sums(x_);
  Word factor = kPart - 1;
  for (std::size_t bound = 0; bound < plan_.bounds().size(); ++bound, factor *= kPart) {
    const auto* const bits = bits_.data() + bound * size_;
    const auto* const by_mask = by_mask_.data() + bound * size_;
    const auto opened = std::span<const Word>(signs_).subspan(bound * plane, plane);
    for (std::size_t i = 0; i < size_; ++i) {
      const Word masked = bits[i] * opened_[i] - by_mask[i], all = 0 - Word{bit_of(opened, i)};
      sums[i] += factor * ((x_[i] & all) + ((masked ^ all) - all));
    }
  }
  x_ = std::move(sums);
}

/// words = σ times the part; likewise, with the part's P + U in the place of (X + r) − r.
void Reciprocal::multiply_back(std::vector<Word>& words) const {
  const auto plane = plane_words(size_);
  const auto share = part_.share(), opened_part = part_.opened(), wraps = part_.wraps();
  const int wrap_bits = part_.wrap_bits();
  words.assign(share.begin(), share.end());
  Word factor = kPart - 1;
  for (std::size_t bound = 0; bound < plan_.bounds().size(); ++bound, factor *= kPart) {
    const auto* const bits = bits_.data() + bound * size_;
    const auto* const by_part = by_part_.data() + bound * size_;
    const auto* const by_top = by_top_.data() + bound * size_;
    const auto opened = std::span<const Word>(signs_).subspan(bound * plane, plane);
    for (std::size_t i = 0; i < size_; ++i) {
      const Word masked = bits[i] * opened_part[i] - by_part[i] + ((wraps[i] & by_top[i]) << wrap_bits);
      const Word all = 0 - Word{bit_of(opened, i)};
      words[i] += factor * ((share[i] & all) + ((masked ^ all) - all));
    }
  }
  for (auto& word : words) word *= plan_.first_factor();
}

Status Reciprocal::run(Exchange& exchange, std::span<const Word> also, bool leads) {
  std::vector<Word> bounds(plan_.bounds().begin(), plan_.bounds().end());
  bounds.insert(bounds.end(), also.begin(), also.end());
  signs_.clear();
  if (!bounds.empty()) PAI_TRY(comparison_.run_opened(exchange, opened_, bounds, leads, signs_));
  PAI_TRY(select(exchange));
  for (auto& word : x_) word *= plan_.first_factor();
  waves_.mask(x_);
  waves_.open(exchange);
  PAI_TRY(exchange.run());
  std::vector<Word> words(size_), cosine_sum(size_);
  waves_.take(kSines, kCosines, words, cosine_sum, kFactorScale);
  ring::add(words, cosine_sum);
  part_.mask(words, leads);
  part_.open(exchange);
  PAI_TRY(exchange.run());
  part_.take(leads);
  multiply_back(words);
  result_.mask(words, leads);
  result_.open(exchange);
  PAI_TRY(exchange.run());
  result_.take(leads);
  return {};
}

}  // namespace pai::client::mpc
