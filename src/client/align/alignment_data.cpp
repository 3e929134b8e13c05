// A data client's side of an alignment, top to bottom: key, read, tags to main and answers back, files,
// publication.
#include <algorithm>
#include <optional>
#include <utility>

#include "client/align/alignment_settings.h"
#include "client/align/awaited.h"
#include "client/align/crew.h"
#include "client/align/data_set.h"
#include "client/align/duplicates.h"
#include "client/align/first_error.h"
#include "client/align/key_exchange.h"
#include "client/align/point_exchange.h"
#include "client/align/ring.h"
#include "client/align/roles.h"
#include "client/align/tag_exchange.h"
#include "client/align/tag_table.h"
#include "client/align/write_rows.h"
#include "common/base/text.h"

namespace pai::client {
namespace align {
namespace {

/// Reports a counter's steps until it is final.
void follow(Counter& counter, Reporter& reporter) {
  Counter::View seen;
  while (!seen.finished) {
    const auto now = counter.wait(seen.count);
    reporter.advance(now.count - seen.count);
    seen = now;
  }
}

std::string stem_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

/// The files that were written, and a digest over the common rows.
struct Aligned {
  WrittenFiles files;
  crypto::Hash32 common_rows;
};

/// What the parts of one run share.
struct Run {
  Context& context;
  SharedSettings shared;
  PartySettings own;
  std::vector<int> parties;
  int main;
};

/// For a table that is read a second time: waits until all common rows are known.
Status write_when_known(Table& table, const TagExchange& exchange, Counter& answered,
                        const FirstError& first_error, const StagedDataSet& data_set, RowsWriter& writer,
                        Counter& written) {
  Counter::View seen;
  while (!seen.finished) seen = answered.wait(seen.count);
  PAI_TRY(first_error.status());
  PAI_ASSIGN(const auto scratch, data_set.datasets().open_folder(data_set.folder()));
  return write_passing_rows(table, exchange.common(), scratch.get(), writer, written);
}

/// Tags go out while answers come in and common rows are written: three threads, which end together.
Result<Aligned> match_and_write(Run& run, Table& table, TaggedTable tagged,
                                Awaited<v1::MatchBits>& first_answer, StagedDataSet& data_set) {
  Channel& channel = run.context.channel;
  Reporter& reporter = run.context.reporter;
  PAI_ASSIGN(auto exchange, TagExchange::create(channel, run.main, tagged.rows()));
  PAI_ASSIGN(const auto writer,
             RowsWriter::create(data_set.datasets(), data_set.folder(), stem_of(table.name()), table.layout(),
                                run.shared.test_ratio));
  Counter answered, written;
  FirstError first_error(channel);
  Crew writing(first_error), receiving(first_error);
  receiving.start([&] { return exchange.receive(first_answer, answered); }, [&] { answered.finish(); });
  writing.start(
      [&] {
        return tagged.held()
                   ? write_held_rows(tagged, table.layout(), exchange, answered, *writer, written)
                   : write_when_known(table, exchange, answered, first_error, data_set, *writer, written);
      },
      [&] { written.finish(); });

  first_error.run([&]() -> Status {
    DuplicatePolicy duplicates(table, tagged, run.own.keep_first);
    return exchange.send(tagged, duplicates, reporter);
  });
  reporter.phase("match", kPartitions, "partitions");
  follow(answered, reporter);
  receiving.join();
  reporter.phase("write", exchange.common().size() + (tagged.held() ? 0 : tagged.rows()), "rows");
  follow(written, reporter);
  writing.join();
  PAI_TRY(first_error.status());
  PAI_ASSIGN(auto files, writer->finish());
  return Aligned{std::move(files), exchange.common_digest()};
}

Status publish(Run& run, StagedDataSet& data_set, const csv::Layout& layout, const WrittenFiles& files,
               const crypto::Hash32& alignment_id) {
  Channel& channel = run.context.channel;
  const std::string id_text = to_hex(alignment_id);
  PAI_TRY(data_set.describe(layout, files, id_text));
  run.context.reporter.phase("publish", 1, "data sets");
  v1::DataSetReady ready;
  ready.set_train_rows(files.train_rows);
  ready.set_test_rows(files.test_rows);
  ready.set_alignment_id(std::string(crypto::as_text(alignment_id)));
  PAI_TRY(channel.send(run.main, std::move(ready)));
  PAI_TRY(channel.receive<v1::Publish>(run.main));
  PAI_TRY(data_set.publish());
  PAI_TRY(channel.send(run.main, v1::Published()));
  // Until all stand, each can still be taken back.
  PAI_TRY(channel.receive<v1::AllPublished>(run.main));
  data_set.keep();
  run.context.reporter.set_dataset(
      {.out_data_path = run.own.out_data_path,
       .files = {files.aligned.name, files.train.name, files.test.name, "dataset.json"},
       .columns = layout.value_names(),
       .train_rows = files.train_rows,
       .test_rows = files.test_rows,
       .alignment_id = id_text});
  run.context.reporter.advance(1);
  return {};
}

Status declare(Run& run, std::uint64_t rows) {
  v1::SetDeclaration declaration;
  declaration.set_rows(rows);
  declaration.set_min_intersection(run.context.task.node.min_intersection);
  return run.context.channel.send(run.main, std::move(declaration));
}

/// The owner's grant may bound the rows: a longer table does not take part.
Status keep_rows_max(const Run& run, std::uint64_t rows) {
  const std::uint64_t most = run.context.task.node.rows_max;
  if (most == 0 || rows <= most) return {};
  return Error(ErrorCode::kDenied, "'" + printable(run.own.raw_data_path, 300) + "' has " + with_thousands(rows) +
                                       " rows, and its owner's grant allows " + with_thousands(most));
}

/// What is left of the group key, which is gone itself.
struct Keys {
  crypto::AlignmentIdKey id;
  std::optional<crypto::CmacTagger> tagger;  ///< for psi "prf"
};

Result<Keys> agree_on_keys(Run& run) {
  run.context.reporter.phase("key", run.parties.size() - 1, "peers");
  PAI_ASSIGN(const auto group_key, agree_on_group_key(run.context.task, run.context.channel, run.parties));
  run.context.reporter.advance(run.parties.size() - 1);
  Keys keys{group_key.id_key(), std::nullopt};
  if (run.shared.psi == Psi::kPrf) {
    crypto::Secret<std::array<std::uint8_t, 16>> tag_key;
    group_key.derive("tag key v1", *tag_key);
    keys.tagger.emplace(*tag_key);
  }
  return keys;
}

/// psi "prf": tags under the group key.
Result<Aligned> align_by_tags(Run& run, Table& table, crypto::CmacTagger tagger, StagedDataSet& data_set) {
  // Main hears of every party that is lost: whoever listens to main need not read a long table to its end first.
  Awaited<v1::MatchBits> first_answer(run.context.channel, run.main);
  const bool hold = table.bytes() <= run.context.task.node.memory_bytes_max;
  PAI_ASSIGN(auto tagged, TaggedTable::read(table, std::move(tagger), hold, run.context.reporter,
                                            [&] { return first_answer.failure(); }));
  PAI_TRY(keep_rows_max(run, tagged.rows()));
  PAI_TRY(declare(run, tagged.rows()));
  return match_and_write(run, table, std::move(tagged), first_answer, data_set);
}

crypto::CmacTagger own_tagger() {
  crypto::Secret<std::array<std::uint8_t, 16>> key;
  crypto::random_bytes(*key);
  return crypto::CmacTagger(*key);
}

/// psi "ecdh": points that every party blinds. The tags serve this party alone: to find duplicates, and as
/// the order of its set.
Result<Aligned> align_by_points(Run& run, Table& table, StagedDataSet& data_set) {
  if (table.bytes() > run.context.task.node.memory_bytes_max) {
    return Error(
               ErrorCode::kTooLarge,
               "'" + printable(table.name(), 300) +
                   "' is larger than the node's memory_bytes_max, and psi \"ecdh\" holds the table in memory")
        .with_hint("raise memory_bytes_max in the node's configuration, or use psi \"prf\"");
  }
  Awaited<v1::MatchPositions> first_answer(run.context.channel, run.main);
  PAI_ASSIGN(auto tagged, TaggedTable::read(table, own_tagger(), true, run.context.reporter,
                                            [&] { return first_answer.failure(); }));
  PAI_TRY(keep_rows_max(run, tagged.rows()));
  PAI_ASSIGN(auto cipher, ristretto::GroupCipher::create(run.context.task.spec.digest()));
  PointExchange exchange(run.context, Ring(run.parties, run.context.channel.self()), run.main,
                         std::move(cipher), table, tagged);
  DuplicatePolicy duplicates(table, tagged, run.own.keep_first);
  PAI_TRY(exchange.shuffle(duplicates));
  PAI_TRY(declare(run, exchange.rows()));
  PAI_TRY(exchange.exchange_sizes());
  PAI_TRY(exchange.run_ring());
  PAI_ASSIGN(const auto writer,
             RowsWriter::create(data_set.datasets(), data_set.folder(), stem_of(table.name()), table.layout(),
                                run.shared.test_ratio));
  PAI_ASSIGN(const std::uint64_t rows, exchange.match(*writer, first_answer));
  run.context.reporter.phase("write", rows, "rows");
  PAI_ASSIGN(auto files, writer->finish());
  run.context.reporter.advance(rows);
  return Aligned{std::move(files), exchange.common_digest()};
}

/// The floor is this party's own to keep: main is believed neither that it knows it nor that it kept it.
Status keep_own_floor(const Run& run, const WrittenFiles& files) {
  const std::uint64_t floor = std::max(run.context.task.node.min_intersection, run.shared.min_intersection);
  if (files.train_rows + files.test_rows >= floor) return {};
  return Error(ErrorCode::kProtocol, "client " + std::to_string(run.main) +
                                         " let an intersection pass that is smaller than min_intersection " +
                                         with_thousands(floor))
      .blaming(run.main);
}

Status run_data(Context& context) {
  Run run{context, shared_settings(context.task), party_settings(context.task), data_clients(context.task),
          context.task.spec.main_client().id};
  PAI_ASSIGN(auto table, Table::open(context.raw, run.own.raw_data_path, run.own.columns));
  PAI_ASSIGN(auto data_set, StagedDataSet::create(context.task, context.datasets, run.own));

  PAI_ASSIGN(auto keys, agree_on_keys(run));
  PAI_ASSIGN(const auto aligned, keys.tagger
                                     ? align_by_tags(run, table, *std::exchange(keys.tagger, std::nullopt), data_set)
                                     : align_by_points(run, table, data_set));
  PAI_TRY(keep_own_floor(run, aligned.files));
  return publish(run, data_set, table.layout(), aligned.files,
                 std::move(keys.id).alignment_id(aligned.common_rows));
}

}  // namespace
}  // namespace align

Status run_alignment_data(Context& context) {
  return align::run_data(context);
}

}  // namespace pai::client
