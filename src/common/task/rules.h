#pragma once

#include <string>
#include <vector>

#include "common/task/draft.h"

/// Rules that both families of training have (training_rules.cpp).
namespace pai::task {

/// `mode` and `model_task` of a main client.
void check_mode(const ClientDraft& main, Faults& faults);
/// `report_roc` of a label client. `metric`: what evaluations tell, where it is known.
void check_roc(const ClientDraft& label, const nlohmann::json* metric, bool regression, Faults& faults);
/// `listen_clients` of the dealer.
void check_listeners(const ClientDraft& dealer, const std::vector<ClientDraft>& drafts, Faults& faults);

}  // namespace pai::task
