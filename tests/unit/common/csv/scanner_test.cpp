// The block scanner against a byte-by-byte one on random text, with every classifier, at all alignments and
// piece sizes; and each fault with its line.
#include "common/csv/scanner.h"

#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "unit/common/csv/plain_scanner.h"

namespace pai::csv::test {
namespace {

struct Outcome {
  std::vector<std::string> rows;
  std::vector<std::string> ids;
  std::string error;
};

struct Feeding {
  Classify classify = nullptr;
  std::size_t alignment = 0;        ///< of the text in memory
  std::size_t piece_blocks = 1024;  ///< blocks a piece
  bool relocate = false;            ///< every piece goes to new memory
};

Outcome scan(const std::string& text, std::uint32_t fields, std::uint32_t id_column, const Feeding& feeding) {
  Outcome outcome;
  Scanner scanner({.file = "t.csv",
                   .fields = fields,
                   .id_column = id_column,
                   .first_line = 1,
                   .classify = feeding.classify},
                  [&](std::span<const Row> rows) {
                    for (const Row& row : rows) {
                      outcome.rows.emplace_back(row.text());
                      outcome.ids.emplace_back(row.id_field());
                    }
                    return Status();
                  });
  std::vector<std::unique_ptr<char[]>> memory;
  const auto place = [&](std::string_view bytes) {
    memory.push_back(std::make_unique<char[]>(bytes.size() + feeding.alignment + 1));
    char* const at = memory.back().get() + feeding.alignment;
    std::memcpy(at, bytes.data(), bytes.size());
    return at;
  };
  char* current = place(text);
  std::size_t fed = 0;
  const std::size_t whole = text.size() / 64 * 64;
  Status status;
  while (status.ok() && fed < whole) {
    const std::size_t size = std::min(feeding.piece_blocks * 64, whole - fed);
    status = scanner.feed(current + fed, size);
    fed += size;
    if (status.ok() && feeding.relocate) {
      const std::size_t row_at = static_cast<std::size_t>(scanner.unfinished() - current);
      char* const moved = place(text);
      scanner.relocate(moved + row_at);
      current = moved;
    }
  }
  if (status.ok()) status = scanner.finish(current + fed, text.size() - fed);
  if (!status.ok()) outcome.error = status.error().message();
  return outcome;
}

std::string expected_error(const PlainResult& plain) {
  return plain.fault ? fault_error("t.csv", *plain.fault).message() : "";
}

/// Text of bytes that matter, rarely a fault when `tidy`.
std::string random_table(std::mt19937& random, std::size_t rows, bool tidy) {
  std::string text;
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  for (std::size_t row = 0; row < rows; ++row) {
    if (pick(10) == 0) text += pick(2) != 0 ? "\r\n" : "\n";
    const int fields = tidy || pick(60) != 0 ? 3 : 1 + pick(5);
    for (int field = 0; field < fields; ++field) {
      if (field > 0) text += ',';
      if (pick(3) == 0) {
        text += '"';
        for (int i = pick(90); i > 0; --i)
          text += std::array{"a", ",", "\n", "\"\"", "\r", "é", "x"}[static_cast<std::size_t>(pick(7))];
        text += '"';
        if (!tidy && pick(80) == 0) text += 'x';
      } else {
        for (int i = pick(70); i > 0; --i) text += static_cast<char>('a' + pick(26));
        if (!tidy && pick(80) == 0) text += pick(2) != 0 ? "\"" : "\r";
        text += 'z';
      }
    }
    if (row + 1 < rows || pick(2) != 0) text += pick(3) == 0 ? "\r\n" : "\n";
  }
  return text;
}

void expect_same(const std::string& text, std::uint32_t id_column, const Feeding& feeding) {
  const PlainResult plain = plain_scan(text, 3, id_column);
  const Outcome outcome = scan(text, 3, id_column, feeding);
  EXPECT_EQ(outcome.error, expected_error(plain)) << text;
  if (plain.fault) return;  // rows of the faulty piece may or may not have been handed out
  EXPECT_EQ(outcome.rows, plain.rows) << text;
  EXPECT_EQ(outcome.ids, plain.ids) << text;
}

TEST(Scanner, AgreesWithAPlainOneAtEveryAlignment) {
  std::mt19937 random(1);
  for (const auto& classifier : classifiers()) {
    for (std::size_t alignment = 0; alignment < 64; ++alignment) {
      expect_same(random_table(random, 60, true), static_cast<std::uint32_t>(alignment % 3),
                  {classifier.classify, alignment, 1 + alignment % 5, alignment % 2 == 0});
    }
  }
}

TEST(Scanner, AgreesWithAPlainOneAboutFaultsAndTheirLines) {
  std::mt19937 random(2);
  for (const auto& classifier : classifiers()) {
    for (int i = 0; i < 3000; ++i) {
      expect_same(random_table(random, 12, false), static_cast<std::uint32_t>(i % 3),
                  {classifier.classify, 3, 1 + static_cast<std::size_t>(i % 4), i % 2 == 0});
    }
  }
}

TEST(Scanner, AgreesWithAPlainOneOnSoupOfStructure) {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (int size = static_cast<int>(random() % 200); size > 0; --size) text += ",\n\"\rab"[random() % 6];
    expect_same(text, static_cast<std::uint32_t>(i % 3),
                {classifiers()[static_cast<std::size_t>(i) % classifiers().size()].classify, 0, 1, false});
  }
}

TEST(Classifiers, GiveTheSameMasksAndKinds) {
  std::mt19937 random(4);
  std::vector<char> text(64 * 16);
  for (int round = 0; round < 2000; ++round) {
    for (char& byte : text)
      byte = random() % 3 == 0 ? ",\n\"\r\0\x80"[random() % 6] : static_cast<char>(random() % 256);
    if (round % 2 == 0) {
      for (char& byte : text) byte = static_cast<char>((byte & 0x3F) | 0x40);
      if (round % 4 == 0) text[random() % text.size()] = round % 8 == 0 ? '\0' : '\x90';
    }
    BlockMasks expected[16];
    const unsigned kinds = detail::classify_portable(text.data(), 16, expected);
    for (std::size_t block = 0; block < 16; ++block) {
      for (unsigned i = 0; i < 64; ++i) {
        const char byte = text[block * 64 + i];
        ASSERT_EQ(expected[block].comma >> i & 1, byte == ',' ? 1u : 0u);
        ASSERT_EQ(expected[block].newline >> i & 1, byte == '\n' ? 1u : 0u);
        ASSERT_EQ(expected[block].quote >> i & 1, byte == '"' ? 1u : 0u);
        ASSERT_EQ(expected[block].carriage >> i & 1, byte == '\r' ? 1u : 0u);
      }
    }
    for (const auto& classifier : classifiers()) {
      BlockMasks masks[16];
      ASSERT_EQ(classifier.classify(text.data(), 16, masks), kinds) << classifier.name;
      ASSERT_EQ(std::memcmp(masks, expected, sizeof masks), 0) << classifier.name;
    }
  }
}

struct Fault1 {
  const char* name;
  std::string text;
  const char* message;
};

class ScannerFault : public testing::TestWithParam<Fault1> {};

TEST_P(ScannerFault, IsToldWithItsLine) {
  for (const auto& classifier : classifiers()) {
    EXPECT_EQ(scan(GetParam().text, 2, 0, {classifier.classify, 0, 1, false}).error, GetParam().message)
        << classifier.name;
  }
}

const std::string kManyRows = [] {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "id" + std::to_string(i) + ",1\n";
  return text;
}();

INSTANTIATE_TEST_SUITE_P(
    All, ScannerFault,
    testing::Values(
        Fault1{"RaggedShort", kManyRows + "x\n", "'t.csv' line 1001: the row has 1 field, the header has 2"},
        Fault1{"RaggedLongAfterQuotedLines", "a,\"\n\n\"\nb,1,\"\n\"\n",
               "'t.csv' line 4: the row has 3 fields, the header has 2"},
        Fault1{"Nul", kManyRows + std::string("x,\0\n", 4), "'t.csv' line 1001: a NUL byte"},
        Fault1{"BadUtf8", kManyRows + "é,1\nb,\xC3(\n", "'t.csv' line 1002: bytes that are not UTF-8"},
        Fault1{"Utf8CutAtTheEnd", kManyRows + "b,\xE4\xB8", "'t.csv' line 1001: bytes that are not UTF-8"},
        Fault1{"Utf8Surrogate", "a,\xED\xA0\x80\n", "'t.csv' line 1: bytes that are not UTF-8"},
        Fault1{"Utf8Overlong", "a,\xC0\xAF\n", "'t.csv' line 1: bytes that are not UTF-8"},
        Fault1{"Unclosed", "a,1\nb,\"x\n\n" + kManyRows,
               "'t.csv' line 2: a double quote is opened here and never closed"},
        Fault1{"CellTooLarge", "a,1\nb," + std::string(17 << 20, 'x') + "\n",
               "'t.csv' line 2: a field is larger than 16 MiB"},
        Fault1{"RowTooLarge", "a,1\n" + std::string(65 << 20, 'x'),
               "'t.csv' line 2: the row is larger than 64 MiB"}),
    [](const auto& test) { return test.param.name; });

TEST(Scanner, TakesACellOfTenMebibytesAndEveryUtf8Length) {
  const std::string cell(10 << 20, 'x');
  const auto outcome = scan("a," + cell + "\n𝄞ß中,\"é\"\n", 2, 0, {});
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.rows.size(), 2u);
  EXPECT_EQ(outcome.rows[0].size(), cell.size() + 2);
  EXPECT_EQ(outcome.ids[1], "𝄞ß中");
}

TEST(Scanner, KnowsTheLineOfARowInTheBatch) {
  std::vector<std::uint64_t> lines;
  Scanner* self = nullptr;
  Scanner scanner({.file = "t.csv", .fields = 2, .first_line = 2}, [&](std::span<const Row> rows) {
    for (const Row& row : rows) lines.push_back(self->line_of(row));
    return Status();
  });
  self = &scanner;
  const std::string text = "a,1\n\nb,\"\n\n\"\r\nc,3";
  ASSERT_TRUE(scanner.finish(text.data(), text.size()).ok());
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{2, 4, 7}));
}

}  // namespace
}  // namespace pai::csv::test
