// Bad data, bad intersections and bad paths, told by the real programs: a clear error with file and line but no value of a
// row, the right code, nothing left behind, daemons alive.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/cluster.h"
#include "support/tables.h"

namespace pai::test {
namespace {

constexpr const char* kSecret = "S3CR3T-VALUE";

class BadData : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<Cells> good{{"id", "y"}};
    for (int i = 0; i < 50; ++i) good.push_back({"k" + std::to_string(i), std::to_string(i)});
    write_text(cluster_.raw(2, "good.csv"), to_csv(good));
  }

  nlohmann::json task(const std::string& name, nlohmann::json settings = {}, nlohmann::json main_settings = {}) {
    nlohmann::json own{{"raw_data_path", "bad.csv"}, {"out_data_path", "out-" + name}};
    if (settings.is_object()) own.update(settings);
    return cluster_.task(name, {{.role = "main_client", .node = 0},
                                {.role = "feature_client", .node = 1, .settings = own},
                                {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "good.csv"}, {"out_data_path", "out-" + name}}}},
                         main_settings);
  }

  /// The task is refused at creation, or fails; either way a text says why, and nothing is left.
  std::string refusal(const nlohmann::json& document) {
    const std::string name = document.at("task_name");
    std::string text;
    const auto created = cluster_.post("/createTask", document);
    if (created.status != 200) {
      text = created.body;
      EXPECT_EQ(cluster_.status(name), "NotExist");
    } else {
      const auto started = cluster_.post("/startTask?task_name=" + name);
      EXPECT_EQ(started.status, 200) << started.body;
      EXPECT_EQ(cluster_.await_end(name), "Failed");
      text = cluster_.full_status(name).dump();
      EXPECT_EQ(cluster_.post("/deleteTask?task_name=" + name).status, 200);
    }
    EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
    for (int node = 1; node <= 2; ++node) EXPECT_FALSE(std::filesystem::exists(cluster_.dataset(node, "out-" + name)));
    EXPECT_EQ(cluster_.get("/livez").status, 200);
    return text;
  }

  std::string refusal_of_table(const std::string& name, const std::string& content, nlohmann::json settings = {}) {
    write_text(cluster_.raw(1, "bad.csv"), content);
    return refusal(task(name, settings));
  }

  Cluster cluster_{ClusterOptions{.nodes = 3}};
};

void expect_says(const std::string& text, const std::string& wanted) {
  EXPECT_NE(text.find(wanted), std::string::npos) << "no '" << wanted << "' in: " << text;
}

TEST_F(BadData, IsRefusedWithFileAndLineAndNoValue) {
  std::string rows;
  for (int i = 0; i < 50; ++i) rows += "k" + std::to_string(i) + ",1\n";
  const std::string secret = kSecret;
  struct Case {
    std::string name, content, says;
  };
  const std::vector<Case> cases{
      {"empty", "", "empty"},
      {"header-only", "id,x\n", "row"},
      {"ragged", "id,x\n" + rows + secret + ",1,2\n", "bad.csv:52"},
      {"short-row", "id,x\n" + rows + secret + "\n", "bad.csv:52"},
      {"unclosed", "id,x\n" + rows + "\"" + secret + ",1\n", "bad.csv:52"},
      {"empty-id", "id,x\n" + rows + "," + secret + "\n", "bad.csv:52"},
      {"not-utf8", "id,x\n" + rows + secret + "\xff\xfe,1\n", "bad.csv:52"},
      {"duplicate", "id,x\n" + rows + "k7," + secret + "\n", "bad.csv"},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.name);
    expect_says(refusal_of_table(bad.name, bad.content), bad.says);
  }
}

TEST_F(BadData, NamesAMissingColumnButNoCellOfTheFirstLine) {
  const std::string text = refusal_of_table("column", "id,alpha\nk1,1\n", {{"columns", {"Alpha"}}});
  expect_says(text, "Alpha");
  expect_says(text, "2 columns");
  expect_says(refusal_of_table("position", "id,alpha\nk1,1\n", {{"columns", {9}}}), "9");
  expect_says(refusal_of_table("id-column", std::string(kSecret) + ";Alice\nk1,1\n", {{"id_column", "key"}}), "key");
}

