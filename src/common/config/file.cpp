#include "common/config/file.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "common/base/text.h"
#include "common/config/endless_key.h"
#include "common/config/value.h"
#include "common/io/files.h"

namespace pai::config {
namespace {

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a fractional number";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or time";
    case toml::node_type::none: return "nothing";
  }
  return "something else";
}

/// The node as the setting's type, or nothing when it is of another.
std::optional<Value> typed_value(const Setting& setting, const toml::node& node) {
  switch (setting.kind) {
    case Setting::Kind::kBool:
      if (const auto* flag = node.as_boolean()) return Value(flag->get());
      return std::nullopt;
    case Setting::Kind::kInteger:
      if (const auto* number = node.as_integer()) return Value(std::int64_t{number->get()});
      return std::nullopt;
    case Setting::Kind::kNumber:
      if (const auto* number = node.as_floating_point()) return Value(number->get());
      if (const auto* number = node.as_integer()) return Value(static_cast<double>(number->get()));
      return std::nullopt;
    case Setting::Kind::kList: {
      const auto* array = node.as_array();
      if (array == nullptr) return std::nullopt;
      std::vector<std::string> entries;
      for (const auto& entry : *array) {
        const auto* text = entry.as_string();
        if (text == nullptr) return std::nullopt;
        entries.push_back(text->get());
      }
      return Value(std::move(entries));
    }
    default:
      if (const auto* text = node.as_string()) return Value(text->get());
      return std::nullopt;
  }
}

class Reader {
 public:
  Reader(const Declaration& declaration, std::string file, Faults& faults)
      : declaration_(declaration), file_(std::move(file)), faults_(faults) {}

  void read(const toml::table& root, Values& values) { read_table(root, "", values); }

 private:
  std::string place(const toml::source_region& source) const { return file_ + ":" + std::to_string(source.begin.line); }

  void read_table(const toml::table& table, const std::string& prefix, Values& values) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (const Setting* setting = find_setting(name)) {
        read_value(*setting, name, node, place(key.source()), values);
      } else if (const TableList* list = find_list(name)) {
        read_list(*list, node, place(key.source()), values);
      } else if (const auto* inner = node.as_table(); inner != nullptr && is_prefix(name + ".")) {
        read_table(*inner, name + ".", values);
      } else {
        faults_.in_file(place(key.source()), "unknown setting \"" + printable(name) + "\"" + hint(name, std::string(key.str())));
      }
    }
  }

  void read_value(const Setting& setting, const std::string& name, const toml::node& node, const std::string& where,
                  Values& values) {
    auto value = typed_value(setting, node);
    if (!value) {
      faults_.in_file(where, name + ": " + std::string(type_name(node)) + " is not " + expectation(setting));
      return;
    }
    if (auto fault = fault_of(setting, *value)) {
      faults_.in_file(where, name + ": " + *fault);
      return;
    }
    values.values.insert_or_assign(setting.name, std::move(*value));
  }

  void read_list(const TableList& list, const toml::node& node, const std::string& where, Values& values) {
    const auto* array = node.as_array();
    if (array == nullptr || !std::all_of(array->begin(), array->end(), [](const toml::node& row) { return row.is_table(); })) {
      faults_.in_file(where, list.name + ": " + std::string(type_name(node)) + " is not a list of tables: write [[" + list.name + "]]");
      return;
    }
    auto& rows = values.tables[list.name];
    for (const auto& row : *array) read_row(list, *row.as_table(), rows);
  }

  void read_row(const TableList& list, const toml::table& table, std::vector<Values>& rows) {
    const std::string row_name = list.name + "[" + std::to_string(rows.size()) + "]";
    Values row;
    for (const auto& column : list.columns) {
      if (const auto* node = table.get(column.name)) {
        read_value(column, row_name + "." + column.name, *node, place(node->source()), row);
      } else if (column.default_value) {
        row.values.insert_or_assign(column.name, *column.default_value);
      } else if (column.required) {
        faults_.in_file(place(table.source()), row_name + "." + column.name + ": is required");
      }
    }
    std::vector<std::string> names;
    for (const auto& column : list.columns) names.push_back(column.name);
    for (const auto& [key, node] : table) {
      if (std::find(names.begin(), names.end(), key.str()) != names.end()) continue;
      faults_.in_file(place(key.source()), "unknown setting \"" + row_name + "." + printable(key.str()) + "\"" +
                                               nearest_hint(key.str(), names));
    }
    rows.push_back(std::move(row));
  }

  const Setting* find_setting(std::string_view name) const {
    for (const auto& setting : declaration_.settings) {
      if (setting.name == name) return &setting;
    }
    return nullptr;
  }

  const TableList* find_list(std::string_view name) const {
    for (const auto& list : declaration_.tables) {
      if (list.name == name) return &list;
    }
    return nullptr;
  }

  bool is_prefix(std::string_view prefix) const {
    return std::any_of(declaration_.settings.begin(), declaration_.settings.end(),
                       [&](const Setting& setting) { return setting.name.starts_with(prefix); });
  }

  std::string hint(const std::string& name, const std::string& key) const {
    std::vector<std::string> names;
    for (const auto& setting : declaration_.settings) {
      // The right name in the wrong table: `certificate` where `tls.certificate` is meant.
      if (setting.name.ends_with("." + key)) return " (did you mean \"" + setting.name + "\"?)";
      names.push_back(setting.name);
    }
    for (const auto& list : declaration_.tables) names.push_back(list.name);
    return nearest_hint(name, names);
  }

  const Declaration& declaration_;
  const std::string file_;
  Faults& faults_;
};

}  // namespace

void read_settings_file(const Declaration& declaration, const std::filesystem::path& file, Values& values, Faults& faults) {
  const std::string name = printable(file.native(), 400);
  const auto content = io::read_file(file);
  if (!content.ok()) {
    faults.in_file(name, content.error().message());
    return;
  }
  if (const std::size_t line = line_of_endless_key(*content); line != 0) {
    faults.in_file(name + ":" + std::to_string(line), "a key of hundreds of parts");
    return;
  }
  try {
    const toml::table root = toml::parse(*content, file.native());
    Reader(declaration, name, faults).read(root, values);
  } catch (const toml::parse_error& fault) {
    faults.in_file(name + ":" + std::to_string(fault.source().begin.line), printable(fault.description(), 400));
  } catch (const std::exception& fault) {
    faults.in_file(name, std::string("cannot be read: ") + fault.what());
  }
}

}  // namespace pai::config
