#include "client/channel/acceptor.h"

#include <string>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "client/channel/addresses.h"
#include "client/channel/credentials.h"
#include "client/channel/handshake.h"
#include "client/channel/tuning.h"
#include "common/base/text.h"
#include "pai/v1/channel.grpc.pb.h"
#include "pai/v1/task_query.grpc.pb.h"

namespace pai::client {

namespace {

using namespace std::chrono_literals;

constexpr auto kHandshakeTime = 10s;

using ServerStream = grpc::ServerReaderWriter<v1::Frame, v1::Frame>;

class AcceptedStream final : public Stream {
 public:
  AcceptedStream(grpc::ServerContext& context, ServerStream& stream) : context_(context), stream_(stream) {}
  bool read(v1::Frame& frame) override { return stream_.Read(&frame); }
  bool write(const v1::Frame& frame) override { return stream_.Write(frame); }
  void half_close() override {}  // a server's side closes when its handler returns
  void cancel() override { context_.TryCancel(); }

 private:
  grpc::ServerContext& context_;
  ServerStream& stream_;
};

class ComputationService final : public v1::Computation::Service {
 public:
  explicit ComputationService(Session& session) : session_(session) {}

  grpc::Status Exchange(grpc::ServerContext* context, ServerStream* stream) override {
    // Strangers take no place and learn nothing: who it is comes before all else.
    if (session_.material && !may_be_a_client(*context)) {
      return {grpc::StatusCode::PERMISSION_DENIED, "that certificate belongs to no client that may call here"};
    }
    auto ticket = session_.calls.admit(kHandshakeTime, [context] { context->TryCancel(); });
    if (!ticket) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many connections that did not say who they are"};
    v1::Frame frame;
    if (!stream->Read(&frame)) return {grpc::StatusCode::CANCELLED, "no Hello came"};
    if (!frame.has_hello()) return refuse(*stream, *context, make_refusal(v1::REFUSAL_REASON_MALFORMED, "Hello was due"));
    const auto caller = frame.hello().from_client();
    if (auto refusal = check(*context, frame.hello())) return refuse(*stream, *context, *refusal);
    auto& peer = session_.peer(static_cast<int>(caller));
    if (!peer.claim()) {
      return refuse(*stream, *context,
                    make_refusal(v1::REFUSAL_REASON_ALREADY_CONNECTED,
                                 "client " + std::to_string(caller) + " is or was connected already"));
    }
    *frame.mutable_hello() = make_hello(session_.task, peer.id());
    if (!stream->Write(frame)) {
      peer.fail(Error(ErrorCode::kPeerLost, peer.label() + " was lost during the handshake").blaming(peer.id()));
      return grpc::Status::CANCELLED;
    }
    ticket.reset();
    session_.log(log::Level::kInfo, "peer connected", {{"peer", peer.id()}, {"from", context->peer()}});
    AcceptedStream accepted(*context, *stream);
    peer.run(accepted);
    return grpc::Status::OK;
  }

 private:
  std::optional<v1::Refusal> check(const grpc::ServerContext& context, const v1::Hello& hello) const {
    const auto self = static_cast<std::uint32_t>(session_.task.client_id);
    const bool may_call = hello.from_client() > self && hello.from_client() < session_.task.spec.clients.size();
    if (session_.material && may_call) {
      const auto status = check_identity(session_.task, static_cast<int>(hello.from_client()),
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
      if (!tls::is_allowed(*identity, session_.material->allowed_peers)) {
        reason = "certificate '" + printable(identity->common_name) + "' is not among tls.allowed_peers";
      } else {
        for (int client = session_.task.client_id + 1; client < static_cast<int>(session_.task.spec.clients.size()); ++client) {
          if (check_identity(session_.task, client, pem).ok()) return true;
        }
      }
    }
    session_.log(log::Level::kWarning, "connection refused", {{"from", context.peer()}, {"reason", reason}});
    for (auto& peer : session_.peers) {
      if (peer && !peer->is_connected()) peer->note_trouble("refused a connection: " + reason);
    }
    return false;
  }

  grpc::Status refuse(ServerStream& stream, const grpc::ServerContext& context, const v1::Refusal& refusal) {
    session_.log(log::Level::kWarning, "connection refused",
                 {{"from", context.peer()}, {"reason", refusal.message()}});
    for (auto& peer : session_.peers) {
      if (peer && !peer->is_connected()) peer->note_trouble("refused a connection: " + refusal.message());
    }
    v1::Frame frame;
    *frame.mutable_refusal() = refusal;
    (void)stream.Write(frame);  // a caller that left already needs no reason
    return grpc::Status::OK;
  }

  Session& session_;
};

class TaskQueryService final : public v1::TaskQuery::Service {
 public:
  explicit TaskQueryService(Session& session) : session_(session) {}

  grpc::Status Query(grpc::ServerContext* context, const v1::QueryRequest* request, v1::QueryReply* reply) override {
    if (session_.material) {
      const auto identity = tls::identity_of_pem(peer_certificate(*context->auth_context()));
      const auto& master = session_.task.node.master_identity;
      if (!identity.ok() || master.empty() || !tls::matches(*identity, master)) {
        return {grpc::StatusCode::PERMISSION_DENIED, "only the master of the task may ask"};
      }
    }
    if (request->task_name() != session_.task.spec.name ||
        request->client() != static_cast<std::uint32_t>(session_.task.client_id)) {
      return {grpc::StatusCode::NOT_FOUND, "another task or client runs here"};
    }
    if (session_.answer_query) *reply = session_.answer_query();
    const auto now = Peer::Clock::now();
    for (const auto& peer : session_.peers) {
      const auto waiting = peer ? peer->waiting() : std::nullopt;
      if (!waiting) continue;
      auto& wait = *reply->add_waits();
      wait.set_peer(static_cast<std::uint32_t>(peer->id()));
      wait.set_message_type(waiting->message_type);
      wait.set_seconds(std::chrono::duration<double>(now - waiting->since).count());
    }
    return grpc::Status::OK;
  }

 private:
  Session& session_;
};

class GrpcAcceptor final : public Acceptor {
 public:
  explicit GrpcAcceptor(Session& session) : session_(session), computation_(session), query_(session) {}

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
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
    server_ = builder.BuildAndStart();
    if (server_ && bound != 0) return {};
    PAI_TRY(why_not_bound(session_.task.node.bind, port));
    return Error(ErrorCode::kInvalid, "cannot listen on " + target + ": the TLS certificate, key or bundle was not taken");
  }

  ~GrpcAcceptor() override { stop(0s); }

  void stop(std::chrono::system_clock::duration grace) override {
    if (!server_) return;
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    server_.reset();
  }

 private:
  Session& session_;
  ComputationService computation_;
  TaskQueryService query_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::start(Session& session) {
  auto acceptor = std::make_unique<GrpcAcceptor>(session);
  PAI_TRY(acceptor->listen());
  return std::unique_ptr<Acceptor>(std::move(acceptor));
}

}  // namespace pai::client
