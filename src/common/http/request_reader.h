#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "common/http/asio.h"
#include "common/http/request_head.h"
#include "common/http/server.h"
#include "common/http/transport.h"

namespace pai::http {

/// What came next on a connection.
struct Incoming {
  enum class Kind {
    kRequest,  ///< `request` is whole
    kRefused,  ///< `answer` is to be sent
    kGone,     ///< nothing to answer: closed, idle too long, or cancelled
  };
  Kind kind = Kind::kGone;
  Request request = {};
  Reply answer = {};
  int version = 11;
  /// Another request may follow: the caller wants it and this one was read to its end.
  bool keep_alive = false;
};

/// Reads requests from a connection, one after the other (they may be pipelined), within the limits.
class RequestReader {
 public:
  /// Asked when the header is known and before any body is read: an answer refuses the request.
  using Judge = std::function<std::optional<Reply>(Request&)>;

  RequestReader(Transport& transport, const Limits& limits) : transport_(transport), limits_(limits) {}

  asio::awaitable<Incoming> next(const Judge& judge);
  /// True while no byte of a request has come: closing now loses nothing.
  bool idle() const { return idle_; }
  /// True until a request is whole, its body too: who sends a body slowly holds no place that others need.
  bool waiting() const { return waiting_; }

 private:
  struct State;
  asio::awaitable<bool> read_header(State& state);
  asio::awaitable<bool> read_body(State& state);
  asio::awaitable<error_code> read_more(std::size_t bytes_max, Clock::time_point deadline);
  bool check(State& state, const Judge& judge);
  void skip_empty_lines();

  Transport& transport_;
  const Limits& limits_;
  boost::beast::flat_buffer buffer_;
  bool idle_ = true;
  bool waiting_ = true;
};

}  // namespace pai::http
