#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "client/ring/matrix.h"
#include "integration/nn/training_run.h"

namespace pai::client::nn::test {

/// Name of the message in a frame.
std::string type_of(const v1::Frame& frame);
/// Names of the messages that a client received.
std::set<std::string> types_received(const std::vector<TrainingRun::Sent>& sent, int client);
/// The `words` field of a frame's message; empty when it has none.
std::string words_of(const v1::Frame& frame);
std::vector<ring::Word> as_words(const std::string& bytes);

/// Operation and round of an opening.
using Place = std::pair<std::uint64_t, std::uint32_t>;
/// So many words in an opening, one after the other, each packed in so many bits.
struct Segment {
  std::size_t words = 0;
  int bits = 64;
};
/// What the data clients opened to one another: the sums of all their shares. Messages of a size in
/// `segments_by_bytes` have these segments, all others whole words.
std::map<Place, std::vector<ring::Word>> opened_words(
    const std::vector<TrainingRun::Sent>& sent,
    const std::map<std::size_t, std::vector<Segment>>& segments_by_bytes = {});

/// All rows of E that a client sent for one matrix (its operation), in the rows' order.
std::vector<ring::Word> masked_rows(const std::vector<TrainingRun::Sent>& sent, int from,
                                    std::uint64_t operation);

/// χ² of bytes against the uniform distribution, in standard deviations from its mean (255 degrees of
/// freedom); only for the bytes whose position modulo 8 is in `mask` (bit by position).
double uniformity(const std::string& bytes, unsigned mask = 0xff);

}  // namespace pai::client::nn::test
