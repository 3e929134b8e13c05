#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "client/channel/memory_channel.h"
#include "client/mpc/client_source.h"
#include "client/mpc/dealer_source.h"
#include "client/mpc/exchange.h"
#include "client/mpc/group.h"

namespace pai::client::mpc::test {

/// A data client in its thread.
struct DataClient {
  Channel& channel;
  const Group& group;
  ClientSource& source;
  Exchange& exchange;

  std::size_t party() const { return static_cast<std::size_t>(group.self); }
  bool leads() const { return group.leads(); }
  /// Draws an operation's tensors, and starts its rounds.
  template <class Draw>
  Status begin(Draw draw) {
    source.begin();
    draw(source);
    PAI_TRY(source.finish());
    exchange.begin(source.operation());
    return {};
  }
};

/// N data clients and a dealer in this process, each in a thread of its own, over memory channels. The dealer is client 1, the data clients
/// are clients 0, 2, 3 …, so that nobody's id is everybody's place in the group.
class Parties {
 public:
  using ClientRole = std::function<Status(DataClient&)>;
  /// Between DealerSource::open and its end.
  using DealerRole = std::function<Status(DealerSource&)>;
  /// Instead of a whole party: whatever it sends and receives.
  using Script = std::function<Status(Channel&)>;

  explicit Parties(int data_clients);

  /// Runs all parties to their ends. A client of id `scripted` follows `script` instead of its role.
  void run(const ClientRole& client, const DealerRole& dealer, int scripted = -1, const Script& script = {});

  MemoryNetwork network;  ///< may be changed before `run`
  std::string run_id = "00112233445566778899aabbccddeeff";
  const ring::Seed* fixed_seed = nullptr;

  static constexpr int kDealer = 1;
  int data_clients() const { return data_clients_; }
  /// The id of the party with this number.
  int client(std::size_t party) const { return party == 0 ? 0 : static_cast<int>(party) + 1; }
  Group group(int self) const;

  const Status& status(int client) const { return statuses_.at(static_cast<std::size_t>(client)); }
  const Status& status_of_party(std::size_t party) const { return status(client(party)); }
  std::string message(int client) const { return status(client).ok() ? "" : status(client).error().describe(); }
  bool ok() const;
  /// Every client's message, for failed expectations.
  std::string messages() const;

  /// A message that went over the wire in the last `run`.
  template <class M>
  struct Sent {
    int from, to;
    M message;
  };
  /// In the order of sending, as far as one pair goes.
  template <class M>
  std::vector<Sent<M>> sent() const;
  /// Messages of all kinds from one client to another in the last `run`.
  std::size_t frames(int from, int to) const;

 private:
  struct SentFrame {
    int from, to;
    v1::Frame frame;
  };
  static const v1::Opening* body(const v1::Frame& frame, const v1::Opening*) {
    return frame.has_opening() ? &frame.opening() : nullptr;
  }
  static const v1::Correction* body(const v1::Frame& frame, const v1::Correction*) {
    return frame.has_correction() ? &frame.correction() : nullptr;
  }
  static const v1::ShuffleShare* body(const v1::Frame& frame, const v1::ShuffleShare*) {
    return frame.has_shuffle_share() ? &frame.shuffle_share() : nullptr;
  }
  static const v1::MaskedRows* body(const v1::Frame& frame, const v1::MaskedRows*) {
    return frame.has_masked_rows() ? &frame.masked_rows() : nullptr;
  }
  static const v1::DealerSeed* body(const v1::Frame& frame, const v1::DealerSeed*) {
    return frame.has_dealer_seed() ? &frame.dealer_seed() : nullptr;
  }
  Status run_client(Channel& channel, const ClientRole& role) const;
  Status run_dealer(Channel& channel, const DealerRole& role) const;

  int data_clients_;
  std::vector<Status> statuses_;
  mutable std::mutex wire_mutex_;
  std::vector<SentFrame> sent_;
};

template <class M>
std::vector<Parties::Sent<M>> Parties::sent() const {
  const std::lock_guard lock(wire_mutex_);
  std::vector<Sent<M>> messages;
  for (const auto& [from, to, frame] : sent_) {
    if (const auto* message = body(frame, static_cast<const M*>(nullptr))) messages.push_back({from, to, *message});
  }
  return messages;
}

/// Operations one after the other with one Tool (a primitive, or a struct of several): everybody and the dealer draw it, then each data
/// client computes. `draw` takes the source, the tool and, where it wants it, the group; `compute` the client, the tool and the number of
/// the operation. Fails the test when a party fails.
template <class Tool, class Draw, class Compute>
void run_operations(Parties& parties, std::size_t operations, Draw draw, Compute compute) {
  const auto draw_tool = [&](Source& source, Tool& tool, const Group& group) {
    if constexpr (std::is_invocable_v<Draw, Source&, Tool&, const Group&>) {
      draw(source, tool, group);
    } else {
      draw(source, tool);
    }
  };
  parties.run(
      [&](DataClient& self) -> Status {
        Tool tool;
        for (std::size_t i = 0; i < operations; ++i) {
          PAI_TRY(self.begin([&](Source& source) { draw_tool(source, tool, self.group); }));
          PAI_TRY(compute(self, tool, i));
        }
        return {};
      },
      [&](DealerSource& source) -> Status {
        Tool tool;
        for (std::size_t i = 0; i < operations; ++i) {
          source.begin();
          draw_tool(source, tool, parties.group(Parties::kDealer));
          PAI_TRY(source.finish());
        }
        return {};
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();
}

template <class Tool, class Draw, class Compute>
void run_operation(Parties& parties, Draw draw, Compute compute) {
  run_operations<Tool>(parties, 1, draw,
                       [&](DataClient& self, Tool& tool, std::size_t) { return compute(self, tool); });
}

}  // namespace pai::client::mpc::test
