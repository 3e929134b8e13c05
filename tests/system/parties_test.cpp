// Alignments of two to six parties over tables that data owners really have: Unicode, CRLF, BOM, quotes, odd orders, keys of
// several columns. The real programs, plain HTTP on loopback.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/cluster.h"
#include "support/tables.h"

namespace pai::test {
namespace {

/// IDs 0…n-1 in a text form that starts with zeros and holds what encodings get wrong.
std::string id_of(int number) {
  static const std::vector<std::string> kForms{"00", "客户-", "Ünï-", "a b ", "x,y ", "q\"q", "🙂"};
  return kForms[static_cast<std::size_t>(number) % kForms.size()] + std::to_string(number);
}

/// Every row whose number is no multiple of `skip`, in an order of its own; one value column.
std::vector<Cells> table_of(int rows, int skip, unsigned seed, const std::string& column) {
  std::vector<Cells> table{{"id", column}};
  for (int i = 0; i < rows; ++i) {
    if (i % skip != 0) table.push_back({id_of(i), column + "=" + std::to_string(i)});
  }
  std::minstd_rand generator(seed);
  std::shuffle(table.begin() + 1, table.end(), generator);
  return table;
}

class Parties : public ::testing::TestWithParam<std::tuple<int, bool, const char*>> {};

TEST_P(Parties, GetTheSameRowsWhateverTheirTablesLookLike) {
  const auto [data_parties, with_label, psi] = GetParam();
  const int rows = 300;
  Cluster cluster({.nodes = data_parties + 1});
  std::vector<Party> parties{{.role = "main_client", .node = 0}};
  const std::vector<int> skips{7, 11, 13, 17, 19, 23};
  std::vector<std::string> common;
  for (int i = 0; i < rows; ++i) {
    if (std::none_of(skips.begin(), skips.begin() + data_parties, [&](int skip) { return i % skip == 0; })) common.push_back(id_of(i));
  }
  for (int p = 0; p < data_parties; ++p) {
    const auto table = table_of(rows, skips[static_cast<std::size_t>(p)], static_cast<unsigned>(p), "v" + std::to_string(p));
    const std::string bom = p % 2 == 0 ? "\xEF\xBB\xBF" : "";
    write_text(cluster.raw(p + 1, "数据 表.csv"), bom + to_csv(table, p % 2 == 0 ? "\r\n" : "\n"));
    parties.push_back({.role = with_label && p == data_parties - 1 ? "label_client" : "feature_client",
                       .node = p + 1,
                       .settings = {{"raw_data_path", "数据 表.csv"}, {"out_data_path", "出/out " + std::to_string(p)}}});
  }
  cluster.run(cluster.task("parties", parties, {{"psi", psi}}));
  std::vector<Aligned> results;
  for (int p = 0; p < data_parties; ++p) {
    results.push_back(read_aligned(cluster.dataset(p + 1, "出/out " + std::to_string(p)), "数据 表"));
    for (std::size_t row = 0; row < results.back().ids.size(); ++row) {
      const std::string& value = results.back().values[row][0];
      EXPECT_EQ(id_of(std::stoi(value.substr(value.find('=') + 1))), results.back().ids[row]);
    }
  }
  expect_aligned(results, common, 0.2);
}

INSTANTIATE_TEST_SUITE_P(System, Parties,
                         ::testing::Values(std::tuple{2, false, "prf"}, std::tuple{2, true, "ecdh"}, std::tuple{3, true, "prf"},
                                           std::tuple{4, true, "ecdh"}, std::tuple{6, true, "prf"}));

TEST(Columns, AreTakenByNameAndByPositionAndKeysMayHaveSeveral) {
  Cluster cluster({.nodes = 3});
  std::vector<Cells> left{{"a", "branch", "number", "b"}};
  std::vector<Cells> right{{"number", "y", "branch"}};
  std::vector<std::string> common;
  for (int i = 0; i < 40; ++i) {
    left.push_back({"a" + std::to_string(i), "br" + std::to_string(i % 3), std::to_string(i / 3), "b" + std::to_string(i)});
    if (i % 5 != 0) right.push_back({std::to_string(i / 3), "y" + std::to_string(i), "br" + std::to_string(i % 3)});
    if (i % 5 != 0) common.push_back("br" + std::to_string(i % 3));
  }
  write_text(cluster.raw(1, "left.csv"), to_csv(left));
  write_text(cluster.raw(2, "right.csv"), to_csv(right));
  const nlohmann::json key = {"branch", "number"};
  cluster.run(cluster.task(
      "columns", {{.role = "main_client", .node = 0},
                  {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "left.csv"}, {"out_data_path", "l"}, {"id_column", key}, {"columns", {"b", 0}}}},
                  {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "right.csv"}, {"out_data_path", "r"}, {"id_column", key}}}}));
  const auto rows_left = read_csv(cluster.dataset(1, "l") / "left_aligned.csv");
  const auto rows_right = read_csv(cluster.dataset(2, "r") / "right_aligned.csv");
  ASSERT_EQ(rows_left.size(), common.size() + 1);
  ASSERT_EQ(rows_right.size(), rows_left.size());
  EXPECT_EQ(rows_left[0], (Cells{"branch", "number", "b", "a"}));
  EXPECT_EQ(rows_right[0], (Cells{"branch", "number", "y"}));
  for (std::size_t i = 1; i < rows_left.size(); ++i) {
    EXPECT_EQ(rows_left[i][0], rows_right[i][0]);
    EXPECT_EQ(rows_left[i][1], rows_right[i][1]);
    EXPECT_EQ(rows_left[i][2].substr(1), rows_right[i][2].substr(1));
  }
}

}  // namespace
}  // namespace pai::test
