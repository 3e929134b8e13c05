// What a CA signs, read back with OpenSSL's own functions, at any time that the test likes.
#include "ctl/pki/authority.h"

#include <gmock/gmock.h>

#include <ctime>
#include <set>

#include "common/tls/tls.h"
#include "ctl/pki/pem.h"
#include "ctl/pki/times.h"

namespace pai::ctl::pki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kDay = 86'400;

struct Made {
  std::string pem;
  Authority authority;
};

Made make(const std::string& name, const Term& term, KeyType type = KeyType::kP256) {
  Key key = *make_key(type);
  std::string pem = *make_authority(key, name, term);
  Authority authority = *Authority::read(pem, std::move(key));
  return {std::move(pem), std::move(authority)};
}

class Authorities : public ::testing::Test {
 protected:
  const std::int64_t now_ = std::time(nullptr);
  const Names names_ = *names_from("node-a", {"node-a.bank.example", "10.0.0.5"});
};

class AuthorityTest : public Authorities, public ::testing::WithParamInterface<KeyType> {};

/// X509_V_OK or why not, at that time and for that use.
int verified(const std::string& ca, const std::string& pem, int purpose, std::int64_t at) {
  const auto root = std::move(*certificates_from(ca));
  const auto own = std::move(*certificates_from(pem));
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, root.front().get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, own.front().get(), nullptr);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context), at);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
  X509_STORE_CTX_set_purpose(context, purpose);
  (void)X509_verify_cert(context);
  const int verdict = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return verdict;
}

