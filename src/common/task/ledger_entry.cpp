#include "common/task/ledger_entry.h"

#include <string_view>
#include <type_traits>

#include "common/task/draft.h"

namespace pai::task {
namespace {

constexpr std::size_t kHashDigits = 64;

bool read(const nlohmann::json& entry, const char* name, std::string& into) {
  const auto found = entry.find(name);
  if (found == entry.end() || !found->is_string()) return false;
  into = found->get<std::string>();
  return true;
}

bool read(const nlohmann::json& entry, const char* name, std::uint64_t& into) {
  const auto found = entry.find(name);
  if (found == entry.end() || !found->is_number_unsigned()) return false;
  into = found->get<std::uint64_t>();
  return true;
}

/// The id of a client.
bool read(const nlohmann::json& entry, const char* name, int& into) {
  std::uint64_t number = 0;
  if (!read(entry, name, number) || number >= kClientsMax) return false;
  into = static_cast<int>(number);
  return true;
}

std::optional<LedgerEntry> begin_from(const nlohmann::json& entry) {
  LedgerBegin begin;
  const bool whole = read(entry, "task", begin.task) && read(entry, "client", begin.client) && read(entry, "run", begin.run) &&
                     read(entry, "digest", begin.digest) && read(entry, "time", begin.time);
  return whole ? std::optional<LedgerEntry>(std::move(begin)) : std::nullopt;
}

std::optional<LedgerEntry> sent_from(const nlohmann::json& entry) {
  LedgerSent sent;
  const bool whole = read(entry, "phase", sent.phase) && read(entry, "peer", sent.peer) && read(entry, "message", sent.message) &&
                     read(entry, "discloses", sent.discloses) && read(entry, "learns", sent.learns) &&
                     read(entry, "messages", sent.messages) && read(entry, "bytes", sent.bytes);
  return whole ? std::optional<LedgerEntry>(std::move(sent)) : std::nullopt;
}

std::optional<LedgerEntry> peer_from(const nlohmann::json& entry) {
  LedgerPeer peer;
  const bool whole = read(entry, "peer", peer.peer) && read(entry, "lines", peer.head.lines) && read(entry, "head", peer.head.hash) &&
                     peer.head.lines != 0 && peer.head.hash.size() == kHashDigits;
  return whole ? std::optional<LedgerEntry>(std::move(peer)) : std::nullopt;
}

std::optional<LedgerEntry> end_from(const nlohmann::json& entry) {
  LedgerEnd end;
  return read(entry, "outcome", end.outcome) ? std::optional<LedgerEntry>(std::move(end)) : std::nullopt;
}

}  // namespace

std::optional<LedgerEntry> ledger_entry_from_json(const nlohmann::json& entry) {
  std::string event;
  if (!entry.is_object() || !read(entry, "event", event)) return std::nullopt;
  if (event == "begin") return begin_from(entry);
  if (event == "sent") return sent_from(entry);
  if (event == "peer_ledger") return peer_from(entry);
  if (event == "end") return end_from(entry);
  return std::nullopt;
}

}  // namespace pai::task
