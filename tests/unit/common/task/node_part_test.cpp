// What a master sends to a node is checked by the rules of a whole task; no other party's settings come along.
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "common/task/validate.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

struct Part {
  Json public_part;
  int client = 1;
  Json config;
};

Part part_of(const Json& document, int client) {
  const auto spec = validate(document);
  EXPECT_TRUE(spec.ok());
  return {spec->public_part(), client, spec->clients[static_cast<std::size_t>(client)].config()};
}

TEST(NodePart, IsAcceptedForEveryClientWithTheMastersDigest) {
  for (const auto& document : {reference_document(), full_document()}) {
    const auto spec = validate(document);
    ASSERT_TRUE(spec.ok());
    for (const auto& client : spec->clients) {
      const auto part = validate_node_part(spec->public_part(), client.id, client.config());
      ASSERT_TRUE(part.ok()) << all_faults(part.error());
      EXPECT_EQ(part->digest(), spec->digest());
      EXPECT_EQ(part->clients[static_cast<std::size_t>(client.id)].settings, client.settings);
      EXPECT_EQ(part->clients[static_cast<std::size_t>(client.id)].config(), client.config());
      for (const auto& other : part->clients) {
        if (other.id != client.id && other.role != Role::kMainClient) {
          EXPECT_EQ(other.settings, Json::object());
        }
      }
      EXPECT_EQ(part->main_client().settings, spec->main_client().settings);
    }
  }
}

TEST(NodePart, HoldsNoPartysOwnSettings) {
  const auto text = validate(full_document())->public_part().dump();
  for (const auto* secret : {"raw_data_path", "out_data_path", "columns", "id_column", "标 签", "out/label", "birth day"}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(text, HasSubstr("\"psi\":\"ecdh\""));
}

TEST(NodePart, IsRefusedAtItsPath) {
  struct Case {
    std::string name;
    std::function<void(Part&)> spoil;
    std::string path;
    std::string says;
  };
  const auto client = [](Part& part, std::size_t id) -> Json& { return part.public_part["clients"][id]; };
  const std::vector<Case> cases = {
      {"no object", [](Part& p) { p.public_part = 1; }, "public", "1 is not an object"},
      {"no name", [](Part& p) { p.public_part.erase("task_name"); }, "public.task_name", "is missing"},
      {"climbing name", [](Part& p) { p.public_part["task_name"] = "../x"; }, "public.task_name", "letters"},
      {"unknown key", [](Part& p) { p.public_part["node"] = 1; }, "public.node", "unknown key"},
      {"no list", [](Part& p) { p.public_part["clients"] = 1; }, "public.clients", "is not a list"},
      {"client no object", [=](Part& p) { client(p, 2) = 1; }, "public.clients[2]", "is not an object"},
      {"negative client", [](Part& p) { p.client = -1; }, "client", "-1 is not the id"},
      {"client beyond", [](Part& p) { p.client = 4; }, "client", "4 is not the id of one of the 4 clients"},
      {"wrong id", [=](Part& p) { client(p, 2)["id"] = 1; }, "public.clients[2].id", "1 is not the client's index, 2"},
      {"no id", [=](Part& p) { client(p, 2).erase("id"); }, "public.clients[2].id", "is missing"},
      {"bad address", [=](Part& p) { client(p, 2)["addr"] = "a b"; }, "public.clients[2].addr", "is not an IP address"},
      {"bad port", [=](Part& p) { client(p, 2)["computation_port"] = 0; }, "public.clients[2].computation_port", "is not a port"},
      {"unknown type", [=](Part& p) { client(p, 2)["client_type"] = "x"; }, "public.clients[2].client_type", "is no client type"},
      {"port clash", [=](Part& p) { client(p, 2)["computation_port"] = 8085; }, "public.clients[2].computation_port", "already"},
      {"another party's settings", [=](Part& p) { client(p, 2)["settings"] = {{"raw_data_path", "x"}}; },
       "public.clients[2].settings", "go to its node alone"},
      {"another party's path", [=](Part& p) { client(p, 2)["raw_data_path"] = "x"; }, "public.clients[2].raw_data_path", "unknown key"},
      {"main without settings", [=](Part& p) { client(p, 0).erase("settings"); }, "public.clients[0].settings", "is missing"},
      {"main with a bad setting", [=](Part& p) { client(p, 0)["settings"]["psi"] = "x"; }, "public.clients[0].settings.psi", "one of"},
      {"main with an unknown setting", [=](Part& p) { client(p, 0)["settings"]["psy"] = "x"; }, "public.clients[0].settings.psy",
       "did you mean \"psi\"?"},
      {"own type differs", [](Part& p) { p.config["client_type"] = "shared_nn_feature"; }, "client_config.client_type", "differs"},
      {"own port differs", [](Part& p) { p.config["computation_port"] = 1; }, "client_config.computation_port", "differs"},
      {"own path climbs", [](Part& p) { p.config["out_data_path"] = "../x"; }, "client_config.out_data_path", "climbs"},
      {"own path missing", [](Part& p) { p.config.erase("raw_data_path"); }, "client_config.raw_data_path", "is missing"},
      {"own unknown key", [](Part& p) { p.config["node"] = Json::object(); }, "client_config.node", "unknown key"},
      {"own config a list", [](Part& p) { p.config = Json::array(); }, "client_config", "is not an object"},
      {"own config null", [](Part& p) { p.config = nullptr; }, "client_config", "null is not an object"},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.name);
    auto part = part_of(reference_document(), 1);
    bad.spoil(part);
    const auto result = validate_node_part(part.public_part, part.client, part.config);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(fault_at(result.error(), bad.path), HasSubstr(bad.says)) << all_faults(result.error());
  }
}

TEST(NodePart, OfMainMustAgreeWithThePublicSettings) {
  auto part = part_of(full_document(), 0);
  EXPECT_TRUE(validate_node_part(part.public_part, 0, part.config).ok());
  part.config["psi"] = "prf";
  const auto result = validate_node_part(part.public_part, 0, part.config);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(fault_at(result.error(), "client_config"), HasSubstr("differ from those of the public part"));
}

}  // namespace
}  // namespace pai::task
