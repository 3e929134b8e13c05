#include <array>
#include <charconv>
#include <cmath>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/task/settings.h"
#include "common/task/types/alignment.h"
#include "common/task/types/boosting.h"
#include "common/task/types/training.h"

namespace pai::task {
namespace {

constexpr std::array kAlignment = {Family::kAlignment};
constexpr std::array kSharedNn = {Family::kSharedNn};
constexpr std::array kSecureXgboost = {Family::kSecureXgboost};
constexpr std::array kTraining = {Family::kSharedNn, Family::kSecureXgboost};

constexpr std::array kMain = {Role::kMainClient};
constexpr std::array kCrypto = {Role::kCryptoProducer};
constexpr std::array kFeature = {Role::kFeatureClient};
constexpr std::array kLabel = {Role::kLabelClient};
constexpr std::array kData = {Role::kFeatureClient, Role::kLabelClient};

/// Every client type: a new one is a line here, its declaration under types/, and its folder and line in the client.
constexpr std::array<ClientTypeInfo, 9> kTypes = {{
    {ClientType::kAlignmentMain, "alignment_main", kAlignment, kMain, types::kAlignmentMainSettings},
    {ClientType::kAlignmentData, "alignment_data", kAlignment, kData, types::kAlignmentDataSettings},
    {ClientType::kTripletProducer, "triplet_producer", kTraining, kCrypto, types::kTripletProducerSettings},
    {ClientType::kSharedNnMain, "shared_nn_main", kSharedNn, kMain, types::kSharedNnMainSettings},
    {ClientType::kSharedNnFeature, "shared_nn_feature", kSharedNn, kFeature, types::kSharedNnFeatureSettings},
    {ClientType::kSharedNnLabel, "shared_nn_label", kSharedNn, kLabel, types::kSharedNnLabelSettings},
    {ClientType::kSecureXgboostMain, "secure_xgboost_main", kSecureXgboost, kMain, types::kSecureXgboostMainSettings},
    {ClientType::kSecureXgboostFeature, "secure_xgboost_feature", kSecureXgboost, kFeature, types::kSecureXgboostFeatureSettings},
    {ClientType::kSecureXgboostLabel, "secure_xgboost_label", kSecureXgboost, kLabel, types::kSecureXgboostLabelSettings},
}};

constexpr bool in_order_and_unique() {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (static_cast<std::size_t>(kTypes[i].type) != i) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (kTypes[i].name == kTypes[j].name) return false;
    }
  }
  return static_cast<std::size_t>(ClientType::kSecureXgboostLabel) + 1 == kTypes.size();
}
static_assert(in_order_and_unique(), "the table has each client type once, in the order of the enumeration");

std::string bound(double value) {
  if (value == std::trunc(value)) return with_thousands(static_cast<std::uint64_t>(value));
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string range(const Setting& setting) {
  std::string text;
  if (setting.min) text += (setting.min_exclusive ? " from above " : " from ") + bound(*setting.min);
  if (setting.max) text += (setting.max_exclusive ? " to below " : " to ") + bound(*setting.max);
  return text;
}

std::string choice_list(const Setting& setting) {
  std::string text;
  for (const auto& choice : setting.choices) {
    text.append(&choice == &setting.choices.front() ? "\"" : ", \"").append(choice).append("\"");
  }
  return text;
}

}  // namespace

std::span<const ClientTypeInfo> client_types() { return kTypes; }

const ClientTypeInfo& client_type_info(ClientType type) {
  const auto index = static_cast<std::size_t>(type);
  PAI_CHECK(index < kTypes.size(), "a client type outside the enumeration");
  return kTypes[index];
}

std::string_view client_type_name(ClientType type) { return client_type_info(type).name; }

std::optional<ClientType> client_type_from_name(std::string_view name) {
  for (const auto& info : kTypes) {
    if (info.name == name) return info.type;
  }
  return std::nullopt;
}

std::string expectation(const Setting& setting) {
  switch (setting.kind) {
    case Setting::Kind::kInteger: return "an integer" + range(setting);
    case Setting::Kind::kNumber: return "a number" + range(setting);
    case Setting::Kind::kBoolean: return "true or false";
    case Setting::Kind::kString: return "a string";
    case Setting::Kind::kChoice: return "one of " + choice_list(setting);
    case Setting::Kind::kPath: return "a relative path";
    case Setting::Kind::kColumns: return "a list of column names, or positions from 0";
    case Setting::Kind::kNames: return "a column name or a list of them";
    case Setting::Kind::kIntegers:
      return "a list of at most " + std::to_string(setting.elements_max) + " integers" + range(setting);
    case Setting::Kind::kChoices: return "one of " + choice_list(setting) + ", or a list of them";
    case Setting::Kind::kTaskName: return "the name of a task";
    case Setting::Kind::kObject: {
      std::string text = "an object";
      for (std::size_t i = 0; i < setting.members_count; ++i) text.append(i == 0 ? " of " : ", ").append(setting.members[i].name);
      return text;
    }
  }
  PAI_CHECK(false, "a setting kind outside the enumeration");
}

}  // namespace pai::task
