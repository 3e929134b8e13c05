// The ledger as its owner finds it: sums by phase, going on over runs, and what it does about damage.
#include "client/runtime/disclosure_ledger.h"

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::client {
namespace {

using testing::HasSubstr;

class DisclosureLedgerTest : public testing::Test {
 protected:
  DisclosureLedgerTest() : root_(*io::Root::open(folder_.path(), false)) {
    task_.spec.name = "credit_v1";
    task_.client_id = 1;
    task_.run_id = "run-1";
  }
  std::unique_ptr<DisclosureLedger> open() {
    auto ledger = DisclosureLedger::open(root_, task_);
    EXPECT_TRUE(ledger.ok()) << (ledger.ok() ? "" : ledger.error().describe());
    return ledger.ok() ? *std::move(ledger) : nullptr;
  }
  std::string text() const { return test::read_text(folder_ / task::kLedgerFileName); }
  std::vector<nlohmann::json> entries() const {
    std::vector<nlohmann::json> entries;
    std::istringstream lines(text());
    for (std::string line; std::getline(lines, line);) entries.push_back(*json::parse(line));
    return entries;
  }

  test::TempFolder folder_;
  io::Root root_;
  task::TaskFile task_;
};

TEST_F(DisclosureLedgerTest, HasWhatEachPhaseSentByPeerAndType) {
  std::atomic<std::uint64_t> openings{0};
  auto ledger = open();
  ledger->follow(
      [&] {
        return std::vector<Traffic>{{2, "DealerSeed", 1, 20}, {2, "Opening", openings, 100 * openings}};
      },
      [](const Error& error) { ADD_FAILURE() << error.describe(); }, "connect");
  ledger->phase("train");
  openings = 7;
  ledger->phase("evaluate");
  openings = 9;
  ASSERT_TRUE(ledger->close("finished").ok());

  EXPECT_EQ(*task::HashChain::verify(text()), ledger->head());
  const auto all = entries();
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0]["event"], "begin");
  EXPECT_EQ(all[0]["task"], "credit_v1");
  EXPECT_EQ(all[0]["client"], 1);
  EXPECT_EQ(all[0]["run"], "run-1");
  EXPECT_EQ(all[0]["digest"], task_.spec.digest());
  EXPECT_EQ(all[1]["phase"], "connect");
  EXPECT_EQ(all[1]["message"], "DealerSeed");
  EXPECT_EQ(all[1]["discloses"], "key_material");
  EXPECT_EQ(all[2]["phase"], "train");
  EXPECT_EQ(all[2]["peer"], 2);
  EXPECT_EQ(all[2]["discloses"], "share");
  EXPECT_THAT(all[2]["learns"], HasSubstr("masked"));
  EXPECT_EQ(all[2]["messages"], 7);
  EXPECT_EQ(all[2]["bytes"], 700);
  EXPECT_EQ(all[3]["phase"], "evaluate");
  EXPECT_EQ(all[3]["messages"], 2);
  EXPECT_EQ(all[4]["outcome"], "finished");
}

TEST_F(DisclosureLedgerTest, GoesOnInTheNextRun) {
  ASSERT_TRUE(open()->close("peer_lost").ok());
  task_.run_id = "run-2";
  ASSERT_TRUE(open()->close("finished").ok());
  EXPECT_TRUE(task::HashChain::verify(text()).ok());
  EXPECT_EQ(entries().size(), 4U);
  EXPECT_EQ(entries()[2]["run"], "run-2");
}

TEST_F(DisclosureLedgerTest, DropsALineThatACrashCutOffAndSaysSo) {
  ASSERT_TRUE(open()->close("finished").ok());
  const auto whole = text();
  test::write_text(folder_ / task::kLedgerFileName, whole + R"({"n":2,"time)");
  ASSERT_TRUE(open()->close("finished").ok());
  EXPECT_TRUE(text().starts_with(whole));
  EXPECT_TRUE(task::HashChain::verify(text()).ok());
  EXPECT_EQ(entries()[2]["dropped_bytes"], 12);
}

TEST_F(DisclosureLedgerTest, RefusesToGoOnWithOneThatWasTamperedWith) {
  ASSERT_TRUE(open()->close("finished").ok());
  auto changed = text();
  changed.replace(changed.find("credit_v1"), 9, "credit_v2");
  test::write_text(folder_ / task::kLedgerFileName, changed);
  const auto refused = DisclosureLedger::open(root_, task_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("line 1 of the ledger"));
  EXPECT_EQ(text(), changed) << "evidence stays as it is";
}

TEST_F(DisclosureLedgerTest, SaysOnceThatItCannotBeWritten) {
  auto ledger = open();
  std::promise<Error> failure;
  std::atomic<int> failures{0};
  std::atomic<std::uint64_t> sent{0};
  // The disk is full from here on, as far as this process goes.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{std::filesystem::file_size(folder_ / task::kLedgerFileName), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  ledger->follow([&] { return std::vector<Traffic>{{0, "Opening", ++sent, 100}}; },
                 [&](const Error& error) {
                   if (failures++ == 0) failure.set_value(error);
                 },
                 "connect");
  ledger->phase("train");
  auto told = failure.get_future();
  const auto in_time = told.wait_for(std::chrono::seconds(20));
  ledger->phase("evaluate");
  const auto closed = ledger->close("finished");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);

  ASSERT_EQ(in_time, std::future_status::ready);
  EXPECT_THAT(told.get().message(), HasSubstr(task::kLedgerFileName));
  EXPECT_EQ(failures, 1);
  ASSERT_FALSE(closed.ok()) << "what cannot be accounted for must not look well";
  EXPECT_THAT(text(), testing::Not(HasSubstr(R"("event":"end")")));
}

TEST_F(DisclosureLedgerTest, IsForItsOwnerOnlyAndFollowsNoLink) {
  ASSERT_TRUE(open()->close("finished").ok());
  EXPECT_EQ(std::filesystem::status(folder_ / task::kLedgerFileName).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::rename(folder_ / task::kLedgerFileName, folder_ / "elsewhere");
  std::filesystem::create_symlink("elsewhere", folder_ / task::kLedgerFileName);
  EXPECT_FALSE(DisclosureLedger::open(root_, task_).ok());
}

}  // namespace
}  // namespace pai::client
