#include "ctl/ledger.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/task/ledger_entry.h"

namespace pai::ctl {
namespace {

using nlohmann::json;

/// Takes the lines one after the other; false: the line is none of a ledger's here.
class Reader {
 public:
  bool take(const json& line) {
    const auto hash = line.find("hash");
    auto entry = task::ledger_entry_from_json(line);
    if (!entry || hash == line.end() || !hash->is_string()) return false;
    ledger_.hashes.push_back(hash->get<std::string>());
    return std::visit([this](auto& read) { return take_entry(read); }, *entry);
  }
  Ledger ledger() && { return std::move(ledger_); }

 private:
  bool take_entry(const task::LedgerBegin& begin) {
    if (ledger_.runs.empty()) {
      ledger_.task = begin.task;
      ledger_.client = begin.client;
    } else if (begin.task != ledger_.task || begin.client != ledger_.client) {
      return false;
    }
    ledger_.runs.push_back({begin.run, begin.digest, begin.time, {}, {}, {}});
    return true;
  }

  bool take_entry(const task::LedgerSent& sent) {
    if (ledger_.runs.empty()) return false;
    auto& sum = ledger_.runs.back().sent[{sent.peer, sent.message}];
    sum.discloses = sent.discloses;
    sum.learns = sent.learns;
    sum.messages += sent.messages;
    sum.bytes += sent.bytes;
    return true;
  }

  bool take_entry(const task::LedgerPeer& told) {
    return !ledger_.runs.empty() && ledger_.runs.back().peers.emplace(told.peer, told.head).second;
  }

  bool take_entry(const task::LedgerEnd& end) {
    if (ledger_.runs.empty() || !ledger_.runs.back().outcome.empty()) return false;
    ledger_.runs.back().outcome = end.outcome;
    return true;
  }

  Ledger ledger_;
};

/// What `witness` was told of where `other` stood, held against the lines that `other` has.
void hold_against(const Ledger& witness, const Ledger& other, std::vector<std::string>& agreed,
                  std::vector<std::string>& contradictions) {
  const auto name = [](const Ledger& ledger) { return "client " + std::to_string(ledger.client); };
  for (const auto& run : witness.runs) {
    const auto told = run.peers.find(other.client);
    if (told == run.peers.end()) continue;
    const auto& [lines, hash] = told->second;
    const auto at = name(other) + "'s line " + std::to_string(lines - 1) + " as " + name(witness) + " was told of it in run " + printable(run.id);
    if (lines > other.hashes.size()) {
      contradictions.push_back(at + ": the ledger ends before it");
    } else if (other.hashes[lines - 1] != hash) {
      contradictions.push_back(at + ": the ledger has another");
    } else {
      agreed.push_back(at + ": the same");
    }
  }
}

}  // namespace

Result<Ledger> read_ledger(std::string_view text) {
  PAI_ASSIGN(const auto head, task::HashChain::verify(text));
  Reader reader;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const auto line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    const auto entry = json::parse(line, nullptr, false);  // the chain is whole, so each line is an object
    if (!entry.is_object() || !reader.take(entry)) {
      return Error(ErrorCode::kInvalid, "line " + std::to_string(number) + " is none of a ledger of disclosures");
    }
  }
  auto ledger = std::move(reader).ledger();
  if (ledger.runs.empty()) return Error(ErrorCode::kInvalid, "it is empty");
  ledger.head = head;
  return ledger;
}

Result<std::vector<std::string>> compare(const Ledger& first, const Ledger& second) {
  if (first.task != second.task || first.client == second.client) {
    return Error(ErrorCode::kInvalid, "these are not the ledgers of two parties of one task: client " +
                                          std::to_string(first.client) + " of '" + printable(first.task) + "' and client " +
                                          std::to_string(second.client) + " of '" + printable(second.task) + "'");
  }
  std::vector<std::string> agreed;
  std::vector<std::string> contradictions;
  for (const auto& run : first.runs) {
    const auto same = std::find_if(second.runs.begin(), second.runs.end(), [&](const auto& other) { return other.id == run.id; });
    if (same != second.runs.end() && same->digest != run.digest) {
      contradictions.push_back("run " + printable(run.id) + ": the two parties were given different versions of the task");
    }
  }
  hold_against(first, second, agreed, contradictions);
  hold_against(second, first, agreed, contradictions);
  if (!contradictions.empty()) {
    Error error(ErrorCode::kInvalid, "the two ledgers contradict each other: one of them is not what it was");
    for (const auto& what : contradictions) error = std::move(error).with_detail({ErrorDetail::Kind::kPath, "ledger", what});
    return error;
  }
  if (agreed.empty()) {
    return Error(ErrorCode::kInvalid, "neither party was told where the other's ledger stood: there is nothing to compare")
        .with_hint("heads are exchanged when a run ends in order");
  }
  return agreed;
}

}  // namespace pai::ctl
