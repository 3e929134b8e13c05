// The chain's exact bytes, and every way to tamper with one.
#include "common/task/hash_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::task {
namespace {

using testing::HasSubstr;

std::string three_lines() {
  HashChain chain;
  auto text = chain.append({{"event", "begin"}});
  text += chain.append({{"event", "sent"}, {"bytes", 12}});
  return text + chain.append({{"event", "end"}});
}

std::vector<std::string> lines_of(std::string text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n') + 1));
    text.erase(0, lines.back().size());
  }
  return lines;
}

std::string fault_of(const std::string& text) {
  const auto head = HashChain::verify(text);
  return head.ok() ? "" : head.error().message();
}

// printf '%064d{"n":0,"event":"begin"' 0 | sha256sum, and so on
TEST(HashChain, HasTheBytesThatItsPageSays) {
  EXPECT_EQ(
      lines_of(three_lines())[0],
      R"({"n":0,"event":"begin","hash":"a957790b86a89391c002fb3471437313a02c13c62672a7d2fc399e60e333480f"})"
      "\n");
}

TEST(HashChain, IsTakenUpWhereItStands) {
  HashChain chain;
  auto text = chain.append({{"event", "begin"}});
  const auto head = HashChain::verify(text);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(*head, chain.head());
  HashChain later(*head);
  text += later.append({{"event", "begin"}, {"run", "2"}});
  EXPECT_EQ(*HashChain::verify(text), later.head());
  EXPECT_EQ(later.head().lines, 2U);
  EXPECT_EQ(*HashChain::verify(""), HashChain::Head());
}

TEST(HashChain, ShowsEveryChangedByte) {
  const auto text = three_lines();
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_NE(fault_of(changed), "") << i;
  }
}

TEST(HashChain, ShowsLinesCutOutReorderedRepeatedOrMadeUp) {
  const auto lines = lines_of(three_lines());
  EXPECT_THAT(fault_of(lines[0] + lines[2]), HasSubstr("line 2 of the ledger has another number"));
  EXPECT_THAT(fault_of(lines[1] + lines[2]), HasSubstr("line 1"));
  EXPECT_THAT(fault_of(lines[0] + lines[2] + lines[1]), HasSubstr("line 2"));
  EXPECT_THAT(fault_of(lines[0] + lines[1] + lines[1]), HasSubstr("line 3"));
  EXPECT_THAT(fault_of(lines[0] + "{}\n"), HasSubstr("line 2 of the ledger has no hash"));
  EXPECT_THAT(fault_of(lines[0] + lines[1].substr(0, 30)), HasSubstr("line 2 of the ledger is cut off"));
  HashChain other;
  (void)other.append({{"event", "another begin"}});
  EXPECT_THAT(fault_of(lines[0] + other.append({{"event", "sent"}, {"bytes", 12}})),
              HasSubstr("does not follow"));
}

TEST(HashChain, TakesTextThatIsNoUtf8) {
  HashChain chain;
  EXPECT_EQ(fault_of(chain.append({{"reason", "\xff\n\"hash\":\""}})), "");
}

}  // namespace
}  // namespace pai::task
