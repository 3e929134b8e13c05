#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/http/client.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::test {

struct NodeAnswer {
  int status = 0;
  nlohmann::json body;

  std::string message() const {
    return body.is_object() && body.contains("msg") ? body["msg"].dump() : body.dump();
  }
};

/// Follows a node's /events and waits for what a test wants to see.
class Events {
 public:
  Events(http::Client& client, const http::Endpoint& node);

  /// The first event, seen or still to come, that fits; nothing after the deadline.
  std::optional<nlohmann::json> await(
      const std::function<bool(const std::string&, const nlohmann::json&)>& fits,
      std::chrono::seconds deadline = std::chrono::seconds(20));
  std::optional<nlohmann::json> await_state(const std::string& task, int client, const std::string& state);
  bool await_snapshot();
  /// States of a client in the order told, repeats left out.
  std::vector<std::string> states(const std::string& task, int client);
  std::size_t count();

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<std::string, nlohmann::json>> events_;
  bool ended_ = false;
  std::unique_ptr<http::Subscription> subscription_;  // ends first
};

/// One real pai-node in a folder of its own, with the scripted client, and a stand-in for the master.
class NodeTest : public ::testing::Test {
 protected:
  NodeTest();
  ~NodeTest() override;

  void start_node(const std::string& config = "", const std::string& client_program = "");
  void kill_node();
  void stop_node();
  Process& node() { return *node_; }

  NodeAnswer call(http::Method method, const std::string& target, const std::string& body = "");
  NodeAnswer get(const std::string& target) { return call(http::Method::kGet, target); }
  NodeAnswer post(const std::string& target, const nlohmann::json& body = nullptr);

  /// The body of prepare for client `client` of a task with main at 0 and data clients 1 and 2; all
  /// computation ports differ.
  nlohmann::json preparation(const std::string& task, int client, const std::string& attempt = "a1");
  NodeAnswer prepare(const std::string& task, int client, const std::string& attempt = "a1");
  NodeAnswer commit(const std::string& task, int client, const std::string& attempt = "a1");
  NodeAnswer forget(const std::string& task, int client, const std::string& attempt = "a1");
  NodeAnswer start(const std::string& task, int client, const std::string& run = "b1");
  NodeAnswer stop(const std::string& task, int client);
  NodeAnswer remove(const std::string& task, int client, bool datasets = false);
  NodeAnswer task_status(const std::string& task, int client);
  /// Prepares and commits; expects both to succeed.
  void create(const std::string& task, int client);
  /// What the scripted client will do.
  void script(const std::string& task, int client, const std::string& text);
  /// Makes the task's clients have ended so many days before they did. While no node runs.
  void age(const std::string& task, double days);
  /// Lets a `wait NAME` of the script go on.
  void open_gate(const std::string& task, int client, const std::string& name);
  std::unique_ptr<Events> follow();
  /// Until nothing has this name (inotify); false after the deadline.
  static bool await_removed(const std::filesystem::path& path,
                            std::chrono::seconds deadline = std::chrono::seconds(20));

  std::filesystem::path policy_file() const { return folder_ / "policy.toml"; }
  std::filesystem::path data() const { return folder_ / "node"; }
  std::filesystem::path task_folder(const std::string& task, int client) const {
    return data() / "tasks" / (task + "-" + std::to_string(client));
  }
  std::string node_log() const { return read_text(folder_ / "node.log"); }
  pid_t pid_of(const std::string& task, int client);
  int port_of(int client) const { return computation_ports_.at(static_cast<std::size_t>(client)); }
  static std::string query(const std::string& task, int client) {
    return "task_name=" + http::encode(task) + "&client=" + std::to_string(client);
  }

  /// Until node.log has this text (inotify); false after the deadline.
  bool await_log(const std::string& text, std::chrono::seconds deadline = std::chrono::seconds(20)) const;

  TempFolder folder_;
  std::string policy_ = "[[grants]]\nname = \"all\"\ninitiator = \"*\"\nraw = \"*\"\ndataset = \"*\"\n"
                        "[[grants]]\nname = \"no-data\"\ninitiator = \"*\"\n";  ///< of its owner, when secure_
  bool secure_ = false;  ///< TLS, as the configuration says, in place of --insecure
  int port_;
  std::vector<int> computation_ports_;
  std::unique_ptr<http::Client> master_;
  std::unique_ptr<Process> node_;
};

}  // namespace pai::test
