#pragma once

#include <span>
#include <string>
#include <vector>

#include "client/mpc/wire_words.h"
#include "client/nn/party.h"
#include "client/ring/words.h"

namespace pai::client::nn {

/// Opens shared words to the label client alone: the others send theirs in a message of type M, the label client's `words` become the
/// values. kProtocol, blaming the peer, for another operation or size.
template <class M>
Status open_to_label(const Party& party, std::uint64_t operation, std::span<ring::Word> words) {
  if (!party.is_label()) {
    M message;
    message.set_operation(operation);
    mpc::set_words(*message.mutable_words(), words);
    return party.channel.send(party.label, std::move(message));
  }
  std::vector<ring::Word> share(words.size());
  for (const int peer : party.group.clients) {
    if (peer == party.label) continue;
    PAI_ASSIGN(const auto message, party.channel.template receive<M>(peer));
    if (message.operation() != operation || !mpc::get_words(message.words(), share)) {
      return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " + M::descriptor()->name() +
                                             " of operation " + std::to_string(message.operation()) + " with " +
                                             std::to_string(message.words().size()) + " bytes; operation " +
                                             std::to_string(operation) + " with " +
                                             std::to_string(words.size_bytes()) + " was due")
          .blaming(peer);
    }
    ring::add(words, share);
  }
  return {};
}

}  // namespace pai::client::nn
