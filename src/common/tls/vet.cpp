#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>

#include "common/base/text.h"
#include "common/tls/openssl.h"
#include "common/tls/tls.h"

namespace pai::tls {
namespace {

struct StoreDelete {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(STACK_OF(X509)* stack) const { sk_X509_pop_free(stack, X509_free); }
};
using StorePtr = std::unique_ptr<X509_STORE, StoreDelete>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, StoreDelete>;
using StackPtr = std::unique_ptr<STACK_OF(X509), StoreDelete>;

/// A reference more of it, for the stack.
void push(STACK_OF(X509)* stack, X509* certificate) {
  if (X509_up_ref(certificate) == 1 && sk_X509_push(stack, certificate) == 0) X509_free(certificate);
}

/// Whether the certificate chains to one of the bundle's. Dates are not asked again: the handshake did.
bool vouches(const std::string& bundle_pem, X509* certificate, STACK_OF(X509)* intermediates) {
  const StorePtr store(X509_STORE_new());
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (!store || !context) return false;
  const BioPtr bio = memory_bio(bundle_pem);
  while (const CertificatePtr root{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store.get(), root.get()) != 1) break;
  }
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  const bool vouched = X509_STORE_CTX_init(context.get(), store.get(), certificate, intermediates) == 1 &&
                       X509_verify_cert(context.get()) == 1;
  (void)openssl_message();  // a refusal, and the end of the bundle, stand in the queue as errors
  return vouched;
}

/// All names that a certificate claims.
std::vector<std::string> claims_of(const PeerIdentity& identity) {
  auto names = identity.names;
  if (names.empty() && !identity.common_name.empty()) names.push_back(identity.common_name);
  return names;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return same_name(one, name); });
}

Error refused(const PeerIdentity& identity, const std::string& why) {
  return Error(ErrorCode::kUnauthenticated, "certificate '" + printable(identity.common_name) + "' (" + identity.fingerprint + "): " + why);
}

Status check_authority(const std::vector<Authority>& authorities, const PeerIdentity& identity, X509* certificate,
                       STACK_OF(X509)* intermediates) {
  const auto claims = claims_of(identity);
  bool bound = false;
  for (const auto& authority : authorities) {
    if (!vouches(authority.certificates_pem, certificate, intermediates)) continue;
    bound = true;
    if (std::all_of(claims.begin(), claims.end(), [&](const std::string& name) { return has(authority.names, name); })) return {};
  }
  if (bound) return refused(identity, "its CA may speak for other names only (authorities)");
  for (const auto& authority : authorities) {
    const auto taken =
        std::find_if(claims.begin(), claims.end(), [&](const std::string& name) { return has(authority.names, name); });
    if (taken != claims.end()) {
      return refused(identity, "'" + printable(*taken) + "' is a name for which another CA speaks (authorities)");
    }
  }
  return {};
}

}  // namespace

Status vet(const Vetting& vetting, X509* certificate, STACK_OF(X509)* intermediates) {
  if (vetting.authorities.empty() && vetting.revoked.empty()) return {};
  const auto identity = identity_of(certificate);
  const auto is_revoked = [&](const PeerIdentity& one) {
    return std::any_of(vetting.revoked.begin(), vetting.revoked.end(), [&](const std::string& entry) { return matches(one, entry); });
  };
  if (is_revoked(identity)) return refused(identity, "it is revoked (tls.revoked)");
  for (int i = 0; i < sk_X509_num(intermediates); ++i) {  // none: -1
    if (is_revoked(identity_of(sk_X509_value(intermediates, i)))) return refused(identity, "a CA behind it is revoked (tls.revoked)");
  }
  const StackPtr known(sk_X509_new_null());
  if (!known) return Error(ErrorCode::kInternal, "no memory for a certificate's chain");
  for (int i = 0; i < sk_X509_num(intermediates); ++i) push(known.get(), sk_X509_value(intermediates, i));
  const BioPtr bio = memory_bio(vetting.trusted_pem);
  while (const CertificatePtr one{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) push(known.get(), one.get());
  (void)openssl_message();
  return check_authority(vetting.authorities, identity, certificate, known.get());
}

Status vet(const Vetting& vetting, const std::string& chain_pem) {
  if (vetting.authorities.empty() && vetting.revoked.empty()) return {};
  const BioPtr bio = memory_bio(chain_pem);
  const CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return Error(ErrorCode::kUnauthenticated, "not a PEM certificate: " + openssl_message());
  const StackPtr intermediates(sk_X509_new_null());
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (!intermediates || sk_X509_push(intermediates.get(), next) == 0) {
      X509_free(next);
      break;
    }
  }
  (void)openssl_message();
  return vet(vetting, certificate.get(), intermediates.get());
}

}  // namespace pai::tls
