// CAs that are bound to names, and revoked certificates. The certificates are made by scripts/make-certificates, a folder a CA.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/tls/tls.h"
#include "support/certificates.h"
#include "support/temp_folder.h"

namespace pai::tls {
namespace {

using ::testing::HasSubstr;

class Vet : public ::testing::Test {
 protected:
  Vet() : bank_(folder_ / "bank"), insurer_(folder_ / "insurer") {
    bank_.make({"master", "node-bank"});
    insurer_.make({"master", "node-insurer"});
  }
  static Authority authority(const test::Certificates& of, std::vector<std::string> names) {
    // make-certificates gives every certificate the loopback names.
    for (const char* name : {"localhost", "127.0.0.1", "::1"}) names.push_back(name);
    return {test::read_text(of.ca()), std::move(names)};
  }
  static std::string shown(const test::Certificates& of, const std::string& name) { return test::read_text(of.certificate(name)); }
  static std::string fault(const Status& status) { return status.ok() ? "none" : status.error().message(); }

  const test::TempFolder folder_;
  const test::Certificates bank_;
  const test::Certificates insurer_;
};

TEST_F(Vet, WithoutRulesEverythingPasses) {
  EXPECT_TRUE(vet({}, shown(insurer_, "master")).ok());
}

TEST_F(Vet, ABoundCaSpeaksForItsNames) {
  const Vetting vetting{.authorities = {authority(bank_, {"master", "node-bank"}), authority(insurer_, {"node-insurer"})}, .revoked = {}};
  EXPECT_EQ(fault(vet(vetting, shown(bank_, "master"))), "none");
  EXPECT_EQ(fault(vet(vetting, shown(bank_, "node-bank"))), "none");
  EXPECT_EQ(fault(vet(vetting, shown(insurer_, "node-insurer"))), "none");
}

TEST_F(Vet, ABoundCaSpeaksForNoOtherName) {
  const Vetting vetting{.authorities = {authority(bank_, {"master", "node-bank"}), authority(insurer_, {"node-insurer"})}, .revoked = {}};
  const auto forged = vet(vetting, shown(insurer_, "master"));
  ASSERT_FALSE(forged.ok());
  EXPECT_EQ(forged.error().code(), ErrorCode::kUnauthenticated);
  EXPECT_THAT(forged.error().message(), HasSubstr("its CA may speak for other names only"));
}

TEST_F(Vet, AFreeCaSpeaksForAllButTheBoundNames) {
  // The insurer's CA is in the general bundle; the bank's is bound.
  const Vetting vetting{.authorities = {{test::read_text(bank_.ca()), {"master", "node-bank"}}}, .revoked = {}};
  EXPECT_THAT(fault(vet(vetting, shown(insurer_, "master"))), HasSubstr("'master' is a name for which another CA speaks"));
  EXPECT_EQ(fault(vet(vetting, shown(insurer_, "node-insurer"))), "none");
}

TEST_F(Vet, ARevokedFingerprintIsRefusedAndItsRenewalIsNot) {
  const auto before = shown(bank_, "node-bank");
  const auto identity = identity_of_pem(before);
  ASSERT_TRUE(identity.ok());
  const Vetting vetting{.authorities = {}, .revoked = {identity->fingerprint}};
  EXPECT_THAT(fault(vet(vetting, before)), HasSubstr("it is revoked"));
  bank_.make({"node-bank"}, {365, {}, true});
  EXPECT_EQ(fault(vet(vetting, shown(bank_, "node-bank"))), "none");
}

TEST_F(Vet, WhatIsNoCertificateIsRefusedOnceThereAreRules) {
  EXPECT_FALSE(vet({.authorities = {}, .revoked = {"sha256:00"}}, "not a certificate").ok());
}

TEST_F(Vet, AMistypedFingerprintIsAFaultAndNoNameThatNobodyHas) {
  const auto fingerprint = identity_of_pem(shown(bank_, "node-bank"))->fingerprint;
  for (const auto& entry : {fingerprint.substr(7), fingerprint.substr(0, 70), "sha256:" + std::string(64, 'x')}) {
    auto files = bank_.files("node-bank");
    files.revoked = {entry};
    EXPECT_FALSE(load(files).ok()) << entry;
  }
  auto files = bank_.files("node-bank");
  files.revoked = {fingerprint, "node-old"};
  EXPECT_TRUE(load(files).ok());
}

TEST_F(Vet, LoadBelievesBoundCasBesideTheBundle) {
  auto files = bank_.files("node-bank");
  files.authorities = {{insurer_.ca().string(), {"node-insurer"}}};
  const auto material = load(files);
  ASSERT_TRUE(material.ok()) << material.error().describe();
  EXPECT_THAT(material->trusted_pem, HasSubstr(test::read_text(insurer_.ca())));
  files.authorities = {{(folder_ / "none.pem").string(), {}}};
  const auto missing = load(files);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().describe(), HasSubstr("none.pem"));
}

}  // namespace
}  // namespace pai::tls
