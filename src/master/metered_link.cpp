#include "master/metered_link.h"

#include <chrono>
#include <utility>

namespace pai::master {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kCalls = "pai_master_node_calls_total";
constexpr const char* kSeconds = "pai_master_node_call_seconds";

const char* outcome_name(NodeReply::Outcome outcome) {
  switch (outcome) {
    case NodeReply::Outcome::kOk: return "ok";
    case NodeReply::Outcome::kRefused: return "refused";
    case NodeReply::Outcome::kUnreachable: return "unreachable";
    case NodeReply::Outcome::kTimeout: return "timeout";
  }
  return "unknown";
}

class MeteredLink final : public NodeLink {
 public:
  MeteredLink(NodeLink& link, service::Metrics& metrics) : link_(link), metrics_(metrics) {}

  std::vector<NodeReply> call_all(const std::vector<NodeCall>& calls) override {
    const auto since = Clock::now();
    auto replies = link_.call_all(calls);
    // Those that answered earlier are not told from the last; single calls, which most are, are exact.
    for (std::size_t i = 0; i < replies.size(); ++i) note(metrics_, calls[i].path, replies[i], since);
    return replies;
  }

  void call_each(const std::vector<NodeCall>& calls, std::function<void(std::size_t, NodeReply)> on_reply) override {
    std::vector<std::string> paths;
    for (const auto& call : calls) paths.push_back(call.path);
    // The reply may come when this object is gone; the metrics stay as long as the network.
    link_.call_each(calls, [&metrics = metrics_, paths = std::move(paths), on_reply = std::move(on_reply), since = Clock::now()](
                               std::size_t at, NodeReply reply) {
      note(metrics, paths.at(at), reply, since);
      on_reply(at, std::move(reply));
    });
  }

  std::unique_ptr<http::Subscription> follow(const http::Endpoint& node,
                                             std::function<void(std::string_view, std::string_view)> on_event,
                                             std::function<void(const Error&)> on_end) override {
    return link_.follow(node, std::move(on_event), std::move(on_end));
  }

 private:
  static void note(service::Metrics& metrics, const std::string& path, const NodeReply& reply, Clock::time_point since) {
    metrics.count(kCalls, {{"path", path}, {"outcome", outcome_name(reply.outcome)}});
    metrics.observe(kSeconds, {{"path", path}}, std::chrono::duration<double>(Clock::now() - since).count());
  }

  NodeLink& link_;
  service::Metrics& metrics_;
};

}  // namespace

void describe_link_metrics(service::Metrics& metrics) {
  using Kind = service::Metrics::Kind;
  metrics.describe(kCalls, Kind::kCounter, "Calls to nodes that ended, by path and outcome: ok, refused, unreachable, timeout.");
  metrics.describe(kSeconds, Kind::kHistogram, "Time from a call to a node to its answer, by path.");
}

std::unique_ptr<NodeLink> make_metered_link(NodeLink& link, service::Metrics& metrics) {
  return std::make_unique<MeteredLink>(link, metrics);
}

}  // namespace pai::master
