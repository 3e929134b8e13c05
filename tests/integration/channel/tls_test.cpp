// Mutual TLS: who gets in, who does not, and with which version. Certificates come from scripts/make-certificates.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <grpcpp/create_channel.h>

#include "client/channel/credentials.h"
#include "client/channel/handshake.h"
#include "integration/channel/parties.h"
#include "pai/v1/task_query.grpc.pb.h"
#include "support/certificates.h"
#include "support/temp_folder.h"

namespace pai::client::test {
namespace {

using pai::test::Certificates;
using pai::test::TempFolder;
using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    certificates().make({"node0", "node1", "node2", "node3", "master"});
    foreign().make({"node0", "node1"});
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static Certificates certificates() { return Certificates(*folder_ / "ours"); }
  static Certificates foreign() { return Certificates(*folder_ / "foreign"); }

  /// Each client with the certificate of its node, expected by that name.
  static void named(task::TaskFile& file) {
    file.node.insecure = false;
    file.node.tls = certificates().files("node" + std::to_string(file.client_id));
    for (auto& client : file.spec.clients) client.identity = "node" + std::to_string(client.id);
  }
  /// The same, expected by the address alone.
  static void by_address(task::TaskFile& file) {
    named(file);
    for (auto& client : file.spec.clients) client.identity.clear();
  }

  static inline TempFolder* folder_ = nullptr;
};

void expect_exchange(Parties& parties) {
  const auto outcomes = run_parties(parties, [&](Channel& channel) -> Status {
    for (int peer = 0; peer < parties.count(); ++peer) {
      if (peer != channel.self()) PAI_TRY(channel.send(peer, batch(3 << 20)));
    }
    for (int peer = 0; peer < parties.count(); ++peer) {
      if (peer != channel.self()) PAI_TRY([&]() -> Status {
        PAI_ASSIGN(const auto got, channel.receive<v1::TagBatch>(peer));
        if (got.tags().size() != 3 << 20) return Error(ErrorCode::kInternal, "mixed up");
        return {};
      }());
    }
    return {};
  });
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.ok()) << outcome.error().describe();
}

TEST_F(Tls, FourPartiesExchangeWhenTheirCertificatesHaveTheNamesOfTheTask) {
  Parties parties(4, named);
  expect_exchange(parties);
}

TEST_F(Tls, WithoutAnIdentityTheAddressMustBeInTheCertificate) {
  Parties parties(3, by_address);
  expect_exchange(parties);
}

TEST_F(Tls, AFingerprintIsAnIdentity) {
  const auto fingerprint = tls::identity_of_pem(certificates().material("node0").certificate_pem)->fingerprint;
  Parties parties(2, [&](task::TaskFile& file) {
    named(file);
    file.spec.clients[0].identity = fingerprint;
  });
  expect_exchange(parties);
}

TEST_F(Tls, AListenerWithAnotherNamesCertificateIsNotSpokenTo) {
  Parties parties(2, named);
  parties.tasks[0].node.tls = certificates().files("node3");
  auto main = parties.open(0);
  auto channel = parties.open(1);
  const auto status = channel->send(0, v1::Publish());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(status.error().blames(), 0);
  EXPECT_THAT(status.error().message(), HasSubstr("presented the certificate of 'node3'"));
  EXPECT_THAT(status.error().message(), HasSubstr("where 'node0' is due"));
}

TEST_F(Tls, ACallerWithAnotherNamesCertificateIsRefused) {
  Parties parties(2, named);
  parties.tasks[1].node.tls = certificates().files("node3");
  auto main = parties.open(0);
  auto channel = parties.open(1);
  const auto status = channel->send(0, v1::Publish());
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("refused the connection: that certificate belongs to no client"));
  EXPECT_TRUE(main->waits().empty());
}

