#include "common/disclosure/explanation.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <google/protobuf/descriptor.h>

#include "common/disclosure/passages.h"
#include "pai/v1/channel.pb.h"

namespace pai::disclosure {

namespace {

constexpr std::string_view kControl = "control";

const task::ClientSpec& client_of(const task::TaskSpec& task, int id) {
  return task.clients.at(static_cast<std::size_t>(id));
}

std::string label(const task::TaskSpec& task, int id) {
  const auto& client = client_of(task, id);
  return "client " + std::to_string(id) + " (" + std::string(task::role_name(client.role)) + " at " + client.node() + ")";
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

/// Columns: kind, message, what it tells.
std::string table(const std::vector<const Leaving*>& rows) {
  std::size_t kind = 0;
  std::size_t message = 0;
  for (const auto* row : rows) {
    kind = std::max(kind, row->disclosed.kind.size());
    message = std::max(message, row->message.size());
  }
  std::string text;
  for (const auto* row : rows) {
    text += "    " + padded(row->disclosed.kind, kind + 2) + padded(row->message, message + 2) + row->disclosed.learns + "\n";
  }
  return text;
}

}  // namespace

std::vector<Leaving> leaving(const task::TaskSpec& task, int from) {
  std::vector<Leaving> all;
  const auto* const frame = v1::Frame::descriptor();
  for (const auto& receiver : task.clients) {
    if (receiver.id == from) continue;
    const auto bodies = may_pass(task, from, receiver.id);
    for (int i = 0; i < frame->field_count(); ++i) {
      const auto& field = *frame->field(i);
      if (!bodies.test(static_cast<std::size_t>(field.number()))) continue;
      const auto& name = field.message_type()->name();
      all.push_back({receiver.id, name, disclosed_by(name)});
    }
  }
  return all;
}

nlohmann::json to_json(const task::TaskSpec& task, const std::vector<Leaving>& leaving) {
  auto receivers = nlohmann::json::array();
  for (const auto& one : leaving) {
    if (receivers.empty() || receivers.back()["to"] != one.to) {
      const auto& client = client_of(task, one.to);
      receivers.push_back({{"to", one.to},
                           {"role", task::role_name(client.role)},
                           {"node", client.node()},
                           {"messages", nlohmann::json::array()}});
    }
    receivers.back()["messages"].push_back(
        {{"message", one.message}, {"discloses", one.disclosed.kind}, {"learns", one.disclosed.learns}});
  }
  return receivers;
}

std::vector<std::string> told_to_master(const task::TaskSpec& task, int from) {
  const auto& self = client_of(task, from);
  const auto& main = task.main_client().settings;
  std::vector<std::string> told{"its state, phase and progress in rows, tags or batches; why it failed, which may name files, columns and lines",
                                "bytes and rounds by peer, and the sums of its ledger of disclosures (share_ledger); lines of its log (share_logs)"};
  const bool is_alignment = task.family() == task::Family::kAlignment;
  if (is_alignment && self.role != task::Role::kMainClient) told.push_back("rows and columns of the data set that it makes, and the alignment id");
  if (is_alignment || self.role == task::Role::kMainClient || self.role == task::Role::kCryptoProducer) return told;
  told.push_back("rows and number of columns of its data set, and the alignment id");
  if (self.role != task::Role::kLabelClient || main.value("mode", "train") != "train") return told;
  told.push_back("loss and metrics of the test set at each evaluation, rounded to six decimals");
  if (self.settings.value("report_roc", false)) {
    told.push_back("a coarse ROC curve of the test set's scores at each evaluation: at most 101 points, a step for every ten rows at the finest (report_roc)");
  }
  return told;
}

std::string in_words(const task::TaskSpec& task, int from) {
  const auto all = leaving(task, from);
  const auto& self = client_of(task, from);
  std::string text = label(task, from) + ", " + std::string(task::client_type_name(self.type)) + ", may send\n";
  std::vector<std::string> controls;  // the same for every receiver, or nearly so
  for (const auto& receiver : task.clients) {
    if (receiver.id == from) continue;
    std::vector<const Leaving*> rows;
    for (const auto& one : all) {
      if (one.to != receiver.id) continue;
      if (one.disclosed.kind != kControl) {
        rows.push_back(&one);
      } else if (std::find(controls.begin(), controls.end(), one.message) == controls.end()) {
        controls.push_back(one.message);
      }
    }
    text += "  to " + label(task, receiver.id) + (rows.empty() ? ": nothing that depends on its data\n" : ":\n") + table(rows);
  }
  text += "  and, saying nothing of its data (versions, schedule, that it is alive):";
  for (const auto& name : controls) text += (name == controls.front() ? " " : ", ") + name;
  text += "\n  Nothing else can leave it to another party. The network sees sizes and times.\n  Its node tells the master and its users:\n";
  for (const auto& sentence : told_to_master(task, from)) text += "    " + sentence + "\n";
  return text;
}

}  // namespace pai::disclosure
