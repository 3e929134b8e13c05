#include "client/boost/full_tree_step.h"

#include <algorithm>
#include <numeric>

#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::boost {

namespace {

/// Fractional bits of the learning rate.
constexpr int kRateScale = 20;

Half sum_of(std::span<const Half> words) { return std::accumulate(words.begin(), words.end(), Half{0}); }

}  // namespace

FullTreeStep::FullTreeStep(const Shape& shape, const BoostSettings& settings, const MaskedBins& masked, std::span<const std::uint8_t> bins, int self)
    : shape_(shape),
      learning_rate_(settings.learning_rate),
      wants_gains_(settings.gains),
      bins_(bins),
      self_(self),
      gradients_(scales_of(settings, shape), settings.objective == Objective::kRegression),
      histograms_(shape, masked, bins, self),
      search_(shape, scales_of(settings, shape), settings.lambda, settings.gamma, settings.child_weight_min),
      paths_(shape) {
  for (const auto owner : shape.owners()) owners_ |= std::uint64_t{1} << owner;
  if (wants_gains_) gain_sums_.emplace(shape, search_.score_scale());
}

void FullTreeStep::draw(mpc::Source& source, std::size_t operation, const Sample& sample) {
  if (operation == 0) return draw_start(source, sample);
  if (is_last(operation)) {
    leaf_cut_.draw(source, shape_.leaves(), kRateScale);
    paths_.draw_values(source);
    if (wants_gains_) gain_sums_->draw(source);
    return;
  }
  const auto [level, step] = place(operation);
  if (step < search_.operations()) return search_.draw(source, step, level, sample);
  const bool goes_on = level + 1 < shape_.depth;
  paths_.draw_level(source, level, goes_on ? &masks_ : nullptr);
}

void FullTreeStep::draw_start(mpc::Source& source, const Sample& sample) {
  gradients_.draw(source, shape_.train_rows);
  histograms_.draw(source, sample);
  if (!source.is_dealer()) return;
  // e = x − V hides g and h in the products with the rows' bits too: one opening of one value under one mask.
  masks_.g.resize(shape_.train_rows);
  masks_.h.resize(shape_.train_rows);
  histograms_.dealt_mask(0, masks_.g);
  histograms_.dealt_mask(1, masks_.h);
}

Status FullTreeStep::run(const nn::Party& party, std::size_t operation, std::uint64_t number, const Sample& sample,
                     std::span<const double> labels, std::span<Half> scores) {
  if (operation == 0) return start(party, sample, labels, scores.first(shape_.train_rows));
  if (is_last(operation)) return finish(party, scores);
  const auto [level, step] = place(operation);
  if (step < search_.operations()) return search_.run(party, step, number, level, sample, nodes_);
  return split(party, level, sample);
}

Status FullTreeStep::start(const nn::Party& party, const Sample& sample, std::span<const double> labels, std::span<const Half> scores) {
  tree_ = {};
  gains_.clear();
  histograms_.prepare(sample);
  PAI_TRY(gradients_.run(party, scores, labels, sample, g_, h_));
  PAI_TRY(open_columns(party, 0, sample, {g_, h_}));
  nodes_.assign(1, {sums_[0], sums_[1], sum_of(g_), sum_of(h_)});
  return {};
}

/// One round; sums_ gets a histogram a column.
Status FullTreeStep::open_columns(const nn::Party& party, std::size_t level, const Sample& sample,
                              const std::vector<std::vector<Half>>& columns) {
  const auto first = shape_.first_gradient_column(level);
  std::vector<std::vector<Word>> opened(columns.size(), std::vector<Word>(shape_.train_rows));
  histograms_.mask(first, std::vector<std::span<const Half>>(columns.begin(), columns.end()), std::vector<std::span<Word>>(opened.begin(), opened.end()));
  for (auto& words : opened) {
    // Those of the root are opened to all, for the rows' bits are multiplied by them later; the others' histograms are the owners' to add.
    if (level == 0) {
      party.exchange.open(words, 32);
    } else {
      party.exchange.open_to(owners_, words, 32);
    }
  }
  PAI_TRY(party.exchange.run());
  sums_.assign(columns.size(), std::vector<Half>(shape_.all_columns()));
  histograms_.take(first, std::vector<std::span<const Word>>(opened.begin(), opened.end()), sample, std::vector<std::span<Half>>(sums_.begin(), sums_.end()));
  if (level == 0) {
    opened_g_ = std::move(opened[0]);
    opened_h_ = std::move(opened[1]);
  }
  return {};
}

/// The nodes of a level from their parents and what was opened of the right children.
void FullTreeStep::take_level(std::size_t level, const std::vector<std::vector<Half>>& columns) {
  const auto parents = std::move(nodes_);
  nodes_.clear();
  for (std::size_t parent = 0; parent < shape_.nodes(level - 1); ++parent) {
    NodeSums right{sums_[2 * parent], sums_[2 * parent + 1], sum_of(columns[2 * parent]), sum_of(columns[2 * parent + 1])};
    NodeSums left = parents[parent];
    for (std::size_t i = 0; i < left.g.size(); ++i) {
      left.g[i] -= right.g[i];
      left.h[i] -= right.h[i];
    }
    left.total_g -= right.total_g;
    left.total_h -= right.total_h;
    nodes_.push_back(std::move(left));
    nodes_.push_back(std::move(right));
  }
}

Status FullTreeStep::split(const nn::Party& party, std::size_t level, const Sample& sample) {
  const auto self = static_cast<std::size_t>(self_);
  tree_.owners.insert(tree_.owners.end(), search_.owners().begin(), search_.owners().end());
  tree_.splits.insert(tree_.splits.end(), search_.splits().begin(), search_.splits().end());
  if (wants_gains_) gains_.insert(gains_.end(), search_.gains().begin(), search_.gains().end());
  const BinRows rows{bins_, shape_.features[self], shape_.rows()};
  PAI_TRY(paths_.run_level(party, level, own_bits(rows, search_.owners(), search_.splits(), self)));
  if (level + 1 == shape_.depth) {
    leaf_sums_ = search_.leaf_sums();
    return {};
  }
  std::vector<std::vector<Half>> columns;
  for (std::size_t node = 0; node < shape_.nodes(level); ++node) {
    for (const bool of_h : {false, true}) {
      auto& column = columns.emplace_back(shape_.train_rows);
      paths_.right_gradients(level, node, of_h, of_h ? opened_h_ : opened_g_, of_h ? h_ : g_, column);
    }
  }
  PAI_TRY(open_columns(party, level + 1, sample, columns));
  take_level(level + 1, columns);
  return {};
}

/// −ηG/(H+λ) of each leaf, then the rows' scores. What splits gained goes along in the same rounds.
Status FullTreeStep::finish(const nn::Party& party, std::span<Half> scores) {
  const Word rate = ring::encode(-learning_rate_, kRateScale);
  auto& leaves = tree_.leaves;
  leaves.resize(leaf_sums_.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i] = leaf_sums_[i] * rate;
  leaf_cut_.mask(leaves, party.leads());
  leaf_cut_.open(party.exchange);
  if (wants_gains_) gain_sums_->open_gains(party, gains_);
  PAI_TRY(party.exchange.run());
  leaf_cut_.take(leaves, party.leads());
  if (wants_gains_) gain_sums_->open_products(party, tree_);
  PAI_TRY(paths_.run_values(party, leaves, scores));
  if (wants_gains_) gain_sums_->take();
  return {};
}

}  // namespace pai::client::boost
