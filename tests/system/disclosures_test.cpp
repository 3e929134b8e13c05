// What a party's owner is told before a run is what leaves in it, and the parties' ledgers can be held against each other afterwards: the real
// programs, with TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "support/credit.h"
#include "support/tables.h"

namespace pai::test {
namespace {

using nlohmann::json;
using Message = std::pair<int, std::string>;  ///< receiver and type
/// What hangs on the label client's own settings, on the model, or on who wins a split: the other nodes must reckon with either.
const std::set<std::string> kDependOnOthers{"LossShare", "ScoreShare", "ShuffleShare", "FirstLayerShare", "SplitShare", "PartitionBits"};

class Disclosures : public ::testing::Test {
 protected:
  std::filesystem::path ledger(const std::string& task, int client, int node) const {
    return cluster_.node_folder(node) / "tasks" / (task + "-" + std::to_string(client)) / "disclosures.jsonl";
  }

  /// What /checkTask says may leave the client; `with_data`: leaving out what says nothing of its data.
  std::set<Message> announced(const json& check, int client, bool with_data) {
    std::set<Message> messages;
    for (const auto& receiver : check.at("clients").at(static_cast<std::size_t>(client)).at("discloses")) {
      for (const auto& one : receiver.at("messages")) {
        if (!with_data || one.at("discloses") != "control") messages.emplace(receiver.at("to"), one.at("message"));
      }
    }
    return messages;
  }

  std::set<Message> sent(const std::filesystem::path& ledger, bool with_data) {
    std::set<Message> messages;
    std::istringstream lines(read_text(ledger));
    for (std::string line; std::getline(lines, line);) {
      const auto entry = json::parse(line);
      if (entry.at("event") != "sent" || (with_data && entry.at("discloses") == "control")) continue;
      messages.emplace(entry.at("peer"), entry.at("message"));
    }
    return messages;
  }

  /// Runs the task, and holds what left each client against what was announced. `nodes`: of each client.
  void run_and_compare(const json& document, const std::vector<int>& nodes) {
    const auto check = cluster_.post("/checkTask", document);
    ASSERT_EQ(check.status, 200) << check.body;
    cluster_.run(document);
    const std::string name = document.at("task_name");
    for (int client = 0; client < static_cast<int>(nodes.size()); ++client) {
      const auto file = ledger(name, client, nodes[static_cast<std::size_t>(client)]);
      const auto may = announced(check.document, client, false);
      for (const auto& message : sent(file, false)) {
        EXPECT_TRUE(may.contains(message)) << "client " << client << " sent an unannounced " << message.second;
      }
      const auto left = sent(file, true);
      for (const auto& message : announced(check.document, client, true)) {
        EXPECT_TRUE(left.contains(message) || kDependOnOthers.contains(message.second)) << "client " << client << " announced " << message.second;
      }
    }
  }

  /// What the master tells of a client's ledger is what the ledger says.
  void expect_told(const std::string& task, int client, int node) {
    const auto said = cluster_.get("/queryLedger?task_name=" + task + "&client=" + std::to_string(client));
    ASSERT_EQ(said.status, 200) << said.body;
    const auto& told = said.document.at("msg");
    const auto shown = paictl("ledger show -o json " + ledger(task, client, node).string());
    ASSERT_EQ(shown.first, 0) << shown.second;
    const auto own = json::parse(shown.second);
    EXPECT_EQ(told.at("head"), own.at("head"));
    EXPECT_EQ(told.at("lines"), own.at("lines"));
    EXPECT_EQ(told.at("outcome"), "finished");
    std::map<Message, std::pair<std::uint64_t, std::uint64_t>> sums;
    for (const auto& one : told.at("sent")) {
      auto& [messages, bytes] = sums[{one.at("peer"), one.at("message")}];
      messages += one.at("messages").get<std::uint64_t>();
      bytes += one.at("bytes").get<std::uint64_t>();
    }
    const auto& left = own.at("runs").back().at("sent");
    EXPECT_EQ(sums.size(), left.size());
    for (const auto& one : left) {
      const Message message{one.at("to"), one.at("message")};
      EXPECT_EQ(sums[message], std::make_pair(one.at("messages").get<std::uint64_t>(), one.at("bytes").get<std::uint64_t>())) << message.second;
    }
    // The bytes of the metrics, which stop counting a moment before the greetings at the end.
    const auto traffic = cluster_.get("/queryTask?query=traffic&task_name=" + task + "&client=" + std::to_string(client));
    ASSERT_EQ(traffic.status, 200) << traffic.body;
    std::map<int, std::uint64_t> by_peer;
    for (const auto& [message, sum] : sums) by_peer[message.first] += sum.second;
    for (const auto& one : traffic.document.at("msg")) {
      const auto in_ledger = by_peer[one.at("peer").get<int>()];
      EXPECT_LE(one.at("sent_bytes").get<std::uint64_t>(), in_ledger);
      EXPECT_GT(one.at("sent_bytes").get<std::uint64_t>() + 2000, in_ledger);
    }
    EXPECT_EQ(traffic.document.at("msg").size(), by_peer.size());
  }

