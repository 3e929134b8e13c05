#include "client/boost/split_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "client/mpc/wire_words.h"
#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::boost {

namespace {

/// Scores are below 2^61: a larger bonus lets the null candidate win as surely.
constexpr int kBonusBitsMax = 61;

/// What a sum's last place moves a score by at a weight G/(H+λ) of 8, 2·8·2^-sum, at the scale of scores, sum + kWeightScale. With so much more
/// "all rows left" wins where nothing is better than it but by rounding: at a node without rows, or where a candidate leaves a child empty.
constexpr Word kTieBonus = Word{16} << kWeightScale;

Word bonus(double gamma, int scale) {
  const double word = std::ldexp(gamma, scale);
  const double most = std::ldexp(1.0, kBonusBitsMax);
  return static_cast<Word>(std::llround(std::min(word, most)));
}

std::vector<std::size_t> reduced(const std::vector<std::size_t>& lists, std::size_t size_max) {
  std::vector<std::size_t> groups;
  for (const auto size : lists) {
    const auto of_list = mpc::contest_groups(size, size_max);
    groups.insert(groups.end(), of_list.begin(), of_list.end());
  }
  return groups;
}

/// How many groups each list became.
std::vector<std::size_t> counts(const std::vector<std::size_t>& lists, std::size_t size_max) {
  std::vector<std::size_t> sizes;
  for (const auto size : lists) sizes.push_back(mpc::contest_groups(size, size_max).size());
  return sizes;
}

}  // namespace

SplitSearch::SplitSearch(const Shape& shape, const Scales& scales, double lambda, double gamma, double child_weight_min)
    : shape_(shape),
      scales_(scales),
      lambda_(ring::encode(lambda, scales.gradient)),
      null_bonus_(bonus(gamma, kWeightScale + scales.sum) + kTieBonus),
      child_weight_min_(child_weight_min <= 0 ? 0
                                              : ring::encode(lambda + std::min(child_weight_min, 2 * scales.sum_max), scales.gradient)),
      plan_(std::max(1.0, std::floor(lambda)), scales.sum_max, scales.gradient),
      owners_(shape.owners()) {}

SplitSearch::Lists SplitSearch::lists_of(std::size_t level, const Sample& sample) const {
  Lists lists;
  for (std::size_t node = 0; node < shape_.nodes(level); ++node) {
    for (const auto owner : owners_) {
      lists.sizes.push_back(sample.features[owner].size() * shape_.candidates_of_feature() + (null_owner(node) == owner ? 1 : 0));
    }
  }
  lists.total = std::accumulate(lists.sizes.begin(), lists.sizes.end(), std::size_t{0});
  return lists;
}

void SplitSearch::draw(mpc::Source& source, std::size_t operation, std::size_t level, const Sample& sample) {
  if (operation == 1) return draw_scores(source, level);
  lists_ = lists_of(level, sample);
  g_.draw(source, 2 * lists_.total, 1, mpc::CutRing::kNarrow);
  reciprocal_.emplace(plan_);
  reciprocal_->draw(source, 2 * lists_.total, child_weight_min_ != 0 ? 1 : 0);
}

void SplitSearch::draw_scores(mpc::Source& source, std::size_t level) {
  weight_product_.draw(source, g_, reciprocal_->result());
  weight_.draw(source, 2 * lists_.total, scales_.sum + plan_.scale() - kWeightScale);
  score_product_.draw(source, weight_, g_);
  if (child_weight_min_ != 0) gate_.draw(source, lists_.total);
  stages_.clear();
  const std::size_t beside = is_last(level) ? 2 : 0;
  auto lists = lists_.sizes;
  // At least one, which makes numbers and leaves of candidates shares.
  auto sizes = mpc::contest_stages(*std::max_element(lists.begin(), lists.end()));
  if (sizes.empty()) sizes.push_back(2);
  for (const auto size_max : sizes) {
    const bool first = stages_.empty();
    stages_.emplace_back().draw(source, reduced(lists, size_max), mpc::Contest::Selects::kValues, (first ? 0 : 1) + beside);
    lists = counts(lists, size_max);
  }
  // Lists without a candidate have no winner.
  std::vector<std::size_t> of_nodes;
  for (std::size_t node = 0; node < shape_.nodes(level); ++node) {
    const auto* const of_node = lists.data() + node * owners_.size();
    of_nodes.push_back(std::accumulate(of_node, of_node + owners_.size(), std::size_t{0}));
  }
  between_owners_.draw(source, of_nodes, mpc::Contest::Selects::kNothing);
  zeros_.resize(of_nodes.size());
  zeros_use_.draw();
  source.derived(zeros_, [](std::span<Word> words) { std::fill(words.begin(), words.end(), 0); });
}

