#include "ctl/tasks/status_view.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "common/base/text.h"
#include "ctl/tasks/bars.h"

namespace pai::ctl::tasks {
namespace {

using nlohmann::json;

constexpr std::size_t kBarWidth = 20;
constexpr std::size_t kBarWidthMin = 8;
constexpr std::size_t kPlotWidth = 40;

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>(), 2000) : "";
}

std::optional<double> number_in(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::string figure(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::general, 5).ptr;
  return {digits.data(), end};
}

std::string whole(double value) { return with_thousands(static_cast<std::uint64_t>(std::max(0.0, value))); }

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string coloured(const Look& look, std::string_view code, const std::string& text) {
  return look.colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::string_view colour_of(std::string_view state) {
  if (state == "Finished") return "32";
  if (state == "Failed") return "31";
  if (state == "Stopped") return "33";
  return "36";
}

/// Not in the middle of a character.
std::string cut(std::string line, std::size_t width) {
  std::size_t shown = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0) == 0x80) continue;
    if (++shown > width) {
      line.resize(i);
      break;
    }
  }
  return line;
}

/// How far it is: a part from 0 to 1 for the bar, and figures behind it.
struct Progress {
  double part = 0;
  std::string figures;
};

std::optional<Progress> progress_of(const json& client) {
  const auto progress = client.find("progress");
  if (progress == client.end() || !progress->is_object()) return std::nullopt;
  const auto done = number_in(*progress, "done").value_or(0);
  const auto total = number_in(*progress, "total").value_or(0);
  if (total <= 0) return std::nullopt;
  std::string text = whole(100 * done / total) + " %  " + whole(done) + "/" + whole(total) + " " + text_in(*progress, "unit");
  if (const auto rate = number_in(*progress, "per_second")) text += "  " + whole(*rate) + "/s";
  if (const auto left = number_in(*progress, "seconds_left")) text += "  " + duration(*left) + " left";
  return Progress{done / total, std::move(text)};
}

const json& clients_of(const json& status) {
  static const json kNone = json::array();
  const auto clients = status.is_object() ? status.find("clients") : status.end();
  return status.is_object() && clients != status.end() && clients->is_array() ? *clients : kNone;
}

/// How wide the columns of all parties are.
struct Columns {
  std::size_t role = 0, node = 0;
};

Columns columns_of(const json& clients) {
  Columns columns;
  for (const auto& client : clients) {
    if (!client.is_object()) continue;
    columns.role = std::max(columns.role, text_in(client, "role").size() + 2);
    columns.node = std::max(columns.node, text_in(client, "node").size() + 2);
  }
  return columns;
}

/// Where the whole does not fit, the node goes first, then the bar; figures stay longest.
std::string running_line(const json& client, const std::string& who, const std::string& node, std::size_t width) {
  // Without a phase nothing was heard of it: it comes up, or its node is away.
  const std::string phase = padded(text_in(client, "phase").empty() ? text_in(client, "state") : text_in(client, "phase"), 9);
  const auto progress = progress_of(client);
  if (!progress) return who + node + phase;
  const auto with_bar = [&](const std::string& before) -> std::optional<std::string> {
    const std::size_t used = before.size() + 3 + progress->figures.size();
    if (used + kBarWidthMin > width) return std::nullopt;
    return before + "[" + bar(progress->part, std::min(kBarWidth, width - used)) + "] " + progress->figures;
  };
  if (auto line = with_bar(who + node + phase)) return *line;
  if (auto line = with_bar(who + phase)) return *line;
  return who + phase + progress->figures;
}

}  // namespace

std::vector<std::string> party_lines(const json& status, const Look& look) {
  std::vector<std::string> lines;
  const auto columns = columns_of(clients_of(status));
  for (const auto& client : clients_of(status)) {
    if (!client.is_object()) continue;
    const auto state = text_in(client, "state");
    const std::string who = padded(whole(number_in(client, "id").value_or(0)), 3) + padded(text_in(client, "role"), columns.role);
    const std::string node = padded(text_in(client, "node"), columns.node);
    std::string line;
    if (state == "Running") {
      line = running_line(client, who, node, look.width);
    } else {
      line = who + node + state;
      if (const auto place = number_in(client, "queue_position")) line += ", place " + whole(*place) + " in the queue of its node";
      if (const auto reason = text_in(client, "reason"); !reason.empty()) line += ": " + reason;
    }
    if (client.value("reachable", json(true)) == json(false)) line += "  (its node cannot be reached)";
    lines.push_back(look.whole && state != "Running" ? std::move(line) : cut(std::move(line), look.width));
  }
  return lines;
}

std::string title_line(const json& status, double seconds, const Look& look) {
  return cut("task '" + text_in(status, "task_name") + "': " + text_in(status, "state") + ", " + duration(seconds), look.width);
}

std::string state_line(const json& status, const Look& look) {
  if (!status.is_object()) return "no answer of a master";
  const auto state = text_in(status, "msg");
  const auto exact = text_in(status, "state");
  std::string line = "task '" + text_in(status, "task_name") + "': " + coloured(look, colour_of(state), state);
  if (exact != state && !exact.empty()) line += " (" + exact + ")";
  if (const auto cause = text_in(status, "cause"); !cause.empty()) line += ": " + coloured(look, colour_of(state), cause);
  return line;
}

std::vector<std::string> record_lines(const json& record, const Look& look) {
  std::vector<std::string> lines;
  if (!record.is_object() || !record.contains("msg") || !record["msg"].is_array() || !record.contains("columns")) return lines;
  const auto& rows = record["msg"];
  const auto& columns = record["columns"];
  // The first two are the time and the batches.
  for (std::size_t column = 2; columns.is_array() && column < columns.size(); ++column) {
    std::vector<double> values;
    for (const auto& row : rows) {
      if (row.is_array() && column < row.size()) values.push_back(row[column].is_number() ? row[column].get<double>() : NAN);
    }
    if (values.empty() || !columns[column].is_string()) continue;
    lines.push_back(padded(printable(columns[column].get<std::string>(), 20), 8) + "  " +
                    sparkline(values, std::min(kPlotWidth, look.width / 2)) + "  " +
                    (std::isfinite(values.back()) ? figure(values.back()) : "-"));
  }
  return lines;
}

std::string milestones(const json& status) {
  std::string text = text_in(status, "msg");
  for (const auto& client : clients_of(status)) {
    if (!client.is_object()) continue;
    text += (text.empty() ? "" : "; ") + std::string("client ") + whole(number_in(client, "id").value_or(0)) + " " + text_in(client, "state");
    if (const auto phase = text_in(client, "phase"); text_in(client, "state") == "Running" && !phase.empty()) text += " " + phase;
  }
  return text;
}

std::string message_of(const json& status) { return status.is_object() ? text_in(status, "msg") : ""; }

bool has_ended(const json& status) {
  const auto state = message_of(status);
  return state == "Finished" || state == "Failed" || state == "Stopped";
}

}  // namespace pai::ctl::tasks
