#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/task/task_file.h"
#include "common/tls/tls.h"
#include "pai/v1/channel.pb.h"

namespace pai::client {

/// "client 1 (feature_client at 127.0.0.1:8084)": how errors and logs name a party.
std::string party_label(const task::TaskFile& task, int client);

/// The first frame of this client to `peer`.
v1::Hello make_hello(const task::TaskFile& task, int peer);

/// Checks a Hello against our task: version, ids, name, digest, run. `expected_from` is who is called, or nothing when we
/// are called: then any client with a higher id than ours may be the caller. The refusal to send, or nothing.
std::optional<v1::Refusal> check_hello(const task::TaskFile& task, const v1::Hello& hello, std::optional<int> expected_from);

/// Checks that a presented certificate (PEM, what came with it behind) belongs to the client: it has the `identity` that the task names,
/// else the client's address among its names, and tls::vet has nothing against it. kUnauthenticated saying who it was, and
/// who was due.
Status check_identity(const task::TaskFile& task, const tls::Material& material, int client, const std::string& chain_pem);

/// A refusal with the sentence cut to what the wire allows.
v1::Refusal make_refusal(v1::RefusalReason reason, std::string message);

}  // namespace pai::client
