// Two organisations, each with a CA of its own made by paictl, run a task together; who is of neither CA is
// refused.

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/tls/tls.h"
#include "support/cluster.h"
#include "support/tables.h"

namespace pai::test {
namespace {

class OwnAuthorities : public ::testing::Test {
 protected:
  /// The bank (ECDSA) has the user, the master and nodes 0 and 1; the insurer (Ed25519) has node 2, by a
  /// request.
  OwnAuthorities() {
    paictl("init --dir " + at("bank") + " --name 'Bank A'");
    for (const std::string name : {"user", "master", "node0", "node1"}) {
      const std::string days = name == "node1" ? " --days 20" : "";
      paictl("issue --dir " + at("bank") + " --name " + name + " --san 127.0.0.1 --out " + at("certs") + days);
    }
    paictl("init --dir " + at("insurer") + " --name 'Insurer B' --key ed25519");
    paictl("request --name node2 --san 127.0.0.1 --key ed25519 --out " + at("certs"));
    paictl("sign --dir " + at("insurer") + " --request " + at("certs") + "/node2.csr --out " + at("certs"));
    paictl("bundle --out " + at("certs") + "/ca.pem " + at("bank") + "/ca.pem " + at("insurer") + "/ca.pem");
  }

  void paictl(const std::string& arguments) {
    const auto log = at("paictl.log");
    EXPECT_EQ(
        std::system((std::string(PAI_BIN_DIR) + "/paictl pki " + arguments + " >" + log + " 2>&1").c_str()),
        0)
        << read_text(log);
  }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  tls::Files files(const std::string& folder, const std::string& name) const {
    return {.certificate = at(folder) + "/" + name + ".pem",
            .key = at(folder) + "/" + name + ".key",
            .trusted = at("certs") + "/ca.pem",
            .allowed_peers = {}};
  }

  TempFolder folder_;
};

TEST_F(OwnAuthorities, AlignTogether) {
  Cluster cluster({.nodes = 3, .certificates = folder_ / "certs"});
  std::vector<Cells> left{{"id", "x"}}, right{{"id", "y"}};
  std::vector<std::string> common;
  for (int i = 0; i < 60; ++i) {
    const std::string id = "k" + std::to_string(i);
    if (i % 3 != 0) left.push_back({id, std::to_string(i)});
    if (i % 5 != 0) right.push_back({id, std::to_string(i)});
    if (i % 3 != 0 && i % 5 != 0) common.push_back(id);
  }
  write_text(cluster.raw(1, "t.csv"), to_csv(left));
  write_text(cluster.raw(2, "t.csv"), to_csv(right));
  cluster.run(cluster.task("together", {{.role = "main_client", .node = 0},
                                        {.role = "feature_client",
                                         .node = 1,
                                         .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}},
                                        {.role = "label_client",
                                         .node = 2,
                                         .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}}}));
  const Aligned one = read_aligned(cluster.dataset(1, "o"), "t"),
                other = read_aligned(cluster.dataset(2, "o"), "t");
  EXPECT_EQ(one.ids, other.ids);
  EXPECT_EQ(one.ids.size(), common.size());
}

/// A node's or master's lines that let each CA speak for its own alone. The bank's speaks for all but the insurer's node.
std::string bound(const std::string& folder) {
  return "[[authorities]]\ncertificates = \"" + folder + "/bank/ca.pem\"\n" +
         R"(names = ["user", "master", "node0", "node1", "127.0.0.1"])" + "\n" +
         "[[authorities]]\ncertificates = \"" + folder + "/insurer/ca.pem\"\n" + R"(names = ["node2", "127.0.0.1"])" + "\n";
}

TEST_F(OwnAuthorities, ACaThatIsBoundToItsNamesCannotSpeakForAnotherParty) {
  // The insurer's CA certifies a second "master", with which it would read and stop the bank's tasks.
  paictl("issue --dir " + at("insurer") + " --name master --san 127.0.0.1 --out " + at("forged"));
  Cluster cluster({.nodes = 3,
                   .certificates = folder_ / "certs",
                   .node_config_end = bound(folder_.path().string()),
                   .master_config_end = bound(folder_.path().string())});
  const http::Endpoint node{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(cluster.node_port(1))};
  const http::Call call{.method = http::Method::kGet, .target = "/readyz"};
  auto forger = http::Client::make(std::move(tls::load(files("forged", "master")).value()));
  const auto refused = forger->call(node, call);
  ASSERT_TRUE(refused.ok()) << refused.error().describe();
  EXPECT_EQ(refused->status, 403);
  EXPECT_NE(cluster.node_log(1).find("its CA may speak for other names only"), std::string::npos);
  auto master = http::Client::make(std::move(tls::load(files("certs", "master")).value()));
  const auto answered = master->call(node, call);
  ASSERT_TRUE(answered.ok()) << answered.error().describe();
  EXPECT_EQ(answered->status, 200);

  EXPECT_NE(cluster.node_log(1).find("the certificate ends soon days_left="), std::string::npos) << cluster.node_log(1);

  // In earnest, all of this on: an alignment across the two organisations.
  write_text(cluster.raw(1, "t.csv"), "id,x\na,1\nb,2\nc,3\nd,1\ne,2\nf,3\ng,4\n");
  write_text(cluster.raw(2, "t.csv"), "id,y\nb,4\nc,5\nd,6\ne,2\nf,3\ng,4\nh,5\n");
  const nlohmann::json own{{"raw_data_path", "t.csv"}, {"out_data_path", "o"}};
  auto task = cluster.task("bound", {{.role = "main_client", .node = 0},
                                     {.role = "feature_client", .node = 1, .settings = own},
                                     {.role = "label_client", .node = 2, .settings = own}});
  cluster.run(task);

  // The insurer's node with a certificate of its own CA in the bank's name is refused by the other clients.
  paictl("issue --dir " + at("insurer") + " --name node1 --san 127.0.0.1 --out " + at("forged"));
  std::filesystem::copy_file(at("forged") + "/node1.pem", at("certs") + "/node2.pem", std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(at("forged") + "/node1.key", at("certs") + "/node2.key", std::filesystem::copy_options::overwrite_existing);
  cluster.node(2).kill();
  cluster.start_node(2);
  task["task_name"] = "forged";
  for (int client : {1, 2}) task["clients"][client]["client_config"]["out_data_path"] = "p";
  const auto created = cluster.post("/createTask", task);
  EXPECT_EQ(created.status, 502) << created.body;
  EXPECT_NE(created.body.find("its CA may speak for other names only"), std::string::npos) << created.body;
}

TEST_F(OwnAuthorities, ThirdOnesCertificateIsRefusedAndARenewedOneIsNot) {
  paictl("init --dir " + at("stranger") + " --name 'Bank A'");
  paictl("issue --dir " + at("stranger") + " --name user --san 127.0.0.1");
  Cluster cluster({.nodes = 1, .certificates = folder_ / "certs"});
  const http::Endpoint master{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(cluster.master_port())};
  const http::Call call{.method = http::Method::kGet, .target = "/livez"};
  auto stranger = http::Client::make(std::move(tls::load(files("stranger", "user")).value()));
  EXPECT_FALSE(stranger->call(master, call).ok()) << "a CA of the same name, that nobody believes";
  paictl("renew --dir " + at("bank") + " --certificate " + at("certs") + "/user.pem");
  auto renewed = http::Client::make(std::move(tls::load(files("certs", "user")).value()));
  const auto answer = renewed->call(master, call);
  ASSERT_TRUE(answer.ok()) << answer.error().describe();
  EXPECT_EQ(answer->status, 200);
}

}  // namespace
}  // namespace pai::test
