#include "client/mpc/dealer_source.h"

#include <algorithm>
#include <cstring>

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
  streams_.front().expand(place, words);
  for (std::size_t party = 1; party < streams_.size(); ++party) streams_[party].add_to(place, words);
}

void DealerSource::own(int party, std::span<Word> words) {
  streams_[static_cast<std::size_t>(party)].expand({operation(), next_tensor()}, words);
}

/// correction = value − the shares that the other clients expand.
void DealerSource::settle(std::span<Word> words, int bits) {
  const ring::Place place{operation(), next_tensor()};
  const auto turn = operation() % streams_.size();
  scratch_.resize(words.size());
  bool first = true;
  for (std::size_t party = 0; party < streams_.size(); ++party) {
    if (party == turn) continue;
    if (first) {
      streams_[party].expand(place, scratch_);
    } else {
      streams_[party].add_to(place, scratch_);
    }
    first = false;
  }
  if (first) std::fill(scratch_.begin(), scratch_.end(), 0);
  for (std::size_t i = 0; i < words.size(); ++i) scratch_[i] = words[i] - scratch_[i];
  append(turn, scratch_, bits);
}

void DealerSource::uniform_bits(std::span<Word> words) {
  const ring::Place place{operation(), next_tensor()};
  std::fill(words.begin(), words.end(), 0);
  scratch_.resize(words.size());
  for (const auto& stream : streams_) {
    stream.expand(place, scratch_);
    for (std::size_t i = 0; i < words.size(); ++i) words[i] ^= scratch_[i];
  }
}

/// As `settle`, with exclusive or in the place of sums.
void DealerSource::settle_bits(std::span<Word> words) {
  const ring::Place place{operation(), next_tensor()};
  const auto turn = operation() % streams_.size();
  std::vector<Word> correction(words.begin(), words.end());
  scratch_.resize(words.size());
  for (std::size_t party = 0; party < streams_.size(); ++party) {
    if (party == turn) continue;
    streams_[party].expand(place, scratch_);
    for (std::size_t i = 0; i < words.size(); ++i) correction[i] ^= scratch_[i];
  }
  append(turn, correction, 64);
}

/// As `settle`, in halves.
void DealerSource::settle_halves(std::span<ring::Half> halves) {
  const ring::Place place{operation(), next_tensor()};
  const auto turn = operation() % streams_.size();
  auto& correction = corrections_[turn];
  const auto begin = correction.size();
  correction.resize(begin + halves.size_bytes());
  std::vector<ring::Half> rest(halves.begin(), halves.end());
  scratch_.resize((halves.size() + 1) / 2);
  for (std::size_t party = 0; party < streams_.size(); ++party) {
    if (party == turn) continue;
    streams_[party].expand(place, scratch_);
    const auto* const share = reinterpret_cast<const ring::HalfOfWord*>(scratch_.data());
    for (std::size_t i = 0; i < rest.size(); ++i) rest.data()[i] -= share[i];
  }
  if (!rest.empty()) std::memcpy(correction.data() + begin, rest.data(), halves.size_bytes());
}

void DealerSource::deliver(int party, std::size_t size, std::span<Word> words) {
  (void)next_tensor();
  PAI_CHECK(words.size() == size, "a given tensor of another size");
  append(static_cast<std::size_t>(party), words, 64);
}

void DealerSource::append(std::size_t party, std::span<const Word> words, int bits) {
  auto& correction = corrections_[party];
  const auto begin = correction.size();
  correction.resize(begin + ring::packed_bytes(words.size(), bits));
  ring::pack(words, bits, std::span(correction).subspan(begin));
}

Status DealerSource::finish() {
  for (std::size_t party = 0; party < corrections_.size(); ++party) {
    auto& bytes = corrections_[party];
    if (bytes.empty()) continue;
    const auto send = [&](std::span<const std::uint8_t> part) {
      v1::Correction message;
      message.set_operation(operation());
      message.set_words(part.data(), part.size());
      return channel_.send(group_.clients[party], std::move(message));
    };
    PAI_TRY(for_each_part(std::span<const std::uint8_t>(bytes), kMessageBytesMax, send));
    if (bytes.size() % kMessageBytesMax == 0) PAI_TRY(send({}));  // a part that is not full is the last
    bytes.clear();
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
