#include "common/base/check.h"
#include "common/config/settings.h"

namespace pai::config {
namespace {

template <class Type>
const Type& get(const Values& values, std::string_view name) {
  const auto found = values.values.find(name);
  PAI_CHECK(found != values.values.end(), "setting '" + std::string(name) + "' has no value");
  const auto* value = std::get_if<Type>(&found->second);
  PAI_CHECK(value != nullptr, "setting '" + std::string(name) + "' is of another type");
  return *value;
}

}  // namespace

bool Values::has(std::string_view name) const { return values.find(name) != values.end(); }
bool Values::boolean(std::string_view name) const { return get<bool>(*this, name); }
std::int64_t Values::integer(std::string_view name) const { return get<std::int64_t>(*this, name); }
double Values::number(std::string_view name) const { return get<double>(*this, name); }
const std::string& Values::text(std::string_view name) const { return get<std::string>(*this, name); }

std::string Values::text_or(std::string_view name, std::string_view otherwise) const {
  return has(name) ? text(name) : std::string(otherwise);
}

std::vector<std::string> Values::list(std::string_view name) const {
  if (!has(name)) return {};
  return get<std::vector<std::string>>(*this, name);
}

const std::vector<Values>& Values::table(std::string_view name) const {
  static const std::vector<Values> empty;
  const auto found = tables.find(name);
  return found == tables.end() ? empty : found->second;
}

}  // namespace pai::config
