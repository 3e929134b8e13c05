#include "master/fan_out.h"

#include <algorithm>

#include "master/derive.h"

namespace pai::master {
namespace {

bool is_conflict(const FailedCall& failure) {
  return failure.reply->outcome == NodeReply::Outcome::kRefused && failure.reply->http_status == 409;
}

bool is_timeout(const FailedCall& failure) { return failure.reply->outcome == NodeReply::Outcome::kTimeout; }

std::string words_of(const NodeReply& reply) {
  return reply.error.has_value() ? reply.error->message() : "gave no reason";
}

/// A node sees its own client's part only; the user sees the whole document.
std::string path_in_document(const std::string& path, int client) {
  constexpr std::string_view kOwn = "client_config";
  if (path.compare(0, kOwn.size(), kOwn) != 0) return path;
  return "clients[" + std::to_string(client) + "]." + path;
}

}  // namespace

std::string failure_sentence(const FailedCall& failure) {
  return client_label(*failure.client) + ": " + words_of(*failure.reply);
}

std::vector<FailedCall> failures_of(const task::TaskSpec& spec, const std::vector<NodeReply>& replies) {
  PAI_CHECK(spec.clients.size() == replies.size(), "one reply per client");
  std::vector<FailedCall> failures;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (!replies[i].ok()) failures.push_back({&spec.clients[i], &replies[i]});
  }
  return failures;
}

Error fan_out_error(const std::vector<FailedCall>& failures) {
  PAI_CHECK(!failures.empty(), "an error of no failure");
  auto code = ErrorCode::kNodeFailed;
  if (std::all_of(failures.begin(), failures.end(), is_conflict)) code = ErrorCode::kConflict;
  if (std::all_of(failures.begin(), failures.end(), is_timeout)) code = ErrorCode::kTimeout;

  std::vector<ErrorDetail> details;
  for (const auto& failure : failures) {
    details.push_back({ErrorDetail::Kind::kNode, failure.client->node(),
                       "client " + std::to_string(failure.client->id) + ": " + words_of(*failure.reply)});
    if (failure.reply->outcome != NodeReply::Outcome::kRefused || !failure.reply->error.has_value()) continue;
    for (const auto& detail : failure.reply->error->details()) {
      details.push_back({detail.kind, path_in_document(detail.where, failure.client->id), detail.message});
    }
  }
  auto message = failure_sentence(failures.front());
  if (failures.size() > 1) message += " (and " + std::to_string(failures.size() - 1) + " more)";
  auto error = Error(code, std::move(message)).with_details(std::move(details));
  const auto& first = failures.front().reply->error;
  if (first.has_value() && !first->hint().empty()) return std::move(error).with_hint(first->hint());
  return error;
}

}  // namespace pai::master
