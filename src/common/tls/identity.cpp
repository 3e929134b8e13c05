#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <span>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/text.h"
#include "common/tls/openssl.h"
#include "common/tls/tls.h"

namespace pai::tls {
namespace {

constexpr std::string_view kFingerprintPrefix = "sha256:";

std::string text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, value);
  if (length < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return has_control_character(text) ? std::string() : text;
}

std::string fingerprint_of(X509* certificate) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
  return std::string(kFingerprintPrefix) + to_hex(std::span(digest.data(), length));
}

std::string common_name_of(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return {};
  if (!inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size())) return {};
  return text.data();
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    std::string text;
    if (name->type == GEN_DNS) text = text_of(name->d.dNSName);
    if (name->type == GEN_IPADD) text = address_text(name->d.iPAddress);
    if (!text.empty()) names.push_back(std::move(text));
  }
  GENERAL_NAMES_free(list);
  return names;
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

}  // namespace

bool same_name(const std::string& name, const std::string& wanted) {
  if (name.empty()) return false;
  if (name.size() == wanted.size() && strcasecmp(name.c_str(), wanted.c_str()) == 0) return true;
  const auto address = canonical_ip(wanted);
  return address && canonical_ip(name) == address;
}

BioPtr memory_bio(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

PeerIdentity identity_of(X509* certificate) {
  PeerIdentity identity;
  identity.fingerprint = fingerprint_of(certificate);
  identity.common_name = common_name_of(certificate);
  identity.names = names_of(certificate);
  identity.not_after = unix_seconds(X509_get0_notAfter(certificate));
  return identity;
}

Result<PeerIdentity> identity_of_pem(const std::string& certificate_pem) {
  const BioPtr bio = memory_bio(certificate_pem);
  const CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return Error(ErrorCode::kInvalid, "not a PEM certificate: " + openssl_message());
  return identity_of(certificate.get());
}

bool matches(const PeerIdentity& identity, const std::string& name_or_fingerprint) {
  std::string wanted = name_or_fingerprint;
  if (wanted.empty()) return false;
  if (strncasecmp(wanted.c_str(), kFingerprintPrefix.data(), kFingerprintPrefix.size()) == 0) {
    // `openssl x509 -fingerprint` prints AB:CD:…, and people paste that.
    wanted.erase(std::remove(wanted.begin() + static_cast<std::ptrdiff_t>(kFingerprintPrefix.size()), wanted.end(), ':'),
                 wanted.end());
    return wanted.size() == identity.fingerprint.size() &&
           strcasecmp(wanted.c_str(), identity.fingerprint.c_str()) == 0;
  }
  // As browsers do (RFC 6125, section 6.4.4): the common name counts only where no alternative name stands.
  if (identity.names.empty()) return same_name(identity.common_name, wanted);
  return std::any_of(identity.names.begin(), identity.names.end(),
                     [&](const std::string& name) { return same_name(name, wanted); });
}

bool is_allowed(const PeerIdentity& identity, const std::vector<std::string>& allowed) {
  return allowed.empty() ||
         std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) { return matches(identity, one); });
}

}  // namespace pai::tls
