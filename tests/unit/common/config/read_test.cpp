// Settings from flags and file: which value wins, and that every fault is told at once with its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/settings.h"
#include "support/temp_folder.h"

namespace pai::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = Setting::Kind;

Declaration declaration() {
  return {.program = "pai-test",
          .summary = "A program for tests.",
          .settings = {
              {.name = "name", .kind = Kind::kString, .required = true, .help = "its name"},
              {.name = "listen", .kind = Kind::kHostPort, .default_value = "127.0.0.1:8080", .help = "where to listen"},
              {.name = "insecure", .kind = Kind::kBool, .default_value = false, .help = "no TLS"},
              {.name = "workers", .kind = Kind::kInteger, .default_value = 4, .min = 1, .max = 64, .help = "threads"},
              {.name = "node_timeout", .kind = Kind::kNumber, .default_value = 10, .min = 0.1, .max = 3600, .unit = "s", .help = "patience"},
              {.name = "log.level", .kind = Kind::kChoice, .default_value = "info", .choices = {"debug", "info"}, .help = "how much"},
              {.name = "tls.certificate", .kind = Kind::kPath, .help = "own certificate"},
              {.name = "tls.allowed_peers", .kind = Kind::kList, .help = "who may call"},
          },
          .tables = {{.name = "nodes",
                      .columns = {{.name = "name", .kind = Kind::kString, .required = true, .help = "its name"},
                                  {.name = "http_port", .kind = Kind::kInteger, .default_value = 8082, .min = 1, .max = 65535, .help = "port"}},
                      .help = "the nodes"}}};
}

class ReadSettings : public ::testing::Test {
 protected:
  std::string write_file(const std::string& text) {
    test::write_text(folder_ / "pai.toml", text);
    return (folder_ / "pai.toml").string();
  }
  Result<Invocation> read_file(const std::string& text, std::vector<std::string> more = {"--name", "n"}) {
    more.insert(more.end(), {"--config", write_file(text)});
    return read(declaration(), more);
  }
  std::string at_line(int line) const { return (folder_ / "pai.toml").string() + ":" + std::to_string(line); }

  test::TempFolder folder_;
};

auto fault(const std::string& where, const ::testing::Matcher<std::string>& message) {
  return AllOf(Field(&ErrorDetail::where, where), Field(&ErrorDetail::message, message));
}

TEST_F(ReadSettings, DefaultsFillWhatIsNotGiven) {
  const auto result = read(declaration(), {"--name", "n"});
  ASSERT_TRUE(result.ok()) << result.error().describe();
  EXPECT_EQ(result->action, Invocation::Action::kRun);
  const Values& values = result->values;
  EXPECT_EQ(values.text("name"), "n");
  EXPECT_EQ(values.text("listen"), "127.0.0.1:8080");
  EXPECT_FALSE(values.boolean("insecure"));
  EXPECT_EQ(values.integer("workers"), 4);
  EXPECT_EQ(values.number("node_timeout"), 10.0);
  EXPECT_FALSE(values.has("tls.certificate"));
  EXPECT_EQ(values.text_or("tls.certificate", "none"), "none");
  EXPECT_THAT(values.list("tls.allowed_peers"), IsEmpty());
  EXPECT_THAT(values.table("nodes"), IsEmpty());
}

