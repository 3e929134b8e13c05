// A table of documents that must be refused: each changes the reference in one place and names the path and what the
// answer must say there. Then what must be accepted, and how several faults come together.
#include "common/task/validate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

struct BadCase {
  std::string name;
  std::function<void(Json&)> spoil;
  std::string path;
  std::string says;
};

Json& client(Json& document, std::size_t id) { return document["clients"][id]; }
Json& config(Json& document, std::size_t id) { return document["clients"][id]["client_config"]; }

std::function<void(Json&)> set(std::size_t id, std::string key, Json value) {
  return [=](Json& document) { client(document, id)[key] = value; };
}
std::function<void(Json&)> configure(std::size_t id, std::string key, Json value) {
  return [=](Json& document) { config(document, id)[key] = value; };
}
std::function<void(Json&)> drop(std::size_t id, std::string key) {
  return [=](Json& document) { client(document, id).erase(key); };
}
std::function<void(Json&)> drop_config(std::size_t id, std::string key) {
  return [=](Json& document) { config(document, id).erase(key); };
}
std::function<void(Json&)> top(std::string key, Json value) {
  return [=](Json& document) { document[key] = value; };
}

const std::string kBadName = "1 to 128 letters, digits";

std::vector<BadCase> bad_cases() {
  const std::string port = "client_config.computation_port";
  return {
      // The document itself.
      {"no object", [](Json& d) { d = Json::array(); }, "", "a task: an object"},
      {"null", [](Json& d) { d = nullptr; }, "", "null is not a task"},
      {"no name", [](Json& d) { d.erase("task_name"); }, "task_name", "is missing"},
      {"no clients", [](Json& d) { d.erase("clients"); }, "clients", "is missing"},
      {"clients no list", top("clients", Json::object()), "clients", "an object is not a list of clients"},
      {"clients empty", top("clients", Json::array()), "clients", "no client is the main_client"},
      {"unknown top key", top("taskname", 1), "taskname", "did you mean \"task_name\"?"},
      {"top key that belongs lower", top("test_ratio", 0.2), "test_ratio", "client_config of \"alignment_main\""},
      {"top key that belongs to a client", top("http_port", 80), "http_port", "an element of \"clients\""},
      {"odd top key", top("x y\n", 1), "[\"x y\\x0a\"]", "unknown key"},
      // The name.
      {"name a number", top("task_name", 7), "task_name", "7 is not a string"},
      {"name empty", top("task_name", ""), "task_name", "is empty"},
      {"name with a slash", top("task_name", "a/b"), "task_name", kBadName},
      {"name climbing", top("task_name", "../../evil"), "task_name", kBadName},
      {"name with shell", top("task_name", "a;rm -rf"), "task_name", kBadName},
      {"name with a line break", top("task_name", "a\nb"), "task_name", "\\x0a"},
      {"name with NUL", top("task_name", std::string("a\0b", 3)), "task_name", kBadName},
      {"name in Chinese", top("task_name", "任务"), "task_name", kBadName},
      {"name beginning with a dot", top("task_name", ".hidden"), "task_name", "begins with"},
      {"name beginning with a dash", top("task_name", "-x"), "task_name", "begins with"},
      {"name of 129 characters", top("task_name", std::string(129, 'a')), "task_name", "129 characters"},
      {"name of 300 characters", top("task_name", std::string(300, 'a')), "task_name", "300 characters"},
      // A client.
      {"client no object", [](Json& d) { d["clients"][1] = "x"; }, "clients[1]", "\"x\" is not an object with role"},
      {"client null", [](Json& d) { d["clients"][1] = nullptr; }, "clients[1]", "null is not an object"},
      {"unknown client key", set(1, "adr", "x"), "clients[1].adr", "did you mean \"addr\"?"},
      {"setting beside client_config", set(1, "raw_data_path", "x"), "clients[1].raw_data_path", "it belongs in client_config"},
      {"port beside client_config", set(1, "computation_port", 1), "clients[1].computation_port", "it belongs in client_config"},
      {"no role", drop(1, "role"), "clients[1].role", "is missing"},
      {"role unknown", set(1, "role", "feature_clients"), "clients[1].role", "did you mean \"feature_client\"?"},
      {"role far off", set(1, "role", "boss"), "clients[1].role", "\"main_client\", \"crypto_producer\""},
      {"role a number", set(1, "role", 3), "clients[1].role", "3 is no role"},
      {"no addr", drop(1, "addr"), "clients[1].addr", "is missing"},
      {"addr a number", set(1, "addr", 127), "clients[1].addr", "127 is not an IP address or host name"},
      {"addr empty", set(1, "addr", ""), "clients[1].addr", "is empty"},
      {"addr with a space", set(1, "addr", "a b"), "clients[1].addr", "is not an IP address"},
      {"addr of five numbers", set(1, "addr", "1.2.3.4.5"), "clients[1].addr", "is not an IP address"},
      {"addr over 255", set(1, "addr", "256.1.1.1"), "clients[1].addr", "is not an IP address"},
      {"addr a URL", set(1, "addr", "http://127.0.0.1"), "clients[1].addr", "is a URL"},
      {"addr with port", set(1, "addr", "127.0.0.1:80"), "clients[1].addr", "has a port"},
      {"addr to listen on", set(1, "addr", "0.0.0.0"), "clients[1].addr", "listen"},
      {"addr with shell", set(1, "addr", "$(id)"), "clients[1].addr", "is not an IP address"},
      {"addr of 300 characters", set(1, "addr", std::string(300, 'a')), "clients[1].addr", "is not an IP address"},
      {"no http_port", drop(1, "http_port"), "clients[1].http_port", "is missing: a port"},
      {"http_port 0", set(1, "http_port", 0), "clients[1].http_port", "0 is not a port (1–65535)"},
      {"http_port negative", set(1, "http_port", -1), "clients[1].http_port", "-1 is not a port (1–65535)"},
      {"http_port huge", set(1, "http_port", 18446744073709551615ULL), "clients[1].http_port", "is not a port"},
      {"http_port a string", set(1, "http_port", "8084"), "clients[1].http_port", "write 8084 without quotes"},
      {"http_port a fraction", set(1, "http_port", 8084.0), "clients[1].http_port", "write 8084"},
      {"http_port half", set(1, "http_port", 0.5), "clients[1].http_port", "0.5 is not a port"},
      {"http_port true", set(1, "http_port", true), "clients[1].http_port", "true is not a port"},
      {"http_port a list", set(1, "http_port", {1}), "clients[1].http_port", "a list is not a port"},
      {"identity empty", set(1, "identity", ""), "clients[1].identity", "certificate"},
      {"identity a number", set(1, "identity", 1), "clients[1].identity", "certificate"},
      {"identity with controls", set(1, "identity", "a\tb"), "clients[1].identity", "control"},
      {"identity too long", set(1, "identity", std::string(257, 'a')), "clients[1].identity", "256"},
      {"identity a short fingerprint", set(1, "identity", "sha256:00ff"), "clients[1].identity", "64 hexadecimal"},
      {"no client_config", drop(1, "client_config"), "clients[1].client_config", "is missing"},
      {"client_config a list", set(1, "client_config", Json::array()), "clients[1].client_config", "an empty list is not"},
      // client_config.
      {"no client_type", drop_config(1, "client_type"), "clients[1].client_config.client_type", "is missing"},
      {"client_type mistyped", configure(1, "client_type", "aligment_data"), "clients[1].client_config.client_type",
       "did you mean \"alignment_data\"?"},
      {"client_type null", configure(1, "client_type", nullptr), "clients[1].client_config.client_type", "null is no client type"},
      {"computation_port over", configure(2, "computation_port", 99999), "clients[2]." + port, "99999 is not a port (1–65535)"},
      {"unknown setting", configure(1, "raw_data_pth", "x"), "clients[1].client_config.raw_data_pth", "did you mean \"raw_data_path\"?"},
      {"setting of main at a data client", configure(1, "test_ratio", 0.1), "clients[1].client_config.test_ratio",
       "it belongs in the client_config of \"alignment_main\""},
      {"setting of a data client at main", configure(0, "columns", {"a"}), "clients[0].client_config.columns",
       "it belongs in the client_config of \"alignment_data\""},
      {"role inside client_config", configure(1, "role", "x"), "clients[1].client_config.role", "beside client_config"},
      {"training setting", configure(0, "in_dim", 64), "clients[0].client_config.in_dim", "unknown key"},
      {"no raw_data_path", drop_config(1, "raw_data_path"), "clients[1].client_config.raw_data_path", "is missing: a relative path"},
      {"no out_data_path", drop_config(3, "out_data_path"), "clients[3].client_config.out_data_path", "is missing"},
      {"path a number", configure(1, "raw_data_path", 5), "clients[1].client_config.raw_data_path", "5 is not a relative path"},
      {"path null", configure(1, "raw_data_path", nullptr), "clients[1].client_config.raw_data_path", "null is not a relative path"},
      {"path empty", configure(1, "raw_data_path", ""), "clients[1].client_config.raw_data_path", "is empty"},
      {"path absolute", configure(1, "raw_data_path", "/etc/passwd"), "clients[1].client_config.raw_data_path", "absolute"},
      {"path climbing", configure(1, "raw_data_path", "../x"), "clients[1].client_config.raw_data_path", "climbs"},
      {"path climbing inside", configure(1, "out_data_path", "a/../../x"), "clients[1].client_config.out_data_path", "climbs"},
      {"path ending in ..", configure(1, "out_data_path", "a/.."), "clients[1].client_config.out_data_path", "climbs"},
      {"path a dot", configure(1, "out_data_path", "."), "clients[1].client_config.out_data_path", "'.'"},
      {"path with //", configure(1, "out_data_path", "a//b"), "clients[1].client_config.out_data_path", "empty component"},
      {"path ending in a slash", configure(1, "out_data_path", "a/"), "clients[1].client_config.out_data_path", "ends with a slash"},
      {"path with NUL", configure(1, "out_data_path", std::string("a\0b", 3)), "clients[1].client_config.out_data_path", "control"},
      {"path with a line break", configure(1, "out_data_path", "a\nb"), "clients[1].client_config.out_data_path", "control"},
      {"path not UTF-8", configure(1, "out_data_path", "a\xFF"), "clients[1].client_config.out_data_path", "UTF-8"},
      {"path too long", configure(1, "out_data_path", std::string(5000, 'a')), "clients[1].client_config.out_data_path", "4,096"},
      {"component too long", configure(1, "out_data_path", "x/" + std::string(256, 'a')), "clients[1].client_config.out_data_path", "256 bytes"},
      {"path in the node's own folder", configure(1, "out_data_path", ".staging/x"), "clients[1].client_config.out_data_path",
       "node's own folder"},
      {"path is the node's own folder", configure(1, "out_data_path", ".staging"), "clients[1].client_config.out_data_path",
       "node's own folder"},
      {"psi unknown", configure(0, "psi", "prff"), "clients[0].client_config.psi", "did you mean \"prf\"?"},
      {"psi of a later release", configure(0, "psi", "okvs"), "clients[0].client_config.psi", "one of \"prf\", \"ecdh\""},
      {"psi a number", configure(0, "psi", 1), "clients[0].client_config.psi", "1 is not one of"},
      {"test_ratio 1", configure(0, "test_ratio", 1), "clients[0].client_config.test_ratio", "1 is not a number from 0 to below 1"},
      {"test_ratio negative", configure(0, "test_ratio", -0.1), "clients[0].client_config.test_ratio", "-0.1 is not"},
      {"test_ratio a string", configure(0, "test_ratio", "0.2"), "clients[0].client_config.test_ratio", "\"0.2\" is not a number"},
      {"test_ratio null", configure(0, "test_ratio", nullptr), "clients[0].client_config.test_ratio", "null is not a number"},
      {"test_ratio infinite", configure(0, "test_ratio", std::numeric_limits<double>::infinity()), "clients[0].client_config.test_ratio", "is not a number"},
      {"test_ratio NaN", configure(0, "test_ratio", std::nan("")), "clients[0].client_config.test_ratio", "is not a number"},
      {"min_intersection 0", configure(0, "min_intersection", 0), "clients[0].client_config.min_intersection", "0 is not an integer from 1"},
      {"min_intersection huge", configure(0, "min_intersection", 9007199254740993), "clients[0].client_config.min_intersection", "is not an integer"},
      {"min_intersection a fraction", configure(0, "min_intersection", 1.5), "clients[0].client_config.min_intersection", "1.5 is not"},
      {"min_intersection a string", configure(0, "min_intersection", "10"), "clients[0].client_config.min_intersection", "write 10 without quotes"},
      {"columns a string", configure(1, "columns", "X1"), "clients[1].client_config.columns", "write [\"X1\"]"},
      {"columns with null", configure(1, "columns", {"X1", nullptr}), "clients[1].client_config.columns[1]", "null is neither"},
      {"columns twice", configure(1, "columns", {"X1", 2, "X1"}), "clients[1].client_config.columns[2]", "in the list already"},
      {"position twice", configure(1, "columns", {2, 2}), "clients[1].client_config.columns[1]", "2 is in the list already"},
      {"position negative", configure(1, "columns", {-1}), "clients[1].client_config.columns[0]", "-1 is not a column's position"},
      {"position a fraction", configure(1, "columns", {1.0}), "clients[1].client_config.columns[0]", "write 1"},
      {"column empty", configure(1, "columns", {""}), "clients[1].client_config.columns[0]", "is empty"},
      {"column with NUL", configure(1, "columns", {std::string("a\0", 2)}), "clients[1].client_config.columns[0]", "NUL"},
      {"column too long", configure(1, "columns", {std::string(1025, 'c')}), "clients[1].client_config.columns[0]", "1,024"},
      {"id_column a number", configure(1, "id_column", 0), "clients[1].client_config.id_column", "0 is not a column name"},
      {"id_column no names", configure(1, "id_column", Json::array()), "clients[1].client_config.id_column", "an empty list is not"},
      {"id_column empty", configure(1, "id_column", ""), "clients[1].client_config.id_column", "is empty"},
      {"id_column twice", configure(1, "id_column", {"a", "a"}), "clients[1].client_config.id_column[1]", "already"},
      {"id_column with a number", configure(1, "id_column", {"a", 1}), "clients[1].client_config.id_column[1]", "1 is not a column name"},
      {"duplicates unknown", configure(1, "duplicates", "last"), "clients[1].client_config.duplicates", "one of \"error\", \"first\""},
      {"overwrite a string", configure(1, "overwrite", "true"), "clients[1].client_config.overwrite", "write it without quotes"},
      {"overwrite 1", configure(1, "overwrite", 1), "clients[1].client_config.overwrite", "1 is not true or false"},
      // Between clients.
      {"no main", [](Json& d) { d["clients"].erase(0); }, "clients", "no client is the main_client"},
      {"two mains", [](Json& d) { d["clients"][1] = d["clients"][0]; d["clients"][1]["client_config"]["computation_port"] = 1; },
       "clients", "clients 0 and 1 are all main_client"},
      {"two labels", set(2, "role", "label_client"), "clients", "clients 2 and 3 are all label_client"},
      {"no feature", [](Json& d) { d["clients"].erase(1); d["clients"].erase(1); }, "clients", "no client is a feature_client"},
      {"one data client", [](Json& d) { d["clients"].erase(3); d["clients"].erase(2); }, "clients", "at least two"},
      {"type of another role", configure(1, "client_type", "alignment_main"), "clients[1].client_config.client_type",
       "does not fit the role feature_client, which runs \"alignment_data\""},
      {"data type at main", configure(0, "client_type", "alignment_data"), "clients[0].client_config.client_type",
       "does not fit the role main_client"},
      {"another family", configure(1, "client_type", "shared_nn_feature"), "clients[1].client_config.client_type",
       "where a feature_client runs \"alignment_data\""},
      {"crypto_producer in preprocessing",
       [](Json& d) {
         d["clients"].push_back({{"role", "crypto_producer"}, {"addr", "127.0.0.1"}, {"http_port", 9000},
                                 {"client_config", {{"client_type", "triplet_producer"}, {"computation_port", 9001}}}});
       },
       "clients[4].role", "a preprocessing task has no crypto_producer"},
      {"same address and port", configure(2, "computation_port", 8085), "clients[2]." + port,
       "127.0.0.1:8085 is client 1's computation port already"},
      {"same port under another name",
       [](Json& d) { d["clients"][2]["addr"] = "LOCALHOST"; d["clients"][2]["client_config"]["computation_port"] = 8085; },
       "clients[2]." + port, "client 1's computation port already"},
      {"same port, IPv4 in IPv6",
       [](Json& d) { d["clients"][2]["addr"] = "::ffff:127.0.0.1"; d["clients"][2]["client_config"]["computation_port"] = 8085; },
       "clients[2]." + port, "client 1's computation port already"},
      {"computation port is the node's own", configure(2, "computation_port", 8082), "clients[2]." + port, "HTTP port of client 2's node"},
      {"computation port is another node's", configure(2, "computation_port", 8884), "clients[2]." + port, "HTTP port of client 3's node"},
      {"same out_data_path at one node",
       [](Json& d) { d["clients"][2]["http_port"] = 8084; d["clients"][2]["client_config"]["out_data_path"] = "test-f1"; },
       "clients[2].client_config.out_data_path", "\"test-f1\" is client 1's out_data_path at the same node"},
      {"out_data_path within another",
       [](Json& d) { d["clients"][2]["http_port"] = 8084; d["clients"][2]["client_config"]["out_data_path"] = "test-f1/x"; },
       "clients[2].client_config.out_data_path", "lies within client 1's"},
      {"out_data_path around another",
       [](Json& d) {
         d["clients"][2]["http_port"] = 8084;
         d["clients"][1]["client_config"]["out_data_path"] = "a/b/c";
         d["clients"][2]["client_config"]["out_data_path"] = "a";
       },
       "clients[2].client_config.out_data_path", "encloses client 1's"},
      {"65 clients",
       [](Json& d) {
         for (int i = 4; i < 65; ++i) {
           d["clients"].push_back({{"role", "feature_client"}, {"addr", "host" + std::to_string(i)}, {"http_port", 1},
                                   {"client_config", {{"client_type", "alignment_data"}, {"computation_port", 2},
                                                      {"raw_data_path", "r"}, {"out_data_path", "o"}}}});
         }
       },
       "clients", "at most 64"},
  };
}

