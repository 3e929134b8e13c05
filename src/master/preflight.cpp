#include "master/preflight.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "common/json/strict_json.h"
#include "common/task/validate.h"
#include "master/creation.h"

namespace pai::master {
namespace {

using nlohmann::json;

constexpr std::size_t kNodesMax = 16;
constexpr std::size_t kPortsMax = 4;  // of one node, as it opens no more at once
constexpr double kSkewMax_s = 5;
constexpr std::int64_t kDaysLeftMin = 7;
constexpr double kDiskFreeMin = 1e9;
constexpr std::chrono::milliseconds kTryTimeout{15'000};

/// One computation port at one node.
struct Door {
  std::size_t node = 0;
  std::uint16_t port = 0;  ///< 0: whichever is free
  bool open = false;
};

/// What is asked of whom.
struct Plan {
  std::vector<ConfiguredNode> nodes;
  std::vector<Door> doors;
};

class Rows {
 public:
  void add(std::string_view check, const std::string& where, bool fine, std::string found) {
    if (!fine) ++wrong_;
    rows_.push_back({{"check", check}, {"where", where}, {"fine", fine}, {"found", std::move(found)}});
  }
  json document() const {
    return {{"msg", wrong_ == 0 ? std::string("all is fine") : std::to_string(wrong_) + " of " + std::to_string(rows_.size()) + " are wrong"},
            {"fine", wrong_ == 0},
            {"rows", rows_}};
  }

 private:
  json rows_ = json::array();
  int wrong_ = 0;
};

std::string label(const ConfiguredNode& node) {
  return node.name.empty() ? node.endpoint.text() : node.name + " (" + node.endpoint.text() + ")";
}

std::string fault_of(const NodeReply& reply) { return reply.error ? reply.error->message() : "no answer"; }

Result<Plan> plan_of_task(const Lifecycle& lifecycle, const std::string& body) {
  PAI_ASSIGN(const auto document, pai::json::parse(body));
  PAI_ASSIGN(const auto spec, task::validate(document));
  PAI_ASSIGN(const auto endpoints, lifecycle.policy().endpoints_of(spec));
  Plan plan;
  for (const auto& client : spec.clients) {
    const auto& endpoint = endpoints[static_cast<std::size_t>(client.id)];
    auto at = std::find_if(plan.nodes.begin(), plan.nodes.end(), [&](const ConfiguredNode& node) { return node.endpoint == endpoint; });
    if (at == plan.nodes.end()) at = plan.nodes.insert(plan.nodes.end(), {.name = "", .endpoint = endpoint});
    plan.doors.push_back({.node = static_cast<std::size_t>(at - plan.nodes.begin()), .port = client.computation_port});
  }
  return plan;
}

Result<Plan> plan_of_nodes(Lifecycle& lifecycle) {
  Plan plan{.nodes = lifecycle.policy().configured(), .doors = {}};
  if (plan.nodes.empty()) {
    PAI_ASSIGN(const auto seen, lifecycle.store().nodes());
    for (const auto& node : seen) plan.nodes.push_back({"", node});
  }
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) plan.doors.push_back({.node = i});
  return plan;
}

NodeCall call_to(const ConfiguredNode& node, http::Method method, std::string path) {
  return {.node = node.endpoint, .method = method, .path = std::move(path)};
}

NodeCall probe_call(const ConfiguredNode& node, std::string_view step, const json& body) {
  auto call = call_to(node, http::Method::kPost, "/probePorts");
  call.query = {{"step", std::string(step)}};
  call.body = body.dump();
  call.timeout = kTryTimeout;
  return call;
}

double number_in(const json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_number() ? found->get<double>() : NAN;
}

std::string with_decimals(double value, int decimals) {
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

void judge_state(const std::string& where, const json& said, double before, double after, Rows& rows) {
  const auto version = said.contains("version") && said["version"].is_string() ? printable(said["version"].get<std::string>()) : "?";
  rows.add("version", where, version == PAI_VERSION, version + (version == PAI_VERSION ? "" : ", the master has " PAI_VERSION));
  // To the middle of the calls, which took at most their timeouts.
  const double skew = number_in(said, "time") - (before + after) / 2;
  const double slack = (after - before) / 2;
  rows.add("clock", where, std::abs(skew) <= kSkewMax_s + slack, with_decimals(skew, 1) + " s");
  const double not_after = number_in(said, "certificate_not_after");
  if (std::isnan(not_after)) {
    rows.add("certificate", where, true, "none: insecure");
  } else {
    const auto days = static_cast<std::int64_t>((not_after - after) / 86'400);
    rows.add("certificate", where, days >= kDaysLeftMin, std::to_string(days) + " days left");
  }
  const double free = number_in(said, "disk_free_bytes");
  rows.add("disk", where, free >= kDiskFreeMin, std::isnan(free) ? "unknown" : with_decimals(free / 1e9, 1) + " GB free");
  const bool audit = !said.contains("audit_writable") || said["audit_writable"] == json(true);
  if (!audit) rows.add("audit log", where, false, "cannot be written, so changes are refused");
}

/// Who each node is; those that did not answer are left out of what follows.
std::vector<bool> ask_nodes(NodeLink& link, const Plan& plan, Rows& rows) {
  std::vector<NodeCall> calls;
  for (const auto& node : plan.nodes) calls.push_back(call_to(node, http::Method::kGet, "/preflight"));
  const double before = unix_seconds();
  const auto replies = link.call_all(calls);
  const double after = unix_seconds();
  std::vector<bool> here;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto where = label(plan.nodes[i]);
    here.push_back(replies[i].ok());
    rows.add("reached by the master", where, replies[i].ok(), replies[i].ok() ? "yes" : fault_of(replies[i]));
    if (replies[i].ok()) judge_state(where, replies[i].document, before, after, rows);
  }
  return here;
}

void open_doors(NodeLink& link, Plan& plan, const std::vector<bool>& here, const std::string& nonce, Rows& rows) {
  std::vector<NodeCall> calls;
  std::vector<Door*> asked;
  for (auto& door : plan.doors) {
    if (!here[door.node]) continue;
    calls.push_back(probe_call(plan.nodes[door.node], "open", {{"nonce", nonce}, {"port", door.port}}));
    asked.push_back(&door);
  }
  if (calls.empty()) return;
  const auto replies = link.call_all(calls);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const double port = replies[i].ok() ? number_in(replies[i].document, "port") : NAN;
    asked[i]->open = port >= 1 && port <= 65'535;
    if (asked[i]->open) asked[i]->port = static_cast<std::uint16_t>(port);
    rows.add("computation port", label(plan.nodes[asked[i]->node]), asked[i]->open,
             asked[i]->open ? std::to_string(asked[i]->port) + " is free" : fault_of(replies[i]));
  }
}

/// Each node tries the doors of the others.
void try_doors(NodeLink& link, const Plan& plan, const std::vector<bool>& here, const std::string& nonce, Rows& rows) {
  std::vector<NodeCall> calls;
  std::vector<std::pair<std::size_t, std::vector<const Door*>>> asked;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    std::vector<const Door*> doors;
    json targets = json::array();
    for (const auto& door : plan.doors) {
      if (!door.open || door.node == node) continue;
      doors.push_back(&door);
      targets.push_back({{"addr", plan.nodes[door.node].endpoint.host}, {"port", door.port}});
    }
    if (!here[node] || doors.empty()) continue;
    calls.push_back(probe_call(plan.nodes[node], "try", {{"nonce", nonce}, {"targets", std::move(targets)}}));
    asked.emplace_back(node, std::move(doors));
  }
  if (calls.empty()) return;
  const auto replies = link.call_all(calls);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& [node, doors] = asked[i];
    for (std::size_t d = 0; d < doors.size(); ++d) {
      const auto where = label(plan.nodes[node]) + " to " + plan.nodes[doors[d]->node].endpoint.host + ":" + std::to_string(doors[d]->port);
      std::string found = fault_of(replies[i]);
      if (replies[i].ok()) {
        const auto& said = replies[i].document;
        const bool told = said.contains("outcomes") && said["outcomes"].is_array() && d < said["outcomes"].size() && said["outcomes"][d].is_string();
        found = told ? printable(said["outcomes"][d].get<std::string>()) : "no word of it";
      }
      rows.add("peer to peer", where, found == "reached", found);
    }
  }
}

