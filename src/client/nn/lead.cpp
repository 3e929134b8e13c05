#include "client/nn/lead.h"

#include <string>
#include <vector>

#include "client/nn/core/patience.h"
#include "common/base/text.h"

namespace pai::client::nn {

Result<Plan> meet_parties(Context& context, const Cast& cast, std::string_view unit, const std::function<Result<Plan>()>& make_plan) {
  context.reporter.phase("meet", cast.group.clients.size(), "parties");
  PAI_ASSIGN(auto plan, make_plan());
  context.reporter.advance(cast.group.clients.size());
  if (plan.batches_done > 0) {
    context.reporter.note(log::Level::kInfo, "training resumed", {{unit, plan.batches_done}});
  } else if (context.resume()) {
    context.reporter.note(log::Level::kWarning, "no checkpoint that all parties have: training starts anew");
  }
  return plan;
}

Status follow_training(Context& context, const Cast& cast, std::uint64_t early_stop, std::uint64_t done, std::uint64_t total,
                       std::string_view unit) {
  Patience patience;
  context.reporter.phase("train", total, unit);
  context.reporter.advance(done);
  for (;;) {
    PAI_ASSIGN(const auto report, context.channel.receive<v1::TrainingReport>(cast.label));
    if (report.batches() < done || report.batches() > total) {
      return Error(ErrorCode::kProtocol, "the label client reported a progress that cannot be").blaming(cast.label);
    }
    if (report.has_best_before()) {
      patience = Patience({report.best_before(), report.without_gain_before()});
    }
    context.reporter.advance(report.batches() - done);
    done = report.batches();
    context.reporter.set_batches(done);
    if (report.evaluation_size() > 0) {
      log::Fields fields{{unit, done}, {"loss", report.evaluation(0)}};
      // Keys are views: the names live as long as the line is made.
      std::vector<std::string> names;
      for (const auto& name : report.metrics()) names.push_back(printable(name, 32));
      for (int i = 0; i < report.metrics_size() && i + 1 < report.evaluation_size(); ++i) {
        fields.emplace_back(names[static_cast<std::size_t>(i)], report.evaluation(i + 1));
      }
      context.reporter.note(log::Level::kInfo, "test set evaluated", std::move(fields));
      if (early_stop > 0) {
        v1::Verdict verdict;
        patience.saw(report.evaluation(0));
        verdict.set_stop(patience.ends_at(early_stop));
        for (const int client : cast.group.clients) PAI_TRY(context.channel.send(client, verdict));
        if (verdict.stop()) context.reporter.note(log::Level::kInfo, "training ends early", {{unit, done}});
      }
    }
    if (report.last()) return {};
  }
}

Status publish(Context& context, const Cast& cast) {
  context.reporter.phase("store", cast.group.clients.size(), "parties");
  for (const int client : cast.group.clients) {
    PAI_TRY(context.channel.receive<v1::ModelReady>(client));
    context.reporter.advance(1);
  }
  for (const int client : cast.group.clients) PAI_TRY(context.channel.send(client, v1::Publish()));
  for (const int client : cast.group.clients) PAI_TRY(context.channel.receive<v1::Published>(client));
  return {};
}

}  // namespace pai::client::nn
