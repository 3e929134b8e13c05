#include "client/crypto/aes_cmac.h"

#include <openssl/evp.h>
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "client/crypto/cpu.h"
#include "common/base/check.h"

namespace pai::client::crypto {
namespace detail {
namespace {

/// AES-128 in ECB mode through OpenSSL: the raw permutation, on many blocks a call.
class RawAes {
 public:
  explicit RawAes(const std::uint8_t* key) : context_(EVP_CIPHER_CTX_new()) {
    PAI_CHECK(context_ != nullptr &&
                  EVP_EncryptInit_ex(context_, EVP_aes_128_ecb(), nullptr, key, nullptr) == 1 &&
                  EVP_CIPHER_CTX_set_padding(context_, 0) == 1,
              "OpenSSL has no AES-128");
  }
  RawAes(const RawAes&) = delete;
  RawAes& operator=(const RawAes&) = delete;
  ~RawAes() { EVP_CIPHER_CTX_free(context_); }

  void encrypt(Mac16* blocks, std::size_t count) {
    int size = 0;
    auto* bytes = blocks->data();
    PAI_CHECK(EVP_EncryptUpdate(context_, bytes, &size, bytes, static_cast<int>(count * 16)) == 1,
              "AES failed");
  }

 private:
  EVP_CIPHER_CTX* context_;
};

/// Multiplies by x in GF(2^128) (RFC 4493, section 2.3).
void double_block(Mac16& block) {
  const unsigned carry = block[0] >> 7;
  for (std::size_t i = 0; i < 15; ++i)
    block[i] = static_cast<std::uint8_t>(block[i] << 1 | block[i + 1] >> 7);
  block[15] = static_cast<std::uint8_t>(block[15] << 1 ^ (carry * 0x87));
}

constexpr std::array<std::uint8_t, 10> kRoundConstants{0x01, 0x02, 0x04, 0x08, 0x10,
                                                       0x20, 0x40, 0x80, 0x1B, 0x36};

/// The S-box by its definition (inverse in GF(2^8), then an affine map), in a time that does not depend on
/// the byte: a table would leave the key in the cache's state. Runs 40 times a key, so speed does not matter.
std::uint8_t substitute(std::uint8_t byte) {
  const auto multiply = [](unsigned a, unsigned b) {
    unsigned product = 0;
    for (unsigned i = 0; i < 8; ++i) {
      product ^= a & (0U - (b >> i & 1U));
      a = (a << 1) ^ (0x11BU & (0U - (a >> 7 & 1U)));
    }
    return product;
  };
  unsigned inverse = 1;
  unsigned power = byte;
  for (unsigned i = 1; i < 8; ++i) {  // byte^254 = byte^2 · byte^4 · … · byte^128
    power = multiply(power, power);
    inverse = multiply(inverse, power);
  }
  unsigned out = 0x63;
  for (unsigned turn = 0; turn < 5; ++turn) out ^= (inverse << turn | inverse >> (8 - turn)) & 0xFF;
  return static_cast<std::uint8_t>(out);
}

}  // namespace

CmacSchedule cmac_schedule(std::span<const std::uint8_t, 16> key) {
  CmacSchedule schedule{};
  std::copy(key.begin(), key.end(), schedule.rounds[0].begin());
  for (std::size_t round = 1; round < 11; ++round) {
    const auto& before = schedule.rounds[round - 1];
    auto& now = schedule.rounds[round];
    for (std::size_t i = 0; i < 4; ++i) now[i] = before[i] ^ substitute(before[12 + (i + 1) % 4]);
    now[0] ^= kRoundConstants[round - 1];
    for (std::size_t i = 4; i < 16; ++i) now[i] = before[i] ^ now[i - 4];
  }
  Mac16 block{};
  RawAes(key.data()).encrypt(&block, 1);
  double_block(block);
  schedule.whole = block;
  double_block(block);
  schedule.partial = block;
  return schedule;
}

/// All messages advance together, a block a step, so that one call encrypts many blocks.
void cmac_openssl(const CmacSchedule& schedule, std::span<const std::string_view> messages, Mac16* out) {
  constexpr std::size_t kTogether = 64;
  RawAes aes(schedule.rounds[0].data());
  for (std::size_t base = 0; base < messages.size(); base += kTogether) {
    const std::size_t count = std::min(kTogether, messages.size() - base);
    std::array<Mac16, kTogether> states{}, busy;
    std::array<std::size_t, kTogether> which;
    std::size_t active = count;
    for (std::size_t at = 0; active > 0; at += 16) {
      active = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string_view message = messages[base + i];
        if (at != 0 && at >= message.size()) continue;
        const bool last = at + 16 >= message.size();
        const std::size_t size = std::min<std::size_t>(16, message.size() - at);
        Mac16 block{};
        if (size > 0) std::memcpy(block.data(), message.data() + at, size);
        if (size < 16) block[size] = 0x80;
        const auto& subkey = size < 16 ? schedule.partial : schedule.whole;
        for (std::size_t b = 0; b < 16; ++b) block[b] ^= states[i][b] ^ (last ? subkey[b] : 0);
        busy[active] = block;
        which[active++] = i;
      }
      if (active > 0) aes.encrypt(busy.data(), active);
      for (std::size_t i = 0; i < active; ++i) states[which[i]] = busy[i];
    }
    std::copy_n(states.begin(), count, out + base);
  }
}

std::span<const CmacKernel> cmac_kernels() {
  static const std::vector<CmacKernel> kernels = [] {
    std::vector<CmacKernel> list;
#if defined(__x86_64__)
    if (cpu_has_vaes() && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
      list.push_back({"vaes", cmac_vaes});
    if (__builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1"))
      list.push_back({"aesni", cmac_aesni});
#endif
    list.push_back({"openssl", cmac_openssl});
    return list;
  }();
  return kernels;
}

}  // namespace detail

CmacTagger::CmacTagger(std::span<const std::uint8_t, 16> key) : batch_(detail::cmac_kernels().front().batch) {
  *schedule_ = detail::cmac_schedule(key);
}

}  // namespace pai::client::crypto