void close_doors(NodeLink& link, const Plan& plan, const std::vector<bool>& here, const std::string& nonce) {
  std::vector<NodeCall> calls;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    if (here[node]) calls.push_back(probe_call(plan.nodes[node], "close", {{"nonce", nonce}}));
  }
  if (!calls.empty()) (void)link.call_all(calls);  // what does not hear it closes by itself in 15 s
}

void check_the_task(Lifecycle& lifecycle, const std::string& body, Rows& rows) {
  const auto checked = check_task(lifecycle, body);
  if (checked.ok()) return rows.add("task and data files", "all its nodes", true, "could be created");
  if (checked.error().details().empty()) return rows.add("task and data files", "", false, checked.error().message());
  for (const auto& detail : checked.error().details()) rows.add("task and data files", printable(detail.where), false, printable(detail.message, 400));
}

}  // namespace

Result<json> preflight(Lifecycle& lifecycle, const std::string& body) {
  PAI_ASSIGN(Plan plan, body.empty() ? plan_of_nodes(lifecycle) : plan_of_task(lifecycle, body));
  if (plan.nodes.empty()) {
    return Error(ErrorCode::kInvalid, "there is no node to ask: none is configured, and no task named one")
        .with_hint("list nodes under [[nodes]] in the master's configuration, or give a task");
  }
  const auto beyond = [&](const Door& door) {
    return std::count_if(plan.doors.begin(), plan.doors.end(), [&](const Door& other) { return other.node == door.node; }) > static_cast<long>(kPortsMax);
  };
  if (plan.nodes.size() > kNodesMax || plan.doors.size() > kNodesMax || std::any_of(plan.doors.begin(), plan.doors.end(), beyond)) {
    return Error(ErrorCode::kTooLarge, "preflight asks at most 16 nodes, and 4 ports of each").with_hint("give a task that names fewer");
  }
  Rows rows;
  const std::string nonce = random_token();
  const auto here = ask_nodes(lifecycle.link(), plan, rows);
  open_doors(lifecycle.link(), plan, here, nonce, rows);
  try_doors(lifecycle.link(), plan, here, nonce, rows);
  close_doors(lifecycle.link(), plan, here, nonce);
  if (!body.empty()) check_the_task(lifecycle, body, rows);
  return rows.document();
}

}  // namespace pai::master
