#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "common/base/result.h"

namespace pai::client::ristretto {

/// Bytes of an encoded group element (RFC 9496).
inline constexpr std::size_t kPointBytes = 32;

/// Told how many elements of this call are done; false stops the call. It runs on the caller's thread only,
/// with growing values, after each 1024 elements of that thread (50 ms with libsodium, 5 ms with the
/// eight-lane kernel), the last time with all of them.
using Progress = std::function<bool(std::size_t done)>;

/// The implementations of the group's arithmetic. All give the same bytes.
enum class KernelChoice {
  kFastest,  ///< eight elements at a time where the processor has AVX-512 IFMA, else libsodium
  kSodium,   ///< libsodium, one element at a time
};

struct GroupCipherOptions {
  unsigned threads = 0;  ///< 0: one per core
  KernelChoice kernel = KernelChoice::kFastest;
};

/// A commutative cipher over the ristretto255 group: one secret random exponent k, x -> k·H(x) and P -> k·P.
/// Applying the ciphers of several parties in any order gives the same element, which is how private
/// intersection by Diffie-Hellman matches elements whose owners share no key.
///
/// Security: decisional Diffie-Hellman in a group of prime order near 2^252 (about 126 bits), H a random
/// oracle (SHA-512, then the one-way map of RFC 9496); honest-but-curious parties. The exponent comes from
/// the operating system's generator, stays in guarded memory that is kept from swap (as far as RLIMIT_MEMLOCK
/// allows) and from core dumps, is wiped at the end, and can't be read back. All work on it is in constant
/// time. Misuse: equal elements give equal ciphertexts, so a receiver sees duplicates; whoever may submit
/// elements of his choice and see results can test guesses, so the caller bounds how many it accepts. Use one
/// cipher for one task.
///
/// Calls are const and may run side by side; each uses `threads` threads of its own.
class GroupCipher {
 public:
  /// A fresh exponent. `context` separates hashes: the same ID gives unrelated elements under another
  /// context. All parties of one alignment must give the same bytes (the task digest). kInternal when the
  /// system grants no memory or randomness.
  static Result<GroupCipher> create(std::string_view context, GroupCipherOptions options = {});

  GroupCipher(GroupCipher&&) noexcept;
  GroupCipher& operator=(GroupCipher&&) noexcept;
  ~GroupCipher();

  /// out[32·i …] = k·H(context, ids[i]). `out` has exactly 32 bytes an ID. Any bytes may be an ID.
  /// kCancelled when `progress` said so; `out` is then unspecified.
  Status hash_and_blind(std::span<const std::string_view> ids, std::span<std::uint8_t> out,
                        const Progress& progress = {}) const;

  /// out[32·i …] = k·points[32·i …]. Both have the same size; `out` may be the very same memory as `points`.
  /// kProtocol, naming the first index, when an element is no canonical ristretto255 encoding, or is the
  /// identity (what a peer would send to make a ciphertext predictable), or when the size is no multiple
  /// of 32. kCancelled as above. `out` is then unspecified and must not be sent on. The error blames nobody:
  /// add the peer with `blaming`.
  Status blind(std::span<const std::uint8_t> points, std::span<std::uint8_t> out,
               const Progress& progress = {}) const;

  /// Which kernel runs, for the log: "libsodium" or "avx512-ifma".
  std::string_view kernel_name() const;
  /// How many threads a call uses at most.
  unsigned threads() const;

 private:
  struct Impl;
  explicit GroupCipher(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace pai::client::ristretto
