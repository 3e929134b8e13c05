// What `paictl pki show` says, for people and for programs.
#include "ctl/pki/show.h"

#include <gmock/gmock.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "ctl/pki/authority.h"
#include "ctl/pki/request.h"
#include "unit/ctl/foreign_request.h"

namespace pai::ctl::pki {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kDay = 86'400;

class ShowTest : public ::testing::Test {
 protected:
  std::string issued(int days) const {
    Key key = *make_key(KeyType::kEd25519);
    const std::string pem = *make_authority(key, "Bank A", {now_, 3650});
    return Authority::read(pem, std::move(key))
        ->issue(*make_key(KeyType::kP256), *names_from("node-a", {"10.0.0.5"}), {now_, days})
        ->pem;
  }
  std::string text(const std::string& pem, std::int64_t at) const {
    return shown_as_text(*read_shown(pem), at);
  }
  const std::int64_t now_ = std::time(nullptr);
};

TEST_F(ShowTest, CertificateForPeople) {
  const std::string shown = text(issued(365), now_);
  EXPECT_THAT(shown, HasSubstr("subject      CN=node-a\n"));
  EXPECT_THAT(shown, HasSubstr("names        node-a, 10.0.0.5\n"));
  EXPECT_THAT(shown, HasSubstr("issuer       CN=Bank A\n"));
  EXPECT_THAT(shown, HasSubstr("ECDSA P-256"));
  EXPECT_THAT(shown, HasSubstr("fingerprint  sha256:"));
  EXPECT_THAT(shown, HasSubstr("365 days left\n"));
}

TEST_F(ShowTest, SaysWhenItIsTimeToRenew) {
  const std::string pem = issued(60);
  EXPECT_THAT(text(pem, now_), Not(HasSubstr("renew")));
  EXPECT_THAT(text(pem, now_ + 31 * kDay), HasSubstr("29 days left: renew it"));
  EXPECT_THAT(text(pem, now_ + 60 * kDay), HasSubstr("EXPIRED"));
  EXPECT_THAT(text(pem, now_ - 400), HasSubstr("NOT YET VALID"));
}

TEST_F(ShowTest, CertificateForPrograms) {
  const auto document = json::parse(shown_as_json(*read_shown(issued(60)), now_ + 61 * kDay));
  const auto& one = document.at("certificates").at(0);
  EXPECT_EQ(one.at("kind"), "party");
  EXPECT_EQ(one.at("names"), json({"node-a", "10.0.0.5"}));
  EXPECT_EQ(one.at("days_left"), -1);
  EXPECT_EQ(one.at("valid"), false);
}

TEST_F(ShowTest, RequestBeforeItIsSigned) {
  const std::string pem = test::foreign_request(
      *make_key(KeyType::kP256),
      {.subject = {{NID_commonName, "node-b"}, {NID_organizationName, "x"}}, .extensions = {}});
  EXPECT_THAT(text(pem, now_), HasSubstr("left out     subject O=x"));
  EXPECT_EQ(json::parse(shown_as_json(*read_shown(pem), now_)).at("request").at("kind"), "request");
}

TEST_F(ShowTest, ControlsInANameDoNotReachTheTerminal) {
  // Not a name that make_authority takes, so the certificate is of somebody else's making.
  const CertificatePtr certificate(X509_new());
  const Key key = *make_key(KeyType::kP256);
  const std::string name = "a\x1b[31mb\nissuer CN=Bank";
  X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_pubkey(certificate.get(), key.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 60);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::string shown = text(*to_pem(certificate.get()), now_);
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_THAT(shown, Not(HasSubstr("\nissuer CN=Bank")));
}

TEST_F(ShowTest, OtherFilesAreRefused) {
  EXPECT_FALSE(read_shown("").ok());
  EXPECT_FALSE(read_shown("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").ok());
}

}  // namespace
}  // namespace pai::ctl::pki
