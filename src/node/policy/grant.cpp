#include "node/policy/grant.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <set>
#include <span>
#include <utility>

#include "common/base/ip_address.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/task/address.h"
#include "common/task/settings.h"
#include "common/task/validate.h"

namespace pai::node::policy {
namespace {

constexpr std::size_t kListMax = 10'000;
constexpr std::size_t kTextBytesMax = 4'096;
constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 53;  // every reader of JSON keeps such integers exact
constexpr std::string_view kFingerprint = "sha256:";
constexpr std::size_t kSha256Digits = 64;

constexpr std::array<std::string_view, 18> kKeys = {
    "name",     "initiator", "parties", "raw",   "dataset", "sha256",           "columns",  "id_columns", "types",
    "roles",    "security",  "reveals", "psi",   "until", "uses",    "min_intersection", "rows_max", "approval"};
constexpr std::array<std::string_view, 3> kSecurity = {"full", "split", "relaxed"};
constexpr std::array<std::string_view, 2> kReveals = {"gain", "roc"};
constexpr std::array<std::string_view, 2> kPsi = {"prf", "ecdh"};

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text) + "\"";
}

bool is_sha256(std::string_view text) {
  return text.size() == kSha256Digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

/// What is wrong with the name of an identity; empty: nothing.
std::string identity_fault(std::string_view text) {
  if (text == "*") return "";
  if (text.starts_with(kFingerprint)) {
    return is_sha256(text.substr(kFingerprint.size())) ? "" : in_quotes(text) + " is no fingerprint: sha256: and 64 digits 0-9a-f";
  }
  if (text.empty()) return "is empty";
  if (has_control_character(text) || invalid_utf8_at(text)) return in_quotes(text) + " holds characters that no name has";
  return "";
}

/// An identity, or the address of a node: `10.0.0.5:8377`, `[::1]:8377`.
std::string party_fault(std::string_view text) {
  const auto colon = text.rfind(':');
  const bool bare = colon == std::string_view::npos || text.starts_with(kFingerprint);
  const bool plain_ipv6 = !bare && text.find(':') != colon && text.front() != '[';
  if (bare || plain_ipv6) return identity_fault(text);
  if (!task::canonical_address(text.substr(0, colon)).ok()) return in_quotes(text) + " is no ADDRESS:PORT";
  std::uint16_t port = 0;
  const auto digits = text.substr(colon + 1);
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = fault == std::errc() && end == digits.data() + digits.size() && port != 0;
  return whole ? "" : in_quotes(text) + " is no ADDRESS:PORT";
}

std::string path_fault(std::string_view pattern) {
  if (pattern == "*") return "";
  const std::string_view path = pattern.ends_with("/*") ? pattern.substr(0, pattern.size() - 2) : pattern;
  if (const Status fine = task::check_relative_path(path); !fine.ok()) return in_quotes(pattern) + ": " + fine.error().message();
  if (path.find('*') == std::string_view::npos) return "";
  return in_quotes(pattern) + ": * stands alone, or at the end of FOLDER/*";
}

std::string text_fault(std::string_view text) {
  if (text.empty()) return "holds an empty name";
  if (invalid_utf8_at(text)) return in_quotes(text) + " is not UTF-8";
  return "";
}

/// Reads one document's fields; what is absent stays as it is.
class Reader {
 public:
  Reader(const nlohmann::json& document, const OnFault& on_fault) : document_(document), on_fault_(on_fault) {}

  const nlohmann::json* find(std::string_view key) const {
    const auto found = document_.find(key);
    return found == document_.end() ? nullptr : &*found;
  }

  void text(std::string_view key, std::string& into) const {
    const auto* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string() || value->get_ref<const std::string&>().size() > kTextBytesMax) {
      on_fault_(key, "is not a text of at most 4,096 bytes");
      return;
    }
    into = value->get<std::string>();
  }

  /// A text or a list of texts, none twice, each fine by `fault_of`. True when there was one.
  bool texts(std::string_view key, std::vector<std::string>& into, bool may_be_empty,
             const std::function<std::string(std::string_view)>& fault_of) const {
    const auto* value = find(key);
    if (value == nullptr) return false;
    into.clear();
    const auto list = value->is_array() ? *value : nlohmann::json::array({*value});
    if (list.size() > kListMax) {
      on_fault_(key, "has more than 10,000 entries");
      return true;
    }
    if (list.empty() && !may_be_empty) on_fault_(key, "is an empty list: leave it out, or name something");
    std::set<std::string> seen;
    for (const auto& entry : list) {
      if (!entry.is_string() || entry.get_ref<const std::string&>().size() > kTextBytesMax) {
        on_fault_(key, "is not a text, or a list of texts, of at most 4,096 bytes each");
        return true;
      }
      auto word = entry.get<std::string>();
      if (auto fault = fault_of(word); !fault.empty()) {
        on_fault_(key, std::move(fault));
      } else if (!seen.insert(word).second) {
        on_fault_(key, in_quotes(word) + " stands twice");
      } else {
        into.push_back(std::move(word));
      }
    }
    return true;
  }

  void words(std::string_view key, std::vector<std::string>& into, std::span<const std::string_view> known) const {
    (void)texts(key, into, false, [&](std::string_view word) -> std::string {
      if (std::find(known.begin(), known.end(), word) != known.end()) return "";
      std::string message = in_quotes(word) + " is none of " + joined(known);
      if (const auto meant = nearest(word, known)) message += "; did you mean \"" + std::string(*meant) + "\"?";
      return message;
    });
  }

  std::optional<std::uint64_t> number(std::string_view key, std::uint64_t least) const {
    const auto* value = find(key);
    if (value == nullptr) return std::nullopt;
    const bool whole = value->is_number_unsigned() || (value->is_number_integer() && value->get<std::int64_t>() >= 0);
    if (!whole || value->get<std::uint64_t>() < least || value->get<std::uint64_t>() > kNumberMax) {
      on_fault_(key, "is not a whole number from " + std::to_string(least) + " to 2^53");
      return std::nullopt;
    }
    return value->get<std::uint64_t>();
  }

 private:
  const nlohmann::json& document_;
  const OnFault& on_fault_;
};

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (const auto& info : task::client_types()) names.push_back(info.name);
  return names;
}

