// Hexadecimal, UTF-8 (RFC 3629), printable text and nearest names.
#include "common/base/text.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pai {
namespace {

using namespace std::string_literals;

TEST(Hex, GoesThereAndBack) {
  const std::vector<std::uint8_t> bytes = {0x00, 0x01, 0x9a, 0xff};
  EXPECT_EQ(to_hex(bytes), "00019aff");
  EXPECT_EQ(from_hex("00019aff"), bytes);
  EXPECT_EQ(from_hex("00019AFF"), bytes);
  EXPECT_EQ(from_hex(""), std::vector<std::uint8_t>{});
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const auto* text : {"0", "0g", "xy", "0x", " 0", "00 "}) EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Utf8, AcceptsEveryLength) {
  for (const auto* text : {"", "a", "\x7F", "\xC2\x80", "ä", "\xDF\xBF", "\xE0\xA0\x80", "中文", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "😀", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_FALSE(invalid_utf8_at(text)) << text;
  }
}

TEST(Utf8, FindsTheFirstBadByte) {
  const std::vector<std::pair<std::string, std::size_t>> cases = {
      {"\x80", 0},            {"a\xBF", 1},           {"\xC0\x80", 0},         {"\xC1\xBF", 0},
      {"ab\xC2", 2},          {"\xC2\x41", 0},        {"\xE0\x9F\xBF", 0},     {"\xE0\xA0", 0},
      {"\xED\xA0\x80", 0},    {"\xF0\x8F\xBF\xBF", 0}, {"\xF4\x90\x80\x80", 0}, {"\xF5\x80\x80\x80", 0},
      {"ä\xFF", 2},           {"\xFE", 0},            {"\xE4\xB8", 0},         {"中\xF0\x9F\x98", 3},
  };
  for (const auto& [text, at] : cases) EXPECT_EQ(invalid_utf8_at(text), at) << printable(text);
}

TEST(Controls, AreC0DelAndC1) {
  for (const auto& text : {"\x01"s, "a\n"s, "\t"s, "\x7F"s, "\xC2\x80"s, "x\xC2\x9F"s, "\0"s}) {
    EXPECT_TRUE(has_control_character(text)) << printable(text);
  }
  for (const auto& text : {""s, "a b"s, "\xC2\xA0"s, "中文"s, "😀"s}) EXPECT_FALSE(has_control_character(text)) << text;
}

TEST(Printable, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(printable("a\nb\x1b[0m\xFF\xC2\x85"), "a\\x0ab\\x1b[0m\\xff\\xc2\\x85");
  EXPECT_EQ(printable("naïve 中"), "naïve 中");
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("中文字", 4), "中文…");
}

TEST(Nearest, FindsMistypedNames) {
  constexpr std::array<std::string_view, 4> kNames = {"raw_data_path", "out_data_path", "columns", "psi"};
  EXPECT_EQ(nearest("raw_dat_path", kNames), "raw_data_path");
  EXPECT_EQ(nearest("colunms", kNames), "columns");
  EXPECT_EQ(nearest("PSI", kNames), std::nullopt);
  EXPECT_EQ(nearest("ps", kNames), "psi");
  EXPECT_EQ(nearest("nothing_like_it", kNames), std::nullopt);
  EXPECT_EQ(nearest("", kNames), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), kNames), std::nullopt);
}

TEST(Thousands, AreSeparated) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(18446744073709551615ULL), "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace pai
