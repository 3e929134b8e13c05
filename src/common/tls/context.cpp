#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

#include "common/tls/openssl.h"

namespace pai::tls {
namespace {

Error refused(std::string_view what) {
  return Error(ErrorCode::kInvalid, "OpenSSL refused " + std::string(what) + ": " + openssl_message());
}

/// Without this OpenSSL would ask the terminal for a password and the daemon would hang.
int no_password(char*, int, int, void*) { return 0; }

Status use_own_chain(SSL_CTX* context, const Material& material) {
  const BioPtr bio = memory_bio(material.certificate_pem);
  const CertificatePtr own(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return refused("the certificate");
  for (;;) {
    CertificatePtr intermediate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!intermediate) break;
    if (SSL_CTX_add0_chain_cert(context, intermediate.get()) != 1) return refused("the certificate's chain");
    (void)intermediate.release();  // the context owns it now
  }
  ERR_clear_error();

  const BioPtr key_bio = memory_bio(material.key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_password, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return refused("the key");
  if (SSL_CTX_check_private_key(context) != 1) return refused("the key for this certificate");
  return {};
}

Status use_bundle(SSL_CTX* context, const Material& material, Side side) {
  const BioPtr bio = memory_bio(material.trusted_pem);
  int roots = 0;
  for (;;) {
    const CertificatePtr root(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!root) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root.get()) != 1) return refused("the trusted bundle");
    // Names the CAs in the certificate request, so that a caller with several certificates picks the right one.
    if (side == Side::kServer && SSL_CTX_add_client_CA(context, root.get()) != 1) return refused("the trusted bundle");
    ++roots;
  }
  ERR_clear_error();
  if (roots == 0) return Error(ErrorCode::kInvalid, "the trusted bundle holds no certificate");
  return {};
}

}  // namespace

std::string openssl_message() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

Result<ContextPtr> make_context(const Material& material, Side side, PeerCertificate peer) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(side == Side::kServer ? TLS_server_method() : TLS_client_method()));
  if (!context) return Error(ErrorCode::kInternal, "no TLS context: " + openssl_message());
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1) {
    return Error(ErrorCode::kInternal, "this OpenSSL has no TLS 1.3: " + openssl_message());
  }
  // A client may have none: who shows a token needs no certificate. A server's material always has one.
  if (side == Side::kServer || !material.certificate_pem.empty()) PAI_TRY(use_own_chain(context.get(), material));
  PAI_TRY(use_bundle(context.get(), material, side));
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  const bool demanded = side == Side::kServer && peer == PeerCertificate::kRequired;
  const int mode = demanded ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER;
  SSL_CTX_set_verify(context.get(), mode, nullptr);
  return context;
}

}  // namespace pai::tls
