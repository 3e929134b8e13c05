#include <algorithm>
#include <string>

#include "common/json/strict_json.h"
#include "common/task/draft.h"
#include "common/task/rules.h"

namespace pai::task {
namespace {

/// One contest decides between feature clients.
constexpr std::ptrdiff_t kFeatureClientsMax = 8;

void check_seeds(const ClientDraft& main, Faults& faults) {
  const auto* config = member(main.settings, "config");
  const auto* sync = member(main.settings, "sync_info");
  const auto* one = config == nullptr ? nullptr : member(*config, "seed");
  const auto* other = sync == nullptr ? nullptr : member(*sync, "seed");
  if (one == nullptr || other == nullptr || *one == *other) return;
  faults.add(json::child_path(json::child_path(main.settings_path, "sync_info"), "seed"),
             other->dump() + " is not config.seed (" + one->dump() + "): keep one of the two");
}

void check_objective(const ClientDraft& main, Faults& faults) {
  const auto* config = member(main.settings, "config");
  if (config == nullptr) return;
  const auto* objective = member(*config, "objective");
  if (objective == nullptr) return;
  const auto path = json::child_path(json::child_path(main.settings_path, "config"), "num_class");
  const bool has_classes = member(*config, "num_class") != nullptr;
  if (*objective == "multi" && !has_classes) faults.add(path, "is missing: objective \"multi\" needs the number of classes");
  if (*objective != "multi" && has_classes) {
    faults.add(path, "belongs to objective \"multi\": remove it, or write \"objective\": \"multi\"");
  }
  const auto* metric = member(main.settings, "metric");
  const bool is_own = metric == nullptr || *metric == nlohmann::json::array({"auc_ks"}) || *metric == nlohmann::json::array({"loss"});
  if (*objective == "regression" && !is_own) {
    faults.add(json::child_path(main.settings_path, "metric"), "ranks classes, and objective \"regression\" has none: remove it");
  }
}

void check_early_stop(const ClientDraft& main, Faults& faults) {
  const auto* config = member(main.settings, "config");
  const auto* patience = config == nullptr ? nullptr : member(*config, "early_stop");
  const auto* every = member(main.settings, "test_per_trees");
  if (patience == nullptr || every == nullptr || *patience == 0 || *every != 0) return;
  faults.add(json::child_path(json::child_path(main.settings_path, "config"), "early_stop"),
             "needs evaluations while the trees are made: set test_per_trees above 0");
}

void check_boosted_roc(const ClientDraft& label, const std::vector<ClientDraft>& drafts, Faults& faults) {
  const auto main = std::find_if(drafts.begin(), drafts.end(), [](const auto& draft) { return draft.type == ClientType::kSecureXgboostMain; });
  if (main == drafts.end()) return;
  const auto* config = member(main->settings, "config");
  const auto* objective = config == nullptr ? nullptr : member(*config, "objective");
  check_roc(label, member(main->settings, "metric"), objective != nullptr && *objective == "regression", faults);
}

}  // namespace

void check_boosting_rules(const std::vector<ClientDraft>& drafts, const std::string& clients_path, Faults& faults) {
  for (const auto& draft : drafts) {
    if (draft.type == ClientType::kSecureXgboostMain) {
      check_mode(draft, faults);
      check_seeds(draft, faults);
      check_objective(draft, faults);
      check_early_stop(draft, faults);
    }
    if (draft.type == ClientType::kTripletProducer) check_listeners(draft, drafts, faults);
    if (draft.type == ClientType::kSecureXgboostLabel) check_boosted_roc(draft, drafts, faults);
  }
  const auto features = std::count_if(drafts.begin(), drafts.end(), [](const auto& draft) { return draft.role == Role::kFeatureClient; });
  if (features > kFeatureClientsMax) {
    faults.add(clients_path, "has " + std::to_string(features) + " feature clients: at most 8 take part in boosting");
  }
}

}  // namespace pai::task