constexpr std::array kRoles = {task::Role::kMainClient, task::Role::kCryptoProducer, task::Role::kFeatureClient,
                               task::Role::kLabelClient};

std::vector<std::string_view> role_names() {
  std::vector<std::string_view> names;
  for (const auto role : kRoles) names.push_back(task::role_name(role));
  return names;
}

void check_keys(const nlohmann::json& document, const OnFault& on_fault) {
  for (const auto& [key, value] : document.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) continue;
    std::string message = "is unknown";
    if (const auto meant = nearest(key, kKeys)) message += "; did you mean \"" + std::string(*meant) + "\"?";
    on_fault(key, std::move(message));
  }
}

/// What holds between the fields.
void check_together(const Grant& grant, const OnFault& on_fault) {
  const bool one_file = grant.raw.size() == 1 && grant.dataset.empty() && !grant.raw.front().ends_with('*');
  if (!grant.sha256.empty() && !one_file) on_fault("sha256", "pins one raw file: name exactly one in raw");
  if (!grant.has_data()) {
    const std::string why = "says nothing without raw or dataset";
    if (grant.columns) on_fault("columns", why);
    if (!grant.id_columns.empty()) on_fault("id_columns", why);
    if (grant.rows_max) on_fault("rows_max", why);
  }
}

}  // namespace

std::optional<std::int64_t> time_from_text(std::string_view text) {
  const bool is_date = text.size() == 10;
  if (!is_date && text.size() != 20) return std::nullopt;
  const std::string_view form = "dddd-dd-ddTdd:dd:ddZ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = form[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
    if (!fits) return std::nullopt;
  }
  const auto part = [&](std::size_t at, std::size_t digits) {
    int number = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, number);
    return number;
  };
  std::tm time{};
  time.tm_year = part(0, 4) - 1900;
  time.tm_mon = part(5, 2) - 1;
  time.tm_mday = part(8, 2);
  if (!is_date) {
    time.tm_hour = part(11, 2);
    time.tm_min = part(14, 2);
    time.tm_sec = part(17, 2);
  }
  std::tm normal = time;
  const std::time_t seconds = ::timegm(&normal);
  // A 30 February became a day in March: it was none.
  const bool exists = normal.tm_year == time.tm_year && normal.tm_mon == time.tm_mon && normal.tm_mday == time.tm_mday &&
                      normal.tm_hour == time.tm_hour && normal.tm_min == time.tm_min && normal.tm_sec == time.tm_sec;
  if (!exists || time.tm_year < 70) return std::nullopt;
  constexpr std::int64_t kDay = 86'400;
  return is_date ? seconds + kDay : seconds;
}

