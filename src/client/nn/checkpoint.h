#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/nn/core/plain_network.h"
#include "client/nn/core/safetensors.h"
#include "client/nn/plan.h"
#include "client/nn/shared_model.h"
#include "client/runtime/context.h"
#include "common/io/files.h"

namespace pai::client::nn {

/// What a party goes on from after a failure: its shares of all parameters and velocities, and how many batches were done, in
/// `checkpoint/` of the task's folder, 0600, the two newest. Masks are never kept: a resumed run draws new ones.
class Checkpoints {
 public:
  /// `folder` is the task's and outlives this.
  Checkpoints(const io::Root& folder, std::string run_id) : folder_(folder), run_id_(std::move(run_id)) {}

  /// Those that are there and whole, as names for main. A damaged one is left out.
  Result<std::vector<v1::CheckpointName>> list() const;
  /// Any tensors as a checkpoint, and one of a certain run back (kProtocol when it is of another).
  Status save_file(std::uint64_t batches, TensorFile file) const;
  Result<TensorFile> load_file(std::uint64_t batches, const std::string& run_id) const;

  /// Durable when it returns; all others but the one before are removed. `top` is the label client's at security "split", else null.
  Status save(std::uint64_t batches, const SharedModel& model, const TopNetwork* top);
  /// Into a model (and top) of the right shape. kInvalid when the file has another one.
  Status load(std::uint64_t batches, const std::string& run_id, SharedModel& model, TopNetwork* top) const;

  /// Refuses a dealer's seed that an earlier run of this task had (kProtocol), and remembers this one: equal seeds would mask two
  /// different matrices alike.
  Status refuse_known_seed(const std::string& seed_digest_hex) const;

 private:
  const io::Root& folder_;
  std::string run_id_;
};

/// Of a resumed task: adds the checkpoints that this party could go on from to its offer.
Status offer_checkpoints(const Context& context, v1::TrainingOffer& offer);

}  // namespace pai::client::nn
