#include "master/live_calls.h"

#include <map>

#include "common/base/check.h"

namespace pai::master {

std::vector<NodeReply> call_live(NodeLink& link, const std::vector<NodeCall>& calls, std::chrono::milliseconds patience) {
  if (calls.empty()) return {};
  std::map<http::Endpoint, std::size_t> question_of;
  std::vector<NodeCall> questions;
  for (const auto& call : calls) {
    if (!question_of.emplace(call.node, questions.size()).second) continue;
    questions.push_back({.node = call.node, .method = http::Method::kGet, .path = "/livez", .timeout = patience});
  }
  const auto signs = link.call_all(questions);
  PAI_CHECK(signs.size() == questions.size(), "one reply per call");

  std::vector<NodeReply> replies(calls.size());
  std::vector<NodeCall> live;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& sign = signs[question_of.at(calls[i].node)];
    if (sign.answered()) {
      live.push_back(calls[i]);
      places.push_back(i);
    } else {
      replies[i] = sign;
    }
  }
  if (live.empty()) return replies;
  auto answers = link.call_all(live);
  for (std::size_t i = 0; i < places.size(); ++i) replies[places[i]] = std::move(answers[i]);
  return replies;
}

}  // namespace pai::master
