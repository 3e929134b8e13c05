#include "common/http/request_reader.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "common/base/text.h"

namespace pai::http {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::request_parser<beast_http::string_body>;
using ParseFault = beast_http::error;

constexpr std::size_t kHeaderReadBytes = 4096;
constexpr std::size_t kBodyReadBytes = 64 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

Reply with_status(Reply reply, int status) {
  reply.status = status;
  return reply;
}

std::string with_limit(std::string_view what, std::size_t bytes) {
  return std::string(what) + " is larger than " + std::to_string(bytes) + " bytes";
}

/// The answer to bytes that the parser could not take.
Reply reply_to(error_code fault, const Limits& limits) {
  if (fault == ParseFault::header_limit || fault == ParseFault::buffer_overflow) {
    return with_status(
        error_reply(Error(ErrorCode::kTooLarge, with_limit("the request's header", limits.header_bytes_max))), 431);
  }
  if (fault == ParseFault::body_limit) {
    return error_reply(Error(ErrorCode::kTooLarge, with_limit("the request's body", limits.body_bytes_max)));
  }
  return error_reply(Error(ErrorCode::kInvalid, "this is not HTTP/1.1: " + fault.message()));
}

/// Finds a line of a header that begins with a blank (RFC 9112, section 5.2: obs-fold). The parser would join it to the
/// line before; another reader of the same bytes might not.
class FoldedLines {
 public:
  bool see(std::string_view bytes) {
    bool found = false;
    for (const char c : bytes) {
      found = found || (line_begins_ && (c == ' ' || c == '\t'));
      line_begins_ = c == '\n';
    }
    return found;
  }

 private:
  bool line_begins_ = false;
};

}  // namespace

struct RequestReader::State {
  explicit State(const Limits& limits) {
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    parser.body_limit(boost::none);  // the header comes first: see check()
    parser.eager(false);
  }

  /// Both return false: nothing more is read for this request.
  bool gone() {
    incoming.kind = Incoming::Kind::kGone;
    return false;
  }
  bool refuse(Reply answer) {
    incoming.kind = Incoming::Kind::kRefused;
    incoming.answer = std::move(answer);
    incoming.keep_alive = false;
    return false;
  }
  /// After a read failed in the middle of a request.
  bool stopped(error_code fault, std::string_view where) {
    if (fault == asio::error::timed_out) {
      const std::string what = "the request's " + std::string(where) + " did not come in time";
      return refuse(with_status(error_reply(Error(ErrorCode::kTimeout, what)), 408));
    }
    if (fault == asio::error::eof) {
      return refuse(error_reply(Error(ErrorCode::kInvalid, "the request ended in its " + std::string(where))));
    }
    return gone();
  }

  Parser parser;
  FoldedLines folds;
  Incoming incoming;
  bool expects_continue = false;
};

asio::awaitable<Incoming> RequestReader::next(const Judge& judge) {
  State state(limits_);
  idle_ = waiting_ = true;
  const bool header = co_await read_header(state);
  idle_ = false;
  if (!header) co_return std::move(state.incoming);
  if (!check(state, judge)) co_return std::move(state.incoming);
  if (!state.parser.is_done()) {
    const bool body = co_await read_body(state);
    if (!body) co_return std::move(state.incoming);
  }
  waiting_ = false;
  state.incoming.kind = Incoming::Kind::kRequest;
  state.incoming.request.body = std::move(state.parser.get().body());
  // An idle connection keeps no big buffer.
  if (buffer_.size() == 0 && buffer_.capacity() > kHeaderReadBytes) buffer_ = {};
  co_return std::move(state.incoming);
}

asio::awaitable<error_code> RequestReader::read_more(std::size_t bytes_max, Clock::time_point deadline) {
  transport_.set_deadline(deadline);
  const auto space = buffer_.prepare(bytes_max);
  const auto read = co_await transport_.read_some(space);
  buffer_.commit(read.bytes);
  co_return read.fault;
}

void RequestReader::skip_empty_lines() {
  // RFC 9112, 2.2: some clients send one after a body.
  while (buffer_.size() > 0) {
    const char first = *static_cast<const char*>(buffer_.data().data());
    if (first != '\r' && first != '\n') return;
    buffer_.consume(1);
  }
}

