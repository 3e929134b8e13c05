#include "client/boost/relaxed_tree_step.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "client/boost/gain_sums.h"
#include "client/mpc/wire_words.h"
#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::boost {

namespace {

constexpr std::size_t kHalvesMax = mpc::kMessageBytesMax / sizeof(Half);

Shape of_tests(const Shape& shape) {
  auto tests = shape;
  tests.train_rows = 0;
  return tests;
}

std::size_t label_party(const Shape& shape) {
  return static_cast<std::size_t>(std::find(shape.features.begin(), shape.features.end(), 0U) - shape.features.begin());
}

double decoded(Half word, int scale) { return std::ldexp(static_cast<double>(static_cast<std::int32_t>(word)), -scale); }

/// Fixed point, with what a row loses by rounding handed on to the next, so that equal numbers don't add up to a bias.
std::vector<Half> dithered(std::span<const double> values, int scale) {
  std::vector<Half> words(values.size());
  double rest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    const double exact = std::ldexp(values[i], scale) + rest;
    const double whole = std::nearbyint(exact);
    rest = exact - whole;
    words[i] = static_cast<Half>(static_cast<std::int64_t>(whole));
  }
  return words;
}

template <class M>
Status send_halves(const nn::Party& party, int to, std::uint64_t number, std::span<const Half> halves) {
  return mpc::for_each_part(halves, kHalvesMax, [&](std::span<const Half> part) {
    M message;
    message.set_operation(number);
    message.set_words(part.data(), part.size_bytes());
    return party.channel.send(to, std::move(message));
  });
}

template <class M>
Error unfit(int peer) {
  return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " + M::descriptor()->name() + " that does not fit").blaming(peer);
}

template <class M>
Status receive_halves(const nn::Party& party, int from, std::uint64_t number, std::span<Half> halves) {
  return mpc::for_each_part(halves, kHalvesMax, [&](std::span<Half> part) -> Status {
    PAI_ASSIGN(const auto message, party.channel.receive<M>(from));
    if (message.operation() != number || message.words().size() != part.size_bytes()) return unfit<M>(from);
    std::memcpy(part.data(), message.words().data(), part.size_bytes());
    return {};
  });
}

}  // namespace

RelaxedTreeStep::RelaxedTreeStep(const Shape& shape, const BoostSettings& settings, const MaskedBins& masked, std::span<const std::uint8_t> bins,
                                 int self)
    : shape_(shape),
      settings_(settings),
      tests_(of_tests(shape)),
      label_(label_party(shape)),
      bins_(bins),
      self_(self),
      scales_(scales_of(settings, shape)),
      histograms_(shape, masked, bins, self, static_cast<int>(label_)),
      search_(shape, settings.lambda, settings.gamma, settings.child_weight_min),
      paths_(tests_) {}

void RelaxedTreeStep::draw(mpc::Source& source, std::size_t operation, const Sample& sample) {
  if (operation == 0) return histograms_.draw(source, sample);
  if (!has_tests()) return;
  if (operation <= shape_.depth) return paths_.draw_level(source, operation - 1, nullptr);
  paths_.draw_values(source);
}

Status RelaxedTreeStep::run(const nn::Party& party, std::size_t operation, std::uint64_t number, const Sample& sample,
                            std::span<const double> labels, std::span<Half> scores) {
  const Talk talk{party, number, sample};
  if (operation == 0) {
    tree_ = {};
    histograms_.prepare(sample);
    if (is_label()) find_gradients(sample, labels, scores.first(shape_.train_rows));
    PAI_TRY(sum_columns(talk, 0));
    if (is_label()) take_level(0);
    return {};
  }
  if (operation > shape_.depth) return finish(talk, scores);
  const auto level = operation - 1;
  PAI_TRY(is_label() ? choose(talk, level) : take_choice(talk, level));
  tree_.owners.insert(tree_.owners.end(), owners_.begin(), owners_.end());
  tree_.splits.insert(tree_.splits.end(), splits_.begin(), splits_.end());
  PAI_TRY(split_rows(talk, level));
  if (has_tests()) PAI_TRY(split_tests(talk, level));
  if (level + 1 == shape_.depth) return {};
  PAI_TRY(sum_columns(talk, level + 1));
  if (is_label()) take_level(level + 1);
  return {};
}

