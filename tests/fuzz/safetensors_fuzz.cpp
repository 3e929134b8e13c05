// Models and checkpoints: any bytes are a file or an error; what is a file has the tensors that fit into it,
// and reads back.
#include <cstdint>
#include <string>

#include "client/nn/core/safetensors.h"
#include "common/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using pai::client::nn::TensorFile;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto file = TensorFile::parse("f", bytes);
  if (!file.ok()) return 0;
  std::size_t held = 0;
  for (const auto& [name, tensor] : file->tensors())
    held += 8 * std::visit([](const auto& values) { return values.size(); }, tensor.values);
  PAI_CHECK(held < size, "no more values than the file has bytes");
  const std::string again = file->serialise();
  const auto read = TensorFile::parse("f", again);
  PAI_CHECK(read.ok() && read->serialise() == again, "what was written reads back as it is");
  return 0;
}
