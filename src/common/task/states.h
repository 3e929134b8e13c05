#pragma once

#include <optional>
#include <string_view>

#include "common/base/result.h"

namespace pai::task {

enum class TaskState {
  kCreating, kAwaitingApproval, kCreated, kStarting, kRunning,
  kStoppingToFailed, kStoppingToStopped,
  kFinished, kFailed, kStopped, kRejected, kDeleting,
};
enum class TaskEvent {
  kCommitted, kApprovalNeeded, kApproved, kRejected,
  kStart, kAllStarted, kAllFinished,
  kFail, kStop, kAllEnded,
  kRetry, kDelete, kForget,
};

enum class ClientState {
  kPrepared, kAwaitingApproval, kCreated, kStarting, kRunning, kStopping, kFinished, kFailed, kStopped, kRejected,
};
enum class ClientEvent {
  kCommit, kCommitForApproval, kApprove, kReject, kLaunch, kLaunched, kStop, kReportFinished, kFail, kEndStopped, kRetry,
};

std::string_view task_state_name(TaskState state);      ///< exact name, "Stopping(Failed)"…
std::string_view task_state_folded(TaskState state);    ///< the `msg` of queryStatus: NotExist, Created, Running, …
std::string_view client_state_name(ClientState state);
std::string_view client_state_folded(ClientState state);  ///< Created, Running, Finished, Failed, Stopped
std::string_view task_event_name(TaskEvent event);
std::string_view client_event_name(ClientEvent event);
std::optional<TaskState> task_state_from_name(std::string_view name);
std::optional<ClientState> client_state_from_name(std::string_view name);

bool is_terminal(TaskState state);    ///< Finished, Failed, Stopped, Rejected
bool is_terminal(ClientState state);  ///< Finished, Failed, Stopped, Rejected
bool is_active(TaskState state);      ///< clients may be running: Starting, Running, Stopping

/// An allowed step. Only `apply` makes one, and the stores save nothing else: a bare state can't be written.
template <class State, class Event>
class Transition {
 public:
  State from() const { return from_; }
  Event event() const { return event_; }
  State to() const { return to_; }

 private:
  Transition(State from, Event event, State to) : from_(from), event_(event), to_(to) {}
  State from_;
  Event event_;
  State to_;
  friend Result<Transition<TaskState, TaskEvent>> apply(TaskState, TaskEvent);
  friend Result<Transition<ClientState, ClientEvent>> apply(ClientState, ClientEvent);
};
using TaskTransition = Transition<TaskState, TaskEvent>;
using ClientTransition = Transition<ClientState, ClientEvent>;

/// Total over all states and events: a transition of the table, or kConflict naming state and event.
Result<TaskTransition> apply(TaskState state, TaskEvent event);
Result<ClientTransition> apply(ClientState state, ClientEvent event);

}  // namespace pai::task