Grant grant_from_json(const nlohmann::json& document, const OnFault& on_fault) {
  Grant grant;
  if (!document.is_object()) {
    on_fault("", "is not a table of settings");
    return grant;
  }
  check_keys(document, on_fault);
  const Reader reader(document, on_fault);
  reader.text("name", grant.name);
  if (reader.find("name") != nullptr && !task::check_task_name(grant.name).ok())
    on_fault("name", in_quotes(grant.name) + " is no name: letters, digits, '.', '_' and '-', at most 128");
  reader.text("initiator", grant.initiator);
  if (reader.find("initiator") == nullptr) {
    on_fault("initiator", "is missing: the name in the master's certificate, its sha256: fingerprint, or \"*\"");
  } else if (auto fault = identity_fault(grant.initiator); !fault.empty()) {
    on_fault("initiator", std::move(fault));
  } else if (canonical_ip(grant.initiator)) {
    on_fault("initiator", "is an address, which the certificates of many may have: write a name or a fingerprint");
  }
  (void)reader.texts("parties", grant.parties, false, party_fault);
  (void)reader.texts("raw", grant.raw, false, path_fault);
  (void)reader.texts("dataset", grant.dataset, false, path_fault);
  reader.text("sha256", grant.sha256);
  if (reader.find("sha256") != nullptr && !is_sha256(grant.sha256)) on_fault("sha256", "is not 64 digits 0-9a-f");
  std::vector<std::string> columns;
  if (reader.texts("columns", columns, true, text_fault)) grant.columns = std::move(columns);
  (void)reader.texts("id_columns", grant.id_columns, false, text_fault);
  reader.words("types", grant.types, type_names());
  reader.words("roles", grant.roles, role_names());
  reader.words("security", grant.security, kSecurity);
  reader.words("reveals", grant.reveals, kReveals);
  reader.words("psi", grant.psi, kPsi);
  if (reader.find("until") != nullptr) {
    std::string until;
    reader.text("until", until);
    grant.until = time_from_text(until);
    if (!grant.until) on_fault("until", in_quotes(until) + " is no date such as 2026-12-31 or 2026-12-31T18:00:00Z");
  }
  grant.uses = reader.number("uses", 1);
  grant.min_intersection = reader.number("min_intersection", 1).value_or(0);
  grant.rows_max = reader.number("rows_max", 1);
  std::string approval = "automatic";
  reader.text("approval", approval);
  if (approval != "manual" && approval != "automatic") on_fault("approval", in_quotes(approval) + " is neither manual nor automatic");
  grant.manual = approval == "manual";
  check_together(grant, on_fault);
  return grant;
}

Result<Grant> grant_from_json(const nlohmann::json& document) {
  std::vector<ErrorDetail> details;
  auto grant = grant_from_json(document, [&](std::string_view key, std::string message) {
    details.push_back({ErrorDetail::Kind::kPath, key.empty() ? "grant" : printable(key), std::move(message)});
  });
  if (details.empty()) return grant;
  std::string message = "the grant: " + details.front().where + " " + details.front().message;
  return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(details));
}

nlohmann::json to_json(const Grant& grant) {
  nlohmann::json document = {{"initiator", grant.initiator}, {"security", grant.security}};
  const auto put = [&](const char* key, const auto& value) {
    if (!value.empty()) document[key] = value;
  };
  put("name", grant.name);
  put("parties", grant.parties);
  put("raw", grant.raw);
  put("dataset", grant.dataset);
  put("sha256", grant.sha256);
  if (grant.columns) document["columns"] = *grant.columns;
  put("id_columns", grant.id_columns);
  put("types", grant.types);
  put("roles", grant.roles);
  put("reveals", grant.reveals);
  put("psi", grant.psi);
  // Without the fraction: it is always whole.
  if (grant.until) document["until"] = utc_text(static_cast<double>(*grant.until)).substr(0, 19) + "Z";
  if (grant.uses) document["uses"] = *grant.uses;
  if (grant.min_intersection != 0) document["min_intersection"] = grant.min_intersection;
  if (grant.rows_max) document["rows_max"] = *grant.rows_max;
  if (grant.manual) document["approval"] = "manual";
  return document;
}

bool covers(const std::vector<std::string>& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    if (pattern == "*" || pattern == path) return true;
    // Of `FOLDER/*` the slash stays: `a/*` is not `ab/x`.
    return pattern.ends_with("/*") && path.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
  });
}

}  // namespace pai::node::policy
