#include "integration/nn/wire.h"

#include <array>
#include <cmath>
#include <cstring>

#include "client/ring/words.h"

namespace pai::client::nn::test {

namespace {

const google::protobuf::Message& body_of(const v1::Frame& frame) {
  const auto* const field = frame.GetDescriptor()->FindFieldByNumber(frame.body_case());
  return frame.GetReflection()->GetMessage(frame, field);
}

}  // namespace

std::string type_of(const v1::Frame& frame) {
  return body_of(frame).GetDescriptor()->name();
}

std::set<std::string> types_received(const std::vector<TrainingRun::Sent>& sent, int client) {
  std::set<std::string> types;
  for (const auto& message : sent) {
    if (message.to == client) types.insert(type_of(message.frame));
  }
  return types;
}

std::string words_of(const v1::Frame& frame) {
  const auto& body = body_of(frame);
  const auto* const field = body.GetDescriptor()->FindFieldByName("words");
  return field == nullptr ? std::string() : body.GetReflection()->GetString(body, field);
}

std::vector<ring::Word> as_words(const std::string& bytes) {
  std::vector<ring::Word> words(bytes.size() / sizeof(ring::Word));
  std::memcpy(words.data(), bytes.data(), words.size() * sizeof(ring::Word));
  return words;
}

std::map<Place, std::vector<ring::Word>> opened_words(
    const std::vector<TrainingRun::Sent>& sent,
    const std::map<std::size_t, std::vector<Segment>>& segments_by_bytes) {
  std::map<Place, std::vector<ring::Word>> sums;
  for (const auto& message : sent) {
    if (!message.frame.has_opening()) continue;
    // Each client sends the same to all others: what goes to the lowest other id counts.
    if (message.to != (message.from == 2 ? 3 : 2)) continue;
    const auto& opening = message.frame.opening();
    const auto packed = segments_by_bytes.find(opening.words().size());
    const auto segments = packed == segments_by_bytes.end()
                              ? std::vector<Segment>{{opening.words().size() / sizeof(ring::Word)}}
                              : packed->second;
    auto& sum = sums[{opening.operation(), opening.round()}];
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(opening.words().data());
    std::size_t at = 0;
    for (const auto& [count, bits] : segments) {
      std::vector<ring::Word> words(count);
      const auto size = ring::packed_bytes(count, bits);
      ring::unpack({bytes, size}, bits, words);
      bytes += size;
      sum.resize(std::max(sum.size(), at + count));
      const auto part = std::span(sum).subspan(at, count);
      ring::add(part, words);
      for (auto& word : part) word &= ~ring::Word{0} >> (64 - bits);
      at += count;
    }
  }
  return sums;
}

std::vector<ring::Word> masked_rows(const std::vector<TrainingRun::Sent>& sent, int from,
                                    std::uint64_t operation) {
  std::vector<ring::Word> rows;
  for (const auto& message : sent) {
    if (!message.frame.has_masked_rows() || message.from != from || message.to != (from == 2 ? 3 : 2))
      continue;
    if (message.frame.masked_rows().operation() != operation) continue;
    const auto words = as_words(message.frame.masked_rows().words());
    rows.insert(rows.end(), words.begin(), words.end());
  }
  return rows;
}

double uniformity(const std::string& bytes, unsigned mask) {
  std::array<double, 256> counts{};
  double total = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if ((mask >> (i % 8) & 1) == 0) continue;
    ++counts[static_cast<unsigned char>(bytes[i])];
    ++total;
  }
  double sum = 0;
  for (const double count : counts) sum += (count - total / 256) * (count - total / 256) / (total / 256);
  return (sum - 255) / std::sqrt(2 * 255.0);
}

}  // namespace pai::client::nn::test
