#include "integration/mpc/wire_words.h"

#include <map>

#include "client/mpc/wire_words.h"
#include "client/ring/words.h"

namespace pai::client::mpc::test {

namespace {

Words unpacked(const std::string& bytes, std::size_t& at, const Segment& segment) {
  const auto size = ring::packed_bytes(segment.words, segment.bits);
  Words words(segment.words);
  ring::unpack({reinterpret_cast<const std::uint8_t*>(bytes.data()) + at, size}, segment.bits, words);
  at += size;
  return words;
}

void append(Words& to, const Words& words) { to.insert(to.end(), words.begin(), words.end()); }

void append(Words& to, const std::string& bytes) {
  Words words(bytes.size() / sizeof(Word));
  EXPECT_TRUE(get_words(bytes, words));
  append(to, words);
}

/// What the dealer sent to each party, one operation after the other.
void add_corrections(const Parties& parties, const std::vector<Segment>& segments, std::vector<WireWords>& result) {
  std::map<int, std::string> bytes;
  for (const auto& sent : parties.sent<v1::Correction>()) bytes[sent.to] += sent.message.words();
  for (const auto& [to, all] : bytes) {
    if (all.empty()) continue;
    const auto name = "correction to client " + std::to_string(to);
    if (segments.empty()) {
      std::size_t at = 0;
      result.push_back({name, unpacked(all, at, {all.size() / sizeof(Word)})});
      continue;
    }
    std::vector<WireWords> tensors;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      tensors.push_back({name + ", tensor " + std::to_string(i), {}, segments[i].bits});
    }
    for (std::size_t at = 0; at < all.size();) {
      for (std::size_t i = 0; i < segments.size(); ++i) append(tensors[i].words, unpacked(all, at, segments[i]));
    }
    for (auto& tensor : tensors) result.push_back(std::move(tensor));
  }
}

/// Openings of each party, and their sums.
void add_openings(const Parties& parties, const std::vector<Segment>& segments, std::vector<WireWords>& result) {
  const auto clients = parties.group(Parties::kDealer).clients;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    Words total;
    for (const int from : clients) {
      Words own;
      for (const auto& sent : parties.sent<v1::Opening>()) {
        if (sent.from != from || sent.to != (from == clients[0] ? clients[1] : clients[0])) continue;
        std::size_t at = 0;
        for (std::size_t k = 0; k < i; ++k) at += ring::packed_bytes(segments[k].words, segments[k].bits);
        append(own, unpacked(sent.message.words(), at, segments[i]));
      }
      total.resize(own.size());
      ring::add(total, own);
      result.push_back({"opening " + std::to_string(i) + " of client " + std::to_string(from), std::move(own), segments[i].bits});
    }
    result.push_back({"opened tensor " + std::to_string(i), std::move(total), segments[i].bits});
  }
}

}  // namespace

std::vector<WireWords> wire_words(const Parties& parties, const std::vector<Segment>& segments,
                                  const std::vector<Segment>& corrections) {
  std::vector<WireWords> result;
  if (!parties.sent<v1::Opening>().empty()) add_openings(parties, segments, result);
  add_corrections(parties, corrections, result);
  std::map<int, Words> masked;
  std::map<std::pair<int, int>, Words> shuffled;
  for (const auto& sent : parties.sent<v1::ShuffleShare>()) append(shuffled[{sent.from, sent.to}], sent.message.words());
  const auto masked_rows = parties.sent<v1::MaskedRows>();
  for (const auto& sent : masked_rows) {
    if (sent.to == (sent.from == 0 ? 2 : 0)) append(masked[sent.from], sent.message.words());
  }
  for (auto& [from, words] : masked) result.push_back({"masked rows of client " + std::to_string(from), std::move(words)});
  for (auto& [pair, words] : shuffled) {
    result.push_back({"shuffle share of client " + std::to_string(pair.first) + " to " + std::to_string(pair.second), std::move(words)});
  }
  return result;
}

}  // namespace pai::client::mpc::test
