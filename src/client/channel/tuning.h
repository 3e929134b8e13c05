#pragma once

#include <grpc/grpc.h>

#include "client/channel/wire.h"

namespace pai::client {

/// Transport settings that both sides share. `set(name, value)` puts one into a channel's or server's arguments.
template <class Set>
void set_transport_arguments(Set set) {
  set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, static_cast<int>(kTransportBytesMax));
  set(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, static_cast<int>(kTransportBytesMax));
  // One stream per connection: a fixed window of a few frames does what probing would find out slowly.
  set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  set(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4 << 20);
  set(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20);
  set(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  set(GRPC_ARG_ENABLE_CHANNELZ, 0);
}

}  // namespace pai::client
