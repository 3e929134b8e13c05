#include "ctl/pki/authority.h"

#include <openssl/err.h>

#include <algorithm>

#include "ctl/pki/extensions.h"
#include "ctl/pki/pem.h"
#include "ctl/pki/times.h"

namespace pai::ctl::pki {
namespace {

constexpr int kSerialBits = 128;

Status set_serial(X509* certificate) {
  const Owned<BIGNUM> number(BN_new());
  do {
    if (!number || BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1) {
      return openssl_fault("draw a serial number");
    }
  } while (BN_is_zero(number.get()));  // RFC 5280, section 4.1.2.2: positive
  if (!BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)))
    return openssl_fault("write a serial number");
  return {};
}

Status set_subject(X509* certificate, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  if (X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8, text,
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    return openssl_fault("write a name");
  }
  return {};
}

/// Version, serial, subject, term and key; the issuer and the extensions are to follow.
Result<CertificatePtr> begin(EVP_PKEY* key, const std::string& common_name, std::int64_t from,
                             std::int64_t to) {
  ERR_clear_error();
  CertificatePtr certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      !ASN1_TIME_set(X509_getm_notBefore(certificate.get()), from) ||
      !ASN1_TIME_set(X509_getm_notAfter(certificate.get()), to) ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return openssl_fault("make a certificate");
  }
  PAI_TRY(set_serial(certificate.get()));
  PAI_TRY(set_subject(certificate.get(), common_name));
  return certificate;
}

Status finish(X509* certificate, X509* issuer, EVP_PKEY* key) {
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1)
    return openssl_fault("write the issuer");
  if (X509_sign(certificate, key, digest_for(key)) <= 0) return openssl_fault("sign a certificate");
  return {};
}

}  // namespace

void Authority::Free::operator()(x509_st* certificate) const {
  X509_free(certificate);
}

Result<std::string> make_authority(const Key& key, const std::string& name, const Term& term) {
  PAI_TRY(check_authority_name(name));
  PAI_ASSIGN(const CertificatePtr own, begin(key.get(), name, term.not_before(), term.not_after()));
  PAI_TRY(add_usage(own.get(), own.get(), Usage::kAuthority));
  PAI_TRY(finish(own.get(), own.get(), key.get()));
  return to_pem(own.get());
}

Result<Authority> Authority::read(const std::string& certificate_pem, Key key) {
  PAI_ASSIGN(std::vector<CertificatePtr> all, certificates_from(certificate_pem));
  X509* own = all.front().get();
  if (X509_check_ca(own) != 1) return Error(ErrorCode::kInvalid, "the certificate is none of a CA");
  if (X509_check_private_key(own, key.get()) != 1) {
    ERR_clear_error();
    return Error(ErrorCode::kInvalid, "the CA's key does not belong to its certificate");
  }
  return Authority(Certificate(all.front().release()), std::move(key));
}

std::int64_t Authority::not_after() const {
  return unix_seconds(X509_get0_notAfter(certificate_.get()));
}

std::string Authority::name() const {
  return name_text(X509_get_subject_name(certificate_.get()));
}

Result<Issued> Authority::issue(const Key& subject_key, const Names& names, const Term& term) const {
  if (not_after() <= term.now) {
    return Error(ErrorCode::kConflict, "the CA " + name() + " expired on " + day_text(not_after()))
        .with_hint(
            "make a new CA in another folder with `paictl pki init`, and give its ca.pem to the other "
            "parties");
  }
  const auto begins = unix_seconds(X509_get0_notBefore(certificate_.get()));
  if (begins > term.now) {
    return Error(ErrorCode::kConflict, "the CA " + name() + " does not hold before " + day_text(begins))
        .with_hint("look at this machine's clock: `timedatectl`");
  }
  Issued issued;
  issued.shortened = term.not_after() > not_after();
  issued.not_after = issued.shortened ? not_after() : term.not_after();
  PAI_ASSIGN(const CertificatePtr certificate, begin(subject_key.get(), names.common_name,
                                                     std::max(term.not_before(), begins), issued.not_after));
  if (names.has_alternatives()) {
    PAI_ASSIGN(const Owned<X509_EXTENSION> alternatives, alternatives_extension(names));
    if (X509_add_ext(certificate.get(), alternatives.get(), -1) != 1) return openssl_fault("write the names");
  }
  PAI_TRY(add_usage(certificate.get(), certificate_.get(), Usage::kParty));
  PAI_TRY(finish(certificate.get(), certificate_.get(), key_.get()));
  issued.names = names;
  issued.fingerprint = tls::identity_of(certificate.get()).fingerprint;
  PAI_ASSIGN(issued.pem, to_pem(certificate.get()));
  return issued;
}

Result<Issued> Authority::renew(const std::string& certificate_pem, const Term& term) const {
  PAI_ASSIGN(const std::vector<CertificatePtr> all, certificates_from(certificate_pem));
  X509* old = all.front().get();
  const bool named = X509_NAME_cmp(X509_get_issuer_name(old), X509_get_subject_name(certificate_.get())) == 0;
  // The name is anybody's to write; the signature is what only this CA can make.
  const bool signed_here = named && X509_verify(old, key_.get()) == 1;
  ERR_clear_error();
  if (!signed_here) {
    return Error(ErrorCode::kInvalid,
                 "it was issued by " + name_text(X509_get_issuer_name(old)) + ", not by this CA, " + name())
        .with_hint("renew it with the CA that issued it, or issue a new certificate here");
  }
  if (X509_check_ca(old) != 0) {
    return Error(ErrorCode::kInvalid, "it is a CA's certificate")
        .with_hint(
            "make a new CA in another folder with `paictl pki init`; parties may believe both for a while");
  }
  PAI_TRY(check_strength(X509_get0_pubkey(old)));
  const Owned<GENERAL_NAMES> alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(old, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> left_out;
  PAI_ASSIGN(const Names names, names_of(X509_get_subject_name(old), alternatives.get(), left_out));
  return issue(Key(std::unique_ptr<evp_pkey_st, Key::Free>(X509_get_pubkey(old))), names, term);
}

}  // namespace pai::ctl::pki
