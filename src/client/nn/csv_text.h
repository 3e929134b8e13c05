#pragma once

#include <string>
#include <string_view>

/// What client files in CSV are made of.
namespace pai::client::nn {

/// Quoted where it needs to be (RFC 4180).
void append_field(std::string& line, std::string_view value);
/// Nine digits.
void append_number(std::string& line, double value);

}  // namespace pai::client::nn
