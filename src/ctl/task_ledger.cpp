#include "ctl/task_ledger.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/task/account.h"

namespace pai::ctl {
namespace {

using http::Method;
using nlohmann::json;

std::string target_of(const std::string& path, const TaskOptions& options, int client) {
  return path + "task_name=" + http::encode(options.task) + "&client=" + std::to_string(client);
}

std::string text_in(const json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_string() ? printable(found->get<std::string>(), 400) : std::string();
}

std::string counted(std::uint64_t number, const char* what) { return with_thousands(number) + " " + what + (number == 1 ? "" : "s"); }

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string traffic_in_words(const std::vector<task::PeerUsage>& traffic) {
  std::string text;
  for (const auto& each : traffic) {
    text += "  with client " + std::to_string(each.client) + "  " + with_thousands(each.sent_bytes) + " bytes sent, " +
            with_thousands(each.received_bytes) + " received, " + counted(each.rounds, "round") + "\n";
  }
  return text;
}

std::string ledger_in_words(const task::LedgerSummary& ledger) {
  if (ledger.runs == 0 && ledger.fault.empty()) return "  nothing left it yet\n";
  std::string text = "  run " + printable(ledger.run) + ", began " + printable(ledger.began) + ", " +
                     (ledger.outcome.empty() ? "no end yet" : printable(ledger.outcome)) + "; the ledger has " +
                     counted(ledger.head.lines, "line") + ", head " + ledger.head.hash + "\n";
  if (!ledger.fault.empty()) text += "  BROKEN: " + printable(ledger.fault, 400) + "; what follows is of the part before\n";
  if (ledger.unread_bytes > 0) text += "  its node has not read " + counted(ledger.unread_bytes, "byte") + " of it yet: ask again\n";
  if (ledger.runs > 1) {
    text += "  " + counted(ledger.runs - 1, "earlier run") + ": " + counted(ledger.earlier_messages, "message") + ", " +
            counted(ledger.earlier_bytes, "byte") + "\n";
  }
  std::size_t phase = 0;
  std::size_t kind = 0;
  std::size_t message = 0;
  for (const auto& each : ledger.sent) {
    phase = std::max(phase, each.phase.size());
    kind = std::max(kind, each.discloses.size());
    message = std::max(message, each.message.size());
  }
  for (const auto& each : ledger.sent) {
    text += "  to client " + std::to_string(each.peer) + "  " + padded(printable(each.phase), phase + 2) + padded(each.discloses, kind + 2) +
            padded(printable(each.message), message + 2) + counted(each.messages, "message") + ", " + counted(each.bytes, "byte") + ": " +
            printable(each.learns, 400) + "\n";
  }
  if (ledger.omitted > 0) text += "  and " + counted(ledger.omitted, "line") + " more that are not summed\n";
  return text;
}

/// What one party's node says, in words; its refusal is an answer, too.
Result<std::string> party_in_words(Master& master, const TaskOptions& options, int client, const std::string& name) {
  std::string text = "What left " + name + "\n";
  const auto traffic = master.call(Method::kGet, target_of("/queryTask?query=traffic&", options, client));
  if (traffic.ok()) {
    PAI_ASSIGN(const auto read, task::traffic_from_json(traffic->value("msg", json())));
    text += traffic_in_words(read);
  } else {
    text += "  " + printable(traffic.error().message(), 400) + "\n";
  }
  const auto ledger = master.call(Method::kGet, target_of("/queryLedger?", options, client));
  if (ledger.ok()) {
    PAI_ASSIGN(const auto read, task::ledger_summary_from_json(ledger->value("msg", json())));
    text += ledger_in_words(read);
  } else if (traffic.ok() || ledger.error().message() != traffic.error().message()) {
    text += "  " + printable(ledger.error().message(), 400) + "\n";
  }
  return text;
}

json party_in_json(Master& master, const TaskOptions& options, int client) {
  json party = {{"client", client}, {"traffic", nullptr}, {"ledger", nullptr}};
  const auto take = [&](const char* key, const Result<json>& answer) {
    if (answer.ok()) {
      party[key] = answer->value("msg", json());
    } else {
      party[std::string(key) + "_error"] = answer.error().message();
    }
  };
  take("traffic", master.call(Method::kGet, target_of("/queryTask?query=traffic&", options, client)));
  take("ledger", master.call(Method::kGet, target_of("/queryLedger?", options, client)));
  return party;
}

}  // namespace

Result<Printed> run_task_ledger(Master& master, const TaskOptions& options) {
  PAI_ASSIGN(const json status, master.call(Method::kGet, "/queryStatus?task_name=" + http::encode(options.task)));
  const auto clients = status.find("clients");
  if (clients == status.end() || !clients->is_array() || clients->empty()) {
    return Error(ErrorCode::kNotFound, "there is no task '" + printable(options.task) + "'");
  }
  const int count = static_cast<int>(clients->size());
  if (options.client >= count) {
    return Error(ErrorCode::kInvalid, "task '" + printable(options.task) + "' has the clients 0 to " + std::to_string(count - 1));
  }
  const int asked = options.client == -1 ? count - 1 : options.client;
  std::string text;
  auto parties = json::array();
  for (int client = 0; client < count; ++client) {
    if (asked != TaskOptions::kEveryClient && client != asked) continue;
    if (options.json) {
      parties.push_back(party_in_json(master, options, client));
      continue;
    }
    const auto& party = (*clients)[static_cast<std::size_t>(client)];
    const std::string name = "client " + std::to_string(client) + " (" + text_in(party, "role") + " at " + text_in(party, "node") + ")";
    PAI_ASSIGN(const auto words, party_in_words(master, options, client, name));
    text += (text.empty() ? "" : "\n") + words;
  }
  if (options.json) return Printed{json{{"task_name", options.task}, {"parties", std::move(parties)}}.dump(2) + "\n"};
  return Printed{std::move(text)};
}

}  // namespace pai::ctl
