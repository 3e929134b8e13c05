#include "client/boost/boost_session.h"

#include <algorithm>
#include <cmath>

#include "client/boost/gain_sums.h"
#include "client/mpc/wire_words.h"
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

Result<BoostSession::Trained> BoostSession::train(LabelSide* label) {
  using Clock = std::chrono::steady_clock;
  if (settings_.relaxed) warn_of_what_relaxed_opens();
  const auto step = make_tree_step(shape_, settings_, masked_, bins_, cast_.group.self);
  State state;
  state.scores = first_scores(label == nullptr ? std::vector<double>() : label->base_scores());
  if (settings_.gains) state.gains.resize(shape_.features_before(shape_.parties()));
  auto done = plan_.batches_done;
  if (done > 0) PAI_TRY(load(state));
  context_.reporter.phase("train", settings_.iterations, "trees");
  context_.reporter.advance(done);
  context_.reporter.set_batches(done);
  const auto began = Clock::now();
  const auto trees_before = state.trees.size();
  std::uint64_t rounds = 0;
  for (bool stopped = false; done < settings_.iterations && !stopped;) {
    const auto sample = sample_of(shape_, settings_.seed, done, settings_.row_ratio, settings_.column_ratio);
    for (std::size_t output = 0; output < state.scores.size(); ++output) {
      const auto rounds_before = exchange_.rounds();
      PAI_TRY(run_tree(*step, sample, label == nullptr ? std::span<const double>() : label->train_labels(output), state.scores[output]));
      rounds = exchange_.rounds() - rounds_before + step->hops();
      state.trees.push_back(step->tree());
      if (settings_.gains) step->add_gains(state.gains);
    }
    ++done;
    context_.reporter.set_batches(done);
    context_.reporter.advance(1);
    if (label != nullptr) PAI_TRY(label->progressed(done));
    if (shape_.test_rows > 0 && settings_.evaluates_after(done)) {
      PAI_TRY(evaluate(done, label, state.scores));
      if (settings_.early_stop > 0) {
        PAI_ASSIGN(const auto verdict, context_.channel.receive<v1::Verdict>(cast_.main));
        stopped = verdict.stop();
      }
    }
    if (saves_after(settings_, done)) PAI_TRY(save(done, state));
  }
  note_end(state.trees.size() - trees_before, std::chrono::duration<double>(Clock::now() - began).count(), rounds);
  Trained trained{std::move(state.trees), {}};
  if (settings_.gains) {
    PAI_ASSIGN(trained.gains, open_gains(state.gains));
  }
  if (label != nullptr) PAI_TRY(label->ended(done));
  return trained;
}

/// Each feature client gets the sums of its own features; the label client sends alone. At "full" the shares are of products with fresh shares
/// of the dealer's, so that each says nothing but what the sum does; at "relaxed" the label client has the sums and the others zeros.
Result<std::vector<double>> BoostSession::open_gains(std::span<const Word> shares) {
  const auto of_party = [&](std::size_t party) { return shares.subspan(shape_.features_before(party), shape_.features[party]); };
  const auto self = static_cast<std::size_t>(cast_.group.self);
  for (const auto owner : shape_.owners()) {
    if (owner == self) continue;
    v1::ImportanceShare message;
    mpc::set_words(*message.mutable_words(), of_party(owner));
    PAI_TRY(context_.channel.send(cast_.group.clients[owner], std::move(message)));
  }
  if (shape_.features[self] == 0) return std::vector<double>();
  std::vector<Word> sums(of_party(self).begin(), of_party(self).end()), share(sums.size());
  for (const int peer : cast_.group.clients) {
    if (peer == context_.channel.self()) continue;
    PAI_ASSIGN(const auto message, context_.channel.receive<v1::ImportanceShare>(peer));
    if (!mpc::get_words(message.words(), share)) {
      return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent shares of another number of features").blaming(peer);
    }
    ring::add(sums, share);
  }
  std::vector<double> gains;
  for (const auto sum : sums) gains.push_back(ring::decode(sum, kGainScale));
  return gains;
}

