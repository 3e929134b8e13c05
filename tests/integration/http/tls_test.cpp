// Who may talk to whom with TLS. Certificates are made by scripts/make-certificates for the test alone.

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "fixture.h"
#include "support/certificates.h"
#include "support/recording_proxy.h"
#include "support/temp_folder.h"

namespace pai::http {
namespace {

using ::testing::HasSubstr;

class HttpTls : public HttpTest {
 protected:
  HttpTls() : ours_(folder_ / "ours"), theirs_(folder_ / "theirs") { ours_.make({"master", "node", "guest"}); }

  static Call get(std::string target) {
    Call call;
    call.target = std::move(target);
    return call;
  }
  Result<Response> call_as(const tls::Material& material, Endpoint endpoint, const std::string& target = "/who") {
    return Client::make(material)->call(endpoint, get(target));
  }
  Endpoint named(std::string identity) const { return {"127.0.0.1", port(), std::move(identity)}; }

  test::TempFolder folder_;
  test::Certificates ours_;
  test::Certificates theirs_;
};

TEST_F(HttpTls, BothSidesKnowEachOther) {
  start({}, ours_.material("node"));
  const auto answer = call_as(ours_.material("master"), endpoint());
  ASSERT_TRUE(answer.ok()) << answer.error().describe();
  EXPECT_EQ(answer->body, "master");
  EXPECT_EQ(call_as(ours_.material("master"), named("node")).value().body, "master");
  const auto fingerprint = tls::identity_of_pem(ours_.material("node").certificate_pem).value().fingerprint;
  EXPECT_EQ(call_as(ours_.material("master"), named(fingerprint)).value().body, "master");
  EXPECT_EQ(call_as(ours_.material("master"), {"localhost", port()}).value().body, "master");
}

TEST_F(HttpTls, ConnectionCarriesManyRequestsAndLargeBodies) {
  start({}, ours_.material("node"));
  auto client = Client::make(ours_.material("master"));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client->call(endpoint(), get("/hello")).ok());
  Call large;
  large.method = Method::kPost;
  large.target = "/echo";
  large.body = std::string(1 << 20, 'q');
  EXPECT_EQ(client->call(endpoint(), large).value().body.size(), large.body.size());
  large.body.push_back('q');
  EXPECT_EQ(client->call(endpoint(), large).value().status, 413);
}

TEST_F(HttpTls, ServerWithAnotherNameIsRefused) {
  start({}, ours_.material("node"));
  const auto answer = call_as(ours_.material("master"), named("other"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNodeFailed);
  EXPECT_THAT(answer.error().message(), HasSubstr("not 'other'"));
}

TEST_F(HttpTls, ServerWhoseNameIsNotTheHostIsRefused) {
  // The trial certificates name 127.0.0.1, not 127.0.0.2, and both are this machine.
  ServerOptions options;
  options.host = "127.0.0.2";
  options.tls = ours_.material("node");
  auto server = Server::bind(options, routes());
  ASSERT_TRUE(server.ok());
  (*server)->start();
  const Endpoint elsewhere{"127.0.0.2", (*server)->port()};
  const auto refused = call_as(ours_.material("master"), elsewhere);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("certificate was refused"));
  EXPECT_TRUE(call_as(ours_.material("master"), {"127.0.0.2", (*server)->port(), "node"}).ok());
}

TEST_F(HttpTls, ServerOfAnotherCaIsRefused) {
  theirs_.make({"node"});
  start({}, theirs_.material("node"));
  const auto answer = call_as(ours_.material("master"), endpoint());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNodeFailed);
  EXPECT_THAT(answer.error().message(), HasSubstr("certificate was refused"));
}

TEST_F(HttpTls, CallerOfAnotherCaIsRefused) {
  theirs_.make({"master"});
  start({}, ours_.material("node"));
  auto material = theirs_.material("master");
  material.trusted_pem = ours_.material("node").trusted_pem;  // it believes the server, but not the other way round
  const auto answer = call_as(material, endpoint());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNodeFailed);
  EXPECT_THAT(answer.error().message(), HasSubstr("unknown ca")) << answer.error().describe();
}

TEST_F(HttpTls, ExpiredCallerAndExpiredServerAreRefused) {
  ours_.make({"late"}, {-1, {}, false});
  start({}, ours_.material("node"));
  const auto caller = call_as(ours_.unchecked("late"), endpoint());
  ASSERT_FALSE(caller.ok());
  EXPECT_THAT(caller.error().message(), HasSubstr("expired"));

  start({}, ours_.unchecked("late"));
  const auto server = call_as(ours_.material("master"), endpoint());
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(server.error().message(), HasSubstr("expired"));
}

