#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "client/crypto/secret.h"
#include "client/ring/matrix.h"

namespace pai::client::ring {

using Seed = std::array<std::uint8_t, 16>;
using SecretSeed = crypto::Secret<Seed>;

/// One tensor of one operation of a run: what a stream of random words is drawn for. No two draws may share a
/// place.
struct Place {
  std::uint64_t operation = 0;
  std::uint32_t tensor = 0;
};

/// The dealer's randomness as a client expands it (protocols.md section 4). Exactly, for a second
/// implementation:
///
///   prk = HMAC-SHA256(key = 32 zero bytes, seed)                    (HKDF-Extract of RFC 5869 without a
///   salt) key = the first 16 bytes of HMAC-SHA256(prk, info ‖ 0x01)       (HKDF-Expand) info = run id ‖
///   operation as 8 bytes ‖ tensor as 4 bytes        (little-endian; the run id's bytes as they are) block b
///   = AES-128(key, b as a 16-byte big-endian number)        (counter mode, from zero) word 2b, word 2b + 1 =
///   the little-endian halves of block b
///
/// Thread-safe. The state after prk and run id stays in locked memory; place keys and round keys are wiped
/// after use.
class SeedStream {
 public:
  SeedStream(const SecretSeed& seed, std::string_view run_id);
  SeedStream(SeedStream&&) noexcept;
  SeedStream& operator=(SeedStream&&) noexcept;
  ~SeedStream();

  /// Fills `words` with the stream's words from number `first` on.
  void expand(Place place, std::span<Word> words, std::uint64_t first = 0) const;
  /// words += the stream's words: what the dealer sums over the clients without holding each.
  void add_to(Place place, std::span<Word> words, std::uint64_t first = 0) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
};

}  // namespace pai::client::ring
