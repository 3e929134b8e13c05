// AES-128-CMAC against RFC 4493 and against a plain version, with every kernel and all lengths.
#include "client/crypto/aes_cmac.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace pai::client::crypto {
namespace {

constexpr const char* kRfcKey = "2b7e151628aed2a6abf7158809cf4f3c";
constexpr const char* kRfcMessage =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445"
    "df4f9b17ad2b417be66c3710";

std::vector<std::uint8_t> bytes(const std::string& hex) {
  return from_hex(hex).value();
}

std::span<const std::uint8_t, 16> key16(const std::vector<std::uint8_t>& key) {
  return std::span<const std::uint8_t, 16>(key.data(), 16);
}

std::string mac_of(const detail::CmacKernel& kernel, const std::vector<std::uint8_t>& key,
                   std::string_view message) {
  Mac16 mac;
  kernel.batch(detail::cmac_schedule(key16(key)), {&message, 1}, &mac);
  return to_hex(mac);
}

TEST(AesCmac, GivesTheMacsOfRfc4493) {
  const auto message = bytes(kRfcMessage);
  const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
  for (const auto& kernel : detail::cmac_kernels()) {
    EXPECT_EQ(mac_of(kernel, bytes(kRfcKey), text.substr(0, 0)), "bb1d6929e95937287fa37d129b756746")
        << kernel.name;
    EXPECT_EQ(mac_of(kernel, bytes(kRfcKey), text.substr(0, 16)), "070a16b46b4d4144f79bdd9dd04a287c")
        << kernel.name;
    EXPECT_EQ(mac_of(kernel, bytes(kRfcKey), text.substr(0, 40)), "dfa66747de9ae63030ca32611497c827")
        << kernel.name;
    EXPECT_EQ(mac_of(kernel, bytes(kRfcKey), text.substr(0, 64)), "51f0bebf7e3b9d92fc49741779363cfe")
        << kernel.name;
  }
}

TEST(AesCmac, HasTheRoundKeysAndSubkeysOfTheStandards) {
  const auto schedule = detail::cmac_schedule(key16(bytes(kRfcKey)));
  EXPECT_EQ(to_hex(schedule.rounds[1]), "a0fafe1788542cb123a339392a6c7605");  // FIPS 197, A.1
  EXPECT_EQ(to_hex(schedule.rounds[10]), "d014f9a8c9ee2589e13f0cc8b6630ca6");
  EXPECT_EQ(to_hex(schedule.whole), "fbeed618357133667c85e08f7236a8de");  // RFC 4493, section 4
  EXPECT_EQ(to_hex(schedule.partial), "f7ddac306ae266ccf90bc11ee46d513b");
}

/// Every length from 0 to 600 in exactly sized heap memory, so that a sanitizer sees a byte read beyond.
TEST(AesCmac, AgreesAmongKernelsAtAllLengths) {
  std::mt19937 random(1);
  std::vector<std::vector<char>> texts;
  for (int length = 0; length <= 600; ++length) {
    std::vector<char> text(static_cast<std::size_t>(length));
    for (char& byte : text) byte = static_cast<char>(random());
    texts.push_back(std::move(text));
  }
  std::shuffle(texts.begin(), texts.end(), random);  // lanes of unlike lengths together
  std::vector<std::string_view> messages;
  for (const auto& text : texts) messages.emplace_back(text.data(), text.size());
  const auto schedule = detail::cmac_schedule(key16(bytes(kRfcKey)));
  std::vector<Mac16> expected(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i)
    detail::cmac_openssl(schedule, {&messages[i], 1}, &expected[i]);
  for (const auto& kernel : detail::cmac_kernels()) {
    for (std::size_t batch : {1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 64u, 65u, 601u}) {
      std::vector<Mac16> macs(messages.size());
      for (std::size_t at = 0; at < messages.size(); at += batch) {
        const std::size_t count = std::min(batch, messages.size() - at);
        kernel.batch(schedule, std::span(messages).subspan(at, count), macs.data() + at);
      }
      EXPECT_EQ(macs, expected) << kernel.name << " " << batch;
    }
  }
}

TEST(AesCmac, WritesNoMacBeyondTheLast) {
  for (const auto& kernel : detail::cmac_kernels()) {
    std::vector<Mac16> macs(20, Mac16{});
    const std::vector<std::string_view> messages(18, "id");
    kernel.batch(detail::cmac_schedule(key16(bytes(kRfcKey))), messages, macs.data());
    EXPECT_EQ(macs[18], Mac16{}) << kernel.name;
    EXPECT_NE(macs[17], Mac16{}) << kernel.name;
  }
}

TEST(CmacTagger, DependsOnKeyAndMessage) {
  const CmacTagger tagger(key16(bytes(kRfcKey)));
  const CmacTagger other(key16(bytes("000102030405060708090a0b0c0d0e0f")));
  const std::vector<std::string_view> messages{"a", "b", "a"};
  std::vector<Mac16> macs(3), others(3);
  tagger.tag(messages, macs.data());
  other.tag(messages, others.data());
  EXPECT_EQ(macs[0], macs[2]);
  EXPECT_NE(macs[0], macs[1]);
  EXPECT_NE(macs[0], others[0]);
}

}  // namespace
}  // namespace pai::client::crypto
