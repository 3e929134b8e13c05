#include "integration/master/fake_node.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pai::test {
namespace {

using http::Method;
using http::Reply;
using http::Request;
using task::ClientState;

constexpr std::chrono::seconds kPatience{10};

Reply refusal(ErrorCode code, const std::string& message) { return http::error_reply(Error(code, message)); }

Reply with_client(const task::ClientStatus& status) {
  return http::ok_reply({{"msg", "ok"}, {"client", task::to_json(status)}});
}

}  // namespace

FakeNode::FakeNode() { come_up(); }

FakeNode::~FakeNode() {
  release();
  go_down();
}

void FakeNode::come_up() {
  auto bound = http::Server::bind({.host = "127.0.0.1", .port = port_, .tls = std::nullopt}, routes());
  ASSERT_TRUE(bound.ok()) << bound.error().describe();
  server_ = std::move(*bound);
  port_ = server_->port();
  server_->start();
}

void FakeNode::go_down() {
  server_.reset();
  const std::lock_guard lock(mutex_);
  streams_.clear();
}

void FakeNode::lose_everything() {
  const std::lock_guard lock(mutex_);
  clients_.clear();
}

void FakeNode::refuse(const std::string& call, Error error, int times) {
  const std::lock_guard lock(mutex_);
  refusals_.insert_or_assign(call, std::make_pair(std::move(error), times));
}

void FakeNode::stall(const std::string& call) {
  const std::lock_guard lock(mutex_);
  stalled_.insert(call);
}

void FakeNode::release() {
  {
    const std::lock_guard lock(mutex_);
    stalled_.clear();
    refusals_.clear();
  }
  changed_.notify_all();
}

void FakeNode::report(const std::string& task, ClientState state, const std::string& reason, std::optional<int> blames,
                      std::optional<int> signal) {
  task::ClientStatus status;
  {
    const std::lock_guard lock(mutex_);
    auto& client = clients_.at(task);
    client.status.state = state;
    client.status.reason = reason;
    client.status.blames = blames;
    client.status.signal = signal;
    if (state == ClientState::kFinished) {
      client.status.dataset = task::DatasetSummary{
          .out_data_path = "out", .files = {"t_aligned.csv"}, .columns = {"x"}, .train_rows = 80, .test_rows = 20, .alignment_id = "ab12"};
    }
    status = client.status;
  }
  tell(status);
}

void FakeNode::progress(const std::string& task, const std::string& phase, std::uint64_t done, std::uint64_t total) {
  task::ClientStatus status;
  {
    const std::lock_guard lock(mutex_);
    auto& client = clients_.at(task);
    client.status.progress = {.phase = phase, .done = done, .total = total, .unit = "rows"};
    status = client.status;
  }
  tell(status);
}

void FakeNode::say(const std::string& call, nlohmann::json document) {
  const std::lock_guard lock(mutex_);
  said_[call] = std::move(document);
}

void FakeNode::carry(const std::string& alignment_id) {
  const std::lock_guard lock(mutex_);
  alignment_id_ = alignment_id;
}

void FakeNode::record(const std::string& task, std::vector<double> row, bool quietly) {
  task::ClientStatus status;
  {
    const std::lock_guard lock(mutex_);
    auto& client = clients_.at(task);
    client.record.push_back(row);
    client.status.n_batches = static_cast<std::uint64_t>(row.at(1));
    client.status.record = task::RecordSummary{
        .columns = {"time", "n_batches", "loss"}, .rows = client.record.size(), .latest = std::move(row)};
    status = client.status;
  }
  if (!quietly) tell(status);
}

std::map<std::string, std::string> FakeNode::last_query(const std::string& call) const {
  const std::lock_guard lock(mutex_);
  const auto found = queries_.find(call);
  return found == queries_.end() ? std::map<std::string, std::string>() : found->second;
}

/// Mutex held.
Reply FakeNode::with_dataset(Reply reply) const {
  if (alignment_id_.empty()) return reply;
  auto document = nlohmann::json::parse(reply.body);
  document["dataset"] = {
      {"data_path", "d"}, {"alignment_id", alignment_id_}, {"train_rows", 8}, {"test_rows", 2}, {"columns", 3}};
  reply.body = document.dump();
  return reply;
}

