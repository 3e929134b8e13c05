#include "client/mpc/contest.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "common/base/check.h"

namespace pai::client::mpc {

namespace {

constexpr std::size_t kOthersMax = kContestMax - 1;
constexpr std::size_t kTableMax = std::size_t{1} << kOthersMax;

std::size_t pairs_of(std::span<const std::size_t> sizes) {
  std::size_t pairs = 0;
  for (const auto size : sizes) pairs += size * (size - 1) / 2;
  return pairs;
}

/// Calls visit(first, second) for each pair of each group.
template <class Visit>
void each_pair(std::span<const std::size_t> sizes, Visit visit) {
  std::size_t begin = 0;
  for (const auto size : sizes) {
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = i + 1; j < size; ++j) visit(begin + i, begin + j, i, j);
    }
    begin += size;
  }
}

}  // namespace

std::vector<std::size_t> contest_groups(std::size_t count, std::size_t size_max) {
  PAI_CHECK(size_max >= 2 && size_max <= kContestMax, "groups of 2 to 8");
  const auto groups = (count + size_max - 1) / size_max;
  std::vector<std::size_t> sizes(groups, groups == 0 ? 0 : count / groups);
  for (std::size_t i = 0; i < groups && i < count % groups; ++i) ++sizes[i];
  return sizes;
}

namespace {

struct Way {
  std::size_t comparisons = 0;
  std::vector<std::size_t> sizes;
};

/// The cheapest in exactly so many stages; nothing when there are too few.
std::optional<Way> cheapest(std::size_t count, std::size_t stages) {
  if (stages == 0) return count <= 1 ? std::optional(Way{}) : std::nullopt;
  std::optional<Way> best;
  for (std::size_t size = 2; size <= kContestMax; ++size) {
    const auto groups = (count + size - 1) / size;
    auto rest = cheapest(groups, stages - 1);
    if (!rest) continue;
    const auto each = groups == 0 ? 0 : count / groups, larger = groups == 0 ? 0 : count % groups;
    rest->comparisons += larger * (each + 1) * each / 2 + (groups - larger) * each * (each - (each > 0 ? 1 : 0)) / 2;
    if (best && best->comparisons <= rest->comparisons) continue;
    rest->sizes.insert(rest->sizes.begin(), size);
    best = std::move(rest);
  }
  return best;
}

}  // namespace

std::vector<std::size_t> contest_stages(std::size_t count) {
  std::size_t stages = 0;
  for (auto left = count; left > 1; left = contest_groups(left).size()) ++stages;
  return cheapest(count, stages)->sizes;
}

void Contest::draw(Source& source, std::vector<std::size_t> sizes, Selects selects, std::size_t selected) {
  PAI_CHECK(selects == Selects::kValues || selected == 0, "other words are selected together with the values");
  use_.draw();
  winners_use_.draw();
  sizes_ = std::move(sizes);
  size_ = std::accumulate(sizes_.begin(), sizes_.end(), std::size_t{0});
  width_ = plane_words(size_);
  for (const auto size : sizes_) PAI_CHECK(size >= 1 && size <= kContestMax, "a group of a contest has 1 to 8");
  others_ = sizes_.empty() ? 0 : *std::max_element(sizes_.begin(), sizes_.end()) - 1;
  const auto others = others_, entries = std::size_t{1} << others_;
  value_masks_.resize(size_);
  source.uniform(value_masks_);
  comparison_.draw_under(source, differences(value_masks_), 64);

  and_masks_.resize(others * width_);
  source.uniform_bits(and_masks_);
  and_table_.resize(entries * width_);
  source.derived_bits(and_table_, [&](std::span<Word> words) {
    for (std::size_t entry = 0; entry < entries; ++entry) {
      for (std::size_t w = 0; w < width_; ++w) {
        Word all = ~Word{0};
        for (std::size_t i = 0; i < others; ++i) {
          const Word mask = and_masks_[i * width_ + w];
          all &= (entry >> i & 1) != 0 ? ~mask : mask;  // the bits that are opened are all 1 without the mask
        }
        words[entry * width_ + w] = all;
      }
    }
  });

  bit_mask_.resize(width_);
  source.uniform_bits(bit_mask_);
  const bool selects_values = selects == Selects::kValues;
  bits_.resize(selects_values ? size_ : 0);
  value_products_.resize(bits_.size());
  if (selects_values) {
    source.derived(bits_, [&](std::span<Word> words) {
      for (std::size_t i = 0; i < size_; ++i) words[i] = bit_of(bit_mask_, i) ? 1 : 0;
    });
    source.derived(value_products_, [&](std::span<Word> words) {
      for (std::size_t i = 0; i < size_; ++i) words[i] = bits_[i] * value_masks_[i];
    });
  }
  selected_.assign(selected, {});
  for (auto& tensor : selected_) {
    tensor.mask.resize(size_);
    tensor.product.resize(size_);
    source.uniform(tensor.mask);
    source.derived(tensor.product, [&](std::span<Word> words) {
      for (std::size_t i = 0; i < size_; ++i) words[i] = bits_[i] * tensor.mask[i];
    });
  }
}

