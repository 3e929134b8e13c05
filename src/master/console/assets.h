#pragma once

#include <span>
#include <string_view>

namespace pai::master::console {

/// One file of the web console as it was when this program was built.
struct Asset {
  std::string_view path;          ///< as served: "/" or "/console/NAME"
  std::string_view content_type;
  std::string_view etag;          ///< with its quotes
  std::string_view body;
};

/// All of them, the page first. Generated from dist/ by embed.cmake.
std::span<const Asset> assets();

}  // namespace pai::master::console
