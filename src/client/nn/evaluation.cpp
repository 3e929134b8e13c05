#include "client/nn/evaluation.h"

namespace pai::client::nn {

Status deal_evaluation(mpc::Source& source, Evaluation& evaluation) {
  for (std::size_t i = 0; i < evaluation.operations(); ++i) {
    source.begin();
    evaluation.draw(source, i);
    PAI_TRY(source.finish());
  }
  return {};
}

Result<Outcome> run_evaluation(const Party& party, mpc::Source& source, Evaluation& evaluation, const SharedModel& model) {
  for (std::size_t i = 0; i < evaluation.operations(); ++i) {
    source.begin();
    evaluation.draw(source, i);
    PAI_TRY(source.finish());
    party.exchange.begin(source.operation());
    PAI_TRY(evaluation.run(party, i, model));
  }
  return evaluation.take_outcome();
}

}  // namespace pai::client::nn
