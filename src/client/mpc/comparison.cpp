#include "client/mpc/comparison.h"

#include <algorithm>
#include <array>

#include "common/base/check.h"

namespace pai::client::mpc {

namespace {

constexpr std::size_t kDigitBits = 4;
constexpr std::size_t kEntriesMax = 16;

}  // namespace

void Comparison::draw(Source& source, std::size_t count, std::size_t bounds) {
  bits_ = 64;
  mask_.resize(count);
  source.uniform(mask_);
  draw_all(source, mask_, bounds);
}

void Comparison::draw_under(Source& source, std::span<const Word> mask, int bits, std::size_t bounds) {
  PAI_CHECK(bits == 32 || bits == 64, "a comparison in another ring");
  bits_ = bits;
  mask_.clear();
  draw_all(source, mask, bounds);
}

void Comparison::draw_all(Source& source, std::span<const Word> mask, std::size_t bounds) {
  use_.draw();
  count_ = mask.size();
  width_ = plane_words(count_);
  all_ = bounds * width_;
  draw_tables(source, mask);
  levels_.clear();
  for (std::size_t parts = digits(); parts > 1; parts /= 2) {
    levels_.push_back({parts / 2, {}, {}});
    draw_level(source, levels_.back());
  }
}

void Comparison::draw_tables(Source& source, std::span<const Word> mask) {
  const auto planes = source.is_dealer() ? planes_of(mask) : std::vector<Word>();
  std::size_t entries = 0;
  for (std::size_t digit = 0; digit < digits(); ++digit) entries += entries_of(digit);
  tables_.resize(entries * width_);
  source.derived_bits(tables_, [&](std::span<Word> words) {
    auto* entry = words.data();
    for (std::size_t digit = 0; digit < digits(); ++digit) {
      for (std::size_t value = 0; value < entries_of(digit); ++value, entry += width_) {
        for (std::size_t w = 0; w < width_; ++w) {
          Word equal = ~Word{0};
          for (std::size_t bit = 0; bit < bits_of(digit); ++bit) {
            const Word of_mask = planes[(kDigitBits * digit + bit) * width_ + w];
            equal &= (value >> bit & 1) != 0 ? of_mask : ~of_mask;
          }
          entry[w] = equal;
        }
      }
    }
  });
  top_.resize(width_);
  source.derived_bits(top_, [&](std::span<Word> words) {
    std::copy_n(planes.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(bits_ - 1) * width_), width_, words.begin());
  });
}

void Comparison::draw_level(Source& source, Level& level) const {
  const auto pairs = level.pairs * all_, uppers = (level.pairs - 1) * all_;
  level.masks.resize(2 * pairs + uppers);
  level.products.resize(pairs + uppers);
  source.uniform_bits(level.masks);
  source.derived_bits(level.products, [&](std::span<Word> words) {
    for (std::size_t i = 0; i < pairs; ++i) words[i] = level.masks[i] & level.masks[pairs + i];
    for (std::size_t i = 0; i < uppers; ++i) words[pairs + i] = level.masks[all_ + i] & level.masks[2 * pairs + i];
  });
}

Status Comparison::run(Exchange& exchange, std::span<const Word> x, std::span<const Word> bounds, bool leads, std::vector<Word>& less) {
  PAI_CHECK(x.size() == mask_.size(), "a comparison of another size");
  std::vector<Word> sums(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) sums[i] = x[i] + mask_[i];
  use_.spend();
  exchange.open(sums);
  PAI_TRY(exchange.run());
  return compare(exchange, sums, bounds, leads, less);
}

Status Comparison::run_opened(Exchange& exchange, std::span<const Word> sums, std::span<const Word> bounds, bool leads,
                              std::vector<Word>& less) {
  PAI_CHECK(mask_.empty(), "sums of a comparison that opens its own");
  use_.spend();
  return compare(exchange, sums, bounds, leads, less);
}

