#include "ctl/task_verbs.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/io/files.h"
#include "common/json/strict_json.h"
#include "ctl/master_call.h"
#include "ctl/table.h"
#include "ctl/task_ledger.h"
#include "ctl/task_log.h"
#include "ctl/task_waits.h"
#include "ctl/tasks/status_view.h"

namespace pai::ctl {
namespace {

using http::Method;
using nlohmann::json;
using std::chrono::steady_clock;
using Verb = TaskOptions::Verb;

constexpr std::size_t kTaskBytesMax = std::size_t{16} << 20;
/// A creation may wait for every node in turn; its own time-outs are shorter.
constexpr auto kActionTime = std::chrono::seconds(120);
constexpr auto kPace = std::chrono::milliseconds(400);
/// How long a master that does not answer is tried again before it counts as gone.
constexpr auto kPatience = std::chrono::seconds(30);
constexpr int kTaskFailed = 1;
constexpr int kTimedOut = 3;

/// Standard output, as far as lines can be overwritten there.
class Screen {
 public:
  Screen() : terminal_(::isatty(STDOUT_FILENO) == 1) {
    winsize size{};
    if (terminal_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) look_.width = size.ws_col - 1U;
    const char* no_colour = std::getenv("NO_COLOR");
    look_.colour = terminal_ && (no_colour == nullptr || *no_colour == '\0');
  }

  bool is_terminal() const { return terminal_; }
  const tasks::Look& look() const { return look_; }
  /// A line that stays, above what is overwritten.
  void say(const std::string& line) {
    clear();
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }
  /// In the place of what was shown before.
  void show(const std::vector<std::string>& lines) {
    clear();
    for (const auto& line : lines) std::printf("%s\n", line.c_str());
    shown_ = lines.size();
    std::fflush(stdout);
  }

 private:
  void clear() {
    if (shown_ > 0) std::printf("\x1b[%zuA\x1b[J", shown_);
    shown_ = 0;
  }

  bool terminal_;
  tasks::Look look_;
  std::size_t shown_ = 0;
};

std::string on_task(std::string_view path, const std::string& task) {
  return std::string(path) + "?task_name=" + http::encode(task);
}

/// The document as it stands in the file, and its name. The master says what is wrong with it, this only what keeps it from being JSON.
struct TaskDocument {
  std::string text;
  std::string name;
};

Result<TaskDocument> read_document(const std::string& file) {
  PAI_ASSIGN(auto text, io::read_file(file, kTaskBytesMax));
  pai::json::Limits limits;
  limits.bytes_max = kTaskBytesMax;
  auto document = pai::json::parse(text, limits);
  if (!document.ok()) return std::move(document).error().in_context(file);
  const auto name = document->is_object() ? document->find("task_name") : document->end();
  const bool named = document->is_object() && name != document->end() && name->is_string();
  return TaskDocument{std::move(text), named ? name->get<std::string>() : ""};
}

/// Follows one task to its end.
class Watch {
 public:
  Watch(Master& master, const TaskOptions& options, std::string task)
      : master_(master), options_(options), task_(std::move(task)), quiet_(options.verb == Verb::kWait) {}

  Result<Printed> follow() {
    while (true) {
      PAI_ASSIGN(const json status, ask("/queryStatus"));
      if (tasks::message_of(status) == "NotExist") return Error(ErrorCode::kNotFound, "there is no task '" + printable(task_) + "'");
      PAI_TRY(show(status));
      if (tasks::has_ended(status)) return ended(status);
      if (options_.timeout_s > 0 && steady_clock::now() - begin_ >= std::chrono::duration<double>(options_.timeout_s)) {
        return Printed{"task '" + printable(task_) + "' has not ended yet; it goes on\n", kTimedOut};
      }
      std::this_thread::sleep_for(kPace);
    }
  }

 private:
  /// A master that is being restarted answers again in a moment.
  Result<json> ask(std::string_view path) {
    const auto begin = steady_clock::now();
    while (true) {
      auto answer = master_.call(Method::kGet, on_task(path, task_));
      if (answer.ok() || steady_clock::now() - begin > kPatience) return answer;
      const auto code = answer.error().code();
      if (code != ErrorCode::kNodeFailed && code != ErrorCode::kTimeout && code != ErrorCode::kUnavailable) return answer;
      std::this_thread::sleep_for(kPace);
    }
  }

  Status show(const json& status) {
    if (quiet_) return {};
    if (options_.json) {
      auto line = status.dump();
      if (line != std::exchange(last_, line)) screen_.say(line);
      return {};
    }
    if (!screen_.is_terminal()) {
      auto line = tasks::milestones(status);
      if (line != std::exchange(last_, line)) screen_.say(line);
      return {};
    }
    std::vector<std::string> lines;
    const double watched = std::chrono::duration<double>(steady_clock::now() - begin_).count();
    if (!tasks::has_ended(status)) lines.push_back(tasks::title_line(status, watched, screen_.look()));
    for (auto& line : tasks::party_lines(status, screen_.look())) lines.push_back(std::move(line));
    if (const auto record = master_.call(Method::kGet, on_task("/queryRecord", task_)); record.ok()) {
      for (auto& line : tasks::record_lines(*record, screen_.look())) lines.push_back(std::move(line));
    }
    screen_.show(lines);
    return {};
  }