TEST_F(Tls, ACallerThatTheListenerDoesNotAllowIsRefused) {
  Parties parties(2, named);
  parties.tasks[0].node.tls.allowed_peers = {"node2", "node3"};
  auto main = parties.open(0);
  auto channel = parties.open(1);
  EXPECT_THAT(channel->send(0, v1::Publish()).error().message(), HasSubstr("belongs to no client that may call here"));
}

TEST_F(Tls, CertificatesOfAnotherAuthorityGetNowhereOnEitherSide) {
  for (const std::size_t stranger : {0u, 1u}) {
    Parties parties(2, named);
    parties.tasks[stranger].node.tls = foreign().files("node" + std::to_string(stranger));
    auto main = parties.open(0);
    auto channel = parties.open(1);
    const auto status = channel->send(0, v1::Publish());
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message(), HasSubstr("no connection to client 0"));
    EXPECT_EQ(status.error().blames(), 0);
  }
}

TEST_F(Tls, AnothersCertificateSentAlongMakesNobodyThatOther) {
  // Certificates are public: node3 sends its own, and node1's behind it.
  const auto chain = (*folder_ / "chain.pem");
  pai::test::write_text(chain, pai::test::read_text(certificates().certificate("node3")) + pai::test::read_text(certificates().certificate("node1")));
  Parties parties(2, named);
  parties.tasks[1].node.tls = certificates().files("node3");
  parties.tasks[1].node.tls.certificate = chain.string();
  auto main = parties.open(0);
  auto channel = parties.open(1);
  EXPECT_THAT(channel->send(0, v1::Publish()).error().message(), HasSubstr("refused the connection"));

  // And as the one who is called.
  const auto other = (*folder_ / "other.pem");
  pai::test::write_text(other, pai::test::read_text(certificates().certificate("node3")) + pai::test::read_text(certificates().certificate("node0")));
  Parties called(2, named);
  called.tasks[0].node.tls = certificates().files("node3");
  called.tasks[0].node.tls.certificate = other.string();
  auto false_main = called.open(0);
  auto caller = called.open(1);
  EXPECT_THAT(caller->send(0, v1::Publish()).error().message(), HasSubstr("presented the certificate of 'node3'"));
}

TEST_F(Tls, ARevokedCertificateGetsNowhereOnEitherSide) {
  const auto fingerprint_of = [](const std::string& name) {
    return tls::identity_of_pem(certificates().material(name).certificate_pem)->fingerprint;
  };
  for (const std::size_t revoked : {0u, 1u}) {
    Parties parties(2, named);
    parties.tasks[1 - revoked].node.tls.revoked = {fingerprint_of("node" + std::to_string(revoked))};
    auto main = parties.open(0);
    auto channel = parties.open(1);
    const auto status = channel->send(0, v1::Publish());
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message(), HasSubstr(revoked == 0 ? "it is revoked" : "refused the connection"));
  }
}

TEST_F(Tls, ACaThatIsBoundToOtherNamesCannotSpeakForAPeer) {
  // Both CAs are believed, and the foreign one has certified a "node1" of its own.
  for (const bool bound : {false, true}) {
    Parties parties(2, named);
    parties.tasks[1].node.tls = foreign().files("node1");
    for (auto& file : parties.tasks) {
      file.node.tls.authorities = {{foreign().ca().string(), {"node0", "localhost", "127.0.0.1", "::1"}}};
      if (!bound) file.node.tls.authorities[0].names.push_back("node1");
    }
    parties.tasks[1].node.tls.authorities = {{certificates().ca().string(), {"node0", "localhost", "127.0.0.1", "::1"}}};
    auto main = parties.open(0);
    auto channel = parties.open(1);
    const auto status = channel->send(0, v1::Publish());
    EXPECT_EQ(status.ok(), !bound);
    if (bound) {
      EXPECT_THAT(status.error().message(), HasSubstr("refused the connection"));
    }
    std::vector<std::unique_ptr<TaskChannel>> both;
    both.push_back(std::move(main));
    both.push_back(std::move(channel));
    finish_all(both);
  }
}

