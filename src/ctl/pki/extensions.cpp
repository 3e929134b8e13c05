#include "ctl/pki/extensions.h"

namespace pai::ctl::pki {
namespace {

Status push(GENERAL_NAMES* list, int type, ASN1_STRING* value, std::string_view what) {
  Owned<ASN1_STRING> owned(value);
  Owned<GENERAL_NAME> name(GENERAL_NAME_new());
  if (!owned || !name) return openssl_fault(what);
  GENERAL_NAME_set0_value(name.get(), type, owned.release());
  if (sk_GENERAL_NAME_push(list, name.get()) <= 0) return openssl_fault(what);
  (void)name.release();  // the list owns it now
  return {};
}

ASN1_STRING* host_value(const std::string& host) {
  Owned<ASN1_STRING> value(ASN1_IA5STRING_new());
  if (!value || ASN1_STRING_set(value.get(), host.data(), static_cast<int>(host.size())) != 1) return nullptr;
  return value.release();
}

/// `text` is one of the constants below, never anything from outside: OpenSSL reads it as a little language.
Status add(X509* certificate, X509V3_CTX& context, int nid, const char* text) {
  const Owned<X509_EXTENSION> extension(X509V3_EXT_nconf_nid(nullptr, &context, nid, text));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return openssl_fault("write an extension");
  return {};
}

}  // namespace

const EVP_MD* digest_for(EVP_PKEY* signing_key) {
  const int id = EVP_PKEY_get_base_id(signing_key);
  return id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? nullptr : EVP_sha256();
}

Result<Owned<X509_EXTENSION>> alternatives_extension(const Names& names) {
  const Owned<GENERAL_NAMES> list(GENERAL_NAMES_new());
  if (!list) return openssl_fault("write the names");
  for (const auto& host : names.hosts)
    PAI_TRY(push(list.get(), GEN_DNS, host_value(host), "write a host name"));
  for (const auto& address : names.addresses) {
    PAI_TRY(push(list.get(), GEN_IPADD, a2i_IPADDRESS(address.c_str()), "write an address"));
  }
  Owned<X509_EXTENSION> extension(X509V3_EXT_i2d(NID_subject_alt_name, 0, list.get()));
  if (!extension) return openssl_fault("write the names");
  return extension;
}

Status add_usage(X509* certificate, X509* issuer, Usage usage) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const bool authority = usage == Usage::kAuthority;
  PAI_TRY(add(certificate, context, NID_basic_constraints,
              authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE"));
  PAI_TRY(add(certificate, context, NID_key_usage,
              authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"));
  if (!authority) PAI_TRY(add(certificate, context, NID_ext_key_usage, "serverAuth,clientAuth"));
  PAI_TRY(add(certificate, context, NID_subject_key_identifier, "hash"));
  return add(certificate, context, NID_authority_key_identifier, "keyid:always");
}

}  // namespace pai::ctl::pki
