// One request against a table of grants: what is covered, what is refused, and in which words.
#include "node/policy/decide.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/task/validate.h"

namespace pai::node::policy {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kNow = 1'700'000'000;

tls::PeerIdentity certificate(const std::string& name) {
  return {.fingerprint = "sha256:" + std::string(64, 'a'), .common_name = name, .names = {name, "10.0.0.1"}};
}

/// An alignment of columns X1, X2 of loans.csv, with a bank and a shop.
Request alignment() {
  Request request;
  request.initiator = certificate("master.example");
  request.client = 1;
  request.parties = {{0, "main.example:8377", "main.example", ""}, {2, "10.0.0.9:8377", "10.0.0.9", "shop"}};
  request.type = "alignment_data";
  request.role = "feature_client";
  request.psi = "prf";
  request.raw = "credit/loans.csv";
  request.min_intersection = 100;
  request.names_columns = true;
  request.columns = {{"X1", "X2"}};
  request.first_column = "ID";
  request.sha256 = std::string(64, 'b');
  return request;
}

Request training() {
  Request request = alignment();
  request.type = "shared_nn_feature";
  request.psi.clear();
  request.raw.clear();
  request.min_intersection.reset();
  request.sha256.reset();
  request.dataset = "joint/credit";
  request.security = "full";
  request.rows = 1'000;
  request.source = Request::Source{"credit/loans.csv", std::string(64, 'b')};
  return request;
}

Grant grant(const json& more = json::object()) {
  json document = {{"name", "credit"}, {"initiator", "master.example"}, {"raw", "credit/loans.csv"}};
  document.update(more);
  return grant_from_json(document).value();
}

Result<Allowed> decided(const Request& request, const std::vector<Grant>& grants, const Uses& uses = {}) {
  return decide(request, grants, uses, kNow);
}

TEST(Decide, RefusesEverythingWithoutAGrant) {
  const auto refused = decided(alignment(), {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kDenied);
  EXPECT_THAT(refused.error().message(), HasSubstr("granted 'master.example' nothing"));
  EXPECT_THAT(refused.error().hint(),
              HasSubstr("paictl grant add --data-dir DIR --initiator master.example --raw credit/loans.csv --column X1 --column X2"));
}

TEST(Decide, TellsAMasterNothingOfOthersGrants) {
  const auto refused = decided(alignment(), {grant({{"initiator", "rival.example"}, {"name", "secret-project"}})});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().describe(), Not(HasSubstr("secret-project")));
  EXPECT_THAT(refused.error().describe(), Not(HasSubstr("rival")));
}

struct Case {
  const char* name;
  json more;                                 ///< of the grant
  std::function<void(Request&)> change = {};  ///< of the request
  const char* missing = "";                  ///< empty: allowed
};

void expect_decisions(const Request& plain, const std::vector<Case>& cases) {
  for (const auto& each : cases) {
    Request request = plain;
    if (each.change) each.change(request);
    const auto result = decided(request, {grant(each.more)});
    EXPECT_EQ(result.ok(), std::string(each.missing).empty()) << each.name << ": " << (result.ok() ? "" : result.error().describe());
    if (!result.ok()) {
      EXPECT_EQ(result.error().code(), ErrorCode::kDenied) << each.name;
      EXPECT_THAT(result.error().describe(), HasSubstr(each.missing)) << each.name;
    }
  }
}

TEST(Decide, HoldsAnAlignmentAgainstEachTerm) {
  const std::string other(64, 'c');
  expect_decisions(
      alignment(),
      {
          {"the file", json::object()},
          {"another file", {{"raw", "credit/cards.csv"}}, {}, "raw_data_path: 'credit/loans.csv' is not granted"},
          {"its folder", {{"raw", "credit/*"}}},
          {"a folder of a like name", {{"raw", "cred/*"}}, {}, "raw_data_path"},
          {"all files", {{"raw", "*"}}},
          {"a data set alone", {{"raw", json::array({"x"})}, {"dataset", "credit/loans.csv"}}, {}, "raw_data_path"},
          {"the file's pin", {{"sha256", std::string(64, 'b')}}},
          {"another pin", {{"sha256", other}}, {}, "its SHA-256 is another"},
          {"a pin, the file not read yet", {{"sha256", other}}, [](Request& r) { r.sha256.reset(); }},
          {"the columns", {{"columns", {"X2", "X1"}}}},
          {"fewer columns", {{"columns", {"X1"}}}, {}, "columns: \"X2\" is not granted"},
          {"no columns", {{"columns", json::array()}}, {}, "\"X1\", \"X2\" are not granted"},
          {"all columns asked for", {{"columns", {"X1"}}},
           [](Request& r) { r.asks_all_columns = true, r.names_columns = false; }, "name them"},
          {"columns by position", {{"columns", {"X1"}}}, [](Request& r) { r.names_columns = false; }, "positions are not granted"},
          {"another ID", {{"columns", {"X1", "X2"}}}, [](Request& r) { r.asked_id_columns = {"salary"}; }, "\"salary\" is not granted as an ID"},
          {"the first column as ID", {{"columns", {"X1", "X2"}}}, [](Request& r) { r.asked_id_columns = {"ID"}; }},
          {"a granted ID", {{"columns", {"X1", "X2"}}, {"id_columns", "mail"}}, [](Request& r) { r.asked_id_columns = {"mail"}; }},
          {"any initiator", {{"initiator", "*"}}},
          {"upper case", {{"initiator", "MASTER.Example"}}},
          {"its fingerprint", {{"initiator", "sha256:" + std::string(64, 'a')}}},
          {"another fingerprint", {{"initiator", "sha256:" + other}}, {}, "nothing"},
          {"nobody in particular", json::object(), [](Request& r) { r.initiator.reset(); }, "granted '*' nothing"},
          {"the parties", {{"parties", {"shop", "main.example:8377"}}}},
          {"one party less", {{"parties", {"main.example:8377"}}}, {}, "clients[2].identity: 'shop at 10.0.0.9:8377'"},
          {"its type", {{"types", "alignment_data"}}},
          {"another type", {{"types", "shared_nn_feature"}}, {}, "client_type: \"alignment_data\" is not granted"},
          {"another role", {{"roles", "label_client"}}, {}, "role: \"feature_client\" is not granted"},
          {"another psi", {{"psi", "ecdh"}}, {}, "psi: \"prf\" is not granted"},
          {"a floor", {{"min_intersection", 100}}},
          {"a higher floor", {{"min_intersection", 101}}, {}, "100 is below the 101 common rows"},
          {"an end to come", {{"until", "2099-01-01"}}},
          {"an end that was", {{"until", "2020-01-01"}}, {}, "ended at 2020-01-02T00:00:00"},
      });
}

TEST(Decide, HoldsATrainingAgainstEachTerm) {
  expect_decisions(
      training(),
      {
          {"the file it came from", json::object()},
          {"another file", {{"raw", "other.csv"}}, {}, "data_path: 'joint/credit' is not granted"},
          {"the data set", {{"raw", "other.csv"}, {"dataset", "joint/credit"}}},
          {"a data set that does not say", json::object(), [](Request& r) { r.source = Request::Source{}; },
           "does not say which raw file"},
          {"a data set that does not say, where all files are granted", {{"raw", "*"}}, [](Request& r) { r.source = Request::Source{}; },
           "does not say which raw file"},
          {"the pinned state", {{"sha256", std::string(64, 'b')}}},
          {"another state", {{"sha256", std::string(64, 'c')}}, {}, "not made from the state"},
          {"an unknown state", {{"sha256", std::string(64, 'b')}}, [](Request& r) { r.source->sha256.clear(); }, "not made from the state"},
          {"a column less", {{"columns", {"X2"}}}, {}, "\"X1\" is not granted"},
          {"the weak level, not said", json::object(), [](Request& r) { r.security = "split"; }, "security: \"split\" is not granted"},
          {"the weak level", {{"security", {"full", "split"}}}, [](Request& r) { r.security = "split"; }},
          {"boosting's weak level, not said", {{"security", {"full", "split"}}}, [](Request& r) { r.security = "relaxed"; },
           "security: \"relaxed\" is not granted"},
          {"a model of the weak level, not said", json::object(), [](Request& r) { r.model_security = "relaxed"; },
           "model_task: a prediction by a model of security \"relaxed\" is not granted"},
          {"a model of the weak level", {{"security", {"full", "relaxed"}}}, [](Request& r) { r.model_security = "relaxed"; }},
          {"a curve, not said", json::object(), [](Request& r) { r.reveals = {{"roc", "client_config.report_roc"}}; },
           "report_roc: \"roc\" is not granted"},
          {"a curve", {{"reveals", {"roc"}}}, [](Request& r) { r.reveals = {{"roc", "client_config.report_roc"}}; }},
          {"gains, with curves said", {{"reveals", {"roc"}}}, [](Request& r) { r.reveals = {{"gain", "clients[0].client_config.importance"}}; },
           "importance: \"gain\" is not granted"},
          {"boosting's weak level", {{"security", {"full", "relaxed"}}}, [](Request& r) { r.security = "relaxed"; }},
          {"rows enough", {{"rows_max", 1'000}}},
          {"too many rows", {{"rows_max", 999}}, {}, "more rows than the 999"},
          {"one row", {{"min_intersection", 10}}, [](Request& r) { r.rows = 1; }, "fewer rows than the 10"},
      });
}

TEST(Decide, CoversClientsWithoutDataByGrantsWithoutData) {
  Request main = alignment();
  main.raw.clear();
  main.type = "alignment_main";
  main.columns.reset();
  EXPECT_FALSE(decided(main, {grant()}).ok());
  const auto bare = grant_from_json(json{{"name", "any"}, {"initiator", "master.example"}}).value();
  EXPECT_TRUE(decided(main, {grant(), bare}).ok());
  EXPECT_FALSE(decided(alignment(), {bare}).ok()) << "a grant that names no data lets nobody at any";
}

TEST(Decide, CountsOtherRunsOnly) {
  const std::vector<Grant> grants = {grant({{"uses", 2}})};
  EXPECT_TRUE(decided(alignment(), grants, {{"credit", 1}, {"other", 9}}).ok());
  const auto refused = decided(alignment(), grants, {{"credit", 2}});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("used up: 2 of 2"));
}

TEST(Decide, PrefersAGrantThatAsksNobody) {
  const auto manual = grant({{"approval", "manual"}});
  const auto both = decided(alignment(), {manual, grant({{"name", "plain"}})});
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->grant, "plain");
  EXPECT_FALSE(both->manual);
  const auto one = decided(alignment(), {manual});
  ASSERT_TRUE(one.ok());
  EXPECT_TRUE(one->manual);
}

TEST(Decide, NeverPutsGrantsTogether) {
  const auto first = grant({{"name", "a"}, {"columns", {"X1"}}});
  const auto second = grant({{"name", "b"}, {"columns", {"X2"}}});
  EXPECT_FALSE(decided(alignment(), {first, second}).ok());
}

TEST(Decide, NamesTheNearestGrantsFaults) {
  const auto near = grant({{"name", "near"}, {"columns", {"X1"}}});
  const auto far = grant({{"name", "far"}, {"raw", "z.csv"}, {"psi", "ecdh"}, {"roles", "label_client"}});
  const auto refused = decided(alignment(), {far, near});
  ASSERT_FALSE(refused.ok());
  ASSERT_EQ(refused.error().details().size(), 1u);
  EXPECT_EQ(refused.error().details()[0].where, "client_config.columns");
}

TEST(Decide, QuotesForTheOwnersShell) {
  Request request = alignment();
  request.raw = "it's $(here).csv";
  const auto refused = decided(request, {});
  EXPECT_THAT(refused.error().hint(), HasSubstr(R"(--raw 'it'\''s $(here).csv')"));
}

TEST(Parties, AnAddressMeansItsOwnIdentityOnly) {
  const Party plain{2, "10.0.0.9:8377", "10.0.0.9", ""};
  const Party disguised{2, "10.0.0.9:8377", "10.0.0.9", "intruder"};
  EXPECT_TRUE(is_party("10.0.0.9:8377", plain));
  EXPECT_TRUE(is_party("10.0.0.9", plain));
  EXPECT_FALSE(is_party("10.0.0.9:8377", disguised)) << "another certificate would speak for the granted address";
  EXPECT_FALSE(is_party("10.0.0.9", disguised));
  EXPECT_TRUE(is_party("Intruder", disguised));
  EXPECT_FALSE(is_party("10.0.0.9:8378", plain));
}

TEST(Request, TakesFromTheTaskWhatConcernsThisNode) {
  const json document = {
      {"task_name", "t"},
      {"clients",
       {{{"role", "main_client"}, {"addr", "127.0.0.1"}, {"http_port", 1}, {"client_config", {{"client_type", "alignment_main"}, {"computation_port", 3000}, {"psi", "ecdh"}, {"min_intersection", 7}}}},
        {{"role", "feature_client"}, {"addr", "127.0.0.2"}, {"http_port", 2}, {"client_config", {{"client_type", "alignment_data"}, {"computation_port", 3001}, {"raw_data_path", "a.csv"}, {"out_data_path", "o"}, {"columns", {"X1", 3}}}}},
        {{"role", "label_client"}, {"addr", "127.0.0.3"}, {"http_port", 3}, {"client_config", {{"client_type", "alignment_data"}, {"computation_port", 3002}, {"raw_data_path", "b.csv"}, {"out_data_path", "o"}}}}}}};
  const auto spec = task::validate(document);
  ASSERT_TRUE(spec.ok()) << spec.error().describe();
  const auto request = request_of(*spec, spec->clients[1], std::nullopt);
  EXPECT_EQ(request.raw, "a.csv");
  EXPECT_EQ(request.psi, "ecdh");
  EXPECT_EQ(request.min_intersection, 7u);
  EXPECT_FALSE(request.columns) << "a position is not known before the file is read";
  EXPECT_FALSE(request.asks_all_columns);
  ASSERT_EQ(request.parties.size(), 2u);
  EXPECT_EQ(request.parties[1].node, "127.0.0.3:3");
  EXPECT_TRUE(request_of(*spec, spec->clients[2], std::nullopt).asks_all_columns);
}

}  // namespace
}  // namespace pai::node::policy
