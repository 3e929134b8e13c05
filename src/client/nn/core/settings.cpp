#include "client/nn/core/settings.h"

#include <string>

#include "common/base/text.h"

namespace pai::client::nn {
namespace {

Error not_one_of(std::string_view setting, std::string_view name, std::string_view choices) {
  return Error(ErrorCode::kInvalid,
               std::string(setting) + ": '" + printable(name) + "' is not one of " + std::string(choices));
}

}  // namespace

Result<Loss> loss_from(std::string_view name) {
  if (name == "logloss") return Loss::kLogloss;
  if (name == "mse") return Loss::kMse;
  return not_one_of("loss", name, R"("logloss", "mse")");
}

std::string_view name_of(Loss loss) {
  switch (loss) {
    case Loss::kLogloss:
      return "logloss";
    case Loss::kMse:
      return "mse";
  }
  return "";
}

Result<Optimizer> optimizer_from(std::string_view name) {
  if (name == "sgd") return Optimizer::kSgd;
  if (name == "momentum") return Optimizer::kMomentum;
  return not_one_of("optimizer", name, R"("sgd", "momentum")");
}

std::string_view name_of(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::kSgd:
      return "sgd";
    case Optimizer::kMomentum:
      return "momentum";
  }
  return "";
}

Result<OutputActivation> activation_from(std::string_view name) {
  if (name == "sigmoid") return OutputActivation::kSigmoid;
  if (name == "none") return OutputActivation::kNone;
  return not_one_of("activation", name, R"("sigmoid", "none")");
}

std::string_view name_of(OutputActivation activation) {
  switch (activation) {
    case OutputActivation::kSigmoid:
      return "sigmoid";
    case OutputActivation::kNone:
      return "none";
  }
  return "";
}

Status check_rule(const TrainingRule& rule) {
  if (rule.activation == OutputActivation::kNone && rule.loss == Loss::kLogloss) {
    return Error(ErrorCode::kInvalid, R"(loss "logloss" needs probabilities, and activation is "none")")
        .with_hint(R"(a regression takes loss "mse"; a classification takes activation "sigmoid")");
  }
  return {};
}

}  // namespace pai::client::nn
