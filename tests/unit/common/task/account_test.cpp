// What a node tells of bytes and ledgers: the same after the wire, and nothing else than what it should be.
#include "common/task/account.h"

#include <gtest/gtest.h>

#include "common/task/ledger_entry.h"

namespace pai::task {
namespace {

using nlohmann::json;

LedgerSummary a_summary() {
  LedgerSummary summary;
  summary.head = {7, std::string(64, 'a')};
  summary.fault = "line 8 of the ledger is not what the lines before it say";
  summary.unread_bytes = 1;
  summary.runs = 2;
  summary.earlier_messages = 3;
  summary.earlier_bytes = 4;
  summary.run = "r2";
  summary.began = "2026-11-28T00:00:00.000Z";
  summary.outcome = "finished";
  summary.sent = {{"train", 1, "ScoreShare", "opened", "the pairs", 5, 6}, {"end", 0, "Finish", "control", "that it ended", 8, 9}};
  summary.omitted = 10;
  return summary;
}

TEST(Account, EveryNumberSurvivesTheWire) {
  const auto summary = ledger_summary_from_json(to_json(a_summary()));
  ASSERT_TRUE(summary.ok()) << summary.error().describe();
  EXPECT_EQ(*summary, a_summary());

  const std::vector<PeerUsage> traffic{{.client = 1, .sent_bytes = 2, .sent_messages = 3, .received_bytes = 4, .received_messages = 5, .rounds = 6, .wait_seconds = 0.5},
                                       {.client = 2}};
  const auto told = traffic_from_json(to_json(traffic));
  ASSERT_TRUE(told.ok()) << told.error().describe();
  EXPECT_EQ(*told, traffic);
}

TEST(Account, WhatIsNoneIsRefusedAndSaysWhere) {
  const auto refused = [](const char* pointer, const json& value) {
    auto document = to_json(a_summary());
    document[json::json_pointer(pointer)] = value;
    const auto read = ledger_summary_from_json(document);
    EXPECT_FALSE(read.ok()) << pointer << " = " << value.dump();
  };
  refused("/lines", -1);
  refused("/lines", "7");
  refused("/head", "nothing hexadecimal");
  refused("/fault", std::string(2000, 'x'));
  refused("/fault", "two\nlines");
  refused("/runs", 1.5);
  refused("/sent", json::object());
  refused("/sent/0", 3);
  refused("/sent/0/peer", 64);
  refused("/sent/0/discloses", "something");
  refused("/sent/0/learns", json(nullptr));
  refused("/sent/0/bytes", 1e300);
  refused("/sent", json(std::vector<json>(kLedgerSumsMax + 1, to_json(a_summary())["sent"][0])));
  for (const auto& document : {json(), json(3), json("x"), json::array({1}), json::object()}) {
    EXPECT_FALSE(ledger_summary_from_json(document).ok()) << document.dump();
  }
  for (const auto& document : {json(), json(3), json::array({1}), json::object(), json::array({{{"peer", 1}}}),
                               json(std::vector<json>(65, to_json(std::vector<PeerUsage>(1))[0]))}) {
    EXPECT_FALSE(traffic_from_json(document).ok()) << document.dump();
  }
}

TEST(LedgerEntry, IsOneOfFourOrNone) {
  const auto sent = json::parse(R"({"event":"sent","phase":"p","peer":1,"message":"M","discloses":"share","learns":"l","messages":2,"bytes":3})");
  ASSERT_TRUE(ledger_entry_from_json(sent).has_value());
  EXPECT_EQ(std::get<LedgerSent>(*ledger_entry_from_json(sent)).bytes, 3u);
  for (const auto& [key, value] : sent.items()) {
    auto without = sent;
    without.erase(key);
    EXPECT_FALSE(ledger_entry_from_json(without).has_value()) << key;
    auto odd = sent;
    odd[key] = json::array();
    EXPECT_FALSE(ledger_entry_from_json(odd).has_value()) << key;
  }
  auto far = sent;
  far["peer"] = 64u;
  EXPECT_FALSE(ledger_entry_from_json(far).has_value());
  EXPECT_FALSE(ledger_entry_from_json(json::array()).has_value());
  EXPECT_FALSE(ledger_entry_from_json({{"event", "else"}}).has_value());
}

}  // namespace
}  // namespace pai::task
