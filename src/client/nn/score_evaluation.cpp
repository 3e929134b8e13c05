#include "client/mpc/shuffle.h"
#include "client/nn/evaluation.h"
#include "client/nn/forward_pass.h"
#include "client/nn/open_to_label.h"
#include "client/nn/row_parts.h"
#include "client/nn/scales.h"

namespace pai::client::nn {

namespace {

// The last layer's z never goes through P3 here: the label client would see public angles in the low bits of what it opens, and could tell
// which row a score belongs to. Nor is z cut before the rows are shuffled: whether a score is rounded up depends on the word that the
// truncation opens, and over some evaluations of the same weights that tells whose it is.

/// Whole logits part by part, rows of logits and labels shuffled together, then cut to 10 fractional bits in an order that nobody knows.
class ShuffledScores final : public Evaluation {
 public:
  explicit ShuffledScores(const EvaluationTerms& terms)
      : terms_(terms),
        parts_(terms.rows, terms.rows_at_a_time),
        forward_(terms.shape, false),
        table_(terms.rows.rows() * width()) {}

  std::size_t operations() const override { return parts_.count() + 1; }

  void draw(mpc::Source& source, std::size_t operation) override {
    if (operation < parts_.count()) return forward_.draw(source, parts_.batch(operation));
    operation_ = source.operation();
    shuffle_.draw(source, terms_.group, terms_.rows.rows(), width());
    cut_.draw(source, terms_.rows.rows() * outputs(), forward_.output_scale() - kLogitScale);
  }

  Status run(const Party& party, std::size_t operation, const SharedModel& model) override {
    if (operation < parts_.count()) {
      PAI_TRY(forward_.run(party, model, parts_.batch(operation), logits_));
      put(parts_.first(operation));
      return {};
    }
    PAI_TRY(shuffle_.run(party.channel, party.group, operation_, table_));
    PAI_TRY(cut(party));
    PAI_TRY(open_to_label<v1::ScoreShare>(party, operation_, table_));
    if (party.is_label()) read();
    return {};
  }

  Outcome take_outcome() override { return std::move(outcome_); }

 private:
  std::size_t outputs() const { return terms_.shape.outputs(); }
  /// A row has its logits and its labels, which only the label client adds.
  std::size_t width() const { return 2 * outputs(); }
  /// Where the i-th logit of all rows stands in the table.
  std::size_t place(std::size_t i) const { return i / outputs() * width() + i % outputs(); }

  void put(std::size_t first_row) {
    const auto first = first_row * outputs();
    for (std::size_t i = 0; i < logits_.size(); ++i) {
      table_[place(first + i)] = logits_[i];
      if (!terms_.targets.empty()) table_[place(first + i) + outputs()] = static_cast<Word>(terms_.targets[first + i]);
    }
  }

  Status cut(const Party& party) {
    logits_.resize(table_.size() / 2);
    for (std::size_t i = 0; i < logits_.size(); ++i) logits_[i] = table_[place(i)];
    cut_.mask(logits_, party.leads());
    cut_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    cut_.take(logits_, party.leads());
    for (std::size_t i = 0; i < logits_.size(); ++i) table_[place(i)] = logits_[i];
    return {};
  }

  void read() {
    for (std::size_t i = 0; i < logits_.size(); ++i) {
      outcome_.scores.push_back(ring::decode(table_[place(i)], kLogitScale));
      outcome_.labels.push_back(ring::decode(table_[place(i) + outputs()], 0));
    }
  }

  const EvaluationTerms terms_;
  RowParts parts_;
  ForwardPass forward_;
  std::vector<Word> table_;  // this party's share
  std::vector<Word> logits_;
  std::uint64_t operation_ = 0;
  mpc::Shuffle shuffle_;
  mpc::Truncation cut_;
  Outcome outcome_;
};

class ScoresInOrder final : public Evaluation {
 public:
  explicit ScoresInOrder(const EvaluationTerms& terms)
      : parts_(terms.rows, terms.rows_at_a_time),
        forward_(terms.shape, false),
        scale_(terms.activation == OutputActivation::kNone ? kErrorScale : kLogitScale) {}

  std::size_t operations() const override { return parts_.count(); }

  void draw(mpc::Source& source, std::size_t operation) override {
    operation_ = source.operation();
    forward_.draw(source, parts_.batch(operation));
    cut_.draw(source, parts_.size(operation) * forward_.shape().outputs(), forward_.output_scale() - scale_);
  }

  Status run(const Party& party, std::size_t operation, const SharedModel& model) override {
    PAI_TRY(forward_.run(party, model, parts_.batch(operation), scores_));
    cut_.mask(scores_, party.leads());
    cut_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    cut_.take(scores_, party.leads());
    PAI_TRY(open_to_label<v1::PredictionShare>(party, operation_, scores_));
    if (!party.is_label()) return {};
    for (const auto word : scores_) outcome_.scores.push_back(ring::decode(word, scale_));
    return {};
  }

  Outcome take_outcome() override { return std::move(outcome_); }

 private:
  RowParts parts_;
  ForwardPass forward_;
  int scale_;
  mpc::Truncation cut_;
  std::vector<Word> scores_;
  std::uint64_t operation_ = 0;
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<Evaluation> evaluate_shuffled(const EvaluationTerms& terms) {
  return std::make_unique<ShuffledScores>(terms);
}

std::unique_ptr<Evaluation> predict_scores(const EvaluationTerms& terms) { return std::make_unique<ScoresInOrder>(terms); }

}  // namespace pai::client::nn
