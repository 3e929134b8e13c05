#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/tls/tls.h"

namespace grpc {
class AuthContext;
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace pai::client {

/// Settings of gRPC's that hold for the process: TLS 1.3 alone, its log into ours, no search for deadlocks. Called first of
/// all, while the process has one thread; later calls do nothing.
void prepare_grpc();

/// Without material: insecure. A caller must show a certificate that the trusted bundle vouches for.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const tls::Material* material);

/// `check` gets the certificate (PEM) of whoever answers, and those that came with it, after the bundle vouched for it and before a byte is sent.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const tls::Material* material,
                                                              std::function<Status(const std::string&)> check);

/// The certificate (PEM) that the other side showed, and those that came with it; empty without TLS.
std::string peer_certificate(const grpc::AuthContext& context);

}  // namespace pai::client
