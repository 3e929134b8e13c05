#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/result.h"

namespace pai::task {

/// Lines of JSON of which each holds the hash of all before it: whoever edits, cuts out or reorders one has
/// to write all that follow anew, and the last hash, kept elsewhere, shows even that.
///
///   {"n":0,…,"hash":"H0"}    n counts the lines from 0
///   {"n":1,…,"hash":"H1"}    H_n = SHA-256(H_{n−1} ‖ the line up to but without `,"hash"…}`), in lower-case
///   hex;
///                            before the first line stand 64 zeros
class HashChain {
 public:
  /// Where a chain stands.
  struct Head {
    std::uint64_t lines = 0;
    std::string hash = std::string(64, '0');
    bool operator==(const Head&) const = default;
  };

  HashChain() = default;
  explicit HashChain(Head head) : head_(std::move(head)) {}

  /// The next line, with its newline. `entry` is an object without `n` and `hash`; its members keep their
  /// order.
  std::string append(const nlohmann::ordered_json& entry);
  const Head& head() const { return head_; }

  /// Checks a whole file and tells where it stands. kInvalid, naming the line, for the first one that is not
  /// what the lines before it say; an end without a newline is one.
  /// A file that goes on from another is checked from `begins`, where that one ends. `what` is its kind, for the error.
  static Result<Head> verify(std::string_view text, Head begins, std::string_view what = "ledger");
  static Result<Head> verify(std::string_view text) { return verify(text, Head()); }

 private:
  Head head_;
};

}  // namespace pai::task