Status SplitSearch::run(const nn::Party& party, std::size_t operation, std::uint64_t number, std::size_t level, const Sample& sample,
                        const std::vector<NodeSums>& nodes) {
  if (operation == 0) {
    gather(sample, nodes, party.leads());
    return divide(party);
  }
  std::vector<Word> of_candidates;
  PAI_TRY(scores(party, of_candidates));
  PAI_TRY(contests(party, level, std::move(of_candidates)));
  return tell_owners(party, number, sample);
}

/// Sums of both sides of every candidate, from those of single bins.
void SplitSearch::gather(const Sample& sample, const std::vector<NodeSums>& nodes, bool leads) {
  g_words_.resize(2 * lists_.total);
  h_words_.resize(2 * lists_.total);
  const Word lambda = leads ? lambda_ : 0;
  std::size_t at = 0;
  const auto put = [&](const NodeSums& node, Half left_g, Half left_h) {
    g_words_[at] = left_g;
    h_words_[at] = left_h + lambda;
    g_words_[lists_.total + at] = static_cast<Half>(node.total_g - left_g);
    h_words_[lists_.total + at] = static_cast<Half>(node.total_h - left_h) + lambda;
    ++at;
  };
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const auto& node = nodes[n];
    for (const auto owner : owners_) {
      for (const auto feature : sample.features[owner]) {
        const auto first = shape_.columns_before(owner) + feature * shape_.bins;
        const Half missing_g = node.g[first + shape_.bins - 1], missing_h = node.h[first + shape_.bins - 1];
        Half g = 0, h = 0;
        for (std::size_t bin = 0; bin + 1 < shape_.bins; ++bin) {
          g += node.g[first + bin];
          h += node.h[first + bin];
          put(node, g, h);
          put(node, g + missing_g, h + missing_h);
        }
        put(node, node.total_g - missing_g, node.total_h - missing_h);  // missing values against the rest
      }
      if (null_owner(n) == owner) put(node, node.total_g, node.total_h);
    }
  }
  PAI_CHECK(at == lists_.total, "another number of candidates");
}

/// 1/(H+λ) of both sides; G is cut in its first round.
Status SplitSearch::divide(const nn::Party& party) {
  g_.mask(g_words_, party.leads());
  reciprocal_->mask(h_words_);
  g_.open(party.exchange);
  reciprocal_->open(party.exchange);
  PAI_TRY(party.exchange.run());
  g_.take(party.leads());
  const auto bounds = std::span(&child_weight_min_, child_weight_min_ != 0 ? 1 : 0);
  return reciprocal_->run(party.exchange, bounds, party.leads());
}

Status SplitSearch::scores(const nn::Party& party, std::vector<Word>& scores) {
  std::vector<Word> words(2 * lists_.total);
  weight_product_.take(g_, reciprocal_->result(), words);
  weight_.mask(words, party.leads());
  weight_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  weight_.take(party.leads());
  score_product_.take(weight_, g_, words);
  scores.resize(lists_.total);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = words[i] + words[lists_.total + i];
  node_scores_.clear();
  std::size_t end = 0;
  for (std::size_t list = 0; list < lists_.sizes.size(); ++list) {
    end += lists_.sizes[list];
    if (!is_null(list)) continue;
    node_scores_.push_back(scores[end - 1]);
    if (party.leads()) scores[end - 1] += null_bonus_;
  }
  return child_weight_min_ == 0 ? Status() : drop_light(party, scores);
}

/// Candidates with a child that weighs too little get a score of 0, all others one more than they had, so that the node itself, which always
/// counts, beats them.
Status SplitSearch::drop_light(const nn::Party& party, std::vector<Word>& scores) {
  // Of the left sides of all candidates, then of the right sides.
  const auto is_light = reciprocal_->less();
  std::vector<Word> left(mpc::plane_words(lists_.total)), right(left.size());
  for (std::size_t i = 0; i < lists_.total; ++i) {
    left[i / 64] |= Word{mpc::bit_of(is_light, i)} << (i % 64);
    right[i / 64] |= Word{mpc::bit_of(is_light, lists_.total + i)} << (i % 64);
  }
  const Word all = party.leads() ? ~Word{0} : 0;
  for (auto& word : left) word ^= all;
  for (auto& word : right) word ^= all;
  std::size_t end = 0;
  for (std::size_t list = 0; list < lists_.sizes.size(); ++list) {
    end += lists_.sizes[list];
    if (!is_null(list)) continue;
    mpc::set_bit(left, end - 1, party.leads());
    mpc::set_bit(right, end - 1, party.leads());
  }
  const Word one = party.leads() ? Word{1} << (kWeightScale + scales_.sum) : 0;
  for (auto& score : scores) score += one;
  for (auto& score : node_scores_) score += one;
  return gate_.run(party.exchange, left, right, party.leads(), scores);
}

