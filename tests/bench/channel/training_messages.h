#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/channel/channel.h"

namespace pai::bench {

/// What training sends, without what it computes: each iteration an Opening a round from every data client to
/// every other, and a Correction from the dealer, who runs ahead as far as the channel lets it, to one data
/// client in turn.
struct TrainingMessages {
  int data_clients = 3;
  int iterations = 3000;
  std::vector<std::size_t> openings;  ///< bytes a peer, round by round
  std::size_t correction = 0;         ///< bytes an iteration
};

/// Logistic regression in full security as docs/protocols/training.md has it: the angle of z (6 + 36 bits) with
/// the next e, D − T, the gradient; from the dealer 2 · 10 tables and two products a row, and two and a half
/// words a column. `columns` includes the bias.
TrainingMessages logistic_messages(int data_clients, std::size_t batch, std::size_t columns);

/// In one word, for a command line, and back.
std::string text_of(const TrainingMessages& messages);
TrainingMessages training_messages_of(const std::string& text);

/// Clients 1 to N are the data clients, N + 1 is the dealer; any other does nothing. The last data client
/// prints iterations/s.
Status replay(client::Channel& channel, const TrainingMessages& messages);

}  // namespace pai::bench
