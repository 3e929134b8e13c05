#pragma once

#include <memory>
#include <string>

#include "common/base/result.h"
#include "ctl/pki/secret.h"

struct evp_pkey_st;

namespace pai::ctl::pki {

enum class KeyType { kP256, kEd25519 };

/// A key, private or public only. OpenSSL hides behind it.
class Key {
 public:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  explicit Key(std::unique_ptr<evp_pkey_st, Free> key) : key_(std::move(key)) {}
  evp_pkey_st* get() const { return key_.get(); }

 private:
  std::unique_ptr<evp_pkey_st, Free> key_;
};

/// A new private key from OpenSSL's generator. kInternal when OpenSSL fails.
Result<Key> make_key(KeyType type);

/// PKCS #8 PEM, not encrypted. The buffers on the way are wiped.
Result<Secret> private_pem(const Key& key);

/// A private key from PEM. kInvalid when it is none or is encrypted.
Result<Key> read_private_key(const Secret& pem);

/// "ECDSA P-256", "Ed25519", "RSA 3072".
std::string key_name(evp_pkey_st* key);

/// kInvalid for keys that the daemons' TLS would refuse: below 112 bits of strength, or of a kind that cannot
/// sign.
Status check_strength(evp_pkey_st* key);

}  // namespace pai::ctl::pki
