// The HTTP side: codes, documents, parameters, the watch stream, draining; shown with a real server and client.

#include <algorithm>
#include <condition_variable>

#include "common/task/account.h"
#include "integration/master/harness.h"
#include "master/api/routes.h"

namespace pai::test {
namespace {

using task::ClientState;

struct Answer {
  int status = 0;
  nlohmann::json document;
  std::string body;
};

class Api : public MasterTest {
 protected:
  Api() {
    query_ = master::TaskQuery::make(std::nullopt);
    metrics_ = service::Metrics::make();
    users_ = std::move(master::Users::open(*store_)).value();
    context_ = std::make_unique<master::api::Context>(
        master::api::Context{*lifecycle_, *query_, *metrics_, draining_, *users_});
    http::ServerOptions options{.host = "127.0.0.1", .port = 0, .tls = std::nullopt};
    options.gate = [](http::Request& request, const http::Route&) -> std::optional<http::Reply> {
      request.caller.role = access::Role::kAdmin;  // who may what is judged elsewhere
      return std::nullopt;
    };
    auto bound = http::Server::bind(std::move(options), master::api::routes(*context_));
    EXPECT_TRUE(bound.ok());
    server_ = std::move(*bound);
    server_->start();
    user_ = http::Client::make(std::nullopt);
  }
  ~Api() override { server_.reset(); }

  Answer call(http::Method method, const std::string& target, const std::string& body = "") {
    const auto response = user_->call({.host = "127.0.0.1", .port = server_->port()},
                                      {.method = method, .target = target, .body = body});
    EXPECT_TRUE(response.ok()) << response.error().describe();
    if (!response.ok()) return {};
    return {response->status, nlohmann::json::parse(response->body, nullptr, false), response->body};
  }
  Answer get(const std::string& target) { return call(http::Method::kGet, target); }
  Answer post(const std::string& target, const std::string& body = "") { return call(http::Method::kPost, target, body); }

