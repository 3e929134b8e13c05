// Names, the public part and its digest. The digest is what parties of different versions compare when they meet: the
// golden values may change only together with the protocol version.
#include "common/task/model.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "common/task/settings.h"
#include "common/task/validate.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

TEST(Names, GoThereAndBack) {
  for (const auto role : {Role::kMainClient, Role::kCryptoProducer, Role::kFeatureClient, Role::kLabelClient}) {
    EXPECT_EQ(role_from_name(role_name(role)), role);
  }
  std::set<std::string_view> names;
  for (const auto& info : client_types()) {
    EXPECT_EQ(client_type_from_name(client_type_name(info.type)), info.type);
    EXPECT_TRUE(names.insert(info.name).second);
  }
  EXPECT_EQ(names.size(), 9u);
  EXPECT_EQ(role_from_name("Main_client"), std::nullopt);
  EXPECT_EQ(client_type_from_name(""), std::nullopt);
}

TEST(PublicPart, HasThisForm) {
  EXPECT_EQ(json::canonical(validate(full_document())->public_part()),
            R"({"clients":[{"addr":"::1","client_type":"alignment_main","computation_port":2001,"http_port":1001,"id":0,)"
            R"("identity":"main.example","role":"main_client","settings":{"min_intersection":1000,"psi":"ecdh","test_ratio":0.25}},)"
            R"({"addr":"192.0.2.7","client_type":"alignment_data","computation_port":2002,"http_port":1002,"id":1,)"
            R"("identity":"sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff","role":"label_client"},)"
            R"({"addr":"node-3.example","client_type":"alignment_data","computation_port":2003,"http_port":1003,"id":2,)"
            R"("role":"feature_client"}],"task_name":"Full.task_1-x"})");
}

TEST(Digest, IsTheGoldenOne) {
  EXPECT_EQ(validate(reference_document())->digest(), "732503a70f9b8fb1a64d85c226c696dd2dab1b5c48da4d2323cde72301a5dfd4");
  EXPECT_EQ(validate(full_document())->digest(), "75dbf136a635f65e0725485bc4c19b411b124e5fc320e60eb7df2ab94d07e166");
}

TEST(Digest, ChangesWithEveryPublicFieldAndWithNoOther) {
  const auto golden = validate(full_document())->digest();
  const auto digest_with = [](const char* pointer, const nlohmann::json& value) {
    auto document = full_document();
    document[nlohmann::json::json_pointer(pointer)] = value;
    const auto spec = validate(document);
    return spec.ok() ? spec->digest() : all_faults(spec.error());
  };
  const std::vector<std::pair<const char*, nlohmann::json>> is_public = {
      {"/task_name", "other"},
      {"/clients/1/addr", "192.0.2.8"},
      {"/clients/1/http_port", 7},
      {"/clients/1/identity", "other"},
      {"/clients/2/identity", "added"},
      {"/clients/1/role", "feature_client"},
      {"/clients/1/client_config/computation_port", 7},
      {"/clients/0/client_config/psi", "prf"},
      {"/clients/0/client_config/test_ratio", 0.5},
      {"/clients/0/client_config/min_intersection", 7},
  };
  std::set<std::string> seen = {golden};
  for (const auto& [pointer, value] : is_public) {
    const auto digest = digest_with(pointer, value);
    EXPECT_EQ(digest.size(), 64u) << pointer << ": " << digest;
    EXPECT_TRUE(seen.insert(digest).second) << pointer;
  }
  const std::vector<std::pair<const char*, nlohmann::json>> is_private = {
      {"/clients/1/client_config/raw_data_path", "x"}, {"/clients/1/client_config/out_data_path", "x"},
      {"/clients/1/client_config/columns", {"x"}},     {"/clients/1/client_config/id_column", "x"},
      {"/clients/1/client_config/duplicates", "error"}, {"/clients/1/client_config/overwrite", false},
  };
  for (const auto& [pointer, value] : is_private) EXPECT_EQ(digest_with(pointer, value), golden) << pointer;
}

TEST(Endpoints, BracketIpv6) {
  EXPECT_EQ(endpoint("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(endpoint("::1", 80), "[::1]:80");
  EXPECT_EQ(endpoint("node.example", 80), "node.example:80");
}

}  // namespace
}  // namespace pai::task
