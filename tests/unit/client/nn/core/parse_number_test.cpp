// The fast way against the library's, cell by cell, and what is refused.
#include "client/nn/core/parse_number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

namespace pai::client::nn {
namespace {

TEST(ParseNumber, ReadsWhatIsANumber) {
  const struct {
    const char* cell;
    double value;
  } cases[] = {{"0", 0},
               {"7", 7},
               {"-12", -12},
               {"3.25", 3.25},
               {".5", 0.5},
               {"5.", 5},
               {"1e3", 1000},
               {"-2.5E-2", -0.025},
               {"+4", 4},
               {" 8\t", 8},
               {"\"9\"", 9},
               {"\" -1.5 \"", -1.5},
               {"007", 7},
               {"1e-400", 0},
               {"0.1", 0.1},
               {"123456789012345", 123456789012345.0},
               {"12345678901234567", 12345678901234567.0},
               {"0.30000000000000004", 0.30000000000000004},
               {"1.7976931348623157e308", 1.7976931348623157e308}};
  for (const auto& c : cases) {
    double value = -99;
    EXPECT_EQ(parse_number(c.cell, value), NumberFault::kNone) << c.cell;
    EXPECT_EQ(value, c.value) << c.cell;
  }
}

TEST(ParseNumber, RefusesTheRestAndLeavesTheValue) {
  const struct {
    const char* cell;
    NumberFault fault;
  } cases[] = {{"", NumberFault::kEmpty},
               {"  ", NumberFault::kEmpty},
               {"\"\"", NumberFault::kEmpty},
               {"abc", NumberFault::kText},
               {"1,5", NumberFault::kText},
               {"1 000", NumberFault::kText},
               {"0x10", NumberFault::kText},
               {"1e", NumberFault::kText},
               {"-", NumberFault::kText},
               {"+", NumberFault::kText},
               {"+-1", NumberFault::kText},
               {"--1", NumberFault::kText},
               {".", NumberFault::kText},
               {"1.2.3", NumberFault::kText},
               {"12a", NumberFault::kText},
               {"NaN", NumberFault::kNan},
               {"-nan", NumberFault::kNan},
               {"inf", NumberFault::kInfinite},
               {"-Infinity", NumberFault::kInfinite},
               {"1e400", NumberFault::kOutOfRange},
               {"nan(1)", NumberFault::kText},
               {"NA", NumberFault::kText},
               {"\"", NumberFault::kText},
               {"true", NumberFault::kText}};
  for (const auto& c : cases) {
    double value = -99;
    EXPECT_EQ(parse_number(c.cell, value), c.fault) << c.cell;
    EXPECT_EQ(value, -99) << c.cell;
    EXPECT_FALSE(fault_sentence(c.fault).empty());
    EXPECT_FALSE(fault_hint(c.fault).empty());
  }
}

/// What a reader of rows makes of a cell: the fast way, or the long one. Null when it needs the careful one.
const char* parse_in_row(const char* at, const char* end, double& value) {
  const char* const stop = parse_plain(at, end, value);
  return stop != nullptr ? stop : parse_long(at, end, value);
}

TEST(ParseNumber, TheFastWaysRoundAsTheLibraryDoes) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 300'000; ++i) {
    const int digits = 1 + static_cast<int>(random() % 17);
    std::string cell = random() % 2 ? "-" : "";
    for (int d = 0; d < digits; ++d) cell += static_cast<char>('0' + random() % 10);
    if (random() % 2) cell.insert(cell.size() - random() % static_cast<std::uint64_t>(digits), ".");
    // Whatever follows the cell is no part of it.
    const std::string text = cell + (random() % 2 ? "12345678" : ",-1.5e77");
    double fast = 0;
    ASSERT_EQ(parse_in_row(text.data(), text.data() + cell.size(), fast), text.data() + cell.size()) << cell;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(fast),
              std::bit_cast<std::uint64_t>(std::strtod(cell.c_str(), nullptr)))
        << cell;
  }
}

TEST(ParseNumber, TheFastWayTakesTheUsualCells) {
  const auto stops_at = [](std::string cell) {
    double value = 0;
    const std::string text = cell + std::string(kParsePadding, '7');
    const char* const stop = parse_plain(text.data(), text.data() + cell.size(), value);
    return stop == nullptr ? -1 : stop - text.data();
  };
  for (const char* cell : {"0", "-2", "9999999", "12.5", "-3913", "0.0000001", "1234567.1234567"})
    EXPECT_EQ(stops_at(cell), static_cast<std::ptrdiff_t>(std::strlen(cell))) << cell;
  for (const char* cell : {"", "-", "10000000", "0.00000001", ".5", "5.", "a", "-.", "/", ":", "\x80"})
    EXPECT_EQ(stops_at(cell), -1) << cell;
  EXPECT_EQ(stops_at("12,5"), 2);
  EXPECT_EQ(stops_at("7e3"), 1) << "the caller sees that no comma follows";
  EXPECT_EQ(stops_at("1\xb0"), 1);
}

}  // namespace
}  // namespace pai::client::nn
