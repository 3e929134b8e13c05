#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "client/ring/matrix.h"

/// AES-128 in counter mode as words: block b, the cipher of the 16-byte big-endian number b, holds the
/// little-endian words 2b and 2b + 1.
namespace pai::client::ring {

using AesKey = std::array<std::uint8_t, 16>;

struct KeyStreamKernel {
  const char* name;
  bool available;
  /// words[i] = stream word first + i
  void (*fill)(const AesKey& key, std::uint64_t first, std::span<Word> words);
  /// words[i] += stream word first + i
  void (*add)(const AesKey& key, std::uint64_t first, std::span<Word> words);
};

/// The fastest first; the last is OpenSSL's. All give the same words.
std::span<const KeyStreamKernel> key_stream_kernels();

void openssl_fill(const AesKey& key, std::uint64_t first, std::span<Word> words);
void openssl_add(const AesKey& key, std::uint64_t first, std::span<Word> words);
#if defined(__x86_64__)
void aesni_fill(const AesKey& key, std::uint64_t first, std::span<Word> words);
void aesni_add(const AesKey& key, std::uint64_t first, std::span<Word> words);
void vaes_fill(const AesKey& key, std::uint64_t first, std::span<Word> words);
void vaes_add(const AesKey& key, std::uint64_t first, std::span<Word> words);
#endif

}  // namespace pai::client::ring
