// HOST:PORT: what is one, what isn't, and what is said about it.
#include "common/config/host_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::config {
namespace {

TEST(ParseHostPort, AddressesAndNames) {
  EXPECT_EQ(parse_host_port("127.0.0.1:8080").value(), (HostPort{"127.0.0.1", 8080}));
  EXPECT_EQ(parse_host_port("[::1]:65535").value(), (HostPort{"::1", 65535}));
  EXPECT_EQ(parse_host_port("[::ffff:10.0.0.1]:1").value(), (HostPort{"::ffff:10.0.0.1", 1}));
  EXPECT_EQ(parse_host_port("node-1.example.org:80").value(), (HostPort{"node-1.example.org", 80}));
  EXPECT_EQ(parse_host_port("localhost:0").value(), (HostPort{"localhost", 0}));
}

TEST(ParseHostPort, RefusesEverythingElse) {
  for (const char* text :
       {"", ":", "8080", ":8080", "localhost", "localhost:", "localhost:http", "localhost:65536", "localhost:-1", "localhost:+1",
        "localhost: 80", "localhost:80 ", "localhost:99999999999999999999", "::1:8080", "[::1]", "[::1]8080", "[::1:8080", "[]:1",
        "[127.0.0.1]:80", "[fe80::zz]:80", "300.1.1.1:80", "1.2.3:80", "a b:80", "a..b:80", ".a:80", "-a:80", "http://a:80", "a/b:80", "a:80:90"}) {
    const auto parsed = parse_host_port(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalid) << text;
    EXPECT_THAT(parsed.error().message(), ::testing::HasSubstr("HOST:PORT")) << text;
  }
  EXPECT_FALSE(parse_host_port(std::string(300, 'a') + ":80").ok());
  EXPECT_FALSE(parse_host_port(std::string_view("a\0b:80", 6)).ok());
}

}  // namespace
}  // namespace pai::config
