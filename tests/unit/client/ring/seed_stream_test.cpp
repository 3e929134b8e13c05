// The streams are shown against HKDF (RFC 5869) and AES-128-CTR as OpenSSL has them, called plainly.

#include "client/ring/seed_stream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "client/ring/key_stream.h"

namespace pai::client::ring {
namespace {

SecretSeed seed_of(std::uint8_t first) {
  SecretSeed seed;
  for (std::size_t i = 0; i < seed->size(); ++i) (*seed)[i] = static_cast<std::uint8_t>(first + i);
  return seed;
}

std::vector<Word> by_openssl(std::uint8_t first_byte, std::string run_id, std::uint64_t operation,
                             std::uint32_t tensor, std::size_t words) {
  std::string secret;
  for (int i = 0; i < 16; ++i) secret.push_back(static_cast<char>(first_byte + i));
  std::string info = std::move(run_id);
  for (int i = 0; i < 8; ++i) info.push_back(static_cast<char>(operation >> (8 * i)));
  for (int i = 0; i < 4; ++i) info.push_back(static_cast<char>(tensor >> (8 * i)));
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  unsigned char key[16];
  std::size_t key_size = sizeof key;
  EVP_PKEY_CTX* kdf = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr);
  EXPECT_EQ(EVP_PKEY_derive_init(kdf), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_hkdf_md(kdf, EVP_sha256()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set1_hkdf_key(kdf, bytes(secret), 16), 1);
  EXPECT_EQ(EVP_PKEY_CTX_add1_hkdf_info(kdf, bytes(info), static_cast<int>(info.size())), 1);
  EXPECT_EQ(EVP_PKEY_derive(kdf, key, &key_size), 1);
  EVP_PKEY_CTX_free(kdf);
  const unsigned char counter[16] = {};
  std::vector<unsigned char> zeros(words * 8), stream(words * 8);
  EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
  int done = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), nullptr, key, counter), 1);
  EXPECT_EQ(EVP_EncryptUpdate(cipher, stream.data(), &done, zeros.data(), static_cast<int>(zeros.size())), 1);
  EVP_CIPHER_CTX_free(cipher);
  std::vector<Word> out(words);
  for (std::size_t i = 0; i < words * 8; ++i) out[i / 8] |= static_cast<Word>(stream[i]) << (8 * (i % 8));
  return out;
}

TEST(SeedStreamTest, IsHkdfAndCounterModeAsOpenSslHasThem) {
  for (const std::size_t run_id_size : {0, 1, 16, 36, 41, 42, 43, 44, 50, 64, 100}) {
    const std::string run_id(run_id_size, 'r');
    const SeedStream stream(seed_of(7), run_id);
    const Place place{0x0102030405060708, 0x0A0B0C0D};
    std::vector<Word> words(1000);
    stream.expand(place, words);
    EXPECT_EQ(words, by_openssl(7, run_id, place.operation, place.tensor, words.size())) << run_id_size;
  }
}

TEST(SeedStreamTest, AnyPieceIsThatPieceOfTheWhole) {
  const SeedStream stream(seed_of(1), "run");
  const auto whole = by_openssl(1, "run", 5, 6, 600);
  for (std::size_t first = 0; first < 40; ++first) {
    for (const std::size_t count : {0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 64, 127, 500}) {
      std::vector<Word> words(count + 1, 42), sums(count + 1, 42);
      stream.expand({5, 6}, std::span(words).first(count), first);
      stream.add_to({5, 6}, std::span(sums).first(count), first);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(words[i], whole[first + i]) << first << " " << count << " " << i;
        ASSERT_EQ(sums[i], whole[first + i] + 42) << first << " " << count << " " << i;
      }
      ASSERT_EQ(words[count], 42U);
      ASSERT_EQ(sums[count], 42U);
    }
  }
}

TEST(KeyStreamTest, EveryKernelGivesOpenSslsWords) {
  const AesKey key{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  for (const KeyStreamKernel& kernel : key_stream_kernels()) {
    if (!kernel.available) continue;
    for (const std::uint64_t first : {0, 1, 2, 7, 1000001}) {
      for (std::size_t count = 0; count < 140; ++count) {
        std::vector<Word> words(count), sums(count, 42), expected(count);
        openssl_fill(key, first, expected);
        kernel.fill(key, first, words);
        kernel.add(key, first, sums);
        ASSERT_EQ(words, expected) << kernel.name << " " << first << " " << count;
        for (Word& word : expected) word += 42;
        ASSERT_EQ(sums, expected) << kernel.name << " " << first << " " << count;
      }
    }
  }
}

TEST(SeedStreamTest, TheCounterIsLongerThan32Bits) {
  const SeedStream stream(seed_of(1), "run");
  const std::uint64_t block = (std::uint64_t{1} << 32) - 3;
  std::vector<Word> together(64), apart(64), wrapped(64);
  stream.expand({1, 1}, together, 2 * block);
  for (std::size_t i = 0; i < apart.size(); ++i)
    stream.expand({1, 1}, std::span(apart).subspan(i, 1), 2 * block + i);
  EXPECT_EQ(together, apart);
  stream.expand({1, 1}, std::span(wrapped).first(58));  // what a 32-bit counter would go on with
  EXPECT_NE(together[6], wrapped[0]);
}

TEST(SeedStreamTest, EverythingInThePlaceMatters) {
  std::vector<std::vector<Word>> all;
  const auto draw = [&](std::uint8_t seed, std::string_view run_id, Place place) {
    std::vector<Word> words(2);
    SeedStream(seed_of(seed), run_id).expand(place, words);
    all.push_back(words);
  };
  draw(1, "run", {1, 1});
  draw(2, "run", {1, 1});
  draw(1, "ruN", {1, 1});
  draw(1, "run", {2, 1});
  draw(1, "run", {1, 2});
  draw(1, "run", {std::uint64_t{1} << 40 | 1, 1});
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

TEST(SeedStreamTest, ThreadsShareAStream) {
  const SeedStream stream(seed_of(9), "run");
  std::vector<std::vector<Word>> results(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t tensor = 0; tensor < 50; ++tensor) {
        std::vector<Word> words(33);
        stream.expand({3, tensor}, words);
        results[t].insert(results[t].end(), words.begin(), words.end());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

}  // namespace
}  // namespace pai::client::ring
