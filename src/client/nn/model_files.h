#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/nn/core/plain_network.h"
#include "client/nn/core/safetensors.h"
#include "client/nn/party.h"
#include "client/nn/shared_model.h"
#include "client/nn/trainer.h"

namespace pai::client::nn {

/// What a party's part of a model says about itself: `model.json` beside `weights.safetensors` (docs/file-formats.md).
struct ModelDescription {
  std::string task, run_id, alignment_id;
  std::string security = "full", exported = "shares";
  TrainingRule rule;
  ModelShape shape;
  std::vector<std::size_t> columns_by_party;
  int party = 0;  ///< this party's place among the data clients
  std::uint64_t batches = 0;
  nlohmann::json own;  ///< this party's columns, normalisation or labels

  nlohmann::json to_json() const;
  static Result<ModelDescription> from_json(const nlohmann::json& document);
};

/// Builds a party's part in the task's folder: written beside its place, durable, then moved there when all parties have theirs. Mode 0600.
class ModelWriter {
 public:
  explicit ModelWriter(const io::Root& folder) : folder_(folder) {}
  /// A file beside model.json and the weights.
  struct Extra {
    std::string name, text;
  };
  Status write(const nlohmann::json& description, const TensorFile& weights, const std::vector<Extra>& extras = {}) const;
  Status publish() const;

 private:
  const io::Root& folder_;
};

/// The tensors of a party's part: its shares (and the label client's plain layers at security "split").
TensorFile share_tensors(const SharedModel& model, const TopNetwork* top);

/// export "split": each feature client's rows of the first layer are opened to it, all else to the label client; `tensors` are what this
/// party then has in the clear.
Result<TensorFile> open_weights(const Party& party, const SharedModel& model, const ColumnOwners& owners,
                                const TopNetwork* top);

/// What ModelWriter wrote, of any family; kInvalid, kIo.
struct ModelFiles {
  nlohmann::json description;
  TensorFile weights;
};
Result<ModelFiles> read_model_files(const std::string& folder);

struct StoredModel {
  ModelDescription description;
  TensorFile weights;
};
Result<StoredModel> read_model(const std::string& folder);

/// kInvalid unless this party has the place among the data clients that it had in the training: the rows of the first layer are by party.
Status check_place(const ModelDescription& description, const Cast& cast);
/// kInvalid unless the plan's columns are the model's, party by party.
Status check_columns(const ModelDescription& description, const Plan& plan);

/// What a data client's offer says of its stored model.
void offer_model(v1::TrainingOffer& offer, const ModelDescription& description);

/// The shares that a stored part stands for: itself, or, after export "split", the weights it has in the clear and zeros for the others'.
Status restore(const StoredModel& stored, const Party& party, const ColumnOwners& owners, SharedModel& model,
               TopNetwork* top);

}  // namespace pai::client::nn