TEST_F(ReadSettings, EveryKindCanStandInTheFile) {
  const auto result = read_file(R"(
name = "北京"
listen = "[::1]:9000"
insecure = true
workers = 8
node_timeout = 2
[log]
level = "debug"
[tls]
certificate = "/etc/pai/own.pem"
allowed_peers = ["a", "b"]
[[nodes]]
name = "one"
[[nodes]]
name = "two"
http_port = 9
)", {});
  ASSERT_TRUE(result.ok()) << result.error().describe();
  const Values& values = result->values;
  EXPECT_EQ(values.text("name"), "北京");
  EXPECT_EQ(values.text("listen"), "[::1]:9000");
  EXPECT_TRUE(values.boolean("insecure"));
  EXPECT_EQ(values.integer("workers"), 8);
  EXPECT_EQ(values.number("node_timeout"), 2.0);
  EXPECT_EQ(values.text("log.level"), "debug");
  EXPECT_EQ(values.text("tls.certificate"), "/etc/pai/own.pem");
  EXPECT_THAT(values.list("tls.allowed_peers"), ElementsAre("a", "b"));
  ASSERT_EQ(values.table("nodes").size(), 2U);
  EXPECT_EQ(values.table("nodes")[0].integer("http_port"), 8082);
  EXPECT_EQ(values.table("nodes")[1].text("name"), "two");
  EXPECT_EQ(values.table("nodes")[1].integer("http_port"), 9);
}

TEST_F(ReadSettings, DottedKeysAreTablesToo) {
  const auto result = read_file("log.level = 'debug'\ntls.allowed_peers = []\n");
  ASSERT_TRUE(result.ok()) << result.error().describe();
  EXPECT_EQ(result->values.text("log.level"), "debug");
}

TEST_F(ReadSettings, FlagsWinOverTheFile) {
  const auto result = read_file("name = 'file'\nworkers = 2\ninsecure = true\nlog.level = 'info'\n",
                                {"--name=flag", "--workers", "3", "--insecure=false", "--log-level", "debug"});
  ASSERT_TRUE(result.ok()) << result.error().describe();
  EXPECT_EQ(result->values.text("name"), "flag");
  EXPECT_EQ(result->values.integer("workers"), 3);
  EXPECT_FALSE(result->values.boolean("insecure"));
  EXPECT_EQ(result->values.text("log.level"), "debug");
}

TEST_F(ReadSettings, AListIsRepeatedOrSeparatedByCommas) {
  const auto result = read(declaration(), {"--name", "n", "--tls-allowed-peers", "a,b", "--tls-allowed-peers=c", "--insecure"});
  ASSERT_TRUE(result.ok()) << result.error().describe();
  EXPECT_THAT(result->values.list("tls.allowed_peers"), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(result->values.boolean("insecure"));
}

TEST_F(ReadSettings, TheFilesNameIsKeptForReloading) {
  const auto result = read_file("");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->file, folder_ / "pai.toml");
}

TEST_F(ReadSettings, CheckConfigIsAnActionAndReportsFaults) {
  const auto fine = read_file("", {"--check-config", "--name", "n"});
  ASSERT_TRUE(fine.ok());
  EXPECT_EQ(fine->action, Invocation::Action::kCheckConfig);
  EXPECT_FALSE(read_file("workers = 0", {"--check-config", "--name", "n"}).ok());
}

struct FileFault {
  const char* name;
  const char* text;
  int line;
  const char* message;
};

class FileFaults : public ReadSettings, public ::testing::WithParamInterface<FileFault> {};

