#pragma once

#include <functional>
#include <memory>

#include "client/mpc/client_source.h"
#include "client/nn/model_files.h"
#include "client/nn/trainer.h"

namespace pai::client::nn {

/// A data client's own columns of X as words at scale 16; empty at the label client.
struct OwnRows {
  LargeWords train, test;
};

/// Room for own columns: in memory, or mapped from the task's folder above the node's memory_bytes_max.
Result<LargeWords> room_for(Context& context, std::uint64_t rows, std::size_t columns);

/// What a data client has once the parties have met: the dealer's randomness, everybody's masked features, and the way to the others.
class Session {
 public:
  /// Receives this run's seed and exchanges masked features for both matrices. The context outlives it.
  static Result<std::unique_ptr<Session>> start(Context& context, const TrainingSettings& settings, const Cast& cast,
                                                const Plan& plan, OwnRows own);

  const Cast& cast() const { return cast_; }
  const Plan& plan() const { return plan_; }
  const StepTerms& terms() const { return terms_; }
  const Party& party() const { return party_; }
  mpc::ClientSource& source() { return source_; }
  Checkpoints& checkpoints() { return checkpoints_; }
  const ColumnOwners& owners() const { return train_.owners(); }
  TrainingParts parts() { return {settings_, plan_, terms_, schedule_, train_, test_, cast_.main}; }

  /// The initial model: as many layers as are computed on shares.
  SharedModel initial() const;
  /// Stores this party's part of the model after so many batches, and moves it to its place when main says that all have theirs.
  Status store(const SharedModel& model, const TopNetwork* top, std::uint64_t batches, nlohmann::json own);
  /// Says in the log what the computation took.
  void note_end(std::uint64_t batches) const;

 private:
  Session(Context& context, const TrainingSettings& settings, const Cast& cast, const Plan& plan, StepTerms terms,
          mpc::ClientSource source, FeatureMatrix train, FeatureMatrix test);

  Context& context_;
  const TrainingSettings settings_;
  const Cast cast_;
  const Plan plan_;
  const StepTerms terms_;
  const Schedule schedule_;
  mpc::ClientSource source_;
  FeatureMatrix train_, test_;
  mpc::Exchange exchange_;
  const Party party_;
  Checkpoints checkpoints_;
};

/// Ends a data client's work that is stored in staging: tells main, waits until all are ready, puts it in its place and says so.
Status end_with_others(Channel& channel, int main, const std::function<Status()>& put_in_place = {});

}  // namespace pai::client::nn