/// Of the scores so far, at the label client.
void RelaxedTreeStep::find_gradients(const Sample& sample, std::span<const double> labels, std::span<const Half> scores) {
  const bool squared = settings_.objective == Objective::kRegression;
  g_.assign(shape_.train_rows, 0);
  h_.assign(shape_.train_rows, 0);
  node_.assign(shape_.train_rows, 0);
  gains_.assign(shape_.features_before(shape_.parties()), 0);
  const auto set = [&](std::size_t i) {
    const double score = decoded(scores[i], kScoreScale);
    const double p = 1 / (1 + std::exp(-score));
    g_[i] = squared ? score - labels[i] : p - labels[i];
    // As at "full": it bounds what one tree moves a score by (core/step_bound.h).
    h_[i] = squared ? 1 : p * (1 - p) + std::ldexp(1, -kHessianFloorBits);
  };
  if (sample.rows.empty()) {
    for (std::size_t i = 0; i < shape_.train_rows; ++i) set(i);
  } else {
    for (const auto i : sample.rows) set(i);
  }
  g_words_ = dithered(g_, scales_.gradient);
  h_words_ = dithered(h_, scales_.gradient);
}

/// g (even columns) or h of the root's rows, or of those of a level's right children.
std::vector<Half> RelaxedTreeStep::column(std::size_t level, std::size_t index) const {
  const auto& words = index % 2 == 0 ? g_words_ : h_words_;
  if (level == 0) return words;
  const auto node = index / 2 * 2 + 1;
  std::vector<Half> of_node(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) of_node[i] = node_[i] == node ? words[i] : 0;
  return of_node;
}

/// The label client's columns go under masks to the features' owners, and come back to it as sums over their bins.
Status RelaxedTreeStep::sum_columns(const Talk& talk, std::size_t level) {
  const auto& [party, number, sample] = talk;
  const auto first = shape_.first_gradient_column(level), columns = shape_.gradient_columns(level);
  sums_.assign(columns, std::vector<Half>(shape_.all_columns()));
  std::vector<Word> masked(shape_.train_rows);
  std::vector<Half> halves(shape_.train_rows);
  for (std::size_t i = 0; i < columns; ++i) {
    if (is_label()) {
      histograms_.mask(first + i, column(level, i), masked);
      halves.assign(masked.begin(), masked.end());
      for (const auto owner : shape_.owners()) PAI_TRY(send_halves<v1::MaskedGradients>(party, party.group.clients[owner], number, halves));
    } else {
      PAI_TRY(receive_halves<v1::MaskedGradients>(party, party.label, number, halves));
      masked.assign(halves.begin(), halves.end());
    }
    histograms_.take(first + i, masked, sample, sums_[i]);
  }
  return show_histograms(talk, columns);
}

/// The shares are fresh for each column: the dealer's of U_oᵀV, with public sums.
Status RelaxedTreeStep::show_histograms(const Talk& talk, std::size_t columns) {
  const auto& [party, number, sample] = talk;
  for (std::size_t i = 0; i < columns; ++i) {
    if (!is_label()) {
      PAI_TRY(send_halves<v1::HistogramShare>(party, party.label, number, sums_[i]));
      continue;
    }
    std::vector<Half> share(sums_[i].size());
    for (const auto owner : shape_.owners()) {
      PAI_TRY(receive_halves<v1::HistogramShare>(party, party.group.clients[owner], number, share));
      for (std::size_t j = 0; j < share.size(); ++j) sums_[i][j] += share[j];
    }
  }
  return {};
}