TEST_P(FileFaults, AreToldWithTheirLine) {
  const auto result = read_file(GetParam().text);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(result.error().details(), ElementsAre(fault(at_line(GetParam().line), HasSubstr(GetParam().message))));
  EXPECT_EQ(result.error().details()[0].kind, ErrorDetail::Kind::kFile);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FileFaults,
    ::testing::Values(
        FileFault{"unknown", "\nlisen = '127.0.0.1:1'\n", 2, R"(unknown setting "lisen" (did you mean "listen"?))"},
        FileFault{"unknown_far", "zzzzzz = 1\n", 1, R"(unknown setting "zzzzzz")"},
        FileFault{"unknown_in_table", "[tls]\n\ncertificat = 'x'\n", 3, R"(did you mean "tls.certificate"?)"},
        FileFault{"wrong_table", "certificate = 'x'\n", 1, R"(did you mean "tls.certificate"?)"},
        FileFault{"unknown_table", "[node]\nx = 1\ny = 2\n", 1, R"(unknown setting "node")"},
        FileFault{"wrong_type", "workers = 'four'\n", 1, "workers: a text is not a whole number from 1 to 64"},
        FileFault{"fraction", "workers = 4.0\n", 1, "workers: a fractional number is not a whole number"},
        FileFault{"too_small", "workers = 0\n", 1, "workers: 0 is not a whole number from 1 to 64"},
        FileFault{"too_large", "node_timeout = 1e9\n", 1, "1000000000 is not a number from 0.1 to 3600 (s)"},
        FileFault{"not_finite", "node_timeout = nan\n", 1, "is not a number"},
        FileFault{"infinite", "node_timeout = inf\n", 1, "is not a number"},
        FileFault{"boolean_as_text", "insecure = 'yes'\n", 1, "insecure: a text is not true or false"},
        FileFault{"choice", "[log]\nlevel = 'inffo'\n", 2, R"(log.level: "inffo" is not one of debug, info (did you mean "info"?))"},
        FileFault{"host_port", "listen = '127.0.0.1'\n", 1, "the port is missing"},
        FileFault{"empty_path", "[tls]\ncertificate = ''\n", 2, "is not the path of a file or folder"},
        FileFault{"nul_in_path", "[tls]\ncertificate = \"a\\u0000b\"\n", 2, "control character"},
        FileFault{"list_of_numbers", "[tls]\nallowed_peers = [1]\n", 2, "a list is not a list of texts"},
        FileFault{"empty_list_entry", "[tls]\nallowed_peers = ['a', '']\n", 2, "an entry of the list is empty"},
        FileFault{"date", "name = 2020-01-01\n", 1, "name: a date or time is not a text"},
        FileFault{"setting_as_table", "[listen]\nhost = 'x'\n", 1, "listen: a table is not HOST:PORT"},
        FileFault{"row_without_name", "[[nodes]]\nhttp_port = 1\n", 1, "nodes[0].name: is required"},
        FileFault{"row_unknown", "[[nodes]]\nname = 'a'\nhttpport = 1\n", 3, R"(unknown setting "nodes[0].httpport" (did you mean "http_port"?))"},
        FileFault{"row_range", "[[nodes]]\nname = 'a'\n[[nodes]]\nname = 'b'\nhttp_port = 0\n", 5, "nodes[1].http_port: 0 is not a whole number"},
        FileFault{"rows_as_text", "nodes = 'a'\n", 1, "write [[nodes]]"},
        FileFault{"syntax", "name = 'n'\nworkers = \n", 2, ""},
        FileFault{"duplicate_key", "workers = 1\nworkers = 2\n", 2, ""}),
    [](const auto& instance) { return std::string(instance.param.name); });

struct FlagFault {
  const char* name;
  std::vector<std::string> arguments;
  const char* where;
  const char* message;
};

class FlagFaults : public ReadSettings, public ::testing::WithParamInterface<FlagFault> {};

