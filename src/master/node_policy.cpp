#include "master/node_policy.h"

#include <algorithm>

#include "common/http/server.h"

namespace pai::master {

Result<std::vector<http::Endpoint>> NodePolicy::endpoints_of(const task::TaskSpec& spec) const {
  std::vector<http::Endpoint> endpoints;
  std::vector<ErrorDetail> faults;
  for (const auto& client : spec.clients) {
    const auto known = std::find_if(nodes_.begin(), nodes_.end(), [&](const ConfiguredNode& node) {
      return node.endpoint.host == client.addr && node.endpoint.port == client.http_port;
    });
    if (known != nodes_.end()) {
      endpoints.push_back(known->endpoint);
      continue;
    }
    endpoints.push_back({.host = client.addr, .port = client.http_port, .identity = client.identity});
    if (insecure_ && http::is_loopback(client.addr)) continue;
    faults.push_back({ErrorDetail::Kind::kPath, "clients[" + std::to_string(client.id) + "].addr",
                      insecure_ ? client.addr + " is not a loopback address, and --insecure allows no other"
                                : client.node() + " is not among this master's nodes"});
  }
  if (faults.empty()) return endpoints;
  auto message = faults.front().where + ": " + faults.front().message;
  if (faults.size() > 1) message += " (and " + std::to_string(faults.size() - 1) + " more)";
  return Error(ErrorCode::kDenied, std::move(message))
      .with_details(std::move(faults))
      .with_hint(insecure_ ? "use 127.0.0.1, or run the master with TLS and list the node under [[nodes]]"
                           : "list the node under [[nodes]] in the master's configuration, and restart it: running tasks go on");
}

}  // namespace pai::master
