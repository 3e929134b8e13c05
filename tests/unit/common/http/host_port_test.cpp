// HOST:PORT of --listen, and which hosts count as this machine.

#include <gtest/gtest.h>

#include "common/http/server.h"

namespace pai::http {
namespace {

TEST(HostPort, TakesAddressesAndNames) {
  const struct {
    const char* text;
    const char* host;
    int port;
  } cases[] = {{"127.0.0.1:8377", "127.0.0.1", 8377}, {"[::1]:8377", "::1", 8377},  {"localhost:0", "localhost", 0},
               {"node-1.example:65535", "node-1.example", 65535}, {"[fe80::1]:1", "fe80::1", 1}, {"0.0.0.0:80", "0.0.0.0", 80}};
  for (const auto& one : cases) {
    const auto parsed = parse_host_port(one.text);
    ASSERT_TRUE(parsed.ok()) << one.text;
    EXPECT_EQ(parsed->host, one.host);
    EXPECT_EQ(parsed->port, one.port);
  }
}

TEST(HostPort, RefusesTheRestWithAHint) {
  for (const char* text : {"", ":", "8377", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x",
                           "127.0.0.1:+80", "127.0.0.1: 80", ":8377", "::1:8377", "::1", "[::1]", "[::1]8377", "[::1:80",
                           "[x]:80", "[]:80", "a b:80", "http://x:80", "ho/st:80", "[127.0.0.1]:80", "a:b:80"}) {
    const auto parsed = parse_host_port(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalid);
    EXPECT_FALSE(parsed.error().hint().empty());
  }
}

TEST(HostPort, KnowsLoopback) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "localhost.example", "127.0.0.1.example", "1"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace pai::http
