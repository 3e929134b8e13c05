#pragma once

#include <memory>
#include <string>

#include "client/align/alignment_settings.h"
#include "client/align/rows_writer.h"
#include "client/runtime/context.h"

namespace pai::client::align {

/// A data set on its way: built in the staging folder, then moved to its place in one step. One that was not
/// kept is removed with everything in it, and what stood in its place stands there again.
class StagedDataSet {
 public:
  /// Refuses at once what could not be published (kConflict), and empties and creates the staging folder.
  static Result<StagedDataSet> create(const task::TaskFile& task, const io::Root& datasets,
                                      const PartySettings& settings);
  StagedDataSet(StagedDataSet&& other) noexcept = default;
  StagedDataSet& operator=(StagedDataSet&&) = delete;
  ~StagedDataSet();

  const std::string& folder() const { return folder_; }
  const io::Root& datasets() const { return *datasets_; }

  /// Writes dataset.json, the last file, and makes the folder durable.
  Status describe(const csv::Layout& layout, const WrittenFiles& files, const std::string& alignment_id);
  /// Moves the folder to its place; an earlier data set that may be replaced is swapped out.
  Status publish();
  /// The published data set stays; an earlier one is removed.
  void keep();

 private:
  enum class Place { kStaged, kMoved, kSwapped, kKept };
  struct Release {
    void operator()(const io::Root*) const {}
  };
  StagedDataSet(const task::TaskFile& task, const io::Root& datasets, const PartySettings& settings)
      : task_(&task), datasets_(&datasets), settings_(&settings) {}
  /// Whether something stands at the place that publishing would replace; kConflict when it may not be.
  Result<bool> replaces() const;

  const task::TaskFile* task_;
  std::unique_ptr<const io::Root, Release> datasets_;  ///< null after a move
  const PartySettings* settings_;
  std::string folder_;
  Place place_ = Place::kStaged;
};

}  // namespace pai::client::align
