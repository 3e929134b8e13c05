// The page "Certificates in five minutes" works as it stands: its commands are run, in a folder of the test's
// own.
#include <gmock/gmock.h>

#include "common/tls/tls.h"
#include "integration/ctl/paictl.h"

namespace pai::test {
namespace {

/// The first `sh` block after the heading.
std::string commands_below(const std::string& heading) {
  const std::string page = read_text(std::string(PAI_SOURCE_DIR) + "/docs/getting-started.md");
  const auto from = page.find("```sh\n", page.find(heading)) + 6;
  return page.substr(from, page.find("```", from) - from);
}

TEST_F(PaictlTest, PageOfFiveMinutesLeadsToFilesThatTheDaemonsLoad) {
  const std::string commands = commands_below("Certificates in five minutes");
  ASSERT_NE(commands.find("paictl pki init"), std::string::npos);
  write_text(folder_ / "page.sh", "set -euo pipefail\nPATH=" + std::string(PAI_BIN_DIR) + ":$PATH\ncd " +
                                      folder_.path().string() + "\n" + commands);
  const auto outcome = run({"/bin/bash", at("page.sh")});
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  for (const std::string name : {"bank/master", "bank/node-bank", "bank/user", "insurer/node-insurer"}) {
    const std::string folder = name.substr(0, name.find('/'));
    const auto material = tls::load({.certificate = at(name + ".pem"),
                                     .key = at(name + ".key"),
                                     .trusted = at(folder + "/trusted.pem"),
                                     .allowed_peers = {}});
    EXPECT_TRUE(material.ok()) << name << ": " << material.error().describe();
  }
}

}  // namespace
}  // namespace pai::test
