#include "client/channel/credentials.h"

#include <cstdlib>
#include <mutex>
#include <utility>

#include <absl/synchronization/mutex.h>
#include <grpc/grpc_security_constants.h>
#include <grpc/support/log.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "common/base/text.h"
#include "common/log/log.h"

namespace pai::client {

namespace {

/// gRPC 1.51 has no setting for the lowest TLS version. It takes a list of TLS 1.2 suites, which must not be empty; this
/// one needs a pre-shared key, which nobody has. Suites of TLS 1.3 are not governed by the list.
constexpr const char* kNoUsableTls12Suite = "PSK-AES128-CCM";

void log_for_grpc(gpr_log_func_args* args) {
  // What matters comes back as a status; strangers at the port must not fill an operator's log.
  log::debug("grpc said", {{"text", printable(args->message, 400)}});
}

/// Asks a function of ours whose certificate it is.
class Verifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit Verifier(std::function<Status(const std::string&)> check) : check_(std::move(check)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const auto leaf = request->peer_cert();
    const auto chain = request->peer_cert_full_chain();
    const auto status = check_(std::string(leaf.data(), leaf.size()) + std::string(chain.data(), chain.size()));
    if (!status.ok()) *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, status.error().message());
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::function<Status(const std::string&)> check_;
};

}  // namespace

void prepare_grpc() {
  static std::once_flag once;
  std::call_once(once, [] {
    ::setenv("GRPC_SSL_CIPHER_SUITES", kNoUsableTls12Suite, 1);
    gpr_set_log_function(log_for_grpc);
    // Debian's library looks for cycles among gRPC's locks at each of them: 4 % of a small message.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  });
}

std::shared_ptr<grpc::ServerCredentials> server_credentials(const tls::Material* material) {
  prepare_grpc();
  if (material == nullptr) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = material->trusted_pem;
  options.pem_key_cert_pairs.push_back({material->key_pem, material->certificate_pem});
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const tls::Material* material,
                                                              std::function<Status(const std::string&)> check) {
  prepare_grpc();
  if (material == nullptr) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
      material->trusted_pem,
      std::vector<grpc::experimental::IdentityKeyCertPair>{{material->key_pem, material->certificate_pem}}));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  // Names are ours to check: a task may name an identity that is not the address.
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<Verifier>(std::move(check)));
  return grpc::experimental::TlsCredentials(options);
}

std::string peer_certificate(const grpc::AuthContext& context) {
  // The leaf, which proved its key, stands in a property of its own; what a server finds in the chain is only what the caller sent along.
  std::string pem;
  for (const char* property : {GRPC_X509_PEM_CERT_PROPERTY_NAME, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME}) {
    const auto values = context.FindPropertyValues(property);
    if (!values.empty()) pem.append(values.front().data(), values.front().size());
    if (pem.empty()) break;  // no leaf, nobody
  }
  return pem;
}

}  // namespace pai::client
