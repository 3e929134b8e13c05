// `paictl task` against the real daemons: what a person types, what the exit code says.

#include <gtest/gtest.h>

#include <atomic>
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
  Said paictl(const std::string& arguments) { return ctl("task " + arguments); }
  Said ctl(const std::string& arguments) { return run(arguments + " " + cluster_.paictl_options()); }
  Said run(const std::string& arguments, const std::string& environment = "") {
    const auto out = (cluster_.folder() / ("paictl" + std::to_string(++calls_) + ".log")).string();
    const int status = std::system((environment + " XDG_CONFIG_HOME=/nowhere " + std::string(PAI_BIN_DIR) + "/paictl " + arguments + " >" + out + " 2>&1").c_str());
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

  Cluster cluster_{{.nodes = 3, .node_config = "share_logs = \"full\"\n"}};
  std::atomic<int> calls_ = 0;
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

TEST_F(PaictlTask, ListsSayWhereDataSetsAndNodesAre) {
  ASSERT_EQ(paictl("run " + alignment("made")).code, 0);
  const auto datasets = ctl("data list");
  EXPECT_EQ(datasets.code, 0) << datasets.text;
  EXPECT_NE(datasets.text.find("made"), std::string::npos) << datasets.text;
  const auto document = json::parse(ctl("data list --status Finished -o json").text);
  EXPECT_EQ(document.at("datasets").size(), 2U);
  EXPECT_EQ(json::parse(ctl("data list --status Failed -o json").text).at("datasets").size(), 0U);
  const auto nodes = ctl("node list");
  EXPECT_EQ(nodes.code, 0) << nodes.text;
  EXPECT_NE(nodes.text.find("REACHED"), std::string::npos) << nodes.text;
  EXPECT_NE(nodes.text.find("127.0.0.1:" + std::to_string(cluster_.node_port(1)) + "  yes"), std::string::npos) << nodes.text;
  cluster_.node(1).kill();
  EXPECT_NE(ctl("node list --status unreachable").text.find("127.0.0.1:" + std::to_string(cluster_.node_port(1)) + "  NO"), std::string::npos);
}

TEST_F(PaictlTask, AFollowedLogIsWholeAndEndsWithTheTask) {
  const auto file = alignment("told");
  ASSERT_EQ(paictl("create " + file).code, 0);
  Said followed;
  std::thread follower([&] { followed = ctl("task log told --client 1 --follow --tail 10000 -o json"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(cluster_.post("/startTask?task_name=told").status, 200);
  follower.join();
  EXPECT_EQ(followed.code, 0) << followed.text;
  std::istringstream lines(followed.text);
  std::string text;
  for (std::string line; std::getline(lines, line);) text += json::parse(line).at("line").get<std::string>() + "\n";
  const auto whole = json::parse(paictl("log told --client 1 --tail 10000 -o json").text).at("msg").get<std::string>();
  EXPECT_EQ(text, whole);
  EXPECT_NE(whole.find("finished"), std::string::npos) << whole;
}

TEST_F(PaictlTask, WhatIsNotAllowedIsTwo) {
  const auto file = alignment("refused");
  const auto made = json::parse(ctl("user add vera --role viewer -o json").text);
  // The authorities alone, without a certificate of one's own.
  const auto all = cluster_.paictl_options();
  const std::string stranger = " " + all.substr(0, all.find("--cert"));
  EXPECT_EQ(run("task list" + stranger).code, 2) << "no token";
  const auto token = "PAI_TOKEN=" + made.at("token").get<std::string>();
  EXPECT_EQ(run("task list" + stranger, token).code, 0);
  for (const auto& verb : std::vector<std::string>{"task create " + file, "task run " + file, "task stop x", "user list", "preflight"}) {
    const auto said = run(verb + stranger, token);
    EXPECT_EQ(said.code, 2) << verb << said.text;
  }
}

}  // namespace
}  // namespace pai::test
