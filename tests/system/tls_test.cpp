// Who may talk to the daemons with TLS on: those with a certificate that is trusted, by TLS 1.3, and nobody else.

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/tls/tls.h"
#include "support/cluster.h"

namespace pai::test {
namespace {

std::optional<tls::Material> identity(const std::filesystem::path& certs, const std::string& name, const std::filesystem::path& trusted) {
  auto material = tls::load({.certificate = certs / (name + ".pem"), .key = certs / (name + ".key"), .trusted = trusted / "ca.pem", .allowed_peers = {}});
  return std::move(material).value();
}

int run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()); }

TEST(Tls, RefusesStrangersAndOldProtocols) {
  Cluster cluster({.nodes = 1});
  const auto strange = cluster.folder() / "strange";
  ASSERT_EQ(run(std::string(PAI_SOURCE_DIR) + "/scripts/make-certificates " + strange.string() + " user"), 0);
  const http::Endpoint master{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(cluster.master_port())};
  const http::Call call{.method = http::Method::kGet, .target = "/livez"};

  EXPECT_EQ(cluster.get("/livez").status, 200);
  auto stranger = http::Client::make(identity(strange, "user", cluster.folder() / "certs"));
  EXPECT_FALSE(stranger->call(master, call).ok()) << "another CA's certificate";
  auto plain = http::Client::make(std::nullopt);
  const auto unencrypted = plain->call(master, call);
  EXPECT_TRUE(!unencrypted.ok() || unencrypted->status == 400) << "no TLS at all";
  auto wary = http::Client::make(identity(cluster.folder() / "certs", "user", strange));
  EXPECT_FALSE(wary->call(master, call).ok()) << "a server whose CA the user does not trust";

  const std::string s_client = "echo | timeout 5 openssl s_client -connect 127.0.0.1:" + std::to_string(cluster.master_port()) +
                               " -CAfile " + (cluster.folder() / "certs/ca.pem").string() + " -cert " + (cluster.folder() / "certs/user.pem").string() +
                               " -key " + (cluster.folder() / "certs/user.key").string();
  EXPECT_EQ(run(s_client + " -tls1_3"), 0);
  EXPECT_NE(run(s_client + " -tls1_2"), 0);
}

TEST(Tls, IsNotLeftOutByMistake) {
  const TempFolder folder;
  const std::string bin = PAI_BIN_DIR;
  const std::string data = " --data-dir " + (folder / "data").string();
  EXPECT_NE(run("timeout 5 " + bin + "/pai-master --listen 127.0.0.1:" + std::to_string(free_port()) + data), 0) << "neither TLS nor --insecure";
  EXPECT_NE(run("timeout 5 " + bin + "/pai-master --insecure --listen 0.0.0.0:" + std::to_string(free_port()) + data), 0) << "--insecure beyond loopback";
  EXPECT_NE(run("timeout 5 " + bin + "/pai-node --name n --insecure --listen 0.0.0.0:" + std::to_string(free_port()) + data), 0);
  EXPECT_EQ(run("timeout 5 " + bin + "/pai-master --check-config --insecure --listen 127.0.0.1:" + std::to_string(free_port()) + data), 0);
}

TEST(Tls, OfAMasterThatIsNotToldOfANodeContactsItNot) {
  Cluster cluster({.nodes = 3});
  for (int node = 1; node <= 2; ++node) write_text(cluster.raw(node, "t.csv"), "id,x\nk1,1\n");
  auto task = cluster.task("t", {{.role = "main_client", .node = 0},
                                 {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}},
                                 {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}}});
  task["clients"][2]["http_port"] = free_port();
  const auto answer = cluster.post("/createTask", task);
  EXPECT_TRUE(answer.status == 400 || answer.status == 403) << answer.body;
  EXPECT_NE(answer.body.find("clients[2]"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace pai::test
