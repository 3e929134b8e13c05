#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "ctl/pki/key.h"
#include "ctl/pki/names.h"

struct x509_st;

namespace pai::ctl::pki {

/// From five minutes before `now` (Unix seconds), for clocks that are behind, to `days` days after it.
struct Term {
  std::int64_t now = 0;
  int days = 0;

  std::int64_t not_before() const { return now - 300; }
  std::int64_t not_after() const { return now + std::int64_t{days} * 86'400; }
};

/// A self-signed CA certificate (PEM) for the key. It signs certificates of parties and no further CAs.
Result<std::string> make_authority(const Key& key, const std::string& name, const Term& term);

struct Issued {
  std::string pem;
  Names names;
  std::string fingerprint;     ///< `sha256:…`, as configurations take it
  std::int64_t not_after = 0;  ///< Unix seconds
  bool shortened = false;      ///< it ends with the CA, before the days that were asked for
};

/// A CA with its private key. Certificates have a random serial number of 128 bits and go by `Term`, but
/// never beyond the CA.
class Authority {
 public:
  /// kInvalid when the certificate is none of a CA, or the key is not its own.
  static Result<Authority> read(const std::string& certificate_pem, Key key);

  std::int64_t not_after() const;
  std::string name() const;

  /// For a daemon or a user: serves and calls, is no CA. kConflict when the CA has expired or does not hold
  /// yet.
  Result<Issued> issue(const Key& subject_key, const Names& names, const Term& term) const;

  /// The same key and names for a new term. kInvalid when the first certificate of the text is not of this
  /// CA, is a CA's, or has a name that would not be issued today.
  Result<Issued> renew(const std::string& certificate_pem, const Term& term) const;

 private:
  struct Free {
    void operator()(x509_st* certificate) const;
  };
  using Certificate = std::unique_ptr<x509_st, Free>;
  Authority(Certificate certificate, Key key) : certificate_(std::move(certificate)), key_(std::move(key)) {}

  Certificate certificate_;
  Key key_;
};

}  // namespace pai::ctl::pki