/// The nodes of a level: right children as they were summed, left ones what is left of their parents.
void RelaxedTreeStep::take_level(std::size_t level) {
  const auto with_total = [&](std::size_t index) {
    auto sums = sums_[index];
    const auto words = column(level, index);
    sums.push_back(std::accumulate(words.begin(), words.end(), Half{0}));
    return sums;
  };
  if (level == 0) {
    g_sums_ = {with_total(0)};
    h_sums_ = {with_total(1)};
    return;
  }
  const auto split_up = [&](std::vector<std::vector<Half>>& sums, std::size_t which) {
    std::vector<std::vector<Half>> next;
    for (std::size_t parent = 0; parent < sums.size(); ++parent) {
      auto right = with_total(2 * parent + which);
      auto left = std::move(sums[parent]);
      for (std::size_t j = 0; j < left.size(); ++j) left[j] -= right[j];
      next.push_back(std::move(left));
      next.push_back(std::move(right));
    }
    sums = std::move(next);
  };
  split_up(g_sums_, 0);
  split_up(h_sums_, 1);
}

/// Above what the most rows can have; of the 2^8 nodes of a tree together below what a word holds at kGainScale.
constexpr double kGainMax = 5e11;

/// At the label client: the splits, which it keeps no longer than it takes to tell them.
Status RelaxedTreeStep::choose(const Talk& talk, std::size_t level) {
  const auto& [party, number, sample] = talk;
  const auto nodes = shape_.nodes(level);
  const auto plain = [&](const std::vector<Half>& words) {
    std::vector<double> sums(words.size());
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] = decoded(words[j], scales_.gradient);
    return sums;
  };
  owners_.clear();
  std::vector<Split> chosen;
  for (std::size_t node = 0; node < nodes; ++node) {
    PlainSums sums{plain(g_sums_[node]), plain(h_sums_[node])};
    sums.total_g = sums.g.back();
    sums.total_h = sums.h.back();
    const auto best = search_.best(node, sums, sample);
    // Sums that no rows can have, from an owner who says what it likes.
    if (best.split.splits && !(std::fabs(best.gain) < kGainMax)) {
      return Error(ErrorCode::kProtocol, "a feature client's histogram is of no rows").blaming(party.group.clients[best.owner]);
    }
    owners_.push_back(best.owner);
    chosen.push_back(best.split);
    if (best.split.splits) gains_[shape_.features_before(best.owner) + best.split.feature] += best.gain;
  }
  splits_.assign(nodes, {});
  for (const auto owner : shape_.owners()) {
    v1::ChosenSplits message;
    message.set_operation(number);
    for (std::size_t node = 0; node < nodes; ++node) {
      message.add_owners(static_cast<std::uint32_t>(owners_[node]));
      if (owners_[node] == owner) message.add_splits(packed(chosen[node]));
    }
    PAI_TRY(party.channel.send(party.group.clients[owner], std::move(message)));
  }
  return {};
}

Status RelaxedTreeStep::take_choice(const Talk& talk, std::size_t level) {
  const auto& [party, number, sample] = talk;
  const auto self = static_cast<std::size_t>(self_);
  PAI_ASSIGN(const auto message, party.channel.receive<v1::ChosenSplits>(party.label));
  owners_.assign(message.owners().begin(), message.owners().end());
  const bool fits = message.operation() == number && owners_.size() == shape_.nodes(level) &&
                    std::all_of(owners_.begin(), owners_.end(),
                                [&](std::size_t owner) { return owner < shape_.parties() && shape_.features[owner] > 0; }) &&
                    std::count(owners_.begin(), owners_.end(), self) == message.splits_size();
  if (!fits) return unfit<v1::ChosenSplits>(party.label);
  splits_.assign(owners_.size(), {});
  int at = 0;
  for (std::size_t node = 0; node < owners_.size(); ++node) {
    if (owners_[node] != self) continue;
    const auto split = unpacked(message.splits(at++));
    const bool is_candidate = !split.splits || (split.feature < shape_.features[self] &&
                                                split.threshold + (split.missing_left ? 1U : 0U) < shape_.bins);
    if (!is_candidate) return unfit<v1::ChosenSplits>(party.label);
    splits_[node] = split;
  }
  return {};
}

