#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/task/settings.h"

/// The settings of a training (`shared_nn_*` with its dealer). What holds for the whole task stands at main
/// and is public; what concerns one party's data stands at that party and goes to its node only. What holds
/// between them is in training_rules.cpp.
namespace pai::task::types {

/// Iterations of a training that says neither `max_iter` nor `epochs`.
inline constexpr std::int64_t kIterationsDefault = 1001;

inline constexpr double kTwoTo40 = 1099511627776.0;
inline constexpr double kTwoTo53 = 9007199254740992.0;  ///< every JSON reader keeps integers up to it exact

inline constexpr std::array<std::string_view, 2> kModeChoices = {"train", "predict"};
inline constexpr std::array<std::string_view, 2> kActivationChoices = {"sigmoid", "none"};
inline constexpr std::array<std::string_view, 2> kOptimizerChoices = {"sgd", "momentum"};
inline constexpr std::array<std::string_view, 2> kSecurityChoices = {"full", "split"};
inline constexpr std::array<std::string_view, 2> kExportChoices = {"shares", "split"};
inline constexpr std::array<std::string_view, 3> kNormalizeChoices = {"zscore", "minmax", "none"};
inline constexpr std::array<std::string_view, 2> kLossChoices = {"mse", "logloss"};
inline constexpr std::array<std::string_view, 4> kMetricChoices = {"auc_ks", "auc", "acc", "loss"};

inline constexpr std::array<Setting, 1> kTripletProducerSettings = {{
    {.name = "listen_clients",
     .kind = Setting::Kind::kIntegers,
     .min = 0,
     .max = 63,
     .elements_max = 64,
     .unit = "client ids",
     .help = "Checked when given: each is the id of a data client of this task, none twice. The dealer "
             "serves every data "
             "client anyway, the label client too."},
}};

/// Of every kind of training.
inline constexpr Setting kModeSetting = {
    .name = "mode",
    .kind = Setting::Kind::kChoice,
    .default_json = R"("train")",
    .choices = kModeChoices,
    .help = "`train` makes a model; `predict` uses the one of `model_task` and writes the scores of all rows at the label client, nowhere else."};

inline constexpr std::array<Setting, 20> kSharedNnMainSettings = {{
    kModeSetting,
    {.name = "model_task",
     .kind = Setting::Kind::kTaskName,
     .help = "For `predict` only, and required there: the training task whose model is used; every party has "
             "its part of it."},
    {.name = "in_dim",
     .kind = Setting::Kind::kInteger,
     .min = 1,
     .max = 4096,
     .unit = "units",
     .help = "The width of the first, shared layer. With `layers` empty it is `out_dim` and may be absent."},
    {.name = "layers",
     .kind = Setting::Kind::kIntegers,
     .default_json = "[]",
     .min = 1,
     .max = 4096,
     .elements_max = 8,
     .unit = "units",
     .help = "The widths of the layers after the first, a sigmoid after each; the last is `out_dim`. Empty: "
             "a linear model, "
             "logistic with `activation` `sigmoid`."},
    {.name = "out_dim",
     .kind = Setting::Kind::kInteger,
     .default_json = "1",
     .min = 1,
     .max = 1024,
     .unit = "units",
     .help = "The width of the output: 1 for two classes or a number, else the number of classes (one "
             "against the rest)."},
    {.name = "batch_size",
     .kind = Setting::Kind::kInteger,
     .default_json = "64",
     .min = 1,
     .max = 32768,
     .unit = "rows",
     .help = "Rows of one step of training."},
    {.name = "test_batch_size",
     .kind = Setting::Kind::kInteger,
     .default_json = "10000",
     .min = 1,
     .max = 1'000'000,
     .unit = "rows",
     .help =
         "Rows that an evaluation or a prediction takes at a time; it bounds memory and changes no result."},
    {.name = "test_per_batches",
     .kind = Setting::Kind::kInteger,
     .default_json = "1001",
     .min = 0,
     .max = kTwoTo53,
     .unit = "batches",
     .help = "The test set is evaluated each time that many batches are done, and at the end; 0: at the end "
             "only."},
    {.name = "learning_rate",
     .kind = Setting::Kind::kNumber,
     .default_json = "0.1",
     .min = 0,
     .max = 10,
     .min_exclusive = true,
     .help = "The step along the batch's mean gradient."},
    {.name = "max_iter",
     .kind = Setting::Kind::kInteger,
     .min = 1,
     .max = kTwoTo40,
     .unit = "batches",
     .help =
         "Batches to train; 1001 when neither this nor `epochs` is given. At most one of the two may stand."},
    {.name = "epochs",
     .kind = Setting::Kind::kInteger,
     .min = 1,
     .max = 1'000'000,
     .help = "Passes through the training rows, in place of `max_iter`."},
    {.name = "activation",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("sigmoid")",
     .choices = kActivationChoices,
     .help = "On the output: `none` is linear regression, with `layers` empty and the label client's `loss` "
             "`mse`."},
    {.name = "optimizer",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("sgd")",
     .choices = kOptimizerChoices,
     .help = "Plain steps, or steps with momentum."},
    {.name = "momentum",
     .kind = Setting::Kind::kNumber,
     .default_json = "0.9",
     .min = 0,
     .max = 1,
     .max_exclusive = true,
     .help = "What is kept of the step before, with `optimizer` `momentum`."},
    {.name = "l2",
     .kind = Setting::Kind::kNumber,
     .default_json = "0.0001",
     .min = 0,
     .max = 0.1,
     .help = "Weight of the squared weights in the loss; times `batch_size` it is at most 100."},
    {.name = "seed",
     .kind = Setting::Kind::kInteger,
     .default_json = "1",
     .min = 0,
     .max = kTwoTo53,
     .help = "Gives the initial weights and the order of the batches, both public; never a mask or a share."},
    {.name = "early_stop",
     .kind = Setting::Kind::kInteger,
     .default_json = "0",
     .min = 0,
     .max = 1000,
     .unit = "evaluations",
     .help = "Training ends after that many evaluations in a row without improvement; 0: never."},
    {.name = "checkpoint_per_batches",
     .kind = Setting::Kind::kInteger,
     .default_json = "1000",
     .min = 0,
     .max = kTwoTo40,
     .unit = "batches",
     .help = "Every that many batches each party keeps what a resumed training goes on from; 0: never."},
    {.name = "security",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("full")",
     .choices = kSecurityChoices,
     .help = "`full` opens nothing but what evaluations need; `split` opens the first layer's outputs to the "
             "label client, "
             "which trains the rest in the clear: faster, and it discloses them."},
    {.name = "export",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("shares")",
     .choices = kExportChoices,
     .help = "What a party keeps of the model: its shares, or (`split`) its own weights in the clear."},
}};

inline constexpr Setting kDataPathSetting = {
    .name = "data_path",
    .kind = Setting::Kind::kPath,
    .required = true,
    .help = "The folder of the party's aligned data set, relative to the node's `datasets/` folder.",
    .folder = true};
inline constexpr Setting kDataColumnsSetting = {
    .name = "columns",
    .kind = Setting::Kind::kColumns,
    .help = "The columns of the data set to use, in this order, by name or position among its columns; all when absent."};

inline constexpr std::array<Setting, 3> kSharedNnFeatureSettings = {{
    kDataPathSetting,
    {.name = "normalize",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("zscore")",
     .choices = kNormalizeChoices,
     .help = "How the party scales its columns, by its training rows; what is beyond ±6 is clipped, with "
             "`none` refused."},
    kDataColumnsSetting,
}};

/// The label client's, of every kind of training.
inline constexpr Setting kReportRocSetting = {
    .name = "report_roc",
    .kind = Setting::Kind::kBoolean,
    .default_json = "false",
    .help = "Whether each evaluation leaves a coarse ROC curve of the test set for the master and its users: at most 101 points, a step for "
            "every ten rows at the finest, no score. The label's owner must have granted it by name (`reveals`)."};

inline constexpr std::array<Setting, 4> kSharedNnLabelSettings = {{
    kDataPathSetting,
    {.name = "loss",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("logloss")",
     .choices = kLossChoices,
     .help = "What training makes small: the cross-entropy of each class, or the squared error."},
    {.name = "metric",
     .kind = Setting::Kind::kChoices,
     .default_json = R"(["auc_ks"])",
     .choices = kMetricChoices,
     .help = "What an evaluation tells beside the loss: `auc_ks` two figures, `auc`, `acc` one each, `loss` "
             "nothing more."},
    kReportRocSetting,
}};

}  // namespace pai::task::types
