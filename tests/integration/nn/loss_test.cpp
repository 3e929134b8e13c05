// A party that is lost at any moment: all others end with an error that leads to it, none waits for ever, and
// no part of a model takes its place unless all parties had theirs stored.
#include <chrono>
#include <random>

#include <gtest/gtest.h>

#include "integration/nn/tables.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

const Json kTraining = {
    {"batch_size", 16}, {"max_iter", 6}, {"test_per_batches", 3}, {"checkpoint_per_batches", 2}};

TrainingRun make_run(const Json& more) {
  auto settings = kTraining;
  settings.update(more);
  return TrainingRun(make_parties(80, {2, 2}, Labels::kBinary, {{"metric", "loss"}}), 30, settings);
}

/// Frames of each client in a training that nobody disturbs.
std::vector<std::uint64_t> frames_of_clients(const Json& more) {
  auto run = make_run(more);
  run.keep_frames = true;
  run.run();
  EXPECT_TRUE(run.ok()) << run.messages();
  std::vector<std::uint64_t> frames(static_cast<std::size_t>(run.clients()));
  for (const auto& message : run.sent()) {
    ++frames[static_cast<std::size_t>(message.from)];
    ++frames[static_cast<std::size_t>(message.to)];
  }
  return frames;
}

/// The errors lead to `victim`: each blames it, or one that failed itself; and nobody's time ran out.
void expect_blame(const TrainingRun& run, const std::set<int>& lost, const std::string& what) {
  for (int client = 0; client < run.clients(); ++client) {
    if (run.status(client).ok()) continue;
    const auto& error = run.status(client).error();
    EXPECT_NE(error.code(), ErrorCode::kTimeout) << what << ": " << run.messages();
    if (lost.size() == 1 && lost.contains(client)) continue;  // the dead say nothing
    EXPECT_TRUE(error.code() == ErrorCode::kPeerLost) << what << ": " << run.messages();
    const int blamed = error.blames();
    EXPECT_TRUE(lost.contains(blamed) || (blamed >= 0 && !run.status(blamed).ok()))
        << what << ": " << run.messages();
    EXPECT_TRUE(lost.size() > 1 || lost.contains(blamed)) << what << ": " << run.messages();
  }
}

/// The model stands at all data clients or at none. The last step is the only window: once main has told one
/// party to put its part in its place, a loss may leave some with theirs in place and some with theirs in
/// staging.
void expect_all_or_none(const TrainingRun& run, const std::string& what) {
  int published = 0, parties = 0;
  for (int client = 2; client < run.clients(); ++client, ++parties) {
    published += std::filesystem::exists(run.folder(client) / "model" / "model.json");
  }
  bool in_window = false;
  for (const auto& message : run.sent()) in_window = in_window || message.frame.has_publish();
  EXPECT_TRUE(published == 0 || published == parties || in_window)
      << what << ": " << published << " parts of " << parties;
}

class Loss : public testing::TestWithParam<Json> {};

TEST_P(Loss, OfAnyPartyAtAnyMomentEndsTheOthers) {
  const auto frames = frames_of_clients(GetParam());
  const auto seed = std::random_device()();
  std::mt19937 random(seed);
  for (int round = 0; round < 12; ++round) {
    const int victim = round % static_cast<int>(frames.size());
    const auto after =
        std::uniform_int_distribution<std::uint64_t>(0, frames[static_cast<std::size_t>(victim)] - 1)(random);
    const auto what = "seed " + std::to_string(seed) + ", round " + std::to_string(round) + ": client " +
                      std::to_string(victim) + " after " + std::to_string(after) + " frames";
    auto run = make_run(GetParam());
    run.kill = TrainingRun::Kill{.client = victim, .after_frames = after};
    run.network.stall_timeout = std::chrono::seconds(20);
    run.keep_frames = true;
    run.run();
    expect_blame(run, {victim}, what);
    expect_all_or_none(run, what);
    // Who could not have been done before it was lost has failed too.
    EXPECT_TRUE(run.status(victim).ok() || !run.status(0).ok()) << what << ": " << run.messages();
  }
}

TEST_P(Loss, OfAnyConnectionAtAnyMomentEndsAll) {
  const auto seed = std::random_device()();
  std::mt19937 random(seed);
  for (int round = 0; round < 12; ++round) {
    auto run = make_run(GetParam());
    const int from = static_cast<int>(random() % 5), to = (from + 1 + static_cast<int>(random() % 4)) % 5;
    const auto after = std::uint64_t{random() % 30};
    const auto what = "seed " + std::to_string(seed) + ", round " + std::to_string(round) + ": " +
                      std::to_string(from) + " to " + std::to_string(to) + " after " + std::to_string(after) +
                      " frames";
    run.network.cut = MemoryNetwork::Cut{from, to, after};
    run.network.stall_timeout = std::chrono::seconds(20);
    run.keep_frames = true;
    run.run();
    if (run.ok()) continue;  // fewer frames than that went this way
    expect_blame(run, {from, to}, what);
    expect_all_or_none(run, what);
    EXPECT_FALSE(run.status(0).ok()) << what << ": " << run.messages();
  }
}

constexpr const char* kNames[] = {"Full", "SplitExported", "EarlyStop"};
INSTANTIATE_TEST_SUITE_P(Trainings, Loss,
                         testing::Values(Json::object(), Json{{"security", "split"}, {"export", "split"}},
                                         Json{{"early_stop", 9}}),
                         [](const auto& test) { return std::string(kNames[test.index]); });

}  // namespace
}  // namespace pai::client::nn::test
