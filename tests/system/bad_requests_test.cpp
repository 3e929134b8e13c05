// Wrong requests, against the real daemons: each gets the right code and a sentence with the place, changes nothing, and
// leaves both daemons alive. The faults of the reference system (wrong status codes, tracebacks, paths and shells in names)
// are among them.

#include <gtest/gtest.h>

#include <functional>

#include "support/cluster.h"

namespace pai::test {
namespace {

using nlohmann::json;

/// One cluster for all of them: a daemon that one request harms fails the next.
class BadRequests : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = std::make_unique<Cluster>(ClusterOptions{.nodes = 3});
    for (int node = 1; node <= 2; ++node) write_text(cluster_->raw(node, "t.csv"), "id,x\nk1,1\nk2,2\nk3,3\nk4,4\nk5,5\n");
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  void TearDown() override {
    EXPECT_EQ(cluster_->get("/livez").status, 200);
    EXPECT_EQ(cluster_->ask_node(1, http::Method::kGet, "/livez").status, 200);
    EXPECT_EQ(cluster_->get("/listTasks").document.at("tasks").size(), 0u);
    for (int node = 0; node < 3; ++node) {
      EXPECT_TRUE(std::filesystem::is_empty(cluster_->node_folder(node) / "tasks"));
      EXPECT_TRUE(std::filesystem::is_empty(cluster_->node_folder(node) / "staging"));
    }
  }

  static json good() {
    return cluster_->task("good", {{.role = "main_client", .node = 0},
                                   {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}},
                                   {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}}});
  }

  static void expect_refused(const Answer& answer, int status, const std::string& place) {
    EXPECT_EQ(answer.status, status) << answer.body;
    ASSERT_TRUE(answer.document.is_object()) << answer.body;
    EXPECT_EQ(answer.document.value("status", ""), "err");
    EXPECT_FALSE(answer.document.value("msg", "").empty());
    ASSERT_TRUE(answer.document.contains("error"));
    EXPECT_NE(answer.body.find(place), std::string::npos) << "no '" << place << "' in " << answer.body;
    EXPECT_EQ(answer.body.find("Traceback"), std::string::npos);
    EXPECT_EQ(answer.body.find(cluster_->folder().string()), std::string::npos) << "a path of the machine: " << answer.body;
  }

  static std::unique_ptr<Cluster> cluster_;
};
std::unique_ptr<Cluster> BadRequests::cluster_;

struct Fault {
  std::string name;
  std::function<void(json&)> spoil;
  std::string place;  ///< that the answer must name
  int status = 400;
};

json& config(json& task, int client) { return task["clients"][static_cast<std::size_t>(client)]["client_config"]; }
json& entry(json& task, int client) { return task["clients"][static_cast<std::size_t>(client)]; }