TEST_P(FlagFaults, AreToldWithTheFlag) {
  auto arguments = GetParam().arguments;
  arguments.insert(arguments.begin(), {"--name", "n"});
  const auto result = read(declaration(), arguments);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().details(), ElementsAre(fault(GetParam().where, HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    Table, FlagFaults,
    ::testing::Values(FlagFault{"unknown", {"--lisen", "127.0.0.1:1"}, "--lisen", R"(did you mean "--listen"?)"},
                      FlagFault{"unknown_with_value", {"--lisen=127.0.0.1:1"}, "--lisen", R"(did you mean "--listen"?)"},
                      FlagFault{"positional", {"start"}, "start", "is no flag"},
                      FlagFault{"positional_after_value", {"--workers", "3", "4"}, "4", "is no flag"},
                      FlagFault{"not_a_number", {"--workers", "many"}, "--workers", R"("many" is not a whole number from 1 to 64)"},
                      FlagFault{"trailing_text", {"--workers", "4x"}, "--workers", "is not a whole number"},
                      FlagFault{"negative", {"--workers", "-4"}, "--workers", "-4 is not a whole number from 1 to 64"},
                      FlagFault{"huge", {"--workers", "99999999999999999999"}, "--workers", "is not a whole number"},
                      FlagFault{"not_finite", {"--node-timeout", "inf"}, "--node-timeout", "is not a number"},
                      FlagFault{"boolean", {"--insecure=maybe"}, "--insecure", "is not true or false"},
                      FlagFault{"choice", {"--log-level", "trace"}, "--log-level", "is not one of debug, info"},
                      FlagFault{"host_port", {"--listen", ":8080"}, "--listen", "HOST:PORT"},
                      FlagFault{"twice", {"--workers", "1", "--workers", "2"}, "--workers", "is given 2 times"},
                      FlagFault{"empty_path", {"--tls-certificate", ""}, "--tls-certificate", "is not the path"},
                      FlagFault{"list_hole", {"--tls-allowed-peers", "a,,b"}, "--tls-allowed-peers", "an entry of the list is empty"},
                      FlagFault{"invalid_utf8", {"--tls-certificate", "\xff"}, "--tls-certificate", "is not UTF-8"}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(ReadSettings, AFlagWithoutItsValueIsAFault) {
  const auto result = read(declaration(), {"--name", "n", "--workers"});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().details(), Contains(Field(&ErrorDetail::message, HasSubstr("--workers"))));
}

TEST_F(ReadSettings, ARequiredSettingIsAskedForByBothItsNames) {
  const auto result = read(declaration(), {});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().details(), ElementsAre(fault("--name", AllOf(HasSubstr("is required"), HasSubstr("\"name\"")))));
}

TEST_F(ReadSettings, AMissingFileIsAFault) {
  const auto result = read(declaration(), {"--name", "n", "--config", (folder_ / "none.toml").string()});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().details(), ElementsAre(fault((folder_ / "none.toml").string(), HasSubstr("No such file"))));
  EXPECT_FALSE(read(declaration(), {"--name", "n", "--config", folder_.path().string()}).ok());
}

TEST_F(ReadSettings, AllFaultsOfFlagsAndFileAreToldTogether) {
  const auto result = read_file("workers = 0\n[log]\nlevel = 3\n[tsl]\n", {"--listen", "x", "--insecur"});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().details(),
              ::testing::UnorderedElementsAre(fault("--insecur", HasSubstr("--insecure")), fault(at_line(1), HasSubstr("workers")),
                                              fault(at_line(3), HasSubstr("log.level")), fault(at_line(4), HasSubstr("tsl")),
                                              fault("--listen", HasSubstr("HOST:PORT"))));
  EXPECT_THAT(result.error().message(), HasSubstr("pai-test"));
}

TEST_F(ReadSettings, DeepNestingIsAFaultAndNoCrash) {
  EXPECT_FALSE(read_file("tls.allowed_peers = " + std::string(100'000, '[')).ok());
  std::string deep = "a";
  for (int i = 0; i < 50'000; ++i) deep += ".a";
  EXPECT_FALSE(read_file(deep + " = 1").ok());
}

TEST_F(ReadSettings, ALongListOfAddressesOnOneLineIsFine) {
  std::string list;
  for (int i = 0; i < 250; ++i) list += "'10.0.0." + std::to_string(i) + "', ";
  const auto result = read_file("tls.allowed_peers = [" + list + "]\n");
  ASSERT_TRUE(result.ok()) << result.error().describe();
  EXPECT_EQ(result->values.list("tls.allowed_peers").size(), 250U);
}

TEST_F(ReadSettings, InvalidUtf8AndHugeFilesAreFaults) {
  EXPECT_FALSE(read_file("name = '\xff'").ok());
  EXPECT_FALSE(read_file(std::string(2 << 20, '#')).ok());
}

TEST_F(ReadSettings, AFaultCannotPutControlsIntoTheMessage) {
  const auto result = read_file("\"a\\u001b[31m\\nb\" = 1\n");
  ASSERT_FALSE(result.ok());
  for (const auto& detail : result.error().details()) EXPECT_EQ(detail.message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace pai::config
