#include "common/task/account.h"

#include <array>
#include <algorithm>
#include <utility>

#include "common/task/draft.h"
#include "common/task/fields.h"

namespace pai::task {
namespace {

constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kSentenceBytesMax = 1024;
constexpr std::size_t kHashDigits = 64;
constexpr double kSecondsMax = 1e12;
constexpr std::array<std::string_view, 8> kKinds = {"control", "key_material", "ciphertext", "sizes",
                                                    "keyed_ids", "membership", "share", "opened"};

int client_in(Fields& fields, std::string_view key) {
  return static_cast<int>(fields.integer(key, 0, static_cast<int>(kClientsMax) - 1));
}

/// The list's elements; none, and a fault, when it is no list or a longer one.
const nlohmann::json& elements(const nlohmann::json& list, const std::string& path, std::size_t elements_max, Faults& faults) {
  static const nlohmann::json kNone = nlohmann::json::array();
  if (list.is_array() && list.size() <= elements_max) return list;
  faults.add(path, "is no list of at most " + std::to_string(elements_max) + " elements");
  return kNone;
}

}  // namespace

nlohmann::json to_json(const std::vector<PeerUsage>& traffic) {
  auto document = nlohmann::json::array();
  for (const auto& each : traffic) {
    document.push_back({{"peer", each.client},
                        {"sent_bytes", each.sent_bytes},
                        {"sent_messages", each.sent_messages},
                        {"received_bytes", each.received_bytes},
                        {"received_messages", each.received_messages},
                        {"rounds", each.rounds},
                        {"wait_seconds", each.wait_seconds}});
  }
  return document;
}

Result<std::vector<PeerUsage>> traffic_from_json(const nlohmann::json& document) {
  Faults faults;
  std::vector<PeerUsage> traffic;
  for (const auto& element : elements(document, "traffic", kClientsMax, faults)) {
    Fields each(element, "traffic", faults);
    traffic.push_back({.client = client_in(each, "peer"),
                       .sent_bytes = each.count("sent_bytes"),
                       .sent_messages = each.count("sent_messages"),
                       .received_bytes = each.count("received_bytes"),
                       .received_messages = each.count("received_messages"),
                       .rounds = each.count("rounds"),
                       .wait_seconds = each.number("wait_seconds", 0, kSecondsMax)});
  }
  if (!faults.none()) return std::move(faults).to_error("the client's traffic");
  return traffic;
}

nlohmann::json to_json(const LedgerSummary& summary) {
  auto sent = nlohmann::json::array();
  for (const auto& each : summary.sent) {
    sent.push_back({{"phase", each.phase},
                    {"peer", each.peer},
                    {"message", each.message},
                    {"discloses", each.discloses},
                    {"learns", each.learns},
                    {"messages", each.messages},
                    {"bytes", each.bytes}});
  }
  return {{"lines", summary.head.lines},
          {"head", summary.head.hash},
          {"fault", summary.fault},
          {"unread_bytes", summary.unread_bytes},
          {"runs", summary.runs},
          {"earlier_messages", summary.earlier_messages},
          {"earlier_bytes", summary.earlier_bytes},
          {"run", summary.run},
          {"began", summary.began},
          {"outcome", summary.outcome},
          {"sent", std::move(sent)},
          {"omitted", summary.omitted}};
}

Result<LedgerSummary> ledger_summary_from_json(const nlohmann::json& document) {
  Faults faults;
  Fields fields(document, "ledger", faults);
  LedgerSummary summary;
  summary.head.lines = fields.count("lines");
  summary.head.hash = fields.hex("head", kHashDigits);
  summary.fault = fields.text("fault", kSentenceBytesMax);
  summary.unread_bytes = fields.count("unread_bytes");
  summary.runs = fields.count("runs");
  summary.earlier_messages = fields.count("earlier_messages");
  summary.earlier_bytes = fields.count("earlier_bytes");
  summary.run = fields.text("run", 2 * kWordBytesMax);
  summary.began = fields.text("began", kWordBytesMax);
  summary.outcome = fields.text("outcome", kWordBytesMax);
  summary.omitted = fields.count("omitted");
  static const nlohmann::json kNone;
  const auto* sent = fields.optional("sent");
  for (const auto& element : elements(sent == nullptr ? kNone : *sent, "ledger.sent", kLedgerSumsMax, faults)) {
    Fields each(element, "ledger.sent", faults);
    LedgerSummary::Sent sum;
    sum.phase = each.text("phase", kWordBytesMax);
    sum.peer = client_in(each, "peer");
    sum.message = each.text("message", kWordBytesMax);
    sum.discloses = each.text("discloses", kWordBytesMax);
    sum.learns = each.text("learns", kSentenceBytesMax);
    sum.messages = each.count("messages");
    sum.bytes = each.count("bytes");
    if (std::find(kKinds.begin(), kKinds.end(), sum.discloses) == kKinds.end()) each.fault("discloses", "is no kind of disclosure");
    summary.sent.push_back(std::move(sum));
  }
  if (!faults.none()) return std::move(faults).to_error("the client's ledger");
  return summary;
}

}  // namespace pai::task
