#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pai {

/// What kind of fault an error is. `error_code_name` gives the word that answers and logs carry;
/// `http_status_of` is the one table from a code to an HTTP status.
enum class ErrorCode {
  kInvalid,           ///< the request, file or setting is wrong; the caller can mend it
  kUnauthenticated,   ///< no identity was shown
  kDenied,            ///< the identity is known and may not do this
  kNotFound,
  kMethodNotAllowed,
  kConflict,          ///< the present state forbids it
  kTooLarge,
  kBusy,              ///< too much at once; try again
  kUnavailable,       ///< draining, or not ready yet
  kNodeFailed,        ///< another daemon refused or cannot be reached
  kTimeout,           ///< another party did not answer in time
  kCancelled,         ///< we were told to stop
  kPeerLost,          ///< another client of the computation went away
  kProtocol,          ///< a peer sent what the protocol does not allow
  kIo,                ///< file, disk or socket
  kInternal,          ///< a library or the system failed in a way nobody outside can mend
};

std::string_view error_code_name(ErrorCode code);
int http_status_of(ErrorCode code);

/// One place that a fault concerns.
struct ErrorDetail {
  enum class Kind { kPath, kNode, kClient, kFile };
  Kind kind = Kind::kPath;
  std::string where;    ///< a JSON path, `addr:port`, a client id, or `file:line`
  std::string message;  ///< one sentence

  bool operator==(const ErrorDetail&) const = default;
};

std::string_view error_detail_kind_name(ErrorDetail::Kind kind);

/// A fault as a value: a code for programs, a sentence for a person, a hint what to do, and the places.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::vector<ErrorDetail>& details() const { return details_; }

  /// The client id that this fault is blamed on (a lost or misbehaving peer), or -1.
  int blames() const { return blames_; }

  // By value, so that `error = std::move(error).with_hint(…)` moves through a new object and not onto itself.
  Error with_hint(std::string hint) && { hint_ = std::move(hint); return std::move(*this); }
  Error with_detail(ErrorDetail detail) && { details_.push_back(std::move(detail)); return std::move(*this); }
  Error with_details(std::vector<ErrorDetail> details) && { details_ = std::move(details); return std::move(*this); }
  Error blaming(int client) && { blames_ = client; return std::move(*this); }

  /// Adds what the caller alone knows: "cannot open data set 'x'" + ": " + the message so far.
  Error in_context(std::string_view context) &&;

  /// Message, details and hint on one line, for logs and terminals.
  std::string describe() const;

 private:
  ErrorCode code_;
  std::string message_;
  std::string hint_;
  std::vector<ErrorDetail> details_;
  int blames_ = -1;
};

/// "permission denied" for EACCES and so on, without the thread-unsafe strerror.
std::string errno_message(int error_number);

/// `what: permission denied`, with kNotFound for ENOENT/ENOTDIR, kDenied for EACCES/EPERM, kIo otherwise.
Error errno_error(std::string_view what, int error_number);

}  // namespace pai