TEST_F(BadData, MayBeADirectoryMissingOrUnreadable) {
  std::filesystem::create_directories(cluster_.raw(1, "bad.csv"));
  expect_says(refusal(task("directory")), "bad.csv");
  std::filesystem::remove(cluster_.raw(1, "bad.csv"));
  expect_says(refusal(task("missing")), "bad.csv");
  ASSERT_EQ(::mkfifo(cluster_.raw(1, "bad.csv").c_str(), 0600), 0);
  expect_says(refusal(task("fifo")), "bad.csv");
  std::filesystem::remove(cluster_.raw(1, "bad.csv"));
}

TEST_F(BadData, OutsideTheRootIsNeverReached) {
  write_text(cluster_.folder() / "outside.csv", "id,x\nk1,1\n");
  std::filesystem::create_symlink(cluster_.folder() / "outside.csv", cluster_.raw(1, "link.csv"));
  std::filesystem::create_directory_symlink(cluster_.folder(), cluster_.raw(1, "up"));
  EXPECT_NE(cluster_.post("/createTask", task("link", {{"raw_data_path", "link.csv"}})).status, 200);
  EXPECT_NE(cluster_.post("/createTask", task("up", {{"raw_data_path", "up/outside.csv"}})).status, 200);
  for (const std::string path : {"../../outside.csv", "/etc/passwd", "a/../../outside.csv", "./x", "a//b", "", "a\x01"}) {
    const auto raw = cluster_.post("/createTask", task("climb", {{"raw_data_path", path}}));
    EXPECT_EQ(raw.status, 400) << path << ": " << raw.body;
    const auto out = cluster_.post("/createTask", task("climb", {{"out_data_path", path}}));
    EXPECT_EQ(out.status, 400) << path << ": " << out.body;
  }
  EXPECT_EQ(cluster_.status("climb"), "NotExist");
}

TEST_F(BadData, WithDuplicatesIsTakenWhenTheFirstIsAskedFor) {
  std::string rows = "id,x\n";
  for (int i = 0; i < 50; ++i) rows += "k" + std::to_string(i) + ",first\nk" + std::to_string(i) + ",second\n";
  write_text(cluster_.raw(1, "bad.csv"), rows);
  cluster_.run(task("first", {{"duplicates", "first"}}));
  const auto aligned = read_csv(cluster_.dataset(1, "out-first") / "bad_aligned.csv");
  ASSERT_EQ(aligned.size(), 51u);
  for (std::size_t i = 1; i < aligned.size(); ++i) EXPECT_EQ(aligned[i][1], "first");
}

TEST_F(BadData, WithTooFewCommonRowsFailsForEveryoneAndSaysHowMany) {
  const auto rows = [&](int from, int to) {
    std::string text = "id,x\n";
    for (int i = from; i < to; ++i) text += "k" + std::to_string(i) + ",1\n";
    return text;
  };
  expect_says(refusal_of_table("nothing", rows(1000, 1050)), "intersection is empty");
  expect_says(refusal_of_table("four", rows(46, 96)), "4");
  write_text(cluster_.raw(1, "bad.csv"), rows(40, 90));
  const auto text = refusal(task("ten", {}, {{"min_intersection", 11}}));
  expect_says(text, "min_intersection");
}

TEST_F(BadData, WithVeryLongCellsIsFine) {
  std::string rows = "id,x\n";
  for (int i = 0; i < 50; ++i) rows += "k" + std::to_string(i) + "," + (i == 7 ? std::string(10u << 20, 'x') : "1") + "\n";
  write_text(cluster_.raw(1, "bad.csv"), rows);
  cluster_.run(task("long"));
  EXPECT_GT(std::filesystem::file_size(cluster_.dataset(1, "out-long") / "bad_aligned.csv"), 10u << 20);
}

TEST_F(BadData, ThatVanishesBetweenCreateAndStartIsReported) {
  write_text(cluster_.raw(1, "bad.csv"), "id,x\nk1,1\nk2,1\n");
  ASSERT_EQ(cluster_.post("/createTask", task("vanished")).status, 200);
  std::filesystem::remove(cluster_.raw(1, "bad.csv"));
  const auto started = cluster_.post("/startTask?task_name=vanished");
  if (started.status == 200) {
    EXPECT_EQ(cluster_.await_end("vanished"), "Failed");
    expect_says(cluster_.full_status("vanished").dump(), "bad.csv");
  } else {
    expect_says(started.body, "bad.csv");
  }
}

}  // namespace
}  // namespace pai::test
