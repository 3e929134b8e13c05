// Who a caller is for the tasks that it made: by a name that its authority may give, never by one that nobody vets.
#include <gtest/gtest.h>

#include "node/api/parameters.h"

namespace pai::node::api {
namespace {

std::string caller(std::vector<std::string> names, const std::string& common_name) {
  http::Request request;
  request.identity = tls::PeerIdentity{.fingerprint = "sha256:00", .common_name = common_name, .names = std::move(names), .not_after = 0};
  return caller_of(request);
}

TEST(Caller, IsItsDnsNameWhateverItsCaseAndItsCommonName) {
  EXPECT_EQ(caller({"10.0.0.1", "Master.Bank"}, "master"), "name:master.bank");
  EXPECT_EQ(caller({"master.bank"}, ""), "name:master.bank");
}

TEST(Caller, WithAddressesAloneIsNoOwnerOfTheCommonNamesTasks) {
  EXPECT_EQ(caller({"127.0.0.13"}, "master"), "name:127.0.0.13");
  EXPECT_NE(caller({"127.0.0.13"}, "master"), caller({"master"}, "master"));
}

TEST(Caller, WithoutAlternativeNamesIsItsCommonNameAndElseItsCertificate) {
  EXPECT_EQ(caller({}, "Master"), "name:master");
  EXPECT_EQ(caller({}, ""), "sha256:00");
}

TEST(Caller, WithoutACertificateIsNobody) { EXPECT_EQ(caller_of(http::Request()), ""); }

}  // namespace
}  // namespace pai::node::api
