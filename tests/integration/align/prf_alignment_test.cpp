// psi "prf" with real roles over memory channels: what each party ends with, for tables of every legal shape.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "client/crypto/primitives.h"
#include "common/base/text.h"
#include "integration/align/alignment_run.h"

namespace pai::client::align::test {
namespace {

std::vector<std::string> ids_of(const AlignmentRun& run, int client) {
  auto lines = run.lines(client, "table_aligned.csv");
  lines.erase(lines.begin());
  for (auto& line : lines) line = line.substr(0, line.find(','));
  return lines;
}

/// Every party holds the same IDs in the same order; train and test are the values of the aligned file, cut
/// at the ratio.
void expect_consistent(const AlignmentRun& run, const std::set<std::string>& common, double ratio) {
  const auto first = ids_of(run, 1);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()), common);
  EXPECT_EQ(first.size(), common.size());
  for (int client = 1; client < run.clients(); ++client) {
    EXPECT_EQ(ids_of(run, client), first) << client;
    auto aligned = run.lines(client, "table_aligned.csv");
    aligned.erase(aligned.begin());
    std::vector<std::string> values;
    for (const auto& line : aligned) values.push_back(line.substr(line.find(',') + 1));
    auto parts = run.lines(client, "train.csv");
    const auto test = run.lines(client, "test.csv");
    EXPECT_EQ(test.size(), static_cast<std::size_t>(static_cast<double>(common.size()) * ratio));
    parts.insert(parts.end(), test.begin(), test.end());
    EXPECT_EQ(parts, values) << client;
    EXPECT_TRUE(run.staging_is_empty(client));
  }
}

/// Party p has IDs i with i % (p + 3) != 0, in an order of its own, and one value column.
Party numbered_party(int p, int rows, std::set<int>* common) {
  std::vector<std::string> lines;
  for (int i = 0; i < rows; ++i) {
    const int id = static_cast<int>((static_cast<long>(i) * (2 * p + 7)) % rows);
    if (id % (p + 3) == 0) {
      common->erase(id);
      continue;
    }
    lines.push_back("id" + std::to_string(id) + "," + std::to_string(id * 10 + p));
  }
  return {.csv = table("id,v" + std::to_string(p), lines)};
}

TEST(PrfAlignment, GivesTwoToSixPartiesTheSameRowsInTheSameOrder) {
  constexpr int kRows = 5003;  // prime, so that every multiplier permutes
  for (int count = 2; count <= 6; ++count) {
    std::set<int> common;
    for (int i = 0; i < kRows; ++i) common.insert(i);
    std::vector<Party> parties;
    for (int p = 0; p < count; ++p) parties.push_back(numbered_party(p, kRows, &common));
    AlignmentRun run(parties, {{"test_ratio", 0.25}}, count % 2 == 0);
    run.run();
    for (int client = 0; client <= count; ++client) EXPECT_EQ(run.message(client), "") << count;
    std::set<std::string> names;
    for (const int id : common) names.insert("id" + std::to_string(id));
    expect_consistent(run, names, 0.25);
  }
}

TEST(PrfAlignment, KeepsFieldsAsTheyAreWritten) {
  AlignmentRun run({{.csv = "\xEF\xBB\xBFname,\"a,b\",c\r\n\r\n张三,\"x\"\"y\",1\r\n\"李四\",\"two\nlines\","
                            "\r\n王五,p,\"\"\r\n"},
                    {.csv = "id,v\n王五,3\n\n李四,2\n赵六,9\n\"张三\",1"}},
                   {{"test_ratio", 0}});
  run.run();
  ASSERT_TRUE(run.ok()) << run.message(1) << run.message(2);
  const std::string aligned = run.file(1, "table_aligned.csv");
  EXPECT_TRUE(aligned.starts_with("name,\"a,b\",c\n"));
  for (const char* row : {"张三,\"x\"\"y\",1\n", "\"李四\",\"two\nlines\",\n", "王五,p,\"\"\n"}) {
    EXPECT_NE(aligned.find(row), std::string::npos) << row;
  }
  EXPECT_EQ(aligned.find('\r'), std::string::npos);
  EXPECT_EQ(run.file(1, "test.csv"), "");
  const auto second = run.lines(2, "train.csv");
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < second.size(); ++i) place[second[i]] = i;
  // Row i is the same sample at both parties.
  const std::string train = run.file(1, "train.csv");
  EXPECT_EQ(train.find("\"x\"\"y\",1\n") < train.find("\"two\nlines\",\n"), place["1"] < place["2"]);
  EXPECT_EQ(train.find("p,\"\"\n") < train.find("\"two\nlines\",\n"), place["3"] < place["2"]);
}

TEST(PrfAlignment, SelectsColumnsByNameAndPosition) {
  AlignmentRun run(
      {{.csv = "a,b,id,c\n1,2,x,3\n4,5,y,6\n", .settings = {{"columns", {"c", 0}}, {"id_column", "id"}}},
       {.csv = "id,label\ny,1\nx,0\n", .settings = {{"columns", nlohmann::json::array()}}}},
      {{"test_ratio", 0.5}});
  run.run();
  ASSERT_TRUE(run.ok()) << run.message(1) << run.message(2);
  const auto aligned = run.lines(1, "table_aligned.csv");
  EXPECT_EQ(aligned[0], "id,c,a");
  EXPECT_EQ(std::set<std::string>(aligned.begin() + 1, aligned.end()),
            (std::set<std::string>{"x,3,1", "y,6,4"}));
  EXPECT_EQ(run.lines(1, "train.csv").size(), 1u);
  EXPECT_EQ(run.lines(1, "test.csv").size(), 1u);
  EXPECT_EQ(run.lines(2, "table_aligned.csv")[0], "id");
  EXPECT_EQ(run.file(2, "train.csv"), "");
  EXPECT_EQ(run.reporter(2).dataset()->train_rows, 1u);
  EXPECT_EQ(run.reporter(1).dataset()->columns, (std::vector<std::string>{"c", "a"}));
}