TEST(Validate, RefusesEachBadDocumentAtItsPath) {
  for (const auto& bad : bad_cases()) {
    SCOPED_TRACE(bad.name);
    auto document = reference_document();
    bad.spoil(document);
    const auto result = validate(document);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(fault_at(result.error(), bad.path), HasSubstr(bad.says)) << all_faults(result.error());
  }
}

TEST(Validate, BlamesOnlyWhatIsWrong) {
  // One fault in the document is one fault in the answer, so that nobody mends what is right.
  const std::vector<std::string> with_several = {"no object", "null", "two mains", "no feature", "another family",
                                                 "client no object", "client null", "clients empty"};
  for (const auto& bad : bad_cases()) {
    if (std::find(with_several.begin(), with_several.end(), bad.name) != with_several.end()) continue;
    SCOPED_TRACE(bad.name);
    auto document = reference_document();
    bad.spoil(document);
    const auto result = validate(document);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().details().size(), 1u) << all_faults(result.error());
  }
}

TEST(Validate, CollectsAllFaultsInOneAnswer) {
  auto document = reference_document();
  document["task_name"] = "bad name";
  document["extra"] = 1;
  client(document, 1)["addr"] = "";
  config(document, 2)["computation_port"] = 99999;
  config(document, 2)["raw_data_path"] = "/abs";
  config(document, 3)["columns"] = {1, 1};
  const auto result = validate(document);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().details().size(), 6u) << all_faults(result.error());
  EXPECT_THAT(result.error().message(), HasSubstr("the task has 6 faults"));
  for (const auto& detail : result.error().details()) EXPECT_EQ(detail.kind, ErrorDetail::Kind::kPath);
}

