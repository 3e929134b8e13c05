#include <sodium.h>

#include <cstring>

#include "client/ristretto/kernel.h"

namespace pai::client::ristretto {
namespace {

constexpr std::size_t kEncoded = crypto_core_ristretto255_BYTES;
constexpr std::size_t kUniform = crypto_core_ristretto255_HASHBYTES;

std::size_t multiply(const std::uint8_t* exponent, const std::uint8_t* points, std::size_t count,
                     std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    // libsodium before 1.0.19 overlooks bit 255, so that each element had two encodings.
    if ((points[kEncoded * i + kEncoded - 1] & 0x80) != 0) return i;
    // It refuses what is not canonical, and an identity as the result: with an exponent prime to the order
    // that is an identity as the input.
    if (crypto_scalarmult_ristretto255(out + kEncoded * i, exponent, points + kEncoded * i) != 0) return i;
  }
  return count;
}

void map_and_multiply(const std::uint8_t* exponent, const std::uint8_t* uniform, std::size_t count,
                      std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t element[kEncoded];
    (void)crypto_core_ristretto255_from_hash(element, uniform + kUniform * i);  // has no way to fail
    if (crypto_scalarmult_ristretto255(out + kEncoded * i, exponent, element) != 0) {
      std::memset(out + kEncoded * i, 0, kEncoded);  // the identity's encoding
    }
  }
}

}  // namespace

const Kernel& sodium_kernel() {
  static constexpr Kernel kernel{"libsodium", multiply, map_and_multiply};
  return kernel;
}

}  // namespace pai::client::ristretto
