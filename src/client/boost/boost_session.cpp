#include "client/boost/boost_session.h"

#include <cmath>

#include "client/boost/scores.h"
#include "client/nn/model_files.h"
#include "client/nn/session.h"
#include "client/ring/words.h"
#include "common/base/text.h"

namespace pai::client::boost {

BoostSession::BoostSession(Context& context, const BoostSettings& settings, const nn::Cast& cast, const nn::Plan& plan, Shape shape,
                           mpc::ClientSource source, MaskedBins masked, std::vector<std::uint8_t> bins)
    : context_(context),
      settings_(settings),
      cast_(cast),
      plan_(plan),
      shape_(std::move(shape)),
      source_(std::move(source)),
      masked_(std::move(masked)),
      bins_(std::move(bins)),
      exchange_(context.channel, cast_.group),
      party_{context.channel, cast_.group, exchange_, cast_.label},
      checkpoints_(context.folder, context.task.run_id) {}

Result<std::unique_ptr<BoostSession>> BoostSession::start(Context& context, const BoostSettings& settings, const nn::Cast& cast,
                                                          const nn::Plan& plan, std::vector<std::uint8_t> bins) {
  PAI_ASSIGN(auto shape, shape_of(settings, plan));
  context.reporter.phase("mask", plan.train_rows, "rows");
  PAI_ASSIGN(auto masked, MaskedBins::make(context, shape, cast.group.self));
  PAI_ASSIGN(auto source, mpc::ClientSource::receive(context.channel, cast.group, cast.dealer, context.task.run_id));
  auto session = std::unique_ptr<BoostSession>(new BoostSession(context, settings, cast, plan, std::move(shape), std::move(source),
                                                                std::move(masked), std::move(bins)));
  if (auto status = session->checkpoints_.refuse_known_seed(to_hex(session->source_.seed_digest())); !status.ok()) {
    return std::move(status).error().blaming(cast.dealer);
  }
  if (!settings.predict) {
    PAI_TRY(session->masked_.exchange(context.channel, session->cast_.group, session->source_, session->bins_, context.reporter));
  }
  return session;
}

Result<std::vector<Tree>> BoostSession::train(LabelSide* label) {
  using Clock = std::chrono::steady_clock;
  TreeStep step(shape_, settings_, masked_, bins_, cast_.group.self);
  std::vector<Tree> trees;
  std::vector<Half> scores(shape_.rows(), label == nullptr ? 0 : static_cast<Half>(ring::encode(label->base_score(), kScoreScale)));
  auto done = plan_.batches_done;
  if (done > 0) PAI_TRY(load(trees, scores));
  context_.reporter.phase("train", settings_.trees, "trees");
  context_.reporter.advance(done);
  context_.reporter.set_batches(done);
  const auto began = Clock::now();
  const auto done_before = done;
  std::uint64_t rounds = 0;
  for (bool stopped = false; done < settings_.trees && !stopped;) {
    const auto sample = sample_of(shape_, settings_.seed, done, settings_.row_ratio, settings_.column_ratio);
    const auto rounds_before = exchange_.rounds();
    PAI_TRY(run_tree(step, sample, label, scores));
    rounds = exchange_.rounds() - rounds_before;
    trees.push_back(step.tree());
    ++done;
    context_.reporter.set_batches(done);
    context_.reporter.advance(1);
    if (label != nullptr) PAI_TRY(label->progressed(done));
    if (shape_.test_rows > 0) {
      PAI_TRY(evaluate(done, label, scores));
      if (settings_.early_stop > 0) {
        PAI_ASSIGN(const auto verdict, context_.channel.receive<v1::Verdict>(cast_.main));
        stopped = verdict.stop();
      }
    }
    if (saves_after(settings_, done)) PAI_TRY(save(done, trees, scores));
  }
  note_end(done - done_before, std::chrono::duration<double>(Clock::now() - began).count(), rounds);
  if (label != nullptr) PAI_TRY(label->ended(done));
  return trees;
}

Status BoostSession::run_tree(TreeStep& step, const Sample& sample, LabelSide* label, std::vector<Half>& scores) {
  for (std::size_t operation = 0; operation < step.operations(); ++operation) {
    source_.begin();
    step.draw(source_, operation, sample);
    PAI_TRY(source_.finish());
    exchange_.begin(source_.operation());
    PAI_TRY(step.run(party_, operation, source_.operation(), sample,
                     label == nullptr ? std::span<const double>() : label->train_labels(), scores));
  }
  return {};
}

Status BoostSession::evaluate(std::uint64_t done, LabelSide* label, std::span<const Half> scores) {
  Scores opening;
  source_.begin();
  opening.draw_shuffled(source_, cast_.group, shape_.test_rows);
  PAI_TRY(source_.finish());
  exchange_.begin(source_.operation());
  PAI_ASSIGN(auto outcome, opening.run_shuffled(party_, source_.operation(), scores.subspan(shape_.train_rows),
                                                label == nullptr ? std::span<const double>() : label->test_labels()));
  return label == nullptr ? Status() : label->evaluated(done, std::move(outcome));
}

Status draw_prediction_tree(mpc::Source& source, TreePaths& paths, std::size_t depth, std::size_t operation) {
  source.begin();
  if (operation < depth) {
    paths.draw_level(source, operation, nullptr);
  } else {
    paths.draw_values(source);
  }
  return source.finish();
}

Result<std::vector<double>> BoostSession::predict(const std::vector<Tree>& trees, double base_score) {
  context_.reporter.phase("predict", trees.size(), "trees");
  const auto self = static_cast<std::size_t>(cast_.group.self);
  TreePaths paths(shape_);
  std::vector<Half> scores(shape_.rows(), static_cast<Half>(ring::encode(base_score, kScoreScale)));
  for (const auto& tree : trees) {
    for (std::size_t operation = 0; operation <= shape_.depth; ++operation) {
      PAI_TRY(draw_prediction_tree(source_, paths, shape_.depth, operation));
      exchange_.begin(source_.operation());
      if (operation == shape_.depth) {
        PAI_TRY(paths.run_values(party_, tree.leaves, scores));
        continue;
      }
      const auto first = shape_.nodes(operation) - 1;
      const auto bits = own_bits(shape_, std::span(tree.owners).subspan(first, first + 1), std::span(tree.splits).subspan(first, first + 1),
                                 self, bins_, shape_.features[self]);
      PAI_TRY(paths.run_level(party_, operation, bits));
    }
    context_.reporter.advance(1);
  }
  Scores opening;
  source_.begin();
  opening.draw_in_order(source_, shape_.rows());
  PAI_TRY(source_.finish());
  exchange_.begin(source_.operation());
  return opening.run_in_order(party_, source_.operation(), scores);
}

Status BoostSession::save(std::uint64_t done, const std::vector<Tree>& trees, std::span<const Half> scores) const {
  auto file = BoostModel::tensors_of(trees);
  const std::vector<Word> words(scores.begin(), scores.end());
  file.add("scores", {words.size()}, words);
  return checkpoints_.save_file(done, std::move(file));
}

Status BoostSession::load(std::vector<Tree>& trees, std::vector<Half>& scores) const {
  PAI_ASSIGN(const auto file, checkpoints_.load_file(plan_.batches_done, plan_.checkpoint_run_id));
  PAI_ASSIGN(trees, BoostModel::trees_of(file, plan_.batches_done, shape_, static_cast<std::size_t>(cast_.group.self)));
  PAI_ASSIGN(const auto words, file.words("scores", std::vector<std::uint64_t>{scores.size()}));
  scores.assign(words.begin(), words.end());
  return {};
}

void BoostSession::note_end(std::uint64_t trees, double seconds, std::uint64_t rounds) const {
  const double each = trees == 0 ? 0 : seconds / static_cast<double>(trees);
  context_.reporter.note(log::Level::kInfo, "boosting on shares ended",
                         {{"trees", trees},
                          {"seconds_per_tree", std::round(each * 1e4) / 1e4},
                          {"rounds_per_tree", rounds},
                          {"operations", source_.operation() + 1},
                          {"rounds", exchange_.rounds()}});
}

Status BoostSession::store(std::vector<Tree> trees, nlohmann::json own) {
  BoostModel model;
  model.task = context_.task.spec.name;
  model.run_id = context_.task.run_id;
  model.bins = shape_.bins;
  model.depth = shape_.depth;
  model.features = shape_.features;
  model.party = cast_.group.self;
  model.trees = std::move(trees);
  model.own = std::move(own);
  model.alignment_id = model.own.value("alignment_id", "");
  context_.reporter.phase("store", 1, "models");
  const nn::ModelWriter writer(context_.folder);
  PAI_TRY(writer.write(model.description(), model.tensors()));
  PAI_TRY(nn::wait_until_all_are_ready(context_.channel, cast_.main));
  PAI_TRY(writer.publish());
  context_.reporter.advance(1);
  return context_.channel.send(cast_.main, v1::Published());
}

}  // namespace pai::client::boost
