#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/http/client.h"
#include "common/task/model.h"
#include "common/task/reports.h"

namespace pai::master {

/// One call to one node, for one client of one task.
struct NodeCall {
  http::Endpoint node;
  http::Method method = http::Method::kPost;
  std::string path;  ///< "/startTask"
  std::vector<std::pair<std::string, std::string>> query = {};
  std::string body = {};
  std::chrono::milliseconds timeout{0};  ///< 0: the link's own
};

/// How a call ended. Only `kOk` has a document; every other has the error.
struct NodeReply {
  enum class Outcome {
    kOk,
    kRefused,      ///< the node answered with an error
    kUnreachable,  ///< no connection, or it broke
    kTimeout,      ///< no answer in time: whether it was done is not known
  };
  Outcome outcome = Outcome::kUnreachable;
  int http_status = 0;
  nlohmann::json document = nlohmann::json::object();
  std::optional<Error> error = std::nullopt;

  bool ok() const { return outcome == Outcome::kOk; }
  /// The node gave an answer, good or bad.
  bool answered() const { return outcome == Outcome::kOk || outcome == Outcome::kRefused; }
};

/// The status that the answer carries under `client`, if it is well-formed and about this client.
std::optional<task::ClientStatus> client_status_in(const NodeReply& reply, const std::string& task_name, int client);

/// What the master needs of the network: a seam, so that tests can cut it.
class NodeLink {
 public:
  virtual ~NodeLink() = default;
  /// All at once; replies in order, each within its own deadline. Blocks; any thread.
  virtual std::vector<NodeReply> call_all(const std::vector<NodeCall>& calls) = 0;
  /// All at once, without waiting: `on_reply(at, reply)` runs once a call, on the network's thread, and must not block.
  virtual void call_each(const std::vector<NodeCall>& calls, std::function<void(std::size_t, NodeReply)> on_reply) = 0;
  /// As http::Client::subscribe, of the node's /events.
  virtual std::unique_ptr<http::Subscription> follow(
      const http::Endpoint& node, std::function<void(std::string_view, std::string_view)> on_event,
      std::function<void(const Error&)> on_end) = 0;

  NodeReply call(const NodeCall& one) { return call_all({one}).front(); }
};

struct LinkTimeouts {
  std::chrono::milliseconds connect{3'000};
  std::chrono::milliseconds call{10'000};
};

/// The real one. `client` outlives it.
std::unique_ptr<NodeLink> make_node_link(http::Client& client, LinkTimeouts timeouts);

}  // namespace pai::master
