#include "ctl/task_waits.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "ctl/tasks/status_view.h"
#include "ctl/tasks/waits_view.h"

namespace pai::ctl {
namespace {

using http::Method;
using nlohmann::json;

tasks::Answer ask(Master& master, const std::string& task, std::int64_t client) {
  auto answer = master.call(Method::kGet, "/queryTask?query=waits&task_name=" + http::encode(task) + "&client=" + std::to_string(client));
  if (!answer.ok()) return {client, {}, answer.error().message()};
  // A client that ended in between is answered for from what the master knows.
  if (!answer->is_object() || answer->value("live", json(true)) == json(false)) return {client, json::array(), ""};
  return {client, answer->value("msg", json::array()), ""};
}

}  // namespace

Result<Printed> run_task_waits(Master& master, const TaskOptions& options) {
  PAI_ASSIGN(const json status, master.call(Method::kGet, "/queryStatus?task_name=" + http::encode(options.task)));
  if (tasks::message_of(status) == "NotExist") return Error(ErrorCode::kNotFound, "there is no task '" + printable(options.task) + "'");
  std::vector<tasks::Answer> answers;
  for (const auto& client : status.value("clients", json::array())) {
    if (!client.is_object() || client.value("state", json()) != json("Running") || !client.contains("id") || !client["id"].is_number_integer()) continue;
    answers.push_back(ask(master, options.task, client["id"].get<std::int64_t>()));
  }
  if (options.json) {
    json document{{"task_name", options.task}, {"msg", status.value("msg", json())}, {"clients", json::array()}};
    for (auto& answer : answers) {
      document["clients"].push_back({{"id", answer.client}, {"waits", std::move(answer.waits)}, {"fault", answer.fault}});
    }
    return Printed{document.dump(2, ' ', false, json::error_handler_t::replace) + "\n"};
  }
  std::string text = tasks::state_line(status, {}) + "\n";
  for (const auto& line : tasks::waits_lines(status, answers)) text += "  " + line + "\n";
  return Printed{std::move(text)};
}

}  // namespace pai::ctl
