// The reference task, over mutual TLS, on the real credit data: what the README promises, told from what the real programs
// leave on disk. The expected intersection is computed here from the raw tables.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "support/cluster.h"
#include "support/tables.h"

namespace pai::test {
namespace {

struct Table {
  std::string party;
  std::string stem;
};

const std::vector<Table> kTables{{"feature1", "credit_default_data1"}, {"feature2", "credit_default_data2"}, {"label", "credit_default_label"}};

class ReferenceTask : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string command = std::string(PAI_SOURCE_DIR) + "/scripts/split-credit-data " + PAI_SOURCE_DIR +
                                "/tests/data/uci_credit_default/credit_default.csv " + (cluster_.folder() / "tables").string() + " --seed 7";
    ASSERT_EQ(std::system(command.c_str()), 0);
    for (int i = 0; i < 3; ++i) {
      const auto& table = kTables[static_cast<std::size_t>(i)];
      const auto relative = std::filesystem::path("Splitted_Indexed_Data") / (table.stem + ".csv");
      const auto target = cluster_.raw(i + 1, relative);
      std::filesystem::create_directories(target.parent_path());
      std::filesystem::copy_file(cluster_.folder() / "tables" / table.party / relative, target);
      raw_.push_back(read_csv(target));
    }
  }

  nlohmann::json reference(const std::string& name, nlohmann::json main_settings = {}) {
    std::vector<Party> parties{{.role = "main_client", .node = 0}};
    const std::vector<std::string> out{"test-f1", "test-f2", "test-l"};
    for (int i = 0; i < 3; ++i) {
      parties.push_back({.role = i == 2 ? "label_client" : "feature_client",
                         .node = i + 1,
                         .settings = {{"raw_data_path", "Splitted_Indexed_Data/" + kTables[static_cast<std::size_t>(i)].stem + ".csv"},
                                      {"out_data_path", out[static_cast<std::size_t>(i)]}}});
    }
    return cluster_.task(name, parties, main_settings);
  }

  std::vector<std::string> common_ids() const {
    std::map<std::string, int> seen;
    for (const auto& table : raw_) {
      for (std::size_t row = 1; row < table.size(); ++row) ++seen[table[row][0]];
    }
    std::vector<std::string> common;
    for (const auto& [id, count] : seen) {
      if (count == 3) common.push_back(id);
    }
    return common;
  }

  std::vector<Aligned> results() const {
    return {read_aligned(cluster_.dataset(1, "test-f1"), kTables[0].stem), read_aligned(cluster_.dataset(2, "test-f2"), kTables[1].stem),
            read_aligned(cluster_.dataset(3, "test-l"), kTables[2].stem)};
  }

  Cluster cluster_{ClusterOptions{.nodes = 4}};
  std::vector<std::vector<Cells>> raw_;
};

TEST_F(ReferenceTask, LeavesTheSameRowsInTheSameOrderAtEveryParty) {
  cluster_.run(reference("reference"));
  const auto parties = results();
  expect_aligned(parties, common_ids(), 0.2);
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_EQ(parties[p].header, raw_[p][0]);
    std::map<std::string, Cells> by_id;
    for (std::size_t row = 1; row < raw_[p].size(); ++row) by_id[raw_[p][row][0]] = Cells(raw_[p][row].begin() + 1, raw_[p][row].end());
    for (std::size_t row = 0; row < parties[p].ids.size(); ++row) ASSERT_EQ(parties[p].values[row], by_id.at(parties[p].ids[row]));
  }
}

TEST_F(ReferenceTask, TellsTheMasterRowsAndNames) {
  cluster_.run(reference("reference", {{"test_ratio", 0.25}}));
  const auto rows = static_cast<std::int64_t>(common_ids().size());
  const auto answer = cluster_.get("/queryDataset?task_name=reference").document;
  EXPECT_EQ(answer.at("msg"), nlohmann::json::array({rows - rows / 4, rows / 4}));
  ASSERT_EQ(answer.at("datasets").size(), 3u);
  EXPECT_EQ(answer.at("datasets").at(0).at("out_data_path"), "test-f1");
  EXPECT_EQ(cluster_.get("/queryRecord?task_name=reference").document.at("msg"), nlohmann::json::array());

  std::set<std::string> alignment_ids;
  for (const auto& [node, name] : std::map<int, std::string>{{1, "test-f1"}, {2, "test-f2"}, {3, "test-l"}}) {
    const auto dataset = nlohmann::json::parse(read_text(cluster_.dataset(node, name) / "dataset.json"));
    alignment_ids.insert(dataset.at("alignment_id"));
  }
  EXPECT_EQ(alignment_ids.size(), 1u);
}

TEST_F(ReferenceTask, IsAnsweredOkWhenCreatedAgainWithTheSameBody) {
  const auto document = reference("reference");
  EXPECT_EQ(cluster_.post("/createTask", document).status, 200);
  EXPECT_EQ(cluster_.post("/createTask", document).status, 200);
  EXPECT_EQ(cluster_.post("/createTask", reference("reference", {{"test_ratio", 0.5}})).status, 409);
  EXPECT_EQ(cluster_.status("reference"), "Created");
}

TEST_F(ReferenceTask, LeavesNoIdInAnyLogOrAtTheMaster) {
  cluster_.run(reference("reference"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cluster_.folder())) {
    const std::string path = entry.path().string();
    if (!entry.is_regular_file() || path.find("/raw/") != std::string::npos || path.find("/tables/") != std::string::npos ||
        path.find("/datasets/") != std::string::npos) {
      continue;
    }
    EXPECT_EQ(read_text(entry.path()).find("ID-000"), std::string::npos) << path;
  }
}

TEST_F(ReferenceTask, RunsWithRistrettoPointsToo) {
  for (int node = 1; node <= 3; ++node) {  // 400 rows each: the curve costs 50 µs an element
    auto rows = raw_[static_cast<std::size_t>(node - 1)];
    std::sort(rows.begin() + 1, rows.end());
    rows.resize(401);
    raw_[static_cast<std::size_t>(node - 1)] = rows;
    write_text(cluster_.raw(node, "Splitted_Indexed_Data/" + kTables[static_cast<std::size_t>(node - 1)].stem + ".csv"), to_csv(rows));
  }
  cluster_.run(reference("ecdh", {{"psi", "ecdh"}}));
  expect_aligned(results(), common_ids(), 0.2);
  const std::string log = cluster_.client_log("ecdh", 1, 1);
  EXPECT_NE(log.find("message='BlindedPoints'"), std::string::npos) << log;
  EXPECT_EQ(log.find("message='TagBatch'"), std::string::npos) << log;
}

TEST_F(ReferenceTask, ReportsProgressToWatchersAndQueries) {
  ASSERT_EQ(cluster_.post("/createTask", reference("watched")).status, 200);
  EXPECT_EQ(cluster_.full_status("watched").at("state"), "Created");
  ASSERT_EQ(cluster_.post("/startTask?task_name=watched").status, 200);
  ASSERT_EQ(cluster_.await_end("watched"), "Finished");
  const auto status = cluster_.full_status("watched");
  ASSERT_EQ(status.at("clients").size(), 4u);
  EXPECT_EQ(status.at("clients").at(3).at("role"), "label_client");
  EXPECT_EQ(status.at("clients").at(3).at("state"), "Finished");
  const auto live = cluster_.get("/queryTask?task_name=watched&query=status&client=-1");
  EXPECT_EQ(live.status, 200) << live.body;
}

}  // namespace
}  // namespace pai::test
