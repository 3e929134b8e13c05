// The JSON form of answers and errors, there and back.

#include "common/http/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pai::http {
namespace {

using nlohmann::json;

TEST(Message, OkReplyHasStatusAndMsgBesideTheDocument) {
  const auto reply = ok_reply({{"msg", "Created"}, {"state", "Created"}, {"rows", 3}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(json::parse(reply.body), (json{{"status", "ok"}, {"msg", "Created"}, {"state", "Created"}, {"rows", 3}}));
  EXPECT_EQ(reply.body.rfind("{\"status\":\"ok\",\"msg\":\"Created\"", 0), 0U);
  EXPECT_EQ(json::parse(ok_reply(json::object()).body), (json{{"status", "ok"}, {"msg", "ok"}}));
  EXPECT_EQ(json::parse(ok_reply({{"msg", {1, 2}}}).body)["msg"], (json{1, 2}));
}

TEST(Message, ErrorSurvivesTheJourney) {
  using Kind = ErrorDetail::Kind;
  const auto error = Error(ErrorCode::kConflict, "the port \"9000\" is taken")
                         .with_hint("choose another")
                         .with_details({{Kind::kPath, "clients[1].port", "taken"},
                                        {Kind::kNode, "127.0.0.1:8080", "by t2"},
                                        {Kind::kClient, "3", "it"},
                                        {Kind::kFile, "a.csv:7", "no"}});
  const auto reply = error_reply(error);
  EXPECT_EQ(reply.status, 409);
  const auto document = json::parse(reply.body);
  EXPECT_EQ(document["status"], "err");
  EXPECT_EQ(document["msg"], error.message());
  EXPECT_EQ(document["error"]["code"], "conflict");
  EXPECT_EQ(document["error"]["details"][1], (json{{"node", "127.0.0.1:8080"}, {"message", "by t2"}}));

  const auto back = error_from_reply(reply.status, reply.body);
  EXPECT_EQ(back.code(), error.code());
  EXPECT_EQ(back.message(), error.message());
  EXPECT_EQ(back.hint(), error.hint());
  EXPECT_EQ(back.details(), error.details());
}

TEST(Message, EveryCodeSurvivesTheJourney) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const auto reply = error_reply(Error(static_cast<ErrorCode>(code), "x"));
    EXPECT_EQ(error_from_reply(reply.status, reply.body).code(), static_cast<ErrorCode>(code));
  }
}

TEST(Message, AnswersOfOthersGiveAnErrorWhateverTheyHold) {
  for (const char* body : {"", "<html>", "[]", "{}", "{\"error\":null}", "{\"error\":[]}", "\"x\"", "{\"error\""}) {
    const auto error = error_from_reply(502, body);
    EXPECT_EQ(error.code(), ErrorCode::kInternal) << body;
    EXPECT_NE(error.message().find("502"), std::string::npos);
  }
  const auto odd = error_from_reply(404, R"({"error":{"code":7,"message":[],"hint":{},"details":[1,{},{"path":3,"message":4}]}})");
  EXPECT_EQ(odd.code(), ErrorCode::kNotFound);
  ASSERT_EQ(odd.details().size(), 1U);
  EXPECT_EQ(odd.details()[0].where, "3");
}

TEST(Message, BytesThatAreNoUtf8DoNotBreakAnAnswer) {
  EXPECT_TRUE(json::accept(error_reply(Error(ErrorCode::kInvalid, "bad \xff byte")).body));
  EXPECT_TRUE(json::accept(ok_reply({{"msg", "bad \xff byte"}}).body));
}

TEST(Message, BusyAnswersSayWhenToComeBack) {
  const auto headers = error_reply(Error(ErrorCode::kBusy, "x")).headers;
  ASSERT_EQ(headers.size(), 1U);
  EXPECT_EQ(headers[0].first, "Retry-After");
}

TEST(Message, RequiredParameterIsNamedWhenItIsMissing) {
  Request request;
  request.query = {{"task_name", "t"}, {"empty", ""}};
  EXPECT_EQ(request.required("task_name").value(), "t");
  for (const char* name : {"empty", "absent"}) {
    const auto value = request.required(name);
    ASSERT_FALSE(value.ok());
    EXPECT_EQ(value.error().code(), ErrorCode::kInvalid);
    EXPECT_NE(value.error().message().find(name), std::string::npos);
  }
  EXPECT_EQ(request.optional("empty"), "");
  EXPECT_EQ(request.optional("absent"), std::nullopt);
}

}  // namespace
}  // namespace pai::http
