#pragma once

#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "client/align/first_error.h"

namespace pai::client::align {

/// The threads of one step of a role, which end together. They are joined on every way out; one that leaves before
/// `join`, by an exception say, is an error that stops the others.
class Crew {
 public:
  explicit Crew(FirstError& first_error) : first_error_(first_error) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() {
    if (threads_.empty()) return;
    first_error_.take(Error(ErrorCode::kInternal, "this client gave up while its threads were at work"));
    join();
  }

  /// Runs `work` (a Status) in a thread of its own, and then `at_end`, whatever came of it. When the system has no thread
  /// left, that is what comes of it.
  template <class Work, class AtEnd>
  void start(Work work, AtEnd at_end) {
    try {
      threads_.reserve(threads_.size() + 1);
      threads_.emplace_back([this, work, at_end] {
        first_error_.run(work);
        at_end();
      });
    } catch (const std::exception& exception) {
      first_error_.take(
          Error(ErrorCode::kInternal, std::string("cannot start a thread: ") + exception.what())
              .with_hint("the limit of threads (ulimit -u, TasksMax) or the memory is used up"));
      at_end();
    }
  }

  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  FirstError& first_error_;
  std::vector<std::thread> threads_;
};

}  // namespace pai::client::align
