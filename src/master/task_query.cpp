#include "master/task_query.h"

#include <cstdlib>
#include <mutex>
#include <span>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "common/log/trace.h"
#include "common/task/test_record.h"
#include "pai/v1/task_query.grpc.pb.h"

namespace pai::master {
namespace {

/// gRPC 1.51 has no setting for the lowest TLS version. It takes a list of TLS 1.2 suites, which must not be empty; this
/// one needs a pre-shared key, which nobody has. Suites of TLS 1.3 are not governed by the list.
constexpr const char* kNoUsableTls12Suite = "PSK-AES128-CCM";

/// A client answers with a status and a record; a hostile one must not cost more.
constexpr int kAnswerBytesMax = 16 << 20;

void prepare_grpc() {
  static std::once_flag once;
  std::call_once(once, [] { ::setenv("GRPC_SSL_CIPHER_SUITES", kNoUsableTls12Suite, 1); });
}

/// Names are ours to check: a node's identity may be a fingerprint or a name that is not its address.
class Verifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  Verifier(std::string expected, tls::Vetting vetting)
      : expected_(std::move(expected)), vetting_(std::move(vetting)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const auto leaf = request->peer_cert();
    const auto chain = request->peer_cert_full_chain();
    const std::string pem = std::string(leaf.data(), leaf.size()) + std::string(chain.data(), chain.size());
    const auto identity = tls::identity_of_pem(pem);
    if (!identity.ok() || !tls::matches(*identity, expected_) || !tls::vet(vetting_, pem).ok()) {
      *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "its certificate is not that of " + expected_);
    }
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string expected_;
  const tls::Vetting vetting_;
};

std::shared_ptr<grpc::ChannelCredentials> credentials(const std::optional<tls::Material>& tls, std::string expected) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  namespace x = grpc::experimental;
  x::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<x::StaticDataCertificateProvider>(
      tls->trusted_pem, std::vector<x::IdentityKeyCertPair>{{tls->key_pem, tls->certificate_pem}}));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);
  options.set_certificate_verifier(x::ExternalCertificateVerifier::Create<Verifier>(std::move(expected), tls->vetting));
  return x::TlsCredentials(options);
}

std::string target_of(const ClientAddress& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

nlohmann::json to_json(const v1::QueryReply& reply) {
  nlohmann::json record = nlohmann::json::array();
  for (const auto& row : reply.record()) {
    record.push_back(task::row_to_json(std::span(row.values().data(), static_cast<std::size_t>(row.values_size()))));
  }
  nlohmann::json waits = nlohmann::json::array();
  for (const auto& wait : reply.waits()) {
    waits.push_back({{"peer", wait.peer()}, {"message_type", wait.message_type()}, {"seconds", wait.seconds()}});
  }
  nlohmann::json document = {{"state", reply.state()},  {"phase", reply.phase()},     {"done", reply.done()},
                             {"total", reply.total()},  {"unit", reply.unit()},       {"n_batches", nullptr},
                             {"record", std::move(record)}, {"waits", std::move(waits)}, {"seconds_left", nullptr},
                             {"per_second", nullptr},   {"columns", reply.record_columns()}};
  if (reply.has_n_batches()) document["n_batches"] = reply.n_batches();
  if (reply.has_per_second()) document["per_second"] = reply.per_second();
  if (reply.has_seconds_left()) document["seconds_left"] = reply.seconds_left();
  return document;
}

class GrpcTaskQuery final : public TaskQuery {
 public:
  explicit GrpcTaskQuery(std::optional<tls::Material> tls) : tls_(std::move(tls)) {}

  Result<nlohmann::json> ask(const ClientAddress& address, const std::string& task_name, int client,
                             std::chrono::milliseconds deadline) override {
    prepare_grpc();
    std::shared_ptr<grpc::ChannelCredentials> creds;
    {
      const std::lock_guard lock(mutex_);
      creds = credentials(tls_, address.identity.empty() ? address.host : address.identity);
    }
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
    // The port belongs to another task's client the next time: a channel is not kept, nor shared through gRPC's pool.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(target_of(address), creds, arguments);
    const auto stub = v1::TaskQuery::NewStub(channel);
    grpc::ClientContext context;
    if (const auto trace = log::traceparent(log::next_step(log::current_trace())); !trace.empty()) context.AddMetadata("traceparent", trace);
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    v1::QueryRequest request;
    request.set_task_name(task_name);
    request.set_client(static_cast<std::uint32_t>(client));
    v1::QueryReply reply;
    const auto status = stub->Query(&context, request, &reply);
    if (status.ok()) return to_json(reply);
    const bool late = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    return Error(late ? ErrorCode::kTimeout : ErrorCode::kNodeFailed,
                 late ? "no answer within " + std::to_string(deadline.count()) + " ms" : status.error_message())
        .with_detail({ErrorDetail::Kind::kClient, std::to_string(client), target_of(address)});
  }

  void reload_tls(const tls::Material& material) override {
    const std::lock_guard lock(mutex_);
    tls_ = material;
  }

 private:
  std::mutex mutex_;
  std::optional<tls::Material> tls_;
};

}  // namespace

std::unique_ptr<TaskQuery> TaskQuery::make(std::optional<tls::Material> tls) {
  return std::make_unique<GrpcTaskQuery>(std::move(tls));
}

}  // namespace pai::master
