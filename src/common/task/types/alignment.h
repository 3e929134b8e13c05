#pragma once

#include <array>
#include <string_view>

#include "common/task/settings.h"

/// The settings of the preprocessing family. What holds for the whole task stands at main and is public; what concerns
/// one party's files stands at that party and goes to its node only.
namespace pai::task::types {

inline constexpr std::array<std::string_view, 2> kPsiChoices = {"prf", "ecdh"};
inline constexpr std::array<std::string_view, 2> kDuplicatesChoices = {"error", "first"};

inline constexpr std::array<Setting, 3> kAlignmentMainSettings = {{
    {.name = "psi",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("prf")",
     .choices = kPsiChoices,
     .help = "How IDs are matched: `prf` compares keyed tags and is fast; `ecdh` keeps main from guessing IDs even "
             "together with a data party, and is slower."},
    {.name = "test_ratio",
     .kind = Setting::Kind::kNumber,
     .default_json = "0.2",
     .min = 0,
     .max = 1,
     .max_exclusive = true,
     .help = "Part of the aligned rows that goes to `test.csv`, rounded down; they are the last in aligned order."},
    {.name = "min_intersection",
     .kind = Setting::Kind::kInteger,
     .default_json = "1",
     .min = 1,
     .max = 9007199254740992.0,  // 2^53: every JSON reader keeps such integers exact
     .unit = "rows",
     .help = "Below this many common rows the task fails for everyone and nobody learns which rows matched."},
}};

inline constexpr std::array<Setting, 6> kAlignmentDataSettings = {{
    {.name = "raw_data_path",
     .kind = Setting::Kind::kPath,
     .required = true,
     .help = "The CSV file to align, relative to the node's `raw/` folder."},
    {.name = "out_data_path",
     .kind = Setting::Kind::kPath,
     .required = true,
     .help = "The folder that receives the aligned files, relative to the node's `datasets/` folder.",
     .creates = true},
    {.name = "columns",
     .kind = Setting::Kind::kColumns,
     .help = "The columns to keep, in this order; all but the ID when absent, none for the empty list."},
    {.name = "id_column",
     .kind = Setting::Kind::kNames,
     .help = "The column, or the columns together, that identify a row; the file's first column when absent."},
    {.name = "duplicates",
     .kind = Setting::Kind::kChoice,
     .default_json = R"("error")",
     .choices = kDuplicatesChoices,
     .help = "What to do when an ID occurs twice: refuse the file, or keep the first row."},
    {.name = "overwrite",
     .kind = Setting::Kind::kBoolean,
     .default_json = "false",
     .help = "Whether a data set of an earlier task at `out_data_path` may be replaced."},
}};

}  // namespace pai::task::types
