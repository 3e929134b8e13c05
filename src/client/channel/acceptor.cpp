#include "client/channel/acceptor.h"

#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include "client/channel/addresses.h"
#include "client/channel/credentials.h"
#include "client/channel/handshake.h"
#include "client/channel/tuning.h"
#include "common/base/text.h"
#include "common/log/trace.h"
#include "pai/v1/channel.grpc.pb.h"
#include "pai/v1/task_query.grpc.pb.h"

namespace pai::client {

namespace {

using namespace std::chrono_literals;

constexpr auto kHandshakeTime = 10s;

using ServerStream = grpc::ServerAsyncReaderWriter<v1::Frame, v1::Frame>;

class AcceptedStream final : public Stream {
 public:
  AcceptedStream(grpc::ServerContext& context, ServerStream& stream) : context_(context), stream_(stream) {}
  void read(v1::Frame& frame, EventLoop::Event& event) override { stream_.Read(&frame, event.tag()); }
  void write(const v1::Frame& frame, EventLoop::Event& event) override { stream_.Write(frame, event.tag()); }
  /// A server's side closes when the call is finished.
  void write_last(const v1::Frame& frame, EventLoop::Event& event) override { stream_.Write(frame, event.tag()); }
  void cancel() override { context_.TryCancel(); }

 private:
  grpc::ServerContext& context_;
  ServerStream& stream_;
};

/// Who calls, and what is said to him.
class Reception {
 public:
  explicit Reception(Session& session) : session_(session) {}

  /// The whole life of one stream, in a thread of its own.
  grpc::Status receive(grpc::ServerContext& context, Stream& stream) {
    // Strangers take no place and learn nothing: who it is comes before all else.
    if (session_.material && !may_be_a_client(context)) {
      return {grpc::StatusCode::PERMISSION_DENIED, "that certificate belongs to no client that may call here"};
    }
    auto ticket = session_.calls.admit(kHandshakeTime, [&context] { context.TryCancel(); });
    if (!ticket) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many connections that did not say who they are"};
    v1::Frame frame;
    if (!read_now(session_.loop, stream, frame)) return {grpc::StatusCode::CANCELLED, "no Hello came"};
    if (!frame.has_hello()) return refuse(stream, context, make_refusal(v1::REFUSAL_REASON_MALFORMED, "Hello was due"));
    const auto caller = frame.hello().from_client();
    if (auto refusal = check(context, frame.hello())) return refuse(stream, context, *refusal);
    auto& peer = session_.peer(static_cast<int>(caller));
    if (!peer.claim()) {
      return refuse(stream, context,
                    make_refusal(v1::REFUSAL_REASON_ALREADY_CONNECTED,
                                 "client " + std::to_string(caller) + " is or was connected already"));
    }
    *frame.mutable_hello() = make_hello(session_.task, peer.id());
    peer.count(frame);
    if (!write_now(session_.loop, stream, frame)) {
      peer.fail(Error(ErrorCode::kPeerLost, peer.label() + " was lost during the handshake").blaming(peer.id()));
      return grpc::Status::CANCELLED;
    }
    ticket.reset();
    log::Fields fields{{"peer", peer.id()}, {"from", context.peer()}};
    // All parties of a run have one trace. Another says that this one was started in another way, and is where its lines are found.
    if (const auto trace = trace_in(context); trace && trace->id != log::current_trace().id) fields.emplace_back("peer_trace_id", trace->id_text());
    session_.log(log::Level::kInfo, "peer connected", fields);
    peer.serve(stream);
    return grpc::Status::OK;
  }

 private:
  static std::optional<log::Trace> trace_in(const grpc::ServerContext& context) {
    const auto found = context.client_metadata().find("traceparent");
    if (found == context.client_metadata().end()) return std::nullopt;
    return log::parse_traceparent({found->second.data(), found->second.size()});
  }

  std::optional<v1::Refusal> check(const grpc::ServerContext& context, const v1::Hello& hello) const {
    const auto self = static_cast<std::uint32_t>(session_.task.client_id);
    const bool may_call = hello.from_client() > self && hello.from_client() < session_.task.spec.clients.size();
    if (session_.material && may_call) {
      const auto status = check_identity(session_.task, *session_.material, static_cast<int>(hello.from_client()),
                                         peer_certificate(*context.auth_context()));
      if (!status.ok()) {
        session_.log(log::Level::kWarning, "identity refused", {{"from", context.peer()}, {"reason", status.error().message()}});
        return make_refusal(v1::REFUSAL_REASON_IDENTITY, "the certificate is not the one that the task names for that client");
      }
    }
    return check_hello(session_.task, hello, std::nullopt);
  }