asio::awaitable<bool> RequestReader::read_header(State& state) {
  auto deadline = Clock::now() + limits_.idle_timeout;
  bool begun = false;
  for (;;) {
    if (buffer_.size() > 0 && !begun) {
      begun = true;
      idle_ = false;
      deadline = Clock::now() + limits_.header_timeout;  // from the first byte: a trickle does not prolong it
    }
    if (!state.parser.got_some()) skip_empty_lines();
    if (buffer_.size() > 0) {
      error_code fault;
      const auto taken = state.parser.put(buffer_.data(), fault);
      const bool folded = state.folds.see({static_cast<const char*>(buffer_.data().data()), taken});
      buffer_.consume(taken);
      if (folded) {
        co_return state.refuse(error_reply(Error(ErrorCode::kInvalid, "a header goes on in the next line, which HTTP/1.1 forbids")));
      }
      if (state.parser.is_header_done()) co_return true;
      if (fault && fault != ParseFault::need_more) co_return state.refuse(reply_to(fault, limits_));
    }
    const auto fault = co_await read_more(kHeaderReadBytes, deadline);
    if (!fault) continue;
    co_return begun ? state.stopped(fault, "header") : state.gone();
  }
}

/// Everything that can be said before the body. False: refused.
bool RequestReader::check(State& state, const Judge& judge) {
  const auto& message = state.parser.get();
  auto& incoming = state.incoming;
  incoming.version = static_cast<int>(message.version());

  RawHead raw;
  raw.method = view(message.method_string());
  raw.target = view(message.target());
  raw.version = incoming.version;
  for (const auto& field : message) raw.fields.emplace_back(view(field.name_string()), view(field.value()));
  auto head = check_head(raw, transport_.is_tls() ? "https" : "http");
  // After a fault of framing nobody knows where the next request begins; for the others closing is simple and safe.
  if (!head.ok()) {
    incoming.request.method = method_of(raw.method);
    incoming.request.path = printable(raw.target);
    return state.refuse(error_reply(head.error()));
  }

  incoming.request = std::move(head->request);
  incoming.keep_alive = state.parser.keep_alive();
  state.expects_continue = head->expects_continue;
  const bool no_body = state.parser.is_done();
  if (auto answer = judge(incoming.request)) {
    const bool keep_alive = incoming.keep_alive && no_body;
    (void)state.refuse(std::move(*answer));
    incoming.keep_alive = keep_alive;
    return false;
  }
  const auto length = state.parser.content_length();
  if (length && *length > limits_.body_bytes_max) return state.refuse(reply_to(ParseFault::body_limit, limits_));
  return true;
}

asio::awaitable<bool> RequestReader::read_body(State& state) {
  auto& parser = state.parser;
  const auto deadline = Clock::now() + limits_.body_timeout;
  parser.body_limit(limits_.body_bytes_max);
  parser.eager(true);
  if (state.expects_continue && buffer_.size() == 0) {
    transport_.set_deadline(Clock::now() + limits_.write_timeout);
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto fault = co_await transport_.write(asio::buffer(kContinue));
    if (fault) co_return state.gone();
  }
  for (;;) {
    if (buffer_.size() > 0) {
      error_code fault;
      buffer_.consume(parser.put(buffer_.data(), fault));
      if (parser.is_done()) co_return true;
      if (fault && fault != ParseFault::need_more) co_return state.refuse(reply_to(fault, limits_));
      // What waits here is the head of a chunk or a trailer, never data.
      if (buffer_.size() > limits_.header_bytes_max) {
        co_return state.refuse(error_reply(Error(ErrorCode::kInvalid, "the head of a chunk is too long")));
      }
    }
    const auto left = parser.content_length_remaining();
    const auto wanted = left ? std::min<std::uint64_t>(*left, kBodyReadBytes) : kHeaderReadBytes;
    const auto fault = co_await read_more(std::max<std::size_t>(wanted, 1), deadline);
    if (fault) co_return state.stopped(fault, "body");
  }
}

}  // namespace pai::http