const std::vector<Fault>& faults() {
  static const std::vector<Fault> kFaults{
      {"no name", [](json& t) { t.erase("task_name"); }, "task_name"},
      {"empty name", [](json& t) { t["task_name"] = ""; }, "task_name"},
      {"name a number", [](json& t) { t["task_name"] = 7; }, "task_name"},
      {"name climbs", [](json& t) { t["task_name"] = "../../evil"; }, "task_name"},
      {"name for a shell", [](json& t) { t["task_name"] = "x;touch /tmp/pwned"; }, "task_name"},
      {"name with a newline", [](json& t) { t["task_name"] = "a\nb"; }, "task_name"},
      {"name with NUL", [](json& t) { t["task_name"] = std::string("a\0b", 3); }, "task_name"},
      {"name of 300", [](json& t) { t["task_name"] = std::string(300, 'n'); }, "task_name"},
      {"name hidden", [](json& t) { t["task_name"] = ".hidden"; }, "task_name"},
      {"no clients", [](json& t) { t.erase("clients"); }, "clients"},
      {"clients an object", [](json& t) { t["clients"] = json::object(); }, "clients"},
      {"clients empty", [](json& t) { t["clients"] = json::array(); }, "clients"},
      {"a client is null", [](json& t) { t["clients"][1] = nullptr; }, "clients[1]"},
      {"unknown key", [](json& t) { t["task_nmae"] = "x"; }, "task_nmae"},
      {"unknown client key", [](json& t) { entry(t, 1)["adr"] = "x"; }, "clients[1].adr"},
      {"unknown setting", [](json& t) { config(t, 1)["raw_data_pth"] = "x"; }, "raw_data_path"},
      {"no role", [](json& t) { entry(t, 1).erase("role"); }, "clients[1].role"},
      {"unknown role", [](json& t) { entry(t, 1)["role"] = "feature_clent"; }, "feature_client"},
      {"role a number", [](json& t) { entry(t, 1)["role"] = 1; }, "clients[1].role"},
      {"no main", [](json& t) { t["clients"].erase(0); }, "main_client"},
      {"two mains", [](json& t) { t["clients"].push_back(entry(t, 0)); config(t, 3)["computation_port"] = 5; }, "main_client"},
      {"two labels", [](json& t) { auto c = entry(t, 2); c["client_config"]["computation_port"] = 5; c["client_config"]["out_data_path"] = "p"; t["clients"].push_back(c); }, "label_client"},
      {"one data client", [](json& t) { t["clients"].erase(2); }, "needs at least two"},
      {"type that does not fit", [](json& t) { config(t, 1)["client_type"] = "alignment_main"; }, "clients[1].client_config.client_type"},
      {"unknown type", [](json& t) { config(t, 1)["client_type"] = "alignment_dta"; }, "alignment_data"},
      {"families mixed", [](json& t) { config(t, 1)["client_type"] = "shared_nn_feature"; }, "clients[1].client_config.client_type"},
      {"no type", [](json& t) { config(t, 1).erase("client_type"); }, "client_type"},
      {"no addr", [](json& t) { entry(t, 1).erase("addr"); }, "clients[1].addr"},
      {"addr a list", [](json& t) { entry(t, 1)["addr"] = json::array(); }, "clients[1].addr"},
      {"addr no host", [](json& t) { entry(t, 1)["addr"] = "not a host"; }, "clients[1].addr"},
      {"addr a URL", [](json& t) { entry(t, 1)["addr"] = "http://127.0.0.1"; }, "clients[1].addr"},
      {"addr not loopback", [](json& t) { entry(t, 1)["addr"] = "192.0.2.1"; }, "clients[1].addr", 403},
      {"port zero", [](json& t) { config(t, 1)["computation_port"] = 0; }, "clients[1].client_config.computation_port"},
      {"port too high", [](json& t) { config(t, 1)["computation_port"] = 99999; }, "99999"},
      {"port negative", [](json& t) { entry(t, 1)["http_port"] = -1; }, "clients[1].http_port"},
      {"port a string", [](json& t) { entry(t, 1)["http_port"] = "8084"; }, "clients[1].http_port"},
      {"port a fraction", [](json& t) { entry(t, 1)["http_port"] = 8084.5; }, "clients[1].http_port"},
      {"port huge", [](json& t) { entry(t, 1)["http_port"] = 1e300; }, "clients[1].http_port"},
      {"same port twice", [](json& t) { config(t, 1)["computation_port"] = config(t, 2)["computation_port"]; }, "computation_port"},
      {"config missing", [](json& t) { entry(t, 1).erase("client_config"); }, "clients[1].client_config"},
      {"config a string", [](json& t) { entry(t, 1)["client_config"] = "x"; }, "clients[1].client_config"},
      {"raw path missing", [](json& t) { config(t, 1).erase("raw_data_path"); }, "clients[1].client_config.raw_data_path"},
      {"raw path absolute", [](json& t) { config(t, 1)["raw_data_path"] = "/etc/passwd"; }, "raw_data_path"},
      {"raw path climbs", [](json& t) { config(t, 1)["raw_data_path"] = "a/../../b"; }, "raw_data_path"},
      {"out path climbs", [](json& t) { config(t, 1)["out_data_path"] = "../../evil"; }, "out_data_path"},
      {"out path with a control character", [](json& t) { config(t, 1)["out_data_path"] = "a\tb"; }, "out_data_path"},
      {"out path with NUL", [](json& t) { config(t, 1)["out_data_path"] = std::string("a\0b", 3); }, "out_data_path"},
      {"out path a number", [](json& t) { config(t, 1)["out_data_path"] = 3; }, "out_data_path"},
      {"one node writes one path twice", [](json& t) { entry(t, 2)["http_port"] = entry(t, 1)["http_port"]; }, "out_data_path"},
      {"ratio of one", [](json& t) { config(t, 0)["test_ratio"] = 1.0; }, "test_ratio"},
      {"ratio negative", [](json& t) { config(t, 0)["test_ratio"] = -0.1; }, "test_ratio"},
      {"ratio text", [](json& t) { config(t, 0)["test_ratio"] = "0.2"; }, "test_ratio"},
      {"psi unknown", [](json& t) { config(t, 0)["psi"] = "rsa"; }, "psi"},
      {"psi planned", [](json& t) { config(t, 0)["psi"] = "okvs"; }, "psi"},
      {"min_intersection zero", [](json& t) { config(t, 0)["min_intersection"] = 0; }, "min_intersection"},
      {"main's setting at a party", [](json& t) { config(t, 1)["test_ratio"] = 0.2; }, "clients[1].client_config.test_ratio"},
      {"a party's setting at main", [](json& t) { config(t, 0)["raw_data_path"] = "x"; }, "clients[0].client_config.raw_data_path"},
      {"duplicates unknown", [](json& t) { config(t, 1)["duplicates"] = "last"; }, "duplicates"},
      {"columns a string", [](json& t) { config(t, 1)["columns"] = "x"; }, "columns"},
      {"columns nested", [](json& t) { config(t, 1)["columns"] = {{"x"}}; }, "columns[0]"},
      {"columns negative", [](json& t) { config(t, 1)["columns"] = {-1}; }, "columns[0]"},
      {"columns twice", [](json& t) { config(t, 1)["columns"] = {"x", "x"}; }, "columns"},
      {"id_column empty", [](json& t) { config(t, 1)["id_column"] = json::array(); }, "id_column"},
      {"overwrite a string", [](json& t) { config(t, 1)["overwrite"] = "yes"; }, "overwrite"},
  };
  return kFaults;
}

