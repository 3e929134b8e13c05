// `paictl task` against the real daemons: what a person types, what the exit code says.

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "support/cluster.h"
#include "support/tables.h"

namespace pai::test {
namespace {

using nlohmann::json;

class PaictlTask : public ::testing::Test {
 protected:
  struct Said {
    int code = 0;
    std::string text;
  };
  Said paictl(const std::string& arguments) {
    const auto out = (cluster_.folder() / "paictl.log").string();
    const int status = std::system((std::string(PAI_BIN_DIR) + "/paictl task " + arguments + " " + cluster_.paictl_options() + " >" + out + " 2>&1").c_str());
    return {WEXITSTATUS(status), read_text(out)};
  }

  /// A file with an alignment of two small tables.
  std::string alignment(const std::string& name, const std::string& right = "id,y\nb,4\nc,5\nd,6\ne,2\nf,3\ng,4\nh,5\n") {
    write_text(cluster_.raw(1, name + ".csv"), "id,x\na,1\nb,2\nc,3\nd,1\ne,2\nf,3\ng,4\n");
    write_text(cluster_.raw(2, name + ".csv"), right);
    const json own{{"raw_data_path", name + ".csv"}, {"out_data_path", name}};
    const auto file = cluster_.folder() / (name + ".json");
    write_text(file, cluster_.task(name, {{.role = "main_client", .node = 0},
                                          {.role = "feature_client", .node = 1, .settings = own},
                                          {.role = "label_client", .node = 2, .settings = own}}).dump());
    return file.string();
  }

  Cluster cluster_{{.nodes = 3}};
};

TEST_F(PaictlTask, RunShowsWhatHappensAndEndsWithTheTask) {
  const auto said = paictl("run " + alignment("good"));
  EXPECT_EQ(said.code, 0) << said.text;
  EXPECT_NE(said.text.find("task 'good': Finished"), std::string::npos) << said.text;
  const auto again = paictl("wait good");
  EXPECT_EQ(again.code, 0) << again.text;
  const auto listed = paictl("list");
  EXPECT_NE(listed.text.find("good"), std::string::npos) << listed.text;
  EXPECT_NE(paictl("status good").text.find("feature_client"), std::string::npos);
  const auto status = json::parse(paictl("status good -o json").text);
  EXPECT_EQ(status.at("msg"), "Finished");
  EXPECT_EQ(paictl("log good --client 1 --tail 5").code, 0);
  EXPECT_EQ(paictl("delete good --datasets").code, 0);
  EXPECT_EQ(paictl("status good").text.find("Finished"), std::string::npos);
}

TEST_F(PaictlTask, AFailureIsOneAndSaysItsCause) {
  const auto said = paictl("run " + alignment("bad", "id,y\nx,4\ny,5\n"));
  EXPECT_EQ(said.code, 1) << said.text;
  EXPECT_NE(said.text.find("task 'bad': Failed"), std::string::npos) << said.text;
  EXPECT_NE(said.text.find("intersection"), std::string::npos) << said.text;
}

TEST_F(PaictlTask, JsonIsALineAChange) {
  const auto said = paictl("run " + alignment("lines") + " -o json");
  EXPECT_EQ(said.code, 0) << said.text;
  std::istringstream lines(said.text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(json::parse(line, nullptr, false).is_object()) << line;
    last = line;
  }
  EXPECT_EQ(json::parse(last).at("msg"), "Finished");
}

TEST_F(PaictlTask, WhatTheMasterRefusesIsSaidWithItsPlaces) {
  const auto file = cluster_.folder() / "faulty.json";
  auto document = json::parse(read_text(alignment("faulty")));
  document["clients"][1]["client_config"]["computation_port"] = 99999;
  write_text(file, document.dump());
  const auto said = paictl("create " + file.string());
  EXPECT_EQ(said.code, 1) << said.text;
  EXPECT_NE(said.text.find("clients[1].client_config.computation_port"), std::string::npos) << said.text;
  write_text(file, "{\n\"task_name\": \"x\", # mine\n}");
  EXPECT_NE(paictl("create " + file.string()).text.find("line 2"), std::string::npos);
}

TEST_F(PaictlTask, NoMasterIsTwoAndATimeOutIsThree) {
  const auto file = alignment("slow");
  ASSERT_EQ(paictl("create " + file).code, 0);
  const auto waited = paictl("wait slow --timeout 0.2");
  EXPECT_EQ(waited.code, 3) << waited.text;
  cluster_.master().kill();
  EXPECT_EQ(paictl("status slow").code, 2);
  EXPECT_EQ(paictl("nonsense").code, 64);
}

}  // namespace
}  // namespace pai::test
