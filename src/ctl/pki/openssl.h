#pragma once

// What certificates need of OpenSSL beyond common/tls/openssl.h. Only .cpp files include this.

#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/tls/openssl.h"

namespace pai::ctl::pki {

using tls::BioPtr;
using tls::CertificatePtr;
using tls::KeyPtr;

struct OpensslFree {
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  void operator()(GENERAL_NAME* name) const { GENERAL_NAME_free(name); }
  void operator()(STACK_OF(X509_EXTENSION) * list) const {
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
  }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BASIC_CONSTRAINTS* constraints) const { BASIC_CONSTRAINTS_free(constraints); }
  void operator()(ASN1_STRING* text) const { ASN1_STRING_free(text); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
template <class T>
using Owned = std::unique_ptr<T, OpensslFree>;
using RequestPtr = Owned<X509_REQ>;
using ExtensionsPtr = Owned<STACK_OF(X509_EXTENSION)>;

/// Without this OpenSSL would ask the terminal for a password.
inline int no_password(char*, int, int, void*) {
  return 0;
}

/// What only a broken OpenSSL or no memory can cause.
inline Error openssl_fault(std::string_view what) {
  return Error(ErrorCode::kInternal,
               "OpenSSL could not " + std::string(what) + ": " + tls::openssl_message());
}

}  // namespace pai::ctl::pki
