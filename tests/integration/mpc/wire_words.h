#pragma once

#include <string>
#include <vector>

#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {

/// A tensor that an Opening carries.
struct Segment {
  std::size_t words;
  int bits = 64;
};

/// Words of one kind that went over the wire, in the order of sending.
struct WireWords {
  std::string name;
  Words words;
  int bits = 64;
};

/// All that the data clients and the dealer sent in the last run, and what the openings add up to. Every Opening has these segments; what
/// goes to several peers stands here once. A Correction is words of 64 bits, whatever its tensors (bytes at its end that are no word are left
/// out); or, where `corrections` says so, those segments by themselves.
std::vector<WireWords> wire_words(const Parties& parties, const std::vector<Segment>& segments,
                                  const std::vector<Segment>& corrections = {});

}  // namespace pai::client::mpc::test
