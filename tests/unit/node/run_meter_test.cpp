// What clients tell becomes metrics: what is new of it, once.
#include "node/run_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::node {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

task::TaskSpec spec() {
  task::TaskSpec spec;
  spec.name = "t";
  for (int id = 0; id < 2; ++id) {
    task::ClientSpec client;
    client.id = id;
    client.type = id == 0 ? task::ClientType::kAlignmentMain : task::ClientType::kAlignmentData;
    client.addr = "10.0.0." + std::to_string(id);
    client.http_port = 80;
    spec.clients.push_back(std::move(client));
  }
  return spec;
}

task::Usage usage(std::uint64_t bytes, double seconds) {
  return {.memory_peak_bytes = bytes,
          .cpu_seconds = seconds,
          .phases = {{"tag", seconds}},
          .peers = {{.client = 0, .sent_bytes = bytes, .sent_messages = 1, .received_bytes = 2, .received_messages = 3, .rounds = 4, .wait_seconds = seconds}}};
}

class RunMeterTest : public ::testing::Test {
 protected:
  std::unique_ptr<service::Metrics> metrics_ = service::Metrics::make();
  RunMeter meter_{*metrics_};
  const ClientKey key_{"t", 1};
};

TEST_F(RunMeterTest, AddsWhatIsNewOfEachReport) {
  meter_.begin(key_, spec());
  meter_.report(key_, usage(100, 1));
  meter_.report(key_, usage(250, 2.5));
  meter_.report(key_, usage(250, 2.5));
  const auto text = metrics_->scrape();
  EXPECT_THAT(text, HasSubstr("pai_node_peer_sent_bytes_total{peer=\"10.0.0.0:80\"} 250\n"));
  EXPECT_THAT(text, HasSubstr("pai_node_peer_rounds_total{peer=\"10.0.0.0:80\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("pai_node_phase_seconds_total{phase=\"tag\",type=\"alignment_data\"} 2.5\n"));
  EXPECT_THAT(text, HasSubstr("pai_node_client_memory_peak_bytes{type=\"alignment_data\"} 250\n"));
}

TEST_F(RunMeterTest, CountsNothingOfBeforeARestart) {
  meter_.begin(key_, spec(), usage(100, 1));
  meter_.report(key_, usage(110, 1.5));
  EXPECT_THAT(metrics_->scrape(), HasSubstr("pai_node_peer_sent_bytes_total{peer=\"10.0.0.0:80\"} 10\n"));
}

TEST_F(RunMeterTest, BelievesNoFigureThatFalls) {
  meter_.begin(key_, spec());
  meter_.report(key_, usage(100, 1));
  meter_.report(key_, usage(50, 0.5));
  EXPECT_THAT(metrics_->scrape(), HasSubstr("pai_node_peer_sent_bytes_total{peer=\"10.0.0.0:80\"} 100\n"));
}

TEST_F(RunMeterTest, IgnoresPeersThatTheTaskHasNot) {
  meter_.begin(key_, spec());
  auto strange = usage(1, 1);
  strange.peers[0].client = 60;
  meter_.report(key_, strange);
  EXPECT_THAT(metrics_->scrape(), Not(HasSubstr("pai_node_peer_sent_bytes_total{")));
}

TEST_F(RunMeterTest, TellsEachEndOnceAndKeepsTheLastPeak) {
  meter_.begin(key_, spec());
  meter_.report(key_, usage(77, 1));
  meter_.end(key_, task::ClientState::kFinished, 3);
  meter_.end(key_, task::ClientState::kFinished, 3);
  const auto text = metrics_->scrape();
  EXPECT_THAT(text, HasSubstr("pai_node_clients_ended_total{state=\"Finished\",type=\"alignment_data\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("pai_node_client_duration_seconds_sum{state=\"Finished\",type=\"alignment_data\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("pai_node_client_memory_peak_bytes{type=\"alignment_data\"} 77\n"));
}

}  // namespace
}  // namespace pai::node
