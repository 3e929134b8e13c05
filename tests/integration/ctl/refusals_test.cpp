// What paictl refuses, each time with a reason and with no file changed.
#include <gmock/gmock.h>
#include <unistd.h>

#include <ctime>

#include "ctl/pki/authority.h"
#include "integration/ctl/paictl.h"
#include "unit/ctl/foreign_request.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;
namespace pki = ctl::pki;

constexpr int kFailed = 1;
constexpr int kNotAllowed = 2;
constexpr int kUsage = 64;

class RefusalsTest : public PaictlTest {
 protected:
  RefusalsTest() { expect_ok({"pki", "init", "--dir", at("ca"), "--name", "Bank A"}); }

  void expect_refused(const std::vector<std::string>& arguments, int code, const std::string& reason) {
    const auto before = tree("ca");
    const auto outcome = paictl(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(reason));
    EXPECT_EQ(tree("ca"), before);
  }
  void expect_request_refused(const std::string& pem, const std::string& reason) {
    write_text(folder_ / "asked.csr", pem);
    expect_refused({"pki", "sign", "--dir", at("ca"), "--request", at("asked.csr")}, kFailed, reason);
  }
};

TEST_F(RefusalsTest, ExistingFilesStay) {
  expect_refused({"pki", "init", "--dir", at("ca"), "--name", "Bank A"}, kFailed,
                 "ca/ca.key' exists already");
  expect_ok({"pki", "issue", "--dir", at("ca"), "--name", "n"});
  expect_refused({"pki", "issue", "--dir", at("ca"), "--name", "n"}, kFailed, "ca/n.key' exists already");
  expect_refused({"pki", "issue", "--dir", at("ca"), "--name", "ca"}, kFailed, "ca/ca.key' exists already");
  expect_refused({"pki", "bundle", "--out", at("ca/ca.key"), at("ca/ca.pem")}, kFailed,
                 "ca/ca.key' exists already");
  expect_refused({"pki", "issue", "--dir", at("ca"), "--name", "n", "--force"}, kUsage,
                 "unknown flag --force");
}

TEST_F(RefusalsTest, KeyDoesNotStayWithoutItsCertificate) {
  write_text(folder_ / "ca/n.pem", "in the way");
  expect_refused({"pki", "issue", "--dir", at("ca"), "--name", "n"}, kFailed, "ca/n.pem' exists already");
  EXPECT_FALSE(std::filesystem::exists(at("ca/n.key")));
}

TEST_F(RefusalsTest, LinkInThePlaceOfAKeyIsNotFollowed) {
  std::filesystem::create_symlink(at("elsewhere"), at("ca/n.key"));
  expect_refused({"pki", "issue", "--dir", at("ca"), "--name", "n"}, kFailed, "exists already");
  EXPECT_FALSE(std::filesystem::exists(at("elsewhere")));
}

TEST_F(RefusalsTest, RequestsThatAskForTooMuch) {
  const pki::Key key = *pki::make_key(pki::KeyType::kP256);
  pki::test::ForeignRequest plain{.subject = {{NID_commonName, "node-b"}}, .extensions = {}};
  expect_request_refused(pki::test::foreign_request(key, plain, true), "signature does not hold");
  auto wanted = plain;
  wanted.extensions = {{NID_basic_constraints, "critical,CA:TRUE"}};
  expect_request_refused(pki::test::foreign_request(key, wanted), "become a CA");
  wanted.extensions = {{NID_subject_alt_name, "DNS:*.bank.example"}};
  expect_request_refused(pki::test::foreign_request(key, wanted), "wildcard");
  wanted = plain;
  wanted.subject = {{NID_commonName, "../../etc/pai/node"}};
  expect_request_refused(pki::test::foreign_request(key, wanted), "does not begin with a letter");
  wanted.subject = {{NID_commonName, "ca"}};
  expect_request_refused(pki::test::foreign_request(key, wanted), "exists already");
  expect_request_refused("nonsense", "no PEM certificate request");
  write_text(folder_ / "asked.csr", pki::test::foreign_request(key, plain));
  expect_refused({"pki", "sign", "--dir", at("ca"), "--request", at("asked.csr"), "--name", "master"},
                 kFailed, "not for 'master'");
  expect_ok({"pki", "sign", "--dir", at("ca"), "--request", at("asked.csr"), "--name", "node-b"});
}

