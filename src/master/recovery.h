#pragma once

#include "master/lifecycle.h"

namespace pai::master {

/// After a start: takes up every task that was under way. Creations without a decision are taken back, those with one are
/// completed; starts are completed; running tasks are followed; stops are repeated. What needs nodes runs in the
/// background, so that an absent one delays nobody. Errors are of the store.
Status recover(Lifecycle& lifecycle);

}  // namespace pai::master
