#include "master/alignment_check.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "master/derive.h"

namespace pai::master {
namespace {

/// Enough to tell two alignments apart by eye.
constexpr std::size_t kDigitsShown = 16;

/// The alignment id that the node told, or "" when it told none.
std::string alignment_in(const NodeReply& reply) {
  const auto dataset = reply.document.find("dataset");
  if (dataset == reply.document.end() || !dataset->is_object()) return {};
  const auto id = dataset->find("alignment_id");
  return id != dataset->end() && id->is_string() ? id->get<std::string>() : std::string();
}

std::string data_path_of(const task::ClientSpec& client) {
  const auto found = client.settings.find("data_path");
  return found != client.settings.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Status check_alignment(const task::TaskSpec& spec, std::span<const NodeReply> replies) {
  PAI_CHECK(spec.clients.size() == replies.size(), "one reply per client");
  std::set<std::string> different;
  std::vector<ErrorDetail> details;
  std::string message;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& client = spec.clients[i];
    const auto path = data_path_of(client);
    if (path.empty()) continue;
    const auto id = alignment_in(replies[i]);
    const auto says = id.empty() ? "of no alignment that its node tells"
                                 : "of alignment " + printable(id.substr(0, kDigitsShown));
    if (different.insert(id).second) {
      message += (message.empty() ? "" : ", ") + client_label(client) + " has one " + says;
    }
    details.push_back({ErrorDetail::Kind::kNode, client.node(),
                       "client " + std::to_string(client.id) + ": data set '" + path + "' is " + says});
  }
  if (different.size() <= 1 && different.count("") == 0) return {};
  return Error(ErrorCode::kConflict, "the data sets do not come from one alignment: " + message)
      .with_hint("run one alignment for all of them, or correct data_path")
      .with_details(std::move(details));
}

}  // namespace pai::master
