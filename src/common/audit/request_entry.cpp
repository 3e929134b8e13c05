#include "common/audit/request_entry.h"

#include <nlohmann/json.hpp>

#include "common/http/router.h"
#include "common/json/strict_json.h"
#include "common/log/trace.h"
#include "common/task/sha256.h"

namespace pai::audit {
namespace {

constexpr std::size_t kTextMax = 512;  // of each piece that a stranger may choose

std::string cut(std::string text) {
  if (text.size() > kTextMax) text.resize(kTextMax);
  return text;
}

std::string task_of(const http::Request& request) {
  if (const auto named = request.optional("task_name")) return cut(*named);
  if (request.body.empty()) return {};
  const auto body = json::parse(request.body);  // within its limits of depth and size
  if (!body.ok() || !body->is_object() || !body->contains("task_name") || !(*body)["task_name"].is_string()) return {};
  return cut((*body)["task_name"].get<std::string>());
}

std::string parameters_of(const http::Request& request) {
  std::string text;
  for (const auto& [name, value] : request.query) {
    if (name != "task_name") text += (text.empty() ? "" : "&") + name + "=" + value;
  }
  return cut(std::move(text));
}

std::string reason_of(const http::Reply& reply) {
  const auto answer = nlohmann::json::parse(reply.body, nullptr, false);
  return answer.is_object() && answer.contains("msg") && answer["msg"].is_string() ? cut(answer["msg"].get<std::string>()) : "";
}

}  // namespace

Entry entry_of(const http::Request& request, const http::Reply& reply) {
  Entry entry{.who = request.caller.name,
              .credential = request.caller.credential,
              .from = request.remote,
              .method = std::string(http::method_name(request.method)),
              .path = cut(request.path),
              .task = task_of(request),
              .decision = "done",
              .code = reply.status,
              .reason = {},
              .parameters = parameters_of(request),
              .body_sha256 = request.body.empty() ? "" : task::sha256_hex(request.body),
              .trace_id = log::current_trace().id_text()};
  if (entry.credential.empty() && request.identity) entry.credential = "certificate:" + request.identity->fingerprint;
  if (entry.who.empty() && request.identity) {
    const auto& identity = *request.identity;
    // The name is the certificate's word alone; no user's has an @.
    constexpr std::size_t kFingerprintShown = 7 + 12;
    entry.who = (identity.names.empty() ? identity.common_name : identity.names.front()) + "@" + identity.fingerprint.substr(0, kFingerprintShown);
  }
  if (reply.status < 400) return entry;
  entry.decision = reply.status == 401 || reply.status == 403 || reply.status == 429 ? "refused" : "failed";
  entry.reason = reason_of(reply);
  return entry;
}

}  // namespace pai::audit
