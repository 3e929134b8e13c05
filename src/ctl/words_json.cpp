#include <nlohmann/json.hpp>

#include "ctl/pki/times.h"
#include "ctl/words.h"

namespace pai::ctl {
namespace {

using nlohmann::json;

std::string text(const json& document) { return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string json_for_authority(const std::string& name, const std::string& fingerprint, std::int64_t not_after, const Paths& made) {
  return text({{"name", name}, {"certificate", made.certificate}, {"key", made.key}, {"fingerprint", fingerprint}, {"not_after", pki::day_text(not_after)}});
}

std::string json_for_issued(const pki::Issued& issued, const Paths& made) {
  json document{{"name", issued.names.common_name},     {"names", issued.names.alternatives()},
                {"certificate", made.certificate},      {"fingerprint", issued.fingerprint},
                {"not_after", pki::day_text(issued.not_after)}, {"shortened", issued.shortened}};
  if (!made.key.empty()) document["key"] = made.key;
  return text(document);
}

std::string json_for_request(const pki::Names& names, const std::string& request, const std::string& key) {
  return text({{"name", names.common_name}, {"names", names.alternatives()}, {"request", request}, {"key", key}});
}

std::string json_for_bundle(const pki::Bundle& bundle, const std::string& file) {
  auto members = json::array();
  for (const auto& one : bundle.members) {
    members.push_back({{"name", one.name}, {"fingerprint", one.fingerprint}, {"not_after", pki::day_text(one.not_after)}});
  }
  return text({{"bundle", file}, {"members", std::move(members)}, {"notes", bundle.notes}});
}

}  // namespace pai::ctl
