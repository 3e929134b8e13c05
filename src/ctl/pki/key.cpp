#include "ctl/pki/key.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>

#include "ctl/pki/openssl.h"

namespace pai::ctl::pki {
namespace {

constexpr int kSecurityBitsMin = 112;  // OpenSSL's security level 2, which Debian sets

std::string curve_name(evp_pkey_st* key) {
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return "unknown curve";
  const std::string name(group.data(), length);
  if (name == "prime256v1") return "P-256";
  if (name == "secp384r1") return "P-384";
  if (name == "secp521r1") return "P-521";
  return name;
}

}  // namespace

void Key::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Result<Key> make_key(KeyType type) {
  // Both calls draw from OpenSSL's private generator, which the kernel seeds.
  EVP_PKEY* key = type == KeyType::kEd25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                            : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (key == nullptr) return openssl_fault("make a key");
  return Key(std::unique_ptr<evp_pkey_st, Key::Free>(key));
}

Result<Secret> private_pem(const Key& key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));  // wiped when freed and when it grows
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_fault("write a key");
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  if (size <= 0) return openssl_fault("write a key");
  Secret pem(static_cast<std::size_t>(size));
  std::copy_n(bytes, pem.size(), pem.data());
  return pem;
}

Result<Key> read_private_key(const Secret& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.size())));
  if (!bio) return openssl_fault("read a key");
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr);
  if (key == nullptr) {
    (void)tls::openssl_message();  // its words ("no start line") say less than ours
    if (pem.view().find("ENCRYPTED") != std::string_view::npos) {
      return Error(ErrorCode::kInvalid, "the private key is encrypted")
          .with_hint(
              "decrypt it into a file of mode 0600 on a machine you trust: openssl pkey -in FILE -out "
              "ca.key");
    }
    return Error(ErrorCode::kInvalid, "the file holds no PEM private key");
  }
  return Key(std::unique_ptr<evp_pkey_st, Key::Free>(key));
}

std::string key_name(evp_pkey_st* key) {
  if (key == nullptr) return "unreadable";
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return "ECDSA " + curve_name(key);
    case EVP_PKEY_ED25519:
      return "Ed25519";
    case EVP_PKEY_ED448:
      return "Ed448";
    case EVP_PKEY_RSA:
      return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
    default:
      break;
  }
  const char* name = EVP_PKEY_get0_type_name(key);
  return name != nullptr ? name : "unknown";
}

Status check_strength(evp_pkey_st* key) {
  if (key == nullptr) return Error(ErrorCode::kInvalid, "the public key cannot be read");
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
    case EVP_PKEY_RSA:
      break;
    default:
      return Error(ErrorCode::kInvalid, "a key of type " + key_name(key) + " cannot be used for TLS 1.3");
  }
  if (EVP_PKEY_get_security_bits(key) < kSecurityBitsMin) {
    return Error(ErrorCode::kInvalid, "the key (" + key_name(key) + ") is too weak")
        .with_hint("use ECDSA P-256 or Ed25519, as `paictl pki request` makes them");
  }
  return {};
}

}  // namespace pai::ctl::pki
