#include "client/mpc/dealer_source.h"

#include <algorithm>

#include "client/mpc/wire_words.h"
#include "client/ring/words.h"

namespace pai::client::mpc {

Result<DealerSource> DealerSource::open(Channel& channel, const Group& group, const std::string& run_id,
                                        const ring::Seed* fixed) {
  DealerSource source(channel, group);
  for (int party = 0; party < group.size(); ++party) {
    ring::SecretSeed seed;
    if (fixed == nullptr) {
      crypto::random_bytes(*seed);
    } else {
      *seed = *fixed;
      seed->back() ^= static_cast<std::uint8_t>(party);
    }
    source.streams_.emplace_back(seed, run_id);
    v1::DealerSeed message;
    message.set_seed(seed->data(), seed->size());
    PAI_TRY(channel.send(group.clients[static_cast<std::size_t>(party)], std::move(message)));
  }
  return source;
}

void DealerSource::uniform(std::span<Word> words) {
  const ring::Place place{operation(), next_tensor()};
  std::fill(words.begin(), words.end(), 0);
  for (const auto& stream : streams_) stream.add_to(place, words);
}

void DealerSource::own(int party, std::span<Word> words) {
  streams_[static_cast<std::size_t>(party)].expand({operation(), next_tensor()}, words);
}

/// correction = value − the shares that the other clients expand.
void DealerSource::settle(std::span<Word> words) {
  const ring::Place place{operation(), next_tensor()};
  const auto turn = operation() % streams_.size();
  scratch_.assign(words.size(), 0);
  for (std::size_t party = 0; party < streams_.size(); ++party) {
    if (party != turn) streams_[party].add_to(place, scratch_);
  }
  auto& correction = corrections_[turn];
  const auto begin = correction.size();
  correction.insert(correction.end(), words.begin(), words.end());
  ring::subtract(std::span(correction).subspan(begin), scratch_);
}

void DealerSource::deliver(int party, std::size_t size, std::span<Word> words) {
  (void)next_tensor();
  PAI_CHECK(words.size() == size, "a given tensor of another size");
  auto& correction = corrections_[static_cast<std::size_t>(party)];
  correction.insert(correction.end(), words.begin(), words.end());
}

Status DealerSource::finish() {
  for (std::size_t party = 0; party < corrections_.size(); ++party) {
    auto& words = corrections_[party];
    if (words.empty()) continue;
    const auto send = [&](std::span<const Word> part) {
      v1::Correction message;
      message.set_operation(operation());
      set_words(*message.mutable_words(), part);
      return channel_.send(group_.clients[party], std::move(message));
    };
    PAI_TRY(for_each_part(std::span<const Word>(words), send));
    if (words.size() % kMessageWordsMax == 0) PAI_TRY(send({}));  // a part that is not full is the last
    words.clear();
  }
  return {};
}

Status DealerSource::end() {
  for (const int client : group_.clients) {
    v1::Correction message;
    message.set_operation(operation());
    message.set_last(true);
    PAI_TRY(channel_.send(client, std::move(message)));
  }
  return {};
}

}  // namespace pai::client::mpc
