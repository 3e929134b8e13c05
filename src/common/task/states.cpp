#include "common/task/states.h"

#include <array>
#include <string>

#include "common/base/check.h"

namespace pai::task {
namespace {

struct TaskStateRow {
  TaskState state;
  std::string_view name;
  std::string_view folded;
  bool terminal = false;
  bool active = false;
};

constexpr std::array<TaskStateRow, 12> kTaskStates = {{
    {TaskState::kCreating, "Creating", "NotExist"},
    {TaskState::kAwaitingApproval, "AwaitingApproval", "Created"},
    {TaskState::kCreated, "Created", "Created"},
    {TaskState::kStarting, "Starting", "Running", false, true},
    {TaskState::kRunning, "Running", "Running", false, true},
    {TaskState::kStoppingToFailed, "Stopping(Failed)", "Running", false, true},
    {TaskState::kStoppingToStopped, "Stopping(Stopped)", "Running", false, true},
    {TaskState::kFinished, "Finished", "Finished", true},
    {TaskState::kFailed, "Failed", "Failed", true},
    {TaskState::kStopped, "Stopped", "Stopped", true},
    {TaskState::kRejected, "Rejected", "Failed", true},
    {TaskState::kDeleting, "Deleting", "NotExist"},
}};

struct ClientStateRow {
  ClientState state;
  std::string_view name;
  std::string_view folded;
  bool terminal = false;
};

constexpr std::array<ClientStateRow, 10> kClientStates = {{
    {ClientState::kPrepared, "Prepared", "Created"},
    {ClientState::kAwaitingApproval, "AwaitingApproval", "Created"},
    {ClientState::kCreated, "Created", "Created"},
    {ClientState::kStarting, "Starting", "Running"},
    {ClientState::kRunning, "Running", "Running"},
    {ClientState::kStopping, "Stopping", "Running"},
    {ClientState::kFinished, "Finished", "Finished", true},
    {ClientState::kFailed, "Failed", "Failed", true},
    {ClientState::kStopped, "Stopped", "Stopped", true},
    {ClientState::kRejected, "Rejected", "Failed", true},
}};

template <class Event>
struct EventRow {
  Event event;
  std::string_view name;
};

constexpr std::array<EventRow<TaskEvent>, 13> kTaskEvents = {{
    {TaskEvent::kCommitted, "committed"},
    {TaskEvent::kApprovalNeeded, "approval needed"},
    {TaskEvent::kApproved, "approved"},
    {TaskEvent::kRejected, "rejected"},
    {TaskEvent::kStart, "start"},
    {TaskEvent::kAllStarted, "all started"},
    {TaskEvent::kAllFinished, "all finished"},
    {TaskEvent::kFail, "fail"},
    {TaskEvent::kStop, "stop"},
    {TaskEvent::kAllEnded, "all ended"},
    {TaskEvent::kRetry, "retry"},
    {TaskEvent::kDelete, "delete"},
    {TaskEvent::kForget, "forget"},
}};

constexpr std::array<EventRow<ClientEvent>, 11> kClientEvents = {{
    {ClientEvent::kCommit, "commit"},
    {ClientEvent::kCommitForApproval, "commit for approval"},
    {ClientEvent::kApprove, "approve"},
    {ClientEvent::kReject, "reject"},
    {ClientEvent::kLaunch, "launch"},
    {ClientEvent::kLaunched, "launched"},
    {ClientEvent::kStop, "stop"},
    {ClientEvent::kReportFinished, "report finished"},
    {ClientEvent::kFail, "fail"},
    {ClientEvent::kEndStopped, "end stopped"},
    {ClientEvent::kRetry, "retry"},
}};

template <class State, class Event>
struct Step {
  State from;
  Event event;
  State to;
};

// Creating ──committed──► Created ──start──► Starting ──all started──► Running ──all finished──► Finished
//    │ └─approval needed─► AwaitingApproval ─approved─► Created          │
//    │                        └─rejected─► Rejected                      │
//    │ forget, delete                            from Creating to Running: fail ─► Stopping(Failed)  ─all ended─► Failed
//    ▼                                    from AwaitingApproval to Running: stop ─► Stopping(Stopped) ─all ended─► Stopped
// Deleting ◄──delete── Created, Finished, Failed, Stopped, Rejected          Failed, Stopped ──retry──► Created
//
// The first reason to stop is kept: a failure seen while a stop runs is what stopping looks like, and a stop asked for
// while a failed task ends changes nothing. A short task may be finished before its start was confirmed.
constexpr std::array<Step<TaskState, TaskEvent>, 27> kTaskSteps = {{
    {TaskState::kCreating, TaskEvent::kCommitted, TaskState::kCreated},
    {TaskState::kCreating, TaskEvent::kApprovalNeeded, TaskState::kAwaitingApproval},
    {TaskState::kCreating, TaskEvent::kFail, TaskState::kStoppingToFailed},
    {TaskState::kCreating, TaskEvent::kForget, TaskState::kDeleting},
    {TaskState::kCreating, TaskEvent::kDelete, TaskState::kDeleting},
    {TaskState::kAwaitingApproval, TaskEvent::kApproved, TaskState::kCreated},
    {TaskState::kAwaitingApproval, TaskEvent::kRejected, TaskState::kRejected},
    {TaskState::kAwaitingApproval, TaskEvent::kStop, TaskState::kStoppingToStopped},
    {TaskState::kCreated, TaskEvent::kStart, TaskState::kStarting},
    {TaskState::kCreated, TaskEvent::kFail, TaskState::kStoppingToFailed},
    {TaskState::kCreated, TaskEvent::kStop, TaskState::kStoppingToStopped},
    {TaskState::kCreated, TaskEvent::kDelete, TaskState::kDeleting},
    {TaskState::kStarting, TaskEvent::kAllStarted, TaskState::kRunning},
    {TaskState::kStarting, TaskEvent::kAllFinished, TaskState::kFinished},
    {TaskState::kStarting, TaskEvent::kFail, TaskState::kStoppingToFailed},
    {TaskState::kStarting, TaskEvent::kStop, TaskState::kStoppingToStopped},
    {TaskState::kRunning, TaskEvent::kAllFinished, TaskState::kFinished},
    {TaskState::kRunning, TaskEvent::kFail, TaskState::kStoppingToFailed},
    {TaskState::kRunning, TaskEvent::kStop, TaskState::kStoppingToStopped},
    {TaskState::kStoppingToFailed, TaskEvent::kAllEnded, TaskState::kFailed},
    {TaskState::kStoppingToStopped, TaskEvent::kAllEnded, TaskState::kStopped},
    {TaskState::kFinished, TaskEvent::kDelete, TaskState::kDeleting},
    {TaskState::kFailed, TaskEvent::kDelete, TaskState::kDeleting},
    {TaskState::kStopped, TaskEvent::kDelete, TaskState::kDeleting},
    {TaskState::kRejected, TaskEvent::kDelete, TaskState::kDeleting},
    {TaskState::kFailed, TaskEvent::kRetry, TaskState::kCreated},
    {TaskState::kStopped, TaskEvent::kRetry, TaskState::kCreated},
}};

// Prepared ─commit─► Created ─launch─► Starting ─launched─► Running
//                      │ stop, end stopped       │ report finished ─► Finished
//                      ▼                         │ fail            ─► Failed      ┐
//                   Stopped ◄─────end stopped────┤                     Finished,  ├─retry─► Created
//                      ▲                         │ stop                Stopped    ┘
//                      └─────end stopped───── Stopping ─report finished─► Finished, ─fail─► Failed
//
// A commit for approval leads to AwaitingApproval: approve ─► Created, reject ─► Rejected, where it stays, stop ─► Stopped.
//
// A client that finished while it was told to stop has finished: its files are there. One that says Stopped without our
// asking (its owner terminated it) is Stopped. A preparation that expires is removed, not a state.
constexpr std::array<Step<ClientState, ClientEvent>, 23> kClientSteps = {{
    {ClientState::kPrepared, ClientEvent::kCommit, ClientState::kCreated},
    {ClientState::kPrepared, ClientEvent::kCommitForApproval, ClientState::kAwaitingApproval},
    {ClientState::kAwaitingApproval, ClientEvent::kApprove, ClientState::kCreated},
    {ClientState::kAwaitingApproval, ClientEvent::kReject, ClientState::kRejected},
    {ClientState::kAwaitingApproval, ClientEvent::kStop, ClientState::kStopped},
    {ClientState::kCreated, ClientEvent::kLaunch, ClientState::kStarting},
    {ClientState::kCreated, ClientEvent::kStop, ClientState::kStopped},
    {ClientState::kCreated, ClientEvent::kEndStopped, ClientState::kStopped},
    {ClientState::kStarting, ClientEvent::kLaunched, ClientState::kRunning},
    {ClientState::kStarting, ClientEvent::kReportFinished, ClientState::kFinished},
    {ClientState::kStarting, ClientEvent::kFail, ClientState::kFailed},
    {ClientState::kStarting, ClientEvent::kStop, ClientState::kStopping},
    {ClientState::kStarting, ClientEvent::kEndStopped, ClientState::kStopped},
    {ClientState::kRunning, ClientEvent::kReportFinished, ClientState::kFinished},
    {ClientState::kRunning, ClientEvent::kFail, ClientState::kFailed},
    {ClientState::kRunning, ClientEvent::kStop, ClientState::kStopping},
    {ClientState::kRunning, ClientEvent::kEndStopped, ClientState::kStopped},
    {ClientState::kStopping, ClientEvent::kEndStopped, ClientState::kStopped},
    {ClientState::kStopping, ClientEvent::kReportFinished, ClientState::kFinished},
    {ClientState::kStopping, ClientEvent::kFail, ClientState::kFailed},
    {ClientState::kFinished, ClientEvent::kRetry, ClientState::kCreated},
    {ClientState::kFailed, ClientEvent::kRetry, ClientState::kCreated},
    {ClientState::kStopped, ClientEvent::kRetry, ClientState::kCreated},
}};

/// Each state or event stands at the index of its value and has a name of its own.
template <class Rows, class ValueOf>
constexpr bool complete_and_unique(const Rows& rows, ValueOf value_of, std::size_t last) {
  if (rows.size() != last + 1) return false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(value_of(rows[i])) != i || rows[i].name.empty()) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (rows[i].name == rows[j].name) return false;
    }
  }
  return true;
}

