#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/tls/tls.h"

namespace pai::bench {

/// What a party of one task needs to know to find the others. Every connection is mutual TLS on loopback.
struct Party {
  int self = 0;
  std::vector<std::uint16_t> ports;  ///< by party
  tls::Files files;                  ///< of this party

  int parties() const { return static_cast<int>(ports.size()); }
};

/// Messages between one party and each of the others by one kind of transport. One thread uses it. Faults end
/// the process.
class Links {
 public:
  virtual ~Links() = default;
  virtual void send(int peer, const std::string& body) = 0;
  /// Waits for the next message of `peer` and gives the size of its body.
  virtual std::size_t receive(int peer) = 0;
};

/// OpenSSL over a blocking socket: what any transport with TLS costs at least.
std::unique_ptr<Links> tls_links(const Party& party);
/// One bidirectional gRPC stream a pair, by its synchronous interface on both sides; the caller's thread
/// reads.
std::unique_ptr<Links> sync_links(const Party& party);
/// The same streams over one completion queue a party, which the caller's thread alone serves.
std::unique_ptr<Links> queue_links(const Party& party);
/// The same streams by reactors, whose threads hand what came to the caller's.
std::unique_ptr<Links> callback_links(const Party& party);
/// Our channel.
std::unique_ptr<Links> channel_links(const Party& party);

[[noreturn]] void give_up(const std::string& why);

}  // namespace pai::bench
