#pragma once

#include <array>
#include <string_view>

#include "common/task/settings.h"
#include "common/task/types/training.h"

/// The settings of gradient boosting (`secure_xgboost_*` with its dealer). What holds for the whole task stands at main and is public. What
/// holds between them is in boosting_rules.cpp.
namespace pai::task::types {

inline constexpr std::array<std::string_view, 3> kObjectiveChoices = {"binary", "multi", "regression"};
inline constexpr std::array<std::string_view, 2> kBoostSecurityChoices = {"full", "relaxed"};
inline constexpr std::array<std::string_view, 2> kImportanceChoices = {"count", "gain"};

inline constexpr std::array<Setting, 13> kBoostConfig = {{
    {.name = "objective",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("binary")",
     .choices = kObjectiveChoices,
     .help = "What is learned: `binary`, labels of 0 and 1; `multi`, one of `num_class` classes, a tree a class and iteration, each "
             "class against the rest; `regression`, a number."},
    {.name = "num_class",
     .kind = Setting::Kind::kInteger,
     .min = 2,
     .max = 64,
     .unit = "classes",
     .help = "For `multi`, and required there: the labels are 0 to this minus 1, or as many columns of 0 and one 1."},
    {.name = "learning_rate",
     .kind = Setting::Kind::kNumber,
     .default_json = "0.1",
     .min = 0,
     .max = 1,
     .min_exclusive = true,
     .help = "What a tree's leaves are multiplied by."},
    {.name = "max_iteration",
     .kind = Setting::Kind::kInteger,
     .default_json = "100",
     .min = 1,
     .max = 100'000,
     .unit = "trees",
     .help = "Iterations to train: a tree each, with `multi` a tree a class."},
    {.name = "max_depth",
     .kind = Setting::Kind::kInteger,
     .default_json = "4",
     .min = 1,
     .max = 8,
     .unit = "levels",
     .help = "Depth of every tree: all are complete, so that their shape tells nothing."},
    {.name = "reg_lambda",
     .kind = Setting::Kind::kNumber,
     .default_json = "1",
     .min = 1,
     .max = 1'000'000,
     .help = "Weight of the squared leaves in the loss; at least 1, which keeps the divisions on shares in range."},
    {.name = "gamma",
     .kind = Setting::Kind::kNumber,
     .default_json = "0",
     .min = 0,
     .max = 1'000'000,
     .help = "What G²/(H+λ) of both children has to be more than the node's own, as XGBoost counts it (twice what the loss falls by); a node "
             "without such a split sends all rows left."},
    {.name = "col_sample_ratio",
     .kind = Setting::Kind::kNumber,
     .default_json = "1",
     .min = 0,
     .max = 1,
     .min_exclusive = true,
     .help = "Share of all features that a tree may split by, drawn from the public seed."},
    {.name = "row_sample_ratio",
     .kind = Setting::Kind::kNumber,
     .default_json = "1",
     .min = 0,
     .max = 1,
     .min_exclusive = true,
     .help = "Share of the training rows that a tree learns from, drawn from the public seed."},
    {.name = "n_bins",
     .kind = Setting::Kind::kInteger,
     .default_json = "32",
     .min = 2,
     .max = 128,
     .unit = "bins",
     .help = "Bins of each feature, by quantiles of its owner's training rows; missing values have one more."},
    {.name = "min_child_weight",
     .kind = Setting::Kind::kNumber,
     .default_json = "0",
     .min = 0,
     .max = 1'000'000,
     .help = "The smallest sum of second derivatives (a regression: of rows) in a child; 0: none, which is faster."},
    {.name = "early_stop",
     .kind = Setting::Kind::kInteger,
     .default_json = "0",
     .min = 0,
     .max = 1000,
     .unit = "evaluations",
     .help = "Training ends after that many evaluations in a row that do not lower the test set's loss; 0: never."},
    {.name = "seed",
     .kind = Setting::Kind::kInteger,
     .min = 0,
     .max = kTwoTo53,
     .help = "Draws the samples of rows and features, all public; 1 when neither this nor `sync_info.seed` is given."},
}};

inline constexpr std::array<Setting, 1> kSyncInfo = {{
    {.name = "seed",
     .kind = Setting::Kind::kInteger,
     .min = 0,
     .max = kTwoTo53,
     .help = "Another place for `config.seed`; when both are given they are equal."},
}};

inline constexpr std::array<Setting, 9> kSecureXgboostMainSettings = {{
    kModeSetting,
    {.name = "model_task",
     .kind = Setting::Kind::kTaskName,
     .help = "For `predict` only, and required there: the boosting whose model is used; every party has its part of it."},
    {.name = "metric",
     .kind = Setting::Kind::kChoices,
     .default_json = R"(["auc_ks"])",
     .choices = kMetricChoices,
     .help = "What an evaluation tells beside the loss: `auc_ks` two figures, `auc`, `acc` one each, `loss` nothing more: then no score is "
             "opened. A regression has `mse` and `r2`, and no other."},
    {.name = "test_per_trees",
     .kind = Setting::Kind::kInteger,
     .default_json = "1",
     .min = 0,
     .max = 100'000,
     .unit = "trees",
     .help = "The test set is evaluated each time that many iterations are done, and at the end; 0: at the end alone. The label client learns "
             "less from fewer evaluations."},
    {.name = "config",
     .kind = Setting::Kind::kObject,
     .default_json = "{}",
     .help = "How the trees are made.",
     .members = kBoostConfig.data(),
     .members_count = kBoostConfig.size()},
    {.name = "sync_info",
     .kind = Setting::Kind::kObject,
     .help = "As the reference system writes it.",
     .members = kSyncInfo.data(),
     .members_count = kSyncInfo.size()},
    {.name = "checkpoint_per_trees",
     .kind = Setting::Kind::kInteger,
     .default_json = "10",
     .min = 0,
     .max = 100'000,
     .unit = "trees",
     .help = "Every that many trees each party keeps what a resumed training goes on from; 0: never."},
    {.name = "security",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("full")",
     .choices = kBoostSecurityChoices,
     .help = "`full` opens nothing but who owns each split, each split to its owner, and what evaluations need; `relaxed` opens to the "
             "label client, which chooses the splits, the sums of gradients in every bin of every feature and which training rows go where: "
             "faster, and it discloses them."},
    {.name = "importance",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("count")",
     .choices = kImportanceChoices,
     .help = "What a feature client is told of its own features at the end: `count`, how many nodes each splits, which it knows; `gain`, also how "
             "much these splits gained in all, which is opened to it alone."},
}};

inline constexpr std::array<Setting, 2> kSecureXgboostFeatureSettings = {{
    {.name = "data_path",
     .kind = Setting::Kind::kPath,
     .required = true,
     .help = "The folder of the party's aligned data set, relative to the node's `datasets/` folder. Empty cells are missing values.",
     .folder = true},
    kDataColumnsSetting,
}};

inline constexpr std::array<Setting, 2> kSecureXgboostLabelSettings = {{
    kDataPathSetting,
    kReportRocSetting,
}};

}  // namespace pai::task::types