TEST(Validate, SaysASingleFaultInItsMessage) {
  auto document = reference_document();
  config(document, 2)["computation_port"] = 99999;
  const auto result = validate(document);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message(), "clients[2].client_config.computation_port: 99999 is not a port (1–65535)");
}

TEST(Validate, BoundsItsAnswerToAHostileDocument) {
  auto document = reference_document();
  for (int i = 0; i < 5000; ++i) document["k" + std::to_string(i) + std::string(200, 'x')] = i;
  const auto result = validate(document);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().details().size(), 101u);
  EXPECT_THAT(result.error().details().back().message, HasSubstr("4900 more"));
  EXPECT_LT(result.error().describe().size(), 50'000u);
}

TEST(Validate, AcceptsTheReferenceAndFillsDefaults) {
  const auto spec = validate(reference_document());
  ASSERT_TRUE(spec.ok()) << all_faults(spec.error());
  EXPECT_EQ(spec->name, "test-datagen");
  ASSERT_EQ(spec->clients.size(), 4u);
  EXPECT_EQ(spec->main_client().id, 0);
  EXPECT_EQ(spec->family(), Family::kAlignment);
  EXPECT_EQ(data_client_count(*spec), 3);
  EXPECT_EQ(spec->clients[0].settings, Json({{"psi", "prf"}, {"test_ratio", 0.2}, {"min_intersection", 1}}));
  EXPECT_EQ(spec->clients[2].settings, Json({{"raw_data_path", "Splitted_Indexed_Data/credit_default_data2.csv"},
                                             {"out_data_path", "test-f2"}, {"duplicates", "error"}, {"overwrite", false}}));
  EXPECT_EQ(spec->clients[3].id, 3);
  EXPECT_EQ(spec->clients[3].role, Role::kLabelClient);
  EXPECT_EQ(spec->clients[3].computation_port, 8885);
  EXPECT_EQ(spec->clients[3].node(), "127.0.0.1:8884");
}

