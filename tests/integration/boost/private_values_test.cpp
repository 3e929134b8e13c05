// What a boosting sends: nobody receives another's data, labels, gradients, histograms, leaves or scores, in any 8-byte window; every kind of
// message goes to whom it may; every opened word is uniformly random.
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "client/ring/words.h"
#include "integration/boost/plain_boosting.h"
#include "integration/nn/plain_search.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::boost::test {
namespace {

using nn::test::Labels;
using nn::test::make_parties;
using nn::test::PlainSearch;
using Json = nlohmann::json;

constexpr std::size_t kRows = 260, kTestRows = 60;

std::unique_ptr<TrainingRun> kept_run(const std::vector<PartyData>& parties) {
  auto run = boosting(parties, kTestRows, {{"max_iteration", 3}, {"max_depth", 3}, {"n_bins", 8}});
  run->keep_frames = true;
  return run;
}

TEST(BoostingWire, HoldsNobodysValues) {
  const auto parties = make_parties(kRows, {2, 3}, Labels::kBinary);
  auto run = kept_run(parties);
  // The tolerances let one in some thousand runs find what is not there: with this seed none does.
  ring::Seed seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(29 + 37 * i);
  run->fixed_seed = &seed;
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  const auto sent = run->sent();
  const auto trees = opened_trees(*run);
  for (int client = 0; client < run->clients(); ++client) {
    PlainSearch search;
    search.forbid_text("row-");
    const bool is_label = client == run->label();
    for (std::size_t p = 0; p + 1 < parties.size(); ++p) {
      if (client == static_cast<int>(p) + 2) continue;
      for (const auto& row : parties[p].rows) {
        for (const double value : row) search.forbid_double("a feature", value);
      }
    }
    PlainBoosting twin(parties, kTestRows, {.bins = 8, .depth = 3});
    for (const auto& tree : trees) {
      for (const double g : twin.gradients()) {
        search.forbid_double("a gradient", g);
        search.forbid("a gradient at 28", g, 28, 2e-3);
        search.forbid("a gradient", g, 20, 2e-5);
      }
      for (const double leaf : tree.leaves) search.forbid("a leaf", leaf, kWeightScale, 1e-6);
      twin.add(tree);
    }
    for (const double score : twin.scores()) {
      search.forbid("a score", score, kScoreScale, 1e-6);
      if (!is_label) search.forbid_double("a score", score);
    }
    for (std::size_t i = 0; i < kRows && !is_label; ++i) search.forbid_double("a label", parties.back().rows[i][0]);
    ASSERT_GT(search.size(), 500U);
    std::string received;
    for (const auto& message : sent) {
      if (message.to == client) received += message.frame.SerializeAsString() + "\n--------\n";
    }
    EXPECT_EQ(search.find(received), "") << "client " << client;
  }
}

/// Looks for numbers in 32-bit fixed point: `run` rows one after the other, each within `tolerance` units, at any byte. 0: nothing found.
std::size_t find_halves(const std::string& bytes, const std::vector<double>& numbers, int scale, std::int64_t tolerance, std::size_t run = 3) {
  std::vector<std::pair<std::uint32_t, std::size_t>> places;
  const auto half = [&](double number) { return static_cast<std::uint32_t>(static_cast<std::int64_t>(std::llround(std::ldexp(number, scale)))); };
  for (std::size_t i = 0; i + run <= numbers.size(); ++i) {
    for (auto off = -tolerance; off <= tolerance; ++off) places.emplace_back(half(numbers[i]) + static_cast<std::uint32_t>(off), i);
  }
  std::sort(places.begin(), places.end());
  const auto at_byte = [&](std::size_t at) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
  };
  for (std::size_t at = 0; at + 4 * run <= bytes.size(); ++at) {
    const auto first = std::lower_bound(places.begin(), places.end(), std::pair<std::uint32_t, std::size_t>{at_byte(at), 0});
    for (auto place = first; place != places.end() && place->first == at_byte(at); ++place) {
      std::size_t found = 1;
      while (found < run && std::abs(static_cast<std::int32_t>(at_byte(at + 4 * found) - half(numbers[place->second + found]))) <= tolerance) ++found;
      if (found == run) return at + 1;
    }
  }
  return 0;
}

TEST(BoostingWire, TheSearchForHalvesFindsWhatIsPlanted) {
  const std::vector<double> numbers{0.25, -0.5, 0.125, 0.75};
  std::string bytes(1001, 'x');
  for (int i = 0; i < 3; ++i) {
    const auto word = static_cast<std::uint32_t>(static_cast<std::int32_t>(std::ldexp(numbers[static_cast<std::size_t>(i) + 1], 21)) + i - 1);
    std::memcpy(bytes.data() + 501 + 4 * i, &word, sizeof word);
  }
  EXPECT_EQ(find_halves(bytes, numbers, 21, 1), 502U);
  EXPECT_EQ(find_halves(bytes, numbers, 20, 1), 0U);
}

