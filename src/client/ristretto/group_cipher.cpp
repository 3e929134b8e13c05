#include "client/ristretto/group_cipher.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "client/ristretto/kernel.h"

namespace pai::client::ristretto {
namespace {

constexpr std::size_t kUniformBytes = crypto_core_ristretto255_HASHBYTES;
constexpr std::string_view kDomain = "pai/v1 alignment ecdh: id to ristretto255";

/// Elements that one thread takes at a time: 50 ms of libsodium, 5 ms of the eight-lane kernel.
constexpr std::size_t kChunk = 1024;
/// Elements hashed at a time: what stands on the stack between the hash and the group, and what the
/// eight-lane kernel takes as one block.
constexpr std::size_t kHashBlock = 128;

static_assert(kPointBytes == crypto_core_ristretto255_BYTES);
static_assert(kPointBytes == crypto_scalarmult_ristretto255_BYTES);

/// An exponent in guarded, locked memory; wiped when freed.
class Exponent {
 public:
  static Result<Exponent> random() {
    auto* bytes = static_cast<std::uint8_t*>(sodium_malloc(crypto_core_ristretto255_SCALARBYTES));
    if (bytes == nullptr) {
      return Error(ErrorCode::kInternal, "cannot get guarded memory for the group exponent")
          .with_hint("see RLIMIT_MEMLOCK and RLIMIT_AS");
    }
    crypto_core_ristretto255_scalar_random(bytes);  // uniform, and never zero
    (void)sodium_mprotect_readonly(bytes);          // a second line of defence; its lack loses nothing
    return Exponent(bytes);
  }

  const std::uint8_t* bytes() const { return bytes_.get(); }

 private:
  struct Free {
    void operator()(std::uint8_t* bytes) const { sodium_free(bytes); }
  };
  explicit Exponent(std::uint8_t* bytes) : bytes_(bytes) {}

  std::unique_ptr<std::uint8_t, Free> bytes_;
};

const Kernel& choose(KernelChoice choice) {
  const Kernel* ifma = choice == KernelChoice::kSodium ? nullptr : ifma_kernel();
  return ifma != nullptr ? *ifma : sodium_kernel();
}

/// The hash's state after everything that all IDs share. Lengths go in so that no two inputs run together.
crypto_hash_sha512_state hash_prefix(std::string_view context) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (std::string_view part : {kDomain, context}) {
    std::array<std::uint8_t, 8> length;
    for (std::size_t i = 0; i < length.size(); ++i)
      length[i] = static_cast<std::uint8_t>(part.size() >> (8 * i));
    crypto_hash_sha512_update(&state, length.data(), length.size());
    crypto_hash_sha512_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  return state;
}

/// Runs `work(first, count)` over [0, total) on several threads, the caller's among them. `work` returns how
/// many of its elements were good. Chunks are handed out in ascending order and a started chunk is finished,
/// so the smallest bad index is found whatever the threads do.
template <class Work>
Status run_chunked(std::size_t total, unsigned threads, const Progress& progress, const Work& work,
                   std::size_t& first_bad) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::atomic<std::size_t> bad{std::numeric_limits<std::size_t>::max()};
  std::atomic<bool> stop{false};

  auto take_chunk = [&] {
    if (stop.load(std::memory_order_relaxed)) return false;
    const std::size_t first = next.fetch_add(kChunk, std::memory_order_relaxed);
    if (first >= total) return false;
    const std::size_t count = std::min(kChunk, total - first);
    const std::size_t good = work(first, count);
    if (good != count) {
      std::size_t seen = bad.load();
      while (first + good < seen && !bad.compare_exchange_weak(seen, first + good)) {
      }
      stop.store(true);
      return false;
    }
    done.fetch_add(count);
    return true;
  };