  std::vector<std::string> kept_ledgers(int node) const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(cluster_.node_folder(node) / "ledgers")) files.push_back(entry.path().string());
    return files;
  }

  std::pair<int, std::string> paictl(const std::string& arguments) {
    const auto out = (cluster_.folder() / "paictl.log").string();
    const int status = std::system((std::string(PAI_BIN_DIR) + "/paictl " + arguments + " >" + out + " 2>&1").c_str());
    return {WEXITSTATUS(status), read_text(out)};
  }

  Cluster cluster_{{.nodes = 4}};
};

TEST_F(Disclosures, WhatWasAnnouncedIsWhatLeftAndTheLedgersAgree) {
  // Two feature clients and the label client; main and the dealer on node 0.
  align_credit_data(cluster_);
  run_and_compare(credit_training(cluster_, "logistic", {{"max_iter", 50}, {"test_per_batches", 25}}), {0, 0, 1, 2, 3});
  run_and_compare(credit_training(cluster_, "losses", {{"max_iter", 50}, {"early_stop", 5}}, {{"metric", "loss"}}), {0, 0, 1, 2, 3});
  run_and_compare(credit_training(cluster_, "opened", {{"max_iter", 50}, {"export", "split"}}), {0, 0, 1, 2, 3});
  run_and_compare(credit_training(cluster_, "scores", {{"mode", "predict"}, {"model_task", "logistic"}}), {0, 0, 1, 2, 3});

  run_and_compare(credit_boosting(cluster_, "trees", {{"config", {{"max_iteration", 2}, {"max_depth", 2}, {"n_bins", 8}}}}), {0, 0, 1, 2, 3});
  run_and_compare(credit_boosting(cluster_, "relaxed-trees", {{"config", {{"max_iteration", 2}, {"max_depth", 2}, {"n_bins", 8}}},
                                                              {"security", "relaxed"}, {"importance", "gain"}}),
                  {0, 0, 1, 2, 3});
  run_and_compare(credit_boosting(cluster_, "tree-losses", {{"config", {{"max_iteration", 2}, {"max_depth", 2}, {"n_bins", 8}}}, {"metric", "loss"}}),
                  {0, 0, 1, 2, 3});
  run_and_compare(credit_boosting(cluster_, "tree-scores", {{"mode", "predict"}, {"model_task", "trees"}}), {0, 0, 1, 2, 3});

  const auto files = [&](int client, int node) { return ledger("logistic", client, node).string(); };
  const auto verified = paictl("ledger verify " + files(0, 0) + " " + files(1, 0) + " " + files(2, 1));
  EXPECT_EQ(verified.first, 0) << verified.second;
  EXPECT_NE(verified.second.find("client 2 of task 'logistic', 1 run"), std::string::npos) << verified.second;
  const auto compared = paictl("ledger compare " + files(2, 1) + " " + files(4, 3));
  EXPECT_EQ(compared.first, 0) << compared.second;

  for (const auto& [client, node] : std::vector<std::pair<int, int>>{{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 3}}) expect_told("logistic", client, node);
  const auto words = paictl("task ledger logistic --client 2 " + cluster_.paictl_options());
  EXPECT_EQ(words.first, 0) << words.second;
  EXPECT_NE(words.second.find("What left client 2 (feature_client at"), std::string::npos) << words.second;
  EXPECT_NE(words.second.find("the test set's (score, label) pairs in a random order"), std::string::npos) << words.second;
  EXPECT_EQ(words.second.find("What left client 3"), std::string::npos) << words.second;
  const auto all = json::parse(paictl("task ledger logistic -o json " + cluster_.paictl_options()).second);
  EXPECT_EQ(all.at("parties").size(), 5U);

  // It outlives the task.
  EXPECT_EQ(cluster_.post("/deleteTask?task_name=scores").status, 200);
  const auto kept = kept_ledgers(2);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(paictl("ledger verify " + kept.front()).first, 0);

  // The owner of client 2 would have it that less had left.
  auto text = read_text(files(2, 1));
  text.replace(text.find("\"messages\":"), 11, "\"messages\":0");
  write_text(files(2, 1), text);
  EXPECT_THAT(paictl("ledger verify " + kept.front()).second, ::testing::Not(::testing::HasSubstr("no end")));
  const auto whole_text = read_text(kept.front());
  write_text(cluster_.folder() / "cut.jsonl", whole_text.substr(0, whole_text.rfind("\n", whole_text.size() - 2) + 1));
  EXPECT_THAT(paictl("ledger verify " + (cluster_.folder() / "cut.jsonl").string()).second, ::testing::HasSubstr("its last run has no end"));
  const auto edited = paictl("ledger verify " + files(2, 1));
  EXPECT_EQ(edited.first, 1) << edited.second;
}