Status SplitSearch::contests(const nn::Party& party, std::size_t level, std::vector<Word> values) {
  const bool last = is_last(level);
  // What goes with the values: the candidate's number in its list, and at the last level the leaves that it would make.
  std::vector<Word> numbers, left, right;
  for (const auto size : lists_.sizes) {
    for (std::size_t i = 0; i < size; ++i) numbers.push_back(i);
  }
  if (last) {
    const auto weights = weight_.share();
    left.assign(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(lists_.total));
    right.assign(weights.begin() + static_cast<std::ptrdiff_t>(lists_.total), weights.end());
  }
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    auto& contest = stages_[stage];
    PAI_TRY(contest.run(party.exchange, values, party.leads()));
    std::vector<std::vector<Word>*> shared;
    if (stage > 0) shared.push_back(&numbers);
    if (last) shared.insert(shared.end(), {&left, &right});
    for (std::size_t i = 0; i < shared.size(); ++i) contest.mask(i, *shared[i]);
    contest.open(party.exchange);
    PAI_TRY(party.exchange.run());
    std::vector<Word> chosen(contest.groups());
    contest.take_values(values, chosen);
    values = chosen;
    if (stage == 0) {
      contest.take_public(numbers, party.leads(), chosen);
      numbers = chosen;
    }
    for (std::size_t i = 0; i < shared.size(); ++i) {
      contest.take(i, *shared[i], chosen);
      *shared[i] = chosen;
    }
  }
  PAI_TRY(between_owners_.run(party.exchange, values, party.leads()));
  std::vector<Word> won;
  PAI_TRY(between_owners_.open_winners(party.exchange, won));

  const auto nodes = shape_.nodes(level);
  winners_.assign(nodes, 0);
  indices_.assign(nodes, 0);
  gains_.assign(nodes, 0);
  leaf_sums_.assign(last ? 2 * nodes : 0, 0);
  std::size_t at = 0;
  for (std::size_t node = 0; node < nodes; ++node) {
    std::size_t won_here = 0;
    for (std::size_t i = 0; i < owners_.size(); ++i) {
      if (lists_.sizes[node * owners_.size() + i] == 0) continue;
      if (mpc::bit_of(won, at)) {
        ++won_here;
        winners_[node] = owners_[i];
        indices_[node] = numbers[at];
        gains_[node] = values[at] - node_scores_[node];
        if (last) {
          leaf_sums_[2 * node] = left[at];
          leaf_sums_[2 * node + 1] = right[at];
        }
      }
      ++at;
    }
    if (won_here != 1) return Error(ErrorCode::kProtocol, "a node has no single winner: a party does not follow the protocol");
  }
  return {};
}

/// Each winner's number goes to its owner alone.
Status SplitSearch::tell_owners(const nn::Party& party, std::uint64_t number, const Sample& sample) {
  zeros_use_.spend();
  for (std::size_t node = 0; node < indices_.size(); ++node) indices_[node] += zeros_[node];
  const auto self = static_cast<std::size_t>(party.group.self);
  splits_.assign(indices_.size(), {});
  for (const auto owner : owners_) {
    std::vector<Word> words;
    for (std::size_t node = 0; node < indices_.size(); ++node) {
      if (winners_[node] == owner) words.push_back(indices_[node]);
    }
    if (words.empty() || owner == self) continue;
    v1::SplitShare message;
    message.set_operation(number);
    mpc::set_words(*message.mutable_words(), words);
    PAI_TRY(party.channel.send(party.group.clients[owner], std::move(message)));
  }
  const auto own = static_cast<std::size_t>(std::count(winners_.begin(), winners_.end(), self));
  if (own == 0) return {};
  std::vector<Word> words(own);
  for (const int peer : party.group.clients) {
    if (peer == party.channel.self()) continue;
    PAI_ASSIGN(const auto message, party.channel.receive<v1::SplitShare>(peer));
    std::vector<Word> share(own);
    if (message.operation() != number || !mpc::get_words(message.words(), share)) {
      return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent shares of splits that do not fit").blaming(peer);
    }
    ring::add(words, share);
  }
  std::size_t at = 0;
  for (std::size_t node = 0; node < indices_.size(); ++node) {
    if (winners_[node] != self) continue;
    const auto split = candidate(node, self, words[at++] + indices_[node], sample);
    if (!split) return Error(ErrorCode::kProtocol, "a split came out that is none: a party does not follow the protocol");
    splits_[node] = *split;
  }
  return {};
}

std::optional<Split> SplitSearch::candidate(std::size_t node, std::size_t owner, Word index, const Sample& sample) const {
  const auto& features = sample.features[owner];
  const auto a_feature = shape_.candidates_of_feature();
  if (index < features.size() * a_feature) {
    const auto of_feature = static_cast<std::uint32_t>(index % a_feature);
    return Split{true, features[index / a_feature], of_feature / 2, of_feature % 2 == 1};
  }
  if (index == features.size() * a_feature && null_owner(node) == owner) return Split{};
  return std::nullopt;
}

}  // namespace pai::client::boost
