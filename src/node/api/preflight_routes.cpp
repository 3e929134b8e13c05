#include "node/api/preflight_routes.h"

#include <nlohmann/json.hpp>

#include "common/json/strict_json.h"
#include "common/task/validate.h"
#include "node/entry.h"

namespace pai::node::api {
namespace {

using http::Request;
using nlohmann::json;

constexpr std::size_t kNonceSize = 32;

Error wrong(const char* where, const char* what) {
  return Error(ErrorCode::kInvalid, std::string(where) + ": " + what).with_detail({ErrorDetail::Kind::kPath, where, what});
}

Result<std::string> nonce_of(const json& body) {
  const std::string nonce = body.contains("nonce") && body["nonce"].is_string() ? body["nonce"].get<std::string>() : "";
  if (nonce.size() == kNonceSize && nonce.find_first_not_of("0123456789abcdef") == std::string::npos) return nonce;
  return wrong("nonce", "is not 32 hex digits");
}

Result<std::uint16_t> port_of(const json& object, int least) {
  const auto found = object.find("port");
  if (found == object.end() || !found->is_number_integer()) return wrong("port", "is no whole number");
  const auto port = found->get<std::int64_t>();
  if (port < least || port > 65'535) return wrong("port", "is no port");
  return static_cast<std::uint16_t>(port);
}

Result<std::vector<PortProbe::Target>> targets_of(const json& body) {
  const auto list = body.find("targets");
  if (list == body.end() || !list->is_array() || list->size() > PortProbe::kTargetsMax) {
    return wrong("targets", "is no list of at most 16");
  }
  std::vector<PortProbe::Target> targets;
  for (const auto& item : *list) {
    if (!item.is_object() || !item.contains("addr") || !item["addr"].is_string()) return wrong("targets", "one has no addr");
    PAI_ASSIGN(const auto port, port_of(item, 1));
    targets.push_back({item["addr"].get<std::string>(), port});
  }
  return targets;
}

Result<json> probe_ports(PortProbe& probe, const Request& request) {
  PAI_ASSIGN(const auto body, pai::json::parse(request.body));
  if (!body.is_object()) return wrong("body", "is no object");
  PAI_ASSIGN(const auto nonce, nonce_of(body));
  PAI_ASSIGN(const auto step, request.required("step"));
  if (step == "open") {
    PAI_ASSIGN(const auto wanted, port_of(body, 0));
    PAI_ASSIGN(const auto port, probe.open(wanted, nonce));
    return json{{"msg", "open"}, {"port", port}};
  }
  if (step == "try") {
    PAI_ASSIGN(const auto targets, targets_of(body));
    PAI_ASSIGN(const auto outcomes, probe.try_all(targets, nonce));
    return json{{"msg", "tried"}, {"outcomes", outcomes}};
  }
  if (step == "close") {
    probe.close(nonce);
    return json{{"msg", "closed"}};
  }
  return wrong("step", "is none of open, try, close");
}

json state_of(const OperatorContext& context) {
  json document{{"msg", "here"},
                {"node", context.settings.name},
                {"version", PAI_VERSION},
                {"time", now()},
                {"certificate_not_after", nullptr},
                {"computation_ports", context.settings.computation_ports.text()},
                {"disk_free_bytes", nullptr},
                {"audit_writable", context.audit.ready().ok()}};
  if (const std::int64_t end = context.certificate_not_after; end != 0) document["certificate_not_after"] = end;
  const auto free = io::free_bytes(context.folders.datasets().fd());
  if (free.ok()) document["disk_free_bytes"] = *free;
  return document;
}

}  // namespace

std::vector<DeclaredRoute> preflight_routes(const OperatorContext& context, PortProbe& probe) {
  return {
      {.parameters = {},
       .route = {.method = http::Method::kGet,
                 .path = "/preflight",
                 .handler = [context](const Request&) { return http::ok_reply(state_of(context)); }}},
      {.parameters = {"step"},
       .route = {.method = http::Method::kPost,
                 .path = "/probePorts",
                 .handler =
                     [&probe](const Request& request) {
                       auto answer = probe_ports(probe, request);
                       return answer.ok() ? http::ok_reply(*std::move(answer)) : http::error_reply(answer.error());
                     },
                 .slow = true},
       .mutates = true},
  };
}

}  // namespace pai::node::api