TEST(Validate, AcceptsTheReferenceWithoutItsComments) {
  // The published text has comments and a trailing comma: the parser refuses it by line; without them it is a task.
  const auto commented = json::parse("{\n  \"task_name\": \"x\",  # Task的名称\n  \"clients\": [1,]}");
  ASSERT_FALSE(commented.ok());
  EXPECT_THAT(commented.error().message(), HasSubstr("comments in line 2"));
  EXPECT_TRUE(validate(*json::parse(reference_document().dump(2))).ok());
}

TEST(Validate, AcceptsWhatIsUnusualAndLegal) {
  const std::vector<std::function<void(Json&)>> changes = {
      top("task_name", "a"),
      top("task_name", std::string(128, 'z')),
      top("task_name", "9..--__"),
      set(1, "addr", "[2001:DB8::1]"),
      set(1, "addr", "NODE-7.Example.org"),
      set(1, "addr", "a"),
      set(1, "http_port", 65535),
      set(1, "identity", "CN 一"),
      configure(1, "columns", Json::array()),
      configure(1, "columns", {"X1", 1, "1", "a\nb", "姓名", 999999}),
      configure(1, "id_column", "id"),
      configure(1, "id_column", {"a", "b"}),
      configure(1, "raw_data_path", "数据/a b'\"$.csv"),
      configure(1, "out_data_path", "..a/b.."),
      configure(1, "raw_data_path", ".staging/x"),
      configure(0, "test_ratio", 0),
      configure(0, "test_ratio", 0.999999),
      configure(0, "min_intersection", 9007199254740992),
      [](Json& d) { d["clients"].erase(3); },                          // no label client
      [](Json& d) { d["clients"].erase(2); },                          // one feature and one label
      [](Json& d) { std::swap(d["clients"][0], d["clients"][3]); },    // main need not be first
      [](Json& d) {                                                    // two clients at one node, paths beside each other
        d["clients"][2]["http_port"] = 8084;
        d["clients"][2]["client_config"]["out_data_path"] = "test-f10";
      },
      [](Json& d) { d["clients"][2]["addr"] = "10.0.0.1"; d["clients"][2]["client_config"]["computation_port"] = 8085; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto document = reference_document();
    changes[i](document);
    const auto spec = validate(document);
    EXPECT_TRUE(spec.ok()) << i << ": " << all_faults(spec.error());
  }
}

TEST(Validate, BringsEqualMeaningsIntoOneForm) {
  auto one = reference_document();
  auto other = reference_document();
  one["clients"][1]["addr"] = "[2001:DB8:0:0::1]";
  other["clients"][1]["addr"] = "2001:db8::1";
  one["clients"][1]["client_config"]["id_column"] = "id";
  other["clients"][1]["client_config"]["id_column"] = {"id"};
  one["clients"][2]["addr"] = "Node.Example";
  other["clients"][2]["addr"] = "node.example";
  other["clients"][0]["client_config"]["test_ratio"] = 0.2;
  other["clients"][3]["client_config"]["overwrite"] = false;
  const auto a = validate(one), b = validate(other);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(json::canonical(a->document()), json::canonical(b->document()));
  EXPECT_EQ(a->clients[1].node(), "[2001:db8::1]:8084");
}

TEST(Validate, KeepsTheOrderOfColumns) {
  auto document = reference_document();
  config(document, 1)["columns"] = {"X3", 2, "X1"};
  EXPECT_EQ(validate(document)->clients[1].settings["columns"], Json({"X3", 2, "X1"}));
}

TEST(Validate, IsAFixpoint) {
  for (const auto& document : {reference_document(), full_document()}) {
    const auto once = validate(document);
    ASSERT_TRUE(once.ok()) << all_faults(once.error());
    const auto twice = validate(once->document());
    ASSERT_TRUE(twice.ok()) << all_faults(twice.error());
    EXPECT_EQ(json::canonical(twice->document()), json::canonical(once->document()));
  }
}

TEST(Validate, KeepsEveryFieldOfAFullDocument) {
  const auto spec = validate(full_document());
  ASSERT_TRUE(spec.ok()) << all_faults(spec.error());
  EXPECT_EQ(json::canonical(spec->document()), json::canonical(full_document()));
}

}  // namespace
}  // namespace pai::task
