#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/http/client.h"
#include "integration/master/fake_node.h"
#include "master/creation.h"
#include "master/ending.h"
#include "master/intent_runner.h"
#include "master/lifecycle.h"
#include "master/recovery.h"
#include "master/starting.h"
#include "support/temp_folder.h"

namespace pai::test {

/// A master's service over fake nodes, in this process: the real store, the real HTTP client, short times.
class MasterTest : public ::testing::Test {
 protected:
  MasterTest();
  ~MasterTest() override;

  /// Opens the store and recovers, as the daemon does.
  void start_master();
  /// Ends the service in good order.
  void stop_master();
  /// Ends it as a kill would: nothing is written nor sent from now on.
  void kill_master();
  /// The master dies at its n-th write from now (0: the next one): neither that write nor anything after it happens.
  void die_at_write(int n) { writes_left_ = n; }
  bool died() const { return dead_; }
  /// Writes fail until it has room again.
  void fill_disk(bool full) { disk_full_ = full; }

  /// One main, two feature clients and a label client, one on each node.
  nlohmann::json document(const std::string& name = "t") const;
  /// A training: main, dealer, a feature client and a label client, one on each node.
  nlohmann::json training(const std::string& name = "t") const;
  std::string body(const std::string& name = "t") const { return document(name).dump(); }

  Result<nlohmann::json> create(const std::string& name = "t") { return master::create_task(*lifecycle_, body(name)); }
  Result<nlohmann::json> start(const std::string& name = "t") { return master::start_task(*lifecycle_, name); }
  Result<nlohmann::json> stop(master::EndOptions options = {}) { return master::stop_task(*lifecycle_, "t", options); }
  Result<nlohmann::json> remove(master::EndOptions options = {}) { return master::delete_task(*lifecycle_, "t", options); }
  Result<nlohmann::json> retry(bool resume = false) { return master::retry_task(*lifecycle_, "t", resume); }

  nlohmann::json status(const std::string& name = "t");
  std::string state(const std::string& name = "t") { return status(name).at("state"); }
  /// Waits until the task's status is as asked; the last one seen either way.
  nlohmann::json await(const std::function<bool(const nlohmann::json&)>& is_so, const std::string& name = "t");
  nlohmann::json await_state(const std::string& state, const std::string& name = "t");
  void run_to_running();

  void expect_nothing_anywhere();

  TempFolder folder_;
  std::vector<std::unique_ptr<FakeNode>> nodes_;
  master::LifecycleOptions options_;
  master::LinkTimeouts timeouts_{.connect = std::chrono::milliseconds(500), .call = std::chrono::milliseconds(1'000)};
  master::NodePolicy policy_{{}, true};

  std::atomic<bool> dead_ = false;
  std::atomic<int> writes_left_ = -1;
  std::atomic<bool> disk_full_ = false;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<master::NodeLink> link_;
  std::unique_ptr<master::Store> store_;
  std::unique_ptr<master::Lifecycle> lifecycle_;
  std::unique_ptr<master::IntentRunner> intents_;
};

}  // namespace pai::test
