// Ledgers of disclosures as paictl reads and compares them.
#include "ctl/ledger.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace pai::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using nlohmann::ordered_json;
using task::HashChain;

/// A ledger as a client writes it.
struct Writer {
  explicit Writer(int client, const std::string& task = "t") : client_(client), task_(task) {}

  Writer& begin(const std::string& run = "r1", const std::string& digest = "d") {
    return add({{"time", "2026-11-28T00:00:00.000Z"}, {"event", "begin"}, {"task", task_}, {"client", client_}, {"run", run}, {"digest", digest}});
  }
  Writer& sent(int peer, const std::string& message, int messages, int bytes) {
    return add({{"event", "sent"}, {"phase", "p"}, {"peer", peer}, {"message", message}, {"discloses", "share"}, {"learns", "nothing"},
                {"messages", messages}, {"bytes", bytes}});
  }
  Writer& told(int peer, const HashChain::Head& head) {
    return add({{"event", "peer_ledger"}, {"peer", peer}, {"lines", head.lines}, {"head", head.hash}});
  }
  Writer& end() { return add({{"event", "end"}, {"outcome", "finished"}}); }
  Writer& add(const ordered_json& entry) {
    text += chain.append(entry);
    return *this;
  }

  HashChain chain;
  std::string text;

 private:
  int client_;
  std::string task_;
};

Ledger read(const std::string& text) {
  auto ledger = read_ledger(text);
  EXPECT_TRUE(ledger.ok()) << ledger.error().describe();
  return *std::move(ledger);
}

/// Two parties of one run that told each other where they stood.
std::pair<Writer, Writer> pair_of_ledgers() {
  Writer first(1);
  Writer second(2);
  first.begin().sent(2, "Opening", 5, 500);
  second.begin().sent(1, "Opening", 6, 600);
  const auto told_by_first = first.chain.head();
  first.told(2, second.chain.head()).end();
  second.told(1, told_by_first).end();
  return {std::move(first), std::move(second)};
}

TEST(Ledger, SumsByRunReceiverAndType) {
  Writer writer(1);
  writer.begin("r1").sent(0, "A", 1, 10).sent(0, "A", 2, 20).sent(2, "A", 4, 40).end();
  writer.begin("r2").sent(0, "A", 8, 80);
  const auto ledger = read(writer.text);
  ASSERT_THAT(ledger.runs, SizeIs(2));
  EXPECT_EQ(ledger.runs[0].sent.at({0, "A"}).messages, 3U);
  EXPECT_EQ(ledger.runs[0].sent.at({0, "A"}).bytes, 30U);
  EXPECT_EQ(ledger.runs[0].sent.at({2, "A"}).bytes, 40U);
  EXPECT_EQ(ledger.runs[0].outcome, "finished");
  EXPECT_EQ(ledger.runs[1].sent.at({0, "A"}).bytes, 80U);
  EXPECT_EQ(ledger.runs[1].outcome, "");
  EXPECT_EQ(ledger.head, writer.chain.head());
}

TEST(Ledger, AnEditACutAndAReorderingAreFound) {
  Writer writer(1);
  writer.begin().sent(0, "A", 1, 10).sent(0, "B", 2, 20).end();
  auto edited = writer.text;
  edited.replace(edited.find("\"bytes\":10"), 10, "\"bytes\":99");
  EXPECT_FALSE(read_ledger(edited).ok());
  const auto second = writer.text.find('\n') + 1;
  const auto third = writer.text.find('\n', second) + 1;
  EXPECT_FALSE(read_ledger(writer.text.substr(0, second) + writer.text.substr(third)).ok());
  EXPECT_FALSE(read_ledger(writer.text.substr(0, writer.text.size() - 5)).ok());
  EXPECT_FALSE(read_ledger("").ok());
}

TEST(Ledger, AWholeChainOfOtherLinesIsNoLedger) {
  Writer writer(1);
  writer.begin().add({{"event", "party"}});
  const auto ledger = read_ledger(writer.text);
  ASSERT_FALSE(ledger.ok());
  EXPECT_THAT(ledger.error().message(), HasSubstr("line 1"));
  EXPECT_FALSE(read_ledger(Writer(1).sent(0, "A", 1, 1).text).ok()) << "without a begin";
  EXPECT_FALSE(read_ledger(Writer(1).begin().add({{"event", "sent"}, {"peer", -1}}).text).ok());
}

TEST(Ledger, TwoHonestPartiesAgree) {
  const auto [first, second] = pair_of_ledgers();
  const auto agreed = compare(read(first.text), read(second.text));
  ASSERT_TRUE(agreed.ok()) << agreed.error().describe();
  EXPECT_THAT(*agreed, SizeIs(2));
}

TEST(Ledger, ALedgerWrittenAnewContradictsWhatThePeerWasTold) {
  const auto [first, second] = pair_of_ledgers();
  Writer forged(1);
  forged.begin().sent(2, "Opening", 1, 100).told(2, second.chain.head()).end();
  const auto compared = compare(read(forged.text), read(second.text));
  ASSERT_FALSE(compared.ok());
  EXPECT_THAT(compared.error().describe(), HasSubstr("client 1's line 1"));
  Writer cut(1);
  cut.begin();
  EXPECT_FALSE(compare(read(cut.text), read(second.text)).ok());
}

TEST(Ledger, DifferentVersionsOfTheTaskAreAContradiction) {
  Writer first(1);
  Writer second(2);
  first.begin("r1", "d1");
  second.begin("r1", "d2");
  const auto compared = compare(read(first.text), read(second.text));
  ASSERT_FALSE(compared.ok());
  EXPECT_THAT(compared.error().describe(), HasSubstr("different versions"));
}

TEST(Ledger, StrangersAreNotCompared) {
  EXPECT_FALSE(compare(read(Writer(1, "t").begin().text), read(Writer(2, "u").begin().text)).ok());
  EXPECT_FALSE(compare(read(Writer(1).begin().text), read(Writer(1).begin().text)).ok());
  EXPECT_FALSE(compare(read(Writer(1).begin().text), read(Writer(2).begin().text)).ok()) << "nothing to compare";
}

}  // namespace
}  // namespace pai::ctl
