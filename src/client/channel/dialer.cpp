#include "client/channel/dialer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/async_stream.h>

#include "client/channel/addresses.h"
#include "client/channel/credentials.h"
#include "client/channel/handshake.h"
#include "client/channel/tuning.h"
#include "common/base/text.h"
#include "common/log/trace.h"
#include "pai/v1/channel.grpc.pb.h"

namespace pai::client {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kHandshakeTime = 10s;
constexpr auto kCloseTime = 5s;
constexpr auto kFirstPace = 10ms;
constexpr auto kLastPace = 500ms;
/// A port that takes connections and never gets through a handshake is given up after so many, over at least a second.
constexpr int kFailedHandshakesMax = 3;
constexpr auto kFailedHandshakesTime = 1s;

using ClientStream = grpc::ClientAsyncReaderWriter<v1::Frame, v1::Frame>;

class DialedStream final : public Stream {
 public:
  DialedStream(grpc::ClientContext& context, ClientStream& stream) : context_(context), stream_(stream) {}
  void read(v1::Frame& frame, EventLoop::Event& event) override { stream_.Read(&frame, event.tag()); }
  void write(const v1::Frame& frame, EventLoop::Event& event) override { stream_.Write(frame, event.tag()); }
  void write_last(const v1::Frame& frame, EventLoop::Event& event) override {
    half_closed_ = true;
    stream_.WriteLast(frame, grpc::WriteOptions(), event.tag());
  }
  void half_close(EventLoop& loop) {
    if (half_closed_.exchange(true)) return;
    Awaited done(loop);
    stream_.WritesDone(done.tag());
    (void)done.wait();  // false: the stream is over anyway
  }
  /// Nothing may be under way, or the stream must be over.
  grpc::Status finish(EventLoop& loop) {
    grpc::Status status;
    Awaited done(loop);
    stream_.Finish(&status, done.tag());
    (void)done.wait();  // always true
    return status;
  }
  void cancel() override { context_.TryCancel(); }

 private:
  grpc::ClientContext& context_;
  ClientStream& stream_;
  std::atomic<bool> half_closed_{false};
};

/// What became of one attempt.
struct Served {};                          // connected, and the conversation is over
struct Unreached { std::string what; bool counts = true; };  // no answer came: may get better; too many that count end it
struct Final { Error error; };             // will not get better
using Outcome = std::variant<Served, Unreached, Final>;

class GrpcDialer final : public Dialer {
 public:
  GrpcDialer(Session& session, Peer& peer, Clock::time_point deadline)
      : session_(session), peer_(peer), deadline_(deadline), thread_([this] { run(); }) {}

  ~GrpcDialer() override {
    stop();
    join();
  }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }

