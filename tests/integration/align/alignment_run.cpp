#include "integration/align/alignment_run.h"

#include <sstream>
#include <thread>

#include "client/align/alignment_settings.h"
#include "client/align/key_exchange.h"
#include "client/align/roles.h"

namespace pai::client::align::test {

void RecordingReporter::phase(std::string_view name, std::uint64_t total, std::string_view unit) {
  const std::lock_guard lock(mutex_);
  phases_.push_back({std::string(name), std::string(unit), total, 0});
}
void RecordingReporter::set_total(std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  phases_.back().total = total;
}
void RecordingReporter::advance(std::uint64_t by) {
  const std::lock_guard lock(mutex_);
  phases_.back().done += by;
}
void RecordingReporter::set_dataset(task::DatasetSummary dataset) {
  const std::lock_guard lock(mutex_);
  dataset_ = std::move(dataset);
}
std::vector<RecordingReporter::Phase> RecordingReporter::phases() const {
  const std::lock_guard lock(mutex_);
  return phases_;
}
std::optional<task::DatasetSummary> RecordingReporter::dataset() const {
  const std::lock_guard lock(mutex_);
  return dataset_;
}

AlignmentRun::AlignmentRun(std::vector<Party> parties, nlohmann::json main_settings, bool label)
    : parties_(std::move(parties)), main_settings_(std::move(main_settings)), label_(label) {
  for (int client = 0; client < clients(); ++client) {
    std::filesystem::create_directories(node(client) / "raw");
    std::filesystem::create_directories(datasets(client));
    if (client > 0) pai::test::write_text(raw(client), parties_[static_cast<std::size_t>(client - 1)].csv);
  }
}

task::TaskFile AlignmentRun::task_file(int client) const {
  task::TaskFile file;
  file.spec.name = task_name;
  for (int id = 0; id < clients(); ++id) {
    task::ClientSpec spec;
    spec.id = id;
    spec.type = id == 0 ? task::ClientType::kAlignmentMain : task::ClientType::kAlignmentData;
    spec.role = id == 0                         ? task::Role::kMainClient
                : label_ && id == clients() - 1 ? task::Role::kLabelClient
                                                : task::Role::kFeatureClient;
    spec.addr = "127.0.0.1";
    spec.http_port = static_cast<std::uint16_t>(9000 + id);
    spec.computation_port = static_cast<std::uint16_t>(9100 + id);
    if (id == 0) spec.settings = main_settings_;
    if (id == client && id > 0) {
      spec.settings = parties_[static_cast<std::size_t>(id - 1)].settings;
      spec.settings["raw_data_path"] = "table.csv";
      if (!spec.settings.contains("out_data_path")) spec.settings["out_data_path"] = "out";
    }
    file.spec.clients.push_back(std::move(spec));
  }
  file.client_id = client;
  file.run_id = "00112233445566778899aabbccddeeff";
  if (client > 0) {
    file.node.min_intersection = parties_[static_cast<std::size_t>(client - 1)].min_intersection;
    file.node.memory_bytes_max = parties_[static_cast<std::size_t>(client - 1)].memory_bytes_max;
  }
  return file;
}

void AlignmentRun::run(int skipped, const std::function<Status(Context&)>& instead) {
  const auto tap = network.tap;
  network.tap = [&](int from, int to, const v1::Frame& frame) {
    if (tap) tap(from, to, frame);
    const std::lock_guard lock(wire_mutex_);
    wire_ += frame.SerializeAsString();
  };
  auto channels = make_memory_channels(clients(), network);
  statuses_.assign(static_cast<std::size_t>(clients()), Status());
  reporters_.clear();
  for (int client = 0; client < clients(); ++client)
    reporters_.push_back(std::make_unique<RecordingReporter>());
  std::vector<std::thread> threads;
  for (int client = 0; client < clients(); ++client) {
    threads.emplace_back([&, client] {
      const auto index = static_cast<std::size_t>(client);
      const auto task = task_file(client);
      const auto raw_root = io::Root::open(node(client) / "raw", false);
      const auto data_root = io::Root::open(datasets(client), false);
      const auto folder = io::Root::open(node(client), false);
      Context context{task,           *channels[index],   *reporters_[index], raw_root.value(),
                      data_root.value(), folder.value()};
      if (client == skipped)
        statuses_[index] = instead(context);
      else
        statuses_[index] = client == 0 ? run_alignment_main(context) : run_alignment_data(context);
      channels[index]->finish(statuses_[index]);
    });
  }
  for (auto& thread : threads) thread.join();
}

bool AlignmentRun::ok() const {
  for (const auto& status : statuses_) {
    if (!status.ok()) return false;
  }
  return !statuses_.empty();
}

std::string AlignmentRun::file(int client, const std::string& name) const {
  return pai::test::read_text(out(client) / name);
}

std::vector<std::string> AlignmentRun::lines(int client, const std::string& name) const {
  std::vector<std::string> found;
  std::istringstream text(file(client, name));
  for (std::string line; std::getline(text, line);) found.push_back(line);
  return found;
}

bool AlignmentRun::staging_is_empty(int client) const {
  const auto staging = datasets(client) / ".staging";
  return !std::filesystem::exists(staging) || std::filesystem::is_empty(staging);
}

Status speak_until_key(Context& context) {
  PAI_TRY(agree_on_group_key(context.task, context.channel, data_clients(context.task)));
  return {};
}

Status speak_until_declared(Context& context, std::uint64_t rows) {
  PAI_TRY(speak_until_key(context));
  v1::SetDeclaration declaration;
  declaration.set_rows(rows);
  return context.channel.send(0, declaration);
}

std::string table(const std::string& header, const std::vector<std::string>& rows,
                  const std::string& line_end) {
  std::string text = header + line_end;
  for (const auto& row : rows) text += row + line_end;
  return text;
}

}  // namespace pai::client::align::test
