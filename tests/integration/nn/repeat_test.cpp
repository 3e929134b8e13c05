// The same seed gives the same initial weights and batches; the same bits only when the dealer's seed is
// fixed too, as tests can do.
#include <cmath>

#include <gtest/gtest.h>

#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;
using Model = std::vector<std::vector<double>>;

const Json kNetwork = {{"in_dim", 6},    {"layers", {1}},   {"batch_size", 32},
                       {"max_iter", 30}, {"momentum", 0.8}, {"learning_rate", 0.1}};

Model trained(const Json& settings, const ring::Seed* dealer_seed, const std::string& run_id,
              const MemoryNetwork& network = {}) {
  TrainingRun run(make_parties(200, {2, 3}, Labels::kBinary), 100, settings);
  run.fixed_seed = dealer_seed;
  run.run_id = run_id;
  run.network = network;
  run.run();
  EXPECT_TRUE(run.ok()) << run.messages();
  return run.opened_model();
}

double difference(const Model& a, const Model& b) {
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    for (std::size_t i = 0; i < a[k].size(); ++i) largest = std::max(largest, std::abs(a[k][i] - b[k][i]));
  }
  return largest;
}

const std::string kRun(32, '1'), kOtherRun(32, '2');

TEST(Repeating, AgreesToOneThousandthWithFreshMasks) {
  const auto first = trained(kNetwork, nullptr, kRun), second = trained(kNetwork, nullptr, kOtherRun);
  EXPECT_NE(first, second) << "truncation rounds at random: equal bits would mean equal masks";
  EXPECT_LT(difference(first, second), 1e-3);
}

TEST(Repeating, IsBitEqualWithAFixedDealerSeedWhateverTheNetworkDoes) {
  const ring::Seed seed{1, 2, 3};
  const auto first = trained(kNetwork, &seed, kRun);
  MemoryNetwork slow;
  slow.delay_max = std::chrono::microseconds(200);
  EXPECT_EQ(first, trained(kNetwork, &seed, kRun, slow));
  EXPECT_NE(first, trained(kNetwork, &seed, kOtherRun)) << "the run's id is part of every mask";
  const ring::Seed other{1, 2, 4};
  EXPECT_NE(first, trained(kNetwork, &other, kRun));
}

TEST(Repeating, IsBitEqualWithFeaturesMappedFromDisk) {
  const ring::Seed seed{1, 2, 3};
  TrainingRun run(make_parties(200, {2, 3}, Labels::kBinary), 100, kNetwork);
  run.fixed_seed = &seed;
  run.run_id = kRun;
  run.memory_bytes_max = 1;
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  EXPECT_EQ(run.opened_model(), trained(kNetwork, &seed, kRun));
  for (int client = 2; client < run.clients(); ++client) {
    EXPECT_NE(run.reporter(client).notes().find("features mapped from disk"), std::string::npos);
    for (const auto& entry : std::filesystem::directory_iterator(run.folder(client))) {
      const auto name = entry.path().filename();
      EXPECT_TRUE(name == "datasets" || name == "model" || name == "checkpoint") << "left behind: " << name;
    }
  }
}

/// Back-pressure at its utmost: a sender waits until its last message was taken.
TEST(Repeating, IsBitEqualWithRoomForOneMessage) {
  const ring::Seed seed{1, 2, 3};
  auto settings = kNetwork;
  settings.update({{"early_stop", 50}, {"test_per_batches", 3}, {"export", "split"}});
  MemoryNetwork narrow;
  narrow.bytes_max = 1;
  narrow.stall_timeout = std::chrono::seconds(20);
  EXPECT_EQ(trained(settings, &seed, kRun), trained(settings, &seed, kRun, narrow));
}

TEST(Repeating, AnotherSeedIsAnotherTraining) {
  auto settings = kNetwork;
  settings["seed"] = 2;
  EXPECT_GT(difference(trained(kNetwork, nullptr, kRun), trained(settings, nullptr, kRun)), 1e-2);
}

}  // namespace
}  // namespace pai::client::nn::test
