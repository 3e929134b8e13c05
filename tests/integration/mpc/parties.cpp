#include "integration/mpc/parties.h"

#include <thread>

namespace pai::client::mpc::test {

Parties::Parties(int data_clients) : data_clients_(data_clients) {
  network.stall_timeout = std::chrono::seconds(60);
}

Group Parties::group(int self) const {
  Group group;
  for (int party = 0; party < data_clients_; ++party) {
    group.clients.push_back(client(static_cast<std::size_t>(party)));
    if (group.clients.back() == self) group.self = party;
  }
  return group;
}

Status Parties::run_client(Channel& channel, const ClientRole& role) const {
  const auto own_group = group(channel.self());
  PAI_ASSIGN(auto source, ClientSource::receive(channel, own_group, kDealer, run_id));
  Exchange exchange(channel, own_group);
  DataClient self{channel, own_group, source, exchange};
  PAI_TRY(role(self));
  return source.drain();
}

Status Parties::run_dealer(Channel& channel, const DealerRole& role) const {
  const auto clients = group(kDealer);
  PAI_ASSIGN(auto source, DealerSource::open(channel, clients, run_id, fixed_seed));
  PAI_TRY(role(source));
  return source.end();
}

void Parties::run(const ClientRole& client_role, const DealerRole& dealer_role, int scripted, const Script& script) {
  const int clients = data_clients_ + 1;
  sent_.clear();
  auto tapped = network;
  tapped.tap = [this](int from, int to, const v1::Frame& frame) {
    const std::lock_guard lock(wire_mutex_);
    sent_.push_back({from, to, frame});
  };
  const auto channels = make_memory_channels(clients, tapped);
  statuses_.assign(static_cast<std::size_t>(clients), Status());
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      auto& channel = *channels[static_cast<std::size_t>(client)];
      auto& status = statuses_[static_cast<std::size_t>(client)];
      if (client == scripted) {
        status = script(channel);
      } else if (client == kDealer) {
        status = run_dealer(channel, dealer_role);
      } else {
        status = run_client(channel, client_role);
      }
      channel.finish(status);
    });
  }
  for (auto& thread : threads) thread.join();
}

bool Parties::ok() const {
  for (const auto& status : statuses_) {
    if (!status.ok()) return false;
  }
  return !statuses_.empty();
}

std::size_t Parties::frames(int from, int to) const {
  const std::lock_guard lock(wire_mutex_);
  std::size_t count = 0;
  for (const auto& frame : sent_) count += frame.from == from && frame.to == to ? 1 : 0;
  return count;
}

std::string Parties::messages() const {
  std::string text;
  for (int client = 0; client <= data_clients_; ++client) text += std::to_string(client) + ": " + message(client) + "\n";
  return text;
}

}  // namespace pai::client::mpc::test
