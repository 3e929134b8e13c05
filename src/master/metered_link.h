#pragma once

#include <memory>

#include "common/service/metrics.h"
#include "master/node_link.h"

namespace pai::master {

/// Describes pai_master_node_calls_total and pai_master_node_call_seconds.
void describe_link_metrics(service::Metrics& metrics);

/// `link` with each call counted and timed, by path and outcome. Both outlive it.
std::unique_ptr<NodeLink> make_metered_link(NodeLink& link, service::Metrics& metrics);

}  // namespace pai::master
