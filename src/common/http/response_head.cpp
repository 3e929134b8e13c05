#include "common/http/response_head.h"

#include <algorithm>
#include <ctime>
#include <string_view>

#include "common/base/text.h"

namespace pai::http {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
  }
}

std::string date_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[40];
  const auto length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
  return std::string(text, length);
}

}  // namespace

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const Reply& reply, const ResponseForm& form) {
  std::string text;
  text.reserve(256);
  text.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ").append(reason_of(reply.status));
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append("\r\n").append(name).append(": ").append(value);
  };
  add("Date", date_text());
  if (reply.events) {
    add("Content-Type", "text/event-stream");
    if (form.version >= 11) add("Transfer-Encoding", "chunked");
  } else if (has_body(reply.status)) {
    add("Content-Type", reply.content_type);
    add("Content-Length", std::to_string(reply.body.size()));
  }
  const bool says_how_to_cache = std::any_of(reply.headers.begin(), reply.headers.end(),
                                             [](const auto& header) { return header.first == "Cache-Control"; });
  if (!says_how_to_cache) add("Cache-Control", "no-store");
  add("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : reply.headers) {
    // A value that holds outside text must not be able to write headers of its own.
    if (!has_control_character(value)) add(name, value);
  }
  // 1.1 keeps unless told otherwise, 1.0 closes unless told otherwise.
  if (!form.keep_alive) add("Connection", "close");
  if (form.keep_alive && form.version < 11) add("Connection", "keep-alive");
  text.append("\r\n\r\n");
  return text;
}

}  // namespace pai::http
