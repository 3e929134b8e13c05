#include "bench/channel/training_messages.h"

#include <chrono>
#include <cstdio>
#include <sstream>

namespace pai::bench {

namespace {

/// Of each data client of a task, the number of the dealer's operation decides whose turn it is.
int turn_of(int iteration, int data_clients) {
  return 1 + iteration % data_clients;
}

Status deal(client::Channel& channel, const TrainingMessages& messages) {
  for (int i = 0; i < messages.iterations; ++i) {
    v1::Correction correction;
    correction.set_operation(static_cast<std::uint64_t>(i));
    correction.set_words(std::string(messages.correction, 'c'));
    PAI_TRY(channel.send(turn_of(i, messages.data_clients), std::move(correction)));
  }
  return {};
}

Status open_round(client::Channel& channel, const TrainingMessages& messages, int iteration,
                  std::size_t round) {
  for (int peer = 1; peer <= messages.data_clients; ++peer) {
    if (peer == channel.self()) continue;
    v1::Opening opening;
    opening.set_operation(static_cast<std::uint64_t>(iteration));
    opening.set_round(static_cast<std::uint32_t>(round));
    opening.set_words(std::string(messages.openings[round], 'o'));
    PAI_TRY(channel.send(peer, std::move(opening)));
  }
  for (int peer = 1; peer <= messages.data_clients; ++peer) {
    if (peer == channel.self()) continue;
    PAI_ASSIGN(const auto opening, channel.receive<v1::Opening>(peer));
    (void)opening;
  }
  return {};
}

Status compute(client::Channel& channel, const TrainingMessages& messages) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < messages.iterations; ++i) {
    if (channel.self() == turn_of(i, messages.data_clients)) {
      PAI_ASSIGN(const auto correction, channel.receive<v1::Correction>(messages.data_clients + 1));
      (void)correction;
    }
    for (std::size_t round = 0; round < messages.openings.size(); ++round) {
      PAI_TRY(open_round(channel, messages, i, round));
    }
  }
  if (channel.self() != messages.data_clients) return {};
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("training's messages alone, %s: %.0f iterations/s\n", text_of(messages).c_str(),
              messages.iterations / seconds);
  return {};
}

}  // namespace

TrainingMessages logistic_messages(int data_clients, std::size_t batch, std::size_t columns) {
  constexpr std::size_t kWord = 8, kAngleBits = 42, kTables = 2 * 10, kProducts = 2, kHalfWords = 5;
  return {.data_clients = data_clients,
          .openings = {(kAngleBits * batch + 7) / 8 + kWord * columns, kWord * batch, kWord * columns},
          .correction = kWord * (kTables + kProducts) * batch + kHalfWords * columns * kWord / 2};
}

std::string text_of(const TrainingMessages& messages) {
  std::ostringstream text;
  text << "clients=" << messages.data_clients << ",iterations=" << messages.iterations
       << ",correction=" << messages.correction << ",openings=";
  for (std::size_t i = 0; i < messages.openings.size(); ++i)
    text << (i == 0 ? "" : "+") << messages.openings[i];
  return text.str();
}

TrainingMessages training_messages_of(const std::string& text) {
  TrainingMessages messages;
  std::istringstream fields(text);
  for (std::string field; std::getline(fields, field, ',');) {
    const auto equals = field.find('=');
    if (equals == std::string::npos) continue;
    const std::string name = field.substr(0, equals);
    std::istringstream value(field.substr(equals + 1));
    if (name == "clients") {
      value >> messages.data_clients;
    } else if (name == "iterations") {
      value >> messages.iterations;
    } else if (name == "correction") {
      value >> messages.correction;
    } else if (name == "openings") {
      messages.openings.clear();
      for (std::string bytes; std::getline(value, bytes, '+');)
        messages.openings.push_back(std::stoul(bytes));
    }
  }
  return messages;
}

Status replay(client::Channel& channel, const TrainingMessages& messages) {
  if (channel.self() >= 1 && channel.self() <= messages.data_clients) return compute(channel, messages);
  if (channel.self() == messages.data_clients + 1) return deal(channel, messages);
  return {};
}

}  // namespace pai::bench
