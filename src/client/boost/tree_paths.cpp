#include "client/boost/tree_paths.h"

#include <algorithm>

#include "common/base/check.h"

namespace pai::client::boost {

using mpc::bit_of;

TreePaths::TreePaths(const Shape& shape) : shape_(shape), plane_(mpc::plane_words(shape.rows())), nodes_(shape.leaves() - 1) {}

/// Shares in Z/2^32 of values that the dealer computes.
template <class Value>
void TreePaths::draw_halves(mpc::Source& source, std::size_t size, const Value& value, std::vector<Half>& halves) {
  halves.resize(size);
  source.derived_halves(halves, [&](std::span<Half> words) {
    for (std::size_t i = 0; i < size; ++i) words.data()[i] = static_cast<Half>(value(i));
  });
}

void TreePaths::draw_level(mpc::Source& source, std::size_t level, const GradientMasks* masks) {
  const auto nodes = shape_.nodes(level);
  if (level == 0) rows_.assign(1, {std::vector<Word>(plane_, ~Word{0}), std::vector<Word>(plane_, 0)});
  level_use_.draw();
  split_masks_.resize(nodes * plane_);
  source.uniform_bits(split_masks_);
  products_.resize(nodes * plane_);
  source.derived_bits(products_, [&](std::span<Word> words) {
    for (std::size_t node = 0; node < nodes; ++node) {
      for (std::size_t w = 0; w < plane_; ++w) words[node * plane_ + w] = rows_[node].mask[w] & split_masks_[node * plane_ + w];
    }
  });
  for (std::size_t node = 0; node < nodes; ++node) {
    auto& right = right_of(level, node);
    right.mask.resize(plane_);
    source.uniform_bits(right.mask);
    const auto& mask = right.mask;
    draw_halves(source, shape_.rows(), [&](std::size_t i) { return Word{bit_of(mask, i)}; }, right.mask_words);
    right.by_g.clear();
    right.by_h.clear();
    if (masks == nullptr) continue;
    draw_halves(source, shape_.train_rows, [&](std::size_t i) { return Word{masks->g[i]} & (0 - Word{bit_of(mask, i)}); }, right.by_g);
    draw_halves(source, shape_.train_rows, [&](std::size_t i) { return Word{masks->h[i]} & (0 - Word{bit_of(mask, i)}); }, right.by_h);
  }
  // The masks of the children; what was opened of them is known at the data clients alone, when they get there.
  next_.assign(2 * nodes, {});
  for (std::size_t node = 0; node < nodes; ++node) {
    next_[2 * node + 1].mask = right_of(level, node).mask;
    next_[2 * node].mask = rows_[node].mask;
    for (std::size_t w = 0; w < plane_; ++w) next_[2 * node].mask[w] ^= next_[2 * node + 1].mask[w];
  }
  if (source.is_dealer()) rows_ = next_;
}

Status TreePaths::run_level(const nn::Party& party, std::size_t level, std::span<const Word> goes_right) {
  const auto nodes = shape_.nodes(level);
  PAI_CHECK(goes_right.size() == nodes * plane_ && rows_.size() == nodes, "the bits of another level");
  level_use_.spend();
  std::vector<Word> opened(goes_right.begin(), goes_right.end());
  for (std::size_t i = 0; i < opened.size(); ++i) opened[i] ^= split_masks_[i];
  party.exchange.open_bits(opened);
  PAI_TRY(party.exchange.run());

  std::vector<Word> right(opened.size());
  for (std::size_t node = 0; node < nodes; ++node) {
    const auto& rows = rows_[node];
    for (std::size_t w = 0; w < plane_; ++w) {
      const auto i = node * plane_ + w;
      right[i] = (rows.opened[w] & split_masks_[i]) ^ (opened[i] & rows.mask[w]) ^ products_[i] ^
                 (party.leads() ? rows.opened[w] & opened[i] : 0) ^ right_of(level, node).mask[w];
    }
  }
  party.exchange.open_bits(right);
  PAI_TRY(party.exchange.run());
  for (std::size_t node = 0; node < nodes; ++node) {
    auto& child = right_of(level, node);
    child.opened.assign(right.begin() + static_cast<std::ptrdiff_t>(node * plane_),
                        right.begin() + static_cast<std::ptrdiff_t>((node + 1) * plane_));
    next_[2 * node + 1].opened = child.opened;
    next_[2 * node].opened = rows_[node].opened;
    for (std::size_t w = 0; w < plane_; ++w) next_[2 * node].opened[w] ^= child.opened[w];
  }
  rows_ = std::move(next_);
  return {};
}

void TreePaths::right_gradients(std::size_t level, std::size_t node, bool of_h, std::span<const Word> opened,
                                std::span<const Half> share, std::span<Half> result) const {
  const auto& right = right_of(level, node);
  const auto& by_mask = of_h ? right.by_h : right.by_g;
  PAI_CHECK(by_mask.size() == share.size() && opened.size() == share.size(), "gradients of another size");
  for (std::size_t i = 0; i < share.size(); ++i) {
    const auto masked = static_cast<Half>(static_cast<Half>(opened[i]) * right.mask_words[i] + by_mask[i]);
    // Without a branch, that would go the wrong way half the time: share − masked, or masked.
    const auto all = static_cast<Half>(0 - static_cast<Half>(bit_of(right.opened, i)));
    result[i] = (share[i] & all) + ((masked ^ all) - all);
  }
}

void TreePaths::draw_values(mpc::Source& source) {
  values_use_.draw();
  value_masks_.resize(nodes_.size());
  source.uniform(value_masks_);
  value_products_.resize(nodes_.size());
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto& mask = nodes_[node].mask;
    draw_halves(source, shape_.rows(), [&](std::size_t i) { return value_masks_[node] & (0 - Word{bit_of(mask, i)}); }, value_products_[node]);
  }
}

Status TreePaths::run_values(const nn::Party& party, std::span<const Word> leaves, std::span<Half> scores) {
  PAI_CHECK(leaves.size() == shape_.leaves() && scores.size() == shape_.rows(), "values of another tree");
  values_use_.spend();
  std::vector<Word> differences;
  for (std::size_t level = 0; level < shape_.depth; ++level) {
    const auto width = std::size_t{1} << (shape_.depth - level);  // leaves below a node
    for (std::size_t node = 0; node < shape_.nodes(level); ++node) {
      differences.push_back(leaves[node * width + width / 2] - leaves[node * width]);
    }
  }
  auto opened = differences;
  for (std::size_t node = 0; node < opened.size(); ++node) opened[node] -= value_masks_[node];
  party.exchange.open(opened, 32);
  PAI_TRY(party.exchange.run());
  for (auto& score : scores) score += static_cast<Half>(leaves[0]);
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto& right = nodes_[node];
    const auto& products = value_products_[node];
    const auto public_part = static_cast<Half>(opened[node]), share = static_cast<Half>(differences[node]);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const Half masked = public_part * right.mask_words[i] + products[i];
      const auto all = static_cast<Half>(0 - static_cast<Half>(bit_of(right.opened, i)));
      scores[i] += (share & all) + ((masked ^ all) - all);
    }
  }
  return {};
}

}  // namespace pai::client::boost
