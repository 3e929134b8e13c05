#include "common/base/error.h"

#include <cerrno>
#include <system_error>

#include "common/base/check.h"

namespace pai {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return "invalid";
    case ErrorCode::kUnauthenticated: return "unauthenticated";
    case ErrorCode::kDenied: return "denied";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kMethodNotAllowed: return "method_not_allowed";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kBusy: return "busy";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kNodeFailed: return "node_failed";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kPeerLost: return "peer_lost";
    case ErrorCode::kProtocol: return "protocol";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kInternal: return "internal";
  }
  PAI_CHECK(false, "an error code outside the enumeration");
}

int http_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return 400;
    case ErrorCode::kUnauthenticated: return 401;
    case ErrorCode::kDenied: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kMethodNotAllowed: return 405;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kTooLarge: return 413;
    case ErrorCode::kBusy: return 429;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kCancelled: return 503;
    case ErrorCode::kNodeFailed: return 502;
    case ErrorCode::kPeerLost: return 502;
    case ErrorCode::kProtocol: return 502;
    case ErrorCode::kTimeout: return 504;
    case ErrorCode::kIo: return 500;
    case ErrorCode::kInternal: return 500;
  }
  PAI_CHECK(false, "an error code outside the enumeration");
}

std::string_view error_detail_kind_name(ErrorDetail::Kind kind) {
  switch (kind) {
    case ErrorDetail::Kind::kPath: return "path";
    case ErrorDetail::Kind::kNode: return "node";
    case ErrorDetail::Kind::kClient: return "client";
    case ErrorDetail::Kind::kFile: return "file";
  }
  PAI_CHECK(false, "a detail kind outside the enumeration");
}

Error Error::in_context(std::string_view context) && {
  message_.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

std::string Error::describe() const {
  std::string text = message_;
  bool opened = false;
  for (const auto& detail : details_) {
    // A sentence about a file that names the place just so needs no second telling.
    const bool told = message_.ends_with(detail.message) && message_.find(detail.where) != std::string::npos;
    if (detail.kind == ErrorDetail::Kind::kFile && told) continue;
    text.append(std::exchange(opened, true) ? "; " : " [").append(detail.where).append(": ").append(detail.message);
  }
  if (opened) text += ']';
  if (!hint_.empty()) text.append(" (").append(hint_).append(")");
  return text;
}

std::string errno_message(int error_number) { return std::generic_category().message(error_number); }

Error errno_error(std::string_view what, int error_number) {
  ErrorCode code = ErrorCode::kIo;
  if (error_number == ENOENT || error_number == ENOTDIR) code = ErrorCode::kNotFound;
  if (error_number == EACCES || error_number == EPERM) code = ErrorCode::kDenied;
  return Error(code, std::string(what) + ": " + errno_message(error_number));
}

}  // namespace pai
