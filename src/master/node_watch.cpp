#include "master/node_watch.h"

#include <algorithm>
#include <utility>

namespace pai::master {
namespace {

constexpr std::chrono::milliseconds kPatience{3'000};
constexpr std::size_t kNodesMax = 200;
constexpr std::size_t kAtOnce = 16;

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::optional<double> number_in(const nlohmann::json& document, const char* key) {
  const auto found = document.find(key);
  if (found == document.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

}  // namespace

NodeReading reading_of(const NodeReply& reply, double before, double after) {
  NodeReading reading{.reachable = reply.answered(), .clock_skew_s = {}, .certificate_not_after = {}};
  if (!reply.ok()) return reading;
  if (const auto time = number_in(reply.document, "time")) reading.clock_skew_s = *time - (before + after) / 2;
  reading.certificate_not_after = number_in(reply.document, "certificate_not_after");
  return reading;
}

NodeWatch::NodeWatch(NodeLink& link, std::function<std::vector<http::Endpoint>()> nodes)
    : link_(link), nodes_(std::move(nodes)), thread_([this] { run(); }) {}

NodeWatch::~NodeWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::map<std::string, NodeReading> NodeWatch::readings() const {
  const std::lock_guard lock(mutex_);
  return readings_;
}

void NodeWatch::run() {
  while (true) {
    ask();
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kInterval, [this] { return stopping_; })) return;
  }
}

void NodeWatch::ask() {
  auto nodes = nodes_();
  if (nodes.size() > kNodesMax) nodes.resize(kNodesMax);
  std::map<std::string, NodeReading> said;
  for (std::size_t begin = 0; begin < nodes.size(); begin += kAtOnce) {
    std::vector<std::pair<http::Endpoint, NodeReading>> group;
    for (std::size_t i = begin; i < std::min(nodes.size(), begin + kAtOnce); ++i) group.push_back({nodes[i], {}});
    // A thread each: the clock is compared with the middle of each call, and one that hangs holds up no other.
    std::vector<std::thread> callers;
    for (auto& [node, reading] : group) {
      callers.emplace_back([this, &node = node, &reading = reading] {
        const double before = unix_now();
        const auto reply = link_.call({.node = node, .method = http::Method::kGet, .path = "/version", .timeout = kPatience});
        reading = reading_of(reply, before, unix_now());
      });
    }
    for (auto& caller : callers) caller.join();
    for (const auto& [node, reading] : group) said[node.text()] = reading;
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
  const std::lock_guard lock(mutex_);
  readings_ = std::move(said);
}

}  // namespace pai::master
