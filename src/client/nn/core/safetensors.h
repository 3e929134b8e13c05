#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/ring/matrix.h"
#include "common/base/result.h"

namespace pai::client::nn {

/// Tensors in the safetensors format (8 bytes little-endian size of the header, a JSON header, the data):
/// models and checkpoints. Of its types only U64 (shares) and F64 are used, with one or two dimensions.
class TensorFile {
 public:
  struct Tensor {
    std::vector<std::uint64_t> shape;  ///< one or two dimensions; none of them 0
    std::variant<std::vector<ring::Word>, std::vector<double>> values;
  };

  /// Names are ours: not empty, unique, not "__metadata__". Sizes must fit the shape. A misuse aborts.
  void add(std::string name, std::vector<std::uint64_t> shape, std::span<const ring::Word> words);
  void add(std::string name, std::vector<std::uint64_t> shape, std::span<const double> numbers);
  /// Free text beside the tensors.
  void set_metadata(std::string key, std::string value) { metadata_[std::move(key)] = std::move(value); }

  const std::map<std::string, Tensor, std::less<>>& tensors() const { return tensors_; }
  const std::map<std::string, std::string, std::less<>>& metadata() const { return metadata_; }

  /// The tensor's words; kInvalid, naming it, when it is not there, of another type or shape.
  Result<std::span<const ring::Word>> words(std::string_view name,
                                            std::span<const std::uint64_t> shape) const;
  Result<std::span<const double>> numbers(std::string_view name, std::span<const std::uint64_t> shape) const;

  /// The file's bytes: tensors in the order of their names, the data aligned to 8 bytes. Equal contents give
  /// equal bytes.
  std::string serialise() const;
  /// Reads what `serialise` or another writer made. kInvalid for: a header that is cut off, too large (1 MiB)
  /// or no JSON of the format, unknown types, three dimensions, sizes that do not fit the shape, tensors that
  /// overlap or leave a gap, data that is missing or left over. Nothing is allocated before its size was
  /// checked. `file` begins the messages.
  static Result<TensorFile> parse(std::string_view file, std::string_view bytes);

 private:
  void put(std::string name, Tensor tensor);

  std::map<std::string, Tensor, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

}  // namespace pai::client::nn