  /// True when the certificate is one that our node allows and that the task names for a client that calls us.
  bool may_be_a_client(const grpc::ServerContext& context) const {
    const auto pem = peer_certificate(*context.auth_context());
    const auto identity = tls::identity_of_pem(pem);
    std::string reason = "its certificate cannot be read";
    if (identity.ok()) {
      reason = "certificate '" + printable(identity->common_name) + "' (" + identity->fingerprint + ") belongs to no client that calls here";
      const auto vetted = tls::vet(session_.material->vetting, pem);
      if (!vetted.ok()) {
        reason = vetted.error().message();
      } else if (!tls::is_allowed(*identity, session_.material->allowed_peers)) {
        reason = "certificate '" + printable(identity->common_name) + "' is not among tls.allowed_peers";
      } else {
        for (int client = session_.task.client_id + 1; client < static_cast<int>(session_.task.spec.clients.size()); ++client) {
          if (check_identity(session_.task, *session_.material, client, pem).ok()) return true;
        }
      }
    }
    session_.log(log::Level::kWarning, "connection refused", {{"from", context.peer()}, {"reason", reason}});
    for (auto& peer : session_.peers) {
      if (peer && !peer->is_connected()) peer->note_trouble("refused a connection: " + reason);
    }
    return false;
  }

  grpc::Status refuse(Stream& stream, const grpc::ServerContext& context, const v1::Refusal& refusal) {
    session_.log(log::Level::kWarning, "connection refused",
                 {{"from", context.peer()}, {"reason", refusal.message()}});
    for (auto& peer : session_.peers) {
      if (peer && !peer->is_connected()) peer->note_trouble("refused a connection: " + refusal.message());
    }
    v1::Frame frame;
    *frame.mutable_refusal() = refusal;
    (void)write_now(session_.loop, stream, frame);  // a caller that left already needs no reason
    return grpc::Status::OK;
  }

  Session& session_;
};

/// The answer to one question of the master's.
grpc::Status answer(Session& session, const grpc::ServerContext& context, const v1::QueryRequest& request,
                    v1::QueryReply& reply) {
  if (session.material) {
    const auto chain = peer_certificate(*context.auth_context());
    const auto identity = tls::identity_of_pem(chain);
    const auto& master = session.task.node.master_identity;
    if (!identity.ok() || master.empty() || !tls::matches(*identity, master) ||
        !tls::vet(session.material->vetting, chain).ok()) {
      return {grpc::StatusCode::PERMISSION_DENIED, "only the master of the task may ask"};
    }
  }
  if (request.task_name() != session.task.spec.name ||
      request.client() != static_cast<std::uint32_t>(session.task.client_id)) {
    return {grpc::StatusCode::NOT_FOUND, "another task or client runs here"};
  }
  if (session.answer_query) reply = session.answer_query();
  const auto now = Peer::Clock::now();
  for (const auto& peer : session.peers) {
    const auto waiting = peer ? peer->waiting() : std::nullopt;
    if (!waiting) continue;
    auto& wait = *reply.add_waits();
    wait.set_peer(static_cast<std::uint32_t>(peer->id()));
    wait.set_message_type(waiting->message_type);
    wait.set_seconds(std::chrono::duration<double>(now - waiting->since).count());
  }
  return grpc::Status::OK;
}

class GrpcAcceptor final : public Acceptor {
 public:
  explicit GrpcAcceptor(Session& session) : session_(session), reception_(session) {}

