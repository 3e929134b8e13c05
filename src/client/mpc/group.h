#pragma once

#include <vector>

namespace pai::client::mpc {

/// The clients that hold shares, as one of them sees them (or the dealer, who has no place among them).
struct Group {
  std::vector<int> clients;  ///< ids, ascending; a client's place here is its party number
  int self = -1;             ///< own party number; -1 at the dealer

  int size() const { return static_cast<int>(clients.size()); }
  /// The party that adds public constants to its share.
  bool leads() const { return self == 0; }
};

}  // namespace pai::client::mpc
