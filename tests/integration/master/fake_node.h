#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "common/task/reports.h"

namespace pai::test {

/// A node that keeps to the table in docs/architecture.md in memory, runs nothing, and does as the test tells it: refuse
/// a call, leave it without an answer, be away, let a client end.
///
/// Calls are named "prepare", "commit", "forget", "check", "start?" (check=true), "start", "stop", "delete?" (check=true),
/// "delete", "monitor", "log".
class FakeNode {
 public:
  FakeNode();
  ~FakeNode();
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;

  std::uint16_t port() const { return port_; }

  /// The port is closed; what was known stays.
  void go_down();
  void come_up();
  /// As if its folder was emptied.
  void lose_everything();

  /// The next `times` calls of this name are refused.
  void refuse(const std::string& call, Error error, int times = 1'000'000);
  /// Calls of this name get no answer before `release`.
  void stall(const std::string& call);
  void release();

  /// The client of the task here changes as if it had done so itself; everybody who follows hears it.
  void report(const std::string& task, task::ClientState state, const std::string& reason = "",
              std::optional<int> blames = std::nullopt, std::optional<int> signal = std::nullopt);
  void progress(const std::string& task, const std::string& phase, std::uint64_t done, std::uint64_t total);

  /// What it answers to this call from now on, whatever is asked: a document of its own.
  void say(const std::string& call, nlohmann::json document);
  /// What it says of the data set that a client reads; empty: nothing.
  void carry(const std::string& alignment_id);
  /// The client of the task here adds a row to its test record; told to everybody who follows, unless `quietly`.
  void record(const std::string& task, std::vector<double> row, bool quietly = false);
  /// The query of the last call of this name.
  std::map<std::string, std::string> last_query(const std::string& call) const;

  /// Sends this to everybody who follows, whatever is true.
  void tell(const task::ClientStatus& status);

  /// Waits until so many calls of this name have come; false after ten seconds.
  bool wait_for(const std::string& call, int times = 1);
  int count(const std::string& call) const;

  bool staged(const std::string& task) const;
  bool committed(const std::string& task) const;
  bool running(const std::string& task) const;
  bool empty() const;
  std::string run_id(const std::string& task) const;

 private:
  struct Client {
    std::string attempt;
    bool committed = false;
    task::ClientStatus status;
    std::vector<std::vector<double>> record = {};
  };
  http::Reply enter(const std::string& name, const http::Request& request,
                    const std::function<http::Reply(const std::string& task, int client)>& work);
  http::Reply create(const http::Request& request, const std::string& task, int client);
  http::Reply start(const http::Request& request, const std::string& task);
  http::Reply stop(const std::string& task);
  http::Reply monitor(const http::Request& request, const std::string& task);
  http::Reply events();
  http::Reply with_dataset(http::Reply reply) const;
  std::vector<http::Route> routes();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint16_t port_ = 0;
  std::map<std::string, Client> clients_;  ///< by task: one client of a task a node
  std::map<std::string, int> calls_;
  std::map<std::string, std::map<std::string, std::string>> queries_;
  std::string alignment_id_;
  std::map<std::string, nlohmann::json> said_;
  std::map<std::string, std::pair<Error, int>> refusals_;
  std::set<std::string> stalled_;
  std::vector<std::shared_ptr<http::EventStream>> streams_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace pai::test
