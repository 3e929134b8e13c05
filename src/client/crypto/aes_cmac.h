#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "client/crypto/secret.h"

namespace pai::client::crypto {

using Mac16 = std::array<std::uint8_t, 16>;

namespace detail {

/// AES-128 round keys and the two CMAC subkeys.
struct alignas(64) CmacSchedule {
  std::array<std::array<std::uint8_t, 16>, 11> rounds;
  std::array<std::uint8_t, 16> whole;    ///< K1: for a last block that is full
  std::array<std::uint8_t, 16> partial;  ///< K2
};

using CmacBatch = void (*)(const CmacSchedule& schedule, std::span<const std::string_view> messages,
                           Mac16* out);

struct CmacKernel {
  std::string_view name;
  CmacBatch batch;
};

/// The kernels that this machine can run, the fastest first; the last is OpenSSL's AES. All give the same
/// MACs.
std::span<const CmacKernel> cmac_kernels();

CmacSchedule cmac_schedule(std::span<const std::uint8_t, 16> key);

void cmac_openssl(const CmacSchedule& schedule, std::span<const std::string_view> messages, Mac16* out);
#if defined(__x86_64__)
void cmac_aesni(const CmacSchedule& schedule, std::span<const std::string_view> messages, Mac16* out);
void cmac_vaes(const CmacSchedule& schedule, std::span<const std::string_view> messages, Mac16* out);
#endif

}  // namespace detail

/// AES-128-CMAC (RFC 4493) as a keyed function of many short messages. As a pseudo-random function it holds
/// for up to 2^48 messages under one key. Thread-safe; the key stays in locked memory.
class CmacTagger {
 public:
  explicit CmacTagger(std::span<const std::uint8_t, 16> key);
  /// One MAC per message, of any length. `out` has room for all.
  void tag(std::span<const std::string_view> messages, Mac16* out) const {
    batch_(*schedule_, messages, out);
  }

 private:
  Secret<detail::CmacSchedule> schedule_;
  detail::CmacBatch batch_;
};

}  // namespace pai::client::crypto
