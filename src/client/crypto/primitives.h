#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "client/crypto/secret.h"
#include "common/base/result.h"

namespace pai::client::crypto {

using Hash32 = std::array<std::uint8_t, 32>;
using Bytes = std::span<const std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// SHA-256 of data that comes in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  Sha256& update(std::string_view bytes);
  Sha256& update(Bytes bytes) { return update(as_text(bytes)); }
  /// Big-endian, 4 bytes.
  Sha256& update_u32(std::uint32_t number);
  Hash32 finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Hash32 hmac_sha256(Bytes key, Bytes message);

/// HKDF-SHA256 (RFC 5869), extract and expand; `out` up to 8,160 bytes.
void hkdf_sha256(Bytes secret, Bytes salt, std::string_view info, std::span<std::uint8_t> out);

/// One ephemeral X25519 key pair; the private half is wiped with it.
class X25519KeyPair {
 public:
  X25519KeyPair();
  const Key32& public_key() const { return public_key_; }
  /// The shared secret. kProtocol for a public key of low order (its secret would be zero, whoever holds it).
  Status agree(const Key32& peer_public_key, SecretKey& shared) const;

 private:
  SecretKey private_key_;
  Key32 public_key_{};
};

/// AES-256-GCM: 12-byte random nonce, ciphertext, 16-byte tag.
std::string seal(const Key32& key, Bytes plaintext, Bytes associated);
/// Opens what `seal` made; `plaintext` must have its exact size. kProtocol when anything was changed.
Status open_sealed(const Key32& key, std::string_view sealed, Bytes associated,
                   std::span<std::uint8_t> plaintext);

}  // namespace pai::client::crypto
