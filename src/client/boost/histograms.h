#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/boost/core/sampling.h"
#include "client/boost/masked_bins.h"
#include "client/boost/core/bins.h"
#include "client/mpc/one_use.h"
#include "client/nn/party.h"

namespace pai::client::boost {

using ring::Half;
using ring::Word;

/// The sums of a tree's gradients over every bin of every feature, as shares, without anybody's bins or gradients being seen (P1 backwards for
/// owned one-hot matrices, in Z/2^32).
///
/// Column v of the gradients x (shared; one of gradient_columns()) is opened as e = x − V, V = Σ V_p, where V_p is drawn from party p's own
/// seed and known to it and the dealer. For owner o,
///
///   M_oᵀ x = M_oᵀ (e + V_o) + Σ_{p≠o} (E_oᵀ V_p + U_oᵀ V_p)
///
/// The owner does the first term, sums over its own bins; every other p does E_oᵀ V_p, which needs no data of this tree and is one pass over E
/// for all columns of the tree; the dealer shares U_oᵀ Σ_{p≠o} V_p. V hides x in e from everybody, and each V_p hides nothing else but the
/// product below, of the same x. U is the run's.
class Histograms {
 public:
  static constexpr int kAll = -1;

  /// `bins` are this party's own, rows × features (empty at the dealer and at the label client). `knows`: the one party, without features, that
  /// knows the columns, whose V alone is there then; kAll: they are shared, and each party has a V_p.
  Histograms(const Shape& shape, const MaskedBins& masked, std::span<const std::uint8_t> bins, int self, int knows = kAll);

  /// The draws of a tree: V, and the products with U.
  void draw(mpc::Source& source, const Sample& sample);
  /// What needs no gradients: Eᵀ V. At a data client, once a tree, after the operation's `finish`.
  void prepare(const Sample& sample);

  /// At the dealer: Σ V_p of a gradient column, row by row; the mask of the products of g and h too.
  void dealt_mask(std::size_t column, std::span<Half> mask) const;

  using Columns = std::span<const std::span<const Half>>;
  using Opened = std::span<const std::span<const Word>>;

  /// Masks columns, `first` and those after it: e's shares, one word a training row.
  void mask(std::size_t first, Columns x, std::span<const std::span<Word>> e);
  void mask(std::size_t column, std::span<const Half> x, std::span<Word> e) { mask(column, {&x, 1}, {&e, 1}); }
  /// After e was opened: each of `sums` gets this party's share of its column's sums, all_columns() of them.
  void take(std::size_t first, Opened e, const Sample& sample, std::span<const std::span<Half>> sums) const;
  void take(std::size_t column, std::span<const Word> e, const Sample& sample, std::span<Half> sum) const { take(column, {&e, 1}, sample, {&sum, 1}); }

 private:
  std::size_t width() const { return shape_.gradient_columns(); }
  bool has_mask(std::size_t party) const { return knows_ == kAll || static_cast<std::size_t>(knows_) == party; }
  template <std::size_t Count>
  void add_own(std::size_t first, Opened e, const Sample& sample, std::span<const std::span<Half>> sums) const;
  ring::HalfOfWord* masks() { return reinterpret_cast<ring::HalfOfWord*>(masks_.data()); }
  const ring::HalfOfWord* masks() const { return reinterpret_cast<const ring::HalfOfWord*>(masks_.data()); }

  const Shape& shape_;
  const MaskedBins& masked_;
  std::span<const std::uint8_t> bins_;
  int self_;
  int knows_;
  std::vector<mpc::OneUse> uses_;  // by column
  std::vector<Word> masks_;     // own V_p, rows × width halves, empty when there is none; at the dealer Σ V_p
  std::vector<Word> corrections_;  // shares of U_oᵀ Σ V_p, column after column; then with Eᵀ V_p
};

}  // namespace pai::client::boost
