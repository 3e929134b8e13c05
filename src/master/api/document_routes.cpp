// What a task's document says, and what documents may say.
#include "common/disclosure/explanation.h"
#include "common/task/settings.h"
#include "master/api/routes.h"

namespace pai::master::api {
namespace {

using http::Method;
using http::Request;
using nlohmann::json;

Result<json> document(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("task_name"));
  PAI_ASSIGN(const auto task, lifecycle.existing(name));
  std::shared_ptr<const task::TaskSpec> spec;
  {
    const std::lock_guard lock(task->mutex);
    if (task->exists) spec = task->record.spec;
  }
  if (!spec) return Error(ErrorCode::kNotFound, "task '" + name + "' does not exist");
  json clients = json::array();
  for (const auto& client : spec->clients) {
    clients.push_back({{"id", client.id},
                       {"discloses", disclosure::to_json(*spec, disclosure::leaving(*spec, client.id))},
                       {"told_to_master", disclosure::told_to_master(*spec, client.id)}});
  }
  return json{{"msg", "ok"},
              {"task_name", name},
              {"task", spec->document()},
              {"family", task::family_name(spec->family())},
              {"digest", spec->digest()},
              {"clients", std::move(clients)}};
}

std::string_view kind_name(task::Setting::Kind kind) {
  using Kind = task::Setting::Kind;
  switch (kind) {
    case Kind::kInteger: return "integer";
    case Kind::kNumber: return "number";
    case Kind::kBoolean: return "boolean";
    case Kind::kString: return "string";
    case Kind::kChoice: return "choice";
    case Kind::kPath: return "path";
    case Kind::kColumns: return "columns";
    case Kind::kNames: return "names";
    case Kind::kIntegers: return "integers";
    case Kind::kChoices: return "choices";
    case Kind::kTaskName: return "task_name";
    case Kind::kObject: return "object";
  }
  return "string";
}

json declaration(const task::Setting& setting) {
  json said = {{"name", setting.name}, {"kind", kind_name(setting.kind)}, {"required", setting.required}, {"help", setting.help}};
  if (!setting.default_json.empty()) said["default"] = json::parse(setting.default_json, nullptr, false);
  if (setting.min) said["min"] = *setting.min;
  if (setting.max) said["max"] = *setting.max;
  if (setting.min_exclusive) said["min_exclusive"] = true;
  if (setting.max_exclusive) said["max_exclusive"] = true;
  if (setting.elements_max > 0) said["elements_max"] = setting.elements_max;
  if (!setting.unit.empty()) said["unit"] = setting.unit;
  for (const auto choice : setting.choices) said["choices"].push_back(choice);
  for (std::size_t i = 0; i < setting.members_count; ++i) said["members"].push_back(declaration(setting.members[i]));
  return said;
}

json types() {
  json all = json::array();
  for (const auto& info : task::client_types()) {
    json type = {{"name", info.name}, {"families", json::array()}, {"roles", json::array()}, {"settings", json::array()}};
    for (const auto family : info.families) type["families"].push_back(task::family_name(family));
    for (const auto role : info.roles) type["roles"].push_back(task::role_name(role));
    for (const auto& setting : info.settings) type["settings"].push_back(declaration(setting));
    all.push_back(std::move(type));
  }
  return all;
}

}  // namespace

std::vector<DeclaredRoute> document_routes(Context& context) {
  auto& lifecycle = context.lifecycle;
  return {
      {.methods = {Method::kGet},
       .path = "/queryDocument",
       .parameters = {"task_name"},
       .handler = [&lifecycle](const Request& request) { return to_reply(document(lifecycle, request)); }},
      {.methods = {Method::kGet},
       .path = "/clientTypes",
       .handler = [](const Request&) { return http::ok_reply({{"types", types()}}); }},
  };
}

}  // namespace pai::master::api
