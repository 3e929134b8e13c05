#include "master/creation_steps.h"

#include <algorithm>

namespace pai::master {

std::vector<int> Steps::everyone() const {
  std::vector<int> ids;
  for (const auto& client : task_->record.spec->clients) ids.push_back(client.id);
  return ids;
}

std::vector<NodeReply> Steps::some(const char* step, const std::vector<int>& clients) const {
  const auto& record = task_->record;
  const bool prepares = std::string_view(step) == "prepare";
  const auto public_part = prepares ? record.spec->public_part() : nlohmann::json();
  std::vector<NodeCall> calls;
  calls.reserve(clients.size());
  for (const int id : clients) {
    auto call = client_call(*task_, id, "/createTask");
    call.query.emplace_back("step", step);
    nlohmann::json body = {{"attempt", record.attempt}};
    if (prepares) {
      body["public"] = public_part;
      body["client_config"] = task_->client(id).config();
    }
    call.body = body.dump();
    calls.push_back(std::move(call));
  }
  return lifecycle_.link().call_all(calls);
}

Commits::Commits(const Lifecycle& lifecycle, Steps steps, std::chrono::milliseconds window)
    : lifecycle_(lifecycle),
      steps_(std::move(steps)),
      deadline_(std::chrono::steady_clock::now() + window),
      pending_(steps_.everyone()),
      last_(pending_.size()) {}

Commits::Outcome Commits::round() {
  auto replies = steps_.some("commit", pending_);
  std::vector<int> expired;
  std::vector<int> again;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    auto& reply = replies[i];
    if (reply.outcome == NodeReply::Outcome::kRefused && reply.http_status == 409) {
      expired.push_back(pending_[i]);
    } else if (!reply.answered()) {
      again.push_back(pending_[i]);
    } else if (!reply.ok()) {
      refused_ = true;
    }
    last_[static_cast<std::size_t>(pending_[i])] = std::move(reply);
  }
  const auto prepared = prepare_again(expired);
  again.insert(again.end(), prepared.begin(), prepared.end());
  if (again.empty() && !refused_) return Outcome::kDone;
  pending_ = std::move(again);
  const bool late = std::chrono::steady_clock::now() + pause_ >= deadline_;
  if (refused_ || lifecycle_.stopping() || late) return Outcome::kFailed;
  pause_ = std::min(pause_ * 2, std::chrono::milliseconds(1'000));
  return Outcome::kAgain;
}

/// Gives those that may be committed now.
std::vector<int> Commits::prepare_again(const std::vector<int>& expired) {
  std::vector<int> again;
  if (expired.empty()) return again;
  auto prepared = steps_.some("prepare", expired);
  for (std::size_t i = 0; i < expired.size(); ++i) {
    if (prepared[i].ok() || !prepared[i].answered()) {
      again.push_back(expired[i]);
    } else {
      refused_ = true;
      last_[static_cast<std::size_t>(expired[i])] = std::move(prepared[i]);
    }
  }
  return again;
}

}  // namespace pai::master
