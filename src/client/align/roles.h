#pragma once

#include "client/runtime/context.h"

namespace pai::client {

/// The main client of a preprocessing task: takes every party's keyed tags, finds the common ones in bounded
/// memory, tells each party which of its own are common, and says publish when all have their files. It never
/// sees an ID or the key. Errors: kInvalid (the intersection is empty or too small), kProtocol or kPeerLost
/// blaming a peer, kTimeout, kCancelled, kIo.
Status run_alignment_main(Context& context);

/// A data client: agrees on the group key with the other data clients, tags its IDs, and writes its part of
/// the aligned data set. On an error its data set is not published, or no longer: what stood in its place
/// stands there again, and its staging folder is gone. A party whose data set was published and said so to
/// main keeps it, even when another party fails after that. Errors: kInvalid (the table; with file and line),
/// kConflict (the data set's place is taken), kIo (disk), and those of main.
Status run_alignment_data(Context& context);

}  // namespace pai::client