template <class Steps>
constexpr bool deterministic(const Steps& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (steps[i].from == steps[j].from && steps[i].event == steps[j].event) return false;
    }
  }
  return true;
}

/// Every state but the first can be reached by some step.
template <class Steps, class Rows, class ValueOf>
constexpr bool all_reachable(const Steps& steps, const Rows& rows, ValueOf value_of) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    bool reached = false;
    for (const auto& step : steps) reached = reached || (step.to == value_of(rows[i]) && step.from != step.to);
    if (!reached) return false;
  }
  return true;
}

/// An ended task comes back by retry or goes by delete, nothing else.
constexpr bool ended_stays_ended() {
  for (const auto& step : kTaskSteps) {
    if (kTaskStates[static_cast<std::size_t>(step.from)].terminal && step.event != TaskEvent::kRetry &&
        step.event != TaskEvent::kDelete) {
      return false;
    }
  }
  for (const auto& step : kClientSteps) {
    if (kClientStates[static_cast<std::size_t>(step.from)].terminal && step.event != ClientEvent::kRetry) return false;
  }
  return true;
}

constexpr auto state_of = [](const auto& row) { return row.state; };
constexpr auto event_of = [](const auto& row) { return row.event; };

static_assert(complete_and_unique(kTaskStates, state_of, static_cast<std::size_t>(TaskState::kDeleting)));
static_assert(complete_and_unique(kClientStates, state_of, static_cast<std::size_t>(ClientState::kRejected)));
static_assert(complete_and_unique(kTaskEvents, event_of, static_cast<std::size_t>(TaskEvent::kForget)));
static_assert(complete_and_unique(kClientEvents, event_of, static_cast<std::size_t>(ClientEvent::kRetry)));
static_assert(deterministic(kTaskSteps) && deterministic(kClientSteps));
static_assert(all_reachable(kTaskSteps, kTaskStates, state_of) && all_reachable(kClientSteps, kClientStates, state_of));
static_assert(ended_stays_ended());

