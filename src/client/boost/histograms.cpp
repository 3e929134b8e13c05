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

void Histograms::mask(std::size_t column, std::span<const Half> x, std::span<Word> e) {
  uses_[column].spend();
  for (std::size_t i = 0; i < x.size(); ++i) e[i] = static_cast<Half>(x[i] - masks()[i * width() + column]);
}

void Histograms::take(std::size_t column, std::span<const Word> e, const Sample& sample, std::span<Half> sum) const {
  PAI_CHECK(sum.size() == shape_.all_columns() && e.size() == shape_.train_rows, "a histogram of another size");
  const auto* const base = corrections_.data() + column * shape_.all_columns();
  for (std::size_t j = 0; j < sum.size(); ++j) sum[j] = static_cast<Half>(base[j]);
  if (self_ < 0 || shape_.features[static_cast<std::size_t>(self_)] == 0) return;
  const auto self = static_cast<std::size_t>(self_);
  const auto features = shape_.features[self];
  auto* const own = sum.data() + shape_.columns_before(self);
  // The highest bin has a place of its own here, behind the others, that is not kept.
  std::vector<Half> of_bins(features * (shape_.bins + 1));
  std::array<std::size_t, 256> place;
  for (std::size_t bin = 0; bin < place.size(); ++bin) {
    const int column_of = column_of_bin(static_cast<std::uint8_t>(bin), shape_.bins);
    place[bin] = column_of < 0 || bin + 1 > shape_.bins ? (bin == kMissingBin ? shape_.bins - 1 : shape_.bins) : static_cast<std::size_t>(column_of);
  }
  const bool has_own = !masks_.empty();
  const auto add_row = [&](std::size_t i) {
    const auto x = static_cast<Half>(e[i] + (has_own ? masks()[i * width() + column] : 0));
    const auto* const row = bins_.data() + i * features;
    for (std::size_t j = 0; j < features; ++j) of_bins[j * (shape_.bins + 1) + place[row[j]]] += x;
  };
  if (sample.rows.empty()) {
    for (std::size_t i = 0; i < shape_.train_rows; ++i) add_row(i);
  } else {
    for (const auto i : sample.rows) add_row(i);
  }
  for (std::size_t j = 0; j < features; ++j) {
    for (std::size_t k = 0; k < shape_.bins; ++k) own[j * shape_.bins + k] += of_bins[j * (shape_.bins + 1) + k];
  }
}

}  // namespace pai::client::boost
