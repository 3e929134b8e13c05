#include "master/derive.h"

#include <algorithm>

namespace pai::master {
namespace {

using task::ClientState;
using task::TaskEvent;
using task::TaskState;

bool ended_badly(const ClientView& client) {
  return client.status.state == ClientState::kFailed || client.status.state == ClientState::kStopped;
}

bool runs(const ClientView& client) {
  return client.status.state == ClientState::kRunning || client.status.state == ClientState::kFinished;
}

std::string seconds_text(double seconds) {
  auto text = std::to_string(seconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text + " s";
}

const ClientView* find(std::span<const ClientView> clients, int id) {
  const auto found = std::find_if(clients.begin(), clients.end(), [&](const auto& c) { return c.id == id; });
  return found == clients.end() ? nullptr : &*found;
}

/// One that blames nobody tells its own story; among equals the one we heard of first.
bool tells_more(const ClientView& a, const ClientView& b) {
  const bool a_blames = a.status.blames.has_value();
  const bool b_blames = b.status.blames.has_value();
  if (a_blames != b_blames) return !a_blames;
  // A client that failed comes before one that was stopped: the latter may be somebody's reaction.
  const bool a_failed = a.status.state == ClientState::kFailed;
  const bool b_failed = b.status.state == ClientState::kFailed;
  if (a_failed != b_failed) return a_failed;
  const double a_at = a.ended_seen_at.value_or(0);
  const double b_at = b.ended_seen_at.value_or(0);
  return a_at != b_at ? a_at < b_at : a.id < b.id;
}

struct Trail {
  const ClientView* last = nullptr;     ///< the last one with an account of its own
  const ClientView* blamed = nullptr;   ///< whom it blames, who has given none
};

/// Follows `blames` from one client to the next. A circle ends where it began to repeat: everybody in it blames a
/// neighbour, so the first one asked is as good as any.
Trail follow(std::span<const ClientView> clients, const ClientView& first) {
  std::vector<int> seen;
  const ClientView* at = &first;
  while (true) {
    seen.push_back(at->id);
    if (!at->status.blames.has_value()) return {.last = at};
    const auto* next = find(clients, *at->status.blames);
    if (next == nullptr) return {.last = at};
    if (std::find(seen.begin(), seen.end(), next->id) != seen.end()) return {.last = &first};
    if (!ended_badly(*next)) return {.last = at, .blamed = next};
    at = next;
  }
}

Cause cause_of(const Trail& trail, const DeriveLimits& limits) {
  if (trail.blamed == nullptr || trail.blamed->status.state == ClientState::kFinished) {
    return {client_label(*trail.last) + ": " + end_of(trail.last->status), trail.last->id};
  }
  const std::string account = client_label(*trail.last) + ": " + end_of(trail.last->status);
  if (trail.blamed->unreachable_since.has_value()) {
    return {client_label(*trail.blamed) + ": lost, and its node cannot be reached (" + account + ")", trail.blamed->id};
  }
  return {client_label(*trail.blamed) + ": lost; its node gave no account within " + seconds_text(limits.blame_wait_s) +
              " (" + account + ")",
          trail.blamed->id};
}

Derived derive_failure(std::span<const ClientView> clients, double now, const DeriveLimits& limits) {
  const ClientView* first = nullptr;
  double first_heard = now;
  for (const auto& client : clients) {
    if (!ended_badly(client)) continue;
    if (first == nullptr || tells_more(client, *first)) first = &client;
    first_heard = std::min(first_heard, client.ended_seen_at.value_or(now));
  }
  const auto trail = follow(clients, *first);
  if (trail.blamed != nullptr && trail.blamed->status.state != ClientState::kFinished) {
    const bool away = trail.blamed->unreachable_since.has_value();
    const double wait_until = first_heard + (away ? limits.blame_wait_away_s : limits.blame_wait_s);
    if (now < wait_until) return {.look_again_at = wait_until, .awaited = trail.blamed->id};
  }
  return {.event = TaskEvent::kFail, .cause = cause_of(trail, limits)};
}

void keep_earliest(std::optional<double>& at, double candidate) {
  if (!at.has_value() || candidate < *at) at = candidate;
}

/// The owners' word: one that says no is enough, all that are asked must say yes.
Derived derive_approval(std::span<const ClientView> clients) {
  const auto rejected = std::find_if(clients.begin(), clients.end(),
                                     [](const auto& c) { return c.status.state == ClientState::kRejected; });
  if (rejected != clients.end()) {
    return {.event = TaskEvent::kRejected, .cause = Cause{client_label(*rejected) + ": " + end_of(rejected->status), rejected->id}};
  }
  const bool all_may = std::all_of(clients.begin(), clients.end(),
                                   [](const auto& c) { return c.status.state == ClientState::kCreated; });
  return all_may ? Derived{.event = TaskEvent::kApproved} : Derived{};
}

}  // namespace

std::string client_label(const ClientView& client) {
  return "client " + std::to_string(client.id) + " (" + std::string(task::role_name(client.role)) + " at " +
         client.node + ")";
}

std::string client_label(const task::ClientSpec& client) {
  return "client " + std::to_string(client.id) + " (" + std::string(task::role_name(client.role)) + " at " +
         client.node() + ")";
}

std::string end_of(const task::ClientStatus& status) {
  if (!status.reason.empty()) return status.reason;
  if (status.signal.has_value()) return "killed by signal " + std::to_string(*status.signal);
  if (status.exit_code.has_value()) return "exited with code " + std::to_string(*status.exit_code);
  return status.state == ClientState::kStopped ? "stopped at its node" : "failed and gave no reason";
}

Derived derive(TaskState state, std::span<const ClientView> clients, double now, double starting_since,
               const DeriveLimits& limits) {
  if (state == TaskState::kAwaitingApproval) return derive_approval(clients);
  if (state != TaskState::kStarting && state != TaskState::kRunning) return {};
  if (std::any_of(clients.begin(), clients.end(), ended_badly)) return derive_failure(clients, now, limits);

  const bool all_run = std::all_of(clients.begin(), clients.end(), runs);
  if (state == TaskState::kStarting && all_run) return {.event = TaskEvent::kAllStarted};
  if (state == TaskState::kRunning && std::all_of(clients.begin(), clients.end(), [](const auto& c) {
        return c.status.state == ClientState::kFinished;
      })) {
    return {.event = TaskEvent::kAllFinished};
  }

  Derived derived;
  if (state == TaskState::kStarting) {
    const double deadline = starting_since + limits.start_timeout_s;
    if (now >= deadline) {
      const auto late = std::find_if(clients.begin(), clients.end(), [](const auto& c) { return !runs(c); });
      return {.event = TaskEvent::kFail,
              .cause = Cause{client_label(*late) + ": did not start within " + seconds_text(limits.start_timeout_s),
                             late->id}};
    }
    keep_earliest(derived.look_again_at, deadline);
  }
  for (const auto& client : clients) {
    if (!client.unreachable_since.has_value() || task::is_terminal(client.status.state)) continue;
    const double deadline = *client.unreachable_since + limits.node_lost_timeout_s;
    if (now >= deadline) {
      return {.event = TaskEvent::kFail,
              .cause = Cause{client_label(client) + ": its node could not be reached for " +
                                 seconds_text(limits.node_lost_timeout_s),
                             client.id}};
    }
    keep_earliest(derived.look_again_at, deadline);
  }
  return derived;
}

}  // namespace pai::master
