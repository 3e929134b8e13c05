#include "client/nn/core/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <nlohmann/json.hpp>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/json/strict_json.h"

static_assert(std::endian::native == std::endian::little, "the file's numbers are copied as they stand");

namespace pai::client::nn {
namespace {

using Shape = std::vector<std::uint64_t>;

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::size_t kHeaderBytesMax = std::size_t{1} << 20;
constexpr std::size_t kPrefixBytes = 8;
constexpr std::size_t kElementBytes = 8;

/// Elements of a shape of one or two dimensions, or 0 when it is no such shape or too large to be in a file.
std::uint64_t elements_of(const Shape& shape) {
  if (shape.empty() || shape.size() > 2) return 0;
  std::uint64_t product = 1;
  for (const std::uint64_t size : shape) {
    if (size == 0 || size > std::numeric_limits<std::uint64_t>::max() / kElementBytes / product) return 0;
    product *= size;
  }
  return product;
}

std::size_t size_of(const TensorFile::Tensor& tensor) {
  return std::visit([](const auto& values) { return values.size(); }, tensor.values);
}

std::string shown(std::span<const std::uint64_t> shape) {
  std::string text;
  for (const std::uint64_t size : shape) text += (text.empty() ? "" : " × ") + std::to_string(size);
  return text;
}

/// What the header says of a tensor.
struct Description {
  std::string name;
  Shape shape;
  bool words = false;  ///< U64, else F64
  std::uint64_t begin = 0, end = 0;

  std::string quoted() const { return "tensor '" + printable(name) + "'"; }
};

template <class T>
std::vector<T> values_at(std::string_view data, const Description& tensor) {
  std::vector<T> values((tensor.end - tensor.begin) / kElementBytes);
  std::memcpy(values.data(), data.data() + tensor.begin, values.size() * kElementBytes);
  return values;
}

/// Reads one file; each method says what is wrong with it in the file's name.
class Parser {
 public:
  explicit Parser(std::string_view file) : file_(file) {}

  Error error(const std::string& what) const {
    return Error(ErrorCode::kInvalid,
                 "'" + printable(file_, 300) + "' is no usable safetensors file: " + what);
  }

  Result<nlohmann::json> header(std::string_view bytes, std::string_view& data) const {
    if (bytes.size() < kPrefixBytes) return error("it is shorter than 8 bytes");
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    if (size > kHeaderBytesMax) return error("its header is larger than 1 MiB");
    if (size > bytes.size() - kPrefixBytes) return error("its header is cut off");
    data = bytes.substr(kPrefixBytes + size);
    const std::string_view text = bytes.substr(kPrefixBytes, size);
    if (text.empty() || text.front() != '{') return error("its header does not begin with '{'");
    auto document = json::parse(text, {.bytes_max = kHeaderBytesMax, .depth_max = 8});
    if (!document.ok()) return error("its header: " + document.error().message());
    if (!document->is_object()) return error("its header is no object");
    return document;
  }

  Status metadata(const nlohmann::json& entry, TensorFile& out) const {
    if (!entry.is_object()) return error("__metadata__ is no object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) return error("__metadata__ holds more than strings");
      out.set_metadata(key, value.get<std::string>());
    }
    return {};
  }

  Result<Description> describe(const std::string& name, const nlohmann::json& entry,
                               std::size_t data_bytes) const {
    Description tensor{name, {}, false, 0, 0};
    const std::string named = tensor.quoted();
    if (name.empty() || !entry.is_object()) return error(named + " has no description");
    PAI_ASSIGN(tensor.shape, numbers(entry, "shape", named));
    PAI_ASSIGN(const Shape offsets, numbers(entry, "data_offsets", named));
    const std::uint64_t count = elements_of(tensor.shape);
    if (count == 0) return error(named + " has a shape that is not one or two sizes from 1");
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_bytes)
      return error(named + " lies outside the data");
    tensor.begin = offsets[0];
    tensor.end = offsets[1];
    if (tensor.end - tensor.begin != count * kElementBytes)
      return error(named + " has another size than its shape");
    const auto type = entry.find("dtype");
    if (type == entry.end() || !type->is_string()) return error(named + " has no dtype");
    tensor.words = *type == "U64";
    if (!tensor.words && *type != "F64") return error(named + " has a dtype that is not U64 or F64");
    return tensor;
  }

  /// One after the other, from the first byte of the data to the last.
  Status check_coverage(std::vector<Description>& tensors, std::size_t data_bytes) const {
    std::sort(tensors.begin(), tensors.end(),
              [](const Description& a, const Description& b) { return a.begin < b.begin; });
    std::uint64_t at = 0;
    for (const Description& tensor : tensors) {
      if (tensor.begin < at) return error(tensor.quoted() + " overlaps another one");
      if (tensor.begin > at) return error("there is a gap before " + tensor.quoted());
      at = tensor.end;
    }
    if (at != data_bytes) return error("bytes are left over after the last tensor");
    return {};
  }

