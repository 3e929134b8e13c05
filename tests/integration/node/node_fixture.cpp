#include "integration/node/node_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "common/store/connection.h"

namespace pai::test {

using nlohmann::json;
using std::chrono::seconds;

Events::Events(http::Client& client, const http::Endpoint& node) {
  subscription_ = client.subscribe(
      node, "/events",
      [this](std::string_view event, std::string_view data) {
        const std::lock_guard lock(mutex_);
        events_.emplace_back(std::string(event), json::parse(data, nullptr, false));
        arrived_.notify_all();
      },
      [this](const Error&) {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        arrived_.notify_all();
      });
}

std::optional<json> Events::await(const std::function<bool(const std::string&, const json&)>& fits,
                                  seconds deadline) {
  std::unique_lock lock(mutex_);
  const auto end = std::chrono::steady_clock::now() + deadline;
  std::size_t seen = 0;
  while (true) {
    for (; seen < events_.size(); ++seen) {
      if (fits(events_[seen].first, events_[seen].second)) return events_[seen].second;
    }
    if (ended_ || arrived_.wait_until(lock, end) == std::cv_status::timeout) {
      if (seen == events_.size()) return std::nullopt;
    }
  }
}

std::optional<json> Events::await_state(const std::string& task, int client, const std::string& state) {
  const auto is = [&](const json& status) {
    return status.value("task_name", "") == task && status.value("client", -1) == client &&
           status.value("state", "") == state;
  };
  return await([&](const std::string& event, const json& data) {
    if (event == "client") return is(data);
    if (event != "snapshot") return false;
    const auto& clients = data.at("clients");
    return std::any_of(clients.begin(), clients.end(), is);
  });
}

bool Events::await_snapshot() {
  return await([](const std::string& event, const json&) { return event == "snapshot"; }).has_value();
}

std::vector<std::string> Events::states(const std::string& task, int client) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> states;
  for (const auto& [event, data] : events_) {
    if (event != "client" || data.value("task_name", "") != task || data.value("client", -1) != client)
      continue;
    const std::string state = data.value("state", "");
    if (states.empty() || states.back() != state) states.push_back(state);
  }
  return states;
}

std::size_t Events::count() {
  const std::lock_guard lock(mutex_);
  return events_.size();
}

NodeTest::NodeTest() : port_(free_port()), master_(http::Client::make(std::nullopt)) {
  for (int i = 0; i < 3; ++i) computation_ports_.push_back(free_port());
  std::filesystem::create_directories(data() / "raw");
  write_text(data() / "raw" / "a.csv", "id,X1,X2\n1,0.5,2\n2,0.25,3\n");
}

NodeTest::~NodeTest() {
  node_.reset();
  for (const pid_t pid : processes_with(folder_.path().string())) {
    ::kill(pid, SIGKILL);
    wait_gone(pid, seconds(10));
  }
  if (HasFailure()) std::cerr << "---- node.log\n" << node_log() << "\n";
}

void NodeTest::start_node(const std::string& config, const std::string& client_program) {
  node_.reset();
  const auto file = folder_ / "node.toml";
  const std::string program =
      client_program.empty() ? std::string(PAI_BIN_DIR) + "/../tests/stand_in_client" : client_program;
  std::string policy;
  if (secure_) {
    write_text(policy_file(), policy_);
    policy = "policy = \"" + policy_file().string() + "\"\n";
  }
  write_text(file, "client_program = \"" + program + "\"\n" + policy + config);
  const NotifySocket socket(folder_ / "notify");
  std::vector<std::string> argv{
      std::string(PAI_BIN_DIR) + "/pai-node", "--config",   file.string(),  "--name", "node", "--listen",
      "127.0.0.1:" + std::to_string(port_),   "--data-dir", data().string()};
  if (!secure_) argv.push_back("--insecure");
  node_ =
      std::make_unique<Process>(argv, folder_ / "node.log", std::vector<std::string>{socket.environment()});
  if (!socket.await_ready(*node_, seconds(30)))
    throw std::runtime_error("pai-node did not come up:\n" + node_log());
}

void NodeTest::kill_node() {
  node_->kill();
}

