#include "client/ring/seed_stream.h"

#include <sodium.h>
#include <algorithm>
#include <bit>
#include <cstring>

#include "client/ring/key_stream.h"
#include "common/base/check.h"

namespace pai::client::ring {

struct SeedStream::Keys {
  /// HMAC-SHA256 under the pseudo-random key, after the run id: each place goes on from here.
  crypto::Secret<crypto_auth_hmacsha256_state> after_run_id;
  const KeyStreamKernel* kernel = nullptr;

  void place_key(Place place, AesKey& key) const {
    static_assert(std::endian::native == std::endian::little, "the place's numbers are little-endian");
    std::array<std::uint8_t, 13> info;
    std::memcpy(info.data(), &place.operation, 8);
    std::memcpy(info.data() + 8, &place.tensor, 4);
    info[12] = 1;  // the number of the first block of HKDF's output
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
  for (const KeyStreamKernel& kernel : key_stream_kernels()) {
    if (kernel.available && keys_->kernel == nullptr) keys_->kernel = &kernel;
  }
  crypto::SecretKey pseudo_random_key;
  const std::array<std::uint8_t, 32> salt{};
  crypto_auth_hmacsha256_state& state = *keys_->after_run_id;
  crypto_auth_hmacsha256_init(&state, salt.data(), salt.size());
  crypto_auth_hmacsha256_update(&state, seed->data(), seed->size());
  crypto_auth_hmacsha256_final(&state, pseudo_random_key->data());
  crypto_auth_hmacsha256_init(&state, pseudo_random_key->data(), pseudo_random_key->size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(run_id.data()), run_id.size());
}

SeedStream::SeedStream(SeedStream&&) noexcept = default;
SeedStream& SeedStream::operator=(SeedStream&&) noexcept = default;
SeedStream::~SeedStream() = default;

void SeedStream::expand(Place place, std::span<Word> words, std::uint64_t first) const {
  AesKey key;
  keys_->place_key(place, key);
  keys_->kernel->fill(key, first, words);
  crypto::wipe(key);
}

void SeedStream::add_to(Place place, std::span<Word> words, std::uint64_t first) const {
  AesKey key;
  keys_->place_key(place, key);
  keys_->kernel->add(key, first, words);
  crypto::wipe(key);
}

}  // namespace pai::client::ring
