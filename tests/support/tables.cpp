#include "support/tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/temp_folder.h"

namespace pai::test {

std::vector<Cells> parse_csv(const std::string& text) {
  std::vector<Cells> rows;
  Cells row;
  std::string cell;
  bool quoted = false;
  bool any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        quoted = false;
      }
      continue;
    }
    if (c == '"') {
      quoted = any = true;
    } else if (c == ',') {
      row.push_back(std::move(cell));
      cell.clear();
      any = true;
    } else if (c == '\n') {
      row.push_back(std::move(cell));
      cell.clear();
      rows.push_back(std::move(row));
      row.clear();
      any = false;
    } else if (c != '\r') {
      cell += c;
      any = true;
    }
  }
  if (any) {
    row.push_back(std::move(cell));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Cells> read_csv(const std::filesystem::path& file) { return parse_csv(read_text(file)); }

std::string to_csv(const std::vector<Cells>& rows, const std::string& line_end) {
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      if (row[i].find_first_of(",\"\r\n") == std::string::npos) {
        text += row[i];
        continue;
      }
      text += '"';
      for (const char c : row[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += line_end;
  }
  return text;
}

Aligned read_aligned(const std::filesystem::path& folder, const std::string& stem) {
  Aligned aligned;
  auto rows = read_csv(folder / (stem + "_aligned.csv"));
  if (rows.empty()) {
    ADD_FAILURE() << "no rows in " << folder / (stem + "_aligned.csv");
    return aligned;
  }
  aligned.header = rows.front();
  for (std::size_t i = 1; i < rows.size(); ++i) {
    aligned.ids.push_back(rows[i].front());
    aligned.values.emplace_back(rows[i].begin() + 1, rows[i].end());
  }
  aligned.train = read_csv(folder / "train.csv");
  aligned.test = read_csv(folder / "test.csv");
  return aligned;
}

void expect_aligned(const std::vector<Aligned>& parties, std::vector<std::string> common, double test_ratio) {
  ASSERT_FALSE(parties.empty());
  for (const auto& party : parties) {
    EXPECT_EQ(party.ids, parties.front().ids);
    const auto rows = party.values.size();
    const auto test_rows = static_cast<std::size_t>(std::floor(static_cast<double>(rows) * test_ratio));
    ASSERT_EQ(party.train.size(), rows - test_rows);
    ASSERT_EQ(party.test.size(), test_rows);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto& split = i < party.train.size() ? party.train[i] : party.test[i - party.train.size()];
      ASSERT_EQ(split, party.values[i]) << "row " << i;
    }
  }
  auto ids = parties.front().ids;
  std::sort(ids.begin(), ids.end());
  std::sort(common.begin(), common.end());
  EXPECT_EQ(ids, common);
}

}  // namespace pai::test