TEST(PrfAlignment, TellsApartIdsOfSeveralColumns) {
  AlignmentRun run({{.csv = "p,q,v\na,bc,1\nab,c,2\n", .settings = {{"id_column", {"p", "q"}}}},
                    {.csv = "v,q,p\n9,bc,a\n8,d,ab\n", .settings = {{"id_column", {"p", "q"}}}}},
                   {{"test_ratio", 0}});
  run.run();
  ASSERT_TRUE(run.ok()) << run.message(1) << run.message(2);
  EXPECT_EQ(run.file(1, "table_aligned.csv"), "p,q,v\na,bc,1\n");
  EXPECT_EQ(run.file(2, "table_aligned.csv"), "p,q,v\na,bc,9\n");
}

TEST(PrfAlignment, WritesTheSameFilesWhetherTheTextIsHeldOrReadTwice) {
  for (const bool quoted : {false, true}) {
    std::vector<std::string> rows;
    for (int i = 0; i < 4000; ++i) {
      rows.push_back("k" + std::to_string(i) +
                     (quoted && i % 3 == 0 ? ",\"a,\n" + std::to_string(i) + "\"," : ",plain,") +
                     std::to_string(i % 7));
    }
    const std::string csv = table("id,text,n", rows);
    AlignmentRun run({{.csv = csv}, {.csv = csv, .memory_bytes_max = 1}}, {{"test_ratio", 0.3}});
    run.run();
    ASSERT_TRUE(run.ok()) << run.message(1) << run.message(2);
    for (const char* name : {"table_aligned.csv", "train.csv", "test.csv"})
      EXPECT_EQ(run.file(1, name), run.file(2, name));
    EXPECT_EQ(run.lines(1, "table_aligned.csv").size(), quoted ? 4001u + 1334u : 4001u);
    // The second reading is work that shows: 4,000 rows read again and 4,000 written.
    for (const auto& phase : run.reporter(2).phases()) {
      if (phase.name == "write") {
        EXPECT_EQ(phase.done, 8000u);
      }
      EXPECT_EQ(phase.done, phase.total) << phase.name;
    }
  }
}

TEST(PrfAlignment, KeepsTheFirstRowOfAnIdWhenAsked) {
  for (const std::uint64_t memory : {std::uint64_t{1} << 30, std::uint64_t{1}}) {
    AlignmentRun run({{.csv = "id,v\na,1\nb,2\na,3\n\"a\",4\nb,5\n",
                       .settings = {{"duplicates", "first"}},
                       .memory_bytes_max = memory},
                      {.csv = "id,v\nb,x\na,y\n"}},
                     {{"test_ratio", 0}});
    run.run();
    ASSERT_TRUE(run.ok()) << run.message(1) << run.message(2);
    const auto lines = run.lines(1, "table_aligned.csv");
    EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()),
              (std::set<std::string>{"id,v", "a,1", "b,2"}));
  }
}

TEST(PrfAlignment, DescribesTheDataSetLastAndReportsIt) {
  AlignmentRun run({{.csv = "id,v\na,1\nb,2\nc,3\nd,4\ne,5\n"}, {.csv = "id,w\ne,1\nd,2\nc,3\nb,4\na,5\n"}});
  run.run();
  ASSERT_TRUE(run.ok());
  const auto first = nlohmann::json::parse(run.file(1, "dataset.json"));
  const auto second = nlohmann::json::parse(run.file(2, "dataset.json"));
  EXPECT_EQ(first.at("format"), 1);
  EXPECT_EQ(first.at("task"), "align_test");
  EXPECT_EQ(first.at("created").get<std::string>().size(), std::string("2026-11-22T21:00:00Z").size());
  const std::string train = run.file(1, "train.csv");
  EXPECT_EQ(first.at("files").at("train.csv").at("bytes"), train.size());
  EXPECT_EQ(first.at("files").at("train.csv").at("sha256"), to_hex(crypto::Sha256().update(train).finish()));
  EXPECT_EQ(first.at("rows"), (nlohmann::json{{"train", 4}, {"test", 1}, {"total", 5}}));
  EXPECT_EQ(first.at("columns"), nlohmann::json::array({"v"}));
  EXPECT_EQ(first.at("alignment_id"), second.at("alignment_id"));
  EXPECT_EQ(first.at("alignment_id").get<std::string>().size(), 64u);
  EXPECT_EQ(first.at("files").size(), 3u);
  EXPECT_EQ(run.reporter(1).dataset()->alignment_id, first.at("alignment_id"));
  std::vector<std::string> names;
  for (const auto& phase : run.reporter(1).phases()) {
    names.push_back(phase.name);
    EXPECT_EQ(phase.done, phase.total) << phase.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"key", "read", "send", "match", "write", "publish"}));
  for (const auto& phase : run.reporter(0).phases()) EXPECT_EQ(phase.done, phase.total) << phase.name;
}

}  // namespace
}  // namespace pai::client::align::test
