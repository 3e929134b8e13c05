#pragma once

#include "client/channel/channel.h"
#include "client/mpc/exchange.h"
#include "client/mpc/group.h"

namespace pai::client::nn {

/// A data client among the others, as the steps of a computation see it.
struct Party {
  Channel& channel;
  const mpc::Group& group;
  mpc::Exchange& exchange;
  int label;  ///< id of the label client

  bool leads() const { return group.leads(); }
  bool is_label() const { return channel.self() == label; }
};

}  // namespace pai::client::nn
