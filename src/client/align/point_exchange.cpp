#include "client/align/point_exchange.h"

#include <limits>

#include "client/align/core/partition_sort.h"
#include "client/align/crew.h"
#include "client/align/first_error.h"
#include "client/align/row_lines.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kBatchPoints = 8192;
constexpr std::size_t kTagBatchBytes = std::size_t{64} << 10;

Error stopped() {
  return Error(ErrorCode::kCancelled, "another part of this client failed");
}

}  // namespace

PointExchange::PointExchange(Context& context, Ring ring, int main, ristretto::GroupCipher cipher,
                             const Table& table, TaggedTable& tagged)
    : context_(context),
      ring_(std::move(ring)),
      main_(main),
      cipher_(std::move(cipher)),
      table_(table),
      tagged_(tagged) {
  for (const int owner : ring_.parties()) {
    if (owner != context_.channel.self()) passing_[owner];
  }
}

Error PointExchange::protocol_error(int peer, const std::string& what) const {
  return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " + what).blaming(peer);
}

Status PointExchange::shuffle(DuplicatePolicy& duplicates) {
  order_.reserve(static_cast<std::size_t>(tagged_.rows()));
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    PAI_ASSIGN(const auto rows, duplicates.apply(partition, tagged_.sorted(partition)));
    for (const TagRow& row : rows) order_.push_back({partition, row.row});
  }
  tagged_.forget_key();
  return {};
}

Status PointExchange::exchange_sizes() {
  for (const auto& [peer, passing] : passing_) {
    v1::SetDeclaration declaration;
    declaration.set_rows(order_.size());
    PAI_TRY(context_.channel.send(peer, std::move(declaration)));
  }
  for (auto& [peer, passing] : passing_) {
    PAI_ASSIGN(const auto declaration, context_.channel.receive<v1::SetDeclaration>(peer));
    if (declaration.rows() == 0 || declaration.rows() > std::numeric_limits<std::uint32_t>::max()) {
      return protocol_error(peer, "a declaration of no rows or of too many");
    }
    passing.total = declaration.rows();
  }
  return {};
}

Status PointExchange::run_ring() {
  std::uint64_t points = order_.size();
  for (const auto& [owner, passing] : passing_) points += passing.total;
  context_.reporter.phase("blind", points, "points");
  Outbox<v1::BlindedPoints> outbox(context_.channel, ring_.next());
  FirstError first_error(context_.channel);
  Crew sending(first_error);
  sending.start([&] { return outbox.run(); }, [&] { outbox.close(); });
  Crew generating(first_error);
  generating.start([&] { return generate(outbox); },
                   [&] {
                     if (!first_error.status().ok()) outbox.close();
                   });
  first_error.run([&] { return relay(outbox); });
  if (!first_error.status().ok()) outbox.close();
  generating.join();
  outbox.close();
  sending.join();
  cipher_.reset();
  return first_error.status();
}

/// The own set: hashed, blinded, and on its way to the next in the ring.
Status PointExchange::generate(Outbox<v1::BlindedPoints>& outbox) {
  std::string pool;
  for (std::size_t first = 0; first < order_.size(); first += kBatchPoints) {
    const auto places =
        std::span<const Place>(order_).subspan(first, std::min(kBatchPoints, order_.size() - first));
    const auto ids = ids_of(places, pool);
    v1::BlindedPoints message;
    message.set_owner(static_cast<std::uint32_t>(context_.channel.self()));
    message.set_first(first);
    message.set_total(order_.size());
    auto& points = *message.mutable_points();
    points.resize(places.size() * ristretto::kPointBytes);
    PAI_TRY(cipher_->hash_and_blind(ids, {reinterpret_cast<std::uint8_t*>(points.data()), points.size()}));
    context_.reporter.advance(places.size());
    if (!outbox.offer(std::move(message))) return stopped();
  }
  return {};
}

/// The IDs at these places, as bytes that live in `pool`.
std::vector<std::string_view> PointExchange::ids_of(std::span<const Place> places, std::string& pool) {
  LineReader lines(table_.layout());
  std::vector<std::size_t> ends;
  pool.clear();
  for (const Place& place : places) {
    pool.append(id_of_line(table_.layout(), lines.at(tagged_.line(place.partition, place.row)).aligned));
    ends.push_back(pool.size());
  }
  std::vector<std::string_view> found;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    found.push_back(std::string_view(pool).substr(begin, end - begin));
    begin = end;
  }
  return found;
}

/// The others' sets: blinded here, then passed on, or kept as tags when all have blinded them.
Status PointExchange::relay(Outbox<v1::BlindedPoints>& outbox) {
  while (!all_passed()) {
    PAI_ASSIGN(auto message, context_.channel.receive<v1::BlindedPoints>(ring_.previous()));
    PAI_TRY(check(message));
    auto& points = *message.mutable_points();
    const std::span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t*>(points.data()), points.size());
    if (auto blinded = cipher_->blind(bytes, bytes); !blinded.ok())
      return std::move(blinded)
          .error()
          .in_context("client " + std::to_string(ring_.previous()) + " sent")
          .blaming(ring_.previous());
    context_.reporter.advance(points.size() / ristretto::kPointBytes);
    if (ring_.is_last_of(static_cast<int>(message.owner())))
      PAI_TRY(keep_tags(points, message.first()));
    else
      outbox.relay(std::move(message));
  }
  return {};
}