/// Everything that is computed in Z/2^32 travels in four bytes: gradients, scores, histograms.
TEST(BoostingWire, HoldsNobodysValuesInHalvesEither) {
  const auto parties = make_parties(kRows, {2, 3}, Labels::kBinary);
  auto run = kept_run(parties);
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  const int scale = Scales::of(kRows - kTestRows, 1.002, 0.2525 + 1.0 / 256, 1).gradient;
  const auto sent = run->sent();
  const auto trees = opened_trees(*run);
  for (int client = 0; client < run->clients(); ++client) {
    std::string received;
    for (const auto& message : sent) {
      if (message.to == client) received += message.frame.SerializeAsString() + "----------------";
    }
    PlainBoosting twin(parties, kTestRows, {.bins = 8, .depth = 3});
    for (const auto& tree : trees) {
      EXPECT_EQ(find_halves(received, twin.gradients(), scale, 2), 0U) << "gradients, client " << client;
      EXPECT_EQ(find_halves(received, twin.gradients(), 28, 3000), 0U) << "gradients before their cut, client " << client;
      std::vector<double> labels;
      for (std::size_t i = 0; i < kRows - kTestRows; ++i) labels.push_back(parties.back().rows[i][0]);
      EXPECT_EQ(find_halves(received, labels, 28, 0, 8), 0U) << "labels, client " << client;
      twin.add(tree);
      EXPECT_EQ(find_halves(received, twin.scores(), kScoreScale, 16), 0U) << "scores, client " << client;
    }
  }
}

struct Tensor {
  std::string name;
  std::size_t words;
  int bits;
  bool by_xor;
};

/// Of an operation's round, the tensors that the data clients opened: the sums of all shares, packed bytes of each.
void add_opened(const std::vector<TrainingRun::Sent>& sent, std::uint64_t operation, std::uint32_t round, const std::vector<Tensor>& tensors,
                std::map<std::string, std::string>& bytes, bool to_owners_alone = false) {
  std::size_t total = 0;
  for (const auto& tensor : tensors) total += ring::packed_bytes(tensor.words, tensor.bits);
  std::vector<std::vector<Word>> sums;
  for (const auto& tensor : tensors) sums.emplace_back(tensor.words);
  std::set<int> senders;
  for (const auto& message : sent) {
    if (!message.frame.has_opening() || message.from < 2) continue;
    const auto& opening = message.frame.opening();
    if (opening.operation() != operation || opening.round() != round) continue;
    if (to_owners_alone && message.to == 4) {
      EXPECT_EQ(opening.words(), "") << "operation " << operation << " round " << round << ", to the label client";
      continue;
    }
    if (!senders.insert(message.from).second) continue;
    ASSERT_EQ(opening.words().size(), total) << "operation " << operation << " round " << round;
    std::size_t at = 0;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const auto size = ring::packed_bytes(tensors[t].words, tensors[t].bits);
      std::vector<Word> share(tensors[t].words);
      ring::unpack({reinterpret_cast<const std::uint8_t*>(opening.words().data()) + at, size}, tensors[t].bits, share);
      for (std::size_t i = 0; i < share.size(); ++i) sums[t][i] = tensors[t].by_xor ? sums[t][i] ^ share[i] : sums[t][i] + share[i];
      at += size;
    }
  }
  ASSERT_EQ(senders.size(), 3U);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    // Whole bytes of each word, so that a place in a word can be looked at by itself; of words that are none, from the highest bit down, where a
    // mask that is too small shows.
    const int below = tensors[t].bits % 8;
    for (const auto word : sums[t]) {
      for (int byte = 0; byte < tensors[t].bits / 8; ++byte) bytes[tensors[t].name] += static_cast<char>(word >> (below + 8 * byte));
    }
  }
}

