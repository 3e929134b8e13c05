// Every way a client can end, as a table: what it said of itself, how its process ended, what was asked of
// it.
#include "node/judgement.h"

#include <gtest/gtest.h>

namespace pai::node {
namespace {

using process::Exited;
using process::Outcome;
using process::Signaled;
using process::Vanished;
using task::ClientEvent;
using task::ClientState;

std::optional<task::ClientReport> said(ClientState state, std::string reason = "",
                                       std::optional<int> blames = {}) {
  task::ClientReport report;
  report.state = state;
  report.reason = std::move(reason);
  report.blames = blames;
  if (state == ClientState::kFinished) report.dataset.emplace().out_data_path = "x";
  return report;
}

struct Case {
  const char* name;
  Evidence evidence;
  ClientEvent event;
  const char* reason;
  std::optional<int> blames = {};
};

const std::vector<Case>& cases() {
  const auto running = ClientState::kRunning;
  const auto stopping = ClientState::kStopping;
  static const std::vector<Case> kCases = {
      {"finished", {running, said(ClientState::kFinished), Exited{0}}, ClientEvent::kReportFinished, ""},
      {"finished, then killed",
       {running, said(ClientState::kFinished), Signaled{9}},
       ClientEvent::kReportFinished,
       ""},
      {"finished, unwatched",
       {running, said(ClientState::kFinished), Vanished{}, true},
       ClientEvent::kReportFinished,
       ""},
      {"finished before the stop arrived",
       {stopping, said(ClientState::kFinished), Exited{0}},
       ClientEvent::kReportFinished,
       ""},
      {"failed on its own",
       {running, said(ClientState::kFailed, "disk full"), Exited{1}},
       ClientEvent::kFail,
       "disk full"},
      {"failed by a peer",
       {running, said(ClientState::kFailed, "peer 2 lost", 2), Exited{1}},
       ClientEvent::kFail,
       "peer 2 lost",
       2},
      {"failed, no words",
       {running, said(ClientState::kFailed), Exited{1}},
       ClientEvent::kFail,
       "failed and did not say why"},
      {"killed",
       {running, said(ClientState::kRunning), Signaled{9}},
       ClientEvent::kFail,
       "killed by signal 9"},
      {"killed, no report", {running, {}, Signaled{11}}, ClientEvent::kFail, "killed by signal 11"},
      {"exit without report",
       {running, {}, Exited{0}},
       ClientEvent::kFail,
       "exited with code 0 without a report"},
      {"exit with a last line",
       {running, {}, Exited{3}, false, "bad"},
       ClientEvent::kFail,
       "exited with code 3 without a report: bad"},
      {"vanished unwatched",
       {running, {}, Vanished{}, true},
       ClientEvent::kFail,
       "vanished while the node daemon was down"},
      {"vanished after adoption",
       {running, {}, Vanished{}},
       ClientEvent::kFail,
       "ended without a report, how is not known, since the node daemon was restarted meanwhile"},
      {"never began",
       {ClientState::kStarting, {}, Vanished{}, true},
       ClientEvent::kFail,
       "the node daemon ended while it was starting this client"},
      {"stopped as asked",
       {stopping, said(ClientState::kStopped, "asked to"), Exited{0}, false, "", "enough"},
       ClientEvent::kEndStopped,
       "stopped: enough"},
      {"stopped by a kill",
       {stopping, said(ClientState::kRunning), Signaled{9}},
       ClientEvent::kEndStopped,
       "stopped"},
      {"blames a peer that was stopped too",
       {stopping, said(ClientState::kFailed, "peer 1 lost", 1), Exited{1}},
       ClientEvent::kEndStopped,
       "stopped"},
      {"its own fault was why all stop",
       {stopping, said(ClientState::kFailed, "disk full"), Exited{1}},
       ClientEvent::kFail,
       "disk full"},
      {"ended for a limit",
       {running, said(ClientState::kStopped, "SIGTERM"), Exited{0}, false, "", "", "ran too long"},
       ClientEvent::kFail,
       "ran too long"},
      {"ended by a limit",
       {running, said(ClientState::kRunning), Signaled{9}, false, "", "", "too much memory"},
       ClientEvent::kFail,
       "too much memory"},
      {"finished in spite of a limit",
       {running, said(ClientState::kFinished), Exited{0}, false, "", "", "ran too long"},
       ClientEvent::kReportFinished,
       ""},
      {"stopped as asked while a limit ended it",
       {stopping, said(ClientState::kStopped), Exited{0}, false, "", "enough", "ran too long"},
       ClientEvent::kEndStopped,
       "stopped: enough"},
      {"terminated by its owner",
       {running, said(ClientState::kStopped, "SIGTERM"), Exited{0}},
       ClientEvent::kEndStopped,
       "told to end by somebody other than its node: SIGTERM"},
  };
  return kCases;
}

TEST(Judgement, FollowsTheReportFirstThenTheProcess) {
  for (const auto& [name, evidence, event, reason, blames] : cases()) {
    const Judgement judgement = judge(evidence);
    EXPECT_EQ(judgement.event, event) << name;
    EXPECT_EQ(judgement.reason, reason) << name;
    EXPECT_EQ(judgement.blames, blames) << name;
    EXPECT_EQ(judgement.dataset.has_value(), event == ClientEvent::kReportFinished) << name;
  }
}

TEST(Judgement, IsAlwaysAllowedByTheTableOfTransitions) {
  for (const auto state : {ClientState::kStarting, ClientState::kRunning, ClientState::kStopping}) {
    for (const auto& each : cases()) {
      Evidence evidence = each.evidence;
      evidence.state = state;
      EXPECT_TRUE(task::apply(state, judge(evidence).event).ok())
          << task::client_state_name(state) << ", " << each.name;
    }
  }
}

TEST(Judgement, KeepsHowTheProcessEnded) {
  EXPECT_EQ(judge({ClientState::kRunning, {}, Exited{5}}).exit_code, 5);
  EXPECT_EQ(judge({ClientState::kRunning, {}, Signaled{15}}).signal, 15);
  const Judgement vanished = judge({ClientState::kRunning, {}, Vanished{}});
  EXPECT_FALSE(vanished.exit_code || vanished.signal);
}

}  // namespace
}  // namespace pai::node
