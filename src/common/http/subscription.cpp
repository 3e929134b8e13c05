#include "common/http/subscription.h"

#include <array>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <condition_variable>
#include <mutex>

#include "common/http/event_parser.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;
namespace beast_http = boost::beast::http;
using Parser = beast_http::response_parser<beast_http::buffer_body>;

constexpr auto kConnectTimeout = 3s;
constexpr auto kHeaderTimeout = 10s;
constexpr auto kSilenceMax = 45s;  // the server pings every 15 s
constexpr std::size_t kEventBytesMax = std::size_t{8} << 20;
constexpr std::size_t kRefusalBytesMax = 64 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;

struct Follower {
  Follower(std::shared_ptr<ClientShared> common, const Endpoint& endpoint) : shared(common), link(common, endpoint) {}

  /// Runs until the stream ends, for whatever reason.
  asio::awaitable<Error> run();
  asio::awaitable<Status> read_header(Parser& parser);
  asio::awaitable<Error> read_refusal(Parser& parser);
  asio::awaitable<Error> read_events(Parser& parser);
  /// Body bytes that are there now; an error code when more must be read or nothing more comes.
  static std::string_view take_body(Parser& parser, boost::beast::flat_buffer& buffer, std::array<char, kReadBytes>& piece,
                                    error_code& fault);

  std::shared_ptr<ClientShared> shared;
  ClientLink link;
  std::string target;
  std::function<void(std::string_view, std::string_view)> on_event;
  std::function<void(const Error&)> on_end;
  bool cancelled = false;  ///< on the I/O thread
  std::array<char, kReadBytes> piece{};

  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
};

asio::awaitable<Error> Follower::run() {
  auto status = co_await link.connect(Clock::now() + kConnectTimeout);
  if (!status.ok()) co_return std::move(status).error();
  Call call;
  call.target = target;
  const auto fault = co_await link.send(call, log::Trace(), "text/event-stream", Clock::now() + kHeaderTimeout);
  if (fault) co_return link.explain("sending the request", fault);
  Parser parser;
  parser.body_limit(boost::none);
  parser.eager(false);
  status = co_await read_header(parser);
  if (!status.ok()) co_return std::move(status).error();
  if (parser.get().result_int() != 200) {
    auto refusal = co_await read_refusal(parser);
    co_return refusal;
  }
  auto end = co_await read_events(parser);
  co_return end;
}

asio::awaitable<Status> Follower::read_header(Parser& parser) {
  const auto deadline = Clock::now() + kHeaderTimeout;
  for (;;) {
    error_code fault;
    if (link.buffer().size() > 0) {
      link.buffer().consume(parser.put(link.buffer().data(), fault));
      if (parser.is_header_done()) co_return Status();
      if (fault && fault != beast_http::error::need_more) {
        co_return node_error(link.endpoint(), ErrorCode::kNodeFailed, "the answer is not HTTP: " + fault.message());
      }
    }
    fault = co_await link.read_more(kReadBytes, deadline);
    if (fault) co_return link.explain("waiting for the answer", fault);
  }
}

std::string_view Follower::take_body(Parser& parser, boost::beast::flat_buffer& buffer,
                                     std::array<char, kReadBytes>& piece, error_code& fault) {
  auto& body = parser.get().body();
  body.data = piece.data();
  body.size = piece.size();
  body.more = true;
  buffer.consume(parser.put(buffer.data(), fault));
  if (fault == beast_http::error::need_buffer) fault = {};
  return {piece.data(), piece.size() - body.size};
}

asio::awaitable<Error> Follower::read_refusal(Parser& parser) {
  const auto deadline = Clock::now() + kHeaderTimeout;
  parser.eager(true);
  std::string text;
  while (!parser.is_done() && text.size() < kRefusalBytesMax) {
    error_code fault;
    if (link.buffer().size() > 0) text.append(take_body(parser, link.buffer(), piece, fault));
    if (parser.is_done() || (fault && fault != beast_http::error::need_more)) break;
    if (link.buffer().size() > 0 && !fault) continue;
    fault = co_await link.read_more(kReadBytes, deadline);
    if (fault) break;  // what came is what there is to tell
  }
  co_return error_from_reply(static_cast<int>(parser.get().result_int()), text).in_context(link.endpoint().text());
}

asio::awaitable<Error> Follower::read_events(Parser& parser) {
  EventParser events(kEventBytesMax, [this](std::string_view event, std::string_view data) {
    if (!cancelled) on_event(event, data);
  });
  parser.eager(true);
  while (!parser.is_done()) {
    error_code fault;
    if (link.buffer().size() > 0) {
      const auto bytes = take_body(parser, link.buffer(), piece, fault);
      const auto fed = events.feed(bytes);
      if (!fed.ok()) co_return node_error(link.endpoint(), fed.error().code(), fed.error().message());
      if (parser.is_done()) break;
      if (fault && fault != beast_http::error::need_more) {
        co_return node_error(link.endpoint(), ErrorCode::kNodeFailed, "the stream is not HTTP: " + fault.message());
      }
      if (link.buffer().size() > 0 && !fault) continue;
    }
    fault = co_await link.read_more(kReadBytes, Clock::now() + kSilenceMax);
    if (fault) co_return link.explain("following events", fault);
  }
  co_return node_error(link.endpoint(), ErrorCode::kNodeFailed, "the event stream ended");
}

class SubscriptionImpl final : public Subscription {
 public:
  explicit SubscriptionImpl(std::shared_ptr<Follower> follower) : follower_(std::move(follower)) {}

  ~SubscriptionImpl() override {
    // Should the client be gone already, then the follower is done and nothing runs what is posted. It holds no
    // reference: the follower owns the context that it would wait in.
    asio::post(follower_->shared->io, [weak = std::weak_ptr(follower_)] {
      const auto follower = weak.lock();
      if (!follower) return;
      follower->cancelled = true;
      follower->link.abort();
    });
    std::unique_lock lock(follower_->mutex);
    follower_->ended.wait(lock, [this] { return follower_->done; });
  }

 private:
  std::shared_ptr<Follower> follower_;
};

asio::awaitable<void> live(std::shared_ptr<Follower> follower) {
  const Error reason = co_await follower->run();
  follower->link.abort();
  if (!follower->cancelled) follower->on_end(reason);
}

}  // namespace

std::unique_ptr<Subscription> follow(std::shared_ptr<ClientShared> shared, const Endpoint& endpoint,
                                     const std::string& target,
                                     std::function<void(std::string_view, std::string_view)> on_event,
                                     std::function<void(const Error&)> on_end) {
  auto follower = std::make_shared<Follower>(shared, endpoint);
  follower->target = target;
  follower->on_event = std::move(on_event);
  follower->on_end = std::move(on_end);
  asio::co_spawn(shared->io, live(follower), [follower](std::exception_ptr) {
    const std::lock_guard lock(follower->mutex);
    follower->done = true;
    follower->ended.notify_all();
  });
  return std::make_unique<SubscriptionImpl>(std::move(follower));
}

}  // namespace pai::http
