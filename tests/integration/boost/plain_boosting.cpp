#include "integration/boost/plain_boosting.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "client/boost/roles.h"
#include "client/nn/scales.h"
#include "client/ring/sine_series.h"
#include "client/ring/words.h"

namespace pai::client::boost::test {

std::unique_ptr<TrainingRun> boosting(std::vector<PartyData> parties, std::size_t test_rows, nlohmann::json config,
                                      nlohmann::json main_settings, int label_place) {
  main_settings["config"] = std::move(config);
  auto run = std::make_unique<TrainingRun>(std::move(parties), test_rows, std::move(main_settings), label_place);
  run->family = task::Family::kSecureXgboost;
  run->role = [raw = run.get()](Context& context, int client) {
    if (client == 0) return run_secure_xgboost_main(context);
    if (client == 1) return run_dealer(context, raw->fixed_seed);
    return client == raw->label() ? run_secure_xgboost_label(context) : run_secure_xgboost_feature(context);
  };
  return run;
}

std::vector<OpenTree> opened_trees(const TrainingRun& run) {
  std::vector<OpenTree> opened;
  for (int client = 2; client < run.clients(); ++client) {
    const auto model = BoostModel::read((run.folder(client) / run.task_folder / "model").string());
    EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().describe());
    if (!model.ok()) return {};
    const auto party = static_cast<std::size_t>(client - 2);
    opened.resize(model->trees.size());
    for (std::size_t t = 0; t < opened.size(); ++t) {
      const auto& tree = model->trees[t];
      auto& sum = opened[t];
      sum.nodes.resize(tree.owners.size());
      std::vector<Word> words = tree.leaves;
      sum.leaves.resize(words.size());
      for (std::size_t node = 0; node < tree.owners.size(); ++node) {
        sum.nodes[node].party = tree.owners[node];
        if (tree.owners[node] == party) sum.nodes[node].split = tree.splits[node];
      }
    }
  }
  for (std::size_t t = 0; t < opened.size(); ++t) {
    std::vector<Word> words(opened[t].leaves.size());
    for (int client = 2; client < run.clients(); ++client) {
      const auto model = BoostModel::read((run.folder(client) / run.task_folder / "model").string());
      for (std::size_t i = 0; i < words.size(); ++i) words[i] += model->trees[t].leaves[i];
    }
    for (std::size_t i = 0; i < words.size(); ++i) opened[t].leaves[i] = ring::decode(words[i], kWeightScale);
  }
  return opened;
}

PlainBoosting::PlainBoosting(const std::vector<PartyData>& parties, std::size_t test_rows, const PlainSettings& settings, int label_place)
    : settings_(settings), train_rows_(parties.back().rows.size() - test_rows), rows_(parties.back().rows.size()) {
  const auto place = label_place < 0 ? parties.size() - 1 : static_cast<std::size_t>(label_place);
  std::size_t feature_party = 0;
  for (std::size_t p = 0; p < parties.size(); ++p) {
    if (p == place) {
      features_.push_back(0);
      bins_.emplace_back();
      continue;
    }
    const auto& data = parties[feature_party++];
    nn::NumericTable all, train;
    all.columns = train.columns = data.columns;
    all.rows = rows_;
    train.rows = train_rows_;
    for (const auto& row : data.rows) all.values.insert(all.values.end(), row.begin(), row.end());
    train.values.assign(all.values.begin(), all.values.begin() + static_cast<std::ptrdiff_t>(train_rows_ * data.columns.size()));
    features_.push_back(data.columns.size());
    bins_.push_back(BinEdges::fit(train, settings.bins).encode(all));
  }
  for (const auto& row : parties.back().rows) {
    labels_.push_back(settings.outputs > 1 ? (row[0] == static_cast<double>(settings.output) ? 1.0 : 0.0) : row[0]);
  }
  if (settings.squared) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < train_rows_; ++i) mean += labels_[i] / static_cast<double>(train_rows_);
    for (std::size_t i = 0; i < train_rows_; ++i) square += (labels_[i] - mean) * (labels_[i] - mean) / static_cast<double>(train_rows_);
    for (auto& label : labels_) label = std::clamp((label - mean) / std::sqrt(square), -8.0, 8.0);
    scores_.assign(rows_, 0);
    refresh();
    return;
  }
  const double ones = std::accumulate(labels_.begin(), labels_.begin() + static_cast<std::ptrdiff_t>(train_rows_), 0.0);
  scores_.assign(rows_, std::clamp(std::log(ones / (static_cast<double>(train_rows_) - ones)), -8.0, 8.0));
  refresh();
}

