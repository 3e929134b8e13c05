#pragma once

#include "pai/v1/channel.pb.h"

namespace pai::client {

/// One open stream to a peer, from whichever side it was opened. One thread may read while another writes.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Waits for the next frame; false when the stream is over.
  virtual bool read(v1::Frame& frame) = 0;
  /// Hands a frame to the transport, waits while the peer is slow; false when the stream is over.
  virtual bool write(const v1::Frame& frame) = 0;
  /// Nothing more will be written.
  virtual void half_close() = 0;
  /// Ends reads and writes at once, from any thread.
  virtual void cancel() = 0;
};

}  // namespace pai::client
