#include "client/nn/evaluation.h"
#include "client/nn/first_layer.h"
#include "client/nn/row_parts.h"

namespace pai::client::nn {

namespace {

class SplitScores final : public Evaluation {
 public:
  SplitScores(const EvaluationTerms& terms, TopNetwork* top)
      : parts_(terms.rows, terms.rows_at_a_time), first_(terms.shape), top_(top) {
    outcome_.labels.assign(terms.targets.begin(), terms.targets.end());
  }

  std::size_t operations() const override { return parts_.count(); }
  void draw(mpc::Source& source, std::size_t operation) override { first_.draw(source, parts_.batch(operation)); }

  Status run(const Party& party, std::size_t operation, const SharedModel& model) override {
    PAI_TRY(first_.run(party, model, parts_.batch(operation), z_));
    if (!party.is_label()) return {};
    const auto scores = top_->forward(z_);
    outcome_.scores.insert(outcome_.scores.end(), scores.begin(), scores.end());
    return {};
  }

  Outcome take_outcome() override { return std::move(outcome_); }

 private:
  RowParts parts_;
  FirstLayer first_;
  TopNetwork* top_;
  std::vector<double> z_;
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<Evaluation> evaluate_split(const EvaluationTerms& terms, TopNetwork* top) {
  return std::make_unique<SplitScores>(terms, top);
}

}  // namespace pai::client::nn