void PlainBoosting::refresh() {
  g_.resize(train_rows_);
  h_.resize(train_rows_);
  const auto values = ring::sigmoid_series(nn::kHarmonics);
  const auto slopes = ring::sigmoid_slopes(values);
  for (std::size_t i = 0; i < train_rows_; ++i) {
    if (settings_.squared) {
      g_[i] = scores_[i] - labels_[i];
      h_[i] = 1;
      continue;
    }
    if (settings_.exact) {
      const double probability = 1 / (1 + std::exp(-scores_[i]));
      g_[i] = probability - labels_[i];
      h_[i] = probability * (1 - probability) + std::ldexp(1, -kHessianFloorBits);
      continue;
    }
    // The protocol's series of the sigmoid and of its slope, not the sigmoid itself: what is left is rounding.
    double p = 0.5, slope = 0;
    for (std::size_t j = 0; j < values.size(); ++j) {
      const double angle = 2 * M_PI * static_cast<double>(2 * j + 1) * scores_[i] / 64;
      p += values[j] * std::sin(angle);
      slope += slopes[j] * std::cos(angle);
    }
    g_[i] = p - labels_[i];
    h_[i] = slope + std::ldexp(1, -kHessianFloorBits);
  }
}

std::vector<double> PlainBoosting::gradients() const { return g_; }

std::vector<double> PlainBoosting::test_labels() const {
  return {labels_.begin() + static_cast<std::ptrdiff_t>(train_rows_), labels_.end()};
}

PlainBoosting::Sums PlainBoosting::sums_of(const std::vector<std::size_t>& rows) const {
  Sums sums;
  for (const auto row : rows) {
    sums.g += g_[row];
    sums.h += h_[row];
  }
  return sums;
}

double PlainBoosting::score_of(const std::vector<std::size_t>& rows, std::size_t party, const Split& split) const {
  Sums left, right;
  for (const auto row : rows) {
    const bool goes_right = split.splits && split.goes_right(bins_[party][row * features_[party] + split.feature]);
    auto& side = goes_right ? right : left;
    side.g += g_[row];
    side.h += h_[row];
  }
  return left.score(settings_.lambda) + right.score(settings_.lambda) + (split.splits ? 0 : settings_.gamma);
}

OpenTree::Node PlainBoosting::best_split(const std::vector<std::size_t>& rows, std::size_t node, const Sample& sample, double& best) const {
  OpenTree::Node found;
  best = -1;
  std::vector<std::size_t> owners;
  for (std::size_t p = 0; p < features_.size(); ++p) {
    if (features_[p] > 0) owners.push_back(p);
  }
  const auto total = sums_of(rows);
  for (const auto party : owners) {
    std::vector<std::uint32_t> features(features_[party]);
    std::iota(features.begin(), features.end(), 0U);
    if (!sample.features.empty()) features = sample.features[party];
    for (const auto feature : features) {
      std::vector<Sums> of_bins(settings_.bins);
      Sums missing;
      for (const auto row : rows) {
        const auto bin = bins_[party][row * features_[party] + feature];
        auto& sums = bin == kMissingBin ? missing : of_bins[bin];
        sums.g += g_[row];
        sums.h += h_[row];
      }
      Sums left;
      for (std::uint32_t threshold = 0; threshold < settings_.bins; ++threshold) {
        left.g += of_bins[threshold].g;
        left.h += of_bins[threshold].h;
        for (const bool missing_left : {false, true}) {
          if (missing_left && threshold + 1 == settings_.bins) continue;  // all rows left
          const Sums side{left.g + (missing_left ? missing.g : 0), left.h + (missing_left ? missing.h : 0)};
          const Sums other{total.g - side.g, total.h - side.h};
          const double score = side.score(settings_.lambda) + other.score(settings_.lambda);
          if (settings_.child_weight_min > 0 && std::min(side.h, other.h) < settings_.child_weight_min) continue;
          if (score > best) {
            best = score;
            found = {party, {true, feature, threshold, missing_left}};
          }
        }
      }
    }
    const double none = total.score(settings_.lambda) + settings_.gamma;
    if (owners[node % owners.size()] == party && none > best) {
      best = none;
      found = {party, {}};
    }
  }
  return found;
}