  bool cancelled = false;
  {
    std::vector<std::jthread> helpers;
    const std::size_t useful = std::min<std::size_t>(threads, (total + kChunk - 1) / kChunk);
    for (std::size_t i = 1; i < useful; ++i) {
      try {
        helpers.emplace_back([&] {
          while (take_chunk()) {
          }
        });
      } catch (const std::system_error&) {
        break;  // the system has no thread left: those that run do the work
      } catch (const std::bad_alloc&) {
        break;
      }
    }
    while (take_chunk()) {
      const std::size_t so_far = done.load();
      if (progress && so_far < total && !progress(so_far)) {
        cancelled = true;
        stop.store(true);
        break;
      }
    }
  }
  first_bad = bad.load();
  if (first_bad < total) return {};
  if (!cancelled && progress && !progress(total)) cancelled = true;
  if (cancelled) return Error(ErrorCode::kCancelled, "the work on group elements was stopped");
  return {};
}

}  // namespace

struct GroupCipher::Impl {
  Exponent exponent;
  crypto_hash_sha512_state prefix;
  const Kernel* kernel;
  unsigned threads;
};

Result<GroupCipher> GroupCipher::create(std::string_view context, GroupCipherOptions options) {
  if (sodium_init() < 0)
    return Error(ErrorCode::kInternal, "libsodium cannot use the system's random generator");
  PAI_ASSIGN(Exponent exponent, Exponent::random());
  const unsigned threads =
      options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  return GroupCipher(std::unique_ptr<Impl>(
      new Impl{std::move(exponent), hash_prefix(context), &choose(options.kernel), threads}));
}

GroupCipher::GroupCipher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GroupCipher::GroupCipher(GroupCipher&&) noexcept = default;
GroupCipher& GroupCipher::operator=(GroupCipher&&) noexcept = default;
GroupCipher::~GroupCipher() = default;

std::string_view GroupCipher::kernel_name() const {
  return impl_->kernel->name;
}
unsigned GroupCipher::threads() const {
  return impl_->threads;
}

Status GroupCipher::hash_and_blind(std::span<const std::string_view> ids, std::span<std::uint8_t> out,
                                   const Progress& progress) const {
  PAI_CHECK(out.size() / kPointBytes == ids.size() && out.size() % kPointBytes == 0,
            "32 bytes of output an ID");
  auto work = [&](std::size_t first, std::size_t count) {
    // A hash tells the ID to whoever can guess, so it is wiped like a key.
    std::array<std::uint8_t, kHashBlock * kUniformBytes> uniform;
    for (std::size_t at = first; at < first + count; at += kHashBlock) {
      const std::size_t block = std::min(kHashBlock, first + count - at);
      for (std::size_t i = 0; i < block; ++i) {
        const std::string_view id = ids[at + i];
        crypto_hash_sha512_state state = impl_->prefix;
        crypto_hash_sha512_update(&state, reinterpret_cast<const unsigned char*>(id.data()), id.size());
        crypto_hash_sha512_final(&state, uniform.data() + kUniformBytes * i);
      }
      impl_->kernel->map_and_multiply(impl_->exponent.bytes(), uniform.data(), block,
                                      out.data() + kPointBytes * at);
    }
    sodium_memzero(uniform.data(), uniform.size());
    return count;
  };
  std::size_t bad = 0;
  return run_chunked(ids.size(), impl_->threads, progress, work, bad);
}

Status GroupCipher::blind(std::span<const std::uint8_t> points, std::span<std::uint8_t> out,
                          const Progress& progress) const {
  if (points.size() % kPointBytes != 0) {
    return Error(ErrorCode::kProtocol, "group elements of " + std::to_string(points.size()) +
                                           " bytes in all: not a multiple of " + std::to_string(kPointBytes));
  }
  PAI_CHECK(out.size() == points.size(), "as many bytes out as in");
  const std::size_t total = points.size() / kPointBytes;
  auto work = [&](std::size_t first, std::size_t count) {
    return impl_->kernel->multiply(impl_->exponent.bytes(), points.data() + kPointBytes * first, count,
                                   out.data() + kPointBytes * first);
  };
  std::size_t bad = 0;
  PAI_TRY(run_chunked(total, impl_->threads, progress, work, bad));
  if (bad < total) {
    const bool identity =
        std::all_of(points.begin() + kPointBytes * bad, points.begin() + kPointBytes * (bad + 1),
                    [](std::uint8_t byte) { return byte == 0; });
    return Error(ErrorCode::kProtocol,
                 "group element " + std::to_string(bad) +
                     (identity ? " is the identity" : " is not a canonical ristretto255 encoding"));
  }
  return {};
}

}  // namespace pai::client::ristretto
