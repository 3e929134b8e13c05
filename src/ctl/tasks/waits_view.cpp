#include "ctl/tasks/waits_view.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "common/base/text.h"

namespace pai::ctl::tasks {
namespace {

using nlohmann::json;

/// Shorter waits are the ordinary course of a protocol.
constexpr double kNoticeableSeconds = 1;

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>(), 200) : "";
}

struct Wait {
  std::int64_t peer = 0;
  double seconds = 0;
  std::string message;
};

std::vector<Wait> waits_of(const Answer& answer) {
  std::vector<Wait> waits;
  if (!answer.waits.is_array()) return waits;
  for (const auto& wait : answer.waits) {
    if (!wait.is_object() || !wait.contains("peer") || !wait["peer"].is_number_integer()) continue;
    const auto seconds = wait.find("seconds");
    waits.push_back({wait["peer"].get<std::int64_t>(), seconds != wait.end() && seconds->is_number() ? seconds->get<double>() : 0, text_in(wait, "message_type")});
  }
  return waits;
}

std::string seconds_text(double seconds) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.1f s", std::max(0.0, seconds));
  return digits;
}

std::string words_of(const Answer& answer) {
  if (!answer.fault.empty()) return "does not answer: " + printable(answer.fault, 500);
  std::string words;
  for (const auto& wait : waits_of(answer)) {
    words += (words.empty() ? "waits " : ", ") + seconds_text(wait.seconds) + " for client " + std::to_string(wait.peer);
    if (!wait.message.empty()) words += " (" + wait.message + ")";
  }
  return words.empty() ? "waits for nobody" : words;
}

/// Of those that are waited for: who does not answer, else who waits for nobody.
std::string end_of_chain(const std::vector<Answer>& answers) {
  std::set<std::int64_t> awaited;
  for (const auto& answer : answers) {
    for (const auto& wait : waits_of(answer)) {
      if (wait.seconds >= kNoticeableSeconds) awaited.insert(wait.peer);
    }
  }
  std::vector<const Answer*> silent;
  std::vector<const Answer*> busy;
  for (const auto& answer : answers) {
    if (!awaited.contains(answer.client)) continue;
    if (!answer.fault.empty()) silent.push_back(&answer);
    if (answer.fault.empty() && waits_of(answer).empty()) busy.push_back(&answer);
  }
  if (silent.size() == 1) return "the others wait for client " + std::to_string(silent[0]->client) + ", which does not answer: look at its machine";
  if (silent.empty() && busy.size() == 1) return "the others wait for client " + std::to_string(busy[0]->client) + ", which waits for nobody: it computes, or is kept from it";
  return "";
}

}  // namespace

std::vector<std::string> waits_lines(const json& status, const std::vector<Answer>& answers) {
  std::vector<std::string> lines;
  const auto clients = status.is_object() ? status.value("clients", json::array()) : json::array();
  if (!clients.is_array()) return lines;
  std::size_t width = 0;
  for (const auto& client : clients) width = std::max(width, client.is_object() ? text_in(client, "role").size() : 0);
  for (const auto& client : clients) {
    if (!client.is_object() || !client.contains("id") || !client["id"].is_number_integer()) continue;
    const auto id = client["id"].get<std::int64_t>();
    auto role = text_in(client, "role");
    role.resize(std::max(width, role.size()), ' ');
    const auto answer = std::find_if(answers.begin(), answers.end(), [&](const Answer& one) { return one.client == id; });
    lines.push_back(std::to_string(id) + "  " + role + "  " + (answer == answers.end() ? text_in(client, "state") : words_of(*answer)));
  }
  if (auto end = end_of_chain(answers); !end.empty()) lines.push_back(std::move(end));
  return lines;
}

}  // namespace pai::ctl::tasks
