#pragma once

// What the transports need of OpenSSL. Only .cpp files include this: it brings OpenSSL's headers.

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/tls/tls.h"

namespace pai::tls {

struct OpensslDelete {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, OpensslDelete>;
using CertificatePtr = std::unique_ptr<X509, OpensslDelete>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDelete>;
using BioPtr = std::unique_ptr<BIO, OpensslDelete>;

enum class Side { kServer, kClient };
/// Whether a server refuses callers that show no certificate; one that is shown is always checked.
enum class PeerCertificate { kRequired, kOptional };

/// TLS 1.3 only, own chain and key, the bundle as the only roots. A server asks for a certificate and, if it is required, refuses callers
/// without one; a client checks the chain, and the caller sets or checks the name. No tickets and no resumption: each
/// handshake is judged by the bundle of the day. kInvalid when OpenSSL refuses the material.
Result<ContextPtr> make_context(const Material& material, Side side, PeerCertificate peer = PeerCertificate::kRequired);

/// Reads what a certificate says; text with control characters is left out, so that no name can pass for another.
PeerIdentity identity_of(X509* certificate);

/// As with PEM.
Status vet(const Vetting& vetting, X509* certificate, STACK_OF(X509)* intermediates);

/// The oldest error of this thread's OpenSSL queue as text, and an empty queue.
std::string openssl_message();

BioPtr memory_bio(const std::string& bytes);

}  // namespace pai::tls
