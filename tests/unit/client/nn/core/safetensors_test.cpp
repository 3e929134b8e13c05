// Round trips, the format's own example bytes, and each way in which a file is refused.
#include "client/nn/core/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace pai::client::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t size = header.size();
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  bytes += header;
  return bytes + std::string(data_bytes, '\1');
}

std::string refusal(const std::string& bytes) {
  const auto read = TensorFile::parse("model.safetensors", bytes);
  EXPECT_FALSE(read.ok());
  return read.ok() ? "" : read.error().message();
}

TEST(Safetensors, RoundTrip) {
  TensorFile file;
  file.add("weights.0", {2, 3}, std::vector<ring::Word>{1, 2, 3, 4, 5, ~ring::Word{0}});
  file.add("biases.0", {3}, std::vector<double>{-0.5, 1e300, 3});
  file.set_metadata("task", "任务");
  const std::string bytes = file.serialise();
  EXPECT_EQ(bytes, file.serialise());
  const auto read = TensorFile::parse("m", bytes);
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(read->metadata().at("task"), "任务");
  const std::uint64_t matrix[] = {2, 3}, vector[] = {3};
  EXPECT_THAT(*read->words("weights.0", matrix), ElementsAre(1, 2, 3, 4, 5, ~ring::Word{0}));
  EXPECT_THAT(*read->numbers("biases.0", vector), ElementsAre(-0.5, 1e300, 3));
  EXPECT_EQ(read->serialise(), bytes);
}

TEST(Safetensors, TheBytesArePinned) {
  TensorFile file;
  file.add("w", {1}, std::vector<ring::Word>{0x0102030405060708});
  const std::string header = R"({"w":{"data_offsets":[0,8],"dtype":"U64","shape":[1]}})";
  std::string wanted = std::string("\x38\0\0\0\0\0\0\0", 8) + header + std::string(0x38 - header.size(), ' ');
  wanted += "\x08\x07\x06\x05\x04\x03\x02\x01";
  EXPECT_EQ(file.serialise(), wanted);
}

TEST(Safetensors, AnEmptyFileIsOne) {
  const auto read = TensorFile::parse("m", TensorFile().serialise());
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->tensors().empty());
}

TEST(Safetensors, ReadsWhatOthersWrite) {
  // Another order in the header than in the data, an unaligned header, other metadata.
  const auto read = TensorFile::parse(
      "m",
      file_of(R"({"b":{"dtype":"F64","shape":[1],"data_offsets":[16,24]},"__metadata__":{"format":"pt"},)"
              R"("a":{"dtype":"U64","shape":[2,1],"data_offsets":[0,16]}})",
              24));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(read->tensors().size(), 2u);
}

TEST(Safetensors, RefusesBrokenFiles) {
  EXPECT_THAT(refusal(""), HasSubstr("shorter than 8 bytes"));
  EXPECT_THAT(refusal(std::string(8, '\xff')), HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(refusal(std::string("\x10\0\0\0\0\0\0\0{}", 10)), HasSubstr("cut off"));
  EXPECT_THAT(refusal(file_of("", 0)), HasSubstr("'{'"));
  EXPECT_THAT(refusal(file_of(" {}", 0)), HasSubstr("'{'"));
  EXPECT_THAT(refusal(file_of("{", 0)), HasSubstr("its header"));
  EXPECT_THAT(refusal(file_of("{}", 8)), HasSubstr("left over"));
  EXPECT_THAT(refusal(file_of(R"({"a":3})", 0)), HasSubstr("tensor 'a'"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":3})", 0)), HasSubstr("__metadata__"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{"a":3}})", 0)), HasSubstr("strings"));
}

TEST(Safetensors, RefusesBrokenTensors) {
  const struct {
    const char* description;
    const char* message;
  } cases[] = {
      {R"("dtype":"F32","shape":[2],"data_offsets":[0,16])", "dtype"},
      {R"("shape":[2],"data_offsets":[0,16])", "no dtype"},
      {R"("dtype":"U64","shape":[],"data_offsets":[0,16])", "one or two sizes"},
      {R"("dtype":"U64","shape":[0],"data_offsets":[0,0])", "one or two sizes"},
      {R"("dtype":"U64","shape":[1,1,2],"data_offsets":[0,16])", "one or two sizes"},
      {R"("dtype":"U64","shape":[4294967296,4294967296],"data_offsets":[0,16])", "one or two sizes"},
      {R"("dtype":"U64","shape":[2305843009213693952],"data_offsets":[0,0])", "one or two sizes"},
      {R"("dtype":"U64","shape":[3],"data_offsets":[0,16])", "another size"},
      {R"("dtype":"U64","shape":[2.5],"data_offsets":[0,16])", "not of sizes"},
      {R"("dtype":"U64","shape":[-2],"data_offsets":[0,16])", "not of sizes"},
      {R"("dtype":"U64","shape":[2],"data_offsets":[0,24])", "outside the data"},
      {R"("dtype":"U64","shape":[2],"data_offsets":[16,0])", "outside the data"},
      {R"("dtype":"U64","shape":[2],"data_offsets":[0])", "outside the data"},
      {R"("dtype":"U64","data_offsets":[0,16])", "no shape"},
      {R"("dtype":"U64","shape":[2])", "no data_offsets"},
      {R"("dtype":"U64","shape":[1],"data_offsets":[0,8])", "left over"},
      {R"("dtype":"U64","shape":[1],"data_offsets":[8,16])", "gap"},
  };
  for (const auto& c : cases)
    EXPECT_THAT(refusal(file_of("{\"a\":{" + std::string(c.description) + "}}", 16)), HasSubstr(c.message));
}

TEST(Safetensors, RefusesOverlapBeforeItCostsMemory) {
  // A thousand tensors over the same megabyte.
  std::string header = "{";
  for (int i = 0; i < 1000; ++i) {
    header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) +
              R"(":{"dtype":"U64","shape":[131072],"data_offsets":[0,1048576]})";
  }
  EXPECT_THAT(refusal(file_of(header + "}", std::size_t{1} << 20)), HasSubstr("overlaps"));
}

TEST(Safetensors, SaysWhatIsMissing) {
  TensorFile file;
  file.add("w", {2, 1}, std::vector<ring::Word>{1, 2});
  const std::uint64_t right[] = {2, 1}, wrong[] = {1, 2}, flat[] = {2};
  EXPECT_TRUE(file.words("w", right).ok());
  EXPECT_THAT(file.words("v", right).error().message(), HasSubstr("'v' is not there"));
  EXPECT_THAT(file.words("w", wrong).error().message(), HasSubstr("has the shape 2 × 1, not 1 × 2"));
  EXPECT_FALSE(file.words("w", flat).ok());
  EXPECT_THAT(file.numbers("w", right).error().message(), HasSubstr("dtype"));
}

}  // namespace
}  // namespace pai::client::nn
