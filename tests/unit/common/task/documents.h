#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "common/base/result.h"

namespace pai::task {

/// The reference task as published: no columns, no ratio, two feature parties and a label party.
nlohmann::json reference_document();

/// A task with a value of its own in every field and every setting.
nlohmann::json full_document();

/// The reference training as published: a network on the data sets that `reference_document` leaves.
nlohmann::json training_document();

/// The message of the detail at `path`, or "" (none), or every detail when there are several at the path.
std::string fault_at(const Error& error, const std::string& path);

/// "path: message" a line, for failure messages.
std::string all_faults(const Error& error);

}  // namespace pai::task
