#include "common/service/metrics.h"

#include <exception>
#include <locale>
#include <mutex>
#include <sstream>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "common/base/check.h"
#include "common/service/process_metrics.h"

namespace pai::service {
namespace {

// From a local answer to a node call that gives up.
const prometheus::Histogram::BucketBoundaries& second_buckets() {
  static const prometheus::Histogram::BucketBoundaries buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                               0.5,   1,      2.5,   5,    10,    30,   60};
  return buckets;
}

class MetricsImpl final : public Metrics {
 public:
  void describe(const std::string& name, const std::string& help) override {
    const std::lock_guard lock(mutex_);
    help_.insert_or_assign(name, help);
  }

  void count(const std::string& name, const Labels& labels, double by) override {
    guarded(name, [&] { family(counters_, prometheus::BuildCounter(), name).Add(labels).Increment(by); });
  }

  void set(const std::string& name, const Labels& labels, double value) override {
    guarded(name, [&] { family(gauges_, prometheus::BuildGauge(), name).Add(labels).Set(value); });
  }

  void observe_seconds(const std::string& name, const Labels& labels, double seconds) override {
    guarded(name, [&] {
      family(histograms_, prometheus::BuildHistogram(), name).Add(labels, second_buckets()).Observe(seconds);
    });
  }

  void on_scrape(std::function<void(Metrics&)> refresh) override {
    const std::lock_guard lock(mutex_);
    refreshers_.push_back(std::move(refresh));
  }

  std::string scrape() override {
    std::vector<std::function<void(Metrics&)>> refreshers;
    {
      const std::lock_guard lock(mutex_);
      refreshers = refreshers_;
    }
    for (const auto& refresh : refreshers) refresh(*this);  // unlocked: they call set()
    std::ostringstream text;
    text.imbue(std::locale::classic());
    prometheus::TextSerializer().Serialize(text, registry_.Collect());
    return text.str();
  }

 private:
  template <class Type>
  using Families = std::map<std::string, prometheus::Family<Type>*>;

  template <class Type, class Builder>
  prometheus::Family<Type>& family(Families<Type>& families, Builder builder, const std::string& name) {
    const std::lock_guard lock(mutex_);
    auto& known = families[name];
    if (known == nullptr) {
      const auto help = help_.find(name);
      PAI_CHECK(help != help_.end(), "metric '" + name + "' was not described");
      known = &builder.Name(name).Help(help->second).Register(registry_);
    }
    return *known;
  }

  /// prometheus-cpp throws for what only our own code can get wrong: a bad name, one name for two types.
  template <class Change>
  void guarded(const std::string& name, const Change& change) {
    try {
      change();
    } catch (const std::exception& fault) {
      check_failed("a usable metric", "metric '" + name + "': " + fault.what());
    }
  }

  std::mutex mutex_;
  prometheus::Registry registry_;
  std::map<std::string, std::string> help_;
  Families<prometheus::Counter> counters_;
  Families<prometheus::Gauge> gauges_;
  Families<prometheus::Histogram> histograms_;
  std::vector<std::function<void(Metrics&)>> refreshers_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::make() {
  auto metrics = std::make_unique<MetricsImpl>();
  describe_process_metrics(*metrics);
  metrics->on_scrape(refresh_process_metrics);
  return metrics;
}

}  // namespace pai::service