TEST(BoostingWire, EveryOpenedTensorIsUniform) {
  constexpr std::size_t kTrees = 12, kDepth = 2, kBins = 8, kFeatures = 5, kSearch = 2, kOperations = 2 + kDepth * (kSearch + 1);
  constexpr std::size_t kTrain = kRows - kTestRows, kPlane = (kRows + 63) / 64;
  auto run = boosting(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, {{"max_iteration", kTrees}, {"max_depth", kDepth}, {"n_bins", kBins}},
                      {{"test_per_trees", 0}});
  run->keep_frames = true;
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  const auto sent = run->sent();
  std::map<std::string, std::string> bytes;
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    const auto first = 1 + tree * kOperations;
    add_opened(sent, first, 0, {{"f - r", kTrain, 30, false}}, bytes);
    add_opened(sent, first, 1, {{"g before its cut", kTrain, 32, false}, {"h before its cut", kTrain, 32, false}}, bytes);
    add_opened(sent, first, 2, {{"g - V", kTrain, 32, false}, {"h - V", kTrain, 32, false}}, bytes);
    for (std::size_t level = 0; level < kDepth; ++level) {
      const std::size_t nodes = std::size_t{1} << level, candidates = nodes * (kFeatures * (2 * (kBins - 1) + 1) + 1);
      const auto search = first + 1 + level * (kSearch + 1);
      add_opened(sent, search, 0, {{"G before its cut", 2 * candidates, 32, false}, {"H + r", 2 * candidates, 32, false}}, bytes);
      add_opened(sent, search, 5, {{"angle", 2 * candidates, 31, false}}, bytes);
      add_opened(sent, search, 6, {{"part", 2 * candidates, 56, false}}, bytes);
      const auto split = search + kSearch;
      add_opened(sent, split, 0, {{"s + rho", nodes * kPlane, 64, true}}, bytes);
      add_opened(sent, split, 1, {{"I + mu", nodes * kPlane, 64, true}}, bytes);
      if (level + 1 < kDepth) add_opened(sent, split, 2, {{"right g, h - V", 2 * nodes * kTrain, 32, false}}, bytes, true);
    }
  }
  ASSERT_EQ(bytes.size(), 12U);
  for (const auto& [name, of_tensor] : bytes) {
    EXPECT_GT(of_tensor.size(), 1000U) << name;
    EXPECT_LT(std::abs(nn::test::uniformity(of_tensor)), 6) << name;
    // The highest bytes of words are where small numbers would show.
    if (name != "f - r" && name != "angle" && name != "part") {  // these have another number of bytes
      EXPECT_LT(std::abs(nn::test::uniformity(of_tensor, 0x88)), 6) << name << ", highest bytes";
    }
  }
}

TEST(BoostingWire, EachKindOfMessageGoesToWhomItMay) {
  using Types = std::set<std::string>;
  struct Case {
    Json main;
    Types to_label, to_feature;
  };
  const Types common{"TrainingPlan", "DealerSeed", "Correction", "MaskedRows", "Opening", "Publish"};
  const auto with = [&](Types more) {
    more.insert(common.begin(), common.end());
    return more;
  };
  const std::vector<Case> cases{
      {Json::object(), with({"ShuffleShare", "ScoreShare"}), with({"ShuffleShare", "SplitShare"})},
      {{{"metric", "loss"}}, with({"LossShare"}), with({"SplitShare"})},
      {{{"importance", "gain"}}, with({"ShuffleShare", "ScoreShare"}), with({"ShuffleShare", "SplitShare", "ImportanceShare"})},
      {{{"security", "relaxed"}}, with({"ShuffleShare", "ScoreShare", "HistogramShare", "PartitionBits"}),
       with({"ShuffleShare", "MaskedGradients", "ChosenSplits"})},
      {{{"security", "relaxed"}, {"metric", "loss"}, {"importance", "gain"}}, with({"LossShare", "HistogramShare", "PartitionBits"}),
       with({"MaskedGradients", "ChosenSplits", "ImportanceShare"})},
  };
  for (const auto& [main, to_label, to_feature] : cases) {
    auto run = boosting(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, {{"max_iteration", 3}, {"max_depth", 3}, {"n_bins", 8}}, main);
    run->keep_frames = true;
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    const auto sent = run->sent();
    EXPECT_EQ(nn::test::types_received(sent, 0), (Types{"TrainingOffer", "TrainingReport", "ModelReady", "Published"})) << "main, " << main;
    EXPECT_EQ(nn::test::types_received(sent, 1), (Types{"TrainingPlan"})) << "dealer, " << main;
    EXPECT_EQ(nn::test::types_received(sent, 2), to_feature) << main;
    EXPECT_EQ(nn::test::types_received(sent, 3), to_feature) << main;
    EXPECT_EQ(nn::test::types_received(sent, 4), to_label) << main;
  }
}