void NodeTest::age(const std::string& task, double days) {
  auto connection = store::SqliteConnection::open(data() / "node.db", {});
  ASSERT_TRUE(connection.ok());
  const auto changed = (*connection)->execute("UPDATE clients SET status = json_set(status, '$.ended_at', json_extract(status, '$.ended_at') - " +
                                              std::to_string(days * 86'400) + ") WHERE task_name = '" + task + "'");
  ASSERT_TRUE(changed.ok()) << changed.error().describe();
}

void NodeTest::stop_node() {
  node_->signal(SIGTERM);
  EXPECT_EQ(node_->wait(seconds(20)), 0);
}

NodeAnswer NodeTest::call(http::Method method, const std::string& target, const std::string& body) {
  const auto response =
      master_->call({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port_)},
                    {.method = method, .target = target, .body = body, .timeout = seconds(30)});
  if (!response.ok()) return {0, response.error().describe()};
  return {response->status, json::parse(response->body, nullptr, false)};
}

NodeAnswer NodeTest::post(const std::string& target, const json& body) {
  return call(http::Method::kPost, target, body.is_null() ? "" : body.dump());
}

json NodeTest::preparation(const std::string& task, int client, const std::string& attempt) {
  const json main_settings{{"psi", "prf"}, {"test_ratio", 0.2}, {"min_intersection", 1}};
  json clients = json::array();
  for (int i = 0; i < 3; ++i) {
    json each{{"id", i},
              {"role", i == 0   ? "main_client"
                       : i == 1 ? "feature_client"
                                : "label_client"},
              {"addr", "127.0.0.1"},
              {"http_port", port_},
              {"client_type", i == 0 ? "alignment_main" : "alignment_data"},
              {"computation_port", port_of(i)}};
    if (i == 0) each["settings"] = main_settings;
    clients.push_back(std::move(each));
  }
  json config = client == 0 ? main_settings
                            : json{{"raw_data_path", "a.csv"},
                                   {"out_data_path", task + "/out" + std::to_string(client)}};
  config["client_type"] = client == 0 ? "alignment_main" : "alignment_data";
  config["computation_port"] = port_of(client);
  return {{"public", {{"task_name", task}, {"clients", clients}}},
          {"client_config", config},
          {"attempt", attempt}};
}

NodeAnswer NodeTest::prepare(const std::string& task, int client, const std::string& attempt) {
  return post("/createTask?" + query(task, client) + "&step=prepare", preparation(task, client, attempt));
}
NodeAnswer NodeTest::commit(const std::string& task, int client, const std::string& attempt) {
  return post("/createTask?" + query(task, client) + "&step=commit", {{"attempt", attempt}});
}
NodeAnswer NodeTest::forget(const std::string& task, int client, const std::string& attempt) {
  return post("/createTask?" + query(task, client) + "&step=forget", {{"attempt", attempt}});
}
NodeAnswer NodeTest::start(const std::string& task, int client, const std::string& run) {
  return post("/startTask?" + query(task, client) + "&run_id=" + run);
}
NodeAnswer NodeTest::stop(const std::string& task, int client) {
  return post("/stopTask?" + query(task, client));
}
NodeAnswer NodeTest::remove(const std::string& task, int client, bool datasets) {
  return post("/deleteTask?" + query(task, client) + (datasets ? "&datasets=true" : ""));
}
NodeAnswer NodeTest::task_status(const std::string& task, int client) {
  return get("/monitor?query=task_status&" + query(task, client));
}

void NodeTest::create(const std::string& task, int client) {
  const auto prepared = prepare(task, client);
  ASSERT_EQ(prepared.status, 200) << prepared.body;
  const auto committed = commit(task, client);
  ASSERT_EQ(committed.status, 200) << committed.body;
}

void NodeTest::script(const std::string& task, int client, const std::string& text) {
  std::filesystem::create_directories(data() / "scripts");
  write_text(data() / "scripts" / (task + "-" + std::to_string(client)), text);
}

void NodeTest::open_gate(const std::string& task, int client, const std::string& name) {
  // Blocks until the client opens its end; the test's own time limit is the deadline.
  const auto pipe = task_folder(task, client) / name;
  (void)::mkfifo(pipe.c_str(), 0600);  // the client may not have come so far, or may have made it
  const int fd = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0) << pipe;
  ::close(fd);
}

std::unique_ptr<Events> NodeTest::follow() {
  auto events = std::make_unique<Events>(
      *master_, http::Endpoint{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port_)});
  EXPECT_TRUE(events->await_snapshot());
  return events;
}

namespace {

/// Looks again whenever something happens to the folder; false after the deadline.
bool await_change(const std::filesystem::path& folder, std::uint32_t events, seconds deadline,
                  const std::function<bool()>& happened) {
  const int fd = ::inotify_init1(IN_CLOEXEC);
  ::inotify_add_watch(fd, folder.c_str(), events);
  const auto end = std::chrono::steady_clock::now() + deadline;
  bool done = happened();
  while (!done) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
    char buffer[4096];
    (void)!::read(fd, buffer, sizeof buffer);  // what it was does not matter: look
    done = happened();
  }
  ::close(fd);
  return done;
}

}  // namespace

bool NodeTest::await_removed(const std::filesystem::path& path, seconds deadline) {
  return await_change(path.parent_path(), IN_DELETE | IN_MOVED_FROM, deadline,
                      [&] { return !std::filesystem::exists(path); });
}

bool NodeTest::await_log(const std::string& text, seconds deadline) const {
  return await_change(folder_.path(), IN_MODIFY, deadline,
                      [&] { return node_log().find(text) != std::string::npos; });
}

pid_t NodeTest::pid_of(const std::string& task, int client) {
  const auto state = json::parse(read_text(task_folder(task, client) / "state.json"), nullptr, false);
  const pid_t pid = state.is_object() && state.contains("process") ? state["process"].value("pid", -1) : -1;
  if (pid <= 1) throw std::runtime_error("no process in state.json: " + state.dump());  // kill(-1) is for everybody
  return pid;
}

}  // namespace pai::test
