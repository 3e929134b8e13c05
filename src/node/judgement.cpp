#include "node/judgement.h"

#include <utility>

namespace pai::node {
namespace {

using task::ClientEvent;
using task::ClientState;

std::string stopped_reason(const Evidence& evidence) {
  return evidence.stop_reason.empty() ? "stopped" : "stopped: " + evidence.stop_reason;
}

/// Why a process without a final report ended.
std::string unreported_reason(const Evidence& evidence) {
  if (const auto* signaled = std::get_if<process::Signaled>(&evidence.outcome)) {
    return "killed by signal " + std::to_string(signaled->signal);
  }
  if (const auto* exited = std::get_if<process::Exited>(&evidence.outcome)) {
    std::string reason = "exited with code " + std::to_string(exited->code) + " without a report";
    if (!evidence.last_error_line.empty()) reason += ": " + evidence.last_error_line;
    return reason;
  }
  if (evidence.state == ClientState::kStarting)
    return "the node daemon ended while it was starting this client";
  if (evidence.ended_unwatched) return "vanished while the node daemon was down";
  return "ended without a report, how is not known, since the node daemon was restarted meanwhile";
}

}  // namespace

Judgement judge(const Evidence& evidence) {
  Judgement judgement{
      .event = ClientEvent::kFail, .reason = "", .blames = {}, .exit_code = {}, .signal = {}, .dataset = {}};
  if (const auto* exited = std::get_if<process::Exited>(&evidence.outcome))
    judgement.exit_code = exited->code;
  if (const auto* signaled = std::get_if<process::Signaled>(&evidence.outcome))
    judgement.signal = signaled->signal;

  const bool stopping = evidence.state == ClientState::kStopping;
  if (evidence.report && evidence.report->state == ClientState::kFinished) {
    // All its work was done and durable before it said so: even a kill afterwards, or a stop that came too
    // late, takes nothing back.
    judgement.event = ClientEvent::kReportFinished;
    judgement.dataset = evidence.report->dataset;
    return judgement;
  }
  // Whatever it says, being ended, or being refused what it needed, is a consequence.
  if (!evidence.over_limit.empty() && !stopping) {
    judgement.reason = evidence.over_limit;
    return judgement;
  }
  if (evidence.report && evidence.report->state == ClientState::kFailed) {
    // While we stop it, peers go away too: blaming them is a consequence of the stop. A fault of its own is
    // not, and may be the very cause why the task is being stopped.
    if (stopping && evidence.report->blames) {
      judgement.event = ClientEvent::kEndStopped;
      judgement.reason = stopped_reason(evidence);
      return judgement;
    }
    judgement.reason =
        evidence.report->reason.empty() ? "failed and did not say why" : evidence.report->reason;
    judgement.blames = evidence.report->blames;
    return judgement;
  }
  if (stopping) {
    judgement.event = ClientEvent::kEndStopped;
    judgement.reason = stopped_reason(evidence);
    return judgement;
  }
  if (evidence.report && evidence.report->state == ClientState::kStopped) {
    judgement.event = ClientEvent::kEndStopped;
    judgement.reason = "told to end by somebody other than its node";
    if (!evidence.report->reason.empty()) judgement.reason += ": " + evidence.report->reason;
    return judgement;
  }
  judgement.reason = unreported_reason(evidence);
  return judgement;
}

}  // namespace pai::node
