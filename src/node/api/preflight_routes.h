#pragma once

#include <vector>

#include "node/api/operator_routes.h"
#include "node/api/route.h"
#include "node/port_probe.h"

namespace pai::node::api {

/// For `paictl preflight`: /preflight says how this node is, /probePorts opens and tries computation ports.
std::vector<DeclaredRoute> preflight_routes(const OperatorContext& context, PortProbe& probe);

}  // namespace pai::node::api
