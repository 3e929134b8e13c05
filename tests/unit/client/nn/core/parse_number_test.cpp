// The fast way against the library's, cell by cell, and what is refused.
#include "client/nn/core/parse_number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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

TEST(ParseNumber, TheFastWayRoundsAsTheLibraryDoes) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const int digits = 1 + static_cast<int>(random() % 17);
    std::string cell = random() % 2 ? "-" : "";
    for (int d = 0; d < digits; ++d) cell += static_cast<char>('0' + random() % 10);
    if (random() % 2) cell.insert(cell.size() - random() % static_cast<std::uint64_t>(digits), ".");
    double fast = 0;
    const char* const stop = parse_plain(cell.data(), cell.data() + cell.size(), fast);
    if (stop == nullptr) continue;
    ASSERT_EQ(stop, cell.data() + cell.size()) << cell;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(fast),
              std::bit_cast<std::uint64_t>(std::strtod(cell.c_str(), nullptr)))
        << cell;
  }
}

TEST(ParseNumber, TheFastWayTakesTheUsualCells) {
  for (const std::string cell : {"0", "-2", "999999999999999", "0.00000000000001", "12.5", "-3913"}) {
    double value = 0;
    EXPECT_EQ(parse_plain(cell.data(), cell.data() + cell.size(), value), cell.data() + cell.size()) << cell;
  }
  for (const std::string cell : {"", "-", "1000000000000000", "0.000000000000001", ".5", "5."}) {
    double value = 0;
    EXPECT_EQ(parse_plain(cell.data(), cell.data() + cell.size(), value), nullptr) << cell;
  }
}

}  // namespace
}  // namespace pai::client::nn
