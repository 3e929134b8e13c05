#pragma once

#include <vector>

namespace pai::client::align {

/// The data clients in the order in which a set of points travels (psi "ecdh"): ascending ids, the last
/// followed by the first.
class Ring {
 public:
  /// `self` is one of the parties.
  Ring(std::vector<int> parties, int self) : parties_(std::move(parties)), self_(self) {}

  int next() const { return after(self_); }
  int previous() const { return before(self_); }
  /// The client at which a set has been through all hands.
  int last_of(int owner) const { return before(owner); }
  bool is_last_of(int owner) const { return last_of(owner) == self_; }
  const std::vector<int>& parties() const { return parties_; }
  bool contains(int party) const;

 private:
  int after(int party) const;
  int before(int party) const;

  std::vector<int> parties_;
  int self_;
};

}  // namespace pai::client::align