  Result<Printed> ended(const json& status) {
    const bool finished = tasks::message_of(status) == "Finished";
    Printed printed{"", finished ? 0 : kTaskFailed};
    if (options_.json) {
      if (quiet_) printed.text = status.dump() + "\n";
      return printed;
    }
    printed.text = tasks::state_line(status, screen_.look()) + "\n";
    if (!quiet_ && !screen_.is_terminal()) {
      if (const auto record = master_.call(Method::kGet, on_task("/queryRecord", task_)); record.ok()) {
        for (const auto& line : tasks::record_lines(*record, screen_.look())) printed.text += line + "\n";
      }
    }
    return printed;
  }

  Master& master_;
  const TaskOptions& options_;
  const std::string task_;
  const bool quiet_;
  const steady_clock::time_point begin_ = steady_clock::now();
  Screen screen_;
  std::string last_;
};

Printed as_printed(const json& answer, const TaskOptions& options) {
  if (options.json) return {answer.dump(2) + "\n"};
  const auto msg = answer.find("msg");
  return {msg != answer.end() && msg->is_string() ? printable(msg->get<std::string>(), 1000) + "\n" : answer.dump() + "\n"};
}

Printed list_of(const json& answer, const TaskOptions& options) {
  if (options.json) return {answer.dump(2) + "\n"};
  Table table({"TASK", "STATE", "CLIENTS", "CREATED", "BY", "CAUSE"});
  for (const auto& task : answer.value("tasks", json::array())) {
    const auto text = [&](const char* key) {
      const auto found = task.find(key);
      return found != task.end() && found->is_string() ? printable(found->get<std::string>(), 200) : std::string();
    };
    table.add({text("task_name"), text("state"), task.value("clients", json()).dump(), text("created_at"), text("created_by"), text("cause")});
  }
  return {table.text()};
}

Printed status_of(const json& status, const TaskOptions& options) {
  if (options.json) return {status.dump(2) + "\n"};
  tasks::Look look = Screen().look();
  look.whole = true;  // nothing will be overwritten
  std::string text = tasks::state_line(status, look) + "\n";
  for (const auto& line : tasks::party_lines(status, look)) text += "  " + line + "\n";
  return {std::move(text)};
}

Printed record_of(const json& record, const TaskOptions& options) {
  if (options.json) return {record.dump(2) + "\n"};
  std::vector<std::string> heading;
  for (const auto& column : record.value("columns", json::array())) heading.push_back(column.is_string() ? printable(column.get<std::string>(), 40) : "");
  if (heading.empty()) return {"no record\n"};
  Table table(std::move(heading));
  for (const auto& row : record.value("msg", json::array())) {
    std::vector<std::string> cells;
    for (const auto& value : row) cells.push_back(value.is_null() ? "" : value.dump());
    table.add(std::move(cells));
  }
  return {table.text()};
}

Result<Printed> post(Master& master, std::string target, const TaskOptions& options) {
  PAI_ASSIGN(const json answer, master.call(Method::kPost, std::move(target), kActionTime));
  return as_printed(answer, options);
}

Result<Printed> get(Master& master, std::string target, const TaskOptions& options, Printed (*shown)(const json&, const TaskOptions&)) {
  PAI_ASSIGN(const json answer, master.call(Method::kGet, std::move(target)));
  return shown(answer, options);
}

Result<Printed> create_and_follow(Master& master, const TaskOptions& options) {
  PAI_ASSIGN(auto document, read_document(options.file));
  PAI_ASSIGN(const json created, master.call(Method::kPost, "/createTask", kActionTime, std::move(document.text)));
  PAI_ASSIGN(const json started, master.call(Method::kPost, on_task("/startTask", document.name), kActionTime));
  (void)created;  // that both were answered ok is all
  (void)started;
  return Watch(master, options, document.name).follow();
}

std::string flag(std::string_view name, bool set) { return set ? "&" + std::string(name) + "=true" : ""; }

}  // namespace

Result<Printed> run_task(const TaskOptions& options) {
  PAI_ASSIGN(auto master, Master::reach(options.master));
  switch (options.verb) {
    case Verb::kRun: return create_and_follow(master, options);
    case Verb::kWait:
    case Verb::kWatch: return Watch(master, options, options.task).follow();
    case Verb::kCreate:
    case Verb::kCheck: {
      PAI_ASSIGN(auto document, read_document(options.file));
      const char* path = options.verb == Verb::kCreate ? "/createTask" : "/checkTask";
      PAI_ASSIGN(const json answer, master.call(Method::kPost, path, kActionTime, std::move(document.text)));
      return as_printed(answer, options);
    }
    case Verb::kStart: return post(master, on_task("/startTask", options.task), options);
    case Verb::kStop: return post(master, on_task("/stopTask", options.task) + flag("force", options.force), options);
    case Verb::kRetry: return post(master, on_task("/retryTask", options.task) + flag("resume", options.resume), options);
    case Verb::kDelete:
      return post(master, on_task("/deleteTask", options.task) + flag("datasets", options.datasets) + flag("force", options.force), options);
    case Verb::kList:
      return get(master, "/listTasks?limit=" + std::to_string(options.limit) + (options.status.empty() ? "" : "&status=" + http::encode(options.status)),
                 options, list_of);
    case Verb::kStatus: return get(master, on_task("/queryStatus", options.task), options, status_of);
    case Verb::kWaits: return run_task_waits(master, options);
    case Verb::kRecord: return get(master, on_task("/queryRecord", options.task), options, record_of);
    case Verb::kLedger: return run_task_ledger(master, options);
    case Verb::kLog:
      return run_task_log(master, options);
  }
  return Error(ErrorCode::kInternal, "a verb outside the enumeration");
}

}  // namespace pai::ctl
