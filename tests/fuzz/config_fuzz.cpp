// Configuration files as anybody might write them. Whatever stands in one, reading it ends, each fault says where and what, and a value that was
// taken is one that its setting allows.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "common/config/settings.h"
#include "common/config/value.h"

namespace {

using namespace pai;
using config::Setting;
using Kind = config::Setting::Kind;

const config::Declaration& declaration() {
  static const config::Declaration all{
      .program = "pai-fuzz",
      .summary = "What a file may say.",
      .settings = {{.name = "listen", .kind = Kind::kHostPort, .required = true, .help = "Where."},
                   {.name = "data_dir", .kind = Kind::kPath, .default_value = std::string("/tmp/x"), .help = "A folder."},
                   {.name = "insecure", .kind = Kind::kBool, .default_value = false, .help = "Whether."},
                   {.name = "http.connections_max", .kind = Kind::kInteger, .default_value = std::int64_t{10}, .min = 1, .max = 100, .help = "How many."},
                   {.name = "http.seconds", .kind = Kind::kNumber, .default_value = 1.5, .min = 0, .max = 60, .unit = "seconds", .help = "How long."},
                   {.name = "log.form", .kind = Kind::kChoice, .default_value = std::string("text"), .choices = {"text", "json"}, .help = "Which."},
                   {.name = "tls.allowed_peers", .kind = Kind::kList, .help = "Whom."}},
      .tables = {{.name = "nodes",
                  .columns = {{.name = "name", .kind = Kind::kString, .required = true, .help = "Its name."},
                              {.name = "http_port", .kind = Kind::kInteger, .required = true, .min = 1, .max = 65'535, .help = "Its port."}},
                  .help = "Some."}}};
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("config", MFD_CLOEXEC);
  PAI_CHECK(file >= 0 && ::write(file, data, size) == static_cast<ssize_t>(size), "no memory for the file");
  const auto read = config::read(declaration(), {"--config", "/proc/self/fd/" + std::to_string(file)});
  (void)::close(file);
  if (!read.ok()) {
    PAI_CHECK(!read.error().message().empty(), "a refusal says what is wrong");
    for (const auto& detail : read.error().details()) PAI_CHECK(!detail.message.empty() && !detail.where.empty(), "a fault says where");
    return 0;
  }
  for (const auto& setting : declaration().settings) {
    const auto found = read->values.values.find(setting.name);
    if (found != read->values.values.end()) PAI_CHECK(!config::fault_of(setting, found->second), "a value that its setting does not allow");
  }
  return 0;
}
