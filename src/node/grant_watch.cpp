#include "node/grant_watch.h"

#include <chrono>
#include <utility>

#include "common/log/log.h"
#include "node/entry.h"

namespace pai::node {
namespace {

constexpr std::chrono::seconds kPace{1};

}  // namespace

GrantWatch::GrantWatch(GrantBook& book, std::function<bool()> enforce)
    : book_(book), enforce_(std::move(enforce)), thread_([this] { run(); }) {}

GrantWatch::~GrantWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GrantWatch::kick() {
  {
    const std::lock_guard lock(mutex_);
    kicked_ = true;
  }
  changed_.notify_all();
}

void GrantWatch::run() {
  auto looked_at = static_cast<std::int64_t>(now());
  bool again = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool kicked = std::exchange(kicked_, false);
    lock.unlock();
    const auto read = book_.reread(/*anew=*/false);
    if (!read.ok()) log::error("policy file was not taken over, what was in use stays", {{"fault", read.error().describe()}});
    const bool changed = read.ok() && *read;
    if (changed) log::info("policy file was read again");
    const auto time = static_cast<std::int64_t>(now());
    const auto end = book_.next_end(looked_at);
    const bool ended = end && *end <= time;
    looked_at = time;
    if (kicked || changed || ended || again) again = !enforce_();
    lock.lock();
    changed_.wait_for(lock, kPace, [&] { return stopping_ || kicked_; });
  }
}

}  // namespace pai::node
