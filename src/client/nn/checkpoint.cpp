#include "client/nn/checkpoint.h"

#include <algorithm>
#include <charconv>

#include <dirent.h>

#include "client/crypto/primitives.h"
#include "client/nn/parameter_tensors.h"
#include "common/base/text.h"

namespace pai::client::nn {

namespace {

constexpr const char* kFolder = "checkpoint";
constexpr std::string_view kEnding = ".safetensors";
constexpr const char* kRunId = "run_id";
constexpr const char* kDigest = "sha256";
constexpr const char* kSeeds = "checkpoint/seeds";
constexpr std::size_t kFileBytesMax = std::size_t{1} << 32;
constexpr std::size_t kSeedsBytesMax = std::size_t{1} << 20;
constexpr std::ptrdiff_t kKept = 2;

std::string path_of(std::uint64_t batches) {
  return std::string(kFolder) + "/" + std::to_string(batches) + std::string(kEnding);
}

/// Batch numbers of the checkpoint files, ascending.
Result<std::vector<std::uint64_t>> numbers_in(const io::Root& folder) {
  std::vector<std::uint64_t> numbers;
  PAI_ASSIGN(const bool there, folder.exists(kFolder));
  if (!there) return numbers;
  PAI_ASSIGN(auto fd, folder.open_folder(kFolder));
  DIR* const listing = ::fdopendir(fd.get());
  if (listing == nullptr) return errno_error("cannot list the checkpoints", errno);
  (void)fd.release();  // closed with the listing
  while (const dirent* entry = ::readdir(listing)) {
    const std::string_view name = entry->d_name;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && std::string_view(end) == kEnding) numbers.push_back(number);
  }
  ::closedir(listing);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string metadata_of(const TensorFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? "" : found->second;
}

/// A share with one flipped bit looks like any other: only this tells.
std::string digest_of(const TensorFile& file) {
  crypto::Sha256 digest;
  digest.update(metadata_of(file, kRunId));
  for (const auto& [name, tensor] : file.tensors()) {
    digest.update(name);
    std::visit([&](const auto& values) { digest.update({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])}); },
               tensor.values);
  }
  return to_hex(digest.finish());
}

Result<TensorFile> read(const io::Root& folder, std::uint64_t batches) {
  PAI_ASSIGN(const auto bytes, folder.read(path_of(batches), kFileBytesMax));
  PAI_ASSIGN(auto file, TensorFile::parse(path_of(batches), bytes));
  if (metadata_of(file, kDigest) != digest_of(file)) {
    return Error(ErrorCode::kInvalid, "'" + path_of(batches) + "' was changed since it was written");
  }
  return file;
}

}  // namespace

Result<std::vector<v1::CheckpointName>> Checkpoints::list() const {
  PAI_ASSIGN(const auto numbers, numbers_in(folder_));
  std::vector<v1::CheckpointName> names;
  for (const auto number : numbers) {
    const auto file = read(folder_, number);
    if (!file.ok()) continue;
    auto& name = names.emplace_back();
    name.set_batches(number);
    name.set_run_id(metadata_of(*file, kRunId));
  }
  return names;
}

Status Checkpoints::save(std::uint64_t batches, const SharedModel& model, const TopNetwork* top) {
  TensorFile file;
  add_shares(file, model, true);
  if (top != nullptr) add_plain_layers(file, *top, true);
  return save_file(batches, std::move(file));
}

Status Checkpoints::save_file(std::uint64_t batches, TensorFile file) const {
  file.set_metadata(kRunId, run_id_);
  file.set_metadata(kDigest, digest_of(file));
  PAI_TRY(folder_.make_folders(kFolder));
  PAI_TRY(folder_.write_atomically(path_of(batches), file.serialise()));
  PAI_ASSIGN(const auto numbers, numbers_in(folder_));
  const auto newer = std::upper_bound(numbers.begin(), numbers.end(), batches);
  const auto kept = newer - std::min<std::ptrdiff_t>(kKept, newer - numbers.begin());
  for (auto number = numbers.begin(); number != numbers.end(); ++number) {
    // Newer ones are of a training that this one does not go on from.
    if (number < kept || number >= newer) PAI_TRY(folder_.remove_tree(path_of(*number)));
  }
  return {};
}

Status Checkpoints::load(std::uint64_t batches, const std::string& run_id, SharedModel& model, TopNetwork* top) const {
  PAI_ASSIGN(const auto file, load_file(batches, run_id));
  PAI_TRY(take_shares(file, model, true));
  return top == nullptr ? Status() : take_plain_layers(file, *top, true);
}

Result<TensorFile> Checkpoints::load_file(std::uint64_t batches, const std::string& run_id) const {
  PAI_ASSIGN(auto file, read(folder_, batches));
  if (metadata_of(file, kRunId) != run_id) {
    return Error(ErrorCode::kProtocol, "main chose a checkpoint that this party does not have");
  }
  return file;
}

Status Checkpoints::refuse_known_seed(const std::string& seed_digest_hex) const {
  PAI_TRY(folder_.make_folders(kFolder));
  PAI_ASSIGN(const bool there, folder_.exists(kSeeds));
  std::string known;
  if (there) {
    PAI_ASSIGN(known, folder_.read(kSeeds, kSeedsBytesMax));
  }
  if (known.find(seed_digest_hex) != std::string::npos) {
    return Error(ErrorCode::kProtocol, "the dealer sent the seed of an earlier run: its masks would be used twice");
  }
  return folder_.write_atomically(kSeeds, known + seed_digest_hex + "\n");
}

Status offer_checkpoints(const Context& context, v1::TrainingOffer& offer) {
  if (!context.resume()) return {};
  PAI_ASSIGN(const auto checkpoints, Checkpoints(context.folder, context.task.run_id).list());
  offer.mutable_checkpoints()->Assign(checkpoints.begin(), checkpoints.end());
  return {};
}

}  // namespace pai::client::nn
