#include "master/followers.h"

#include <algorithm>

#include "common/json/strict_json.h"
#include "common/log/log.h"

namespace pai::master {
namespace {

constexpr json::Limits kEventLimits{.bytes_max = std::size_t{16} << 20, .depth_max = 32};

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Followers::Followers(NodeLink& link, Executor& prober, FollowerTimes times, Callbacks callbacks)
    : link_(link), prober_(prober), times_(times), callbacks_(std::move(callbacks)), thread_([this] { run(); }) {}

Followers::~Followers() { stop(); }

void Followers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::map<http::Endpoint, Node> nodes;
  {
    const std::lock_guard lock(mutex_);
    nodes.swap(nodes_);
  }
}

void Followers::want(const http::Endpoint& node) {
  const std::lock_guard lock(mutex_);
  auto& entry = nodes_[node];
  if (++entry.wanted == 1 && !entry.stream) entry.retry_at = Clock::now();
  changed_.notify_all();
}

void Followers::release(const http::Endpoint& node) {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return;
  if (--found->second.wanted == 0) found->second.unwanted_at = Clock::now();
  changed_.notify_all();
}

std::optional<double> Followers::unreachable_since(const http::Endpoint& node) const {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? std::nullopt : found->second.unreachable_since;
}

void Followers::doubt(const http::Endpoint& node) {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || !found->second.up || found->second.probing) return;
  found->second.doubted = true;
  changed_.notify_all();
}

std::map<std::string, bool> Followers::reachable() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, bool> found;
  for (const auto& [endpoint, node] : nodes_) found[endpoint.text()] = node.up;
  return found;
}

void Followers::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    events_.push_back(std::move(event));
  }
  changed_.notify_all();
}

void Followers::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!events_.empty()) {
      const Event event = std::move(events_.front());
      events_.pop_front();
      lock.unlock();
      handle(event);
      lock.lock();
      continue;
    }
    drop_unwanted(lock);
    connect_due(lock);
    probe_silent();
    if (stopping_ || !events_.empty()) continue;
    const auto due = next_due();
    if (due == Clock::time_point::max()) {
      changed_.wait(lock);
    } else if (due > Clock::now()) {
      changed_.wait_until(lock, due);
    }
  }
}

void Followers::handle(const Event& event) {
  std::unique_ptr<http::Subscription> ended;
  bool changed = false;
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = nodes_.find(event.node);
    if (found == nodes_.end() || found->second.generation != event.generation) return;
    auto& node = found->second;
    node.heard_at = Clock::now();
    wanted = node.wanted > 0;
    if (event.end) {
      ended = std::move(node.stream);
      node.generation = 0;  // what its stream still has to say is dropped
      node.up = false;
      node.backoff = std::clamp(node.backoff * 2, times_.backoff_min, times_.backoff_max);
      node.retry_at = Clock::now() + node.backoff;
      if (!node.unreachable_since.has_value()) {
        node.unreachable_since = steady_seconds();
        changed = true;
      }
    } else if (!node.up) {
      node.up = true;
      node.backoff = std::chrono::milliseconds(0);
      changed = node.unreachable_since.has_value();
      node.unreachable_since.reset();
    }
  }
  ended.reset();
  if (changed && wanted) {
    if (event.end) {
      log::warning("node became unreachable", {{"node", event.node.text()}, {"why", event.data}});
    } else {
      log::info("node became reachable", {{"node", event.node.text()}});
    }
    callbacks_.on_reachability(event.node);
  }
  if (event.end) return;

  const auto document = json::parse(event.data, kEventLimits);
  if (!document.ok()) {
    log::warning("node sent an unreadable event", {{"node", event.node.text()}, {"why", document.error().message()}});
    return;
  }
  if (event.name == "client") {
    const auto status = task::status_from_json(*document);
    if (status.ok()) {
      callbacks_.on_status(event.node, *status);
    } else {
      log::warning("node sent an unreadable status", {{"node", event.node.text()}, {"why", status.error().message()}});
    }
  } else if (event.name == "snapshot") {
    std::vector<task::ClientStatus> all;
    const auto clients = document->find("clients");
    if (clients == document->end() || !clients->is_array()) return;
    for (const auto& client : *clients) {
      auto status = task::status_from_json(client);
      if (status.ok()) all.push_back(std::move(*status));
    }
    callbacks_.on_snapshot(event.node, all);
  }
}

