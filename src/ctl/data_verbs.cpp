#include "ctl/data_verbs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "ctl/data/table_profile.h"

namespace pai::ctl {
namespace {

using data::ColumnProfile;
using data::TableProfile;
using nlohmann::json;

std::string number_text(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::general, 6).ptr;
  return {digits.data(), end};
}

std::string count(std::uint64_t number, std::string_view noun) {
  return with_thousands(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string line_ends(const TableProfile& table) {
  if (table.lines.carriage_returns() == 0) return "LF";
  return table.lines.line_feeds() == 0 ? "CRLF" : "LF and CRLF mixed";
}

bool is_numeric(const ColumnProfile& column) { return column.not_numbers() == 0 && column.empty() < column.cells(); }

/// Things that somebody should look at, worst first. `bad`: an alignment refuses the file for it.
struct Finding {
  bool bad = false;
  std::string text;
};

std::vector<Finding> findings_of(const TableProfile& table) {
  std::vector<Finding> findings;
  if (table.duplicates > 0) {
    std::string text = count(table.duplicates, "row") + " with an ID that stood before:";
    for (const auto& [first, again] : table.examples) {
      text += (&first == &table.examples.front().first ? " line " : ", line ") + with_thousands(again) + " as line " + with_thousands(first);
    }
    if (table.duplicates > table.examples.size()) text += ", …";
    findings.push_back({true, text + " (\"duplicates\": \"first\" keeps the first of each)"});
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.profiles[i];
    const auto name = "'" + printable(table.columns[i], 80) + "'";
    if (column.is_constant()) {
      findings.push_back({false, name + " is the same in every row: a training with \"zscore\" refuses it"});
      continue;
    }
    if (column.empty() > 0) {
      findings.push_back({false, name + " has " + count(column.empty(), "empty cell") + ", the first in line " +
                                     with_thousands(column.first_empty()) + ": shared_nn refuses them"});
    }
    if (column.not_numbers() > 0) {
      findings.push_back({false, name + " has " + count(column.not_numbers(), "cell") + " that no number is in, the first in line " +
                                     with_thousands(column.first_not_number()) + ": it can be aligned, not trained on"});
    }
  }
  if (table.lines.blank() > 0) findings.push_back({false, count(table.lines.blank(), "blank line") + ": skipped"});
  if (table.lines.line_feeds() > 0 && table.lines.carriage_returns() > 0) {
    findings.push_back({false, "line ends are mixed: " + with_thousands(table.lines.carriage_returns()) + " CRLF, " +
                                   with_thousands(table.lines.line_feeds()) + " LF: both are understood"});
  }
  return findings;
}

std::string names_of(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "'" : ", '") + printable(name, 80) + "'";
  return text;
}

std::string classes_text(const ColumnProfile& column) {
  const auto* classes = column.classes();
  if (classes == nullptr || classes->size() > 10) return "";
  std::string text;
  for (const auto& [value, rows] : *classes) {
    const double share = 100.0 * static_cast<double>(rows) / static_cast<double>(column.cells());
    text += (text.empty() ? "" : ", ") + (value.empty() ? "(empty)" : printable(value, 24)) + ": " + number_text(std::round(share * 10) / 10) + " %";
  }
  return text;
}

std::string padded(std::string text, std::size_t width) {
  // UTF-8 continuation bytes take no column.
  const auto wide = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
  if (wide < width) text.append(width - wide, ' ');
  return text;
}

std::string in_words(const TableProfile& table, const std::vector<Finding>& findings) {
  std::string text = table.file + ": " + count(table.rows, "row") + ", " + count(table.columns.size(), "column") + " beside the ID, " +
                     with_thousands(table.bytes) + " bytes\n";
  text += "  written  " + line_ends(table) + (table.lines.has_quotes() ? ", with quotes" : "") +
          (table.lines.has_byte_order_mark() ? ", with a byte order mark" : "") + "\n";
  text += "  ID       " + names_of(table.id_columns) + (table.duplicates == 0 ? ", all different\n" : "\n");
  if (!table.columns.empty()) text += "\n";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.profiles[i];
    std::string kind = is_numeric(column) ? number_text(*column.smallest()) + " … " + number_text(*column.largest()) : "text";
    text += "  " + padded(printable(table.columns[i], 40), 24) + " " + padded(std::move(kind), 24) + " " + classes_text(column);
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  text += findings.empty() ? "\nNothing to complain of.\n" : "\n";
  for (const auto& finding : findings) text += (finding.bad ? "fault: " : "note: ") + finding.text + "\n";
  return text;
}

json to_json(const TableProfile& table, const std::vector<Finding>& findings) {
  auto columns = json::array();
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.profiles[i];
    json entry = {{"name", table.columns[i]},       {"numeric", is_numeric(column)},      {"empty", column.empty()},
                  {"not_numbers", column.not_numbers()}, {"constant", column.is_constant()}, {"smallest", nullptr},
                  {"largest", nullptr},              {"classes", nullptr}};
    if (column.smallest()) entry["smallest"] = *column.smallest();
    if (column.largest()) entry["largest"] = *column.largest();
    if (column.classes() != nullptr) entry["classes"] = *column.classes();
    columns.push_back(std::move(entry));
  }
  auto list = json::array();
  for (const auto& finding : findings) list.push_back({{"fault", finding.bad}, {"text", finding.text}});
  return {{"file", table.file},
          {"bytes", table.bytes},
          {"rows", table.rows},
          {"id_columns", table.id_columns},
          {"duplicates", table.duplicates},
          {"line_ends", line_ends(table)},
          {"byte_order_mark", table.lines.has_byte_order_mark()},
          {"quotes", table.lines.has_quotes()},
          {"blank_lines", table.lines.blank()},
          {"columns", std::move(columns)},
          {"findings", std::move(list)}};
}

}  // namespace

Result<Printed> check_data(const DataCheckOptions& options) {
  PAI_ASSIGN(const auto table, data::profile_table(options.file, options.id_columns));
  const auto findings = findings_of(table);
  const bool fine = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.bad; });
  return Printed{options.json ? to_json(table, findings).dump(2) + "\n" : in_words(table, findings), fine ? 0 : 1};
}

}  // namespace pai::ctl
