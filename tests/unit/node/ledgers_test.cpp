// A client's ledger as its node sums it while it grows: by phase, peer and message, over runs, and what is wrong with it.
#include "node/ledgers.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "common/task/task_file.h"
#include "support/temp_folder.h"

namespace pai::node {
namespace {

using nlohmann::ordered_json;

class LedgersTest : public ::testing::Test {
 protected:
  LedgersTest() : tasks_(*io::Root::open(folder_.path(), false)) { std::filesystem::create_directories(folder_ / "t-3"); }

  std::filesystem::path file() { return folder_ / "t-3" / task::kLedgerFileName; }
  void append(const std::string& text) { std::ofstream(file(), std::ios::app) << text; }
  void begin(const std::string& run) {
    append(chain_.append({{"time", "2026-11-28T00:00:00Z"}, {"event", "begin"}, {"task", "t"}, {"client", 3}, {"run", run}, {"digest", "d"}}));
  }
  std::string sent_line(const std::string& phase, int peer, const std::string& message, std::uint64_t bytes) {
    return chain_.append({{"time", "2026-11-28T00:00:01Z"}, {"event", "sent"}, {"phase", phase}, {"peer", peer}, {"message", message},
                          {"discloses", "share"}, {"learns", "a share"}, {"messages", 1}, {"bytes", bytes}});
  }
  void sent(const std::string& phase, int peer, const std::string& message, std::uint64_t bytes) { append(sent_line(phase, peer, message, bytes)); }
  void end() { append(chain_.append({{"time", "2026-11-28T00:00:02Z"}, {"event", "end"}, {"outcome", "finished"}})); }

  task::LedgerSummary summary(Ledgers& ledgers) {
    auto read = ledgers.summary(tasks_, {"t", 3});
    EXPECT_TRUE(read.ok());
    return read.ok() ? *read : task::LedgerSummary();
  }
  task::LedgerSummary summary() { return summary(ledgers_); }

  test::TempFolder folder_;
  io::Root tasks_;
  task::HashChain chain_;
  Ledgers ledgers_;
};

TEST_F(LedgersTest, NothingIsThereBeforeTheFirstRun) {
  EXPECT_EQ(summary(), task::LedgerSummary());
  append("");
  EXPECT_EQ(summary(), task::LedgerSummary());
}

TEST_F(LedgersTest, WhatIsAddedIsSummedWhileItGrows) {
  begin("r1");
  sent("send", 0, "TagBatch", 100);
  EXPECT_EQ(summary().sent.size(), 1u);
  sent("send", 0, "TagBatch", 50);
  sent("send", 1, "TagBatch", 7);
  sent("end", 0, "TagBatch", 1);
  const auto line = sent_line("end", 0, "Finish", 9);
  append(line.substr(0, 20));  // half of it is on the disk
  auto now = summary();
  ASSERT_EQ(now.sent.size(), 3u);
  EXPECT_EQ(now.sent[0].bytes, 150u);
  EXPECT_EQ(now.sent[0].messages, 2u);
  EXPECT_EQ(now.sent[1].peer, 1);
  EXPECT_EQ(now.outcome, "");
  append(line.substr(20));
  end();
  now = summary();
  ASSERT_EQ(now.sent.size(), 4u);
  EXPECT_EQ(now.sent[3].message, "Finish");
  EXPECT_EQ(now.outcome, "finished");
  EXPECT_EQ(now.fault, "");
  EXPECT_EQ(now.head, chain_.head());
  EXPECT_EQ(now.unread_bytes, 0u);
}

TEST_F(LedgersTest, ARunAfterAnotherIsSummedAloneAndTheOneBeforeInAll) {
  begin("r1");
  sent("send", 0, "TagBatch", 100);
  sent("send", 1, "TagBatch", 11);
  begin("r2");
  sent("send", 0, "TagBatch", 5);
  const auto now = summary();
  EXPECT_EQ(now.runs, 2u);
  EXPECT_EQ(now.run, "r2");
  ASSERT_EQ(now.sent.size(), 1u);
  EXPECT_EQ(now.sent[0].bytes, 5u);
  EXPECT_EQ(now.earlier_messages, 2u);
  EXPECT_EQ(now.earlier_bytes, 111u);
}

TEST_F(LedgersTest, AnEditIsAFaultFromItsLineOn) {
  begin("r1");
  sent("send", 0, "TagBatch", 100);
  auto line = sent_line("send", 0, "Opening", 100);
  line.replace(line.find(":100"), 4, ":999");
  append(line);
  sent("send", 0, "Later", 1);
  const auto now = summary();
  EXPECT_NE(now.fault.find("line 3"), std::string::npos) << now.fault;
  EXPECT_EQ(now.sent.size(), 1u);
  EXPECT_EQ(now.head.lines, 2u);
}

TEST_F(LedgersTest, AWholeChainOfOtherThingsIsNoLedger) {
  append(chain_.append({{"event", "sent"}, {"peer", 1}}));
  EXPECT_NE(summary().fault.find("line 1"), std::string::npos);
}

TEST_F(LedgersTest, ALongOneIsReadInParts) {
  begin("r1");
  for (int i = 0; i < 200; ++i) sent("p" + std::to_string(i), 0, "M", 1);
  Ledgers slow(4096);
  auto now = summary(slow);
  EXPECT_GT(now.unread_bytes, 0u);
  EXPECT_LT(now.sent.size(), 200u);
  for (int calls = 0; now.unread_bytes > 0 && calls < 100; ++calls) now = summary(slow);
  EXPECT_EQ(now.sent.size(), 200u);
  EXPECT_EQ(now.head, chain_.head());
}

TEST_F(LedgersTest, NeitherManySumsNorAnEndlessLineTakeMoreThanTheirShare) {
  begin("r1");
  for (std::size_t i = 0; i < task::kLedgerSumsMax + 5; ++i) sent("p" + std::to_string(i), 0, "M", 1);
  const auto now = summary();
  EXPECT_EQ(now.sent.size(), task::kLedgerSumsMax);
  EXPECT_EQ(now.omitted, 5u);
  append(std::string(10'000, 'x'));
  Ledgers small(1000);
  auto slow = summary(small);
  for (int calls = 0; slow.fault.empty() && calls < 10'000; ++calls) slow = summary(small);
  EXPECT_NE(slow.fault, "");
}

TEST_F(LedgersTest, AnotherFileInItsPlaceIsReadAnew) {
  begin("r1");
  sent("send", 0, "TagBatch", 100);
  EXPECT_EQ(summary().run, "r1");
  std::filesystem::remove(file());
  chain_ = task::HashChain();
  begin("new");
  EXPECT_EQ(summary().run, "new");
  EXPECT_TRUE(summary().sent.empty());
}

}  // namespace
}  // namespace pai::node