TEST_F(HttpTls, ACertificateThatIsNotYetValidIsRefusedOnEitherSide) {
  ours_.make({"early"});
  ours_.postdate("early");
  start({}, ours_.material("node"));
  const auto caller = call_as(ours_.unchecked("early"), endpoint());
  ASSERT_FALSE(caller.ok());
  EXPECT_THAT(caller.error().message(), HasSubstr("bad certificate"));

  start({}, ours_.unchecked("early"));
  const auto server = call_as(ours_.material("master"), endpoint());
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(server.error().message(), HasSubstr("not yet valid"));
}

TEST_F(HttpTls, WhatWasRecordedOnTheLineDoesNothingWhenItIsSentAgain) {
  extra_routes_.push_back({Method::kPost, "/count", [this](const Request&) {
                             answered_.add();
                             return text("counted");
                           }});
  start({}, ours_.material("node"));
  Call call = get("/count");
  call.method = Method::kPost;
  test::RecordingProxy line(port());
  {
    const auto master = Client::make(ours_.material("master"));
    const auto counted = master->call({"127.0.0.1", line.port()}, call);
    ASSERT_TRUE(counted.ok()) << counted.error().describe();
    ASSERT_EQ(answered_.count(), 1);
  }
  const auto heard = line.heard();
  ASSERT_GT(heard.size(), 1'000u) << "a handshake with a certificate, and a request";
  RawConnection again(port());
  (void)again.send(heard);
  again.shut_write();
  (void)again.read_until("no such text: until the end");
  EXPECT_EQ(answered_.count(), 1) << "a handshake of the past carries no request";

  const auto next = Client::make(ours_.material("master"))->call(endpoint(), call);
  ASSERT_TRUE(next.ok()) << next.error().describe();
  EXPECT_EQ(answered_.count(), 2);
}

/// A handshake by OpenSSL alone, then one request; how far it came.
enum class Outcome { kNoHandshake, kNoAnswer, kAnswer };
Outcome handshake(std::uint16_t port, int version_max, const tls::Files* own) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, version_max);
  if (own != nullptr) {
    SSL_CTX_use_certificate_chain_file(context, own->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context, own->key.c_str(), SSL_FILETYPE_PEM);
  }
  BIO* bio = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(bio, ("127.0.0.1:" + std::to_string(port)).c_str());
  Outcome outcome = Outcome::kNoHandshake;
  if (BIO_do_handshake(bio) == 1) {
    outcome = Outcome::kNoAnswer;  // with TLS 1.3 the server judges the caller's certificate after this
    const std::string request = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";
    char answer[16];
    if (BIO_write(bio, request.data(), static_cast<int>(request.size())) > 0 && BIO_read(bio, answer, sizeof answer) > 0) {
      outcome = Outcome::kAnswer;
    }
  }
  BIO_free_all(bio);
  SSL_CTX_free(context);
  return outcome;
}

TEST_F(HttpTls, CallerWithoutACertificateIsRefused) {
  start({}, ours_.material("node"));
  const auto own = ours_.files("master");
  EXPECT_EQ(handshake(port(), TLS1_3_VERSION, nullptr), Outcome::kNoAnswer);
  EXPECT_EQ(handshake(port(), TLS1_3_VERSION, &own), Outcome::kAnswer);
}

TEST_F(HttpTls, Tls12IsRefused) {
  start({}, ours_.material("node"));
  const auto own = ours_.files("master");
  EXPECT_EQ(handshake(port(), TLS1_2_VERSION, &own), Outcome::kNoHandshake);
  EXPECT_EQ(handshake(port(), TLS1_3_VERSION, &own), Outcome::kAnswer);
}

TEST_F(HttpTls, OnlyAllowedPeersMayCall) {
  auto material = ours_.material("node");
  material.allowed_peers = {"master"};
  start({}, material);
  EXPECT_EQ(call_as(ours_.material("master"), endpoint()).value().body, "master");
  const auto guest = call_as(ours_.material("guest"), endpoint());
  ASSERT_TRUE(guest.ok()) << guest.error().describe();
  EXPECT_EQ(guest->status, 403);
  EXPECT_THAT(guest->body, HasSubstr("allowed_peers"));
}

