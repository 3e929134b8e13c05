#include "client/runtime/usage_meter.h"

#include <time.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace pai::client {
namespace {

/// The kernel's account of this program alone: getrusage's begins with what the node's process had before the exec.
std::uint64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::uint64_t kibibytes = 0;
  while (status >> word) {
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;  // hidden by a sandbox
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

std::vector<task::PeerUsage> usage_of(const Channel& channel) {
  std::map<int, task::PeerUsage> by_peer;
  for (const auto& sent : channel.sent()) {
    auto& peer = by_peer[sent.peer];
    peer.sent_bytes += sent.bytes;
    peer.sent_messages += sent.messages;
  }
  for (const auto& received : channel.waited()) {
    auto& peer = by_peer[received.peer];
    peer.received_bytes = received.bytes;
    peer.received_messages = received.messages;
    peer.rounds = received.rounds;
    peer.wait_seconds = received.seconds;
  }
  std::vector<task::PeerUsage> all;
  for (auto& [id, peer] : by_peer) {
    peer.client = id;
    all.push_back(peer);
  }
  return all;
}

UsageMeter::UsageMeter(std::string_view first_phase, Clock::time_point now) : since_(now) {
  usage_.phases.push_back({std::string(first_phase), 0});
}

void UsageMeter::close_phase(Clock::time_point now) {
  usage_.phases[present_].seconds += std::chrono::duration<double>(now - since_).count();
  since_ = now;
}

void UsageMeter::phase(std::string_view name, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  close_phase(now);
  const auto find = [&] {
    return std::find_if(usage_.phases.begin(), usage_.phases.end(), [&](const task::PhaseTime& each) { return each.phase == name; });
  };
  auto known = find();
  if (known == usage_.phases.end() && usage_.phases.size() + 1 >= task::kUsagePhasesMax) {
    name = "other";
    known = find();
  }
  present_ = static_cast<std::size_t>(known - usage_.phases.begin());
  if (known == usage_.phases.end()) usage_.phases.push_back({std::string(name), 0});
}

void UsageMeter::follow_peers(std::function<std::vector<task::PeerUsage>()> source) {
  const std::lock_guard lock(mutex_);
  if (peers_) usage_.peers = peers_();
  peers_ = std::move(source);
}

task::Usage UsageMeter::read(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  close_phase(now);
  if (peers_) usage_.peers = peers_();
  usage_.memory_peak_bytes = peak_bytes();
  usage_.cpu_seconds = cpu_seconds();
  return usage_;
}

}  // namespace pai::client
