#include "client/nn/core/public_random.h"

#include <openssl/evp.h>

#include "common/base/check.h"

namespace pai::client::nn {
namespace {

void must(int result) {
  PAI_CHECK(result == 1, "OpenSSL refused an operation that can't fail on its input");
}

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::array<std::uint8_t, 8> little_endian(std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes;
  for (int i = 0; i < 8; ++i)
    bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (8 * i));
  return bytes;
}

}  // namespace

struct PublicRandom::Cipher {
  std::unique_ptr<EVP_CIPHER_CTX, Free> context{EVP_CIPHER_CTX_new()};
};

PublicRandom::PublicRandom(std::uint64_t seed, std::string_view purpose, std::uint64_t counter)
    : cipher_(std::make_unique<Cipher>()) {
  constexpr std::string_view kDomain = "pai/v1/public";
  const std::uint8_t zero = 0;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  const std::unique_ptr<EVP_MD_CTX, Free> hash(EVP_MD_CTX_new());
  PAI_CHECK(hash != nullptr && cipher_->context != nullptr, "no memory for a cipher");
  must(EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr));
  must(EVP_DigestUpdate(hash.get(), kDomain.data(), kDomain.size()));
  must(EVP_DigestUpdate(hash.get(), &zero, 1));
  must(EVP_DigestUpdate(hash.get(), purpose.data(), purpose.size()));
  must(EVP_DigestUpdate(hash.get(), &zero, 1));
  must(EVP_DigestUpdate(hash.get(), little_endian(seed).data(), 8));
  must(EVP_DigestUpdate(hash.get(), little_endian(counter).data(), 8));
  must(EVP_DigestFinal_ex(hash.get(), digest.data(), nullptr));
  const std::array<std::uint8_t, 16> start{};
  must(EVP_EncryptInit_ex(cipher_->context.get(), EVP_aes_128_ctr(), nullptr, digest.data(), start.data()));
}

PublicRandom::PublicRandom(PublicRandom&&) noexcept = default;
PublicRandom& PublicRandom::operator=(PublicRandom&&) noexcept = default;
PublicRandom::~PublicRandom() = default;

void PublicRandom::refill() {
  buffer_.fill(0);
  int written = 0;
  must(EVP_EncryptUpdate(cipher_->context.get(), buffer_.data(), &written, buffer_.data(),
                         static_cast<int>(buffer_.size())));
  PAI_CHECK(static_cast<std::size_t>(written) == buffer_.size(), "counter mode gives as much as it takes");
  at_ = 0;
}

}  // namespace pai::client::nn
