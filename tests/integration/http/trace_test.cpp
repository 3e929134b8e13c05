// A caller's traceparent through server, handler and client.

#include <gmock/gmock.h>

#include <sstream>
#include <vector>

#include "common/log/trace.h"
#include "fixture.h"

namespace pai::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kId = "0af7651916cd43dd8448eb211c80319c";
const std::string kStep = "b7ad6b7169203331";
const std::string kGiven = "00-" + kId + "-" + kStep + "-01";

/// GET /trace says what the handler's lines would have and what it was sent; GET /onward asks /trace, as a daemon does another.
class HttpTrace : public HttpTest {
 protected:
  HttpTrace() {
    extra_routes_.push_back({Method::kGet, "/trace", [](const Request& request) {
                               const auto sent = request.headers.find("traceparent");
                               return text(log::current_trace().id_text() + " " +
                                           (sent == request.headers.end() ? "none" : sent->second));
                             }});
    extra_routes_.push_back({Method::kGet, "/onward", [this](const Request&) {
                               const auto answers = client_->call_all({{endpoint(), {.target = "/trace"}}, {endpoint(), {.target = "/trace"}}});
                               return text(answers[0].ok() && answers[1].ok() ? answers[0]->body + " " + answers[1]->body : "failed");
                             }, true});
  }
  RawConnection::Answer ask(const std::string& path, const std::string& headers) {
    RawConnection raw(port());
    raw.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    return raw.read_answer();
  }

  std::unique_ptr<Client> client_ = Client::make(std::nullopt);
};

TEST_F(HttpTrace, IsTheHandlersAndTheAnswersWithAStepOfItsOwn) {
  start();
  const auto answer = ask("/trace", "Traceparent: " + kGiven + "\r\n");
  EXPECT_EQ(answer.body, kId + " " + kGiven);
  EXPECT_THAT(answer.head, HasSubstr("traceparent: 00-" + kId + "-"));
  EXPECT_THAT(answer.head, Not(HasSubstr(kStep)));
}

TEST_F(HttpTrace, GoesOnWithEachCallAsAnotherStep) {
  start();
  const auto answer = ask("/onward", "traceparent: " + kGiven + "\r\n");
  std::istringstream words(answer.body);
  std::string id, first, again, second;
  words >> id >> first >> again >> second;
  EXPECT_EQ(id, kId);
  EXPECT_EQ(again, kId);
  EXPECT_THAT(first, ::testing::MatchesRegex("00-" + kId + "-[0-9a-f]{16}-01"));
  EXPECT_THAT(first, Not(HasSubstr(kStep)));
  EXPECT_NE(first, second);
}

TEST_F(HttpTrace, WithoutOneItBeginsHereAndTheNextRequestOfTheConnectionHasAnother) {
  start();
  RawConnection raw(port());
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    raw.send("GET /trace HTTP/1.1\r\nHost: x\r\n\r\n");
    ids.push_back(raw.read_answer().body);
    EXPECT_THAT(ids.back(), ::testing::MatchesRegex("[0-9a-f]{32} none"));
  }
  EXPECT_NE(ids[0], ids[1]);
}

TEST_F(HttpTrace, WhatIsNoneIsIgnoredAndNeverSaidAgain) {
  start();
  for (const std::string& bad :
       {"00-" + kId + "-" + kStep + "-01-more", "00-" + kId + "-0000000000000000-01", std::string("zz' trace='forged"),
        std::string(4'000, 'a'), kGiven + "\r\ntraceparent: " + kGiven}) {
    const auto answer = ask("/trace", "traceparent: " + bad + "\r\n");
    EXPECT_EQ(answer.status, 200) << bad;
    EXPECT_THAT(answer.body.substr(0, 32), ::testing::MatchesRegex("[0-9a-f]{32}")) << bad;
    EXPECT_NE(answer.body.substr(0, 32), kId) << bad;
    EXPECT_THAT(answer.head, Not(HasSubstr(kId))) << bad;
    EXPECT_THAT(answer.head, Not(HasSubstr("forged")));
  }
}

TEST_F(HttpTrace, AnErrorsAnswerHasOneToo) {
  start();
  EXPECT_THAT(ask("/nowhere", "traceparent: " + kGiven + "\r\n").head, HasSubstr("traceparent: 00-" + kId));
}

TEST_F(HttpTrace, NobodysCallCarriesNone) {
  start();
  const auto answer = client_->call(endpoint(), {.target = "/trace"});
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(answer->body, ::testing::EndsWith(" none"));
}

}  // namespace
}  // namespace pai::http
