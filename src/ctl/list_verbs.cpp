#include "ctl/list_verbs.h"

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "ctl/master_call.h"
#include "ctl/table.h"

namespace pai::ctl {
namespace {

using nlohmann::json;

/// A text as it is, a number as JSON has it, nothing for null.
std::string cell(const json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return "";
  return found->is_string() ? printable(found->get<std::string>(), 200) : found->dump();
}

std::string seconds(const json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number()) return "";
  char text[32];
  // Adding zero makes a rounded -0.0 a 0.0.
  std::snprintf(text, sizeof text, "%.1f s", std::round(found->get<double>() * 10) / 10 + 0.0);
  return text;
}

std::vector<std::string> dataset_row(const json& row) {
  const auto rows = row.find("rows");
  const auto part = [&](std::size_t at) {
    return rows != row.end() && rows->is_array() && at < rows->size() && (*rows)[at].is_number() ? (*rows)[at].dump() : std::string();
  };
  const auto columns = row.find("columns");
  return {cell(row, "out_data_path"), cell(row, "node"), cell(row, "task_name"), cell(row, "state"), part(0), part(1),
          columns != row.end() && columns->is_array() ? std::to_string(columns->size()) : "", cell(row, "alignment_id").substr(0, 12)};
}

std::vector<std::string> node_row(const json& row) {
  const bool reached = row.value("reachable", json()) == json(true);
  return {cell(row, "name"), cell(row, "node"), reached ? "yes" : "NO", cell(row, "version"), seconds(row, "clock_skew_s"), cell(row, "certificate_days_left"),
          cell(row, "reason")};
}

}  // namespace

Result<Printed> run_list(const ListOptions& options) {
  PAI_ASSIGN(auto master, Master::reach(options.master));
  const bool nodes = options.what == ListOptions::What::kNodes;
  std::string target = std::string(nodes ? "/listNodes" : "/listDatasets") + "?limit=" + std::to_string(options.limit);
  if (!options.status.empty()) target += "&status=" + http::encode(options.status);
  PAI_ASSIGN(const json answer, master.call(http::Method::kGet, std::move(target)));
  if (options.json) return Printed{answer.dump(2) + "\n"};
  Table table(nodes ? std::vector<std::string>{"NAME", "NODE", "REACHED", "VERSION", "CLOCK", "CERT DAYS", "WHY NOT"}
                    : std::vector<std::string>{"DATA SET", "NODE", "TASK", "STATE", "TRAIN", "TEST", "COLUMNS", "ALIGNMENT"});
  const auto rows = answer.find(nodes ? "nodes" : "datasets");
  if (rows != answer.end() && rows->is_array()) {
    for (const auto& row : *rows) {
      if (row.is_object()) table.add(nodes ? node_row(row) : dataset_row(row));
    }
  }
  return Printed{table.text()};
}

}  // namespace pai::ctl
