#pragma once

// Times of certificates. Only .cpp files include this: it brings OpenSSL's headers.

#include <cstdint>
#include <string>

#include "ctl/pki/openssl.h"

namespace pai::ctl::pki {

/// Unix seconds; 0 for a time that cannot be read, so that such a certificate counts as expired.
std::int64_t unix_seconds(const ASN1_TIME* time);

/// "2027-11-27", in UTC.
std::string day_text(std::int64_t unix_seconds);

/// Whole days until then, rounded down; negative once it has passed.
std::int64_t days_left(std::int64_t not_after, std::int64_t now);

}  // namespace pai::ctl::pki
