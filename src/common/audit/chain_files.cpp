#include "common/audit/chain_files.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pai::audit {
namespace {

constexpr std::size_t kHashSize = 64;

bool is_hash(const std::string& text) {
  return text.size() == kHashSize && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string place(const task::HashChain::Head& head) { return "line " + std::to_string(head.lines) + ", hash " + head.hash; }

}  // namespace

Result<Checked> check_file(std::string_view text) {
  Checked checked;
  const auto first = nlohmann::json::parse(text.substr(0, text.find('\n')), nullptr, false);
  if (first.is_object() && first.contains("previous_hash")) {
    const auto& number = first.contains("n") ? first["n"] : first["previous_hash"];
    const auto& hash = first["previous_hash"];
    if (!number.is_number_unsigned() || !hash.is_string() || !is_hash(hash.get<std::string>())) {
      return Error(ErrorCode::kInvalid, "line 1 of the audit log does not say where the file before it ended");
    }
    checked.begins = {number.get<std::uint64_t>(), hash.get<std::string>()};
    checked.goes_on_from = first.contains("previous_file") && first["previous_file"].is_string()
                               ? first["previous_file"].get<std::string>()
                               : "another file";
  }
  PAI_ASSIGN(checked.ends, task::HashChain::verify(text, checked.begins, "audit log"));
  return checked;
}

Result<std::string> check_files(const std::vector<NamedText>& files) {
  struct One {
    std::string name;
    Checked checked;
  };
  std::vector<One> all;
  for (const auto& file : files) {
    auto checked = check_file(file.text);
    if (!checked.ok()) return std::move(checked).error().in_context(file.name);
    all.push_back({file.name, *std::move(checked)});
  }
  std::stable_sort(all.begin(), all.end(), [](const One& a, const One& b) { return a.checked.begins.lines < b.checked.begins.lines; });
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [name, checked] = all[i];
    if (i > 0 && checked.begins != all[i - 1].checked.ends) {
      return Error(ErrorCode::kInvalid, name + ": goes on from " + place(checked.begins) + ", but " + all[i - 1].name +
                                            " ends at " + place(all[i - 1].checked.ends))
          .with_hint("a file is missing between them, or one of them was cut or belongs to another log");
    }
    if (i == 0 && !checked.goes_on_from.empty()) {
      text += "note: " + name + " goes on from " + checked.goes_on_from + ", which was not given\n";
    }
    text += name + ": sound, " + std::to_string(checked.ends.lines - checked.begins.lines) + " lines, ends at " +
            place(checked.ends) + "\n";
  }
  return text + "An end that was cut off shows only beside a hash that was kept elsewhere: the daemon logs it.\n";
}

}  // namespace pai::audit
