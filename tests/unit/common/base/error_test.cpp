// Codes, their HTTP statuses and the sentences that errors make.
#include "common/base/error.h"

#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace pai {
namespace {

constexpr ErrorCode kAll[] = {
    ErrorCode::kInvalid,     ErrorCode::kUnauthenticated, ErrorCode::kDenied,   ErrorCode::kNotFound,
    ErrorCode::kMethodNotAllowed, ErrorCode::kConflict,   ErrorCode::kTooLarge, ErrorCode::kBusy,
    ErrorCode::kUnavailable, ErrorCode::kNodeFailed,      ErrorCode::kTimeout,  ErrorCode::kCancelled,
    ErrorCode::kPeerLost,    ErrorCode::kProtocol,        ErrorCode::kIo,       ErrorCode::kInternal,
};

TEST(ErrorCodes, HaveEachANameOfTheirOwnAndAnErrorStatus) {
  std::set<std::string_view> names;
  for (const auto code : kAll) {
    EXPECT_TRUE(names.insert(error_code_name(code)).second) << error_code_name(code);
    EXPECT_GE(http_status_of(code), 400);
    EXPECT_LT(http_status_of(code), 600);
  }
}

TEST(ErrorCodes, MapToTheStatusesOfTheHttpContract) {
  EXPECT_EQ(http_status_of(ErrorCode::kInvalid), 400);
  EXPECT_EQ(http_status_of(ErrorCode::kUnauthenticated), 401);
  EXPECT_EQ(http_status_of(ErrorCode::kDenied), 403);
  EXPECT_EQ(http_status_of(ErrorCode::kNotFound), 404);
  EXPECT_EQ(http_status_of(ErrorCode::kMethodNotAllowed), 405);
  EXPECT_EQ(http_status_of(ErrorCode::kConflict), 409);
  EXPECT_EQ(http_status_of(ErrorCode::kTooLarge), 413);
  EXPECT_EQ(http_status_of(ErrorCode::kBusy), 429);
  EXPECT_EQ(http_status_of(ErrorCode::kNodeFailed), 502);
  EXPECT_EQ(http_status_of(ErrorCode::kUnavailable), 503);
  EXPECT_EQ(http_status_of(ErrorCode::kTimeout), 504);
}

TEST(Errors, SayEverythingOnOneLine) {
  const Error error = Error(ErrorCode::kInvalid, "the task has 2 faults")
                          .with_detail({ErrorDetail::Kind::kPath, "clients[0].addr", "is missing"})
                          .with_detail({ErrorDetail::Kind::kNode, "127.0.0.1:80", "is down"})
                          .with_hint("mend it")
                          .blaming(3);
  EXPECT_EQ(error.describe(), "the task has 2 faults [clients[0].addr: is missing; 127.0.0.1:80: is down] (mend it)");
  EXPECT_EQ(error.blames(), 3);

  const auto told = Error(ErrorCode::kInvalid, "'t.csv' column 'a': is text")
                        .with_detail({ErrorDetail::Kind::kFile, "t.csv", "column 'a': is text"});
  EXPECT_EQ(told.describe(), "'t.csv' column 'a': is text") << "once is enough";
  const auto with_line =
      Error(ErrorCode::kInvalid, "'t.csv' line 7: is text").with_detail({ErrorDetail::Kind::kFile, "t.csv:7", "is text"});
  EXPECT_EQ(with_line.describe(), "'t.csv' line 7: is text [t.csv:7: is text]") << "file:line is for programs to find";
}

TEST(Errors, GainContextInFrontAndKeepTheRest) {
  const Error error = Error(ErrorCode::kIo, "disk full").with_hint("free space").in_context("cannot write 'x'");
  EXPECT_EQ(error.message(), "cannot write 'x': disk full");
  EXPECT_EQ(error.hint(), "free space");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
}

TEST(Errors, CanBeAssignedWhatTheyWereMadeInto) {
  Error error(ErrorCode::kIo, "a message that is too long to be stored in place");
  error = std::move(error).with_hint("a hint that is too long to be stored in place");
  error = std::move(error).with_detail({ErrorDetail::Kind::kFile, "x.csv:3", "ragged"});
  error = std::move(error).in_context("reading");
  EXPECT_EQ(error.message(), "reading: a message that is too long to be stored in place");
  EXPECT_EQ(error.hint(), "a hint that is too long to be stored in place");
  EXPECT_EQ(error.details().size(), 1u);
}

TEST(Errors, OfTheSystemTellMissingAndForbiddenApart) {
  EXPECT_EQ(errno_error("cannot open 'x'", ENOENT).code(), ErrorCode::kNotFound);
  EXPECT_EQ(errno_error("cannot open 'x'", ENOTDIR).code(), ErrorCode::kNotFound);
  EXPECT_EQ(errno_error("cannot open 'x'", EACCES).code(), ErrorCode::kDenied);
  EXPECT_EQ(errno_error("cannot open 'x'", EPERM).code(), ErrorCode::kDenied);
  EXPECT_EQ(errno_error("cannot open 'x'", ENOSPC).code(), ErrorCode::kIo);
  EXPECT_EQ(errno_error("cannot open 'x'", ENOENT).message(), "cannot open 'x': No such file or directory");
}

}  // namespace
}  // namespace pai
