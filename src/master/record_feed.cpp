#include "master/record_feed.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "common/task/test_record.h"

namespace pai::master {
namespace {

/// Few events for a long record, each of a bearable size.
constexpr std::uint64_t kRowsPerEvent = 1000;

}  // namespace

std::optional<RecordAnswer> record_in(const nlohmann::json& document) {
  RecordAnswer answer;
  const auto count = [&](const char* key, std::uint64_t& value) {
    const auto found = document.find(key);
    if (found == document.end() || !found->is_number_unsigned()) return false;
    value = found->get<std::uint64_t>();
    return true;
  };
  const auto columns = document.find("columns");
  const auto rows = document.find("msg");
  if (!count("first", answer.first) || !count("total", answer.total) || columns == document.end() ||
      !columns->is_array() || rows == document.end() || !rows->is_array()) {
    return std::nullopt;
  }
  for (const auto& name : *columns) {
    if (!name.is_string()) return std::nullopt;
    answer.columns.push_back(name.get<std::string>());
  }
  for (const auto& row : *rows) {
    auto values = task::row_from_json(row);
    if (!values.ok() || values->size() != answer.columns.size()) return std::nullopt;
    answer.rows.push_back(std::move(*values));
  }
  return answer;
}

void RecordFeed::begin(const std::string& run_id) {
  if (run_id == run_id_) return;
  *this = RecordFeed();
  run_id_ = run_id;
}

bool RecordFeed::take(const task::RecordSummary& summary) {
  columns_ = summary.columns;
  if (summary.rows == next() + 1 && !summary.latest.empty()) rows_.push_back(summary.latest);
  return summary.rows > next();
}

void RecordFeed::take(std::vector<std::string> columns, std::uint64_t first,
                      std::vector<std::vector<double>> rows) {
  if (!columns.empty()) columns_ = std::move(columns);
  if (first > next()) {  // longer than what a node answers with: there is a gap
    first_ = first;
    rows_.clear();
  }
  const auto known =
      static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(next() - std::min(first, next()), rows.size()));
  rows_.insert(rows_.end(), std::make_move_iterator(rows.begin() + known),
               std::make_move_iterator(rows.end()));
  if (rows_.size() <= task::kRecordRowsMax) return;
  const auto surplus = rows_.size() - task::kRecordRowsMax;
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(surplus));
  first_ += surplus;
}

void RecordFeed::send(Watcher& watcher) const {
  while (watcher.rows_sent < next()) {
    const auto begin = std::max(watcher.rows_sent, first_);
    const auto end = std::min(begin + kRowsPerEvent, next());
    auto rows = nlohmann::json::array();
    for (auto i = begin; i < end; ++i)
      rows.push_back(task::row_to_json(rows_[static_cast<std::size_t>(i - first_)]));
    const nlohmann::json document = {{"columns", columns_}, {"first", begin}, {"rows", std::move(rows)}};
    watcher.stream->push("record", document.dump(), run_id_ + ":" + std::to_string(end));
    watcher.rows_sent = end;
  }
}

std::uint64_t RecordFeed::rows_seen(std::string_view last_event_id) const {
  const auto colon = last_event_id.find(':');
  if (colon == std::string_view::npos || last_event_id.substr(0, colon) != run_id_) return 0;
  const auto text = last_event_id.substr(colon + 1);
  std::uint64_t rows = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), rows);
  return fault == std::errc() && end == text.data() + text.size() ? rows : 0;
}

}  // namespace pai::master
