#pragma once

// PEM text in and out. Only .cpp files include this: it brings OpenSSL's headers.

#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/pki/names.h"
#include "ctl/pki/openssl.h"

namespace pai::ctl::pki {

/// All certificates of a PEM text, in its order; other blocks are skipped. kInvalid when there is none, or
/// when a block is broken: what follows it would be lost silently.
Result<std::vector<CertificatePtr>> certificates_from(const std::string& pem);

/// The one request of a PEM text; kInvalid when there is none, a broken one, or a second one.
Result<RequestPtr> request_from(const std::string& pem);

Result<std::string> to_pem(X509* certificate);
Result<std::string> to_pem(X509_REQ* request);

/// A name in the form of RFC 4514, printable.
std::string name_text(const X509_NAME* name);

/// The names of a subject and its alternative names, checked as `names_from` does. Without a common name the
/// first alternative name is it. kInvalid for several common names and for names of other kinds (mail, URI,
/// directory). `left_out` gets the subject's other parts, printable. `alternatives` may be null.
Result<Names> names_of(X509_NAME* subject, const GENERAL_NAMES* alternatives,
                       std::vector<std::string>& left_out);

}  // namespace pai::ctl::pki