void BoostSession::warn_of_what_relaxed_opens() const {
  context_.reporter.note(log::Level::kWarning,
                         "security relaxed: the label client sees the sums of gradients in every bin of every feature, each split, and which training "
                         "rows go where");
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

std::size_t evaluation_operations(const BoostSettings& settings, std::size_t test_rows) {
  return settings.evaluation() == nn::EvaluationKind::kSumOfLosses ? Scores::parts(test_rows * settings.outputs()) + 1 : 1;
}

void draw_evaluation(mpc::Source& source, Scores& opening, const BoostSettings& settings, const mpc::Group& group, std::size_t test_rows,
                     std::size_t operation) {
  if (settings.evaluation() != nn::EvaluationKind::kSumOfLosses) return opening.draw_shuffled(source, group, test_rows, settings.outputs());
  const bool squared = settings.objective == Objective::kRegression;
  if (operation + 1 == evaluation_operations(settings, test_rows)) return opening.draw_sum(source, squared);
  const auto values = test_rows * settings.outputs(), first = operation * Scores::kPartValues;
  const auto size = std::min(values - first, Scores::kPartValues);
  return squared ? opening.draw_squares(source, size) : opening.draw_log_losses(source, size);
}

Status BoostSession::evaluate(std::uint64_t done, LabelSide* label, const OutputScores& scores) {
  Scores opening;
  const auto labels = label == nullptr ? std::span<const double>() : label->test_labels();
  std::vector<std::span<const Half>> of_tests;
  for (const auto& output : scores) of_tests.push_back(std::span(output).subspan(shape_.train_rows));
  const bool sums = settings_.evaluation() == nn::EvaluationKind::kSumOfLosses;
  const auto words = sums ? Scores::row_by_row(of_tests) : std::vector<Word>();
  const auto operations = evaluation_operations(settings_, shape_.test_rows);
  nn::Outcome outcome;
  for (std::size_t operation = 0; operation < operations; ++operation) {
    source_.begin();
    draw_evaluation(source_, opening, settings_, cast_.group, shape_.test_rows, operation);
    PAI_TRY(source_.finish());
    exchange_.begin(source_.operation());
    if (operation + 1 < operations) {
      PAI_TRY(add_losses(opening, operation, words, labels));
    } else if (sums) {
      PAI_ASSIGN(outcome, opening.run_sum(party_, source_.operation()));
    } else {
      PAI_ASSIGN(outcome, opening.run_shuffled(party_, source_.operation(), of_tests, labels));
    }
  }
  return label == nullptr ? Status() : label->evaluated(done, std::move(outcome));
}

Status BoostSession::add_losses(Scores& opening, std::size_t operation, std::span<const Word> scores, std::span<const double> labels) {
  const auto first = operation * Scores::kPartValues, size = std::min(scores.size() - first, Scores::kPartValues);
  const auto of_part = labels.empty() ? labels : labels.subspan(first, size);
  if (settings_.objective == Objective::kRegression) return opening.run_squares(party_, scores.subspan(first, size), of_part);
  return opening.run_log_losses(party_, scores.subspan(first, size), of_part);
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
      const auto bits = own_bits({bins_, shape_.features[self], shape_.rows()}, std::span(tree.owners).subspan(first, first + 1),
                                 std::span(tree.splits).subspan(first, first + 1), self);
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

Status BoostSession::save(std::uint64_t done, const State& state) const {
  auto file = BoostModel::tensors_of(state.trees);
  std::vector<Word> words;
  for (const auto& output : state.scores) words.insert(words.end(), output.begin(), output.end());
  file.add("scores", {state.scores.size(), shape_.rows()}, words);
  if (settings_.gains) file.add("gains", {state.gains.size()}, state.gains);
  return checkpoints_.save_file(done, std::move(file));
}

Status BoostSession::load(State& state) const {
  auto& [trees, scores, gains] = state;
  PAI_ASSIGN(const auto file, checkpoints_.load_file(plan_.batches_done, plan_.checkpoint_run_id));
  PAI_ASSIGN(trees, BoostModel::trees_of(file, plan_.batches_done * scores.size(), shape_, static_cast<std::size_t>(cast_.group.self)));
  PAI_ASSIGN(const auto words, file.words("scores", std::vector<std::uint64_t>{scores.size(), shape_.rows()}));
  for (std::size_t output = 0; output < scores.size(); ++output) {
    const auto of_output = words.subspan(output * shape_.rows(), shape_.rows());
    scores[output].assign(of_output.begin(), of_output.end());
  }
  if (!settings_.gains) return {};
  PAI_ASSIGN(const auto stored, file.words("gains", std::vector<std::uint64_t>{gains.size()}));
  gains.assign(stored.begin(), stored.end());
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

Status BoostSession::store(std::vector<Tree> trees, nlohmann::json own, const std::vector<nn::ModelWriter::Extra>& extras) {
  BoostModel model;
  model.task = context_.task.spec.name;
  model.run_id = context_.task.run_id;
  model.bins = shape_.bins;
  model.depth = shape_.depth;
  model.objective = settings_.objective;
  model.relaxed = settings_.relaxed;
  model.outputs = settings_.outputs();
  model.features = shape_.features;
  model.party = cast_.group.self;
  model.trees = std::move(trees);
  model.own = std::move(own);
  model.alignment_id = model.own.value("alignment_id", "");
  context_.reporter.phase("store", 1, "models");
  const nn::ModelWriter writer(context_.folder);
  PAI_TRY(writer.write(model.description(), model.tensors(), extras));
  return nn::end_with_others(context_.channel, cast_.main, [&]() -> Status {
    PAI_TRY(writer.publish());
    context_.reporter.advance(1);
    return {};
  });
}

}  // namespace pai::client::boost
