#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/task/model.h"
#include "master/node_link.h"

namespace pai::master {

/// A call that did not do what was asked.
struct FailedCall {
  const task::ClientSpec* client;
  const NodeReply* reply;
};

/// One error for a fan-out: the first failure is the message, each is a detail `addr:port` with the node's own words, and
/// the node's own details follow, their paths seen from the whole document (`clients[2].client_config.…`).
/// kConflict when all failures are conflicts, kTimeout when all are time-outs, kNodeFailed otherwise.
Error fan_out_error(const std::vector<FailedCall>& failures);

/// `client 1 (feature_client at 127.0.0.1:8084): no answer within 10 s`
std::string failure_sentence(const FailedCall& failure);

/// The calls whose reply is not ok, in order of the clients.
std::vector<FailedCall> failures_of(const task::TaskSpec& spec, const std::vector<NodeReply>& replies);

}  // namespace pai::master
