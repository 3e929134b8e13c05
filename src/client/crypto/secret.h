#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace pai::client::crypto {

namespace detail {
/// Locked, guarded memory that is wiped when freed; aborts when the system gives none.
void* allocate_secret(std::size_t bytes);
void free_secret(void* memory);
/// How many secrets there are in this process now: for tests that look whether keys are gone when they should be.
std::size_t secrets_alive();
}  // namespace detail

/// Owns one T in memory that is never swapped, stands between guard pages and is wiped at the end of its
/// life.
template <class T>
class Secret {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  Secret() : value_(new (detail::allocate_secret(sizeof(T))) T{}) {}
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

 private:
  struct Free {
    void operator()(T* value) const { detail::free_secret(value); }
  };
  std::unique_ptr<T, Free> value_;
};

using Key32 = std::array<std::uint8_t, 32>;
using SecretKey = Secret<Key32>;

/// Overwrites memory in a way that the compiler keeps.
void wipe(std::span<std::uint8_t> bytes);

/// Fills from the operating system's generator; aborts when that fails, for nothing safe could follow.
void random_bytes(std::span<std::uint8_t> bytes);

/// Compares in a time that tells nothing about the contents; false for different sizes.
bool equal_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

}  // namespace pai::client::crypto