TEST_F(RefusalsTest, CertificateOfAnotherCaIsNotRenewed) {
  expect_ok({"pki", "init", "--dir", at("other"), "--name", "Bank A"});
  expect_ok({"pki", "issue", "--dir", at("other"), "--name", "n"});
  expect_refused({"pki", "renew", "--dir", at("ca"), "--certificate", at("other/n.pem")}, kFailed,
                 "not by this CA");
  EXPECT_FALSE(std::filesystem::exists(at("other/n.pem.old")));
}

TEST_F(RefusalsTest, PartysCertificateDoesNotPassIntoABundle) {
  expect_ok({"pki", "issue", "--dir", at("ca"), "--name", "n"});
  expect_refused({"pki", "bundle", "--out", at("ca/trusted.pem"), at("ca/ca.pem"), at("ca/n.pem")}, kFailed,
                 "none of a CA");
}

TEST_F(RefusalsTest, ExpiredCaIssuesNothingAndIsWarnedOf) {
  const pki::Key key = *pki::make_key(pki::KeyType::kP256);
  std::filesystem::create_directory(at("old"));
  write_text(folder_ / "old/ca.pem",
             *pki::make_authority(key, "Old", {std::time(nullptr) - 40 * 86'400, 30}));
  write_text(folder_ / "old/ca.key", std::string(pki::private_pem(key)->view()));
  std::filesystem::permissions(at("old/ca.key"), std::filesystem::perms(0600));
  expect_refused({"pki", "issue", "--dir", at("old"), "--name", "n"}, kFailed, "expired on");
  EXPECT_FALSE(std::filesystem::exists(at("old/n.key")));
  EXPECT_THAT(paictl({"pki", "show", at("old/ca.pem")}).output, HasSubstr("EXPIRED"));
  EXPECT_THAT(paictl({"pki", "bundle", "--out", at("t.pem"), at("old/ca.pem")}).output, HasSubstr("note: "));
}

TEST_F(RefusalsTest, KeyThatOthersCanReadIsNotUsed) {
  std::filesystem::permissions(at("ca/ca.key"), std::filesystem::perms(0640));
  expect_refused({"pki", "issue", "--dir", at("ca"), "--name", "n"}, kNotAllowed, "by others than its owner");
}

TEST_F(RefusalsTest, FoldersThatAreNone) {
  expect_refused({"pki", "issue", "--dir", at("nowhere"), "--name", "n"}, kFailed, "there is no CA in");
  expect_refused({"pki", "init", "--dir", at("ca/ca.pem"), "--name", "x"}, kFailed, "ca.pem");
  expect_refused({"pki", "show", at("nowhere.pem")}, kFailed, "nowhere.pem");
  expect_refused({"pki", "show", at("ca")}, kFailed, "not a regular file");
}

TEST_F(RefusalsTest, UnreadableFolderIsNotAllowed) {
  // Root may read everything, so paictl is run as somebody else, for whom the test's folder is shut.
  if (::geteuid() != 0) {
    std::filesystem::permissions(at("ca"), std::filesystem::perms(0));
    const auto outcome = paictl({"pki", "issue", "--dir", at("ca"), "--name", "n"});
    std::filesystem::permissions(at("ca"), std::filesystem::perms(0700));
    EXPECT_EQ(outcome.code, kNotAllowed) << outcome.output;
    return;
  }
  const std::string copy = "/tmp/paictl-" + std::to_string(::getpid());
  std::filesystem::copy_file(std::string(PAI_BIN_DIR) + "/paictl", copy);
  const auto outcome = run({"/usr/bin/setpriv", "--reuid", "65534", "--clear-groups", copy, "pki", "issue",
                            "--dir", at("ca"), "--name", "n"});
  std::filesystem::remove(copy);
  EXPECT_EQ(outcome.code, kNotAllowed) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("ermission denied"));
}

}  // namespace
}  // namespace pai::test
