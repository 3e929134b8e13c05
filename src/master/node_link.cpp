#include "master/node_link.h"

#include "common/json/strict_json.h"

namespace pai::master {
namespace {

/// An answer of a node may hold a whole record or the end of a log.
constexpr json::Limits kAnswerLimits{.bytes_max = std::size_t{16} << 20, .depth_max = 32};

std::string target_of(const NodeCall& call) {
  std::string target = call.path;
  char separator = '?';
  for (const auto& [key, value] : call.query) {
    target.append(1, separator).append(key).append("=").append(http::encode(value));
    separator = '&';
  }
  return target;
}

NodeReply reply_of(Result<http::Response>&& response) {
  NodeReply reply;
  if (!response.ok()) {
    reply.outcome = response.error().code() == ErrorCode::kTimeout ? NodeReply::Outcome::kTimeout
                                                                   : NodeReply::Outcome::kUnreachable;
    reply.error = std::move(response).error();
    return reply;
  }
  reply.http_status = response->status;
  if (response->status < 200 || response->status >= 300) {
    reply.outcome = NodeReply::Outcome::kRefused;
    reply.error = http::error_from_reply(response->status, response->body);
    return reply;
  }
  auto document = json::parse(response->body, kAnswerLimits);
  if (!document.ok() || !document->is_object()) {
    reply.outcome = NodeReply::Outcome::kRefused;
    reply.error = Error(ErrorCode::kProtocol, "the node's answer is no JSON object");
    return reply;
  }
  reply.outcome = NodeReply::Outcome::kOk;
  reply.document = std::move(*document);
  return reply;
}

class HttpNodeLink final : public NodeLink {
 public:
  HttpNodeLink(http::Client& client, LinkTimeouts timeouts) : client_(client), timeouts_(timeouts) {}

  std::vector<NodeReply> call_all(const std::vector<NodeCall>& calls) override {
    auto responses = client_.call_all(requests_of(calls));
    PAI_CHECK(responses.size() == calls.size(), "call_all answers every call");
    std::vector<NodeReply> replies;
    replies.reserve(calls.size());
    for (auto& response : responses) replies.push_back(reply_of(std::move(response)));
    return replies;
  }

  void call_each(const std::vector<NodeCall>& calls, std::function<void(std::size_t, NodeReply)> on_reply) override {
    client_.call_each(requests_of(calls), [on_reply = std::move(on_reply)](std::size_t at, Result<http::Response> response) {
      on_reply(at, reply_of(std::move(response)));
    });
  }

  std::unique_ptr<http::Subscription> follow(const http::Endpoint& node,
                                             std::function<void(std::string_view, std::string_view)> on_event,
                                             std::function<void(const Error&)> on_end) override {
    return client_.subscribe(node, "/events", std::move(on_event), std::move(on_end));
  }

 private:
  std::vector<std::pair<http::Endpoint, http::Call>> requests_of(const std::vector<NodeCall>& calls) const {
    std::vector<std::pair<http::Endpoint, http::Call>> requests;
    requests.reserve(calls.size());
    for (const auto& call : calls) {
      const auto timeout = call.timeout.count() > 0 ? call.timeout : timeouts_.call;
      requests.emplace_back(call.node, http::Call{.method = call.method,
                                                  .target = target_of(call),
                                                  .body = call.body,
                                                  .connect_timeout = std::min(timeouts_.connect, timeout),
                                                  .timeout = timeout});
    }
    return requests;
  }

  http::Client& client_;
  LinkTimeouts timeouts_;
};

}  // namespace

std::optional<task::ClientStatus> client_status_in(const NodeReply& reply, const std::string& task_name, int client) {
  if (!reply.ok()) return std::nullopt;
  const auto found = reply.document.find("client");
  if (found == reply.document.end() || !found->is_object()) return std::nullopt;
  auto status = task::status_from_json(*found);
  if (!status.ok() || status->task_name != task_name || status->client != client) return std::nullopt;
  return std::move(*status);
}

std::unique_ptr<NodeLink> make_node_link(http::Client& client, LinkTimeouts timeouts) {
  return std::make_unique<HttpNodeLink>(client, timeouts);
}

}  // namespace pai::master
