// One error for many calls: its code, its sentence, its details.

#include "master/fan_out.h"

#include <gtest/gtest.h>

namespace pai::master {
namespace {

using Outcome = NodeReply::Outcome;

NodeReply reply(Outcome outcome, int status, Error error) {
  NodeReply made;
  made.outcome = outcome;
  made.http_status = status;
  made.error = std::move(error);
  return made;
}

struct FanOut : ::testing::Test {
  FanOut() {
    for (int id = 0; id < 3; ++id) {
      task::ClientSpec client;
      client.id = id;
      client.addr = "10.0.0." + std::to_string(id);
      client.http_port = 80;
      spec.clients.push_back(client);
    }
  }
  Error error_of(std::vector<NodeReply> replies) { return fan_out_error(failures_of(spec, replies)); }

  task::TaskSpec spec;
  NodeReply ok = [] {
    NodeReply made;
    made.outcome = Outcome::kOk;
    return made;
  }();
  NodeReply conflict = reply(Outcome::kRefused, 409, Error(ErrorCode::kConflict, "port is taken"));
  NodeReply invalid = reply(Outcome::kRefused, 400,
                            Error(ErrorCode::kInvalid, "no column X9")
                                .with_detail({ErrorDetail::Kind::kPath, "client_config.columns[0]", "no column X9"})
                                .with_hint("did you mean X8?"));
  NodeReply away = reply(Outcome::kUnreachable, 0, Error(ErrorCode::kNodeFailed, "connection refused"));
  NodeReply late = reply(Outcome::kTimeout, 0, Error(ErrorCode::kTimeout, "no answer within 10 s"));
};

TEST_F(FanOut, OnlyConflictsAreAConflictOnlyTimeoutsATimeoutTheRestIsTheNodesFailure) {
  EXPECT_EQ(error_of({ok, conflict, conflict}).code(), ErrorCode::kConflict);
  EXPECT_EQ(error_of({ok, late, ok}).code(), ErrorCode::kTimeout);
  EXPECT_EQ(error_of({ok, away, ok}).code(), ErrorCode::kNodeFailed);
  EXPECT_EQ(error_of({invalid, ok, ok}).code(), ErrorCode::kNodeFailed);
  EXPECT_EQ(error_of({conflict, late, away}).code(), ErrorCode::kNodeFailed);
}

TEST_F(FanOut, TheFirstFailureIsTheSentenceAndEachHasADetail) {
  const auto error = error_of({ok, invalid, away});
  EXPECT_EQ(error.message(), "client 1 (main_client at 10.0.0.1:80): no column X9 (and 1 more)");
  ASSERT_EQ(error.details().size(), 3u);
  EXPECT_EQ(error.details()[0], (ErrorDetail{ErrorDetail::Kind::kNode, "10.0.0.1:80", "client 1: no column X9"}));
  EXPECT_EQ(error.details()[1].where, "clients[1].client_config.columns[0]");
  EXPECT_EQ(error.details()[2].where, "10.0.0.2:80");
  EXPECT_EQ(error.hint(), "did you mean X8?");
}

}  // namespace
}  // namespace pai::master
