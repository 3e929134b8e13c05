#pragma once

#include <string>
#include <string_view>

#include "common/io/files.h"

namespace pai::io {

/// openat2 with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS, close-on-exec. An Fd that isn't valid leaves errno:
/// EXDEV when the name leads out of the folder, EINVAL when it holds a NUL.
Fd open_beneath(int folder, std::string_view relative, int flags, unsigned mode = 0);

/// The folder a name stands in, opened, and the last part of the name: what mkdirat, renameat2 and unlinkat need.
struct Place {
  Fd folder;
  std::string leaf;
};
/// An invalid folder leaves errno, EINVAL when there is no last part ("", "a/..", ".").
Place place_beneath(int root, std::string_view relative, int folder_flags);

/// `cannot <verb> '<relative>' in <root>: <errno>`, with the code and hint that the fault deserves.
Error beneath_error(std::string_view verb, std::string_view relative, const std::filesystem::path& root,
                    int error_number);

/// Removes an entry of an open folder, whatever it is. Returns 0 or an errno.
int remove_entry(int folder, const std::string& name);

}  // namespace pai::io
