#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/disclosure/passages.h"
#include "common/task/model.h"

namespace pai::test {

/// An alignment on loopback: client 0 is main, the others are feature clients, client i computes on port_of(i). No settings, no
/// identities.
inline task::TaskSpec alignment_spec(const std::string& name, int clients, const std::function<std::uint16_t(int)>& port_of) {
  task::TaskSpec spec;
  spec.name = name;
  for (int id = 0; id < clients; ++id) {
    task::ClientSpec client;
    client.id = id;
    client.role = id == 0 ? task::Role::kMainClient : task::Role::kFeatureClient;
    client.type = id == 0 ? task::ClientType::kAlignmentMain : task::ClientType::kAlignmentData;
    client.addr = "127.0.0.1";
    client.http_port = static_cast<std::uint16_t>(8083 + id);
    client.computation_port = port_of(id);
    spec.clients.push_back(client);
  }
  return spec;
}

/// For a channel whose test or benchmark is not about who may send what. As in earnest: disclosure::may_pass.
inline disclosure::Bodies everything_may_pass(const task::TaskSpec&, int, int) { return disclosure::Bodies().set(); }

}  // namespace pai::test
