#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/access/role.h"
#include "common/base/result.h"
#include "common/tls/tls.h"

namespace pai::http {

enum class Method { kGet, kHead, kPost, kPut, kDelete, kOptions, kOther };

/// A request that was read whole, within the limits. Names of headers are lower case.
struct Request {
  Method method = Method::kGet;
  std::string path;                          ///< decoded, without the query
  std::map<std::string, std::string> query;  ///< decoded; a key that stands twice is refused before (400)
  std::map<std::string, std::string> headers;
  std::string body;
  std::string remote;                          ///< addr:port of the caller
  std::optional<tls::PeerIdentity> identity;   ///< of the client certificate, with TLS
  access::Caller caller = {};                  ///< as the server's gate found

  /// Query parameter; kInvalid naming it when it is missing or empty.
  Result<std::string> required(std::string_view name) const;
  std::optional<std::string> optional(std::string_view name) const;
};

/// A server-sent event stream: the producer pushes, the connection writes. Thread-safe. The stream is dropped when
/// the caller went away; `closed()` then turns true and pushes do nothing.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// `data` is one JSON text without line breaks. A caller that reads too slowly (`events_max` waiting) is cut off. `id`,
  /// without line breaks too, is what it sends as Last-Event-ID when it comes back; empty: the one before stays.
  virtual void push(std::string_view event, std::string_view data, std::string_view id = {}) = 0;
  /// No more events: the connection ends after the last was written.
  virtual void finish() = 0;
  virtual bool closed() const = 0;
  /// Called once, from any thread but never from within `push`, when nobody reads any more: the caller went away, was cut
  /// off, or the stream was written to its end; at once if that has happened.
  virtual void on_closed(std::function<void()> callback) = 0;
};
std::shared_ptr<EventStream> make_event_stream(std::size_t events_max = 1024);

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< without Cache-Control among them: no-store
  std::shared_ptr<EventStream> events = nullptr;  ///< set: the body is this stream (text/event-stream)
};

/// {"status":"ok","msg":…} with whatever else the document has.
Reply ok_reply(nlohmann::json document);
/// {"status":"err","msg":…,"error":{code,message,hint,details}} under the code's HTTP status.
Reply error_reply(const Error& error);

/// The other direction: the Error that an error answer of another daemon carries (kInternal when it carries none).
Error error_from_reply(int status, std::string_view body);

}  // namespace pai::http