TEST_P(AuthorityTest, IssuesWhatServesAndCallsAndIsNoCa) {
  const Made ca = make("Bank A", {now_, 3650}, GetParam());
  const auto issued = ca.authority.issue(*make_key(GetParam()), names_, {now_, 365});
  ASSERT_TRUE(issued.ok());
  EXPECT_EQ(verified(ca.pem, issued->pem, X509_PURPOSE_SSL_SERVER, now_), X509_V_OK);
  EXPECT_EQ(verified(ca.pem, issued->pem, X509_PURPOSE_SSL_CLIENT, now_), X509_V_OK);
  EXPECT_EQ(verified(ca.pem, issued->pem, X509_PURPOSE_SSL_SERVER, now_ - 600),
            X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(verified(ca.pem, issued->pem, X509_PURPOSE_SSL_SERVER, now_ + 366 * kDay),
            X509_V_ERR_CERT_HAS_EXPIRED);

  const auto own = std::move(*certificates_from(issued->pem));
  X509* certificate = own.front().get();
  EXPECT_EQ(X509_check_ca(certificate), 0);
  EXPECT_EQ(X509_get_key_usage(certificate), static_cast<std::uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_EQ(X509_get_extended_key_usage(certificate),
            static_cast<std::uint32_t>(XKU_SSL_SERVER | XKU_SSL_CLIENT));
  EXPECT_EQ(X509_check_host(certificate, "node-a.bank.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate, "10.0.0.5", 0), 1);
  EXPECT_EQ(X509_check_host(certificate, "localhost", 0, 0, nullptr), 0);
  EXPECT_EQ(unix_seconds(X509_get0_notBefore(certificate)), now_ - 300);

  const auto identity = tls::identity_of_pem(issued->pem);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->fingerprint, issued->fingerprint);
  EXPECT_THAT(identity->names, ElementsAre("node-a", "node-a.bank.example", "10.0.0.5"));
  EXPECT_TRUE(tls::matches(*identity, "node-a"));
}

INSTANTIATE_TEST_SUITE_P(Keys, AuthorityTest, ::testing::Values(KeyType::kP256, KeyType::kEd25519));

TEST_F(Authorities, SerialNumbersAreRandomAndPositive) {
  const Made ca = make("Bank A", {now_, 3650});
  const Key key = *make_key(KeyType::kP256);
  std::set<std::string> seen;
  int longest = 0;
  for (int i = 0; i < 32; ++i) {
    const auto own = std::move(*certificates_from(ca.authority.issue(key, names_, {now_, 1})->pem));
    const Owned<BIGNUM> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(own.front().get()), nullptr));
    EXPECT_FALSE(BN_is_negative(number.get()));
    longest = std::max(longest, BN_num_bits(number.get()));
    char* hex = BN_bn2hex(number.get());
    seen.insert(hex);
    OPENSSL_free(hex);
  }
  EXPECT_EQ(seen.size(), 32u);
  EXPECT_GT(longest, 120);
  EXPECT_LE(longest, 128);
}

TEST_F(Authorities, CertificateNeverOutlivesItsCa) {
  const Made ca = make("Bank A", {now_, 10});
  const auto issued = ca.authority.issue(*make_key(KeyType::kP256), names_, {now_, 365});
  ASSERT_TRUE(issued.ok());
  EXPECT_TRUE(issued->shortened);
  EXPECT_EQ(issued->not_after, ca.authority.not_after());
}

TEST_F(Authorities, ExpiredCaIssuesNothing) {
  const Made ca = make("Bank A", {now_ - 20 * kDay, 10});
  const auto issued = ca.authority.issue(*make_key(KeyType::kP256), names_, {now_, 365});
  ASSERT_FALSE(issued.ok());
  EXPECT_THAT(issued.error().describe(), HasSubstr("expired on"));
  EXPECT_FALSE(issued.error().hint().empty());
}

TEST_F(Authorities, CaThatBeginsTomorrowIssuesNothing) {
  const Made ca = make("Bank A", {now_ + kDay, 10});
  EXPECT_FALSE(ca.authority.issue(*make_key(KeyType::kP256), names_, {now_, 1}).ok());
}

TEST_F(Authorities, DatesBeyond2050AreWritten) {
  const Made ca = make("Bank A", {now_, 10'950});
  EXPECT_EQ(ca.authority.not_after(), now_ + 10'950 * kDay);
}

TEST_F(Authorities, RenewalOfAnExpiredCertificateKeepsKeyAndNames) {
  const Made ca = make("Bank A", {now_ - 500 * kDay, 3650});
  const auto old = ca.authority.issue(*make_key(KeyType::kP256), names_, {now_ - 400 * kDay, 365});
  ASSERT_TRUE(old.ok());
  const auto renewed = ca.authority.renew(old->pem, {now_, 365});
  ASSERT_TRUE(renewed.ok());
  EXPECT_EQ(renewed->names, names_);
  EXPECT_NE(renewed->fingerprint, old->fingerprint);
  const auto before = std::move(*certificates_from(old->pem)),
             after = std::move(*certificates_from(renewed->pem));
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(before.front().get()), X509_get0_pubkey(after.front().get())), 1);
  EXPECT_EQ(verified(ca.pem, renewed->pem, X509_PURPOSE_SSL_SERVER, now_), X509_V_OK);
}

TEST_F(Authorities, RenewalRefusesAnotherCasCertificateEvenOfTheSameName) {
  const Made ca = make("Bank A", {now_, 3650});
  const Made other = make("Bank A", {now_, 3650});
  const auto issued = other.authority.issue(*make_key(KeyType::kP256), names_, {now_, 365});
  const auto renewed = ca.authority.renew(issued->pem, {now_, 365});
  ASSERT_FALSE(renewed.ok());
  EXPECT_THAT(renewed.error().describe(), HasSubstr("not by this CA"));
}

TEST_F(Authorities, RenewalRefusesTheCaItself) {
  const Made ca = make("Bank A", {now_, 3650});
  EXPECT_FALSE(ca.authority.renew(ca.pem, {now_, 365}).ok());
}

TEST_F(Authorities, ReadRefusesAPartysCertificateAndAForeignKey) {
  const Made ca = make("Bank A", {now_, 3650});
  Key key = *make_key(KeyType::kP256);
  const auto issued = ca.authority.issue(key, names_, {now_, 365});
  EXPECT_FALSE(Authority::read(issued->pem, std::move(key)).ok());
  EXPECT_FALSE(Authority::read(ca.pem, *make_key(KeyType::kP256)).ok());
  EXPECT_FALSE(Authority::read("nothing", *make_key(KeyType::kP256)).ok());
}

TEST(Keys, ReadBackAsWritten) {
  for (const KeyType type : {KeyType::kP256, KeyType::kEd25519}) {
    const Key key = *make_key(type);
    const Secret pem = *private_pem(key);
    const auto again = read_private_key(pem);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(EVP_PKEY_eq(key.get(), again->get()), 1);
    EXPECT_EQ(key_name(key.get()), type == KeyType::kP256 ? "ECDSA P-256" : "Ed25519");
  }
}

TEST(Keys, WeakOnesAreRefused) {
  const Key rsa{
      std::unique_ptr<evp_pkey_st, Key::Free>(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}))};
  EXPECT_FALSE(check_strength(rsa.get()).ok());
  const Key exchange{std::unique_ptr<evp_pkey_st, Key::Free>(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"))};
  EXPECT_FALSE(check_strength(exchange.get()).ok());
  EXPECT_FALSE(check_strength(nullptr).ok());
}

}  // namespace
}  // namespace pai::ctl::pki