std::vector<std::vector<std::size_t>> PlainBoosting::next_rows(const std::vector<std::vector<std::size_t>>& level, const OpenTree& tree,
                                                              std::size_t first) const {
  std::vector<std::vector<std::size_t>> next(2 * level.size());
  for (std::size_t node = 0; node < level.size(); ++node) {
    const auto& [party, split] = tree.nodes[first + node];
    for (const auto row : level[node]) {
      const bool right = split.splits && split.goes_right(bins_[party][row * features_[party] + split.feature]);
      next[2 * node + (right ? 1 : 0)].push_back(row);
    }
  }
  return next;
}

namespace {

std::vector<std::size_t> sampled(std::size_t rows, const Sample& sample) {
  std::vector<std::size_t> all(rows);
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (!sample.rows.empty()) all.assign(sample.rows.begin(), sample.rows.end());
  return all;
}

}  // namespace

OpenTree PlainBoosting::best_tree(const Sample& sample) const {
  OpenTree tree;
  std::vector<std::vector<std::size_t>> level{sampled(train_rows_, sample)};
  for (std::size_t depth = 0; depth < settings_.depth; ++depth) {
    const auto first = tree.nodes.size();
    for (std::size_t node = 0; node < level.size(); ++node) {
      double best = 0;
      tree.nodes.push_back(best_split(level[node], node, sample, best));
    }
    level = next_rows(level, tree, first);
  }
  for (const auto& rows : level) {
    const auto sums = sums_of(rows);
    tree.leaves.push_back(-settings_.learning_rate * sums.g / (sums.h + settings_.lambda));
  }
  return tree;
}

std::string PlainBoosting::judge(const OpenTree& tree, double gain, double leaf, const Sample& sample) const {
  std::vector<std::vector<std::size_t>> level{sampled(train_rows_, sample)};
  std::size_t first = 0;
  for (std::size_t depth = 0; depth < settings_.depth; ++depth) {
    for (std::size_t node = 0; node < level.size(); ++node) {
      const auto& chosen = tree.nodes.at(first + node);
      double best = 0;
      const auto better = best_split(level[node], node, sample, best);
      const double score = score_of(level[node], chosen.party, chosen.split);
      if (score >= best - gain * (1 + best)) continue;
      return "level " + std::to_string(depth) + " node " + std::to_string(node) + " of " + std::to_string(level[node].size()) +
             " rows: party " + std::to_string(chosen.party) + "'s split scores " + std::to_string(score) + ", party " +
             std::to_string(better.party) + "'s " + std::to_string(best);
    }
    level = next_rows(level, tree, first);
    first = 2 * first + 1;
  }
  for (std::size_t i = 0; i < level.size(); ++i) {
    const auto sums = sums_of(level[i]);
    const double value = -settings_.learning_rate * sums.g / (sums.h + settings_.lambda);
    if (std::abs(value - tree.leaves.at(i)) > leaf) {
      return "leaf " + std::to_string(i) + " is " + std::to_string(tree.leaves[i]) + ", its rows make " + std::to_string(value);
    }
  }
  return "";
}

std::vector<double> PlainBoosting::gains(const OpenTree& tree, std::size_t party, const Sample& sample) const {
  std::vector<double> gains(features_[party]);
  std::vector<std::vector<std::size_t>> level{sampled(train_rows_, sample)};
  std::size_t first = 0;
  for (std::size_t depth = 0; depth < settings_.depth; ++depth) {
    for (std::size_t node = 0; node < level.size(); ++node) {
      const auto& chosen = tree.nodes.at(first + node);
      if (chosen.party != party || !chosen.split.splits) continue;
      gains[chosen.split.feature] += score_of(level[node], party, chosen.split) - sums_of(level[node]).score(settings_.lambda);
    }
    level = next_rows(level, tree, first);
    first = 2 * first + 1;
  }
  return gains;
}

std::size_t PlainBoosting::leaf_of(const OpenTree& tree, std::size_t row) const {
  std::size_t node = 0;
  for (std::size_t depth = 0; depth < settings_.depth; ++depth) {
    const auto& [party, split] = tree.nodes[(std::size_t{1} << depth) - 1 + node];
    const bool right = split.splits && split.goes_right(bins_[party][row * features_[party] + split.feature]);
    node = 2 * node + (right ? 1 : 0);
  }
  return node;
}

std::vector<std::size_t> PlainBoosting::leaves_of_rows(const OpenTree& tree) const {
  std::vector<std::size_t> leaves(rows_);
  for (std::size_t row = 0; row < rows_; ++row) leaves[row] = leaf_of(tree, row);
  return leaves;
}

void PlainBoosting::add(const OpenTree& tree) {
  for (std::size_t row = 0; row < rows_; ++row) scores_[row] += tree.leaves[leaf_of(tree, row)];
  refresh();
}

}  // namespace pai::client::boost::test
