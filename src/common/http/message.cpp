#include "common/http/message.h"

#include <nlohmann/json.hpp>

namespace pai::http {
namespace {

using nlohmann::json;

/// Text from outside may hold any bytes: what is no UTF-8 is replaced rather than refused.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// `status` and `msg` stand first, since a person with curl reads from the left.
std::string document_text(std::string_view status, const json& msg, const json& rest) {
  std::string text = "{\"status\":\"";
  text.append(status).append("\",\"msg\":").append(dump(msg));
  for (const auto& [key, value] : rest.items()) {
    if (key == "status" || key == "msg") continue;
    text.append(",").append(dump(json(key))).append(":").append(dump(value));
  }
  text += "}\n";
  return text;
}

ErrorCode code_of(std::string_view name, int status) {
  constexpr ErrorCode kAll[] = {
      ErrorCode::kInvalid,    ErrorCode::kUnauthenticated,  ErrorCode::kDenied, ErrorCode::kNotFound,
      ErrorCode::kMethodNotAllowed, ErrorCode::kConflict,   ErrorCode::kTooLarge, ErrorCode::kBusy,
      ErrorCode::kUnavailable, ErrorCode::kNodeFailed,      ErrorCode::kTimeout, ErrorCode::kCancelled,
      ErrorCode::kPeerLost,   ErrorCode::kProtocol,         ErrorCode::kIo,     ErrorCode::kInternal};
  for (const auto code : kAll) {
    if (error_code_name(code) == name) return code;
  }
  // Several codes share a status; the first of them is the general one.
  for (const auto code : kAll) {
    if (status != 500 && http_status_of(code) == status) return code;
  }
  return ErrorCode::kInternal;
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<ErrorDetail> details_of(const json& error) {
  using Kind = ErrorDetail::Kind;
  std::vector<ErrorDetail> details;
  const auto list = error.find("details");
  if (list == error.end() || !list->is_array()) return details;
  for (const auto& item : *list) {
    if (!item.is_object()) continue;
    for (const auto kind : {Kind::kPath, Kind::kNode, Kind::kClient, Kind::kFile}) {
      const std::string key(error_detail_kind_name(kind));
      if (!item.contains(key)) continue;
      const auto& where = item[key];
      details.push_back({kind, where.is_string() ? where.get<std::string>() : dump(where), text_of(item, "message")});
      break;
    }
  }
  return details;
}

}  // namespace

Result<std::string> Request::required(std::string_view name) const {
  const auto found = query.find(std::string(name));
  if (found == query.end() || found->second.empty()) {
    return Error(ErrorCode::kInvalid, "the query parameter '" + std::string(name) + "' is missing")
        .with_hint("add ?" + std::string(name) + "=… to the URL");
  }
  return found->second;
}

std::optional<std::string> Request::optional(std::string_view name) const {
  const auto found = query.find(std::string(name));
  if (found == query.end()) return std::nullopt;
  return found->second;
}

Reply ok_reply(json document) {
  Reply reply;
  if (!document.is_object()) document = json{{"msg", std::move(document)}};
  const auto msg = document.find("msg");
  reply.body = document_text("ok", msg == document.end() ? json("ok") : *msg, document);
  return reply;
}

Reply error_reply(const Error& error) {
  json details = json::array();
  for (const auto& detail : error.details()) {
    details.push_back({{std::string(error_detail_kind_name(detail.kind)), detail.where}, {"message", detail.message}});
  }
  json rest;
  rest["error"] = {{"code", error_code_name(error.code())},
                   {"message", error.message()},
                   {"hint", error.hint()},
                   {"details", std::move(details)}};
  Reply reply;
  reply.status = http_status_of(error.code());
  reply.body = document_text("err", error.message(), rest);
  if (error.code() == ErrorCode::kBusy || error.code() == ErrorCode::kUnavailable) {
    reply.headers.emplace_back("Retry-After", "1");
  }
  return reply;
}

Error error_from_reply(int status, std::string_view body) {
  const json document = json::parse(body, nullptr, /*allow_exceptions=*/false);
  const auto error = document.is_object() ? document.find("error") : document.end();
  if (!document.is_object() || error == document.end() || !error->is_object()) {
    return Error(ErrorCode::kInternal, "answered with HTTP status " + std::to_string(status) + " and no explanation");
  }
  std::string message = text_of(*error, "message");
  if (message.empty()) message = "answered with HTTP status " + std::to_string(status);
  return Error(code_of(text_of(*error, "code"), status), std::move(message))
      .with_hint(text_of(*error, "hint"))
      .with_details(details_of(*error));
}

}  // namespace pai::http
