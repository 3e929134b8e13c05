// The two line formats: what stands where, and that no value can pretend to be another field or line.
#include "common/log/line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace pai::log {
namespace {

nlohmann::json parse_members(const std::string& members) { return nlohmann::json::parse("{" + members + "}"); }

TEST(TextLine, EventThenKeysWithTextQuotedAndNumbersPlain) {
  EXPECT_EQ(text_line("client exited", {{"task", "credit_v1"}, {"client", 2}, {"signal", 9U}, {"ran_s", 41.5}, {"first", true}}),
            "client exited task='credit_v1' client=2 signal=9 ran_s=41.5 first=true");
}

TEST(TextLine, NewlinesAndTerminalSequencesBecomeVisible) {
  const std::string line = text_line("request refused", {{"path", "/a\n<3>daemon stopped\x1b[31m\x7f\xc2\x9b"}});
  EXPECT_EQ(line, "request refused path='/a\\x0a<3>daemon stopped\\x1b[31m\\x7f\\xc2\\x9b'");
}

TEST(TextLine, AValueCannotEndItsQuotes) {
  EXPECT_EQ(text_line("e", {{"name", "x' level='error"}}), R"(e name='x\' level=\'error')");
  EXPECT_EQ(text_line("e", {{"name", "x\\"}, {"next", "y"}}), R"(e name='x\\' next='y')");
}

TEST(TextLine, InvalidUtf8BecomesHexAndChineseStays) {
  EXPECT_EQ(text_line("e", {{"name", "数据\xff"}}), "e name='数据\\xff'");
}

TEST(TextLine, AHugeValueIsCut) {
  EXPECT_LT(text_line("e", {{"name", std::string(1'000'000, 'x')}}).size(), 2'100U);
}

TEST(TextLine, AnEventWithControlsStaysOneLine) { EXPECT_EQ(text_line("a\nb"), "a\\x0ab"); }

TEST(JsonMembers, NumbersAndBooleansAreNotStrings) {
  const auto json = parse_members(json_members("pai-node", "client exited", {{"task", "t"}, {"client", -1}, {"ok", false}, {"share", 0.25}}));
  EXPECT_EQ(json["program"], "pai-node");
  EXPECT_EQ(json["event"], "client exited");
  EXPECT_EQ(json["task"], "t");
  EXPECT_TRUE(json["client"].is_number_integer());
  EXPECT_EQ(json["client"], -1);
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["share"], 0.25);
}

TEST(JsonMembers, NonFiniteNumbersStayValidJson) {
  const auto json = parse_members(json_members("p", "e", {{"a", std::numeric_limits<double>::quiet_NaN()},
                                                          {"b", -std::numeric_limits<double>::infinity()}}));
  EXPECT_EQ(json["a"], "nan");
  EXPECT_EQ(json["b"], "-inf");
}

TEST(JsonMembers, AnyBytesGiveOneLineOfValidJsonThatKeepsTheText) {
  const std::string hostile = "\",\"level\":\"error\"}\n{\\ \x1b[2J \t \x7f \xc2\x9b 数";
  const std::string members = json_members("p", "e", {{"name", hostile}});
  for (const unsigned char c : members) EXPECT_GE(c, 0x20);
  EXPECT_THAT(members, ::testing::Not(::testing::HasSubstr("\xc2\x9b")));
  const auto json = parse_members(members);
  EXPECT_EQ(json["name"], hostile);
  EXPECT_EQ(json.size(), 3U);
}

TEST(JsonMembers, EveryByteValueGivesValidJson) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_NO_THROW(parse_members(json_members("p", text, {{"name", text}}))) << byte;
  }
}

}  // namespace
}  // namespace pai::log