/// Sets come in order, and none is longer than its owner declared.
Status PointExchange::check(const v1::BlindedPoints& message) {
  const int peer = ring_.previous();
  const auto found = message.owner() <= static_cast<std::uint32_t>(std::numeric_limits<int>::max())
                         ? passing_.find(static_cast<int>(message.owner()))
                         : passing_.end();
  if (found == passing_.end()) return protocol_error(peer, "points of a client that has no set here");
  Passing& passing = found->second;
  const std::size_t count = message.points().size() / ristretto::kPointBytes;
  if (count == 0 || message.points().size() % ristretto::kPointBytes != 0)
    return protocol_error(peer, "a batch of points of wrong size");
  if (message.total() != passing.total)
    return protocol_error(peer, "a set of points of another size than its owner declared");
  if (message.first() != passing.done || count > passing.total - passing.done)
    return protocol_error(peer, "points out of order");
  passing.done += count;
  return {};
}

bool PointExchange::all_passed() const {
  for (const auto& [owner, passing] : passing_) {
    if (passing.done < passing.total) return false;
  }
  return true;
}

Status PointExchange::keep_tags(const std::string& points, std::uint64_t first) {
  std::vector<TagRow> tags;
  for (std::size_t at = 0; at < points.size(); at += ristretto::kPointBytes) {
    const auto digest =
        crypto::Sha256().update(std::string_view(points).substr(at, ristretto::kPointBytes)).finish();
    tags.push_back(tag_row(digest.data(), static_cast<std::uint32_t>(first + at / ristretto::kPointBytes)));
  }
  return last_tags_.add(tags);
}

Status PointExchange::send_tags() {
  context_.reporter.phase("send", last_tags_.size(), "tags");
  PartitionSorter sorter;
  std::vector<TagRow> unsorted;
  const int owner = ring_.next();
  v1::BlindedTags batch;
  batch.set_owner(static_cast<std::uint32_t>(owner));
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    last_tags_.copy(partition, unsorted);
    const auto rows = sorter.sort(unsorted);
    auto& bytes = *batch.mutable_tags();
    const TagRow* before = nullptr;
    for (const TagRow& row : rows) {
      if (before != nullptr && before->same_tag(row))
        return protocol_error(owner, "a set with the same point twice");
      before = &row;
      char tag[kTagBytes];
      store_tag(row, tag);
      bytes.append(tag, kTagBytes);
      batch.add_positions(row.row);
    }
    batch.add_counts(static_cast<std::uint32_t>(rows.size()));
    if (bytes.size() < kTagBatchBytes && partition + 1 < kPartitions) continue;
    const std::uint64_t sent = bytes.size() / kTagBytes;
    PAI_TRY(context_.channel.send(main_, std::move(batch)));
    context_.reporter.advance(sent);
    batch = v1::BlindedTags();
    batch.set_owner(static_cast<std::uint32_t>(owner));
    batch.set_first_partition(partition + 1);
  }
  return {};
}

/// Main answers while tags still go out: whoever sent all before receiving would wait for main's room, and
/// main for this party's.
Result<std::uint64_t> PointExchange::match(RowsWriter& writer, Awaited<v1::MatchPositions>& first_answer) {
  Counter placed;
  FirstError first_error(context_.channel);
  Crew receiving(first_error);
  receiving.start([&] { return receive_places(writer, first_answer, placed); }, [&] { placed.finish(); });
  first_error.run([&] { return send_tags(); });
  context_.reporter.phase("match", 0, "rows");
  Counter::View seen;
  while (!seen.finished) {
    const auto now = placed.wait(seen.count);
    context_.reporter.set_total(now.count);
    context_.reporter.advance(now.count - seen.count);
    seen = now;
  }
  receiving.join();
  PAI_TRY(first_error.status());
  return seen.count;
}

Status PointExchange::receive_places(RowsWriter& writer, Awaited<v1::MatchPositions>& first_answer,
                                     Counter& placed) {
  LineReader lines(table_.layout());
  std::vector<bool> seen(order_.size());
  std::vector<Place> places;
  std::string pool;
  crypto::Sha256 digest;
  std::uint64_t rows = 0;
  for (bool first = true, last = false; !last; first = false) {
    PAI_ASSIGN(const auto message,
               first ? first_answer.take() : context_.channel.receive<v1::MatchPositions>(main_));
    last = message.last();
    rows += static_cast<std::uint64_t>(message.positions_size());
    if ((message.positions_size() == 0 && !last) || rows > order_.size())
      return protocol_error(main_, "no places, or more than this party has");
    PAI_TRY(writer.at_least(rows));
    for (const std::uint32_t position : message.positions()) {
      if (position >= order_.size() || seen[position])
        return protocol_error(main_, "a place that this party does not have, or twice");
      seen[position] = true;
      const Place& place = order_[position];
      const RowLines row = lines.at(tagged_.line(place.partition, place.row));
      PAI_TRY(writer.add_padded(row.aligned, row.values));
      places.push_back(place);
    }
    for (const std::string_view id : ids_of(places, pool))
      digest.update_u32(static_cast<std::uint32_t>(id.size())).update(id);
    places.clear();
    placed.set(rows);
  }
  PAI_ASSIGN(const auto result, context_.channel.receive<v1::IntersectionResult>(main_));
  if (result.common_rows() != rows)
    return protocol_error(main_, "a size of the intersection that its answers do not have");
  common_digest_ = digest.finish();
  return {};
}

}  // namespace pai::client::align