  std::atomic<bool> draining_ = false;
  std::unique_ptr<master::TaskQuery> query_;
  std::unique_ptr<service::Metrics> metrics_;
  std::unique_ptr<master::Users> users_;
  std::unique_ptr<master::api::Context> context_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> user_;
};

TEST_F(Api, ATaskFromBeginningToEnd) {
  EXPECT_EQ(post("/createTask", body()).status, 200);
  EXPECT_EQ(get("/queryStatus?task_name=t").document.at("msg"), "Created");
  EXPECT_EQ(get("/queryDataset?task_name=t").document.at("msg"), nlohmann::json({0, 0}));
  EXPECT_EQ(get("/startTask?task_name=t").status, 200);
  await_state("Running");
  EXPECT_EQ(post("/startTask?task_name=t").status, 200);
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  await_state("Finished");
  EXPECT_EQ(get("/queryStatus?task_name=t").document.at("msg"), "Finished");
  const auto dataset = get("/queryDataset?task_name=t").document;
  EXPECT_EQ(dataset.at("msg"), nlohmann::json({80, 20}));
  EXPECT_EQ(dataset.at("datasets").size(), 3u);
  EXPECT_EQ(dataset.at("datasets")[0].at("rows"), nlohmann::json({80, 20}));
  EXPECT_EQ(get("/queryRecord?task_name=t").document.at("msg"), nlohmann::json::array());
  EXPECT_EQ(post("/startTask?task_name=t").status, 409);
  EXPECT_EQ(post("/deleteTask?task_name=t").status, 200);
  EXPECT_EQ(get("/queryStatus?task_name=t").document.at("msg"), "NotExist");
}

TEST_F(Api, AnUnknownTaskIsNotExistForStatusAndNotFoundElsewhere) {
  const auto status = get("/queryStatus?task_name=nobody");
  EXPECT_EQ(status.status, 200);
  EXPECT_EQ(status.document.at("msg"), "NotExist");
  for (const auto* target : {"/queryDataset?task_name=nobody", "/queryRecord?task_name=nobody",
                             "/queryTask?task_name=nobody&query=status", "/queryLog?task_name=nobody",
                             "/watchTask?task_name=nobody"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  for (const auto* target : {"/startTask?task_name=nobody", "/stopTask?task_name=nobody", "/deleteTask?task_name=nobody",
                             "/retryTask?task_name=nobody"}) {
    EXPECT_EQ(post(target).status, 404) << target;
  }
}

TEST_F(Api, AMissingNameAndAMistypedParameterAreNamed) {
  EXPECT_EQ(get("/queryStatus").status, 400);
  EXPECT_EQ(get("/queryStatus?task_name=..%2Fevil").status, 400);
  EXPECT_EQ(post("/startTask").status, 400);
  const auto mistyped = get("/queryStatus?task_nam=t");
  EXPECT_EQ(mistyped.status, 400);
  EXPECT_NE(mistyped.body.find("did you mean \\\"task_name\\\""), std::string::npos) << mistyped.body;
  EXPECT_EQ(get("/listTasks?limit=0").status, 400);
  EXPECT_EQ(get("/listTasks?limit=many").status, 400);
  EXPECT_EQ(get("/listTasks?status=Runing").status, 400);
}

TEST_F(Api, ListsArePagedAndFilteredByState) {
  for (const auto* name : {"a", "b", "c"}) EXPECT_EQ(post("/createTask", body(name)).status, 200);
  EXPECT_EQ(post("/stopTask?task_name=b").status, 200);
  const auto all = get("/listTasks?limit=2").document;
  EXPECT_EQ(all.at("total"), 3);
  EXPECT_EQ(all.at("tasks").size(), 2u);
  EXPECT_EQ(all.at("tasks")[0].at("task_name"), "c");
  EXPECT_EQ(get("/listTasks?limit=2&page=2").document.at("tasks")[0].at("task_name"), "a");
  const auto stopped = get("/listTasks?status=Stopped").document;
  EXPECT_EQ(stopped.at("total"), 1);
  EXPECT_EQ(stopped.at("tasks")[0].at("task_name"), "b");
  EXPECT_EQ(get("/listDatasets?status=Created").document.at("total"), 6);
}

TEST_F(Api, NodesAreListedWithReachabilityAndVersion) {
  EXPECT_EQ(post("/createTask", body()).status, 200);
  nodes_[1]->go_down();
  const auto nodes = get("/listNodes").document.at("nodes");
  ASSERT_EQ(nodes.size(), 4u);
  int reachable = 0;
  for (const auto& node : nodes) {
    if (!node.at("reachable").get<bool>()) {
      EXPECT_EQ(node.at("http_port"), nodes_[1]->port());
      continue;
    }
    ++reachable;
    EXPECT_EQ(node.at("version"), "1.2.3");
    EXPECT_TRUE(node.at("clock_skew_s").is_number());
  }
  EXPECT_EQ(reachable, 3);
}

TEST_F(Api, AClientThatDoesNotRunIsAnsweredFromWhatIsStored) {
  EXPECT_EQ(post("/createTask", body()).status, 200);
  const auto answer = get("/queryTask?task_name=t&query=status&client=-1").document;
  EXPECT_EQ(answer.at("msg"), "Created");
  EXPECT_EQ(answer.at("client"), 3);
  EXPECT_EQ(answer.at("live"), false);
  EXPECT_EQ(get("/queryTask?task_name=t&query=stat").status, 400);
  EXPECT_EQ(get("/queryTask?task_name=t&query=status&client=4").status, 400);
}

TEST_F(Api, ALogsEndComesFromItsNode) {
  EXPECT_EQ(post("/createTask", body()).status, 200);
  EXPECT_EQ(get("/queryLog?task_name=t&client=1&tail=5").document.at("msg"), "the end of the log\n");
  EXPECT_EQ(nodes_[1]->count("log"), 1);
}

TEST_F(Api, WhatANodeSaysOfItsHouseIsCheckedBeforeItIsPassedOn) {
  EXPECT_EQ(post("/createTask", body()).status, 200);
  const std::string at = "task_name=t&client=1";
  for (const auto& hostile : {nlohmann::json{{"msg", 5}}, nlohmann::json{{"msg", {{"split", 1}}}}, nlohmann::json{{"msg", nullptr}}, nlohmann::json{{"msg", {1, 2}}}}) {
    nodes_[1]->say("log", hostile);
    nodes_[1]->say("monitor", hostile);
    for (const auto* target : {"/queryLog?", "/queryLedger?", "/queryTask?query=traffic&"}) {
      const auto answer = get(target + at);
      EXPECT_EQ(answer.status, 502) << target << hostile.dump() << answer.body;
      EXPECT_NE(answer.body.find("client 1 (feature_client"), std::string::npos) << answer.body;
    }
  }
  task::LedgerSummary summary;
  summary.runs = 1;
  summary.sent = {{"send", 0, "TagBatch", "keyed_ids", "which tags exist", 3, 400}};
  auto told = task::to_json(summary);
  told["more"] = "of its own";
  nodes_[1]->say("monitor", {{"msg", told}});
  const auto ledger = get("/queryLedger?" + at);
  ASSERT_EQ(ledger.status, 200) << ledger.body;
  EXPECT_EQ(ledger.document.at("msg"), task::to_json(summary));
  EXPECT_EQ(ledger.document.at("client"), 1);
  nodes_[1]->say("monitor", {{"msg", task::to_json(std::vector<task::PeerUsage>{{.client = 2, .sent_bytes = 7, .rounds = 1}})}});
  const auto traffic = get("/queryTask?query=traffic&" + at);
  ASSERT_EQ(traffic.status, 200) << traffic.body;
  EXPECT_EQ(traffic.document.at("msg")[0].at("sent_bytes"), 7);
  EXPECT_EQ(traffic.document.at("answer").at("traffic"), traffic.document.at("msg"));
  nodes_[1]->refuse("monitor", Error(ErrorCode::kDenied, "this node does not share it"), 1);
  const auto denied = get("/queryLedger?" + at);
  EXPECT_EQ(denied.status, 403) << denied.body;
  EXPECT_NE(denied.body.find("does not share"), std::string::npos);
  nodes_[1]->say("check", {{"msg", "checked"}, {"discloses", "everything"}});
  EXPECT_EQ(post("/checkTask", body("other")).status, 502);
}

TEST_F(Api, AWatcherSeesEveryChangeUntilTheEnd) {
  EXPECT_EQ(post("/createTask", body()).status, 200);
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> states;
  bool ended = false;
  const auto stream = user_->subscribe(
      {.host = "127.0.0.1", .port = server_->port()}, "/watchTask?task_name=t",
      [&](std::string_view name, std::string_view data) {
        const std::lock_guard lock(mutex);
        if (name == "status") states.push_back(nlohmann::json::parse(data).at("state"));
        changed.notify_all();
      },
      [&](const Error&) {
        const std::lock_guard lock(mutex);
        ended = true;
        changed.notify_all();
      });
  const auto wait = [&](auto is_so) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), is_so));
  };
  wait([&] { return !states.empty(); });
  EXPECT_EQ(post("/startTask?task_name=t").status, 200);
  wait([&] { return states.back() == "Running"; });
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  wait([&] { return ended; });
  EXPECT_EQ(states.front(), "Created");
  EXPECT_EQ(states.back(), "Finished");
  EXPECT_NE(std::find(states.begin(), states.end(), "Starting"), states.end());
}

