#include "common/disclosure/passages.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>
#include <nlohmann/json.hpp>

#include "common/base/check.h"
#include "pai/v1/channel.pb.h"
#include "pai/v1/disclosure.pb.h"

namespace pai::disclosure {

namespace {

bool is_family(v1::TaskFamily declared, task::Family family) {
  switch (family) {
    case task::Family::kAlignment: return declared == v1::TASK_FAMILY_ALIGNMENT;
    case task::Family::kSharedNn: return declared == v1::TASK_FAMILY_TRAINING;
    case task::Family::kSecureXgboost: return declared == v1::TASK_FAMILY_BOOSTING;
  }
  PAI_CHECK(false, "a family outside the enumeration");
}

bool is_party(v1::Party declared, task::Role role) {
  if (declared == v1::PARTY_ANY) return true;
  switch (role) {
    case task::Role::kMainClient: return declared == v1::PARTY_MAIN;
    case task::Role::kCryptoProducer: return declared == v1::PARTY_DEALER;
    case task::Role::kFeatureClient: return declared == v1::PARTY_FEATURE || declared == v1::PARTY_DATA;
    case task::Role::kLabelClient: return declared == v1::PARTY_LABEL || declared == v1::PARTY_DATA;
  }
  PAI_CHECK(false, "a role outside the enumeration");
}

std::string as_text(const nlohmann::json& value) {
  if (value.is_array() && value.size() == 1) return as_text(value.front());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The setting with this name; dots lead into objects. nullptr: absent.
const nlohmann::json* setting_in(const nlohmann::json& settings, std::string_view name) {
  const auto* at = &settings;
  while (true) {
    const auto dot = name.find('.');
    const auto found = at->is_object() ? at->find(std::string(name.substr(0, dot))) : at->end();
    if (found == at->end()) return nullptr;
    at = &*found;
    if (dot == std::string_view::npos) return at;
    name.remove_prefix(dot + 1);
  }
}

bool holds(const v1::Condition& condition, const task::ClientSpec& client) {
  const auto* const setting = setting_in(client.settings, condition.setting());
  if (setting == nullptr) return true;
  const auto text = as_text(*setting);
  return condition.has_is() ? text == condition.is() : text != condition.is_not();
}

/// Of all clients that the condition speaks of one is enough.
bool holds(const v1::Condition& condition, const task::TaskSpec& task) {
  const auto of = condition.of() == v1::PARTY_UNSPECIFIED ? v1::PARTY_MAIN : condition.of();
  return std::any_of(task.clients.begin(), task.clients.end(), [&](const task::ClientSpec& client) {
    return is_party(of, client.role) && holds(condition, client);
  });
}

bool is_open(const v1::Passage& passage, const task::TaskSpec& task, task::Role from, task::Role to) {
  return (passage.family() == v1::TASK_FAMILY_ANY || is_family(passage.family(), task.family())) &&
         is_party(passage.from(), from) && is_party(passage.to(), to) &&
         std::all_of(passage.when().begin(), passage.when().end(),
                     [&](const v1::Condition& condition) { return holds(condition, task); });
}

}  // namespace

Bodies may_pass(const task::TaskSpec& task, int from, int to) {
  const auto role_of = [&](int client) { return task.clients.at(static_cast<std::size_t>(client)).role; };
  const auto* const frame = v1::Frame::descriptor();
  Bodies bodies;
  for (int i = 0; i < frame->field_count(); ++i) {
    const auto& field = *frame->field(i);
    const auto& passages = field.message_type()->options().GetExtension(v1::discloses).passages();
    const bool open = std::any_of(passages.begin(), passages.end(), [&](const v1::Passage& passage) {
      return is_open(passage, task, role_of(from), role_of(to));
    });
    if (open) bodies.set(static_cast<std::size_t>(field.number()));
  }
  return bodies;
}

}  // namespace pai::disclosure
