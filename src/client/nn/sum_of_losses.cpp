#include <algorithm>
#include <bit>
#include <cmath>

#include "client/nn/evaluation.h"
#include "client/nn/forward_pass.h"
#include "client/nn/log_loss_sum.h"
#include "client/nn/open_to_label.h"
#include "client/nn/output_residual.h"
#include "client/nn/row_parts.h"
#include "client/nn/scales.h"
#include "client/ring/words.h"

namespace pai::client::nn {

namespace {

/// The share of one part's sum of losses; drawn and run like the rest.
class PartSum {
 public:
  virtual ~PartSum() = default;
  /// Fractional bits of the sum.
  virtual int scale() const = 0;
  virtual void draw(mpc::Source& source, std::size_t size, int z_scale) = 0;
  virtual Result<Word> run(const Party& party, std::span<const Word> z, std::span<const double> targets) = 0;
};

class PartLogLoss final : public PartSum {
 public:
  int scale() const override { return LogLossSum::kScale; }
  void draw(mpc::Source& source, std::size_t size, int z_scale) override { sum_.draw(source, size, z_scale, mpc::CutRing::kWide); }
  Result<Word> run(const Party& party, std::span<const Word> z, std::span<const double> targets) override {
    return sum_.run(party, z, targets);
  }

 private:
  LogLossSum sum_;
};

/// Fractional bits of a linear model's differences over so many values. The sum stays below 2^48 while the mean square is below 2^10: when
/// numbers have left the ring, it is a random word, which is that small once in 2^16 times.
int difference_scale(std::size_t values) {
  return std::clamp((38 - static_cast<int>(std::bit_width(values))) / 2, 6, kErrorScale);
}

/// Σ (p − y)², p = σ(z) or z itself; the difference is cut, to 16 bits with a sigmoid, then squared.
class SquaredSum final : public PartSum {
 public:
  /// Over `values` in all parts.
  SquaredSum(bool sigmoid, std::size_t values) : sigmoid_(sigmoid), cut_scale_(sigmoid ? kErrorScale : difference_scale(values)) {}
  int scale() const override { return 2 * cut_scale_; }

  void draw(mpc::Source& source, std::size_t size, int z_scale) override {
    z_scale_ = z_scale;
    if (sigmoid_) waves_.draw(source, size, z_scale, kHarmonics);
    cut_.draw(source, size, (sigmoid_ ? ring::kSigmoidScale : z_scale) - cut_scale_);
    difference_.draw(source, size);
    square_.draw(source, {mpc::SharedProduct::Kind::kInner}, difference_, difference_);
  }

  Result<Word> run(const Party& party, std::span<const Word> z, std::span<const double> targets) override {
    std::vector<Word> difference(z.begin(), z.end());
    int scale = z_scale_;
    if (sigmoid_) {
      scale = ring::kSigmoidScale;
      waves_.mask(z);
      waves_.open(party.exchange);
      PAI_TRY(party.exchange.run());
      waves_.take(SigmoidSeries::plain().values, {}, difference, {});
      if (party.leads()) {
        for (auto& word : difference) word += Word{1} << (scale - 1);
      }
    }
    for (std::size_t i = 0; i < targets.size(); ++i) difference[i] -= ring::encode(targets[i], scale);
    cut_.mask(difference, party.leads());
    cut_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    cut_.take(difference, party.leads());

    difference_.mask(difference);
    difference_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    Word sum = 0;
    square_.take(difference_, difference_, {&sum, 1});
    return sum;
  }

 private:
  bool sigmoid_;
  int cut_scale_;
  int z_scale_ = 0;
  mpc::Waves waves_;
  mpc::Truncation cut_;
  mpc::MaskedTensor difference_;
  mpc::SharedProduct square_;
};

std::unique_ptr<PartSum> part_sum(const EvaluationTerms& terms) {
  const auto values = terms.rows.rows() * terms.shape.outputs();
  if (terms.activation == OutputActivation::kNone) return std::make_unique<SquaredSum>(false, values);
  if (terms.loss == Loss::kMse) return std::make_unique<SquaredSum>(true, values);
  return std::make_unique<PartLogLoss>();
}

/// The parts' sums add up on shares; the last operation cuts the total, so that no low bits of single rows leave, and opens it.
class SumOfLosses final : public Evaluation {
 public:
  explicit SumOfLosses(const EvaluationTerms& terms)
      : terms_(terms), parts_(terms.rows, terms.rows_at_a_time), forward_(terms.shape, false), sum_(part_sum(terms)) {}

  std::size_t operations() const override { return parts_.count() + 1; }

  void draw(mpc::Source& source, std::size_t operation) override {
    if (operation < parts_.count()) {
      forward_.draw(source, parts_.batch(operation));
      return sum_->draw(source, parts_.size(operation) * terms_.shape.outputs(), forward_.output_scale());
    }
    operation_ = source.operation();
    cut_.draw(source, 1, sum_->scale() - kLogitScale);
  }

  Status run(const Party& party, std::size_t operation, const SharedModel& model) override {
    if (operation < parts_.count()) {
      PAI_TRY(forward_.run(party, model, parts_.batch(operation), z_));
      const auto outputs = terms_.shape.outputs();
      const auto targets = terms_.targets.empty()
                               ? terms_.targets
                               : terms_.targets.subspan(parts_.first(operation) * outputs, z_.size());
      PAI_ASSIGN(const Word part, sum_->run(party, z_, targets));
      total_ += part;
      return {};
    }
    std::vector<Word> total{total_};
    cut_.mask(total, party.leads());
    cut_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    cut_.take(total, party.leads());
    PAI_TRY(open_to_label<v1::LossShare>(party, operation_, total));
    if (party.is_label()) outcome_.loss_sum = ring::decode(total[0], kLogitScale);
    return {};
  }

  Outcome take_outcome() override { return std::move(outcome_); }

 private:
  const EvaluationTerms terms_;
  RowParts parts_;
  ForwardPass forward_;
  std::unique_ptr<PartSum> sum_;
  std::vector<Word> z_;
  Word total_ = 0;
  std::uint64_t operation_ = 0;
  mpc::Truncation cut_;
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<Evaluation> evaluate_sum_of_losses(const EvaluationTerms& terms) {
  return std::make_unique<SumOfLosses>(terms);
}

}  // namespace pai::client::nn
