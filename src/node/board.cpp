#include "node/board.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace pai::node {
namespace {

/// Snapshots of nodes with many clients and bursts of changes must fit; a caller that is further behind is
/// cut off and comes back for a new snapshot.
constexpr std::size_t kEventsMax = 4096;

// More are left out of streams: a data set of many columns would fill them at every change.
constexpr std::size_t kStreamedColumnsMax = 200;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string text_of(const nlohmann::json& document) {
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json streamed(const task::ClientStatus& status) {
  if (!status.dataset || status.dataset->columns.size() <= kStreamedColumnsMax) return task::to_json(status);
  task::ClientStatus shorter = status;
  shorter.dataset->columns.clear();
  return task::to_json(shorter);
}

/// True when nothing but the progress within a phase changed.
bool is_mere_progress(const task::ClientStatus& before, const task::ClientStatus& after) {
  task::ClientStatus same = after;
  same.progress = before.progress;
  same.n_batches = before.n_batches;
  same.record = before.record;
  return same == before && before.progress.phase == after.progress.phase;
}

}  // namespace

void Board::post(const task::ClientStatus& status, const std::string& owner) {
  const ClientKey key{status.task_name, status.client};
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = entries_.try_emplace(key);
  Entry& entry = found->second;
  const bool unchanged = !is_new && entry.status == status;
  const bool mere_progress = !is_new && is_mere_progress(entry.status, status);
  entry.status = status;
  entry.owner = owner;
  if (unchanged) return;
  if (task::is_terminal(status.state)) {
    ended_.push_back(key);
    if (!forgetting_) forget_later();
  }
  const auto since = Clock::now() - entry.told_at;
  if (!mere_progress || since >= kProgressInterval) {
    tell(entry);
  } else if (!entry.waiting) {
    entry.waiting = true;
    loop_.after(std::chrono::ceil<std::chrono::milliseconds>(kProgressInterval - since),
                [this, key] { tell_waiting(key); });
  }
}

void Board::tell(Entry& entry) {
  entry.told_at = Clock::now();
  entry.waiting = false;
  std::erase_if(subscribers_, [](const Subscriber& subscriber) { return subscriber.stream->closed(); });
  if (subscribers_.empty()) return;
  const std::string data = text_of(streamed(entry.status));
  for (const auto& subscriber : subscribers_) {
    if (subscriber.owner == entry.owner) subscriber.stream->push("client", data);
  }
}

void Board::tell_waiting(const ClientKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  // Told meanwhile, with a change of state perhaps.
  if (found != entries_.end() && found->second.waiting) tell(found->second);
}

void Board::remove(const ClientKey& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
}

std::optional<task::ClientStatus> Board::find(const ClientKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second.status;
}

/// Takes out what ended long ago. The mutex is held.
void Board::forget_old() {
  const double oldest = unix_seconds() - std::chrono::duration<double>(kRecent).count();
  while (!ended_.empty()) {
    const auto found = entries_.find(ended_.front());
    if (found != entries_.end() && task::is_terminal(found->second.status.state)) {
      if (found->second.status.ended_at >= oldest) break;
      entries_.erase(found);
    }
    ended_.pop_front();
  }
}

void Board::forget_later() {
  forgetting_ = true;
  loop_.after(kRecent, [this] {
    const std::lock_guard lock(mutex_);
    forgetting_ = false;
    forget_old();
    if (!ended_.empty()) forget_later();
  });
}

std::shared_ptr<http::EventStream> Board::subscribe(const std::string& owner) {
  auto stream = http::make_event_stream(kEventsMax);
  const std::lock_guard lock(mutex_);
  forget_old();
  const double oldest = unix_seconds() - std::chrono::duration<double>(kRecent).count();
  auto clients = nlohmann::json::array();
  for (const auto& [key, entry] : entries_) {
    if (entry.owner != owner) continue;
    if (task::is_terminal(entry.status.state) && entry.status.ended_at < oldest) continue;
    clients.push_back(streamed(entry.status));
  }
  stream->push("snapshot",
               text_of({{"node", node_}, {"boot_id", boot_id_}, {"clients", std::move(clients)}}));
  subscribers_.push_back({stream, owner});
  return stream;
}

}  // namespace pai::node
