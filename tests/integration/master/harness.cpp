#include "integration/master/harness.h"

#include "common/log/log.h"
#include "master/status_document.h"

namespace pai::test {
namespace {

constexpr std::chrono::seconds kPatience{15};

/// The network of a process that can be killed: afterwards nothing leaves it.
class MortalLink final : public master::NodeLink {
 public:
  MortalLink(std::unique_ptr<master::NodeLink> link, const std::atomic<bool>& dead) : link_(std::move(link)), dead_(dead) {}

  std::vector<master::NodeReply> call_all(const std::vector<master::NodeCall>& calls) override {
    if (!dead_) return link_->call_all(calls);
    return std::vector<master::NodeReply>(calls.size(), nothing());
  }
  void call_each(const std::vector<master::NodeCall>& calls,
                 std::function<void(std::size_t, master::NodeReply)> on_reply) override {
    if (!dead_) return link_->call_each(calls, std::move(on_reply));
    for (std::size_t at = 0; at < calls.size(); ++at) on_reply(at, nothing());
  }
  std::unique_ptr<http::Subscription> follow(const http::Endpoint& node,
                                             std::function<void(std::string_view, std::string_view)> on_event,
                                             std::function<void(const Error&)> on_end) override {
    return link_->follow(node, std::move(on_event), std::move(on_end));
  }

 private:
  static master::NodeReply nothing() {
    return {.outcome = master::NodeReply::Outcome::kUnreachable,
            .http_status = 0,
            .document = nullptr,
            .error = Error(ErrorCode::kCancelled, "this master is dead")};
  }

  std::unique_ptr<master::NodeLink> link_;
  const std::atomic<bool>& dead_;
};

}  // namespace

MasterTest::MasterTest() {
  for (int i = 0; i < 4; ++i) nodes_.push_back(std::make_unique<FakeNode>());
  options_.limits = {.start_timeout_s = 5, .node_lost_timeout_s = 60, .blame_wait_s = 2};
  options_.follower.backoff_max = std::chrono::milliseconds(200);
  options_.stop_timeout = std::chrono::milliseconds(1'500);
  options_.commit_window = std::chrono::milliseconds(300);
  options_.recovery_window = std::chrono::milliseconds(1'500);
  options_.intent_backoff_min = std::chrono::milliseconds(20);
  options_.intent_backoff_max = std::chrono::milliseconds(200);
  log::set_level(log::Level::kError);
  start_master();
}

MasterTest::~MasterTest() {
  for (const auto& node : nodes_) node->release();
  stop_master();
}

void MasterTest::start_master() {
  dead_ = false;
  writes_left_ = -1;
  const auto gate = [this](std::string_view) -> Status {
    if (!dead_ && writes_left_ >= 0 && writes_left_-- == 0) dead_ = true;
    if (dead_) return Error(ErrorCode::kIo, "this master is dead");
    if (disk_full_) return Error(ErrorCode::kIo, "no space left on device");
    return {};
  };
  auto opened = master::Store::open(folder_ / "master.db", gate);
  ASSERT_TRUE(opened.ok()) << opened.error().describe();
  store_ = std::move(*opened);
  client_ = http::Client::make(std::nullopt);
  link_ = std::make_unique<MortalLink>(master::make_node_link(*client_, timeouts_), dead_);
  lifecycle_ = std::make_unique<master::Lifecycle>(*store_, *link_, policy_, options_);
  const auto recovered = master::recover(*lifecycle_);
  ASSERT_TRUE(recovered.ok()) << recovered.error().describe();
  intents_ = std::make_unique<master::IntentRunner>(*lifecycle_);
  lifecycle_->on_intents([this] { intents_->kick(); });
}

void MasterTest::stop_master() {
  if (intents_) intents_->stop();
  if (lifecycle_) lifecycle_->stop();
  intents_.reset();
  lifecycle_.reset();
  link_.reset();
  client_.reset();
  store_.reset();
}

void MasterTest::kill_master() {
  dead_ = true;
  stop_master();
}

nlohmann::json MasterTest::document(const std::string& name) const {
  const auto client = [&](std::size_t i, const std::string& role, const std::string& type) {
    nlohmann::json config = {{"client_type", type}, {"computation_port", 20'000 + static_cast<int>(i)}};
    if (type == "alignment_data") {
      config["raw_data_path"] = "t.csv";
      config["out_data_path"] = "out/" + name;
    }
    return nlohmann::json{
        {"role", role}, {"addr", "127.0.0.1"}, {"http_port", nodes_[i]->port()}, {"client_config", config}};
  };
  return {{"task_name", name},
          {"clients",
           {client(0, "main_client", "alignment_main"), client(1, "feature_client", "alignment_data"),
            client(2, "feature_client", "alignment_data"), client(3, "label_client", "alignment_data")}}};
}

nlohmann::json MasterTest::training(const std::string& name) const {
  const auto client = [&](std::size_t i, const std::string& role, const std::string& type) {
    nlohmann::json config = {{"client_type", type}, {"computation_port", 20'000 + static_cast<int>(i)}};
    if (i >= 2) config["data_path"] = "d";
    return nlohmann::json{
        {"role", role}, {"addr", "127.0.0.1"}, {"http_port", nodes_[i]->port()}, {"client_config", config}};
  };
  return {{"task_name", name},
          {"clients",
           {client(0, "main_client", "shared_nn_main"), client(1, "crypto_producer", "triplet_producer"),
            client(2, "feature_client", "shared_nn_feature"), client(3, "label_client", "shared_nn_label")}}};
}

nlohmann::json MasterTest::status(const std::string& name) {
  const auto task = lifecycle_->table().acquire(name);
  EXPECT_TRUE(task.ok());
  const std::lock_guard lock((*task)->mutex);
  return master::status_document(**task, lifecycle_->views(**task));
}

nlohmann::json MasterTest::await(const std::function<bool(const nlohmann::json&)>& is_so, const std::string& name) {
  const auto task = *lifecycle_->table().acquire(name);
  master::TaskLock lock(task->mutex);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  nlohmann::json seen = master::status_document(*task, lifecycle_->views(*task));
  while (!is_so(seen)) {
    if (task->changed.wait_until(lock, deadline) == std::cv_status::timeout) {
      ADD_FAILURE() << "it did not come to that: " << seen.dump(1);
      break;
    }
    seen = master::status_document(*task, lifecycle_->views(*task));
  }
  return seen;
}

nlohmann::json MasterTest::await_state(const std::string& state, const std::string& name) {
  return await([&](const nlohmann::json& seen) { return seen.at("state") == state; }, name);
}

void MasterTest::run_to_running() {
  const auto created = create();
  ASSERT_TRUE(created.ok()) << created.error().describe();
  const auto started = start();
  ASSERT_TRUE(started.ok()) << started.error().describe();
  await_state("Running");
}

void MasterTest::expect_nothing_anywhere() {
  for (const auto& node : nodes_) EXPECT_TRUE(node->empty());
  EXPECT_EQ(state(), "NotExist");
}

}  // namespace pai::test
