// With TLS a task belongs to the master whose certificate prepared it; certificates are reloaded by SIGHUP.
#include <signal.h>

#include "integration/node/node_fixture.h"
#include "support/certificates.h"

namespace pai::test {
namespace {

using nlohmann::json;

class NodeTlsTest : public NodeTest {
 protected:
  NodeTlsTest() : certificates_(folder_ / "certs") {
    certificates_.make({"node", "master", "rival"});
    config_ = "[tls]\ncertificate = \"" + certificates_.certificate("node").string() + "\"\nkey = \"" +
              certificates_.key("node").string() + "\"\ntrusted = \"" + certificates_.ca().string() + "\"\n";
    secure_ = true;
    master_ = http::Client::make(certificates_.material("master"));
    rival_ = http::Client::make(certificates_.material("rival"));
  }

  NodeAnswer as_rival(http::Method method, const std::string& target, const json& body = nullptr) {
    std::swap(master_, rival_);
    const auto answer = call(method, target, body.is_null() ? "" : body.dump());
    std::swap(master_, rival_);
    return answer;
  }

  Certificates certificates_;
  std::string config_;
  std::unique_ptr<http::Client> rival_;
};

TEST_F(NodeTlsTest, AnotherMastersCallsOnATaskAre403) {
  start_node(config_);
  create("t", 1);
  const std::string key = query("t", 1);
  using http::Method;
  for (const auto& [method, target, body] : std::vector<std::tuple<Method, std::string, json>>{
           {Method::kPost, "/createTask?step=prepare&" + key, preparation("t", 1)},
           {Method::kPost, "/createTask?step=commit&" + key, {{"attempt", "a1"}}},
           {Method::kPost, "/createTask?step=forget&" + key, {{"attempt", "a1"}}},
           {Method::kPost, "/startTask?run_id=b1&" + key, nullptr},
           {Method::kPost, "/startTask?run_id=b1&check=true&" + key, nullptr},
           {Method::kPost, "/stopTask?" + key, nullptr},
           {Method::kPost, "/deleteTask?" + key, nullptr},
           {Method::kGet, "/monitor?query=task_status&" + key, nullptr},
           {Method::kGet, "/queryLog?" + key, nullptr},
       }) {
    EXPECT_EQ(as_rival(method, target, body).status, 403) << target;
  }
  EXPECT_TRUE(as_rival(Method::kGet, "/listTasks").body["clients"].empty());
  EXPECT_EQ(get("/listTasks").body["clients"].size(), 1u);
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
  const auto file = json::parse(read_text(task_folder("t", 1) / "task.json"));
  EXPECT_EQ(file["node"]["master_identity"], "master") << "the client would not know its master";
}

TEST_F(NodeTlsTest, OnlyAllowedPeersMayCall) {
  start_node(config_ + "allowed_peers = [\"master\"]\n");
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_NE(as_rival(http::Method::kGet, "/livez").status, 200);
}

TEST_F(NodeTlsTest, MasterWithARenewedCertificateKeepsItsTasks) {
  start_node(config_);
  EXPECT_TRUE(await_log("tls.allowed_peers is empty"));
  create("t", 1);
  const auto old = tls::identity_of_pem(certificates_.material("master").certificate_pem);
  certificates_.make({"master"}, {.anew = true});
  const auto renewed = tls::identity_of_pem(certificates_.material("master").certificate_pem);
  ASSERT_NE(old->fingerprint, renewed->fingerprint);
  master_ = http::Client::make(certificates_.material("master"));
  EXPECT_EQ(get("/listTasks").body["clients"].size(), 1u);
  EXPECT_EQ(stop("t", 1).body["client"]["state"], "Stopped");
  EXPECT_EQ(as_rival(http::Method::kPost, "/stopTask?" + query("t", 1)).status, 403);
}

TEST_F(NodeTlsTest, HangupTakesTheAllowedPeersAndPathsOfTheNewSettings) {
  start_node(config_);
  certificates_.make({"other"}, {.days = 20});
  std::string text = read_text(folder_ / "node.toml");
  for (auto at = text.find("node.pem"); at != std::string::npos; at = text.find("node.pem"))
    text.replace(at, 8, "other.pem");
  for (auto at = text.find("node.key"); at != std::string::npos; at = text.find("node.key"))
    text.replace(at, 8, "other.key");
  write_text(folder_ / "node.toml", text + "allowed_peers = [\"master\"]\n");
  const auto first = get("/version").body["certificate_not_after"].get<std::int64_t>();
  node().signal(SIGHUP);
  EXPECT_TRUE(await_log("were reloaded"));
  EXPECT_LT(get("/version").body["certificate_not_after"].get<std::int64_t>(), first);
  EXPECT_NE(as_rival(http::Method::kGet, "/livez").status, 200);
}

TEST_F(NodeTlsTest, HangupReloadsTheCertificateAndABadOneChangesNothing) {
  start_node(config_);
  const auto first = get("/version").body["certificate_not_after"].get<std::int64_t>();
  certificates_.make({"node"}, {.days = 20, .anew = true});
  node().signal(SIGHUP);
  // The daemon says when it is done, in its log; the connection that asks is made anew each time.
  EXPECT_TRUE(await_log("were reloaded"));
  const auto second = get("/version").body["certificate_not_after"].get<std::int64_t>();
  EXPECT_LT(second, first);
  write_text(certificates_.key("node"), "no key\n");
  node().signal(SIGHUP);
  EXPECT_TRUE(await_log("reload failed"));
  EXPECT_EQ(get("/version").body["certificate_not_after"].get<std::int64_t>(), second);
}

}  // namespace
}  // namespace pai::test