/// "relaxed": what feature clients receive still holds no label, gradient, leaf or score, and nothing of each other's bins.
TEST(BoostingWire, RelaxedShowsFeatureClientsNoValues) {
  const auto parties = make_parties(kRows, {2, 3}, Labels::kBinary);
  auto run = boosting(parties, kTestRows, {{"max_iteration", 3}, {"max_depth", 3}, {"n_bins", 8}}, {{"security", "relaxed"}});
  run->keep_frames = true;
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  const int scale = Scales::of(kRows - kTestRows, 1.002, 0.2525 + 1.0 / 256, 1).gradient;
  const auto sent = run->sent();
  const auto trees = opened_trees(*run);
  for (const int client : run->features()) {
    std::string received, masked;
    for (const auto& message : sent) {
      if (message.to != client) continue;
      received += message.frame.SerializeAsString() + "----------------";
      if (message.frame.has_masked_gradients()) masked += message.frame.masked_gradients().words();
    }
    ASSERT_EQ(masked.size(), std::size_t{3} * 8 * (kRows - kTestRows) * 4);
    EXPECT_LT(std::abs(nn::test::uniformity(masked)), 6);
    EXPECT_LT(std::abs(nn::test::uniformity(masked, 0x88)), 6) << "highest bytes";
    PlainBoosting twin(parties, kTestRows, {.bins = 8, .depth = 3, .exact = true});
    PlainSearch search;
    for (std::size_t p = 0; p + 1 < parties.size(); ++p) {
      if (client == static_cast<int>(p) + 2) continue;
      for (const auto& row : parties[p].rows) {
        for (const double value : row) search.forbid_double("a feature", value);
      }
    }
    for (const auto& tree : trees) {
      EXPECT_EQ(find_halves(received, twin.gradients(), scale, 2), 0U) << "gradients";
      for (const double leaf : tree.leaves) search.forbid("a leaf", leaf, kWeightScale, 1e-6);
      twin.add(tree);
      EXPECT_EQ(find_halves(received, twin.scores(), kScoreScale, 16), 0U) << "scores";
    }
    EXPECT_EQ(search.find(received), "");
  }
}

/// "relaxed": the label client receives the sums and the bits that are declared, and of them exactly these: shares that add up to sums of its own
/// gradients, a bit a training row for each node of each tree, and of nothing else that is not masked.
TEST(BoostingWire, RelaxedShowsTheLabelClientSumsAndPartitionsAlone) {
  const auto parties = make_parties(kRows, {2, 3}, Labels::kBinary);
  constexpr std::size_t kTrees = 3, kDepth = 3;
  auto run = boosting(parties, kTestRows, {{"max_iteration", kTrees}, {"max_depth", kDepth}, {"n_bins", 8}}, {{"security", "relaxed"}});
  run->keep_frames = true;
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  std::size_t bits = 0;
  std::map<int, std::string> shares, openings;
  for (const auto& message : run->sent()) {
    if (message.to != run->label()) continue;
    if (message.frame.has_partition_bits()) bits += message.frame.partition_bits().words().size();
    if (message.frame.has_histogram_share()) shares[message.from] += message.frame.histogram_share().words();
    if (message.frame.has_opening()) openings[message.from] += message.frame.opening().words();
  }
  EXPECT_EQ(bits, kTrees * ((1U << kDepth) - 1) * ((kRows - kTestRows + 63) / 64) * 8);
  ASSERT_EQ(shares.size(), 2U);
  for (const auto& [from, of_party] : shares) {
    EXPECT_EQ(of_party.size(), kTrees * (std::size_t{1} << kDepth) * 5 * 8 * 4) << from;
    EXPECT_LT(std::abs(nn::test::uniformity(of_party)), 6) << "one share alone, of client " << from;
  }
  // Test rows: bits under uniform bits and leaves under uniform words, in every opening.
  std::string opened;
  for (const auto& [from, of_party] : openings) opened += of_party;
  EXPECT_LT(std::abs(nn::test::uniformity(opened)), 6);
}

TEST(BoostingWire, NoMessageOfSharesRepeatsAnother) {
  auto run = kept_run(make_parties(kRows, {2, 3}, Labels::kBinary));
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  // Of one sender to one receiver; to several it sends the same. Long ones alone: few random bits may come twice.
  std::map<std::pair<int, int>, std::set<std::string>> seen;
  std::string bytes;
  for (const auto& message : run->sent()) {
    const auto words = nn::test::words_of(message.frame);
    if (words.size() < 64 || nn::test::type_of(message.frame) == "ScoreShare") continue;
    EXPECT_TRUE(seen[std::make_pair(message.from, message.to)].insert(words).second) << nn::test::type_of(message.frame);
    // What goes to several is the same: once.
    if (message.from < 2 || message.to == (message.from == 2 ? 3 : 2)) bytes += words;
  }
  ASSERT_GT(bytes.size(), 1'000'000U);
  EXPECT_LT(std::abs(nn::test::uniformity(bytes)), 7) << "bytes of everything that was sent";
}

}  // namespace
}  // namespace pai::client::boost::test
