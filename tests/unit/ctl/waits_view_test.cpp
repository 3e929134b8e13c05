// Who waits for whom, in lines, and where the waiting leads.
#include "ctl/tasks/waits_view.h"

#include <gmock/gmock.h>

namespace pai::ctl::tasks {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const json kStatus = json::parse(R"({"clients": [{"id": 0, "role": "main_client", "state": "Running"}, {"id": 1, "role": "feature_client", "state": "Running"},
                                                 {"id": 2, "role": "label_client", "state": "Running"}]})");

json waits(int peer, double seconds, const char* message = "Opening") {
  return json::array({{{"peer", peer}, {"seconds", seconds}, {"message_type", message}}});
}

TEST(WaitsView, LeadsToWhoeverDoesNotAnswer) {
  const auto lines = waits_lines(kStatus, {{0, waits(2, 1.75, "TrainingReport"), ""}, {1, {}, "no answer within 3000 ms"}, {2, waits(1, 1.8), ""}});
  EXPECT_THAT(lines, ElementsAre("0  main_client     waits 1.8 s for client 2 (TrainingReport)", "1  feature_client  does not answer: no answer within 3000 ms",
                                 "2  label_client    waits 1.8 s for client 1 (Opening)",
                                 "the others wait for client 1, which does not answer: look at its machine"));
}

TEST(WaitsView, LeadsToWhoeverWaitsForNobody) {
  const auto lines = waits_lines(kStatus, {{0, waits(1, 40), ""}, {1, json::array(), ""}, {2, waits(1, 40), ""}});
  EXPECT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines.back(), HasSubstr("client 1, which waits for nobody"));
}

TEST(WaitsView, NamesNobodyForShortWaitsCirclesAndSeveral) {
  EXPECT_THAT(waits_lines(kStatus, {{0, waits(1, 0.2), ""}, {1, json::array(), ""}, {2, json::array(), ""}}), SizeIs(3));
  EXPECT_THAT(waits_lines(kStatus, {{0, waits(1, 9), ""}, {1, waits(2, 9), ""}, {2, waits(1, 9), ""}}), SizeIs(3));
  EXPECT_THAT(waits_lines(kStatus, {{0, waits(1, 9), ""}, {1, {}, "gone"}, {2, {}, "gone"}}), SizeIs(4)) << "only one of the silent is waited for";
  const json both = json::array({{{"peer", 1}, {"seconds", 9}}, {{"peer", 2}, {"seconds", 9}}});
  EXPECT_THAT(waits_lines(kStatus, {{0, both, ""}, {1, {}, "gone"}, {2, {}, "gone"}}), SizeIs(3));
}

TEST(WaitsView, ShowsTheStateOfWhoeverDoesNotRunAndBearsOtherShapes) {
  auto status = kStatus;
  status["clients"][1]["state"] = "Failed";
  EXPECT_THAT(waits_lines(status, {{0, waits(2, 0.1), ""}})[1], "1  feature_client  Failed");
  EXPECT_THAT(waits_lines(json::parse(R"({"clients": 7})"), {}), IsEmpty());
  EXPECT_THAT(waits_lines(json(), {}), IsEmpty());
  EXPECT_THAT(waits_lines(kStatus, {{0, json::parse(R"([{"peer": "x"}, 3, {"peer": 1, "seconds": "long"}])"), ""}})[0], "0  main_client     waits 0.0 s for client 1");
}

}  // namespace
}  // namespace pai::ctl::tasks
