// Enrolment as an operator does it: the real paictl in a folder, its work checked by openssl and by the
// daemons' own loader.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/tls/tls.h"
#include "integration/ctl/paictl.h"

namespace pai::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class EnrolmentTest : public PaictlTest {
 protected:
  json show(const std::string& file) {
    const auto outcome = paictl({"pki", "show", file, "-o", "json"});
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    return json::parse(outcome.output, nullptr, false);
  }
  std::string public_key(const std::string& certificate) {
    return run({"/usr/bin/openssl", "x509", "-in", certificate, "-noout", "-pubkey"}).output;
  }
};

TEST_F(EnrolmentTest, CaAndCertificateAreWhatTheDaemonsLoad) {
  for (const std::string key : {"p256", "ed25519"}) {
    SCOPED_TRACE(key);
    const std::string ca = at("ca-" + key), node = at("node-" + key);
    expect_ok({"pki", "init", "--dir", ca, "--name", "Bank A", "--key", key});
    const auto issued = paictl({"pki", "issue", "--dir", ca, "--name", "node-a", "--san",
                                "node-a.bank.example", "--san", "10.0.0.5", "--key", key, "--out", node});
    ASSERT_EQ(issued.code, 0) << issued.output;
    EXPECT_EQ(mode(ca), 0700u);
    EXPECT_EQ(mode(ca + "/ca.key"), 0600u);
    EXPECT_EQ(mode(ca + "/ca.pem"), 0644u);
    EXPECT_EQ(mode(node + "/node-a.key"), 0600u);
    EXPECT_EQ(mode(node + "/node-a.pem"), 0644u);
    EXPECT_TRUE(verifies(ca + "/ca.pem", node + "/node-a.pem", "sslserver"));
    EXPECT_TRUE(verifies(ca + "/ca.pem", node + "/node-a.pem", "sslclient"));

    const auto material = tls::load({.certificate = node + "/node-a.pem",
                                     .key = node + "/node-a.key",
                                     .trusted = ca + "/ca.pem",
                                     .allowed_peers = {}});
    ASSERT_TRUE(material.ok()) << material.error().describe();
    const auto identity = tls::identity_of_pem(material->certificate_pem);
    EXPECT_TRUE(tls::matches(*identity, "node-a.bank.example"));
    EXPECT_TRUE(tls::matches(*identity, "10.0.0.5"));
    // The fingerprint that was printed is one that allowed_peers takes.
    const std::string fingerprint = show(node + "/node-a.pem")["certificates"][0]["fingerprint"];
    EXPECT_TRUE(tls::is_allowed(*identity, {fingerprint}));
    EXPECT_THAT(issued.output, HasSubstr(fingerprint));
  }
}

TEST_F(EnrolmentTest, NoKeyIsEverPrinted) {
  const auto init = paictl({"pki", "init", "--dir", at("ca"), "--name", "Bank A"});
  const auto issue = paictl({"pki", "issue", "--dir", at("ca"), "--name", "n"});
  const auto request = paictl({"pki", "request", "--name", "m", "--out", at("m")});
  for (const auto& file : {at("ca/ca.key"), at("ca/n.key"), at("m/m.key")}) {
    const std::string pem = read_text(file);
    const std::string secret = pem.substr(pem.find('\n') + 1, 40);
    ASSERT_EQ(secret.size(), 40u);
    for (const auto* outcome : {&init, &issue, &request})
      EXPECT_THAT(outcome->output, Not(HasSubstr(secret)));
    const auto shown = paictl({"pki", "show", file});
    EXPECT_EQ(shown.code, 1);
    EXPECT_THAT(shown.output, HasSubstr("holds a private key"));
    EXPECT_THAT(shown.output, Not(HasSubstr(secret)));
  }
}