void Followers::connect_due(std::unique_lock<std::mutex>& lock) {
  const auto now = Clock::now();
  std::vector<std::pair<http::Endpoint, std::uint64_t>> due;
  for (auto& [endpoint, node] : nodes_) {
    if (node.stream || node.wanted == 0 || node.retry_at > now) continue;
    node.generation = ++generations_;
    node.heard_at = now;
    node.probing = false;
    node.doubted = false;
    node.retry_at = Clock::time_point::max();
    due.emplace_back(endpoint, node.generation);
  }
  if (due.empty()) return;
  lock.unlock();
  for (const auto& [endpoint, generation] : due) {
    auto stream = link_.follow(
        endpoint,
        [this, node = endpoint, gen = generation](std::string_view name, std::string_view data) {
          push({node, gen, false, std::string(name), std::string(data)});
        },
        [this, node = endpoint, gen = generation](const Error& error) {
          push({node, gen, true, "", error.message()});
        });
    const std::lock_guard relock(mutex_);
    nodes_[endpoint].stream = std::move(stream);
  }
  lock.lock();
}

void Followers::drop_unwanted(std::unique_lock<std::mutex>& lock) {
  const auto now = Clock::now();
  std::vector<std::unique_ptr<http::Subscription>> dropped;
  for (auto node = nodes_.begin(); node != nodes_.end();) {
    if (node->second.wanted == 0 && now - node->second.unwanted_at >= times_.linger) {
      dropped.push_back(std::move(node->second.stream));
      node = nodes_.erase(node);
    } else {
      ++node;
    }
  }
  if (dropped.empty()) return;
  lock.unlock();  // ending a stream waits for its callback, which waits for this lock
  dropped.clear();
  lock.lock();
}

void Followers::probe_silent() {
  const auto now = Clock::now();
  for (auto& [endpoint, node] : nodes_) {
    if (!node.stream || node.probing || (!node.doubted && now - node.heard_at < times_.silence)) continue;
    const auto timeout = node.doubted ? times_.quick_probe_timeout : times_.probe_timeout;
    node.probing = true;
    node.doubted = false;
    prober_.post([this, endpoint = endpoint, generation = node.generation, timeout] {
      const auto reply = link_.call({.node = endpoint,
                                     .method = http::Method::kGet,
                                     .path = "/livez",
                                     .timeout = timeout});
      {
        const std::lock_guard lock(mutex_);
        const auto found = nodes_.find(endpoint);
        if (found == nodes_.end() || found->second.generation != generation) return;
        found->second.probing = false;
        found->second.heard_at = Clock::now();
      }
      // A host that went away without a word leaves its stream open: only asking shows it.
      if (reply.answered()) {
        changed_.notify_all();
      } else {
        push({endpoint, generation, true, "", reply.error.has_value() ? reply.error->message() : "no answer"});
      }
    });
  }
}

Followers::Clock::time_point Followers::next_due() const {
  auto due = Clock::time_point::max();
  for (const auto& [endpoint, node] : nodes_) {
    if (node.wanted == 0) due = std::min(due, node.unwanted_at + times_.linger);
    if (!node.stream && node.wanted > 0) due = std::min(due, node.retry_at);
    if (node.stream && !node.probing) due = std::min(due, node.doubted ? Clock::now() : node.heard_at + times_.silence);
  }
  return due;
}

}  // namespace pai::master
