#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/http/client.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::test {

/// An answer of a daemon: HTTP status and the JSON document (null when the body is none).
struct Answer {
  int status = 0;
  nlohmann::json document;
  std::string body;

  std::string msg() const { return document.is_object() ? document.value("msg", nlohmann::json()).dump() : body; }
};

/// One party of a task: which node runs it, and its own settings.
struct Party {
  std::string role;
  int node = 0;
  nlohmann::json settings = nlohmann::json::object();
  std::string type = {};  ///< client_type; by default the alignment's that fits the role
};

struct ClusterOptions {
  int nodes = 4;
  /// --insecure. Otherwise mutual TLS, each organisation with a CA of its own that is bound to its names: the coordinator's has the user,
  /// the master and node 0, and every other node has one.
  bool insecure = false;
  /// A folder with ca.pem (the bundle), and user, master and node<i> as .pem and .key, to use instead.
  std::filesystem::path certificates = {};
  /// The policy of every node, as policy.toml; what the master may do. Default: everything.
  std::string policy = {};
  std::string node_config = {};   ///< TOML put before the generated part of each node's configuration
  std::string master_config = {};
  std::string node_config_end = {};  ///< and behind it, where tables may stand
  std::string master_config_end = {};
  std::string master_tls = {};    ///< more lines of its [tls] block
  /// Nodes whose clients only wait, so that the other parties of a task stay in the middle of it.
  std::vector<int> waiting_nodes = {};
};

/// The real programs on loopback in a folder of their own: one master, some nodes, the user's HTTP client.
class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();  ///< ends daemons and every client of this folder; prints the logs when the test failed

  // The daemons.
  void start_master();
  void start_node(int node);
  Process& master() { return *master_; }
  Process& node(int index) { return *nodes_.at(static_cast<std::size_t>(index)); }
  int node_port(int index) const { return node_ports_.at(static_cast<std::size_t>(index)); }
  int computation_port(int index) const { return computation_ports_.at(static_cast<std::size_t>(index)); }
  int master_port() const { return master_port_; }
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path policy_file(int index) const { return folder_ / ("node" + std::to_string(index) + ".policy.toml"); }
  std::filesystem::path node_folder(int index) const { return folder_ / ("node" + std::to_string(index)); }
  std::filesystem::path raw(int node, const std::string& name) const { return node_folder(node) / "raw" / name; }
  std::filesystem::path dataset(int node, const std::string& name) const { return node_folder(node) / "datasets" / name; }
  std::string master_log() const;
  std::string node_log(int index) const;
  std::string client_log(const std::string& task, int client, int node) const;

  // The user.
  std::string paictl_options() const;  ///< which master, and with which certificate: what every call of paictl takes
  Answer get(const std::string& target);
  Answer post(const std::string& target, const std::string& body = {});
  Answer post(const std::string& target, const nlohmann::json& body) { return post(target, body.dump()); }
  Answer ask_node(int node, http::Method method, const std::string& target, const std::string& body = {});
  std::string status(const std::string& task);  ///< the `msg` of queryStatus
  nlohmann::json full_status(const std::string& task);

  /// A task document; ports are filled in: party i computes on a port of its own.
  nlohmann::json task(const std::string& name, const std::vector<Party>& parties, nlohmann::json main_settings = {}) const;

  /// Follows /watchTask until `wanted(queryStatus)` holds; the last status, with a test failure after the deadline.
  nlohmann::json await(const std::string& task, const std::function<bool(const nlohmann::json&)>& wanted,
                       std::chrono::seconds deadline = std::chrono::seconds(30));
  /// Until Finished, Failed or Stopped; gives the folded state.
  std::string await_end(const std::string& task, std::chrono::seconds deadline = std::chrono::seconds(60));
  /// Creates, starts and waits; expects Finished.
  void run(const nlohmann::json& task);

  /// Pid of a running client of the task, from its state.json; fails the test when there is none within the deadline.
  pid_t client_pid(const std::string& task, int client, int node);

 private:
  std::unique_ptr<Process> launch(const std::string& program, int port, const std::string& name);
  std::vector<std::string> arguments(const std::string& program, int port, const std::string& name);
  http::Endpoint endpoint(int port) const;
  std::filesystem::path certificates() const;
  /// Makes the CAs and certificates, and `authorities_`.
  void make_identities();

  ClusterOptions options_;
  TempFolder folder_;
  std::string authorities_;  ///< [[authorities]] of every daemon
  int master_port_;
  int dealer_port_;  ///< of a crypto_producer, which may share a node with main
  std::vector<int> node_ports_;
  std::vector<int> computation_ports_;
  std::unique_ptr<http::Client> user_;
  std::unique_ptr<Process> master_;
  std::vector<std::unique_ptr<Process>> nodes_;
};

}  // namespace pai::test
