#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "common/base/check.h"
#include "common/base/error.h"

namespace pai {

/// A value or an Error. The caller must look: reading the wrong side is our own bug and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}     // NOLINT: returning a value is the point
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { require_value(); return *std::get_if<0>(&state_); }
  const T& value() const& { require_value(); return *std::get_if<0>(&state_); }
  T&& value() && { require_value(); return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { require_error(); return *std::get_if<1>(&state_); }
  const Error& error() const& { require_error(); return *std::get_if<1>(&state_); }
  Error&& error() && { require_error(); return std::move(*std::get_if<1>(&state_)); }

 private:
  void require_value() const {
    if (!ok()) check_failed("ok()", error().describe());
  }
  void require_error() const { PAI_CHECK(!ok(), "the result holds a value, not an error"); }

  std::variant<T, Error> state_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const {
    if (!ok()) check_failed("ok()", error_->describe());
  }
  Error& error() & { require_error(); return *error_; }
  const Error& error() const& { require_error(); return *error_; }
  Error&& error() && { require_error(); return std::move(*error_); }

 private:
  void require_error() const { PAI_CHECK(!ok(), "the result holds a value, not an error"); }

  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace pai

#define PAI_CONCAT_INNER(a, b) a##b
#define PAI_CONCAT(a, b) PAI_CONCAT_INNER(a, b)

/// Returns the error to our caller, or goes on.
#define PAI_TRY(expression)                                   \
  do {                                                        \
    auto pai_status = (expression);                           \
    if (!pai_status.ok()) return std::move(pai_status).error(); \
  } while (false)

/// `PAI_ASSIGN(auto file, open(path));`: declares the value, or returns the error to our caller.
#define PAI_ASSIGN(declaration, expression) \
  PAI_ASSIGN_INNER(PAI_CONCAT(pai_result_, __LINE__), declaration, expression)
#define PAI_ASSIGN_INNER(name, declaration, expression) \
  auto name = (expression);                             \
  if (!name.ok()) return std::move(name).error();       \
  declaration = std::move(name).value()
