#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pai::test {

using Cells = std::vector<std::string>;

/// A plain RFC 4180 reader, written apart from the product's, for what the programs leave behind.
std::vector<Cells> parse_csv(const std::string& text);
std::vector<Cells> read_csv(const std::filesystem::path& file);

/// Quotes where RFC 4180 asks for it.
std::string to_csv(const std::vector<Cells>& rows, const std::string& line_end = "\n");

/// What one party is expected to hold, and what it holds.
struct Aligned {
  Cells header;
  std::vector<std::string> ids;     ///< first column of *_aligned.csv
  std::vector<Cells> values;        ///< the other columns
  std::vector<Cells> train;
  std::vector<Cells> test;
};

/// Reads `<stem>_aligned.csv`, `train.csv` and `test.csv` of a data set folder.
Aligned read_aligned(const std::filesystem::path& folder, const std::string& stem);

/// Expects that the parties hold the same IDs in the same order, that train and test are the aligned values split after
/// rows - floor(rows * test_ratio), and that the IDs are exactly `common` (in any order).
void expect_aligned(const std::vector<Aligned>& parties, std::vector<std::string> common, double test_ratio);

}  // namespace pai::test