TEST_F(Tls, PlainTextGetsNoAnswer) {
  Parties parties(2, named);
  auto main = parties.open(0);
  parties.tasks[1].node.insecure = true;
  auto channel = parties.open(1);
  EXPECT_FALSE(channel->send(0, v1::Publish()).ok());
}

/// The TLS version that a caller with a good certificate ends up with; empty when the handshake fails.
std::string version_spoken_with(std::uint16_t port, const Certificates& certificates, int lowest, int highest) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free);
  ::SSL_CTX_set_min_proto_version(context.get(), lowest);
  ::SSL_CTX_set_max_proto_version(context.get(), highest);
  EXPECT_EQ(::SSL_CTX_use_certificate_chain_file(context.get(), certificates.certificate("node1").c_str()), 1);
  EXPECT_EQ(::SSL_CTX_use_PrivateKey_file(context.get(), certificates.key("node1").c_str(), SSL_FILETYPE_PEM), 1);
  const unsigned char http2[] = "\x02h2";
  ::SSL_CTX_set_alpn_protos(context.get(), http2, 3);
  const std::unique_ptr<SSL, decltype(&::SSL_free)> ssl(::SSL_new(context.get()), &::SSL_free);
  ::SSL_set_fd(ssl.get(), fd);
  const std::string version = ::SSL_connect(ssl.get()) == 1 ? ::SSL_get_version(ssl.get()) : "";
  ::close(fd);
  return version;
}

TEST_F(Tls, OnlyVersionThirteenIsSpoken) {
  Parties parties(2, named);
  auto main = parties.open(0);
  const auto port = parties.tasks[0].self().computation_port;
  EXPECT_EQ(version_spoken_with(port, certificates(), TLS1_VERSION, TLS1_3_VERSION), "TLSv1.3");
  EXPECT_EQ(version_spoken_with(port, certificates(), TLS1_VERSION, TLS1_2_VERSION), "");
}

grpc::Status ask_as(const std::string& name, const Certificates& certificates, const std::string& target) {
  const auto material = certificates.unchecked(name);
  const auto stub = v1::TaskQuery::NewStub(grpc::CreateChannel(
      target, channel_credentials(&material, [](const std::string&) { return Status(); })));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v1::QueryRequest request;
  request.set_task_name("credit_v1");
  v1::QueryReply reply;
  return stub->Query(&context, request, &reply);
}

TEST_F(Tls, OnlyTheMasterOfTheTaskIsAnswered) {
  const auto master = tls::identity_of_pem(certificates().material("master").certificate_pem)->fingerprint;
  Parties parties(2, [&](task::TaskFile& file) {
    named(file);
    file.node.master_identity = master;
  });
  auto main = parties.open(0);
  const auto answered = ask_as("master", certificates(), parties.target(0));
  EXPECT_TRUE(answered.ok()) << answered.error_message();
  EXPECT_EQ(ask_as("node1", certificates(), parties.target(0)).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(Tls, ACertificateThatHasEndedOrNotYetBegunIsAnsweredByNobody) {
  const auto ask = [] {
    const auto identity = tls::identity_of_pem(pai::test::read_text(certificates().certificate("brief")))->fingerprint;
    Parties parties(2, [&](task::TaskFile& file) {
      named(file);
      file.node.master_identity = identity;
    });
    auto main = parties.open(0);
    return ask_as("brief", certificates(), parties.target(0)).error_code();
  };
  certificates().make({"brief"});
  EXPECT_EQ(ask(), grpc::StatusCode::OK);
  certificates().postdate("brief");
  EXPECT_EQ(ask(), grpc::StatusCode::UNAVAILABLE);
  certificates().make({"brief"}, {-1, {}, true});
  EXPECT_EQ(ask(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Tls, WithoutAKnownMasterNobodyIsAnswered) {
  Parties parties(2, named);
  auto main = parties.open(0);
  EXPECT_EQ(ask_as("master", certificates(), parties.target(0)).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace pai::client::test