  void join() override {
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    const auto& spec = session_.task.spec.clients.at(static_cast<std::size_t>(peer_.id()));
    int failed_handshakes = 0;
    Clock::time_point first_failed;
    Clock::duration pace = kFirstPace;
    const auto started = Clock::now();
    while (Clock::now() < deadline_) {
      auto target = probe(spec.addr, spec.computation_port, session_.task.node.insecure);
      if (!target.ok()) {
        if (target.error().code() == ErrorCode::kDenied) return peer_.fail(std::move(target).error().blaming(peer_.id()));
        peer_.note_trouble(target.error().message());
      } else {
        const auto outcome = attempt(*target);
        if (std::holds_alternative<Served>(outcome)) return;
        if (const auto* final = std::get_if<Final>(&outcome)) return peer_.fail(final->error);
        const auto& [what, counts] = std::get<Unreached>(outcome);
        peer_.note_trouble(what);
        if (counts && failed_handshakes++ == 0) first_failed = Clock::now();
        if (failed_handshakes >= kFailedHandshakesMax && Clock::now() - first_failed >= kFailedHandshakesTime) {
          return peer_.fail(Error(ErrorCode::kPeerLost, "no connection to " + peer_.label() + ": " + what)
                                .with_hint("something else may listen on port " +
                                           std::to_string(spec.computation_port) + ", or trusts other certificates")
                                .blaming(peer_.id()));
        }
        pace = std::max<Clock::duration>(pace, 100ms);
      }
      if (Clock::now() - started > 2s) pace = std::min<Clock::duration>(pace * 2, kLastPace);
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, pace, [this] { return stopped_; })) return;
    }
  }

  Outcome attempt(const std::string& target) {
    // Written by gRPC's thread during the handshake, read after the call failed.
    const auto mismatch = std::make_shared<Mismatch>();
    const auto credentials = channel_credentials(
        session_.material ? &*session_.material : nullptr, [mismatch, this](const std::string& pem) {
          auto status = check_identity(session_.task, *session_.material, peer_.id(), pem);
          if (!status.ok()) mismatch->set(status.error());
          return status;
        });
    grpc::ChannelArguments arguments;
    set_transport_arguments([&](const char* name, int value) { arguments.SetInt(name, value); });
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    const auto stub = v1::Computation::NewStub(grpc::CreateCustomChannel(target, credentials, arguments));
    grpc::ClientContext context;
    if (const auto trace = log::traceparent(log::next_step(log::current_trace())); !trace.empty()) context.AddMetadata("traceparent", trace);
    auto ticket = session_.calls.admit(kHandshakeTime, [&context] { context.TryCancel(); });
    if (!ticket) return Unreached{"no place for another handshake here", false};
    auto& loop = session_.loop;
    const auto stream = stub->PrepareAsyncExchange(&context, &loop.queue());
    DialedStream dialed(context, *stream);
    Awaited opened(loop);
    stream->StartCall(opened.tag());
    v1::Frame frame;
    *frame.mutable_hello() = make_hello(session_.task, peer_.id());
    peer_.count(frame);
    if (!opened.wait() || !write_now(loop, dialed, frame) || !read_now(loop, dialed, frame)) {
      const auto status = dialed.finish(loop);
      if (auto error = mismatch->get()) return Final{std::move(*error).blaming(peer_.id())};
      if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED) {
        return Final{Error(ErrorCode::kUnauthenticated, peer_.label() + " refused the connection: " + printable(status.error_message(), 300))};
      }
      // A busy port is no fault of the peer's: somebody else may fill it.
      return Unreached{"the handshake failed: " + printable(status.error_message(), 300),
                       status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED};
    }
    if (auto error = check_answer(frame, dialed)) {
      dialed.half_close(loop);
      dialed.cancel();
      (void)dialed.finish(loop);  // cancelled by us
      return Final{std::move(*error)};
    }
    PAI_CHECK(peer_.claim(), "two streams to one peer");
    ticket.reset();
    session_.log(log::Level::kInfo, "peer connected", {{"peer", peer_.id()}, {"to", target}});
    peer_.serve(dialed);
    close(context, dialed);
    return Served{};
  }

  /// The error when the answer to our Hello is no welcome; tells the other side why.
  std::optional<Error> check_answer(const v1::Frame& frame, Stream& stream) const {
    if (frame.has_refusal()) {
      return Error(ErrorCode::kProtocol, peer_.label() + " refused the connection: " +
                                             printable(frame.refusal().message(), 512));
    }
    auto refusal = frame.has_hello() ? check_hello(session_.task, frame.hello(), peer_.id())
                                     : make_refusal(v1::REFUSAL_REASON_MALFORMED, "Hello was due");
    if (!refusal) return std::nullopt;
    auto error = Error(ErrorCode::kProtocol, "the connection to " + peer_.label() + " was refused here: " +
                                                 refusal->message())
                     .blaming(peer_.id());
    v1::Frame answer;
    *answer.mutable_refusal() = *std::move(refusal);
    (void)write_now(session_.loop, stream, answer);  // for the other side's log only
    return error;
  }

  /// Reads to the stream's end, so that all we sent is known to have been read.
  void close(grpc::ClientContext& context, DialedStream& dialed) {
    const auto ticket = session_.calls.admit(kCloseTime, [&context] { context.TryCancel(); });
    if (!ticket) context.TryCancel();
    dialed.half_close(session_.loop);
    v1::Frame rest;
    while (read_now(session_.loop, dialed, rest)) {
    }
    (void)dialed.finish(session_.loop);  // how it ended was judged by the peer's own frames
  }

  struct Mismatch {
    void set(const Error& error) {
      const std::lock_guard lock(mutex);
      value = error;
    }
    std::optional<Error> get() {
      const std::lock_guard lock(mutex);
      return value;
    }
    std::mutex mutex;
    std::optional<Error> value;
  };

  Session& session_;
  Peer& peer_;
  const Clock::time_point deadline_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace

std::unique_ptr<Dialer> Dialer::start(Session& session, Peer& peer, Clock::time_point deadline) {
  return std::make_unique<GrpcDialer>(session, peer, deadline);
}

}  // namespace pai::client
