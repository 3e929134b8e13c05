#include "node/ledger_sums.h"

#include <limits>
#include <utility>

#include "common/base/text.h"
#include "common/task/ledger_entry.h"

namespace pai::node {
namespace {

constexpr std::size_t kWordBytesMax = 60;
constexpr std::size_t kSentenceBytesMax = 400;
/// What another program's reader of JSON takes as an integer without a sign.
constexpr std::uint64_t kCountMax = std::numeric_limits<std::int64_t>::max();

/// A sum that does not turn over.
void add(std::uint64_t& sum, std::uint64_t more) { sum = more > kCountMax - sum ? kCountMax : sum + more; }

}  // namespace

void LedgerSums::take(std::string_view lines) {
  while (summary_.fault.empty() && !lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n') == std::string_view::npos ? lines.size() : lines.find('\n') + 1);
    lines.remove_prefix(line.size());
    auto head = task::HashChain::verify(line, summary_.head);
    if (!head.ok()) {
      // It was checked line by line: which one it was, is known here.
      summary_.fault = "line " + std::to_string(summary_.head.lines + 1) + " of the ledger is not what the lines before it say";
      return;
    }
    const auto entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!take_entry(entry)) {
      summary_.fault = "line " + std::to_string(summary_.head.lines + 1) + " is none of a ledger of disclosures";
      return;
    }
    summary_.head = *std::move(head);
  }
}

bool LedgerSums::take_entry(const nlohmann::json& entry) {
  const auto read = task::ledger_entry_from_json(entry);
  if (!read) return false;
  if (const auto* begin = std::get_if<task::LedgerBegin>(&*read)) {
    for (const auto& each : summary_.sent) {
      add(summary_.earlier_messages, each.messages);
      add(summary_.earlier_bytes, each.bytes);
    }
    summary_.sent.clear();
    places_.clear();
    summary_.omitted = 0;
    summary_.runs += 1;
    summary_.run = printable(begin->run, kWordBytesMax);
    summary_.began = printable(begin->time, kWordBytesMax);
    summary_.outcome.clear();
    return true;
  }
  if (summary_.runs == 0) return false;
  if (const auto* sent = std::get_if<task::LedgerSent>(&*read)) {
    const auto [found, is_new] = places_.try_emplace({sent->phase, sent->peer, sent->message}, summary_.sent.size());
    if (is_new && summary_.sent.size() >= task::kLedgerSumsMax) {
      places_.erase(found);
      summary_.omitted += 1;
      return true;
    }
    if (is_new) {
      summary_.sent.push_back({.phase = printable(sent->phase, kWordBytesMax),
                               .peer = sent->peer,
                               .message = printable(sent->message, kWordBytesMax),
                               .discloses = printable(sent->discloses, kWordBytesMax),
                               .learns = printable(sent->learns, kSentenceBytesMax)});
    }
    auto& sum = summary_.sent[found->second];
    add(sum.messages, sent->messages);
    add(sum.bytes, sent->bytes);
    return true;
  }
  if (const auto* end = std::get_if<task::LedgerEnd>(&*read)) summary_.outcome = printable(end->outcome, kWordBytesMax);
  return true;
}

}  // namespace pai::node