TEST_F(BadRequests, WithOneFaultNameItsPlace) {
  for (const auto& fault : faults()) {
    SCOPED_TRACE(fault.name);
    json task = good();
    fault.spoil(task);
    expect_refused(cluster_->post("/createTask", task), fault.status, fault.place);
    expect_refused(cluster_->post("/checkTask", task), fault.status, fault.place);
  }
}

TEST_F(BadRequests, WithSeveralFaultsHaveThemAllInOneAnswer) {
  json task = good();
  task["task_name"] = "no/good";
  config(task, 1)["computation_port"] = 99999;
  config(task, 2)["raw_data_pth"] = "x";
  const auto answer = cluster_->post("/createTask", task);
  EXPECT_EQ(answer.status, 400);
  EXPECT_GE(answer.document.at("error").at("details").size(), 3u) << answer.body;
}

TEST_F(BadRequests, ThatAreNoJsonNameTheLine) {
  expect_refused(cluster_->post("/createTask", std::string()), 400, "body");
  expect_refused(cluster_->post("/createTask", std::string("hello")), 400, "1");
  expect_refused(cluster_->post("/createTask", std::string("{\n  \"task_name\": \"a\",  # the name\n}")), 400, "line 2");
  expect_refused(cluster_->post("/createTask", std::string("{\n\"task_name\": \"a\",\n}")), 400, "comma");
  expect_refused(cluster_->post("/createTask", std::string("{\"a\": 1, \"a\": 2}")), 400, "a");
  expect_refused(cluster_->post("/createTask", std::string("{\"task_name\": \"\xff\"}")), 400, "UTF-8");
  expect_refused(cluster_->post("/createTask", std::string(100000, '[')), 400, "nest");
  expect_refused(cluster_->post("/createTask", std::string("{\"a\": NaN}")), 400, "1");
  expect_refused(cluster_->post("/createTask", std::string("[]")), 400, "object");
  EXPECT_EQ(cluster_->post("/createTask", std::string((1u << 20) + 1, ' ')).status, 413);
}

TEST_F(BadRequests, ToWrongPlacesAreToldSo) {
  expect_refused(cluster_->get("/nothing"), 404, "nothing");
  expect_refused(cluster_->ask_node(0, http::Method::kGet, "/"), 404, "/");
  expect_refused(cluster_->get("/createTask"), 405, "POST");
  expect_refused(cluster_->post("/queryStatus?task_name=x"), 405, "GET");
  expect_refused(cluster_->get("/queryStatus"), 400, "task_name");
  expect_refused(cluster_->post("/startTask?task_name=nobody"), 404, "nobody");
  expect_refused(cluster_->post("/stopTask?task_name=nobody"), 404, "nobody");
  expect_refused(cluster_->post("/deleteTask?task_name=nobody"), 404, "nobody");
  expect_refused(cluster_->post("/retryTask?task_name=nobody"), 404, "nobody");
  expect_refused(cluster_->get("/queryDataset?task_name=nobody"), 404, "nobody");
  expect_refused(cluster_->get("/watchTask?task_name=nobody"), 404, "nobody");
  EXPECT_EQ(cluster_->get("/queryStatus?task_name=nobody").document.at("msg"), "NotExist");
  expect_refused(cluster_->get("/listTasks?limit=-1"), 400, "limit");
  expect_refused(cluster_->get("/listTasks?status=Odd"), 400, "status");
  expect_refused(cluster_->get("/listNodes?status=Odd"), 400, "status");
  EXPECT_EQ(cluster_->get("/listNodes?status=reachable").status, 200);
}

TEST_F(BadRequests, ToANodeAreJudgedByTheNode) {
  const auto post = [](const std::string& target, const std::string& body) {
    return cluster_->ask_node(1, http::Method::kPost, target, body);
  };
  expect_refused(post("/createTask", "{}"), 400, "task_name");
  expect_refused(post("/createTask?task_name=x&client=1&step=prepare", ""), 400, "body");
  expect_refused(post("/createTask?task_name=x&client=1&step=prepare", "{}"), 400, "public");
  expect_refused(post("/createTask?task_name=x&client=1&step=dance", "{}"), 400, "step");
  expect_refused(post("/createTask?task_name=..%2Fx&client=1&step=prepare", "{}"), 400, "task_name");
  expect_refused(post("/createTask?task_name=x&client=minus&step=prepare", "{}"), 400, "client");
  expect_refused(post("/createTask?task_name=x&client=1&step=prepare", std::string(100000, '[')), 400, "nest");
  expect_refused(post("/startTask?task_name=x&client=1&run_id=00", ""), 404, "x");
  expect_refused(cluster_->ask_node(1, http::Method::kGet, "/monitor?query=odd&task_name=x&client=1"), 400, "query");
  expect_refused(cluster_->ask_node(1, http::Method::kGet, "/createTask"), 405, "POST");
  expect_refused(cluster_->ask_node(1, http::Method::kGet, "/nothing"), 404, "nothing");
}

}  // namespace
}  // namespace pai::test