TEST_F(HttpTls, ARevokedCallerAndARevokedServerAreRefused) {
  auto material = ours_.material("node");
  const auto guest = tls::identity_of_pem(ours_.material("guest").certificate_pem).value().fingerprint;
  material.vetting.revoked = {guest};
  start({}, material);
  EXPECT_EQ(call_as(ours_.material("master"), endpoint()).value().body, "master");
  const auto refused = call_as(ours_.material("guest"), endpoint());
  ASSERT_TRUE(refused.ok()) << refused.error().describe();
  EXPECT_EQ(refused->status, 403);

  auto caller = ours_.material("master");
  caller.vetting.revoked = {tls::identity_of_pem(material.certificate_pem).value().fingerprint};
  const auto answer = call_as(caller, endpoint());
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message(), HasSubstr("it is revoked"));
}

TEST_F(HttpTls, PlainHttpIsToldSo) {
  start({}, ours_.material("node"));
  RawConnection raw(port());
  raw.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = raw.read_answer();
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("HTTPS"));
  raw.shut_write();
  EXPECT_TRUE(raw.at_end());
  EXPECT_FALSE(Client::make(std::nullopt)->call(endpoint(), get("/hello")).value().status == 200);
}

TEST_F(HttpTls, TlsToAPlainPortIsAnErrorAndDoesNotHang) {
  start();
  const auto answer = call_as(ours_.material("master"), endpoint());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNodeFailed);
}

TEST_F(HttpTls, SilentAndHalfHandshakesEndAtTheDeadline) {
  Limits limits;
  limits.header_timeout = std::chrono::milliseconds(100);
  start(limits, ours_.material("node"));
  RawConnection silent(port());
  EXPECT_TRUE(silent.at_end());
  RawConnection half(port());
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  half.read_until("never");
  EXPECT_TRUE(half.at_end());
}

TEST_F(HttpTls, GarbageAfterTheFirstByteIsRefused) {
  start({}, ours_.material("node"));
  RawConnection raw(port());
  raw.send("\x16garbage garbage garbage garbage");
  raw.shut_write();
  raw.read_until("never");
  EXPECT_TRUE(raw.at_end());
  EXPECT_TRUE(call_as(ours_.material("master"), endpoint()).ok());
}

TEST_F(HttpTls, ReloadChangesWhoIsBelievedFromNowOn) {
  theirs_.make({"master", "node"});
  start({}, ours_.material("node"));
  auto kept = Client::make(ours_.material("master"));
  ASSERT_TRUE(kept->call(endpoint(), get("/who")).ok());

  const auto status = server_->reload_tls(theirs_.material("node"));
  ASSERT_TRUE(status.ok());
  EXPECT_FALSE(kept->call(endpoint(), get("/who")).ok()) << "whoever was believed before is asked again";
  EXPECT_FALSE(call_as(ours_.material("master"), endpoint()).ok());
  EXPECT_EQ(call_as(theirs_.material("master"), endpoint()).value().body, "master");

  ASSERT_TRUE(kept->reload_tls(theirs_.material("master")).ok());
  EXPECT_TRUE(kept->call(endpoint(), get("/who")).ok());
  EXPECT_FALSE(server_->reload_tls(tls::Material()).ok());
  EXPECT_TRUE(call_as(theirs_.material("master"), endpoint()).ok()) << "a reload that fails changes nothing";
}

TEST_F(HttpTls, EventsFlowAndEnd) {
  std::shared_ptr<EventStream> events;
  Counter opened;
  Counter closed;
  extra_routes_.push_back({Method::kGet, "/events", [&](const Request&) {
                             Reply reply;
                             reply.events = events = make_event_stream();
                             events->on_closed([&] { closed.add(); });
                             opened.add();
                             return reply;
                           }});
  start({}, ours_.material("node"));
  auto client = Client::make(ours_.material("master"));
  Counter seen;
  auto subscription = client->subscribe(endpoint(), "/events", [&](std::string_view, std::string_view) { seen.add(); },
                                        [](const Error&) {});
  ASSERT_TRUE(opened.wait_for(1));
  for (int i = 0; i < 100; ++i) events->push("a", std::string(1'000, 'x'));
  EXPECT_TRUE(seen.wait_for(100));
  subscription.reset();
  EXPECT_TRUE(closed.wait_for(1));
  server_.reset();
}

}  // namespace
}  // namespace pai::http
