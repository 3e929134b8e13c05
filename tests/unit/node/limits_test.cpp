// Limits of clients: which end is one of them, and what is said of it.
#include "node/limits.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "common/task/task_file.h"

namespace pai::node {
namespace {

using process::Exited;
using process::Outcome;
using process::Signaled;
using process::Vanished;
using task::ClientState;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr ClientLimits kAll{.memory_bytes = 1'000 * kMiB, .cpu_cores = 2, .run_seconds = 60, .disk_bytes = 100 * kMiB};

std::optional<task::ClientReport> said(ClientState state, std::string reason = "") {
  task::ClientReport report;
  report.state = state;
  report.reason = std::move(reason);
  return report;
}

std::optional<Limit> at_end(const ClientLimits& limits, std::uint64_t memory_mib, const std::optional<task::ClientReport>& report, const Outcome& outcome) {
  const auto excess = excess_at_end(limits, {.memory_bytes = memory_mib * kMiB, .disk_bytes = kMiB}, report, outcome);
  return excess ? std::optional(excess->limit) : std::nullopt;
}

TEST(Limits, TimeAndDiskAreThisDaemonsToSee) {
  EXPECT_FALSE(excess_of(kAll, {.memory_bytes = 5'000 * kMiB, .run_seconds = 59, .disk_bytes = 100 * kMiB}));
  EXPECT_EQ(excess_of(kAll, {.run_seconds = 60})->limit, Limit::kTime);
  EXPECT_EQ(excess_of(kAll, {.run_seconds = 1, .disk_bytes = 100 * kMiB + 1})->limit, Limit::kDisk);
  EXPECT_FALSE(excess_of(kAll, {.run_seconds = 1})) << "what could not be looked at is not too much";
  EXPECT_FALSE(excess_of({}, {.memory_bytes = ~0ULL, .run_seconds = 1e9, .disk_bytes = ~0ULL})) << "nothing is limited";
}

TEST(Limits, WhatTheKernelRefusedIsToldByTheEnd) {
  const auto running = said(ClientState::kRunning), failed = said(ClientState::kFailed, std::string(task::kOutOfMemory));
  EXPECT_EQ(at_end(kAll, 1, failed, Exited{1}), Limit::kMemory) << "one large piece: never seen to be near it";
  for (const int signal : {SIGABRT, SIGSEGV, SIGKILL}) {
    EXPECT_EQ(at_end(kAll, 600, running, Signaled{signal}), Limit::kMemory);
    EXPECT_EQ(at_end(kAll, 600, std::nullopt, Signaled{signal}), Limit::kMemory);
    EXPECT_EQ(at_end(kAll, 400, running, Signaled{signal}), std::nullopt) << "far from it: another cause";
  }
  EXPECT_EQ(at_end(kAll, 600, running, Vanished{}), Limit::kMemory) << "one that was adopted";
  EXPECT_EQ(at_end(kAll, 1, running, Signaled{SIGXFSZ}), Limit::kDisk);
  EXPECT_EQ(excess_at_end(kAll, {}, running, Signaled{SIGXFSZ})->used, 100.0 * kMiB) << "one file had as much, whether it was seen or not";
}

TEST(Limits, OtherEndsAreNone) {
  const auto failed = said(ClientState::kFailed, "peer 2 lost");
  EXPECT_EQ(at_end(kAll, 900, failed, Exited{1}), std::nullopt);
  EXPECT_EQ(at_end(kAll, 900, said(ClientState::kRunning), Signaled{SIGTERM}), std::nullopt);
  EXPECT_EQ(at_end(kAll, 900, said(ClientState::kStopped), Signaled{SIGKILL}), std::nullopt);
  EXPECT_EQ(at_end({}, 900, said(ClientState::kFailed, std::string(task::kOutOfMemory)), Signaled{SIGKILL}), std::nullopt) << "no limit is set";
  EXPECT_EQ(at_end({}, 900, std::nullopt, Signaled{SIGXFSZ}), std::nullopt);
}

TEST(Limits, TheSentenceHasTheLimitTheAmountTheSettingAndTheNode) {
  EXPECT_EQ((Excess{Limit::kMemory, 600.0 * kMiB, 1'000.0 * kMiB}.sentence("bank")),
            "used more memory than node 'bank' allows a client: 600 MiB last seen, 1000 MiB allowed; limits.process_memory_bytes_max in that node's "
            "configuration raises it");
  EXPECT_EQ((Excess{Limit::kTime, 60.04, 60}.sentence("bank")),
            "ran longer than node 'bank' allows a client: 60 s run, 60 s allowed; limits.run_seconds_max in that node's configuration raises it");
  EXPECT_EQ((Excess{Limit::kDisk, 1.5 * kMiB, kMiB}.sentence("bank")),
            "wrote more to the disk than node 'bank' allows a client: 1.5 MiB last seen, 1 MiB allowed; limits.disk_bytes_max in that node's "
            "configuration raises it");
}

TEST(Limits, BytesAreReadable) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1'023), "1023 bytes");
  EXPECT_EQ(bytes_text(1'536), "1.5 KiB");
  EXPECT_EQ(bytes_text(3.0 * (1ULL << 50)), "3072 TiB");
}

}  // namespace
}  // namespace pai::node
