#pragma once

#include <span>
#include <vector>

#include "client/mpc/comparison.h"
#include "client/mpc/cut_tensor.h"
#include "client/mpc/exchange.h"
#include "client/mpc/sigmoid.h"

namespace pai::client::mpc {

/// 1/x of shared x in [low, high] (protocols.md section 7), without a look at how large x is. x = X/2^x_scale, X < 2^31 in Z/2^32, is opened once under a
/// mask and compared with a, a/4, a/16, … (P4, all from that opening). The bits, shared in a ring too by one more opening, select the power of four σ that
/// brings X̂ = σX into [a, 4a), without telling anybody which; what σ is multiplied with is under masks whose products with the bits' masks the
/// dealer shares, so it is opened nowhere. a/X̂ is a sum of waves (P3 with other factors, to 7e-7), and 1/x is that times σ.
class ReciprocalPlan {
 public:
  /// x comes at `x_scale`, 1 to 28, with low ≥ 1; high < 2^29 / 2^x_scale.
  ReciprocalPlan(double low, double high, int x_scale);

  int scale() const { return scale_; }  ///< of 1/x
  static constexpr std::size_t kRounds = 8;  ///< with the opening of x; 4 where one part is enough

  std::span<const Word> bounds() const { return bounds_; }  ///< a/4^k …, those between low and high
  Word first_factor() const { return first_factor_; }       ///< σ of what is in the highest part
  CutRing ring() const { return ring_; }                    ///< of 1/x before its last cut

 private:
  int scale_ = 0;
  Word first_factor_ = 1;
  CutRing ring_ = CutRing::kWide;
  std::vector<Word> bounds_;
};

/// The computation, one use. What is opened: X under a uniform word of Z/2^32; the factors of the comparisons' ANDs and the bits under uniform bits; X̂ under a
/// uniform angle; the sums of P2, each under a mask of its own.
///
///   r.draw(source, n); … r.mask(X); r.open(exchange); exchange.run(); r.run(exchange, leads); r.result()
class Reciprocal {
 public:
  explicit Reciprocal(const ReciprocalPlan& plan) : plan_(plan) {}

  /// `also`: words of Z/2^32 that X is compared with on the way, in the rounds that there are anyway (at least four of them then).
  void draw(Source& source, std::size_t size, std::size_t also = 0);
  void mask(std::span<const Word> x);
  void open(Exchange& exchange);
  /// After that round.
  Status run(Exchange& exchange, std::span<const Word> also, bool leads);

  /// 1/x (at the dealer after its draw).
  const CutTensor& result() const { return result_; }
  /// Shares by exclusive or, of [X < also[k]], plane_words(size) words for each.
  std::span<const Word> less() const { return less_; }

 private:
  void draw_bits(Source& source);
  Status select(Exchange& exchange);
  void scale_up();
  void multiply_back(std::vector<Word>& words) const;

  ReciprocalPlan plan_;
  OneUse use_;
  std::size_t size_ = 0;
  std::vector<Word> x_, mask_, opened_;  // X, shares of its mask r, X + r
  Comparison comparison_;
  std::vector<Word> bit_masks_;  // ρ of each comparison, by exclusive or
  std::vector<Word> bits_;       // of the same as numbers
  std::vector<Word> by_mask_;    // of ρ r
  std::vector<Word> less_, signs_;  // comparisons with others' words; and with ours, opened under ρ
  Waves waves_;
  CutTensor part_;  // a/X̂
  std::vector<Word> by_part_, by_top_;  // of ρ and the two parts of its mask
  CutTensor result_;
};

}  // namespace pai::client::mpc
