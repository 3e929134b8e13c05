// Main's side of an alignment, top to bottom: declarations, matching, publication.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "client/align/alignment_settings.h"
#include "client/align/core/threshold.h"
#include "client/align/crew.h"
#include "client/align/position_join.h"
#include "client/align/roles.h"
#include "client/align/tag_join.h"

namespace pai::client {
namespace align {
namespace {

/// Up to here, 96-bit tags keep the chance of any collision under 2^-40.
constexpr std::uint64_t kRowsInAllMax = std::uint64_t{1} << 28;

Error protocol_error(int peer, const std::string& what) {
  return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " + what).blaming(peer);
}

Result<v1::SetDeclaration> take_declaration(Context& context, int party) {
  PAI_ASSIGN(auto declaration, context.channel.receive<v1::SetDeclaration>(party));
  if (declaration.rows() == 0 || declaration.rows() > std::numeric_limits<std::uint32_t>::max()) {
    return protocol_error(party, "a declaration of no rows or of too many");
  }
  context.reporter.advance(1);
  return declaration;
}

/// Every party's number of rows; raises the threshold to the highest floor among them. All are listened to at once: one
/// that is lost while another reads a long table ends it for all.
Result<std::map<int, std::uint64_t>> take_declarations(Context& context, const std::vector<int>& parties,
                                                       Threshold& threshold) {
  context.reporter.phase("read", parties.size(), "tables");
  std::vector<v1::SetDeclaration> declarations(parties.size());
  FirstError first_error(context.channel);
  Crew listening(first_error);
  for (std::size_t i = 0; i < parties.size(); ++i) {
    listening.start(
        [&, i]() -> Status {
          PAI_ASSIGN(declarations[i], take_declaration(context, parties[i]));
          return {};
        },
        [] {});
  }
  listening.join();
  PAI_TRY(first_error.status());
  std::map<int, std::uint64_t> rows;
  std::uint64_t rows_in_all = 0;
  for (std::size_t i = 0; i < parties.size(); ++i) {
    rows[parties[i]] = declarations[i].rows();
    rows_in_all += declarations[i].rows();
    threshold.min_intersection = std::max(threshold.min_intersection, declarations[i].min_intersection());
  }
  if (rows_in_all > kRowsInAllMax) {
    return Error(ErrorCode::kTooLarge,
                 "the tables have more than 268,435,456 rows in all, which 96-bit tags do not tell apart safely")
        .with_hint("split the tables, for example by a range of the IDs, and align the parts");
  }
  return rows;
}

/// Waits until every party has its files, lets all put them in place, and tells them when all have. A party that does not
/// hear the last word puts its earlier data set back.
Status publish(Context& context, const std::vector<int>& parties, const SharedSettings& settings,
               std::uint64_t common_rows) {
  context.reporter.phase("publish", parties.size(), "data sets");
  const std::uint64_t test = test_rows(common_rows, settings.test_ratio);
  std::optional<std::string> alignment_id;
  for (const int party : parties) {
    PAI_ASSIGN(const auto ready, context.channel.receive<v1::DataSetReady>(party));
    if (ready.test_rows() != test || ready.train_rows() != common_rows - test) {
      return protocol_error(party, "a data set of other sizes than the intersection's");
    }
    if (ready.alignment_id().size() != 32) return protocol_error(party, "an alignment id of wrong size");
    if (!alignment_id) alignment_id = ready.alignment_id();
    if (ready.alignment_id() != *alignment_id)
      return protocol_error(party, "another alignment id than the parties before it");
  }
  for (const int party : parties) PAI_TRY(context.channel.send(party, v1::Publish()));
  for (const int party : parties) {
    PAI_TRY(context.channel.receive<v1::Published>(party));
    context.reporter.advance(1);
  }
  for (const int party : parties) PAI_TRY(context.channel.send(party, v1::AllPublished()));
  return {};
}

Status run_main(Context& context) {
  const SharedSettings settings = shared_settings(context.task);
  const std::vector<int> parties = data_clients(context.task);
  Threshold threshold{settings.test_ratio, settings.min_intersection};
  PAI_ASSIGN(const auto declared_rows, take_declarations(context, parties, threshold));
  PAI_ASSIGN(const std::uint64_t common_rows, settings.psi == Psi::kPrf
                                                  ? TagJoin(context, declared_rows, threshold).run()
                                                  : PositionJoin(context, declared_rows, threshold).run());
  for (const int party : parties) {
    v1::IntersectionResult result;
    result.set_common_rows(common_rows);
    PAI_TRY(context.channel.send(party, std::move(result)));
  }
  return publish(context, parties, settings, common_rows);
}

}  // namespace
}  // namespace align

Status run_alignment_main(Context& context) {
  return align::run_main(context);
}

}  // namespace pai::client
