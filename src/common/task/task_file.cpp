#include "common/task/task_file.h"

#include <array>
#include <utility>

#include "common/base/text.h"
#include "common/json/strict_json.h"
#include "common/task/draft.h"
#include "common/task/fields.h"
#include "common/task/validate.h"

namespace pai::task {
namespace {

constexpr std::size_t kTextBytesMax = 4096;
constexpr std::size_t kPeersMax = 1024;
constexpr double kTimeoutSecondsMax = 1e7;
constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 2> kLogFormats = {"text", "json"};

nlohmann::json authorities_to_json(const std::vector<tls::AuthorityFile>& authorities) {
  auto list = nlohmann::json::array();
  for (const auto& one : authorities) list.push_back({{"certificates", one.certificates}, {"names", one.names}});
  return list;
}

nlohmann::json node_to_json(const NodeBlock& node) {
  return {{"name", node.name},
          {"raw_root", node.raw_root},
          {"datasets_root", node.datasets_root},
          {"bind", node.bind},
          {"insecure", node.insecure},
          {"tls",
           {{"certificate", node.tls.certificate},
            {"key", node.tls.key},
            {"trusted", node.tls.trusted},
            {"allowed_peers", node.tls.allowed_peers},
            {"authorities", authorities_to_json(node.tls.authorities)},
            {"revoked", node.tls.revoked}}},
          {"master_identity", node.master_identity},
          {"min_intersection", node.min_intersection},
          {"rows_max", node.rows_max},
          {"raw_sha256", node.raw_sha256},
          {"memory_bytes_max", node.memory_bytes_max},
          {"connect_timeout_s", node.connect_timeout_s},
          {"heartbeat_s", node.heartbeat_s},
          {"peer_lost_s", node.peer_lost_s},
          {"stall_timeout_s", node.stall_timeout_s},
          {"model_folder", node.model_folder},
          {"resume", node.resume},
          {"log_level", node.log_level},
          {"log_format", node.log_format}};
}

std::string absolute_folder(Fields& fields, std::string_view key) {
  auto path = fields.text(key, kTextBytesMax);
  if (path.empty() || path.front() != '/') fields.fault(key, in_quotes(path) + " is not an absolute path");
  return path;
}

double timeout(Fields& fields, std::string_view key) {
  const double seconds = fields.number(key, 0, kTimeoutSecondsMax);
  if (seconds <= 0) fields.fault(key, "is not a time above 0 s");
  return seconds;
}

template <std::size_t n>
std::string word(Fields& fields, std::string_view key, const std::array<std::string_view, n>& choices) {
  auto text = fields.text(key, kTextBytesMax);
  for (const auto choice : choices) {
    if (text == choice) return text;
  }
  fields.fault(key, in_quotes(text) + " is not " + listed({choices.begin(), choices.end()}));
  return {};
}

std::vector<tls::AuthorityFile> read_authorities(Fields& tls) {
  std::vector<tls::AuthorityFile> authorities;
  const auto* list = tls.optional("authorities");  // absent in files of earlier releases
  if (list == nullptr) return authorities;
  if (!list->is_array() || list->size() > kPeersMax) {
    tls.fault("authorities", "is not a list of CAs");
    return authorities;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto path = json::element_path(tls.path_of("authorities"), i);
    const auto& one = (*list)[i];
    if (!is_object(one, "a CA's file and its names", path, tls.faults())) continue;
    check_keys(one, {"certificates", "names"}, path, tls.faults());
    Fields fields(one, path, tls.faults());
    authorities.push_back({fields.text("certificates", kTextBytesMax), fields.texts("names", kPeersMax, kTextBytesMax)});
  }
  return authorities;
}

NodeBlock node_from_json(const nlohmann::json& document, const std::string& path, Faults& faults) {
  if (document.is_object()) {
    check_keys(document,
               {"name", "raw_root", "datasets_root", "bind", "insecure", "tls", "master_identity", "min_intersection",
                "rows_max", "raw_sha256", "memory_bytes_max", "connect_timeout_s", "heartbeat_s", "peer_lost_s", "stall_timeout_s",
                "model_folder", "resume", "log_level", "log_format"},
               path, faults);
  }
  Fields fields(document, path, faults);
  NodeBlock node;
  node.name = fields.text("name", kTextBytesMax);
  node.raw_root = absolute_folder(fields, "raw_root");
  node.datasets_root = absolute_folder(fields, "datasets_root");
  node.bind = fields.text("bind", kTextBytesMax);
  if (node.bind.empty()) fields.fault("bind", "is empty: an address to listen on was expected");
  node.insecure = fields.boolean("insecure");
  const auto& tls = fields.object("tls");
  if (tls.is_object()) {
    check_keys(tls, {"certificate", "key", "trusted", "allowed_peers", "authorities", "revoked"}, fields.path_of("tls"), faults);
  }
  Fields files(tls, fields.path_of("tls"), faults);
  node.tls.certificate = files.text("certificate", kTextBytesMax);
  node.tls.key = files.text("key", kTextBytesMax);
  node.tls.trusted = files.text("trusted", kTextBytesMax);
  node.tls.allowed_peers = files.texts("allowed_peers", kPeersMax, kTextBytesMax);
  node.tls.authorities = read_authorities(files);
  if (files.optional("revoked") != nullptr) node.tls.revoked = files.texts("revoked", kPeersMax, kTextBytesMax);
  node.master_identity = fields.text("master_identity", kTextBytesMax);
  node.min_intersection = fields.count("min_intersection");
  if (node.min_intersection == 0) fields.fault("min_intersection", "is not a number of rows from 1");
  node.memory_bytes_max = fields.count("memory_bytes_max");
  node.connect_timeout_s = timeout(fields, "connect_timeout_s");
  node.heartbeat_s = timeout(fields, "heartbeat_s");
  node.peer_lost_s = timeout(fields, "peer_lost_s");
  node.stall_timeout_s = timeout(fields, "stall_timeout_s");
  // Absent in files of earlier releases, whose clients may still run.
  if (fields.optional("model_folder") != nullptr) {
    node.model_folder = fields.text("model_folder", kTextBytesMax);
    if (!node.model_folder.empty() && node.model_folder.front() != '/') {
      fields.fault("model_folder", in_quotes(node.model_folder) + " is not an absolute path");
    }
  }
  if (fields.optional("rows_max") != nullptr) node.rows_max = fields.count("rows_max");
  if (fields.optional("raw_sha256") != nullptr) node.raw_sha256 = fields.text("raw_sha256", kTextBytesMax);
  if (fields.optional("resume") != nullptr) node.resume = fields.boolean("resume");
  node.log_level = word(fields, "log_level", kLogLevels);
  node.log_format = word(fields, "log_format", kLogFormats);
  return node;
}

}  // namespace

nlohmann::json to_json(const TaskFile& file) {
  nlohmann::json document = {{"public", file.spec.public_part()},
                             {"client", file.client_id},
                             {"client_config", file.self().config()},
                             {"run_id", file.run_id},
                             {"node", node_to_json(file.node)}};
  if (!file.traceparent.empty()) document["traceparent"] = file.traceparent;
  return document;
}

Result<TaskFile> task_file_from_json(const nlohmann::json& document) {
  Faults faults;
  if (document.is_object()) check_keys(document, {"public", "client", "client_config", "run_id", "node", "traceparent"}, "", faults);
  Fields fields(document, "", faults);
  TaskFile file;
  file.client_id = static_cast<int>(fields.integer("client", 0, static_cast<int>(kClientsMax) - 1));
  file.run_id = fields.text("run_id", 128);
  if (fields.optional("traceparent") != nullptr) file.traceparent = fields.text("traceparent", 128);
  file.node = node_from_json(fields.object("node"), fields.path_of("node"), faults);
  auto spec = validate_node_part(fields.object("public"), file.client_id, fields.object("client_config"));
  if (!spec.ok()) {
    for (const auto& detail : spec.error().details()) faults.add(detail.where, detail.message);
  }
  if (!faults.none()) return std::move(faults).to_error("the task file");
  file.spec = std::move(*spec);
  return file;
}

}  // namespace pai::task
