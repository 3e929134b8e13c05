#include "client/crypto/primitives.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "common/base/check.h"

namespace pai::client::crypto {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

template <auto Function>
struct Call {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Call<EVP_CIPHER_CTX_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Call<EVP_PKEY_CTX_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Call<EVP_PKEY_free>>;
using Kdf = std::unique_ptr<EVP_KDF, Call<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Call<EVP_KDF_CTX_free>>;

/// OpenSSL fails on these calls only when it has no memory or was built without the algorithm.
void must(int result) {
  PAI_CHECK(result == 1, "OpenSSL refused an operation that can't fail on its input");
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  must(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr));
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::string_view bytes) {
  must(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()));
  return *this;
}

Sha256& Sha256::update_u32(std::uint32_t number) {
  const std::array<std::uint8_t, 4> bytes{
      static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
      static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  return update(Bytes(bytes));
}

Hash32 Sha256::finish() {
  Hash32 hash;
  must(EVP_DigestFinal_ex(context_->md, hash.data(), nullptr));
  return hash;
}

Hash32 hmac_sha256(Bytes key, Bytes message) {
  Hash32 mac;
  unsigned size = 0;
  PAI_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
                 mac.data(), &size) != nullptr,
            "HMAC failed");
  return mac;
}

void hkdf_sha256(Bytes secret, Bytes salt, std::string_view info, std::span<std::uint8_t> out) {
  const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  PAI_CHECK(kdf != nullptr, "OpenSSL has no HKDF");
  const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
  char digest[] = "SHA256";
  // The parameters are read only, whatever their type says.
  const auto octets = [](const char* name, Bytes bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
  };
  const std::uint8_t nothing = 0;
  const Bytes real_salt = salt.data() == nullptr ? Bytes(&nothing, 0) : salt;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                   octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, real_salt),
                                   octets(OSSL_KDF_PARAM_INFO, as_bytes(info)), OSSL_PARAM_construct_end()};
  must(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters));
}

X25519KeyPair::X25519KeyPair() {
  random_bytes(*private_key_);
  const Pkey key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, private_key_->data(), private_key_->size()));
  PAI_CHECK(key != nullptr, "OpenSSL has no X25519");
  std::size_t size = public_key_.size();
  must(EVP_PKEY_get_raw_public_key(key.get(), public_key_.data(), &size));
}

Status X25519KeyPair::agree(const Key32& peer_public_key, SecretKey& shared) const {
  const Pkey own(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, private_key_->data(), private_key_->size()));
  const Pkey peer(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer_public_key.data(), peer_public_key.size()));
  PAI_CHECK(own != nullptr && peer != nullptr, "OpenSSL has no X25519");
  const PkeyContext context(EVP_PKEY_CTX_new(own.get(), nullptr));
  PAI_CHECK(context != nullptr, "OpenSSL has no memory for a key agreement");
  must(EVP_PKEY_derive_init(context.get()));
  const Error low_order(ErrorCode::kProtocol, "an X25519 public key of low order");
  std::size_t size = shared->size();
  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1) return low_order;
  if (EVP_PKEY_derive(context.get(), shared->data(), &size) != 1 || size != shared->size()) return low_order;
  // OpenSSL refuses the all-zero secret by itself; the protocol's safety does not hang on that.
  if (equal_constant_time(*shared, Key32{})) return low_order;
  return {};
}

std::string seal(const Key32& key, Bytes plaintext, Bytes associated) {
  std::string sealed(kNonceBytes + plaintext.size() + kTagBytes, '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(sealed.data());
  random_bytes({out, kNonceBytes});
  const CipherContext context(EVP_CIPHER_CTX_new());
  PAI_CHECK(context != nullptr, "OpenSSL has no memory for a cipher");
  int size = 0;
  must(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), out));
  must(EVP_EncryptUpdate(context.get(), nullptr, &size, associated.data(),
                         static_cast<int>(associated.size())));
  must(EVP_EncryptUpdate(context.get(), out + kNonceBytes, &size, plaintext.data(),
                         static_cast<int>(plaintext.size())));
  must(EVP_EncryptFinal_ex(context.get(), out + kNonceBytes + size, &size));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                           out + kNonceBytes + plaintext.size()));
  return sealed;
}

Status open_sealed(const Key32& key, std::string_view sealed, Bytes associated,
                   std::span<std::uint8_t> plaintext) {
  const Error forged(ErrorCode::kProtocol, "an encrypted message that was not made under the agreed key");
  if (sealed.size() != kNonceBytes + plaintext.size() + kTagBytes) return forged;
  const Bytes in = as_bytes(sealed);
  const CipherContext context(EVP_CIPHER_CTX_new());
  PAI_CHECK(context != nullptr, "OpenSSL has no memory for a cipher");
  int size = 0;
  must(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), in.data()));
  must(EVP_DecryptUpdate(context.get(), nullptr, &size, associated.data(),
                         static_cast<int>(associated.size())));
  must(EVP_DecryptUpdate(context.get(), plaintext.data(), &size, in.data() + kNonceBytes,
                         static_cast<int>(plaintext.size())));
  std::array<std::uint8_t, kTagBytes> tag;
  std::copy(in.end() - kTagBytes, in.end(), tag.begin());
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()));
  if (EVP_DecryptFinal_ex(context.get(), plaintext.data() + size, &size) != 1) {
    wipe(plaintext);
    return forged;
  }
  return {};
}

}  // namespace pai::client::crypto
