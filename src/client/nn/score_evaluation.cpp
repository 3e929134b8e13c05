#include "client/mpc/shuffle.h"
#include "client/nn/evaluation.h"
#include "client/nn/forward_pass.h"
#include "client/nn/open_to_label.h"
#include "client/nn/row_parts.h"
#include "client/nn/scales.h"

namespace pai::client::nn {

namespace {

/// The rows' scores, cut to `scale` fractional bits, part by part. The last layer's z never goes through P3 here: the label client would see
/// public angles in the low bits of what it opens, and could tell which row a score belongs to.
class Scores {
 public:
  Scores(const EvaluationTerms& terms, int scale)
      : parts_(terms.rows, terms.rows_at_a_time), forward_(terms.shape, false), scale_(scale) {}

  const RowParts& parts() const { return parts_; }
  std::size_t outputs() const { return forward_.shape().outputs(); }
  int scale() const { return scale_; }

  void draw(mpc::Source& source, std::size_t part) {
    forward_.draw(source, parts_.batch(part));
    cut_.draw(source, parts_.size(part) * outputs(), forward_.output_scale() - scale_);
  }
  Status run(const Party& party, std::size_t part, const SharedModel& model, std::vector<Word>& scores) {
    PAI_TRY(forward_.run(party, model, parts_.batch(part), scores));
    cut_.mask(scores, party.leads());
    cut_.open(party.exchange);
    PAI_TRY(party.exchange.run());
    cut_.take(scores, party.leads());
    return {};
  }

 private:
  RowParts parts_;
  ForwardPass forward_;
  int scale_;
  mpc::Truncation cut_;
};

class ShuffledScores final : public Evaluation {
 public:
  explicit ShuffledScores(const EvaluationTerms& terms)
      : terms_(terms), scores_(terms, kLogitScale), table_(terms.rows.rows() * width()) {}

  std::size_t operations() const override { return scores_.parts().count() + 1; }

  void draw(mpc::Source& source, std::size_t operation) override {
    if (operation < scores_.parts().count()) return scores_.draw(source, operation);
    operation_ = source.operation();
    shuffle_.draw(source, terms_.group, terms_.rows.rows(), width());
  }

  Status run(const Party& party, std::size_t operation, const SharedModel& model) override {
    if (operation < scores_.parts().count()) {
      PAI_TRY(scores_.run(party, operation, model, part_));
      put(scores_.parts().first(operation));
      return {};
    }
    PAI_TRY(shuffle_.run(party.channel, party.group, operation_, table_));
    PAI_TRY(open_to_label<v1::ScoreShare>(party, operation_, table_));
    if (party.is_label()) read();
    return {};
  }

  Outcome take_outcome() override { return std::move(outcome_); }

 private:
  /// A row has its scores and its labels, which only the label client adds.
  std::size_t width() const { return 2 * terms_.shape.outputs(); }

  void put(std::size_t first_row) {
    const auto outputs = scores_.outputs();
    for (std::size_t i = 0; i < part_.size(); ++i) {
      const auto row = first_row + i / outputs;
      table_[row * width() + i % outputs] = part_[i];
      if (terms_.targets.empty()) continue;
      table_[row * width() + outputs + i % outputs] = static_cast<Word>(terms_.targets[row * outputs + i % outputs]);
    }
  }

  void read() {
    const auto outputs = scores_.outputs();
    for (std::size_t i = 0; i < table_.size(); ++i) {
      const bool is_score = i % width() < outputs;
      (is_score ? outcome_.scores : outcome_.labels).push_back(ring::decode(table_[i], is_score ? kLogitScale : 0));
    }
  }

  const EvaluationTerms terms_;
  Scores scores_;
  std::vector<Word> table_;  // this party's share
  std::vector<Word> part_;
  std::uint64_t operation_ = 0;
  mpc::Shuffle shuffle_;
  Outcome outcome_;
};

class ScoresInOrder final : public Evaluation {
 public:
  explicit ScoresInOrder(const EvaluationTerms& terms)
      : scores_(terms, terms.activation == OutputActivation::kNone ? kErrorScale : kLogitScale) {}

  std::size_t operations() const override { return scores_.parts().count(); }

  void draw(mpc::Source& source, std::size_t operation) override {
    operation_ = source.operation();
    scores_.draw(source, operation);
  }

  Status run(const Party& party, std::size_t operation, const SharedModel& model) override {
    PAI_TRY(scores_.run(party, operation, model, part_));
    PAI_TRY(open_to_label<v1::PredictionShare>(party, operation_, part_));
    if (!party.is_label()) return {};
    for (const auto word : part_) outcome_.scores.push_back(ring::decode(word, scores_.scale()));
    return {};
  }

  Outcome take_outcome() override { return std::move(outcome_); }

 private:
  Scores scores_;
  std::vector<Word> part_;
  std::uint64_t operation_ = 0;
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<Evaluation> evaluate_shuffled(const EvaluationTerms& terms) {
  return std::make_unique<ShuffledScores>(terms);
}

std::unique_ptr<Evaluation> predict_scores(const EvaluationTerms& terms) { return std::make_unique<ScoresInOrder>(terms); }

}  // namespace pai::client::nn
