// The primitives against published vectors, and that what was tampered with is refused.
#include "client/crypto/primitives.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace pai::client::crypto {
namespace {

std::vector<std::uint8_t> bytes(const std::string& hex) {
  return from_hex(hex).value();
}

TEST(Sha256, GivesTheDigestOfTheStandard) {
  EXPECT_EQ(to_hex(Sha256().update(std::string_view("a")).update(std::string_view("bc")).finish()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().update_u32(0x01020304).finish(),
            Sha256().update(std::string_view("\1\2\3\4", 4)).finish());
}

TEST(Hmac, GivesTheMacOfRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hkdf, GivesTheKeyOfRfc5869) {
  std::vector<std::uint8_t> out(42);
  const auto info = bytes("f0f1f2f3f4f5f6f7f8f9");
  hkdf_sha256(std::vector<std::uint8_t>(22, 0x0b), bytes("000102030405060708090a0b0c"), as_text(info), out);
  EXPECT_EQ(to_hex(out),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  hkdf_sha256(std::vector<std::uint8_t>(22, 0x0b), {}, "", out);
  EXPECT_EQ(to_hex(out),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(X25519, AgreesOnOneSecret) {
  const X25519KeyPair alice, bob, eve;
  SecretKey a, b, e;
  ASSERT_TRUE(alice.agree(bob.public_key(), a).ok());
  ASSERT_TRUE(bob.agree(alice.public_key(), b).ok());
  ASSERT_TRUE(eve.agree(alice.public_key(), e).ok());
  EXPECT_EQ(*a, *b);
  EXPECT_NE(*a, *e);
  EXPECT_NE(alice.public_key(), bob.public_key());
}

TEST(X25519, RefusesEveryPointOfLowOrder) {
  const X25519KeyPair own;
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    Key32 key;
    const auto raw = bytes(point);
    std::copy(raw.begin(), raw.end(), key.begin());
    SecretKey shared;
    const auto agreed = own.agree(key, shared);
    ASSERT_FALSE(agreed.ok()) << point;
    EXPECT_EQ(agreed.error().code(), ErrorCode::kProtocol);
  }
}

TEST(Sealing, OpensOnlyWhatIsUnchanged) {
  Key32 key{}, other{};
  other[31] = 1;
  const std::string text = "forty-two bytes of plaintext, give or take";
  const std::string sealed = seal(key, as_bytes(text), as_bytes("context"));
  EXPECT_EQ(sealed.size(), 12 + text.size() + 16);
  EXPECT_NE(sealed, seal(key, as_bytes(text), as_bytes("context")));  // a fresh nonce
  std::vector<std::uint8_t> opened(text.size());
  ASSERT_TRUE(open_sealed(key, sealed, as_bytes("context"), opened).ok());
  EXPECT_EQ(as_text(opened), text);
  EXPECT_FALSE(open_sealed(other, sealed, as_bytes("context"), opened).ok());
  EXPECT_FALSE(open_sealed(key, sealed, as_bytes("contexu"), opened).ok());
  EXPECT_FALSE(open_sealed(key, sealed.substr(1), as_bytes("context"), opened).ok());
  EXPECT_FALSE(open_sealed(key, "", as_bytes("context"), opened).ok());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_sealed(key, changed, as_bytes("context"), opened).ok()) << i;
    EXPECT_EQ(opened, std::vector<std::uint8_t>(text.size())) << "nothing of a forgery is left";
  }
}

TEST(Secrets, CompareInConstantTimeBySizeAndBytes) {
  const Key32 a{}, b{1};
  EXPECT_TRUE(equal_constant_time(a, Key32{}));
  EXPECT_FALSE(equal_constant_time(a, b));
  EXPECT_FALSE(equal_constant_time(a, std::span(a).subspan(1)));
}

TEST(Secrets, AreZeroAtFirstAndMoveWithTheirMemory) {
  SecretKey key;
  EXPECT_EQ(*key, Key32{});
  random_bytes(*key);
  EXPECT_NE(*key, Key32{});
  const auto* place = &*key;
  const SecretKey moved = std::move(key);
  EXPECT_EQ(&*moved, place);
}

}  // namespace
}  // namespace pai::client::crypto
