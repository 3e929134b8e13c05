#include "client/channel/wire.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace pai::client {

Result<Outgoing> Outgoing::prepare(v1::Frame frame) {
  Outgoing outgoing;
  outgoing.bytes_ = frame.ByteSizeLong();
  if (outgoing.bytes_ > kAssembledBytesMax) {
    return Error(ErrorCode::kTooLarge, "a message of " + std::to_string(outgoing.bytes_) +
                                           " bytes is over the limit of " + std::to_string(kAssembledBytesMax));
  }
  if (outgoing.bytes_ <= kFrameBytesMax) {
    outgoing.frame_ = std::move(frame);
  } else if (!frame.SerializeToString(&outgoing.serialized_)) {
    return Error(ErrorCode::kInternal, "a message could not be serialized");
  }
  return outgoing;
}

bool Outgoing::write(const std::function<bool(const v1::Frame&)>& write) const {
  if (serialized_.empty()) return write(frame_);
  v1::Frame piece;
  auto& fragment = *piece.mutable_fragment();
  fragment.set_total_bytes(serialized_.size());
  for (std::size_t at = 0; at < serialized_.size(); at += kPieceBytes) {
    const auto size = std::min(kPieceBytes, serialized_.size() - at);
    fragment.mutable_piece()->assign(serialized_, at, size);
    fragment.set_last(at + size == serialized_.size());
    if (!write(piece)) return false;
  }
  return true;
}

Result<std::optional<v1::Frame>> Assembler::add(const v1::Fragment& fragment) {
  if (fragment.total_bytes() > bytes_max_) {
    return Error(ErrorCode::kTooLarge, "a message of " + std::to_string(fragment.total_bytes()) +
                                           " bytes was announced; the limit is " + std::to_string(bytes_max_));
  }
  if (fragment.piece().empty() || (total_ != 0 && fragment.total_bytes() != total_) ||
      fragment.piece().size() > fragment.total_bytes() - buffer_.size()) {
    return Error(ErrorCode::kProtocol, "a piece does not fit its message");
  }
  total_ = fragment.total_bytes();
  buffer_ += fragment.piece();
  if (fragment.last() != (buffer_.size() == total_)) {
    return Error(ErrorCode::kProtocol, "a message in pieces ended before or after its announced size");
  }
  if (!fragment.last()) return std::optional<v1::Frame>();
  const auto whole = std::exchange(buffer_, {});
  total_ = 0;
  v1::Frame frame;
  if (!frame.ParseFromString(whole) || is_control(frame) || frame.body_case() == v1::Frame::BODY_NOT_SET) {
    return Error(ErrorCode::kProtocol, "the pieces are no message of the protocol");
  }
  return std::optional<v1::Frame>(std::move(frame));
}

bool is_control(const v1::Frame& frame) {
  const auto number = static_cast<int>(frame.body_case());
  return number >= 1 && number <= 15;
}

}  // namespace pai::client
