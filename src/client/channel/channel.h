#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "pai/v1/channel.pb.h"

namespace pai::client {

/// One receive (or connection) that has not ended: what `/queryTask?query=waits` shows.
struct Wait {
  int peer = 0;
  std::string message_type;
  double seconds = 0;
};

/// Bytes and messages exchanged with a peer, for the log at the end.
struct Traffic {
  int peer = 0;
  std::string message_type;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

/// What was received from a peer, and for how long receives waited for it.
struct WaitTotals {
  int peer = 0;
  std::uint64_t messages = 0;
  double seconds = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rounds = 0;  ///< receives that came after a send
};

/// Typed messages to and from the other clients of the task. Protocol code knows this class and nothing below it.
///
/// Per peer, messages arrive in the order of sending. One thread may send to a peer while another receives from it;
/// different peers are independent. No two threads receive from one peer at a time, not even messages of different types:
/// the next message of the peer is for whoever asks first, and another type than it asked for is a fault. `send` returns
/// when the message was handed to the transport, and blocks while the peer is slow to read (back-pressure): until the
/// message before was taken. `receive` waits until a message comes, or fails with kTimeout (`stall_timeout`
/// after the peer's last progress), kPeerLost (blaming the peer), kProtocol (another type than T came, blaming the peer),
/// or kCancelled. After the first failure with a peer every call that concerns it fails with the same reason.
class Channel {
 public:
  virtual ~Channel() = default;

  virtual int self() const = 0;

  template <class T>
  Status send(int peer, T message) {
    return send_frame(peer, wrap(std::move(message)));
  }

  template <class T>
  Result<T> receive(int peer) {
    PAI_ASSIGN(auto frame, receive_frame(peer, *T::descriptor()));
    return unwrap<T>(std::move(frame), peer);
  }

  /// Makes every present and future call fail with this reason (a stop request, or the first error of another thread).
  virtual void cancel(const Error& reason) = 0;

  virtual std::vector<Wait> waits() const = 0;
  virtual std::vector<Traffic> sent() const = 0;
  /// By peer, ascending.
  virtual std::vector<WaitTotals> waited() const { return {}; }

  /// A frame with this message as its body. T must be one of Frame's bodies.
  template <class T>
  static v1::Frame wrap(T message) {
    v1::Frame frame;
    mutable_body<T>(frame) = std::move(message);
    return frame;
  }

 protected:
  virtual Status send_frame(int peer, v1::Frame frame) = 0;
  /// The next frame of the peer whose body is `expected`, or the failure.
  virtual Result<v1::Frame> receive_frame(int peer, const google::protobuf::Descriptor& expected) = 0;

 private:
  /// Frame's field for a type, found once: it takes longer than all else here.
  static const google::protobuf::FieldDescriptor& field_of(const google::protobuf::Descriptor& type);
  template <class T>
  static const google::protobuf::FieldDescriptor& field_of() {
    static const auto& field = field_of(*T::descriptor());
    return field;
  }
  static google::protobuf::Message* mutable_message(v1::Frame& frame, const google::protobuf::FieldDescriptor& field);
  static bool is_set(const v1::Frame& frame, const google::protobuf::FieldDescriptor& field);
  template <class T>
  static T& mutable_body(v1::Frame& frame) {
    return *static_cast<T*>(mutable_message(frame, field_of<T>()));
  }
  template <class T>
  static Result<T> unwrap(v1::Frame frame, int peer) {
    if (!is_set(frame, field_of<T>())) return unexpected(frame, *T::descriptor(), peer);
    return std::move(mutable_body<T>(frame));
  }
  static Error unexpected(const v1::Frame& frame, const google::protobuf::Descriptor& expected, int peer);
};

}  // namespace pai::client
