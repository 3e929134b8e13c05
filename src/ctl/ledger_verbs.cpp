#include "ctl/ledger_verbs.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/io/files.h"
#include "common/task/task_file.h"
#include "ctl/ledger.h"

namespace pai::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;

Result<Ledger> open_ledger(const std::string& given) {
  std::error_code none;
  const fs::path path = fs::is_directory(given, none) ? fs::path(given) / task::kLedgerFileName : fs::path(given);
  PAI_ASSIGN(const auto text, io::read_file(path, kFileBytesMax));
  auto ledger = read_ledger(text);
  if (!ledger.ok()) return std::move(ledger).error().in_context(path.string());
  return ledger;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string in_words(const Ledger::Run& run) {
  std::string text = "run " + printable(run.id) + ", began " + printable(run.began) + ", " + (run.outcome.empty() ? "cut off" : printable(run.outcome)) + "\n";
  std::size_t kind = 0;
  std::size_t message = 0;
  for (const auto& [to, sum] : run.sent) {
    kind = std::max(kind, sum.discloses.size());
    message = std::max(message, to.second.size());
  }
  for (const auto& [to, sum] : run.sent) {
    text += "  to client " + std::to_string(to.first) + "  " + padded(printable(sum.discloses), kind + 2) + padded(printable(to.second), message + 2) +
            with_thousands(sum.messages) + " messages, " + with_thousands(sum.bytes) + " bytes: " + printable(sum.learns, 400) + "\n";
  }
  for (const auto& [peer, head] : run.peers) {
    text += "  client " + std::to_string(peer) + " said its ledger stood at " + std::to_string(head.lines) + " lines, hash " + printable(head.hash) + "\n";
  }
  return text;
}

nlohmann::json to_json(const Ledger::Run& run) {
  auto sent = nlohmann::json::array();
  for (const auto& [to, sum] : run.sent) {
    sent.push_back({{"to", to.first}, {"message", to.second}, {"discloses", sum.discloses}, {"learns", sum.learns},
                    {"messages", sum.messages}, {"bytes", sum.bytes}});
  }
  auto peers = nlohmann::json::array();
  for (const auto& [peer, head] : run.peers) peers.push_back({{"client", peer}, {"lines", head.lines}, {"head", head.hash}});
  return {{"run", run.id}, {"digest", run.digest}, {"began", run.began}, {"outcome", run.outcome}, {"sent", std::move(sent)},
          {"peer_ledgers", std::move(peers)}};
}

}  // namespace

Result<std::string> verify_ledgers(const LedgerVerifyOptions& options) {
  std::string text;
  auto document = nlohmann::json::array();
  for (const auto& file : options.files) {
    PAI_ASSIGN(const auto ledger, open_ledger(file));
    text += file + ": whole; client " + std::to_string(ledger.client) + " of task '" + printable(ledger.task) + "', " +
            std::to_string(ledger.runs.size()) + (ledger.runs.size() == 1 ? " run, " : " runs, ") +
            std::to_string(ledger.head.lines) + " lines, head " + ledger.head.hash + "\n";
    const bool closed = !ledger.runs.back().outcome.empty();
    if (!closed) {
      text += "  its last run has no end: the client was killed, or lines are missing from the end, which the chain alone cannot tell.\n"
              "  A partner's ledger can: paictl ledger compare " + file + " THEIRS\n";
    }
    document.push_back({{"file", file}, {"closed", closed}, {"task", ledger.task}, {"client", ledger.client}, {"runs", ledger.runs.size()},
                        {"lines", ledger.head.lines}, {"head", ledger.head.hash}});
  }
  return options.json ? document.dump(2) + "\n" : text;
}

Result<std::string> show_ledger(const LedgerShowOptions& options) {
  PAI_ASSIGN(const auto ledger, open_ledger(options.file));
  std::string text = "What left client " + std::to_string(ledger.client) + " in task '" + printable(ledger.task) + "'\n";
  auto runs = nlohmann::json::array();
  for (const auto& run : ledger.runs) {
    text += "\n" + in_words(run);
    runs.push_back(to_json(run));
  }
  if (!options.json) return text;
  return nlohmann::json{{"task", ledger.task}, {"client", ledger.client}, {"lines", ledger.head.lines},
                        {"head", ledger.head.hash}, {"runs", std::move(runs)}}.dump(2) + "\n";
}

Result<std::string> compare_ledgers(const LedgerCompareOptions& options) {
  PAI_ASSIGN(const auto first, open_ledger(options.first));
  PAI_ASSIGN(const auto second, open_ledger(options.second));
  PAI_ASSIGN(const auto agreed, compare(first, second));
  if (options.json) return nlohmann::json{{"status", "ok"}, {"agreed", agreed}}.dump(2) + "\n";
  std::string text;
  for (const auto& line : agreed) text += line + "\n";
  return text;
}

}  // namespace pai::ctl