void FakeNode::tell(const task::ClientStatus& status) {
  std::vector<std::shared_ptr<http::EventStream>> streams;
  {
    const std::lock_guard lock(mutex_);
    streams = streams_;
  }
  for (const auto& stream : streams) stream->push("client", task::to_json(status).dump());
}

bool FakeNode::wait_for(const std::string& call, int times) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return calls_[call] >= times; });
}

int FakeNode::count(const std::string& call) const {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}

bool FakeNode::staged(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(task);
  return found != clients_.end() && !found->second.committed;
}

bool FakeNode::committed(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(task);
  return found != clients_.end() && found->second.committed;
}

bool FakeNode::running(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(task);
  return found != clients_.end() && found->second.status.state == ClientState::kRunning;
}

bool FakeNode::empty() const {
  const std::lock_guard lock(mutex_);
  return clients_.empty();
}

std::string FakeNode::run_id(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(task);
  return found == clients_.end() ? "" : found->second.status.run_id;
}

Reply FakeNode::enter(const std::string& name, const Request& request,
                      const std::function<Reply(const std::string&, int)>& work) {
  const auto task = request.optional("task_name").value_or("");
  const auto client = std::stoi(request.optional("client").value_or("0"));
  {
    std::unique_lock lock(mutex_);
    ++calls_[name];
    queries_[name] = request.query;
    changed_.notify_all();
    changed_.wait(lock, [&] { return stalled_.count(name) == 0; });
    const auto refused = refusals_.find(name);
    if (refused != refusals_.end()) {
      const auto error = refused->second.first;
      if (--refused->second.second <= 0) refusals_.erase(refused);
      return http::error_reply(error);
    }
    if (const auto said = said_.find(name); said != said_.end()) return http::ok_reply(said->second);
  }
  return work(task, client);
}

Reply FakeNode::create(const Request& request, const std::string& task, int client) {
  const auto step = request.optional("step").value_or("");
  const auto body = nlohmann::json::parse(request.body);
  const auto attempt = body.at("attempt").get<std::string>();
  const std::lock_guard lock(mutex_);
  const auto known = clients_.find(task);
  if (step == "prepare") {
    if (!body.contains("public") || !body.contains("client_config")) return refusal(ErrorCode::kInvalid, "no task");
    if (known != clients_.end() && known->second.attempt != attempt) return refusal(ErrorCode::kConflict, "the task exists here");
    auto& entry = clients_[task];
    entry.attempt = attempt;
    entry.status.task_name = task;
    entry.status.client = client;
    entry.status.state = ClientState::kPrepared;
    return with_dataset(with_client(entry.status));
  }
  if (step == "commit") {
    if (known == clients_.end() || known->second.attempt != attempt) return refusal(ErrorCode::kConflict, "expired");
    known->second.committed = true;
    known->second.status.state = ClientState::kCreated;
    return with_client(known->second.status);
  }
  if (known != clients_.end() && known->second.attempt == attempt) clients_.erase(known);
  return http::ok_reply({{"msg", "forgotten"}});
}

Reply FakeNode::start(const Request& request, const std::string& task) {
  task::ClientStatus status;
  {
    const std::lock_guard lock(mutex_);
    const auto known = clients_.find(task);
    if (known == clients_.end() || !known->second.committed) return refusal(ErrorCode::kNotFound, "no such task here");
    status = known->second.status;
    if (request.optional("check").has_value()) return with_dataset(with_client(status));
    const auto run_id = request.optional("run_id").value_or("");
    if (status.run_id == run_id) return with_client(status);
    if (status.state == ClientState::kRunning) return refusal(ErrorCode::kConflict, "another run is going on");
    task::ClientStatus fresh;
    fresh.task_name = task;
    fresh.client = status.client;
    fresh.run_id = run_id;
    fresh.state = ClientState::kRunning;
    known->second.status = fresh;
    status = fresh;
  }
  tell(status);
  return with_client(status);
}

