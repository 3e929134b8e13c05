#include "client/ring/key_stream.h"

#include <openssl/evp.h>
#include <algorithm>
#include <bit>
#include <memory>

#include "client/crypto/cpu.h"
#include "client/crypto/secret.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

static_assert(std::endian::native == std::endian::little, "a stream's words are little-endian");

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// From the start of block `block` on.
void fill_blocks(const AesKey& key, std::uint64_t block, std::span<Word> words) {
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
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

void openssl_fill(const AesKey& key, std::uint64_t first, std::span<Word> words) {
  if (words.empty()) return;
  if (first % 2 == 1) {  // the second half of a block
    std::array<Word, 2> block;
    fill_blocks(key, first / 2, block);
    words[0] = block[1];
    crypto::wipe({reinterpret_cast<std::uint8_t*>(block.data()), sizeof block});
    words = words.subspan(1);
    ++first;
  }
  fill_blocks(key, first / 2, words);
}

void openssl_add(const AesKey& key, std::uint64_t first, std::span<Word> words) {
  std::array<Word, 1024> piece;
  for (std::size_t at = 0; at < words.size(); at += piece.size()) {
    const auto part = words.subspan(at, std::min(piece.size(), words.size() - at));
    openssl_fill(key, first + at, std::span(piece).first(part.size()));
    for (std::size_t i = 0; i < part.size(); ++i) part[i] += piece[i];
  }
  crypto::wipe({reinterpret_cast<std::uint8_t*>(piece.data()), sizeof piece});
}

std::span<const KeyStreamKernel> key_stream_kernels() {
  static const std::array all {
#if defined(__x86_64__)
    KeyStreamKernel{"vaes", crypto::cpu_has_vaes(), vaes_fill, vaes_add},
        KeyStreamKernel{"aesni", __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1"),
                        aesni_fill, aesni_add},
#endif
        KeyStreamKernel {
      "openssl", true, openssl_fill, openssl_add
    }
  };
  return all;
}

}  // namespace pai::client::ring
