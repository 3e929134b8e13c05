#include "master/node_words.h"

#include <utility>

#include "common/base/text.h"
#include "common/task/account.h"
#include "common/task/fields.h"
#include "common/task/roc.h"

namespace pai::master {
namespace {

using nlohmann::json;

/// A node looks at the last MiB; what is no text there it writes as four characters a byte.
constexpr std::size_t kLogBytesMax = std::size_t{8} << 20;
constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kSentenceBytesMax = 1024;
constexpr std::size_t kMessagesMax = 1000;  // types of them
constexpr std::size_t kPathBytesMax = 4096;
constexpr std::size_t kAlignmentIdBytesMax = 64;

Error senseless(std::string_view what, std::string why) {
  return Error(ErrorCode::kNodeFailed, "its node told " + std::string(what) + " that make no sense: " + std::move(why));
}

template <class T>
Result<json> rebuilt(std::string_view what, Result<T> read) {
  if (!read.ok()) return senseless(what, read.error().message());
  return task::to_json(*read);
}

const json& member_of(const json& document, const char* key) {
  static const json kNull;
  const auto found = document.is_object() ? document.find(key) : document.end();
  return document.is_object() && found != document.end() ? *found : kNull;
}

json messages_from(const json& list, task::Faults& faults) {
  auto messages = json::array();
  if (!list.is_array() || list.size() > kMessagesMax) {
    faults.add("discloses.messages", "is no list of at most " + std::to_string(kMessagesMax) + " elements");
    return messages;
  }
  for (const auto& element : list) {
    task::Fields fields(element, "discloses.messages", faults);
    messages.push_back({{"message", fields.text("message", kWordBytesMax)},
                        {"discloses", fields.text("discloses", kWordBytesMax)},
                        {"learns", fields.text("learns", kSentenceBytesMax)}});
  }
  return messages;
}

/// To whom: the receiver's role and node are the task's own.
json discloses_from(const json& list, const task::TaskSpec& spec, task::Faults& faults) {
  auto receivers = json::array();
  if (!list.is_array() || list.size() > spec.clients.size()) {
    faults.add("discloses", "is no list with an element for each other client");
    return receivers;
  }
  for (const auto& element : list) {
    task::Fields fields(element, "discloses", faults);
    const auto to = static_cast<std::size_t>(fields.integer("to", 0, static_cast<std::int64_t>(spec.clients.size()) - 1));
    const auto& receiver = spec.clients[to];
    receivers.push_back({{"to", to},
                         {"role", task::role_name(receiver.role)},
                         {"node", receiver.node()},
                         {"messages", messages_from(member_of(element, "messages"), faults)}});
  }
  return receivers;
}

json dataset_from(const json& document, task::Faults& faults) {
  task::Fields fields(document, "dataset", faults);
  return {{"data_path", fields.text("data_path", kPathBytesMax)},
          {"alignment_id", fields.hex("alignment_id", kAlignmentIdBytesMax)},
          {"train_rows", fields.count("train_rows")},
          {"test_rows", fields.count("test_rows")},
          {"columns", fields.count("columns")}};
}

}  // namespace

Result<json> log_in(const json& document) {
  const auto& text = member_of(document, "msg");
  if (!text.is_string()) return senseless("lines of a log", "they are no text");
  if (text.get_ref<const std::string&>().size() > kLogBytesMax) return senseless("lines of a log", "they are more than " + with_thousands(kLogBytesMax) + " bytes");
  const auto& shared = member_of(document, "shared");
  return json{{"msg", text}, {"shared", shared == "full" || shared == "errors" ? shared : json(nullptr)}};
}

Result<json> traffic_in(const json& document) {
  return rebuilt("bytes of its client", task::traffic_from_json(member_of(document, "msg")));
}

Result<json> roc_in(const json& document) {
  const auto found = document.is_object() ? document.find("msg") : document.end();
  if (document.is_object() && found != document.end() && found->is_null()) return json(nullptr);
  return rebuilt("points of a ROC curve", task::roc_from_json(member_of(document, "msg")));
}

Result<json> ledger_in(const json& document) {
  return rebuilt("sums of its client's ledger", task::ledger_summary_from_json(member_of(document, "msg")));
}

Result<json> check_in(const json& document, const task::TaskSpec& spec) {
  task::Faults faults;
  auto checked = json::object();
  if (const auto& leaves = member_of(document, "discloses"); !leaves.is_null()) checked["discloses"] = discloses_from(leaves, spec, faults);
  if (const auto& approval = member_of(document, "approval"); !approval.is_null()) {
    if (approval != "automatic" && approval != "manual") faults.add("approval", "is neither automatic nor manual");
    checked["approval"] = approval;
  }
  if (const auto found = document.find("dataset"); found != document.end()) {
    checked["dataset"] = found->is_null() ? json(nullptr) : dataset_from(*found, faults);
  }
  if (!faults.none()) return senseless("checks of a task", std::move(faults).to_error("its answer").message());
  return checked;
}

}  // namespace pai::master
