#include "client/nn/model_files.h"

#include "client/nn/core/initial_weights.h"

#include "client/nn/parameter_tensors.h"
#include "common/base/text.h"
#include "common/json/strict_json.h"

namespace pai::client::nn {

namespace {

constexpr int kFormat = 1;
constexpr const char* kPlace = "model";
constexpr const char* kStaging = "model.partial";
constexpr std::size_t kDescriptionBytesMax = std::size_t{64} << 20;
constexpr std::size_t kWeightsBytesMax = std::size_t{4} << 30;

using Json = nlohmann::json;

}  // namespace

Json ModelDescription::to_json() const {
  return {{"format", kFormat},
          {"family", "shared_nn"},
          {"task", task},
          {"run_id", run_id},
          {"alignment_id", alignment_id},
          {"security", security},
          {"export", exported},
          {"loss", name_of(rule.loss)},
          {"activation", name_of(rule.activation)},
          {"features", shape.features},
          {"widths", shape.widths},
          {"columns_by_party", columns_by_party},
          {"party", party},
          {"scale", kWeightScale},
          {"batches", batches},
          {"own", own}};
}

Result<ModelDescription> ModelDescription::from_json(const Json& document) {
  try {
    if (document.at("format").get<int>() != kFormat || document.at("family").get<std::string>() != "shared_nn") {
      return Error(ErrorCode::kInvalid, "the model is of another format or family than this release uses");
    }
    ModelDescription description;
    document.at("task").get_to(description.task);
    document.at("run_id").get_to(description.run_id);
    document.at("alignment_id").get_to(description.alignment_id);
    document.at("security").get_to(description.security);
    document.at("export").get_to(description.exported);
    PAI_ASSIGN(description.rule.loss, loss_from(document.at("loss").get<std::string>()));
    PAI_ASSIGN(description.rule.activation, activation_from(document.at("activation").get<std::string>()));
    document.at("features").get_to(description.shape.features);
    document.at("widths").get_to(description.shape.widths);
    document.at("columns_by_party").get_to(description.columns_by_party);
    document.at("party").get_to(description.party);
    document.at("batches").get_to(description.batches);
    description.own = document.at("own");
    return description;
  } catch (const Json::exception&) {
    return Error(ErrorCode::kInvalid, "model.json lacks a field or has one of another type");
  }
}

Status ModelWriter::write(const Json& description, const TensorFile& weights, const std::vector<Extra>& extras) const {
  const std::string staging = kStaging;
  PAI_TRY(folder_.remove_tree(staging));
  PAI_TRY(folder_.make_folders(staging));
  PAI_TRY(folder_.write_atomically(staging + "/weights.safetensors", weights.serialise()));
  for (const auto& extra : extras) PAI_TRY(folder_.write_atomically(staging + "/" + extra.name, extra.text));
  return folder_.write_atomically(staging + "/model.json", description.dump(2) + "\n");
}

Status ModelWriter::publish() const {
  PAI_TRY(folder_.remove_tree(kPlace));
  PAI_TRY(folder_.rename(kStaging, kPlace));
  return folder_.sync_folder(".");
}

TensorFile share_tensors(const SharedModel& model, const TopNetwork* top) {
  TensorFile file;
  add_shares(file, model, false);
  if (top != nullptr) add_plain_layers(file, *top, false);
  return file;
}

Status check_place(const ModelDescription& description, const Cast& cast) {
  if (description.party == cast.group.self) return {};
  return Error(ErrorCode::kInvalid, "this party was data client number " + std::to_string(description.party) +
                                        " of the training and is number " + std::to_string(cast.group.self) + " here")
      .with_hint("list the clients in the order of the training");
}

Status check_columns(const ModelDescription& description, const Plan& plan) {
  if (description.columns_by_party == plan.columns) return {};
  return Error(ErrorCode::kInvalid, "the parties do not bring as many columns as in the training of '" +
                                        printable(description.task) + "'")
      .with_hint("list the clients in the order of the training, with the columns they had there");
}

void offer_model(v1::TrainingOffer& offer, const ModelDescription& description) {
  offer.set_model_run_id(description.run_id);
  auto& model = *offer.mutable_model();
  for (const auto width : description.shape.widths) model.add_widths(static_cast<std::uint32_t>(width));
  model.set_split(description.security == "split");
  model.set_linear(description.rule.activation == OutputActivation::kNone);
}

Result<ModelFiles> read_model_files(const std::string& folder_path) {
  PAI_ASSIGN(const auto folder, io::Root::open(folder_path, false));
  PAI_ASSIGN(const auto text, folder.read("model.json", kDescriptionBytesMax));
  json::Limits limits;
  limits.bytes_max = kDescriptionBytesMax;
  PAI_ASSIGN(auto document, json::parse(text, limits));
  PAI_ASSIGN(const auto bytes, folder.read("weights.safetensors", kWeightsBytesMax));
  PAI_ASSIGN(auto weights, TensorFile::parse("model/weights.safetensors", bytes));
  return ModelFiles{std::move(document), std::move(weights)};
}

Result<StoredModel> read_model(const std::string& folder_path) {
  PAI_ASSIGN(auto files, read_model_files(folder_path));
  PAI_ASSIGN(auto description, ModelDescription::from_json(files.description));
  return StoredModel{std::move(description), std::move(files.weights)};
}

}  // namespace pai::client::nn
