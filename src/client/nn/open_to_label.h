#pragma once

#include <span>
#include <string>
#include <vector>

#include "client/mpc/wire_words.h"
#include "client/nn/party.h"
#include "client/ring/words.h"

namespace pai::client::nn {

/// Opens shared words to the label client alone: the others send theirs in messages of type M, as many as they need, the label client's `words` become the
/// values. kProtocol, blaming the peer, for another operation or size.
template <class M>
Status open_to_label(const Party& party, std::uint64_t operation, std::span<ring::Word> words) {
  if (!party.is_label()) {
    return mpc::for_each_part(std::span<const ring::Word>(words), [&](std::span<const ring::Word> part) {
      M message;
      message.set_operation(operation);
      mpc::set_words(*message.mutable_words(), part);
      return party.channel.send(party.label, std::move(message));
    });
  }
  std::vector<ring::Word> share(words.size());
  for (const int peer : party.group.clients) {
    if (peer == party.label) continue;
    PAI_TRY(mpc::for_each_part(std::span(share), [&](std::span<ring::Word> part) -> Status {
      PAI_ASSIGN(const auto message, party.channel.template receive<M>(peer));
      if (message.operation() == operation && mpc::get_words(message.words(), part)) return {};
      return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " + M::descriptor()->name() +
                                             " of operation " + std::to_string(message.operation()) + " with " +
                                             std::to_string(message.words().size()) + " bytes; operation " +
                                             std::to_string(operation) + " with " +
                                             std::to_string(part.size_bytes()) + " was due")
          .blaming(peer);
    }));
    ring::add(words, share);
  }
  return {};
}

}  // namespace pai::client::nn
