#include "master/port_assignment.h"

#include <utility>

#include "common/task/validate.h"
#include "master/fan_out.h"

namespace pai::master {
namespace {

Result<std::uint16_t> port_in(const NodeReply& reply) {
  const auto port = reply.document.find("computation_port");
  if (port != reply.document.end() && port->is_number_unsigned()) {
    const auto number = port->get<std::uint64_t>();
    if (number >= 1 && number <= 65'535) return static_cast<std::uint16_t>(number);
  }
  return Error(ErrorCode::kProtocol, "the node's answer has no computation port");
}

}  // namespace

Result<task::TaskSpec> with_ports(NodeLink& link, task::TaskSpec spec, const std::vector<http::Endpoint>& nodes, const std::string& attempt,
                                  bool only_look) {
  auto avoid = nlohmann::json::array();
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < spec.clients.size(); ++i) {
    avoid.push_back(spec.clients[i].http_port);
    if (spec.clients[i].computation_port == 0) {
      missing.push_back(i);
    } else {
      avoid.push_back(spec.clients[i].computation_port);
    }
  }
  if (missing.empty()) return spec;
  // One after the other where several are at one node: a look alone holds nothing that would keep them apart.
  for (const auto i : missing) {
    NodeCall call{.node = nodes.at(i), .path = "/assignPort", .query = {{"task_name", spec.name}, {"client", std::to_string(i)}}};
    if (only_look) call.query.emplace_back("check", "true");
    call.body = nlohmann::json{{"attempt", attempt}, {"avoid", avoid}}.dump();
    const auto reply = link.call(call);
    if (!reply.ok()) return fan_out_error({FailedCall{&spec.clients[i], &reply}});
    PAI_ASSIGN(const auto port, port_in(reply));
    spec.clients[i].computation_port = port;
    avoid.push_back(port);
  }
  // A node's answer is outside input: the whole is looked at again.
  return task::validate(spec.document());
}

task::TaskSpec with_ports_of(task::TaskSpec asked, const task::TaskSpec& known) {
  for (std::size_t i = 0; i < asked.clients.size() && i < known.clients.size(); ++i) {
    if (asked.clients[i].computation_port == 0) asked.clients[i].computation_port = known.clients[i].computation_port;
  }
  return asked;
}

}  // namespace pai::master