template <class Rows, class Value>
const auto& row_of(const Rows& rows, Value value) {
  const auto index = static_cast<std::size_t>(value);
  PAI_CHECK(index < rows.size(), "a state or event outside its enumeration");
  return rows[index];
}

template <class State, class Rows>
std::optional<State> from_name(const Rows& rows, std::string_view name) {
  for (const auto& row : rows) {
    if (row.name == name) return row.state;
  }
  return std::nullopt;
}

Error refused(std::string_view who, std::string_view state, std::string_view event) {
  return Error(ErrorCode::kConflict,
               "a " + std::string(who) + " that is " + std::string(state) + " does not allow \"" + std::string(event) + "\"");
}

}  // namespace

std::string_view task_state_name(TaskState state) { return row_of(kTaskStates, state).name; }
std::string_view task_state_folded(TaskState state) { return row_of(kTaskStates, state).folded; }
std::string_view client_state_name(ClientState state) { return row_of(kClientStates, state).name; }
std::string_view client_state_folded(ClientState state) { return row_of(kClientStates, state).folded; }
std::string_view task_event_name(TaskEvent event) { return row_of(kTaskEvents, event).name; }
std::string_view client_event_name(ClientEvent event) { return row_of(kClientEvents, event).name; }

std::optional<TaskState> task_state_from_name(std::string_view name) { return from_name<TaskState>(kTaskStates, name); }
std::optional<ClientState> client_state_from_name(std::string_view name) {
  return from_name<ClientState>(kClientStates, name);
}

bool is_terminal(TaskState state) { return row_of(kTaskStates, state).terminal; }
bool is_terminal(ClientState state) { return row_of(kClientStates, state).terminal; }
bool is_active(TaskState state) { return row_of(kTaskStates, state).active; }

Result<TaskTransition> apply(TaskState state, TaskEvent event) {
  for (const auto& step : kTaskSteps) {
    if (step.from == state && step.event == event) return TaskTransition(step.from, step.event, step.to);
  }
  return refused("task", task_state_name(state), task_event_name(event));
}

Result<ClientTransition> apply(ClientState state, ClientEvent event) {
  for (const auto& step : kClientSteps) {
    if (step.from == state && step.event == event) return ClientTransition(step.from, step.event, step.to);
  }
  return refused("client", client_state_name(state), client_event_name(event));
}

}  // namespace pai::task
