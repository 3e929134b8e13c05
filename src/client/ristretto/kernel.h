#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pai::client::ristretto {

/// One implementation of the group's arithmetic over arrays of elements. Every kernel gives the same bytes as
/// libsodium. Single-threaded, no allocation, no exceptions; the exponent is used in constant time.
struct Kernel {
  std::string_view name;

  /// out[32·i] = exponent·points[32·i] for canonical encodings of elements other than the identity. Returns
  /// the index of the first element that is not one, or `count`. `out` may be `points`. The exponent: 32
  /// bytes, little endian, below the group order and not 0.
  std::size_t (*multiply)(const std::uint8_t* exponent, const std::uint8_t* points, std::size_t count,
                          std::uint8_t* out);

  /// out[32·i] = exponent·M(uniform[64·i]), M the one-way map of RFC 9496 section 4.3.4. Where M gives the
  /// identity (nobody can find such input through a hash) the result is the identity. `out` must not overlap
  /// `uniform`.
  void (*map_and_multiply)(const std::uint8_t* exponent, const std::uint8_t* uniform, std::size_t count,
                           std::uint8_t* out);
};

/// libsodium must have been initialised (sodium_init) before a kernel is used.
const Kernel& sodium_kernel();

/// The eight-lane kernel, or nullptr where the processor or the operating system lacks AVX-512 IFMA.
const Kernel* ifma_kernel();

}  // namespace pai::client::ristretto
