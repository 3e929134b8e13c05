#include "ctl/preflight_verb.h"

#include "common/base/text.h"
#include "common/io/files.h"
#include "ctl/master_call.h"
#include "ctl/table.h"

namespace pai::ctl {
namespace {

constexpr std::size_t kTaskBytesMax = std::size_t{1} << 20;
constexpr std::chrono::seconds kTimeout{60};

std::string text_of(const nlohmann::json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? printable(found->get<std::string>(), 400) : "";
}

}  // namespace

Result<Found> run_preflight(const PreflightOptions& options) {
  std::string task;
  if (!options.task_file.empty()) {
    PAI_ASSIGN(task, io::read_file(options.task_file, kTaskBytesMax));
    if (task.empty()) return Error(ErrorCode::kInvalid, options.task_file + ": is empty");
  }
  PAI_ASSIGN(Master master, Master::reach(options.master));
  PAI_ASSIGN(const auto answer, master.call(http::Method::kPost, "/preflight", kTimeout, std::move(task)));
  const auto fine = answer.find("fine"), rows = answer.find("rows");
  if (fine == answer.end() || !fine->is_boolean() || rows == answer.end() || !rows->is_array()) {
    return Error(ErrorCode::kProtocol, "the master's answer is no preflight");
  }
  Found found{.text = {}, .fine = fine->get<bool>()};
  if (options.json) {
    found.text = answer.dump(2) + "\n";
    return found;
  }
  Table table({"", "CHECK", "WHERE", "FOUND"});
  for (const auto& row : *rows) {
    if (!row.is_object()) continue;
    const bool good = row.contains("fine") && row["fine"] == nlohmann::json(true);
    table.add({good ? "ok" : "WRONG", text_of(row, "check"), text_of(row, "where"), text_of(row, "found")});
  }
  found.text = table.text() + "\n" + text_of(answer, "msg") + "\n";
  return found;
}

}  // namespace pai::ctl
