#include "node/policy/policy_file.h"

#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include <toml++/toml.h>

#include "common/base/text.h"
#include "common/config/endless_key.h"

namespace pai::node::policy {
namespace {

constexpr std::size_t kGrantsMax = 10'000;

/// As grant_from_json takes it; a date or time becomes its text, what no grant has (a table) becomes null.
nlohmann::json to_json(const toml::node& node) {
  if (const auto* text = node.as_string()) {
    // Only valid UTF-8 is parsed.
    return text->get();
  }
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* list = node.as_array()) {
    auto entries = nlohmann::json::array();
    for (const auto& entry : *list) entries.push_back(entry.is_array() || entry.is_table() ? nlohmann::json() : to_json(entry));
    return entries;
  }
  std::ostringstream text;
  if (const auto* date = node.as_date()) {
    text << date->get();
    return text.str();
  }
  if (const auto* time = node.as_date_time()) {
    text << time->get();
    return text.str();
  }
  return nullptr;
}

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key.str() != "grants") {
        add(key.source(), "unknown setting \"" + printable(key.str()) + "\": a policy has [[grants]] only");
        continue;
      }
      const auto* list = node.as_array();
      if (list == nullptr || list->size() > kGrantsMax) {
        add(key.source(), "grants: write [[grants]] before each grant, 10,000 at most");
        continue;
      }
      for (const auto& entry : *list) {
        if (const auto* table = entry.as_table()) {
          read_grant(*table);
        } else {
          add(entry.source(), "grants: is not a table: write [[grants]]");
        }
      }
    }
  }

  void add(const toml::source_region& source, std::string message) {
    details_.push_back({ErrorDetail::Kind::kFile, file_ + ":" + std::to_string(source.begin.line), std::move(message)});
  }
  void add(std::string where, std::string message) {
    details_.push_back({ErrorDetail::Kind::kFile, std::move(where), std::move(message)});
  }

  Result<std::vector<Grant>> take() && {
    if (details_.empty()) return std::move(grants_);
    std::string message = "the policy has faults: " + details_.front().where + ": " + details_.front().message;
    return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(details_));
  }

 private:
  void read_grant(const toml::table& table) {
    auto document = nlohmann::json::object();
    for (const auto& [key, node] : table) document[std::string(key.str())] = to_json(node);
    auto grant = grant_from_json(document, [&](std::string_view key, std::string message) {
      const auto* node = table.get(key);
      add(node == nullptr ? table.source() : node->source(), (key.empty() ? "grant" : printable(key)) + ": " + message);
    });
    if (table.get("name") == nullptr) {
      add(table.source(), "name: is missing: refusals, uses and the log name the grant by it");
      return;
    }
    const auto [first, is_new] = lines_.try_emplace(grant.name, table.source().begin.line);
    if (!is_new) add(table.source(), "name: \"" + printable(grant.name) + "\" is taken by the grant of line " + std::to_string(first->second));
    grants_.push_back(std::move(grant));
  }

  const std::string file_;
  std::vector<ErrorDetail> details_;
  std::vector<Grant> grants_;
  std::map<std::string, toml::source_index> lines_;  // of the grants' names
};

}  // namespace

Result<std::vector<Grant>> read_policy(std::string_view file, std::string_view text) {
  const std::string name = printable(file, 400);
  Reader reader(name);
  if (const std::size_t line = config::line_of_endless_key(text); line != 0) {
    reader.add(name + ":" + std::to_string(line), "a key of hundreds of parts");
    return std::move(reader).take();
  }
  try {
    reader.read(toml::parse(text, file));
  } catch (const toml::parse_error& fault) {
    reader.add(name + ":" + std::to_string(fault.source().begin.line), printable(fault.description(), 400));
  } catch (const std::exception& fault) {
    reader.add(name, std::string("cannot be read: ") + fault.what());
  }
  return std::move(reader).take();
}

}  // namespace pai::node::policy
