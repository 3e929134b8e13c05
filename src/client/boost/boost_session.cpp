#include "client/boost/boost_session.h"

#include <cmath>

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

OutputScores BoostSession::first_scores(std::span<const double> base_scores) const {
  OutputScores scores(settings_.outputs(), std::vector<Half>(shape_.rows()));
  for (std::size_t output = 0; output < base_scores.size(); ++output) {
    scores[output].assign(shape_.rows(), static_cast<Half>(ring::encode(base_scores[output], kScoreScale)));
  }
  return scores;
}

Result<std::vector<Tree>> BoostSession::train(LabelSide* label) {
  using Clock = std::chrono::steady_clock;
  TreeStep step(shape_, settings_, masked_, bins_, cast_.group.self);
  std::vector<Tree> trees;
  auto scores = first_scores(label == nullptr ? std::vector<double>() : label->base_scores());
  auto done = plan_.batches_done;
  if (done > 0) PAI_TRY(load(trees, scores));
  context_.reporter.phase("train", settings_.iterations, "trees");
  context_.reporter.advance(done);
  context_.reporter.set_batches(done);
  const auto began = Clock::now();
  const auto trees_before = trees.size();
  std::uint64_t rounds = 0;
  for (bool stopped = false; done < settings_.iterations && !stopped;) {
    const auto sample = sample_of(shape_, settings_.seed, done, settings_.row_ratio, settings_.column_ratio);
    for (std::size_t output = 0; output < scores.size(); ++output) {
      const auto rounds_before = exchange_.rounds();
      PAI_TRY(run_tree(step, sample, label == nullptr ? std::span<const double>() : label->train_labels(output), scores[output]));
      rounds = exchange_.rounds() - rounds_before;
      trees.push_back(step.tree());
    }
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
  note_end(trees.size() - trees_before, std::chrono::duration<double>(Clock::now() - began).count(), rounds);
  if (label != nullptr) PAI_TRY(label->ended(done));
  return trees;
}

Status BoostSession::run_tree(TreeStep& step, const Sample& sample, std::span<const double> labels, std::vector<Half>& scores) {
  for (std::size_t operation = 0; operation < step.operations(); ++operation) {
    source_.begin();
    step.draw(source_, operation, sample);
    PAI_TRY(source_.finish());
    exchange_.begin(source_.operation());
    PAI_TRY(step.run(party_, operation, source_.operation(), sample, labels, scores));
  }
  return {};
}

void draw_evaluation(mpc::Source& source, Scores& opening, const BoostSettings& settings, const mpc::Group& group, std::size_t test_rows) {
  if (settings.objective == Objective::kRegression) return opening.draw_squares(source, test_rows);
  opening.draw_shuffled(source, group, test_rows, settings.outputs());
}

Status BoostSession::evaluate(std::uint64_t done, LabelSide* label, const OutputScores& scores) {
  Scores opening;
  source_.begin();
  draw_evaluation(source_, opening, settings_, cast_.group, shape_.test_rows);
  PAI_TRY(source_.finish());
  exchange_.begin(source_.operation());
  const auto labels = label == nullptr ? std::span<const double>() : label->test_labels();
  std::vector<std::span<const Half>> of_tests;
  for (const auto& output : scores) of_tests.push_back(std::span(output).subspan(shape_.train_rows));
  PAI_ASSIGN(auto outcome, settings_.objective == Objective::kRegression
                               ? opening.run_squares(party_, source_.operation(), of_tests.front(), labels)
                               : opening.run_shuffled(party_, source_.operation(), of_tests, labels));
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

Result<std::vector<double>> BoostSession::predict(const std::vector<Tree>& trees, std::span<const double> base_scores) {
  context_.reporter.phase("predict", trees.size(), "trees");
  const auto self = static_cast<std::size_t>(cast_.group.self);
  TreePaths paths(shape_);
  auto scores = first_scores(base_scores);
  for (std::size_t t = 0; t < trees.size(); ++t) {
    const auto& tree = trees[t];
    for (std::size_t operation = 0; operation <= shape_.depth; ++operation) {
      PAI_TRY(draw_prediction_tree(source_, paths, shape_.depth, operation));
      exchange_.begin(source_.operation());
      if (operation == shape_.depth) {
        PAI_TRY(paths.run_values(party_, tree.leaves, scores[t % scores.size()]));
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
  opening.draw_in_order(source_, shape_.rows(), scores.size(), settings_.objective == Objective::kRegression);
  PAI_TRY(source_.finish());
  exchange_.begin(source_.operation());
  return opening.run_in_order(party_, source_.operation(), {scores.begin(), scores.end()});
}

Status BoostSession::save(std::uint64_t done, const std::vector<Tree>& trees, const OutputScores& scores) const {
  auto file = BoostModel::tensors_of(trees);
  std::vector<Word> words;
  for (const auto& output : scores) words.insert(words.end(), output.begin(), output.end());
  file.add("scores", {scores.size(), shape_.rows()}, words);
  return checkpoints_.save_file(done, std::move(file));
}

Status BoostSession::load(std::vector<Tree>& trees, OutputScores& scores) const {
  PAI_ASSIGN(const auto file, checkpoints_.load_file(plan_.batches_done, plan_.checkpoint_run_id));
  PAI_ASSIGN(trees, BoostModel::trees_of(file, plan_.batches_done * scores.size(), shape_, static_cast<std::size_t>(cast_.group.self)));
  PAI_ASSIGN(const auto words, file.words("scores", std::vector<std::uint64_t>{scores.size(), shape_.rows()}));
  for (std::size_t output = 0; output < scores.size(); ++output) {
    const auto of_output = words.subspan(output * shape_.rows(), shape_.rows());
    scores[output].assign(of_output.begin(), of_output.end());
  }
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
  model.objective = settings_.objective;
  model.outputs = settings_.outputs();
  model.features = shape_.features;
  model.party = cast_.group.self;
  model.trees = std::move(trees);
  model.own = std::move(own);
  model.alignment_id = model.own.value("alignment_id", "");
  context_.reporter.phase("store", 1, "models");
  const nn::ModelWriter writer(context_.folder);
  PAI_TRY(writer.write(model.description(), model.tensors()));
  return nn::end_with_others(context_.channel, cast_.main, [&]() -> Status {
    PAI_TRY(writer.publish());
    context_.reporter.advance(1);
    return {};
  });
}

}  // namespace pai::client::boost