/// Each owner tells the label client, and nobody else, which training rows go right.
Status RelaxedTreeStep::split_rows(const Talk& talk, std::size_t level) {
  const auto& [party, number, sample] = talk;
  const auto plane = mpc::plane_words(shape_.train_rows);
  if (!is_label()) {
    const auto self = static_cast<std::size_t>(self_);
    const auto bits = own_bits({bins_, shape_.features[self], shape_.train_rows}, owners_, splits_, self);
    std::vector<Word> own;
    for (std::size_t node = 0; node < owners_.size(); ++node) {
      if (owners_[node] != self) continue;
      own.insert(own.end(), bits.begin() + static_cast<std::ptrdiff_t>(node * plane), bits.begin() + static_cast<std::ptrdiff_t>((node + 1) * plane));
    }
    if (own.empty()) return {};
    return mpc::for_each_part(std::span<const Word>(own), [&](std::span<const Word> part) {
      v1::PartitionBits message;
      message.set_operation(number);
      mpc::set_words(*message.mutable_words(), part);
      return party.channel.send(party.label, std::move(message));
    });
  }
  std::vector<Word> bits(shape_.nodes(level) * plane);
  for (const auto owner : shape_.owners()) {
    const auto count = static_cast<std::size_t>(std::count(owners_.begin(), owners_.end(), owner));
    if (count == 0) continue;
    const int peer = party.group.clients[owner];
    std::vector<Word> of_owner(count * plane);
    PAI_TRY(mpc::for_each_part(std::span(of_owner), [&](std::span<Word> part) -> Status {
      PAI_ASSIGN(const auto message, party.channel.receive<v1::PartitionBits>(peer));
      if (message.operation() == number && mpc::get_words(message.words(), part)) return {};
      return unfit<v1::PartitionBits>(peer);
    }));
    auto from = of_owner.begin();
    for (std::size_t node = 0; node < owners_.size(); ++node) {
      if (owners_[node] != owner) continue;
      std::copy_n(from, plane, bits.begin() + static_cast<std::ptrdiff_t>(node * plane));
      from += static_cast<std::ptrdiff_t>(plane);
    }
  }
  for (std::size_t i = 0; i < shape_.train_rows; ++i) {
    node_[i] = static_cast<std::uint8_t>(2 * node_[i] + (bits[node_[i] * plane + i / 64] >> (i % 64) & 1));
  }
  return {};
}

Status RelaxedTreeStep::split_tests(const Talk& talk, std::size_t level) {
  const auto self = static_cast<std::size_t>(self_);
  const auto features = shape_.features[self];
  const auto bins = bins_.subspan(features == 0 ? 0 : shape_.train_rows * features);
  return paths_.run_level(talk.party, level, own_bits({bins, features, shape_.test_rows}, owners_, splits_, self));
}

Status RelaxedTreeStep::finish(const Talk& talk, std::span<Half> scores) {
  tree_.leaves.assign(shape_.leaves(), 0);
  if (is_label()) {
    std::vector<double> g(shape_.leaves()), h(shape_.leaves());
    for (std::size_t i = 0; i < shape_.train_rows; ++i) {
      g[node_[i]] += g_[i];
      h[node_[i]] += h_[i];
    }
    for (std::size_t leaf = 0; leaf < g.size(); ++leaf) {
      tree_.leaves[leaf] = ring::encode(-settings_.learning_rate * g[leaf] / (h[leaf] + settings_.lambda), kWeightScale);
    }
    for (std::size_t i = 0; i < shape_.train_rows; ++i) scores[i] += static_cast<Half>(tree_.leaves[node_[i]]);
  }
  return has_tests() ? paths_.run_values(talk.party, tree_.leaves, scores.subspan(shape_.train_rows)) : Status();
}

void RelaxedTreeStep::add_gains(std::span<Word> sums) const {
  if (!is_label()) return;
  for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += ring::encode(gains_[j], kGainScale);
}

}  // namespace pai::client::boost
