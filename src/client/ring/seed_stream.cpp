#include "client/ring/seed_stream.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "common/base/check.h"

namespace pai::client::ring {
namespace {

static_assert(std::endian::native == std::endian::little, "a stream's words are little-endian");

using AesKey = std::array<std::uint8_t, 16>;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// Key stream from block number `block` on.
void key_stream(const AesKey& key, std::uint64_t block, std::span<Word> words) {
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  std::array<std::uint8_t, 16> counter{};
  for (std::size_t i = 0; i < 8; ++i) counter[15 - i] = static_cast<std::uint8_t>(block >> (8 * i));
  PAI_CHECK(context != nullptr && EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(),
                                                     counter.data()) == 1,
            "OpenSSL has no AES-128-CTR");
  std::fill(words.begin(), words.end(), 0);
  auto* bytes = reinterpret_cast<std::uint8_t*>(words.data());
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  for (std::size_t at = 0; at < words.size_bytes(); at += kPiece) {
    const auto count = static_cast<int>(std::min(kPiece, words.size_bytes() - at));
    int done = 0;
    PAI_CHECK(EVP_EncryptUpdate(context.get(), bytes + at, &done, bytes + at, count) == 1, "AES failed");
  }
}

}  // namespace

struct SeedStream::Keys {
  /// HMAC-SHA256 under the pseudo-random key, after the run id: copied for each place.
  crypto::Secret<crypto_auth_hmacsha256_state> after_run_id;

  void place_key(Place place, AesKey& key) const {
    std::array<std::uint8_t, 13> info;
    std::memcpy(info.data(), &place.operation, 8);
    std::memcpy(info.data() + 8, &place.tensor, 4);
    info[12] = 1;  // RFC 5869's number of the first block
    std::array<std::uint8_t, 32> block;
    crypto_auth_hmacsha256_state state = *after_run_id;
    crypto_auth_hmacsha256_update(&state, info.data(), info.size());
    crypto_auth_hmacsha256_final(&state, block.data());
    std::copy_n(block.begin(), key.size(), key.begin());
    sodium_memzero(&state, sizeof state);
    sodium_memzero(block.data(), block.size());
  }
};

SeedStream::SeedStream(const SecretSeed& seed, std::string_view run_id) : keys_(std::make_unique<Keys>()) {
  crypto::SecretKey extracted;
  const std::array<std::uint8_t, 32> salt{};
  crypto_auth_hmacsha256_state& state = *keys_->after_run_id;
  crypto_auth_hmacsha256_init(&state, salt.data(), salt.size());
  crypto_auth_hmacsha256_update(&state, seed->data(), seed->size());
  crypto_auth_hmacsha256_final(&state, extracted->data());
  crypto_auth_hmacsha256_init(&state, extracted->data(), extracted->size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(run_id.data()), run_id.size());
}

SeedStream::SeedStream(SeedStream&&) noexcept = default;
SeedStream& SeedStream::operator=(SeedStream&&) noexcept = default;
SeedStream::~SeedStream() = default;

void SeedStream::expand(Place place, std::span<Word> words, std::uint64_t first) const {
  if (words.empty()) return;
  AesKey key;
  keys_->place_key(place, key);
  if (first % 2 == 1) {  // in the middle of a block
    std::array<Word, 2> block;
    key_stream(key, first / 2, block);
    words[0] = block[1];
    crypto::wipe({reinterpret_cast<std::uint8_t*>(block.data()), sizeof block});
    words = words.subspan(1);
    ++first;
  }
  key_stream(key, first / 2, words);
  crypto::wipe(key);
}

void SeedStream::add_to(Place place, std::span<Word> words, std::uint64_t first) const {
  std::array<Word, 512> piece;
  for (std::size_t at = 0; at < words.size(); at += piece.size()) {
    const auto part = words.subspan(at, std::min(piece.size(), words.size() - at));
    expand(place, std::span(piece).first(part.size()), first + at);
    for (std::size_t i = 0; i < part.size(); ++i) part[i] += piece[i];
  }
  crypto::wipe({reinterpret_cast<std::uint8_t*>(piece.data()), sizeof piece});
}

}  // namespace pai::client::ring
