#include "ctl/task_log.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "ctl/tasks/log_tail.h"
#include "ctl/tasks/status_view.h"

namespace pai::ctl {
namespace {

using http::Method;
using nlohmann::json;

constexpr auto kPace = std::chrono::seconds(1);
/// What may be added between two looks without a gap.
constexpr int kFollowedLines = 2000;

std::string log_target(const TaskOptions& options, int tail) {
  return "/queryLog?task_name=" + http::encode(options.task) + "&client=" + std::to_string(options.client) + "&tail=" + std::to_string(tail);
}

std::string text_of(const json& answer) {
  const auto text = answer.find("msg");
  return text != answer.end() && text->is_string() ? text->get<std::string>() : std::string();
}

void say(const std::string& line, const TaskOptions& options) {
  if (options.json) {
    std::printf("%s\n", json{{"task_name", options.task}, {"client", options.client}, {"line", line}}.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
  } else {
    std::printf("%s\n", printable(line, 4000).c_str());
  }
  std::fflush(stdout);
}

Result<Printed> follow(Master& master, const TaskOptions& options) {
  std::vector<std::string> known;
  bool first = true;
  while (true) {
    // Asked before the log: what an ended task wrote is all there.
    PAI_ASSIGN(const json status, master.call(Method::kGet, "/queryStatus?task_name=" + http::encode(options.task)));
    PAI_ASSIGN(const json answer, master.call(Method::kGet, log_target(options, std::max(options.tail, kFollowedLines))));
    auto lines = tasks::lines_of(text_of(answer));
    std::size_t from = tasks::first_new(known, lines);
    if (first && lines.size() > static_cast<std::size_t>(options.tail)) from = lines.size() - static_cast<std::size_t>(options.tail);
    first = false;
    for (; from < lines.size(); ++from) say(lines[from], options);
    known = std::move(lines);
    if (tasks::has_ended(status)) return Printed{};
    std::this_thread::sleep_for(kPace);
  }
}

}  // namespace

Result<Printed> run_task_log(Master& master, const TaskOptions& options) {
  if (options.follow) return follow(master, options);
  PAI_ASSIGN(const json answer, master.call(Method::kGet, log_target(options, options.tail)));
  if (options.json) return Printed{answer.dump(2) + "\n"};
  std::string text;
  for (const auto& line : tasks::lines_of(text_of(answer))) text += printable(line, 4000) + "\n";
  return Printed{std::move(text)};
}

}  // namespace pai::ctl
