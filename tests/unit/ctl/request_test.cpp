// A stranger's request gives names and nothing else.
#include "ctl/pki/request.h"

#include <gmock/gmock.h>

#include "ctl/pki/pem.h"
#include "unit/ctl/foreign_request.h"

namespace pai::ctl::pki {
namespace {

using test::foreign_request;
using test::ForeignRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ForeignRequest kPlain{.subject = {{NID_commonName, "node-b"}},
                            .extensions = {{NID_subject_alt_name, "DNS:node-b,IP:10.0.0.7"}}};

std::string refusal(const std::string& pem) {
  const auto request = read_request(pem);
  return request.ok() ? "taken" : request.error().describe();
}

TEST(Request, ReadsBackAsMade) {
  for (const KeyType type : {KeyType::kP256, KeyType::kEd25519}) {
    const Key key = *make_key(type);
    const Names names = *names_from("node-b", {"node-b.insurer.example", "fd00::7"});
    const auto pem = make_request(key, names);
    ASSERT_TRUE(pem.ok());
    const auto request = read_request(*pem);
    ASSERT_TRUE(request.ok()) << request.error().describe();
    EXPECT_EQ(request->names, names);
    EXPECT_THAT(request->left_out, IsEmpty());
    EXPECT_EQ(EVP_PKEY_eq(request->key.get(), key.get()), 1);
  }
}

TEST(Request, WithoutAlternativeNamesIsOne) {
  const auto request = read_request(*make_request(*make_key(KeyType::kP256), *names_from("alice@bank", {})));
  ASSERT_TRUE(request.ok());
  EXPECT_FALSE(request->names.has_alternatives());
}

TEST(Request, WithABadSignatureIsRefused) {
  const Key key = *make_key(KeyType::kP256);
  EXPECT_EQ(refusal(foreign_request(key, kPlain)), "taken");
  EXPECT_THAT(refusal(foreign_request(key, kPlain, true)), HasSubstr("signature does not hold"));
}

TEST(Request, ToBecomeACaIsRefused) {
  ForeignRequest wanted = kPlain;
  wanted.extensions.emplace_back(NID_basic_constraints, "critical,CA:TRUE");
  EXPECT_THAT(refusal(foreign_request(*make_key(KeyType::kP256), wanted)), HasSubstr("become a CA"));
}

TEST(Request, OtherWishesAreLeftOutAndTold) {
  ForeignRequest wanted = kPlain;
  wanted.subject.emplace_back(NID_organizationName, "Insurer");
  wanted.extensions.emplace_back(NID_basic_constraints, "CA:FALSE");
  wanted.extensions.emplace_back(NID_key_usage, "keyCertSign");
  const auto request = read_request(foreign_request(*make_key(KeyType::kP256), wanted));
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_THAT(request->left_out,
              ElementsAre("extension basicConstraints", "extension keyUsage", "subject O=Insurer"));
  EXPECT_THAT(request->names.alternatives(), ElementsAre("node-b", "10.0.0.7"));
}

TEST(Request, OddNamesAreRefused) {
  const Key key = *make_key(KeyType::kP256);
  for (const char* names : {"DNS:*.bank.example", "DNS:a_b", "email:a@b.example", "URI:https://bank.example",
                            "RID:1.2.3", "DNS:a b", "DNS:node-b,DNS:..", "DNS:10.0.0.256"}) {
    ForeignRequest wanted = kPlain;
    wanted.extensions = {{NID_subject_alt_name, names}};
    EXPECT_NE(refusal(foreign_request(key, wanted)), "taken") << names;
  }
  for (const std::string& name :
       {std::string("*"), std::string("../../etc/pai/node"), std::string("a\0b", 3), std::string("a\nb")}) {
    ForeignRequest wanted = kPlain;
    wanted.subject = {{NID_commonName, name}};
    EXPECT_NE(refusal(foreign_request(key, wanted)), "taken") << name;
  }
}

TEST(Request, WithTwoListsOfNamesOrTwoCommonNamesIsRefused) {
  const Key key = *make_key(KeyType::kP256);
  ForeignRequest wanted = kPlain;
  wanted.extensions.emplace_back(NID_subject_alt_name, "DNS:master");
  EXPECT_NE(refusal(foreign_request(key, wanted)), "taken");
  wanted = kPlain;
  wanted.subject.emplace_back(NID_commonName, "master");
  EXPECT_THAT(refusal(foreign_request(key, wanted)), HasSubstr("several common names"));
}

TEST(Request, WithoutACommonNameTakesTheFirstOther) {
  ForeignRequest wanted = kPlain;
  wanted.subject.clear();
  const auto request = read_request(foreign_request(*make_key(KeyType::kP256), wanted));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->names.common_name, "node-b");
  wanted.extensions.clear();
  EXPECT_THAT(refusal(foreign_request(*make_key(KeyType::kP256), wanted)), HasSubstr("no name"));
}

TEST(Request, OfAWeakKeyIsRefused) {
  const Key rsa{
      std::unique_ptr<evp_pkey_st, Key::Free>(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}))};
  EXPECT_THAT(refusal(foreign_request(rsa, kPlain)), HasSubstr("too weak"));
}

TEST(Request, OtherFilesAreRefused) {
  const std::string pem = foreign_request(*make_key(KeyType::kP256), kPlain);
  EXPECT_THAT(refusal(""), HasSubstr("no PEM certificate request"));
  EXPECT_THAT(refusal(pem + pem), HasSubstr("more than one"));
  std::string broken = pem;
  broken[100] = broken[100] == 'A' ? 'B' : 'A';
  EXPECT_NE(refusal(broken), "taken");
  EXPECT_THAT(refusal("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"),
              HasSubstr("broken"));
}

}  // namespace
}  // namespace pai::ctl::pki