 private:
  Result<Shape> numbers(const nlohmann::json& entry, const char* key, const std::string& named) const {
    const auto found = entry.find(key);
    if (found == entry.end() || !found->is_array()) return error(named + " has no " + key);
    Shape numbers;
    for (const auto& number : *found) {
      if (!number.is_number_unsigned()) return error(named + " has a " + key + " that is not of sizes");
      numbers.push_back(number.get<std::uint64_t>());
    }
    return numbers;
  }

  std::string_view file_;
};

template <class Values>
Result<std::span<const typename Values::value_type>> find_values(const TensorFile& file,
                                                                 std::string_view name,
                                                                 std::span<const std::uint64_t> shape) {
  const auto invalid = [&](const std::string& what) {
    return Error(ErrorCode::kInvalid, "tensor '" + printable(name) + "' " + what);
  };
  const auto found = file.tensors().find(name);
  if (found == file.tensors().end()) return invalid("is not there");
  const auto* const values = std::get_if<Values>(&found->second.values);
  if (values == nullptr) return invalid("has another dtype than was expected");
  if (!std::equal(shape.begin(), shape.end(), found->second.shape.begin(), found->second.shape.end())) {
    return invalid("has the shape " + shown(found->second.shape) + ", not " + shown(shape));
  }
  return std::span<const typename Values::value_type>(*values);
}

}  // namespace

void TensorFile::add(std::string name, std::vector<std::uint64_t> shape, std::span<const ring::Word> words) {
  put(std::move(name), {std::move(shape), std::vector<ring::Word>(words.begin(), words.end())});
}

void TensorFile::add(std::string name, std::vector<std::uint64_t> shape, std::span<const double> numbers) {
  put(std::move(name), {std::move(shape), std::vector<double>(numbers.begin(), numbers.end())});
}

void TensorFile::put(std::string name, Tensor tensor) {
  PAI_CHECK(elements_of(tensor.shape) == size_of(tensor) && size_of(tensor) > 0,
            "as many values as the shape has");
  PAI_CHECK(!name.empty() && name != kMetadata, "a name for a tensor");
  const bool added = tensors_.emplace(std::move(name), std::move(tensor)).second;
  PAI_CHECK(added, "one tensor a name");
}

Result<std::span<const ring::Word>> TensorFile::words(std::string_view name,
                                                      std::span<const std::uint64_t> shape) const {
  return find_values<std::vector<ring::Word>>(*this, name, shape);
}

Result<std::span<const double>> TensorFile::numbers(std::string_view name,
                                                    std::span<const std::uint64_t> shape) const {
  return find_values<std::vector<double>>(*this, name, shape);
}

std::string TensorFile::serialise() const {
  auto header = nlohmann::json::object();
  if (!metadata_.empty()) header[std::string(kMetadata)] = metadata_;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors_) {
    const std::uint64_t end = at + size_of(tensor) * kElementBytes;
    const bool words = std::holds_alternative<std::vector<ring::Word>>(tensor.values);
    header[name] = {{"dtype", words ? "U64" : "F64"}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.append((kPrefixBytes - text.size() % kPrefixBytes) % kPrefixBytes, ' ');
  const std::uint64_t header_bytes = text.size();
  std::string bytes;
  bytes.reserve(kPrefixBytes + header_bytes + at);
  bytes.append(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  bytes += text;
  for (const auto& [name, tensor] : tensors_) {
    std::visit(
        [&](const auto& values) {
          bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * kElementBytes);
        },
        tensor.values);
  }
  return bytes;
}

Result<TensorFile> TensorFile::parse(std::string_view file, std::string_view bytes) {
  const Parser parser(file);
  std::string_view data;
  PAI_ASSIGN(const auto header, parser.header(bytes, data));
  TensorFile out;
  std::vector<Description> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) {
      PAI_TRY(parser.metadata(entry, out));
      continue;
    }
    PAI_ASSIGN(auto tensor, parser.describe(name, entry, data.size()));
    tensors.push_back(std::move(tensor));
  }
  // Only now may they be copied: all together are as large as the file, since none overlaps another.
  PAI_TRY(parser.check_coverage(tensors, data.size()));
  for (Description& tensor : tensors) {
    if (tensor.words)
      out.put(std::move(tensor.name), {tensor.shape, values_at<ring::Word>(data, tensor)});
    else
      out.put(std::move(tensor.name), {tensor.shape, values_at<double>(data, tensor)});
  }
  return out;
}

}  // namespace pai::client::nn
