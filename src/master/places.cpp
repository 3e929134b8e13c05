#include "master/places.h"

#include <algorithm>
#include <map>

namespace pai::master {
namespace {

constexpr std::size_t kIdBytesMax = 64;
constexpr int kRunningMax = 1'000'000;

std::optional<int> whole_number(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  const auto number = found->get<std::int64_t>();
  if (number < 0 || number > kRunningMax) return std::nullopt;
  return static_cast<int>(number);
}

}  // namespace

std::vector<BoundedNode> bounded_nodes(const std::vector<http::Endpoint>& nodes, const std::vector<NodeReply>& replies) {
  std::map<std::string, BoundedNode> by_id;
  for (std::size_t i = 0; i < nodes.size() && i < replies.size(); ++i) {
    const auto queue = replies[i].document.find("queue");
    if (!replies[i].ok() || queue == replies[i].document.end() || !queue->is_object()) continue;
    const auto id = queue->find("node_id");
    const auto running_max = whole_number(*queue, "max_running");
    if (id == queue->end() || !id->is_string() || running_max.value_or(0) == 0) continue;
    auto text = id->get<std::string>();
    if (text.empty() || text.size() > kIdBytesMax) continue;
    auto& bounded = by_id[text];
    if (bounded.clients.empty()) bounded = {.id = text, .node = nodes[i], .clients = {}, .running_max = *running_max};
    bounded.clients.push_back(static_cast<int>(i));
  }
  std::vector<BoundedNode> ordered;
  for (auto& [id, bounded] : by_id) ordered.push_back(std::move(bounded));
  return ordered;
}

Status check_fits(const std::vector<BoundedNode>& nodes) {
  for (const auto& bounded : nodes) {
    const auto wanted = bounded.clients.size();
    if (wanted <= static_cast<std::size_t>(bounded.running_max)) continue;
    const auto sentence = "the task needs " + std::to_string(wanted) + " clients at node " + bounded.node.text() +
                          ", which runs at most " + std::to_string(bounded.running_max) + " at once";
    return Error(ErrorCode::kConflict, sentence)
        .with_hint("its owner raises max_running, or the task uses another node for some of its parties")
        .with_detail({ErrorDetail::Kind::kNode, bounded.node.text(), "max_running is " + std::to_string(bounded.running_max)});
  }
  return {};
}

Result<int> position_in(const NodeReply& reply) {
  const auto queue = reply.document.find("queue");
  if (queue != reply.document.end() && queue->is_object()) {
    if (const auto position = whole_number(*queue, "position")) return *position;
  }
  return Error(ErrorCode::kProtocol, "the node's answer has no place in its queue");
}

}  // namespace pai::master