  Status listen() {
    const auto port = session_.task.self().computation_port;
    PAI_ASSIGN(const auto target, bind_target(session_.task.node.bind, port, session_.task.node.insecure));
    grpc::ServerBuilder builder;
    int bound = 0;
    builder.AddListeningPort(target, server_credentials(session_.material ? &*session_.material : nullptr), &bound);
    builder.RegisterService(&computation_);
    builder.RegisterService(&query_);
    set_transport_arguments([&](const char* name, int value) { builder.AddChannelArgument(name, value); });
    // gRPC would share a taken port silently.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               static_cast<int>(std::chrono::milliseconds(kHandshakeTime).count()));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 4096);
    // The only queue: a second one would have a thread of its own that takes the events of ours in between.
    auto queue = builder.AddCompletionQueue();
    queue_ = queue.get();
    session_.loop.adopt(std::move(queue));
    server_ = builder.BuildAndStart();
    if (server_ && bound != 0) {
      const std::lock_guard lock(mutex_);
      await_call();
      await_question();
      return {};
    }
    PAI_TRY(why_not_bound(session_.task.node.bind, port));
    return Error(ErrorCode::kInvalid, "cannot listen on " + target + ": the TLS certificate, key or bundle was not taken");
  }

  ~GrpcAcceptor() override { stop(0s); }

  void stop(std::chrono::system_clock::duration grace) override {
    {
      const std::lock_guard lock(mutex_);
      if (!server_ || std::exchange(stopped_, true)) return;
    }
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    for (auto& call : calls_) {  // there are no others any more
      if (call->thread.joinable()) call->thread.join();
    }
  }

 private:
  /// A stream that is or will be called.
  struct Call final : EventLoop::Event {
    explicit Call(GrpcAcceptor& owner) : acceptor(owner) {}
    void done(bool ok) override {
      if (ok) acceptor.called(*this);  // else nobody calls any more
    }
    GrpcAcceptor& acceptor;
    grpc::ServerContext context;
    ServerStream stream{&context};
    std::thread thread;
    std::atomic<bool> over{false};
  };

  /// A question that is or will be asked.
  struct Question final : EventLoop::Event {
    explicit Question(GrpcAcceptor& owner) : acceptor(owner) {}
    void done(bool ok) override {
      if (ok && !std::exchange(answered, true)) return acceptor.asked(*this);
      acceptor.forget(*this);
    }
    GrpcAcceptor& acceptor;
    grpc::ServerContext context;
    v1::QueryRequest request;
    v1::QueryReply reply;
    grpc::ServerAsyncResponseWriter<v1::QueryReply> writer{&context};
    bool answered = false;
  };

  /// With mutex_ held, as the next two.
  void await_call() {
    auto& call = *calls_.emplace_back(std::make_unique<Call>(*this));
    computation_.RequestExchange(&call.context, &call.stream, queue_, queue_, call.tag());
  }

  void await_question() {
    auto& question = *questions_.emplace_back(std::make_unique<Question>(*this));
    query_.RequestQuery(&question.context, &question.request, &question.writer, queue_, queue_,
                        question.tag());
  }

  void forget_calls_that_are_over() {
    std::erase_if(calls_, [](const std::unique_ptr<Call>& call) {
      if (!call->over) return false;
      call->thread.join();
      return true;
    });
  }

  void called(Call& call) {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      call.context.TryCancel();
      return;
    }
    forget_calls_that_are_over();
    await_call();
    call.thread = std::thread([this, &call] {
      AcceptedStream stream(call.context, call.stream);
      const auto status = reception_.receive(call.context, stream);
      Awaited finished(session_.loop);
      call.stream.Finish(status, finished.tag());
      (void)finished.wait();  // false: the caller left before
      call.over = true;
    });
  }

  void asked(Question& question) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopped_) await_question();
    }
    const auto status = answer(session_, question.context, question.request, question.reply);
    question.writer.Finish(question.reply, status, question.tag());
  }

  void forget(const Question& question) {
    const std::lock_guard lock(mutex_);
    std::erase_if(questions_, [&](const std::unique_ptr<Question>& candidate) { return candidate.get() == &question; });
  }

  Session& session_;
  Reception reception_;
  v1::Computation::AsyncService computation_;
  v1::TaskQuery::AsyncService query_;
  std::unique_ptr<grpc::Server> server_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // the loop's
  std::mutex mutex_;
  bool stopped_ = false;
  std::list<std::unique_ptr<Call>> calls_;
  std::list<std::unique_ptr<Question>> questions_;
};

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::start(Session& session) {
  auto acceptor = std::make_unique<GrpcAcceptor>(session);
  PAI_TRY(acceptor->listen());
  return std::unique_ptr<Acceptor>(std::move(acceptor));
}

}  // namespace pai::client
