#include "node/slots.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pai::node {
namespace {

bool is_same(const QueuedRun& one, const QueuedRun& other) {
  return one.owner == other.owner && one.task_name == other.task_name && one.run_id == other.run_id;
}

}  // namespace

bool Slots::runs_locked(const std::string& task_name, const std::string& run_id) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const auto& each) { return each.first.task_name == task_name && each.second == run_id; });
}

/// Places in use, those that are kept for runs that were let in included.
int Slots::taken_locked() const {
  return std::accumulate(queue_.begin(), queue_.end(), static_cast<int>(running_.size()),
                         [](int sum, const Entry& entry) { return sum + (entry.let_in ? entry.left : 0); });
}

void Slots::let_in_locked() {
  for (auto& entry : queue_) {
    if (entry.let_in) continue;
    if (taken_locked() + entry.left > running_max_) return;
    entry.let_in = true;
  }
}

void Slots::expire_locked(double now) {
  const auto gone = std::stable_partition(queue_.begin(), queue_.end(), [&](const Entry& entry) {
    return entry.left > 0 && now - entry.asked_at <= lease_s_;
  });
  for (auto at = gone; at != queue_.end(); ++at) ended_.push_back(at->run.ticket);
  queue_.erase(gone, queue_.end());
  let_in_locked();
}

Result<int> Slots::ask(const QueuedRun& wanted, double now, const std::function<Result<std::int64_t>()>& store) {
  if (running_max_ == 0) return 0;
  if (wanted.clients > running_max_) {
    return Error(ErrorCode::kConflict, "the task needs " + std::to_string(wanted.clients) + " clients at this node, which runs at most " +
                                           std::to_string(running_max_) + " at once")
        .with_hint("its owner raises max_running, or the task uses another node for some of its parties");
  }
  const std::lock_guard lock(mutex_);
  expire_locked(now);
  const auto same = [&](const Entry& entry) { return is_same(entry.run, wanted); };
  auto found = std::find_if(queue_.begin(), queue_.end(), same);
  if (found == queue_.end()) {
    if (runs_locked(wanted.task_name, wanted.run_id)) return 0;
    PAI_ASSIGN(const auto ticket, store());
    // A task has one run: an earlier one's place would be held for nobody.
    std::erase_if(queue_, [&](const Entry& entry) {
      if (entry.run.owner != wanted.owner || entry.run.task_name != wanted.task_name) return false;
      ended_.push_back(entry.run.ticket);
      return true;
    });
    queue_.push_back({wanted, wanted.clients, now, false});
    queue_.back().run.ticket = ticket;
    let_in_locked();
    found = std::find_if(queue_.begin(), queue_.end(), same);
  }
  found->asked_at = now;
  if (found->let_in) return 0;
  return static_cast<int>(std::count_if(queue_.begin(), found, [](const Entry& entry) { return !entry.let_in; })) + 1;
}

Status Slots::take(const std::string& owner, const ClientKey& client, const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  if (running_max_ == 0) {
    running_[client] = run_id;
    return {};
  }
  const auto own = std::find_if(queue_.begin(), queue_.end(), [&](const Entry& entry) {
    return entry.run.owner == owner && entry.run.task_name == client.task_name && entry.run.run_id == run_id;
  });
  const bool kept = own != queue_.end() && own->let_in && own->left > 0;
  const bool others_wait = std::any_of(queue_.begin(), queue_.end(), [](const Entry& entry) { return !entry.let_in; });
  if (!kept && (others_wait || taken_locked() >= running_max_)) {
    return Error(ErrorCode::kBusy, "this node runs " + std::to_string(running_.size()) + " clients, and at most " +
                                       std::to_string(running_max_) + " at once")
        .with_hint("its master asks for a place first");
  }
  running_[client] = run_id;
  if (kept) --own->left;
  return {};
}

void Slots::adopt(const ClientKey& client, const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  running_[client] = run_id;
}

void Slots::release(const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  running_.erase(client);
  if (running_max_ > 0) let_in_locked();
}

std::vector<std::int64_t> Slots::let_go(const std::string& owner, const std::string& task_name, const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> tickets;
  std::erase_if(queue_, [&](const Entry& entry) {
    if (entry.run.owner != owner || entry.run.task_name != task_name || (!run_id.empty() && entry.run.run_id != run_id)) return false;
    tickets.push_back(entry.run.ticket);
    return true;
  });
  if (running_max_ > 0) let_in_locked();
  return tickets;
}

std::vector<std::int64_t> Slots::take_ended(double now) {
  const std::lock_guard lock(mutex_);
  expire_locked(now);
  return std::exchange(ended_, {});
}

void Slots::restore(const std::vector<QueuedRun>& queued, double now) {
  const std::lock_guard lock(mutex_);
  for (const auto& run : queued) {
    const auto launched = std::count_if(running_.begin(), running_.end(), [&](const auto& each) {
      return each.first.task_name == run.task_name && each.second == run.run_id;
    });
    // Without a bound any more, or launched whole: the ticket has done its service.
    queue_.push_back({run, running_max_ == 0 ? 0 : std::max(0, run.clients - static_cast<int>(launched)), now, false});
  }
  expire_locked(now);
}

int Slots::running() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(running_.size());
}

int Slots::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(queue_.begin(), queue_.end(), [](const Entry& entry) { return !entry.let_in; }));
}

}  // namespace pai::node
