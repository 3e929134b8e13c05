#pragma once

#include <cstdint>
#include <span>

#include "client/ring/matrix.h"
#include "client/ring/narrow_product.h"
#include "common/base/result.h"

namespace pai::client::mpc {

using ring::Word;

/// Correlated randomness, drawn tensor by tensor (protocols.md section 4). The same code draws at the data clients and at the dealer:
/// a client gets its shares, the dealer the values. So both sides agree on order and shapes by construction, and what a derived
/// tensor is computed from stands where it is drawn.
///
/// Tensors belong to an operation. All of an operation are drawn between `begin` and `finish`, before any is used: only after
/// `finish` succeeded are they random (after a failure they are zero, or one-sided).
class Source {
 public:
  virtual ~Source() = default;

  /// Starts the next operation. Numbers are never used twice in a run.
  void begin() {
    ++operation_;
    tensor_ = 0;
    started();
  }
  /// Ends it. Client: kProtocol, blaming the dealer, when the dealer counts or shapes the operation otherwise (both numbers are named),
  /// or what the channel says. Dealer: sends the corrections.
  virtual Status finish() = 0;
  std::uint64_t operation() const { return operation_; }

  /// Uniformly random words: each client's share from its own seed; the dealer gets the sum.
  virtual void uniform(std::span<Word> words) = 0;
  /// Words that only party `party` (and the dealer) knows; at the others nothing happens and `words` may be empty.
  virtual void own(int party, std::span<Word> words) = 0;
  /// Shares of what `compute(words)` writes at the dealer, a function of tensors drawn before.
  template <class Compute>
  void derived(std::span<Word> words, Compute compute) {
    derived(words, 64, compute);
  }
  /// The same modulo 2^bits, 1 to 64, for less correction: the shares' sum is right in its low `bits` alone, so what they enter must not
  /// depend on the others. Whole bytes (`ring::whole_bytes`) are packed the fastest.
  template <class Compute>
  void derived(std::span<Word> words, int bits, Compute compute) {
    if (is_dealer_) compute(words);
    settle(words, bits);
  }
  /// The same in Z/2^32, two of the shares in a word of the stream, for large tensors.
  template <class Compute>
  void derived_halves(std::span<ring::Half> halves, Compute compute) {
    if (is_dealer_) compute(halves);
    settle_halves(halves);
  }
  /// What `compute` writes at the dealer, given to one party in the clear; `size` words, at the others `words` may be empty.
  template <class Compute>
  void given(int party, std::size_t size, std::span<Word> words, Compute compute) {
    if (is_dealer_) compute(words);
    deliver(party, size, words);
  }
  /// Words whose bits are shared by exclusive or: each client's share from its own seed; the dealer gets the bits themselves.
  virtual void uniform_bits(std::span<Word> words) = 0;
  /// Such shares of the bits that `compute(words)` writes at the dealer.
  template <class Compute>
  void derived_bits(std::span<Word> words, Compute compute) {
    if (is_dealer_) compute(words);
    settle_bits(words);
  }
  bool is_dealer() const { return is_dealer_; }

 protected:
  explicit Source(bool is_dealer) : is_dealer_(is_dealer) {}
  virtual void started() = 0;
  virtual void settle(std::span<Word> words, int bits) = 0;
  virtual void settle_bits(std::span<Word> words) = 0;
  virtual void settle_halves(std::span<ring::Half> halves) = 0;
  virtual void deliver(int party, std::size_t size, std::span<Word> words) = 0;
  std::uint32_t next_tensor() { return tensor_++; }

 private:
  const bool is_dealer_;
  std::uint64_t operation_ = ~std::uint64_t{0};  // before the first
  std::uint32_t tensor_ = 0;
};

}  // namespace pai::client::mpc
