#pragma once

// The fields of certificates and requests. Only .cpp files include this: it brings OpenSSL's headers.

#include "common/base/result.h"
#include "ctl/pki/names.h"
#include "ctl/pki/openssl.h"

namespace pai::ctl::pki {

/// The digest to sign with: SHA-256, or none for keys that bring their own (Ed25519).
const EVP_MD* digest_for(EVP_PKEY* signing_key);

/// The alternative names, not critical. At least one must be there.
Result<Owned<X509_EXTENSION>> alternatives_extension(const Names& names);

enum class Usage { kAuthority, kParty };

/// What the certificate may be used for (RFC 5280, section 4.2.1): an authority signs certificates of parties
/// and no further authorities; a party serves and calls. Subject and authority key ids too, so `certificate`
/// has its key set; `issuer` is the certificate itself where it is self-signed.
Status add_usage(X509* certificate, X509* issuer, Usage usage);

}  // namespace pai::ctl::pki