Reply FakeNode::stop(const std::string& task) {
  task::ClientStatus status;
  {
    const std::lock_guard lock(mutex_);
    const auto known = clients_.find(task);
    if (known == clients_.end()) return http::ok_reply({{"msg", "NotExist"}});
    if (known->second.status.state == ClientState::kRunning) known->second.status.state = ClientState::kStopped;
    status = known->second.status;
  }
  tell(status);
  return with_client(status);
}

Reply FakeNode::monitor(const Request& request, const std::string& task) {
  const std::lock_guard lock(mutex_);
  const auto known = clients_.find(task);
  if (known == clients_.end()) return refusal(ErrorCode::kNotFound, "no such task here");
  if (request.optional("query") != "record") return with_client(known->second.status);
  const auto from = std::min<std::size_t>(std::stoul(request.optional("from").value_or("0")), known->second.record.size());
  auto rows = nlohmann::json::array();
  for (auto i = from; i < known->second.record.size(); ++i) rows.push_back(known->second.record[i]);
  return http::ok_reply({{"msg", std::move(rows)},
                         {"columns", {"time", "n_batches", "loss"}},
                         {"first", from},
                         {"total", known->second.record.size()}});
}

Reply FakeNode::events() {
  auto stream = http::make_event_stream();
  const std::lock_guard lock(mutex_);
  nlohmann::json all = nlohmann::json::array();
  for (const auto& [task, client] : clients_) all.push_back(task::to_json(client.status));
  stream->push("snapshot", nlohmann::json{{"node", "fake"}, {"boot_id", "b"}, {"clients", all}}.dump());
  streams_.push_back(stream);
  return {.content_type = "text/event-stream", .body = "", .events = std::move(stream)};
}

std::vector<http::Route> FakeNode::routes() {
  const auto route = [this](Method method, std::string path, auto name_of, auto work) {
    return http::Route{.method = method,
                       .path = std::move(path),
                       .handler = [this, name_of, work](const Request& request) {
                         return enter(name_of(request), request, [&](const std::string& task, int client) {
                           return work(request, task, client);
                         });
                       },
                       .slow = true};
  };
  const auto named = [](std::string name) { return [name](const Request&) { return name; }; };
  return {
      route(Method::kPost, "/createTask", [](const Request& r) { return r.optional("step").value_or(""); },
            [this](const Request& r, const std::string& task, int client) { return create(r, task, client); }),
      route(Method::kPost, "/checkTask", named("check"),
            [this](const Request&, const std::string&, int) {
              const std::lock_guard lock(mutex_);
              return with_dataset(http::ok_reply({{"msg", "checked"}}));
            }),
      route(Method::kPost, "/startTask",
            [](const Request& r) { return std::string(r.optional("check").has_value() ? "start?" : "start"); },
            [this](const Request& r, const std::string& task, int) { return start(r, task); }),
      route(Method::kPost, "/stopTask", named("stop"),
            [this](const Request&, const std::string& task, int) { return stop(task); }),
      route(Method::kPost, "/deleteTask",
            [](const Request& r) { return std::string(r.optional("check").has_value() ? "delete?" : "delete"); },
            [this](const Request& r, const std::string& task, int) {
              if (r.optional("check").has_value()) return http::ok_reply({{"msg", "checked"}});
              const std::lock_guard lock(mutex_);
              clients_.erase(task);
              return http::ok_reply({{"msg", "deleted"}});
            }),
      route(Method::kGet, "/monitor", named("monitor"),
            [this](const Request& r, const std::string& task, int) { return monitor(r, task); }),
      route(Method::kGet, "/queryLog", named("log"),
            [](const Request&, const std::string&, int) { return http::ok_reply({{"msg", "the end of the log\n"}}); }),
      {Method::kGet, "/events", [this](const Request&) { return events(); }},
      {Method::kGet, "/livez", [](const Request&) { return http::ok_reply({{"msg", "alive"}}); }},
      {Method::kGet, "/version",
       [](const Request&) {
         return http::ok_reply({{"msg", "1.2.3"}, {"version", "1.2.3"}, {"node", "fake"}, {"time", 0}, {"certificate_not_after", nullptr}});
       }},
  };
}

}  // namespace pai::test