TEST(DisclosuresUnshared, AnOwnerWhoSharesNothingIsNotToldOf) {
  Cluster cluster{{.nodes = 3, .node_config = "share_ledger = \"none\"\n"}};
  for (const int node : {1, 2}) {
    std::string table = "id,x\n";
    for (int i = 0; i < 30; ++i) table += "k" + std::to_string(i) + ",1\n";
    write_text(cluster.raw(node, "t.csv"), table);
  }
  const json own{{"raw_data_path", "t.csv"}, {"out_data_path", "t"}};
  cluster.run(cluster.task("quiet", {{.role = "main_client", .node = 0},
                                     {.role = "feature_client", .node = 1, .settings = own},
                                     {.role = "label_client", .node = 2, .settings = own}}));
  for (const auto* target : {"/queryLedger?", "/queryTask?query=traffic&"}) {
    const auto said = cluster.get(std::string(target) + "task_name=quiet&client=1");
    EXPECT_EQ(said.status, 403) << said.body;
    EXPECT_NE(said.body.find("share_ledger"), std::string::npos) << said.body;
  }
}

TEST_F(Disclosures, BothWaysOfAlignmentAreAnnouncedAsTheyAre) {
  std::string left = "id,x\n", right = "id,y\n";
  for (int i = 0; i < 30; ++i) left += "k" + std::to_string(i) + ",1\n";
  for (int i = 10; i < 40; ++i) right += "k" + std::to_string(i) + ",2\n";
  write_text(cluster_.raw(1, "t.csv"), left);
  write_text(cluster_.raw(2, "t.csv"), right);
  for (const std::string psi : {"prf", "ecdh"}) {
    const json own{{"raw_data_path", "t.csv"}, {"out_data_path", psi}};
    const auto document = cluster_.task(psi,
                                        {{.role = "main_client", .node = 0},
                                         {.role = "feature_client", .node = 1, .settings = own},
                                         {.role = "label_client", .node = 2, .settings = own}},
                                        {{"psi", psi}});
    run_and_compare(document, {0, 1, 2});
  }
}

}  // namespace
}  // namespace pai::test
