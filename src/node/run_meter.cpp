#include "node/run_meter.h"

#include <algorithm>
#include <utility>

namespace pai::node {
namespace {

constexpr const char* kEnded = "pai_node_clients_ended_total";
constexpr const char* kDuration = "pai_node_client_duration_seconds";
constexpr const char* kPhase = "pai_node_phase_seconds_total";
constexpr const char* kCpu = "pai_node_client_cpu_seconds_total";
constexpr const char* kPeak = "pai_node_client_memory_peak_bytes";
constexpr const char* kOverLimit = "pai_node_clients_over_limit_total";
constexpr const char* kSentBytes = "pai_node_peer_sent_bytes_total";
constexpr const char* kSentMessages = "pai_node_peer_sent_messages_total";
constexpr const char* kReceivedBytes = "pai_node_peer_received_bytes_total";
constexpr const char* kReceivedMessages = "pai_node_peer_received_messages_total";
constexpr const char* kRounds = "pai_node_peer_rounds_total";
constexpr const char* kWait = "pai_node_peer_wait_seconds_total";

/// What came since; a client that tells less than before is not believed.
template <class Number>
double grown(Number before, Number now) {
  return now > before ? static_cast<double>(now - before) : 0;
}

}  // namespace

RunMeter::RunMeter(service::Metrics& metrics) : metrics_(metrics) {
  using Kind = service::Metrics::Kind;
  metrics_.describe(kEnded, Kind::kCounter, "Clients that ended, by type and state.");
  metrics_.describe(kDuration, Kind::kHistogram, "Time from a client's start to its end, by type and state.",
                    {0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1'800, 3'600, 7'200, 21'600, 86'400});
  metrics_.describe(kPhase, Kind::kCounter, "Time that clients spent in each phase, by type.");
  metrics_.describe(kCpu, Kind::kCounter, "Processor time that clients used, by type.");
  metrics_.describe(kPeak, Kind::kGauge,
                    "Peak of resident memory of the largest client of this type that runs, else of the one that ended last.");
  metrics_.describe(kOverLimit, Kind::kCounter, "Clients that a limit of this node ended: memory, time or disk.");
  // There from the beginning: an alert on its growth must see it grow from 0.
  for (const auto limit : {Limit::kMemory, Limit::kTime, Limit::kDisk}) metrics_.count(kOverLimit, {{"limit", std::string(limit_name(limit))}}, 0);
  metrics_.describe(kSentBytes, Kind::kCounter, "Bytes of messages that clients here sent, by the peer's node.");
  metrics_.describe(kSentMessages, Kind::kCounter, "Messages that clients here sent, by the peer's node.");
  metrics_.describe(kReceivedBytes, Kind::kCounter, "Bytes of messages that clients here received, by the peer's node.");
  metrics_.describe(kReceivedMessages, Kind::kCounter, "Messages that clients here received, by the peer's node.");
  metrics_.describe(kRounds, Kind::kCounter, "Rounds: a message from the peer that came after one to it, by the peer's node.");
  metrics_.describe(kWait, Kind::kCounter, "Time that clients here waited for a message, by the peer's node.");
  metrics_.on_scrape([this](service::Metrics&) { show_peaks(); });
}

void RunMeter::begin(const ClientKey& key, const task::TaskSpec& spec, const task::Usage& known) {
  Run run;
  run.type = task::client_type_name(spec.clients.at(static_cast<std::size_t>(key.client)).type);
  for (const auto& client : spec.clients) run.peers.push_back(client.node());
  run.seen = known;
  const std::lock_guard lock(mutex_);
  runs_[key] = std::move(run);
}

void RunMeter::report(const ClientKey& key, const task::Usage& usage) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(key);
  if (found == runs_.end()) return;
  auto& run = found->second;
  for (const auto& phase : usage.phases) {
    const auto before = std::find_if(run.seen.phases.begin(), run.seen.phases.end(),
                                     [&](const task::PhaseTime& each) { return each.phase == phase.phase; });
    const double known = before == run.seen.phases.end() ? 0 : before->seconds;
    metrics_.count(kPhase, {{"type", run.type}, {"phase", phases_.of(phase.phase)}}, grown(known, phase.seconds));
  }
  metrics_.count(kCpu, {{"type", run.type}}, grown(run.seen.cpu_seconds, usage.cpu_seconds));
  for (const auto& peer : usage.peers) {
    const auto id = static_cast<std::size_t>(peer.client);
    if (id >= run.peers.size()) continue;
    const auto before = std::find_if(run.seen.peers.begin(), run.seen.peers.end(),
                                     [&](const task::PeerUsage& each) { return each.client == peer.client; });
    const auto known = before == run.seen.peers.end() ? task::PeerUsage{} : *before;
    const service::Labels labels{{"peer", peers_.of(run.peers[id])}};
    metrics_.count(kSentBytes, labels, grown(known.sent_bytes, peer.sent_bytes));
    metrics_.count(kSentMessages, labels, grown(known.sent_messages, peer.sent_messages));
    metrics_.count(kReceivedBytes, labels, grown(known.received_bytes, peer.received_bytes));
    metrics_.count(kReceivedMessages, labels, grown(known.received_messages, peer.received_messages));
    metrics_.count(kRounds, labels, grown(known.rounds, peer.rounds));
    metrics_.count(kWait, labels, grown(known.wait_seconds, peer.wait_seconds));
  }
  run.seen = usage;
}

void RunMeter::end(const ClientKey& key, task::ClientState state, double seconds) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(key);
  if (found == runs_.end()) return;
  const auto& run = found->second;
  const service::Labels labels{{"type", run.type}, {"state", std::string(task::client_state_name(state))}};
  metrics_.count(kEnded, labels);
  metrics_.observe(kDuration, labels, seconds);
  last_peak_[run.type] = static_cast<double>(run.seen.memory_peak_bytes);
  runs_.erase(found);
}

void RunMeter::over_limit(Limit limit) { metrics_.count(kOverLimit, {{"limit", std::string(limit_name(limit))}}); }

void RunMeter::show_peaks() {
  std::map<std::string, double> running;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, run] : runs_) {
      auto& peak = running[run.type];
      peak = std::max(peak, static_cast<double>(run.seen.memory_peak_bytes));
    }
    running.insert(last_peak_.begin(), last_peak_.end());  // types that run stay as they are
  }
  for (const auto& [type, peak] : running) metrics_.set(kPeak, {{"type", type}}, peak);
}

}  // namespace pai::node