/// What a watcher of a training was sent.
class Watched {
 public:
  Watched(http::Client& user, std::uint16_t port)
      : stream_(user.subscribe({.host = "127.0.0.1", .port = port}, "/watchTask?task_name=t",
                               [this](std::string_view name, std::string_view data) { take(name, data); },
                               [this](const Error&) {
                                 const std::lock_guard lock(mutex_);
                                 ended_ = true;
                                 changed_.notify_all();
                               })) {}

  /// Batches of the rows that came, in their order, once there are so many or the stream ended.
  std::vector<int> rows(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return ended_ || rows_.size() >= count; }));
    return rows_;
  }
  std::string last_state() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return ended_; }));
    return last_ == "status" ? state_ : "the last event is " + last_;
  }
  void await_status() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !state_.empty(); }));
  }

 private:
  void take(std::string_view name, std::string_view data) {
    const auto document = nlohmann::json::parse(data);
    const std::lock_guard lock(mutex_);
    last_ = std::string(name);
    if (name == "status") state_ = document.at("state");
    if (name == "record") {
      EXPECT_EQ(document.at("columns"), nlohmann::json({"time", "n_batches", "loss"}));
      EXPECT_EQ(document.at("first"), rows_.size());
      for (const auto& row : document.at("rows")) rows_.push_back(row.at(1));
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> rows_;
  std::string state_, last_;
  bool ended_ = false;
  std::unique_ptr<http::Subscription> stream_;  // last: its callbacks use the rest
};

TEST_F(Api, ATrainingsRecordIsWatchedAndAsked) {
  for (const std::size_t i : {2, 3}) nodes_[i]->carry("00ff");
  EXPECT_EQ(post("/createTask", training().dump()).status, 200);
  EXPECT_EQ(get("/queryRecord?task_name=t").document.at("msg"), nlohmann::json::array());
  Watched early(*user_, server_->port());
  early.await_status();
  EXPECT_EQ(post("/startTask?task_name=t").status, 200);
  await_state("Running");
  nodes_[3]->record("t", {0.5, 10, 0.75});
  EXPECT_EQ(early.rows(1), std::vector{10});
  // Two evaluations between two looks of the node: the first is fetched.
  nodes_[3]->record("t", {1, 20, 0.5}, /*quietly=*/true);
  nodes_[3]->record("t", {1.5, 30, 0.25});
  EXPECT_EQ(early.rows(3), (std::vector{10, 20, 30}));
  Watched late(*user_, server_->port());
  EXPECT_EQ(late.rows(3), (std::vector{10, 20, 30}));

  const auto record = get("/queryRecord?task_name=t").document;
  EXPECT_EQ(record.at("msg"), nlohmann::json::parse("[[0.5,10,0.75],[1,20,0.5],[1.5,30,0.25]]"));
  EXPECT_EQ(record.at("columns"), nlohmann::json({"time", "n_batches", "loss"}));
  EXPECT_EQ(get("/queryStatus?task_name=t").document.at("clients")[3].at("n_batches"), 30);

  // The last rows come before the end, also those that no status brought.
  nodes_[3]->record("t", {2, 40, 0.2}, /*quietly=*/true);
  nodes_[3]->record("t", {2.5, 50, 0.1}, /*quietly=*/true);
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  EXPECT_EQ(early.last_state(), "Finished");
  EXPECT_EQ(early.rows(5), (std::vector{10, 20, 30, 40, 50}));
  EXPECT_EQ(late.last_state(), "Finished");
  EXPECT_EQ(late.rows(5), (std::vector{10, 20, 30, 40, 50}));
  Watched after(*user_, server_->port());
  EXPECT_EQ(after.last_state(), "Finished");
  EXPECT_EQ(after.rows(5), (std::vector{10, 20, 30, 40, 50}));
  EXPECT_EQ(get("/queryRecord?task_name=t").document.at("msg").size(), 5u);
  const auto asked = get("/queryTask?task_name=t&query=n_batches").document;
  EXPECT_EQ(asked.at("msg"), 50);
  EXPECT_EQ(get("/queryTask?task_name=t&query=record").document.at("msg").size(), 5u);
}

TEST_F(Api, AWatchersEndWaitsForNoNodeThatIsAway) {
  for (const std::size_t i : {2, 3}) nodes_[i]->carry("00ff");
  EXPECT_EQ(post("/createTask", training().dump()).status, 200);
  EXPECT_EQ(post("/startTask?task_name=t").status, 200);
  await_state("Running");
  Watched watched(*user_, server_->port());
  watched.await_status();
  nodes_[3]->refuse("monitor", Error(ErrorCode::kIo, "the disk is gone"));
  nodes_[3]->record("t", {1, 10, 0.5}, /*quietly=*/true);
  nodes_[3]->record("t", {2, 20, 0.5}, /*quietly=*/true);
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  EXPECT_EQ(watched.last_state(), "Finished");
}

TEST_F(Api, WhileDrainingMutatingCallsAreRefusedAndQueriesAnswered) {
  EXPECT_EQ(get("/readyz").status, 200);
  draining_ = true;
  EXPECT_EQ(post("/createTask", body()).status, 503);
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/listTasks").status, 200);
}

TEST_F(Api, AnErrorNamesNodeAndReason) {
  nodes_[2]->refuse("prepare", Error(ErrorCode::kInvalid, "column 'X9' is not in t.csv"));
  const auto refused = post("/createTask", body());
  EXPECT_EQ(refused.status, 502);
  EXPECT_EQ(refused.document.at("status"), "err");
  EXPECT_EQ(refused.document.at("error").at("details")[0].at("node"), "127.0.0.1:" + std::to_string(nodes_[2]->port()));
  EXPECT_NE(refused.document.at("msg").get<std::string>().find("X9"), std::string::npos);
}

TEST_F(Api, ATasksDocumentComesWithWhatMayLeaveEachParty) {
  EXPECT_EQ(get("/queryDocument?task_name=t").status, 404);
  EXPECT_EQ(post("/createTask", body()).status, 200);
  const auto said = get("/queryDocument?task_name=t").document;
  EXPECT_EQ(said.at("family"), "alignment");
  EXPECT_EQ(said.at("task").at("task_name"), "t");
  EXPECT_EQ(said.at("task").at("clients")[0].at("client_config").at("psi"), "prf") << "defaults are filled in";
  ASSERT_EQ(said.at("clients").size(), said.at("task").at("clients").size());
  EXPECT_FALSE(said.at("clients")[1].at("discloses").empty());
  // The document can be sent again: a task made from it is the same.
  EXPECT_EQ(post("/createTask", said.at("task").dump()).status, 200);
}

TEST_F(Api, ClientTypesTellEverySetting) {
  const auto types = get("/clientTypes").document.at("types");
  const auto type = std::find_if(types.begin(), types.end(), [](const auto& one) { return one.at("name") == "alignment_data"; });
  ASSERT_NE(type, types.end());
  EXPECT_EQ(type->at("roles"), nlohmann::json({"feature_client", "label_client"}));
  const auto& settings = type->at("settings");
  const auto raw = std::find_if(settings.begin(), settings.end(), [](const auto& one) { return one.at("name") == "raw_data_path"; });
  ASSERT_NE(raw, settings.end());
  EXPECT_EQ(raw->at("required"), true);
  EXPECT_EQ(raw->at("kind"), "path");
}

TEST_F(Api, OperatorsRoutesAnswer) {
  EXPECT_EQ(get("/version").document.at("program"), "pai-master");
  EXPECT_EQ(get("/metrics").status, 200);
  EXPECT_NE(get("/openapi.yaml").body.find("openapi:"), std::string::npos);
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(get("/stopTask?task_name=t").status, 405);
}

}  // namespace
}  // namespace pai::test
