#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace pai::tls {

/// A party's CA, and the names for which it speaks: it may certify no others, and no other CA may certify those.
struct AuthorityFile {
  std::string certificates;  ///< PEM file
  std::vector<std::string> names;

  bool operator==(const AuthorityFile&) const = default;
};

/// The `tls` block of a configuration: files of this side, and who is believed.
struct Files {
  std::string certificate;  ///< PEM chain, own certificate first
  std::string key;          ///< PEM, mode 0600 or stricter
  std::string trusted;      ///< PEM bundle of CAs
  std::vector<std::string> allowed_peers;  ///< names or `sha256:` fingerprints that may call; empty: all that are trusted
  std::vector<AuthorityFile> authorities = {};  ///< believed beside `trusted`, each for its names alone
  std::vector<std::string> revoked = {};        ///< `sha256:` fingerprints that are believed no more
};

/// An AuthorityFile's content.
struct Authority {
  std::string certificates_pem;
  std::vector<std::string> names;
};

/// What a presented certificate is asked beyond the handshake.
struct Vetting {
  std::vector<Authority> authorities;
  std::string trusted_pem = {};  ///< all that is believed: intermediates that a peer left out may stand there
  std::vector<std::string> revoked;
};

/// The files' content, read and checked together. The key is held in memory that is wiped on destruction.
class Material {
 public:
  Material() = default;
  Material(const Material&) = default;
  Material& operator=(const Material&);  ///< the key that was held before is wiped
  ~Material();

  std::string certificate_pem;
  std::string key_pem;
  std::string trusted_pem;  ///< of all who are believed, `authorities` among them
  std::vector<std::string> allowed_peers;
  Vetting vetting;
  std::int64_t not_after = 0;  ///< Unix seconds at which the own certificate ends
};

/// Reads and checks: the key fits the certificate, is not readable by others, the dates hold, the bundle has a CA.
/// All faults are reported together.
Result<Material> load(const Files& files);

/// For a caller without a certificate of its own: whom to believe, and nothing else.
Result<Material> load_trusted(const std::string& file);

/// Who a presented certificate says it is.
struct PeerIdentity {
  std::string fingerprint;         ///< `sha256:` + lower-case hex of the DER
  std::string common_name;
  std::vector<std::string> names;  ///< DNS and IP subject alternative names
  std::int64_t not_after = 0;

  bool operator==(const PeerIdentity&) const = default;
};

Result<PeerIdentity> identity_of_pem(const std::string& certificate_pem);

/// Whether a presented certificate is not revoked, and the CA that vouches for it may speak for the names in it. kUnauthenticated saying why
/// not. `chain_pem`: the certificate first, then what was sent with it. A handshake has verified it against `Material::trusted_pem` before.
Status vet(const Vetting& vetting, const std::string& chain_pem);

/// The same DNS name, letter case ignored, or the same IP address.
bool same_name(const std::string& name, const std::string& wanted);

/// True when the identity has this name (DNS SAN or IP SAN, the common name only without any; letter case ignored) or this `sha256:` fingerprint.
bool matches(const PeerIdentity& identity, const std::string& name_or_fingerprint);
/// True for an empty list, or when one of the list matches.
bool is_allowed(const PeerIdentity& identity, const std::vector<std::string>& allowed);

}  // namespace pai::tls
