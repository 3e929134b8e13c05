#include "client/boost/histograms.h"

#include <algorithm>
#include <array>

#include "common/base/check.h"

namespace pai::client::boost {

Histograms::Histograms(const Shape& shape, const MaskedBins& masked, std::span<const std::uint8_t> bins, int self, int knows)
    : shape_(shape), masked_(masked), bins_(bins), self_(self), knows_(knows) {}

void Histograms::draw(mpc::Source& source, const Sample& sample) {
  const auto halves = shape_.train_rows * width();
  uses_.resize(width());
  for (auto& use : uses_) use.draw();
  const bool has_own = source.is_dealer() || has_mask(static_cast<std::size_t>(self_));
  masks_.assign(has_own ? (halves + 1) / 2 : 0, 0);
  std::vector<std::vector<Word>> of_parties;  // the dealer's
  std::vector<Word> none;
  for (std::size_t p = 0; p < shape_.parties(); ++p) {
    if (!has_mask(p)) {
      if (source.is_dealer()) of_parties.emplace_back(masks_.size());
      continue;
    }
    if (source.is_dealer()) {
      auto& of_party = of_parties.emplace_back(masks_.size());
      source.own(static_cast<int>(p), of_party);
      const auto* const from = reinterpret_cast<const ring::HalfOfWord*>(of_party.data());
      for (std::size_t i = 0; i < halves; ++i) masks()[i] += from[i];
    } else {
      source.own(static_cast<int>(p), static_cast<int>(p) == self_ ? masks_ : none);
    }
  }
  corrections_.resize(shape_.all_columns() * width());
  source.derived(corrections_, 32, [&](std::span<Word> words) {
    std::vector<Word> others(masks_.size());
    for (const auto owner : shape_.owners()) {
      auto* const of_others = reinterpret_cast<ring::HalfOfWord*>(others.data());
      const auto* const own = reinterpret_cast<const ring::HalfOfWord*>(of_parties[owner].data());
      for (std::size_t i = 0; i < halves; ++i) of_others[i] = masks()[i] - own[i];
      const auto matrix = masked_.of(owner);
      std::vector<Half> sums(width() * matrix.stride());
      ring::add_narrow_product(sums, matrix, of_others, width(), sample.rows);
      for (std::size_t v = 0; v < width(); ++v) {
        std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(v * matrix.stride()), shape_.columns(owner),
                    words.begin() + static_cast<std::ptrdiff_t>(v * shape_.all_columns() + shape_.columns_before(owner)));
      }
    }
  });
}

void Histograms::prepare(const Sample& sample) {
  if (masks_.empty()) return;
  for (const auto owner : shape_.owners()) {
    if (static_cast<int>(owner) == self_) continue;
    const auto matrix = masked_.of(owner);
    std::vector<Half> sums(width() * matrix.stride());
    ring::add_narrow_product(sums, matrix, masks(), width(), sample.rows);
    for (std::size_t v = 0; v < width(); ++v) {
      auto* const to = corrections_.data() + v * shape_.all_columns() + shape_.columns_before(owner);
      for (std::size_t j = 0; j < shape_.columns(owner); ++j) to[j] += sums[v * matrix.stride() + j];
    }
  }
}

void Histograms::dealt_mask(std::size_t column, std::span<Half> mask) const {
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = masks()[i * width() + column];
}

// Columns are gone through together: a row's masks lie side by side, and so they are read once.
void Histograms::mask(std::size_t first, Columns x, std::span<const std::span<Word>> e) {
  PAI_CHECK(x.size() == e.size(), "as many sums as columns");
  for (std::size_t v = 0; v < x.size(); ++v) {
    uses_.at(first + v).spend();
    PAI_CHECK(x[v].size() == shape_.train_rows && e[v].size() == shape_.train_rows, "a column of another size");
  }
  for (std::size_t i = 0; i < shape_.train_rows; ++i) {
    const auto* const masks_of_row = masks() + i * width() + first;
    for (std::size_t v = 0; v < x.size(); ++v) e[v].data()[i] = static_cast<Half>(x[v].data()[i] - masks_of_row[v]);
  }
}

void Histograms::take(std::size_t first, Opened e, const Sample& sample, std::span<const std::span<Half>> sums) const {
  PAI_CHECK(e.size() == sums.size(), "as many sums as columns");
  for (std::size_t v = 0; v < e.size(); ++v) {
    PAI_CHECK(sums[v].size() == shape_.all_columns() && e[v].size() == shape_.train_rows, "a histogram of another size");
    const auto* const base = corrections_.data() + (first + v) * shape_.all_columns();
    for (std::size_t j = 0; j < sums[v].size(); ++j) sums[v][j] = static_cast<Half>(base[j]);
  }
  if (self_ < 0 || shape_.features[static_cast<std::size_t>(self_)] == 0) return;
  std::size_t v = 0;
  for (; v + 8 <= e.size(); v += 8) add_own<8>(first + v, e.subspan(v, 8), sample, sums.subspan(v, 8));
  for (; v + 2 <= e.size(); v += 2) add_own<2>(first + v, e.subspan(v, 2), sample, sums.subspan(v, 2));
  for (; v < e.size(); ++v) add_own<1>(first + v, e.subspan(v, 1), sample, sums.subspan(v, 1));
}

/// M_oᵀ (e + V_o) of the own bins.
template <std::size_t Count>
void Histograms::add_own(std::size_t first, Opened e, const Sample& sample, std::span<const std::span<Half>> sums) const {
  const auto self = static_cast<std::size_t>(self_);
  const auto features = shape_.features[self];
  // The highest bin has a place of its own here, behind the others, that is not kept.
  std::vector<Half> of_bins(features * (shape_.bins + 1) * Count);
  std::array<std::size_t, 256> place;
  for (std::size_t bin = 0; bin < place.size(); ++bin) {
    const int column_of = column_of_bin(static_cast<std::uint8_t>(bin), shape_.bins);
    const auto of_bin = column_of < 0 || bin + 1 > shape_.bins ? (bin == kMissingBin ? shape_.bins - 1 : shape_.bins) : static_cast<std::size_t>(column_of);
    place[bin] = of_bin * Count;
  }
  std::array<const Word*, Count> opened;
  for (std::size_t v = 0; v < Count; ++v) opened[v] = e[v].data();
  const auto* const own_masks = masks_.empty() ? nullptr : masks() + first;
  const auto feature_step = (shape_.bins + 1) * Count, mask_step = width();
  const auto add_row = [&](std::size_t i) {
    std::array<Half, Count> x;
    for (std::size_t v = 0; v < Count; ++v) x[v] = static_cast<Half>(opened[v][i]) + (own_masks != nullptr ? own_masks[i * mask_step + v] : 0);
    const auto* const row = bins_.data() + i * features;
    auto* of_feature = of_bins.data();
    for (std::size_t j = 0; j < features; ++j, of_feature += feature_step) {
      auto* const of_bin = of_feature + place[row[j]];
      for (std::size_t v = 0; v < Count; ++v) of_bin[v] += x[v];
    }
  };
  if (sample.rows.empty()) {
    for (std::size_t i = 0; i < shape_.train_rows; ++i) add_row(i);
  } else {
    for (const auto i : sample.rows) add_row(i);
  }
  for (std::size_t v = 0; v < Count; ++v) {
    const auto own = sums[v].subspan(shape_.columns_before(self), shape_.columns(self));
    for (std::size_t j = 0; j < features; ++j) {
      for (std::size_t k = 0; k < shape_.bins; ++k) own[j * shape_.bins + k] += of_bins[j * feature_step + k * Count + v];
    }
  }
}

}  // namespace pai::client::boost
