#include "ctl/pki/request.h"

#include <openssl/err.h>

#include "common/base/text.h"
#include "ctl/pki/extensions.h"
#include "ctl/pki/pem.h"

namespace pai::ctl::pki {
namespace {

Status set_subject(X509_REQ* request, const Names& names) {
  X509_NAME* subject = X509_REQ_get_subject_name(request);
  const auto* text = reinterpret_cast<const unsigned char*>(names.common_name.data());
  const int size = static_cast<int>(names.common_name.size());
  if (X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, text, size, -1, 0) != 1) {
    return openssl_fault("write a name");
  }
  return {};
}

Status ask_for_names(X509_REQ* request, const Names& names) {
  if (!names.has_alternatives()) return {};
  PAI_ASSIGN(Owned<X509_EXTENSION> extension, alternatives_extension(names));
  const ExtensionsPtr list(sk_X509_EXTENSION_new_null());
  if (!list || sk_X509_EXTENSION_push(list.get(), extension.get()) <= 0)
    return openssl_fault("write the names");
  (void)extension.release();  // the list owns it now
  if (X509_REQ_add_extensions(request, list.get()) != 1) return openssl_fault("write the names");
  return {};
}

Error asks_for_a_ca() {
  return Error(ErrorCode::kInvalid, "it asks to become a CA, which could speak for everybody")
      .with_hint(
          "ask for a request made by `paictl pki request`; an organisation's own CA goes into `paictl pki "
          "bundle`");
}

/// Refuses what would make a CA; lists the other extensions that are not copied.
Status judge_extensions(const STACK_OF(X509_EXTENSION) * extensions, std::vector<std::string>& left_out) {
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i) {
    X509_EXTENSION* one = sk_X509_EXTENSION_value(extensions, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(one));
    if (nid == NID_subject_alt_name) continue;
    if (nid == NID_basic_constraints) {
      const Owned<BASIC_CONSTRAINTS> constraints(static_cast<BASIC_CONSTRAINTS*>(X509V3_EXT_d2i(one)));
      if (!constraints) return Error(ErrorCode::kInvalid, "its basic constraints are broken");
      if (constraints->ca != 0) return asks_for_a_ca();
    }
    const char* name = nid == NID_undef ? nullptr : OBJ_nid2sn(nid);
    left_out.push_back("extension " + std::string(name != nullptr ? name : "of an unknown kind"));
  }
  return {};
}

Result<Owned<GENERAL_NAMES>> alternatives_in(STACK_OF(X509_EXTENSION) * extensions) {
  int where = 0;
  Owned<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions, NID_subject_alt_name, &where, nullptr)));
  // -1: there are none. -2: there are two lists, of which another reader might take the other one.
  if (!names && where != -1) return Error(ErrorCode::kInvalid, "its alternative names are broken");
  return names;
}

}  // namespace

Result<std::string> make_request(const Key& key, const Names& names) {
  ERR_clear_error();
  const RequestPtr request(X509_REQ_new());
  if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1) {
    return openssl_fault("make a request");
  }
  PAI_TRY(set_subject(request.get(), names));
  PAI_TRY(ask_for_names(request.get(), names));
  if (X509_REQ_sign(request.get(), key.get(), digest_for(key.get())) <= 0)
    return openssl_fault("sign a request");
  return to_pem(request.get());
}

Result<Request> read_request(const std::string& pem) {
  PAI_ASSIGN(const RequestPtr request, request_from(pem));
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  PAI_TRY(check_strength(key));
  if (X509_REQ_verify(request.get(), key) != 1) {
    ERR_clear_error();
    return Error(ErrorCode::kInvalid,
                 "its signature does not hold: it was altered, or its sender does not have the key")
        .with_hint("ask the sender for the file again, and compare what `sha256sum` says on both sides");
  }
  std::vector<std::string> left_out;
  const ExtensionsPtr extensions(X509_REQ_get_extensions(request.get()));
  ERR_clear_error();
  PAI_TRY(judge_extensions(extensions.get(), left_out));
  PAI_ASSIGN(const Owned<GENERAL_NAMES> alternatives, alternatives_in(extensions.get()));
  ERR_clear_error();
  PAI_ASSIGN(Names names, names_of(X509_REQ_get_subject_name(request.get()), alternatives.get(), left_out));
  EVP_PKEY_up_ref(key);
  return Request{std::move(names), std::move(left_out), Key(std::unique_ptr<evp_pkey_st, Key::Free>(key))};
}

}  // namespace pai::ctl::pki
