#pragma once

#include <memory>
#include <optional>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "bench/channel/links.h"
#include "client/channel/credentials.h"
#include "client/channel/tuning.h"
#include "pai/v1/channel.grpc.pb.h"

namespace pai::bench {

inline tls::Material material_of(const Party& party) {
  auto material = tls::load(party.files);
  if (!material.ok()) give_up(material.error().describe());
  return std::move(material).value();
}

/// A builder that listens at the party's port with what our channel sets.
inline void listen(grpc::ServerBuilder& builder, const Party& party, const tls::Material& material) {
  builder.AddListeningPort(
      "127.0.0.1:" + std::to_string(party.ports.at(static_cast<std::size_t>(party.self))),
      client::server_credentials(&material));
  client::set_transport_arguments(
      [&](const char* name, int value) { builder.AddChannelArgument(name, value); });
}

/// A stub to the peer, once it listens.
inline std::unique_ptr<v1::Computation::Stub> dial(const Party& party, int peer,
                                                   const tls::Material& material) {
  grpc::ChannelArguments arguments;
  client::set_transport_arguments([&](const char* name, int value) { arguments.SetInt(name, value); });
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 20);
  const auto channel = grpc::CreateCustomChannel(
      "ipv4:127.0.0.1:" + std::to_string(party.ports.at(static_cast<std::size_t>(peer))),
      client::channel_credentials(&material, [](const std::string&) { return Status(); }), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)))
    give_up("nobody listens");
  return v1::Computation::NewStub(channel);
}

inline v1::Frame hello(const Party& party) {
  v1::Frame frame;
  frame.mutable_hello()->set_from_client(static_cast<std::uint32_t>(party.self));
  return frame;
}

}  // namespace pai::bench
