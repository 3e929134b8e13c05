#pragma once

// Requests as others might make them, asking for more than names.

#include <string>
#include <utility>
#include <vector>

#include "ctl/pki/extensions.h"
#include "ctl/pki/key.h"
#include "ctl/pki/pem.h"

namespace pai::ctl::pki::test {

struct ForeignRequest {
  std::vector<std::pair<int, std::string>> subject;     ///< NID and text
  std::vector<std::pair<int, std::string>> extensions;  ///< NID and OpenSSL's words for it
};

/// Signed with the key, whatever it asks for; `altered` flips a bit of the signature.
inline std::string foreign_request(const Key& key, const ForeignRequest& wanted, bool altered = false) {
  const RequestPtr request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), key.get());
  for (const auto& [nid, text] : wanted.subject) {
    X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request.get()), nid, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
  }
  const ExtensionsPtr list(sk_X509_EXTENSION_new_null());
  for (const auto& [nid, text] : wanted.extensions) {
    sk_X509_EXTENSION_push(list.get(), X509V3_EXT_nconf_nid(nullptr, nullptr, nid, text.c_str()));
  }
  if (!wanted.extensions.empty()) X509_REQ_add_extensions(request.get(), list.get());
  X509_REQ_sign(request.get(), key.get(), digest_for(key.get()));
  if (altered) {
    const ASN1_BIT_STRING* signature = nullptr;
    X509_REQ_get0_signature(request.get(), &signature, nullptr);
    const_cast<unsigned char*>(ASN1_STRING_get0_data(signature))[ASN1_STRING_length(signature) - 1] ^= 1;
  }
  return *to_pem(request.get());
}

}  // namespace pai::ctl::pki::test