TEST_F(EnrolmentTest, KeyOfARequestStaysWhereItWasMade) {
  expect_ok({"pki", "init", "--dir", at("ca"), "--name", "Insurer B"});
  expect_ok({"pki", "request", "--name", "node-b", "--san", "node-b.insurer.example", "--out", at("there")});
  EXPECT_EQ(mode(at("there/node-b.key")), 0600u);
  EXPECT_EQ(run({"/usr/bin/openssl", "req", "-in", at("there/node-b.csr"), "-noout", "-verify"}).code, 0);
  EXPECT_THAT(paictl({"pki", "show", at("there/node-b.csr")}).output,
              HasSubstr("node-b, node-b.insurer.example"));
  const auto sign = paictl({"pki", "sign", "--dir", at("ca"), "--request", at("there/node-b.csr"), "--name",
                            "node-b", "--days", "90", "--out", at("back")});
  ASSERT_EQ(sign.code, 0) << sign.output;
  EXPECT_THAT(sign.output, HasSubstr("asked for: node-b; node-b, node-b.insurer.example"));
  EXPECT_FALSE(std::filesystem::exists(at("back/node-b.key")));
  EXPECT_TRUE(verifies(at("ca/ca.pem"), at("back/node-b.pem"), "sslserver"));
  const auto material = tls::load({.certificate = at("back/node-b.pem"),
                                   .key = at("there/node-b.key"),
                                   .trusted = at("ca/ca.pem"),
                                   .allowed_peers = {}});
  EXPECT_TRUE(material.ok()) << material.error().describe();
}

TEST_F(EnrolmentTest, RenewalKeepsTheKeyAndTheOldFile) {
  expect_ok({"pki", "init", "--dir", at("ca"), "--name", "Bank A"});
  expect_ok({"pki", "issue", "--dir", at("ca"), "--name", "n", "--san", "10.0.0.5", "--days", "10", "--out",
             at("n")});
  const std::string before = read_text(at("n/n.pem"));
  expect_ok({"pki", "renew", "--dir", at("ca"), "--certificate", at("n/n.pem"), "--days", "200"});
  EXPECT_EQ(read_text(at("n/n.pem.old")), before);
  EXPECT_NE(read_text(at("n/n.pem")), before);
  EXPECT_EQ(mode(at("n/n.pem")), 0644u);
  EXPECT_EQ(public_key(at("n/n.pem")), public_key(at("n/n.pem.old")));
  // Seconds have passed since, so of the last day a part is gone.
  EXPECT_GE(show(at("n/n.pem"))["certificates"][0]["days_left"], 199);
  EXPECT_EQ(show(at("n/n.pem"))["certificates"][0]["names"], json({"n", "10.0.0.5"}));
  const auto material = tls::load(
      {.certificate = at("n/n.pem"), .key = at("n/n.key"), .trusted = at("ca/ca.pem"), .allowed_peers = {}});
  EXPECT_TRUE(material.ok()) << material.error().describe();
  // Again, and elsewhere.
  expect_ok({"pki", "renew", "--dir", at("ca"), "--certificate", at("n/n.pem")});
  expect_ok({"pki", "renew", "--dir", at("ca"), "--certificate", at("n/n.pem"), "--out", at("out")});
  EXPECT_TRUE(verifies(at("ca/ca.pem"), at("out/n.pem"), "sslclient"));
}

TEST_F(EnrolmentTest, BundleMakesBothOrganisationsBelieved) {
  for (const std::string name : {"a", "b"}) {
    expect_ok({"pki", "init", "--dir", at(name), "--name", "Org " + name});
    expect_ok({"pki", "issue", "--dir", at(name), "--name", "node-" + name});
  }
  const auto bundle =
      paictl({"pki", "bundle", "--out", at("trusted.pem"), at("a/ca.pem"), at("b/ca.pem"), at("a/ca.pem")});
  ASSERT_EQ(bundle.code, 0) << bundle.output;
  EXPECT_THAT(bundle.output, HasSubstr("is there already and was left out"));
  EXPECT_EQ(mode(at("trusted.pem")), 0644u);
  EXPECT_TRUE(verifies(at("trusted.pem"), at("a/node-a.pem"), "sslserver"));
  EXPECT_TRUE(verifies(at("trusted.pem"), at("b/node-b.pem"), "sslserver"));
  EXPECT_FALSE(verifies(at("a/ca.pem"), at("b/node-b.pem"), "sslserver"));
  EXPECT_EQ(show(at("trusted.pem"))["certificates"].size(), 2u);
  const auto material = tls::load({.certificate = at("a/node-a.pem"),
                                   .key = at("a/node-a.key"),
                                   .trusted = at("trusted.pem"),
                                   .allowed_peers = {}});
  EXPECT_TRUE(material.ok()) << material.error().describe();
}

}  // namespace
}  // namespace pai::test
