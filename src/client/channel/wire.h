#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "pai/v1/channel.pb.h"

namespace pai::client {

inline constexpr std::uint32_t kProtocolVersion = 1;
/// A frame over this travels in pieces.
inline constexpr std::size_t kFrameBytesMax = std::size_t{1} << 20;
/// The size of the pieces: small enough to stay in a core's cache on their way through gRPC and TLS.
inline constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
/// What the transport takes in one message: a frame, or a piece with its envelope.
inline constexpr std::size_t kTransportBytesMax = kFrameBytesMax + 4096;
/// What all pieces of one frame may come to.
inline constexpr std::uint64_t kAssembledBytesMax = std::uint64_t{256} << 20;

/// A frame made ready to be written by one or more calls, so that the slow part needs no lock on the stream.
class Outgoing {
 public:
  /// kTooLarge for a frame that no receiver would take.
  static Result<Outgoing> prepare(v1::Frame frame);

  /// Serialized size of the whole frame.
  std::size_t bytes() const { return bytes_; }
  /// Stops, with false, at the first write that fails.
  bool write(const std::function<bool(const v1::Frame&)>& write) const;

 private:
  v1::Frame frame_;
  std::size_t bytes_ = 0;
  std::string serialized_;  // instead of the frame when it goes in pieces
};

/// Puts pieces together again. Every claim of the sender is checked before it costs memory: the buffer grows only
/// with bytes that came.
class Assembler {
 public:
  explicit Assembler(std::uint64_t bytes_max = kAssembledBytesMax) : bytes_max_(bytes_max) {}

  /// The whole frame after its last piece, nothing before; kProtocol or kTooLarge when the pieces don't fit each other,
  /// or hold no frame of the protocol's.
  Result<std::optional<v1::Frame>> add(const v1::Fragment& fragment);
  /// A frame came in between: false when pieces are missing.
  bool is_idle() const { return total_ == 0; }

 private:
  const std::uint64_t bytes_max_;
  std::uint64_t total_ = 0;
  std::string buffer_;
};

/// True for the bodies that belong to the channel itself (field numbers 1 to 15).
bool is_control(const v1::Frame& frame);

}  // namespace pai::client
