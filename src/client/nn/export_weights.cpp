#include "client/mpc/wire_words.h"
#include "client/nn/core/initial_weights.h"
#include "client/nn/model_files.h"
#include "client/nn/parameter_tensors.h"
#include "client/ring/words.h"

namespace pai::client::nn {

namespace {

/// Where a party's own weights lie among the shared parameters: its rows of the first layer; at the label client the first layer's biases and
/// every later layer.
struct OwnPart {
  std::size_t first_row = 0, rows = 0;  // of the first layer
  bool rest = false;
};

OwnPart part_of(int party, int label_party, const ColumnOwners& owners) {
  const auto p = static_cast<std::size_t>(party);
  return {owners.begin[p], owners.columns[p], party == label_party};
}

template <class Model, class Visit>
void visit_part(Model& model, const OwnPart& part, Visit visit) {
  auto& first = model.layers[0];
  visit(std::span(first.parameters).subspan(part.first_row * first.fan_out, part.rows * first.fan_out));
  if (!part.rest) return;
  visit(first.biases());
  for (std::size_t k = 1; k < model.layers.size(); ++k) visit(std::span(model.layers[k].parameters));
}

std::vector<Word> words_of(const SharedModel& model, const OwnPart& part) {
  std::vector<Word> words;
  visit_part(model, part, [&](std::span<const Word> piece) { words.insert(words.end(), piece.begin(), piece.end()); });
  return words;
}

std::vector<double> numbers_of(std::span<const Word> words) {
  std::vector<double> numbers;
  for (const auto word : words) numbers.push_back(ring::decode(word, kWeightScale));
  return numbers;
}

int label_party_of(const Party& party) {
  const auto& clients = party.group.clients;
  return static_cast<int>(std::find(clients.begin(), clients.end(), party.label) - clients.begin());
}

TensorFile plain_tensors(const SharedModel& model, const OwnPart& part, const TopNetwork* top) {
  TensorFile file;
  const auto& first = model.layers[0];
  if (part.rows > 0) {
    file.add("layer0.weight", {part.rows, first.fan_out},
             numbers_of(std::span(first.parameters).subspan(part.first_row * first.fan_out, part.rows * first.fan_out)));
  }
  if (part.rest) {
    file.add("layer0.bias", {first.fan_out}, numbers_of(first.biases()));
    for (std::size_t k = 1; k < model.layers.size(); ++k) {
      const auto& layer = model.layers[k];
      const auto name = "layer" + std::to_string(k);
      file.add(name + ".weight", {layer.fan_in, layer.fan_out}, numbers_of(layer.weights()));
      file.add(name + ".bias", {layer.fan_out}, numbers_of(layer.biases()));
    }
  }
  if (top != nullptr) add_plain_layers(file, *top, false);
  return file;
}

}  // namespace

Result<TensorFile> open_weights(const Party& party, const SharedModel& model, const ColumnOwners& owners,
                                const TopNetwork* top) {
  const int label_party = label_party_of(party);
  for (int receiver = 0; receiver < party.group.size(); ++receiver) {
    if (receiver == party.group.self) continue;
    v1::WeightShare message;
    mpc::set_words(*message.mutable_words(), words_of(model, part_of(receiver, label_party, owners)));
    PAI_TRY(party.channel.send(party.group.clients[static_cast<std::size_t>(receiver)], std::move(message)));
  }
  const auto own = part_of(party.group.self, label_party, owners);
  auto words = words_of(model, own);
  std::vector<Word> share(words.size());
  for (const int peer : party.group.clients) {
    if (peer == party.channel.self()) continue;
    PAI_ASSIGN(const auto message, party.channel.receive<v1::WeightShare>(peer));
    if (!mpc::get_words(message.words(), share)) {
      return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent weight shares of another size").blaming(peer);
    }
    ring::add(words, share);
  }
  auto opened = model;
  std::size_t at = 0;
  visit_part(opened, own, [&](std::span<Word> piece) {
    std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(at), piece.size(), piece.begin());
    at += piece.size();
  });
  return plain_tensors(opened, own, top);
}

Status restore(const StoredModel& stored, const Party& party, const ColumnOwners& owners, SharedModel& model,
               TopNetwork* top) {
  if (stored.description.exported != "split") {
    PAI_TRY(take_shares(stored.weights, model, false));
    return top == nullptr ? Status() : take_plain_layers(stored.weights, *top, false);
  }
  const auto own = part_of(party.group.self, label_party_of(party), owners);
  for (auto& layer : model.layers) std::fill(layer.parameters.begin(), layer.parameters.end(), 0);
  const auto put = [&](const std::string& name, std::vector<std::uint64_t> shape, std::span<Word> to) -> Status {
    PAI_ASSIGN(const auto numbers, stored.weights.numbers(name, shape));
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = ring::encode(numbers[i], kWeightScale);
    return {};
  };
  auto& first = model.layers[0];
  if (own.rows > 0) {
    PAI_TRY(put("layer0.weight", {own.rows, first.fan_out},
                std::span(first.parameters).subspan(own.first_row * first.fan_out, own.rows * first.fan_out)));
  }
  if (!own.rest) return {};
  PAI_TRY(put("layer0.bias", {first.fan_out}, first.biases()));
  for (std::size_t k = 1; k < model.layers.size(); ++k) {
    auto& layer = model.layers[k];
    const auto name = "layer" + std::to_string(k);
    PAI_TRY(put(name + ".weight", {layer.fan_in, layer.fan_out}, layer.weights()));
    PAI_TRY(put(name + ".bias", {layer.fan_out}, layer.biases()));
  }
  return top == nullptr ? Status() : take_plain_layers(stored.weights, *top, false);
}

}  // namespace pai::client::nn
