#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/strict_json.h"
#include "common/task/draft.h"
#include "common/task/rules.h"

namespace pai::task {
namespace {

using Drafts = std::vector<ClientDraft>;

constexpr double kBatchTimesL2Max = 100;

const nlohmann::json* setting(const ClientDraft& draft, std::string_view name) {
  return member(draft.settings, name);
}

/// Whether it was written, be it rightly or wrongly.
bool was_given(const ClientDraft& draft, std::string_view name) {
  return setting(draft, name) != nullptr ||
         std::find(draft.faulty.begin(), draft.faulty.end(), name) != draft.faulty.end();
}

std::optional<std::int64_t> integer(const ClientDraft& draft, std::string_view name) {
  const auto* value = setting(draft, name);
  return value == nullptr ? std::nullopt : std::optional(value->get<std::int64_t>());
}

/// The value of a choice, or "" when it is absent.
std::string word(const ClientDraft& draft, std::string_view name) {
  const auto* value = setting(draft, name);
  return value == nullptr ? std::string() : value->get<std::string>();
}

std::string path_of(const ClientDraft& draft, std::string_view name) {
  return json::child_path(draft.settings_path, name);
}

std::string plain(double number) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

void check_length(const ClientDraft& main, Faults& faults) {
  if (!was_given(main, "epochs") || !was_given(main, "max_iter")) return;
  faults.add(path_of(main, "epochs"), "stands beside max_iter: keep one of the two");
}

/// `layers` ends in the output; without layers the first layer is the output.
void check_widths(const ClientDraft& main, Faults& faults) {
  const auto* layers = setting(main, "layers");
  const auto out = integer(main, "out_dim");
  if (layers == nullptr || !out) return;  // a fault of their own
  const auto in = integer(main, "in_dim");
  const auto out_text = std::to_string(*out);
  if (layers->empty()) {
    if (in && *in != *out) {
      faults.add(path_of(main, "in_dim"),
                 std::to_string(*in) + " is not out_dim (" + out_text +
                     "): with \"layers\": [] the first layer is the output. Remove in_dim, or add "
                     "the layers after it, e.g. \"layers\": [" +
                     out_text + "]");
    }
    return;
  }
  if (!was_given(main, "in_dim"))
    faults.add(path_of(main, "in_dim"), "is missing: with layers after it, the first layer needs a width");
  if (const auto last = layers->back().get<std::int64_t>(); last != *out) {
    faults.add(json::element_path(path_of(main, "layers"), layers->size() - 1),
               std::to_string(last) + " is not out_dim (" + out_text + "): the last layer is the output");
  }
}

void check_steps(const ClientDraft& main, Faults& faults) {
  const auto batch = integer(main, "batch_size");
  const auto* l2 = setting(main, "l2");
  if (!batch || l2 == nullptr) return;
  const double product = static_cast<double>(*batch) * l2->get<double>();
  if (product <= kBatchTimesL2Max) return;
  faults.add(path_of(main, "l2"), plain(l2->get<double>()) + " times batch_size (" + std::to_string(*batch) +
                                      ") is " + plain(product) + ", more than 100: make one of them smaller");
}

/// `label` is the label client's draft where its settings are known.
void check_regression(const ClientDraft& main, const ClientDraft* label, Faults& faults) {
  if (word(main, "activation") != "none") return;
  if (const auto* layers = setting(main, "layers"); layers != nullptr && !layers->empty()) {
    faults.add(path_of(main, "activation"),
               "\"none\" is linear regression, which has no layers after the first: write \"layers\": [], or "
               "\"sigmoid\"");
  }
  if (label != nullptr && word(*label, "loss") == "logloss") {
    faults.add(path_of(*label, "loss"),
               "\"logloss\" needs a sigmoid on the output, and main's activation is \"none\": write \"mse\"");
  }
}

const ClientDraft* find(const Drafts& drafts, ClientType type) {
  const auto found = std::find_if(drafts.begin(), drafts.end(),
                                  [&](const ClientDraft& draft) { return draft.type == type; });
  return found == drafts.end() ? nullptr : &*found;
}

}  // namespace

void check_mode(const ClientDraft& main, Faults& faults) {
  const auto mode = word(main, "mode");
  const bool predicts = mode == "predict";
  const bool has_model = was_given(main, "model_task");
  if (predicts && !has_model) {
    faults.add(path_of(main, "model_task"),
               "is missing: mode \"predict\" needs the name of the task that trained the model");
  }
  if (mode == "train" && has_model) {
    faults.add(path_of(main, "model_task"),
               "a training makes its own model: remove this, or write \"mode\": \"predict\" to use the model "
               "of that task");
  }
}

void check_roc(const ClientDraft& label, const nlohmann::json* metric, bool regression, Faults& faults) {
  const auto* asked = setting(label, "report_roc");
  if (asked == nullptr || *asked != true) return;
  const auto path = path_of(label, "report_roc");
  if (regression) {
    faults.add(path, "ranks classes, and a regression has none: remove it");
  } else if (metric != nullptr && (*metric == "loss" || *metric == nlohmann::json::array({"loss"}))) {
    faults.add(path, "is made of the test set's scores, and with metric \"loss\" none is opened: remove it, or add another metric");
  }
}

void check_listeners(const ClientDraft& dealer, const Drafts& drafts, Faults& faults) {
  const auto* list = setting(dealer, "listen_clients");
  if (list == nullptr) return;
  std::string data_clients;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (drafts[i].role != Role::kFeatureClient && drafts[i].role != Role::kLabelClient) continue;
    data_clients.append(data_clients.empty() ? "" : ", ").append(std::to_string(i));
  }
  const auto path = path_of(dealer, "listen_clients");
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto id = (*list)[i].get<std::size_t>();
    const auto element_path = json::element_path(path, i);
    const bool exists = id < drafts.size();
    if (!seen.insert(id).second) {
      faults.add(element_path, std::to_string(id) + " is in the list already");
    } else if (!exists || (drafts[id].role && *drafts[id].role != Role::kFeatureClient &&
                           *drafts[id].role != Role::kLabelClient)) {
      std::string message = std::to_string(id) + " is not the id of a data client";
      if (exists) message += " (it is the " + std::string(role_name(*drafts[id].role)) + ")";
      if (!data_clients.empty()) message += ": this task's are " + data_clients;
      faults.add(element_path, std::move(message));
    }
  }
}

void check_training_rules(const Drafts& drafts, Faults& faults) {
  if (const auto* main = find(drafts, ClientType::kSharedNnMain)) {
    check_mode(*main, faults);
    check_length(*main, faults);
    check_widths(*main, faults);
    check_steps(*main, faults);
    check_regression(*main, find(drafts, ClientType::kSharedNnLabel), faults);
    if (const auto* label = find(drafts, ClientType::kSharedNnLabel)) {
      check_roc(*label, setting(*label, "metric"), word(*main, "activation") == "none", faults);
    }
  }
  if (const auto* dealer = find(drafts, ClientType::kTripletProducer))
    check_listeners(*dealer, drafts, faults);
}

}  // namespace pai::task
