// Users of the master, with the real programs: who has a token or a certificate may do what its role says, and nobody
// else anything; guesses are slowed down; a revoked or expired token is worth nothing; no token is written anywhere.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "common/store/database.h"
#include "master/schema.h"
#include "common/tls/tls.h"
#include "support/cluster.h"
#include "support/raw_socket.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Users : public ::testing::Test {
 protected:
  struct Outcome {
    int code = -1;
    std::string text;
  };

  Outcome run(const std::string& command) {
    const auto log = folder_ / "command.log";
    const int status = std::system((command + " >" + log.string() + " 2>&1").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(log)};
  }
  Outcome paictl(const std::string& arguments, const std::string& token = {}) {
    return run((token.empty() ? "" : "PAI_TOKEN=" + token + " ") + std::string(PAI_BIN_DIR) + "/paictl " + arguments);
  }
  static std::string token_in(const std::string& text) {
    const auto at = text.find("pai_");
    return at == std::string::npos ? "" : text.substr(at, 77);
  }
  static std::string at(const Cluster& cluster) { return " --master http://127.0.0.1:" + std::to_string(cluster.master_port()); }
  std::string add(const Cluster& cluster, const std::string& name, const std::string& role, const std::string& admin) {
    const auto outcome = paictl("user add " + name + " --role " + role + at(cluster), admin);
    EXPECT_EQ(outcome.code, 0) << outcome.text;
    return token_in(outcome.text);
  }
  static Answer call(const Cluster& cluster, http::Method method, const std::string& target, const std::string& token, std::string body = {}) {
    const auto client = http::Client::make(std::nullopt);
    const auto response = client->call({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(cluster.master_port())},
                                       {.method = method, .target = target, .body = std::move(body), .bearer = token});
    if (!response.ok()) return {.status = 0, .document = nullptr, .body = response.error().describe()};
    return {response->status, nlohmann::json::parse(response->body, nullptr, false), response->body};
  }
  static Answer get(const Cluster& cluster, const std::string& target, const std::string& token) {
    return call(cluster, http::Method::kGet, target, token);
  }
  static Answer post(const Cluster& cluster, const std::string& target, const std::string& token, std::string body = {}) {
    return call(cluster, http::Method::kPost, target, token, std::move(body));
  }
  static std::string with_token(const std::string& token, const std::string& target = "/whoAmI") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + token + "\r\n\r\n";
  }
  static nlohmann::json alignment(const Cluster& cluster, const std::string& name) {
    return cluster.task(name, {{.role = "main_client", .node = 0},
                               {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", name}}},
                               {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", name}}}});
  }

  TempFolder folder_;
};

TEST_F(Users, FirstOneShutsTheDoorAndEachRoleHasItsLimits) {
  Cluster cluster({.nodes = 3, .insecure = true});
  for (int node = 1; node <= 2; ++node) write_text(cluster.raw(node, "t.csv"), "id,x\nk1,1\n");
  EXPECT_EQ(get(cluster, "/listTasks", "").status, 200) << "insecure, and no users";
  const auto admin = add(cluster, "root", "admin", "");
  ASSERT_EQ(admin.size(), 77u);
  EXPECT_EQ(get(cluster, "/listTasks", "").status, 401);
  EXPECT_EQ(get(cluster, "/livez", "").status, 200);
  EXPECT_EQ(get(cluster, "/readyz", "").status, 200);
  EXPECT_THAT(raw_exchange(cluster.master_port(), "GET /listTasks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("WWW-Authenticate: Bearer realm=\"pai-master\"\r\n"));

  const auto viewer = add(cluster, "vera", "viewer", admin), oscar = add(cluster, "oscar", "operator", admin),
             olga = add(cluster, "olga", "operator", admin);
  EXPECT_EQ(get(cluster, "/whoAmI", viewer).document.value("name", ""), "vera");
  EXPECT_EQ(get(cluster, "/listTasks", viewer).status, 200);
  const auto refused = post(cluster, "/createTask", viewer, alignment(cluster, "t").dump());
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("needs the role operator; vera has viewer"));
  EXPECT_EQ(get(cluster, "/startTask?task_name=t", viewer).status, 403) << "GET that changes something";
  EXPECT_EQ(post(cluster, "/addUser?name=x&role=admin", oscar).status, 403);
  EXPECT_EQ(get(cluster, "/listUsers", oscar).status, 403);

  const auto created = post(cluster, "/createTask", oscar, alignment(cluster, "t").dump());
  ASSERT_EQ(created.status, 200) << created.body;
  EXPECT_EQ(get(cluster, "/queryStatus?task_name=t", viewer).document.value("created_by", ""), "oscar");
  EXPECT_EQ(get(cluster, "/listTasks", viewer).document["tasks"][0].value("created_by", ""), "oscar");
  EXPECT_EQ(post(cluster, "/deleteTask?task_name=t&force=true", oscar).status, 403) << "force is an admin's";
  const auto others = post(cluster, "/deleteTask?task_name=t", olga);
  EXPECT_EQ(others.status, 403);
  EXPECT_THAT(others.body, HasSubstr("a task of oscar needs the role admin"));
  cluster.start_master();
  EXPECT_EQ(get(cluster, "/queryStatus?task_name=t", viewer).document.value("created_by", ""), "oscar") << "after a restart";
  EXPECT_EQ(post(cluster, "/deleteTask?task_name=t", oscar).status, 200);
  EXPECT_EQ(post(cluster, "/createTask", oscar, alignment(cluster, "u").dump()).status, 200);
  EXPECT_EQ(post(cluster, "/deleteTask?task_name=u&force=true", admin).status, 200);

  EXPECT_EQ(paictl("audit verify " + (cluster.folder() / "master").string()).code, 0);
  const auto audit = read_text(cluster.folder() / "master/audit.jsonl");
  EXPECT_THAT(audit, HasSubstr(R"("who":"oscar")"));
  EXPECT_THAT(audit, HasSubstr(R"("who":"vera")"));
  EXPECT_THAT(audit, HasSubstr(R"("decision":"refused","code":403)"));
  const auto node_audit = read_text(cluster.node_folder(1) / "audit.jsonl");
  EXPECT_THAT(node_audit, HasSubstr(R"("path":"/createTask","task":"t")"));
  for (const auto& file : std::filesystem::recursive_directory_iterator(cluster.folder())) {
    if (!file.is_regular_file()) continue;
    for (const auto& token : {admin, viewer, oscar, olga}) EXPECT_THAT(read_text(file.path()), Not(HasSubstr(token.substr(13)))) << file.path();
  }
}

TEST_F(Users, RevokedRenewedAndExpiredTokensAreWorthNothing) {
  Cluster cluster({.nodes = 0, .insecure = true});
  const auto admin = add(cluster, "root", "admin", ""), old = add(cluster, "vera", "viewer", admin), gone = add(cluster, "gustav", "viewer", admin),
             late = add(cluster, "lea", "viewer", admin);
  const auto renewed = paictl("user renew vera" + at(cluster), admin);
  ASSERT_EQ(renewed.code, 0) << renewed.text;
  EXPECT_EQ(get(cluster, "/whoAmI", old).status, 401);
  EXPECT_EQ(get(cluster, "/whoAmI", token_in(renewed.text)).document.value("role", ""), "viewer");
  EXPECT_EQ(paictl("user revoke gustav" + at(cluster), admin).code, 0);
  const auto refused = get(cluster, "/whoAmI", gone);
  EXPECT_EQ(refused.status, 401);
  EXPECT_THAT(refused.body, HasSubstr("revoked"));
  EXPECT_EQ(paictl("user add vera --role admin" + at(cluster), admin).code, 1) << "the name is taken";

  cluster.master().signal(SIGTERM);
  ASSERT_TRUE(cluster.master().wait(std::chrono::seconds(30)));
  {
    auto database = store::Database::open(cluster.folder() / "master/master.db", std::vector<std::string_view>(master::kSchemaSteps.size(), ""));
    ASSERT_TRUE(database.ok()) << database.error().describe();
    ASSERT_TRUE((*database)->write([](store::Connection& db) -> Status {
      PAI_TRY(db.run("UPDATE users SET expires_at = 1000 WHERE name = 'lea'"));
      return {};
    }).ok());
  }
  cluster.start_master();
  const auto expired = get(cluster, "/whoAmI", late);
  EXPECT_EQ(expired.status, 401);
  EXPECT_THAT(expired.body, HasSubstr("expired at 1970-01-01"));
  EXPECT_EQ(get(cluster, "/whoAmI", gone).status, 401) << "revoked, after a restart too";
  const auto list = paictl("user list" + at(cluster), admin);
  EXPECT_THAT(list.text, HasSubstr("gustav"));
  EXPECT_THAT(list.text, Not(HasSubstr("pai_")));
}

TEST_F(Users, AWatcherWhoseTokenIsRevokedReadsNoFurther) {
  Cluster cluster({.nodes = 3, .insecure = true});
  const auto admin = add(cluster, "root", "admin", ""), gone = add(cluster, "gustav", "viewer", admin), stays = add(cluster, "vera", "viewer", admin);
  for (int node : {1, 2}) write_text(cluster.raw(node, "t.csv"), "id,x\na,1\nb,2\n");
  ASSERT_EQ(post(cluster, "/createTask", admin, alignment(cluster, "watched").dump()).status, 200);
  const auto watch = [&](const std::string& token, const char* log) {
    return std::make_unique<Process>(std::vector<std::string>{"/usr/bin/curl", "-sN", "--max-time", "60", "-H", "Authorization: Bearer " + token,
                                                              "http://127.0.0.1:" + std::to_string(cluster.master_port()) + "/watchTask?task_name=watched"},
                                     folder_ / log);
  };
  const auto cut_off = watch(gone, "cut"), goes_on = watch(stays, "on");
  for (const char* log : {"cut", "on"})
    for (int i = 0; i < 2000 && read_text(folder_ / log).find("event: status") == std::string::npos; ++i) ::usleep(10'000);
  ASSERT_EQ(paictl("user revoke gustav" + at(cluster), admin).code, 0);
  const auto status = cut_off->wait(std::chrono::seconds(30));
  ASSERT_TRUE(status) << "still reading";
  EXPECT_EQ(WEXITSTATUS(*status), 0) << "the stream ends in form";
  EXPECT_THAT(read_text(folder_ / "cut"), HasSubstr("the token was revoked"));
  EXPECT_FALSE(goes_on->wait(std::chrono::milliseconds(0))) << read_text(folder_ / "on");
}

TEST_F(Users, GuessesAreSlowedDownAndOthersAreNotHurt) {
  Cluster cluster({.nodes = 0, .insecure = true});
  const auto admin = add(cluster, "root", "admin", "");
  const int port = cluster.master_port();
  const std::string wrong = admin.substr(0, 13) + std::string(64, '0');
  int refused = 0;
  std::string answer;
  for (int i = 0; i < 20 && answer.find(" 429 ") == std::string::npos; ++i) {
    answer = raw_exchange(port, with_token(i % 2 == 0 ? wrong : "nonsense"), "127.0.0.2");
    if (answer.find(" 401 ") != std::string::npos) ++refused;
  }
  EXPECT_GE(refused, 3);
  EXPECT_LT(refused, 10);
  EXPECT_THAT(answer, HasSubstr(" 429 "));
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
  EXPECT_THAT(raw_exchange(port, with_token(admin), "127.0.0.2"), HasSubstr(" 429 ")) << "not even a right guess is seen through";
  EXPECT_THAT(raw_exchange(port, with_token(admin), "127.0.0.3"), HasSubstr(" 200 "));
  EXPECT_THAT(raw_exchange(port, "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "127.0.0.2"), HasSubstr(" 200 "));
  cluster.master().signal(SIGTERM);
  ASSERT_TRUE(cluster.master().wait(std::chrono::seconds(30)));
  EXPECT_THAT(read_text(cluster.folder() / "master/audit.jsonl"), HasSubstr(R"("decision":"refused","code":429)"));
}

TEST_F(Users, WithTlsShowACertificateOrATokenAndAForeignCertificateGetsNowhere) {
  Cluster cluster({.nodes = 1});
  const auto certs = cluster.folder() / "certs";
  const std::string url = " --master https://127.0.0.1:" + std::to_string(cluster.master_port()) + " --ca " + (certs / "ca.pem").string();
  const std::string by_certificate = url + " --cert " + (certs / "user.pem").string() + " --key " + (certs / "user.key").string();
  const auto made = paictl("user add vera --role viewer" + by_certificate);
  ASSERT_EQ(made.code, 0) << made.text;
  const auto token = token_in(made.text);
  EXPECT_EQ(paictl("user list" + url).code, 2) << "neither";
  EXPECT_EQ(paictl("user list" + url, token).code, 2) << "a viewer";
  EXPECT_EQ(paictl("user list" + by_certificate).code, 0);

  const http::Endpoint master{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(cluster.master_port())};
  const auto ask = [&](std::optional<tls::Material> material, const std::string& shown) {
    const auto client = http::Client::make(std::move(material));
    const auto answer = client->call(master, {.target = "/whoAmI", .bearer = shown});
    return answer.ok() ? answer->status : 0;
  };
  const auto identity = [&](const std::string& name) { return std::move(tls::load({.certificate = certs / (name + ".pem"), .key = certs / (name + ".key"), .trusted = certs / "ca.pem", .allowed_peers = {}})).value(); };
  EXPECT_EQ(ask(tls::load_trusted(certs / "ca.pem").value(), token), 200) << "a token and no certificate";
  EXPECT_EQ(ask(tls::load_trusted(certs / "ca.pem").value(), ""), 401);
  EXPECT_EQ(ask(identity("user"), ""), 200);
  EXPECT_EQ(ask(identity("node0"), ""), 403) << "trusted, and nobody's: a node's certificate is no user";
  EXPECT_EQ(ask(identity("node0"), token), 200);
  EXPECT_EQ(ask(identity("user"), token.substr(0, 76) + (token.back() == '0' ? "1" : "0")), 401) << "a wrong token counts before a right certificate";
}

TEST_F(Users, FirstAdminIsMadeOnTheMastersMachineWhileNoMasterRuns) {
  const std::string create = std::string(PAI_BIN_DIR) + "/pai-master --data-dir " + (folder_ / "data").string() + " --create-admin ";
  const auto made = run(create + "root");
  EXPECT_EQ(made.code, 0) << made.text;
  const auto token = token_in(made.text);
  EXPECT_EQ(token.size(), 77u) << made.text;
  EXPECT_EQ(run(create + "root").code, 1) << "the name is taken";
  EXPECT_EQ(run(create + "'../x'").code, 1);
  EXPECT_EQ(run(create + "''").code, 1);
  EXPECT_EQ(run(std::string(PAI_BIN_DIR) + "/pai-master --create-admin").code, 1);
  Cluster cluster({.nodes = 0, .insecure = true});
  const auto running = run(std::string(PAI_BIN_DIR) + "/pai-master --data-dir " + (cluster.folder() / "master").string() + " --create-admin root");
  EXPECT_EQ(running.code, 1);
  EXPECT_THAT(running.text, HasSubstr("stop the master first"));
}

TEST_F(Users, ThatMustShowACertificateCannotConnectWithoutOne) {
  Cluster cluster({.nodes = 0, .master_tls = "client_certificates = \"required\"\n"});
  const auto certs = cluster.folder() / "certs";
  const auto client = http::Client::make(tls::load_trusted(certs / "ca.pem").value());
  EXPECT_FALSE(client->call({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(cluster.master_port())}, {.target = "/livez"}).ok());
  EXPECT_EQ(cluster.get("/livez").status, 200);
}

}  // namespace
}  // namespace pai::test
