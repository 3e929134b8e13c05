#include "ctl/ledger.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace pai::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t kHashDigits = 64;

template <class T>
std::optional<T> member(const json& entry, const char* name) {
  const auto found = entry.find(name);
  if (found == entry.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return std::nullopt;
  } else {
    if (!found->is_number_unsigned()) return std::nullopt;
    if constexpr (std::is_same_v<T, int>) {
      if (found->get<std::uint64_t>() > 1'000'000) return std::nullopt;
    }
  }
  return found->get<T>();
}

/// Takes the lines one after the other; false: the line is none of a ledger's here.
class Reader {
 public:
  bool take(const json& entry) {
    const auto hash = member<std::string>(entry, "hash");
    const auto event = member<std::string>(entry, "event");
    if (!hash || hash->size() != kHashDigits || !event) return false;
    ledger_.hashes.push_back(*hash);
    if (*event == "begin") return begin(entry);
    if (ledger_.runs.empty()) return false;
    if (*event == "sent") return sent(entry);
    if (*event == "peer_ledger") return peer(entry);
    if (*event == "end") return end(entry);
    return false;
  }
  Ledger ledger() && { return std::move(ledger_); }

 private:
  bool begin(const json& entry) {
    const auto task = member<std::string>(entry, "task");
    const auto client = member<int>(entry, "client");
    const auto run = member<std::string>(entry, "run");
    const auto digest = member<std::string>(entry, "digest");
    const auto time = member<std::string>(entry, "time");
    if (!task || !client || !run || !digest || !time) return false;
    if (ledger_.runs.empty()) {
      ledger_.task = *task;
      ledger_.client = *client;
    } else if (*task != ledger_.task || *client != ledger_.client) {
      return false;
    }
    ledger_.runs.push_back({*run, *digest, *time, {}, {}, {}});
    return true;
  }

  bool sent(const json& entry) {
    const auto peer = member<int>(entry, "peer");
    const auto message = member<std::string>(entry, "message");
    const auto discloses = member<std::string>(entry, "discloses");
    const auto learns = member<std::string>(entry, "learns");
    const auto messages = member<std::uint64_t>(entry, "messages");
    const auto bytes = member<std::uint64_t>(entry, "bytes");
    if (!peer || !message || !discloses || !learns || !messages || !bytes) return false;
    auto& sum = ledger_.runs.back().sent[{*peer, *message}];
    sum.discloses = *discloses;
    sum.learns = *learns;
    sum.messages += *messages;
    sum.bytes += *bytes;
    return true;
  }

  bool peer(const json& entry) {
    const auto peer = member<int>(entry, "peer");
    const auto lines = member<std::uint64_t>(entry, "lines");
    const auto head = member<std::string>(entry, "head");
    if (!peer || !lines || *lines == 0 || !head || head->size() != kHashDigits) return false;
    return ledger_.runs.back().peers.emplace(*peer, task::HashChain::Head{*lines, *head}).second;
  }

  bool end(const json& entry) {
    const auto outcome = member<std::string>(entry, "outcome");
    if (!outcome || !ledger_.runs.back().outcome.empty()) return false;
    ledger_.runs.back().outcome = *outcome;
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
