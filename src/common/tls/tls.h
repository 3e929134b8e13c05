#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace pai::tls {

/// The `tls` block of a configuration: files of this side, and who is believed.
struct Files {
  std::string certificate;  ///< PEM chain, own certificate first
  std::string key;          ///< PEM, mode 0600 or stricter
  std::string trusted;      ///< PEM bundle of CAs
  std::vector<std::string> allowed_peers;  ///< names or `sha256:` fingerprints that may call; empty: all that are trusted
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
  std::string trusted_pem;
  std::vector<std::string> allowed_peers;
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

/// True when the identity has this name (DNS SAN or IP SAN, the common name only without any; letter case ignored) or this `sha256:` fingerprint.
bool matches(const PeerIdentity& identity, const std::string& name_or_fingerprint);
/// True for an empty list, or when one of the list matches.
bool is_allowed(const PeerIdentity& identity, const std::vector<std::string>& allowed);

}  // namespace pai::tls
