#include "common/config/authorities.h"

namespace pai::config {

TableList authorities_table() {
  return {.name = "authorities",
          .columns = {{.name = "certificates",
                       .kind = Setting::Kind::kPath,
                       .required = true,
                       .help = "PEM file of a party's CA; it need not be in tls.trusted."},
                      {.name = "names",
                       .kind = Setting::Kind::kList,
                       .required = true,
                       .help = "Host names and addresses that it may certify, which no other CA may then."}},
          .help = "The parties' own CAs, so that none of them can speak for another."};
}

std::vector<tls::AuthorityFile> authorities_from(const Values& values) {
  std::vector<tls::AuthorityFile> authorities;
  for (const auto& row : values.table("authorities")) authorities.push_back({row.text("certificates"), row.list("names")});
  return authorities;
}

}  // namespace pai::config