/// Of each pair, the first less the second.
std::vector<Word> Contest::differences(std::span<const Word> words) const {
  std::vector<Word> all;
  all.reserve(pairs_of(sizes_));
  each_pair(sizes_, [&](std::size_t first, std::size_t second, std::size_t, std::size_t) { all.push_back(words[first] - words[second]); });
  return all;
}

Status Contest::run(Exchange& exchange, std::span<const Word> values, bool leads) {
  PAI_CHECK(values.size() == size_, "a contest of another size");
  use_.spend();
  opened_values_.resize(size_);
  for (std::size_t i = 0; i < size_; ++i) opened_values_[i] = values[i] + value_masks_[i];
  exchange.open(opened_values_);
  PAI_TRY(exchange.run());
  const Word zero = 0;
  std::vector<Word> first_lost;
  PAI_TRY(comparison_.run_opened(exchange, differences(opened_values_), {&zero, 1}, leads, first_lost));

  auto opened = inputs(first_lost, leads);
  for (std::size_t i = 0; i < opened.size(); ++i) opened[i] ^= and_masks_[i];
  exchange.open_bits(opened);
  PAI_TRY(exchange.run());
  won_.resize(width_);
  std::array<Word, kOthersMax> index;
  std::array<Word, kTableMax> table;
  const auto entries = std::size_t{1} << others_;
  for (std::size_t w = 0; w < width_; ++w) {
    for (std::size_t i = 0; i < others_; ++i) index[i] = opened[i * width_ + w];
    for (std::size_t entry = 0; entry < entries; ++entry) table[entry] = and_table_[entry * width_ + w];
    won_[w] = look_up(std::span(index).first(others_), std::span(table).first(entries));
  }
  return {};
}

/// Plane k: whether a value did not lose to the k-th other of its group; ones where there is none.
std::vector<Word> Contest::inputs(std::span<const Word> first_lost, bool leads) const {
  std::vector<Word> planes(others_ * width_, leads ? ~Word{0} : 0);
  std::size_t pair = 0;
  each_pair(sizes_, [&](std::size_t first, std::size_t second, std::size_t i, std::size_t j) {
    const bool lost = bit_of(first_lost, pair++);
    set_bit(std::span(planes).subspan((j - 1) * width_, width_), first, lost != leads);
    set_bit(std::span(planes).subspan(i * width_, width_), second, lost);
  });
  return planes;
}

void Contest::mask(std::size_t tensor, std::span<const Word> words) {
  auto& selected = selected_.at(tensor);
  PAI_CHECK(words.size() == size_ && selected.opened.empty(), "one selection of words of the contest's size");
  selected.opened.resize(size_);
  for (std::size_t i = 0; i < size_; ++i) selected.opened[i] = words[i] - selected.mask[i];
}

void Contest::open(Exchange& exchange) {
  winners_use_.spend();
  opened_ = won_;
  for (std::size_t w = 0; w < width_; ++w) opened_[w] ^= bit_mask_[w];
  exchange.open_bits(opened_);
  for (auto& tensor : selected_) {
    PAI_CHECK(tensor.opened.size() == size_, "a selection without its words");
    exchange.open(tensor.opened);
  }
}

void Contest::take(std::size_t tensor, std::span<const Word> words, std::span<Word> of_winners) const {
  const auto& selected = selected_.at(tensor);
  std::vector<Word> by_mask(size_);
  for (std::size_t i = 0; i < size_; ++i) by_mask[i] = selected.opened[i] * bits_[i] + selected.product[i];
  select(words, by_mask, of_winners);
}

void Contest::take_values(std::span<const Word> values, std::span<Word> of_winners) const {
  PAI_CHECK(bits_.size() == size_, "a contest without a selection");
  std::vector<Word> by_mask(size_);
  for (std::size_t i = 0; i < size_; ++i) by_mask[i] = opened_values_[i] * bits_[i] - value_products_[i];
  select(values, by_mask, of_winners);
}

void Contest::select(std::span<const Word> words, std::span<const Word> by_mask, std::span<Word> of_winners) const {
  PAI_CHECK(words.size() == size_ && of_winners.size() == sizes_.size(), "a contest of another size");
  std::size_t i = 0;
  for (std::size_t group = 0; group < sizes_.size(); ++group) {
    Word sum = 0;
    // bit·v = c·v + (1 − 2c)·ρv
    for (const auto end = i + sizes_[group]; i < end; ++i) sum += bit_of(opened_, i) ? words[i] - by_mask[i] : by_mask[i];
    of_winners[group] = sum;
  }
}

void Contest::take_public(std::span<const Word> words, bool leads, std::span<Word> of_winners) const {
  PAI_CHECK(words.size() == size_ && of_winners.size() == sizes_.size() && bits_.size() == size_, "a contest of another size");
  std::size_t i = 0;
  for (std::size_t group = 0; group < sizes_.size(); ++group) {
    Word sum = 0;
    for (const auto end = i + sizes_[group]; i < end; ++i) {
      const Word bit = bit_of(opened_, i) ? Word{leads} - bits_[i] : bits_[i];
      sum += bit * words[i];
    }
    of_winners[group] = sum;
  }
}

Status Contest::open_winners(Exchange& exchange, std::vector<Word>& winners) {
  winners_use_.spend();
  winners = won_;
  exchange.open_bits(winners);
  return exchange.run();
}

}  // namespace pai::client::mpc