Status Comparison::compare(Exchange& exchange, std::span<const Word> sums, std::span<const Word> bounds, bool leads,
                           std::vector<Word>& less) {
  PAI_CHECK(sums.size() == count_ && bounds.size() * width_ == all_, "a comparison of another size");
  const auto bits = static_cast<std::size_t>(bits_);
  opened_.resize(bits * all_);
  std::vector<Word> differences(sums.size());
  for (std::size_t bound = 0; bound < bounds.size(); ++bound) {
    for (std::size_t i = 0; i < sums.size(); ++i) differences[i] = sums[i] - bounds[bound];
    const auto planes = planes_of(differences);
    for (std::size_t bit = 0; bit < bits; ++bit) {
      std::copy_n(planes.begin() + static_cast<std::ptrdiff_t>(bit * width_), width_,
                  opened_.begin() + static_cast<std::ptrdiff_t>(bit * all_ + bound * width_));
    }
  }
  std::vector<Word> greater, equal;
  look_up_digits(greater, equal);
  for (const auto& level : levels_) PAI_TRY(join(exchange, level, leads, greater, equal));
  less.resize(all_);
  for (std::size_t w = 0; w < all_; ++w) less[w] = greater[w] ^ top_[w % width_] ^ (leads ? opened_[(bits - 1) * all_ + w] : 0);
  return {};
}

void Comparison::look_up_digits(std::vector<Word>& greater, std::vector<Word>& equal) const {
  greater.resize(digits() * all_);
  equal.resize(digits() * all_);
  std::array<Word, kEntriesMax> entries, above;
  std::array<Word, kDigitBits> index;
  const auto* table = tables_.data();
  for (std::size_t digit = 0; digit < digits(); ++digit) {
    const auto count = entries_of(digit), bits = bits_of(digit);
    for (std::size_t w = 0; w < all_; ++w) {
      for (std::size_t bit = 0; bit < bits; ++bit) index[bit] = opened_[(kDigitBits * digit + bit) * all_ + w];
      Word sum = 0;
      for (std::size_t value = count; value-- > 0;) {
        above[value] = sum;
        entries[value] = table[value * width_ + w % width_];
        sum ^= entries[value];
      }
      const auto places = std::span(index).first(bits);
      equal[digit * all_ + w] = look_up(places, std::span(entries).first(count));
      greater[digit * all_ + w] = look_up(places, std::span(above).first(count));
    }
    table += count * width_;
  }
}

/// [r > m] of both parts = [higher >] ⊕ [higher =]·[lower >]; [r = m] likewise.
Status Comparison::join(Exchange& exchange, const Level& level, bool leads, std::vector<Word>& greater,
                        std::vector<Word>& equal) const {
  const auto pairs = level.pairs * all_;
  std::vector<Word> opened = level.masks;
  for (std::size_t pair = 0; pair < level.pairs; ++pair) {
    for (std::size_t w = 0; w < all_; ++w) {
      const auto lower = 2 * pair * all_ + w, higher = lower + all_, at = pair * all_ + w;
      opened[at] ^= equal[higher];
      opened[pairs + at] ^= greater[lower];
      if (pair > 0) opened[2 * pairs + at - all_] ^= equal[lower];
    }
  }
  exchange.open_bits(opened);
  PAI_TRY(exchange.run());
  const auto product = [&](std::size_t x, std::size_t y, std::size_t of) {
    return (opened[x] & level.masks[y]) ^ (opened[y] & level.masks[x]) ^ level.products[of] ^
           (leads ? opened[x] & opened[y] : 0);
  };
  std::vector<Word> joined_greater(pairs), joined_equal(pairs);
  for (std::size_t pair = 0; pair < level.pairs; ++pair) {
    for (std::size_t w = 0; w < all_; ++w) {
      const auto at = pair * all_ + w, higher = (2 * pair + 1) * all_ + w;
      joined_greater[at] = greater[higher] ^ product(at, pairs + at, at);
      if (pair > 0) joined_equal[at] = product(at, 2 * pairs + at - all_, pairs + at - all_);
    }
  }
  greater = std::move(joined_greater);
  equal = std::move(joined_equal);
  return {};
}

}  // namespace pai::client::mpc
