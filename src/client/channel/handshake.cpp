#include "client/channel/handshake.h"

#include "client/channel/wire.h"
#include "common/base/text.h"

#ifndef PAI_VERSION
#define PAI_VERSION "0.0.0"
#endif

namespace pai::client {

namespace {

constexpr std::size_t kMessageBytesMax = 500;  // 512 on the wire; printable may add an ellipsis

std::string digest_bytes(const task::TaskFile& task) {
  const auto bytes = from_hex(task.spec.digest());
  PAI_CHECK(bytes.has_value(), "a task digest is hexadecimal");
  return {bytes->begin(), bytes->end()};
}

}  // namespace

std::string party_label(const task::TaskFile& task, int client) {
  const auto& spec = task.spec.clients.at(static_cast<std::size_t>(client));
  return "client " + std::to_string(client) + " (" + std::string(task::role_name(spec.role)) + " at " + spec.node() + ")";
}

v1::Hello make_hello(const task::TaskFile& task, int peer) {
  v1::Hello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_software_version(PAI_VERSION);
  hello.set_task_name(task.spec.name);
  hello.set_task_digest(digest_bytes(task));
  hello.set_run_id(task.run_id);
  hello.set_from_client(static_cast<std::uint32_t>(task.client_id));
  hello.set_to_client(static_cast<std::uint32_t>(peer));
  return hello;
}

std::optional<v1::Refusal> check_hello(const task::TaskFile& task, const v1::Hello& hello,
                                       std::optional<int> expected_from) {
  if (hello.protocol_version() != kProtocolVersion) {
    return make_refusal(v1::REFUSAL_REASON_VERSION,
                        "protocol version " + std::to_string(kProtocolVersion) + " is spoken here, not " +
                            std::to_string(hello.protocol_version()));
  }
  if (hello.task_name() != task.spec.name) {
    return make_refusal(v1::REFUSAL_REASON_TASK, "another task runs here than '" + printable(hello.task_name()) + "'");
  }
  const auto self = static_cast<std::uint32_t>(task.client_id);
  if (hello.to_client() != self) {
    return make_refusal(v1::REFUSAL_REASON_CLIENT_ID, "this is client " + std::to_string(self) + ", not client " +
                                                          std::to_string(hello.to_client()));
  }
  const bool plausible = expected_from ? hello.from_client() == static_cast<std::uint32_t>(*expected_from)
                                       : hello.from_client() > self && hello.from_client() < task.spec.clients.size();
  if (!plausible) {
    return make_refusal(v1::REFUSAL_REASON_CLIENT_ID,
                        "client " + std::to_string(hello.from_client()) + " is not expected here");
  }
  if (hello.task_digest() != digest_bytes(task)) {
    return make_refusal(v1::REFUSAL_REASON_DIGEST, "the two sides were given different versions of the task");
  }
  if (hello.run_id() != task.run_id) {
    return make_refusal(v1::REFUSAL_REASON_RUN, "the two sides belong to different starts of the task");
  }
  return std::nullopt;
}

Status check_identity(const task::TaskFile& task, const tls::Material& material, int client, const std::string& chain_pem) {
  const auto& spec = task.spec.clients.at(static_cast<std::size_t>(client));
  const auto& due = spec.identity.empty() ? spec.addr : spec.identity;
  const auto who = party_label(task, client);
  auto identity = tls::identity_of_pem(chain_pem);
  if (!identity.ok()) {
    return Error(ErrorCode::kUnauthenticated, who + " presented a certificate that cannot be read");
  }
  if (auto vouched = tls::vet(material.vetting, chain_pem); !vouched.ok()) {
    return std::move(vouched).error().in_context(who);
  }
  if (tls::matches(*identity, due)) return {};
  return Error(ErrorCode::kUnauthenticated, who + " presented the certificate of '" + printable(identity->common_name) +
                                                "' (" + identity->fingerprint + "), where '" + due + "' is due")
      .with_hint("the task's `identity` of that client, or its address, must be a name in its certificate");
}

v1::Refusal make_refusal(v1::RefusalReason reason, std::string message) {
  v1::Refusal refusal;
  refusal.set_reason(reason);
  refusal.set_message(printable(message, kMessageBytesMax));
  return refusal;
}

}  // namespace pai::client
