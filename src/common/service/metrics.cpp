#include "common/service/metrics.h"

#include <exception>
#include <locale>
#include <mutex>
#include <set>
#include <sstream>
#include <string_view>
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
const std::vector<double>& second_buckets() {
  static const std::vector<double> buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                               0.5,   1,      2.5,   5,    10,    30,   60};
  return buckets;
}

std::string_view kind_name(Metrics::Kind kind) {
  switch (kind) {
    case Metrics::Kind::kCounter: return "counter";
    case Metrics::Kind::kGauge: return "gauge";
    case Metrics::Kind::kHistogram: return "histogram";
  }
  return "untyped";
}

class MetricsImpl final : public Metrics {
 public:
  void describe(const std::string& name, Kind kind, const std::string& help, std::vector<double> buckets) override {
    const std::lock_guard lock(mutex_);
    if (buckets.empty()) buckets = second_buckets();
    described_.insert_or_assign(name, Description{kind, help, std::move(buckets)});
  }

  void begin(const std::string& name, const Labels& labels) override {
    guarded(name, [&] {
      if (kind_of(name) == Kind::kHistogram) {
        histogram(name, labels);
      } else {
        counter(name, labels);
      }
    });
  }

  void count(const std::string& name, const Labels& labels, double by) override {
    guarded(name, [&] { counter(name, labels).Increment(by); });
  }

  void raise_to(const std::string& name, const Labels& labels, double value) override {
    guarded(name, [&] {
      auto& counted = counter(name, labels);
      const std::lock_guard lock(raise_mutex_);  // else two would add the same difference
      if (const double missing = value - counted.Value(); missing > 0) counted.Increment(missing);
    });
  }

  void set(const std::string& name, const Labels& labels, double value) override {
    guarded(name, [&] { gauge(name, labels).Set(value); });
  }

  void replace(const std::string& name, const std::vector<Sample>& samples) override {
    guarded(name, [&] {
      auto& all = family(gauges_, prometheus::BuildGauge(), name, Kind::kGauge);
      const std::lock_guard lock(replace_mutex_);
      auto& shown = replaced_[name];
      std::map<Labels, prometheus::Gauge*> now;
      for (const auto& sample : samples) {
        auto& one = all.Add(sample.labels);
        one.Set(sample.value);
        now[sample.labels] = &one;
      }
      for (const auto& [labels, one] : shown) {
        if (!now.contains(labels)) all.Remove(one);
      }
      shown = std::move(now);
    });
  }

  void observe(const std::string& name, const Labels& labels, double value) override {
    guarded(name, [&] { histogram(name, labels).Observe(value); });
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
    const auto families = registry_.Collect();
    std::ostringstream text;
    text.imbue(std::locale::classic());
    prometheus::TextSerializer().Serialize(text, families);
    std::set<std::string> shown;
    for (const auto& family : families) shown.insert(family.name);
    const std::lock_guard lock(mutex_);
    for (const auto& [name, about] : described_) {
      if (shown.contains(name)) continue;
      text << "# HELP " << name << ' ' << about.help << "\n# TYPE " << name << ' ' << kind_name(about.kind) << '\n';
    }
    return text.str();
  }

 private:
  template <class Type>
  using Families = std::map<std::string, prometheus::Family<Type>*>;
  struct Description {
    Kind kind = Kind::kGauge;
    std::string help;
    std::vector<double> buckets;
  };

  prometheus::Counter& counter(const std::string& name, const Labels& labels) {
    return family(counters_, prometheus::BuildCounter(), name, Kind::kCounter).Add(labels);
  }
  prometheus::Gauge& gauge(const std::string& name, const Labels& labels) {
    return family(gauges_, prometheus::BuildGauge(), name, Kind::kGauge).Add(labels);
  }
  prometheus::Histogram& histogram(const std::string& name, const Labels& labels) {
    return family(histograms_, prometheus::BuildHistogram(), name, Kind::kHistogram).Add(labels, buckets_of(name));
  }

  template <class Type, class Builder>
  prometheus::Family<Type>& family(Families<Type>& families, Builder builder, const std::string& name, Kind kind) {
    const std::lock_guard lock(mutex_);
    auto& known = families[name];
    if (known == nullptr) {
      const auto about = described_.find(name);
      PAI_CHECK(about != described_.end(), "metric '" + name + "' was not described");
      PAI_CHECK(about->second.kind == kind, "metric '" + name + "' was described as another kind");
      known = &builder.Name(name).Help(about->second.help).Register(registry_);
    }
    return *known;
  }

  Kind kind_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto about = described_.find(name);
    PAI_CHECK(about != described_.end(), "metric '" + name + "' was not described");
    return about->second.kind;
  }

  std::vector<double> buckets_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return described_.at(name).buckets;
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
  std::mutex raise_mutex_;
  std::mutex replace_mutex_;
  prometheus::Registry registry_;
  std::map<std::string, Description> described_;
  Families<prometheus::Counter> counters_;
  Families<prometheus::Gauge> gauges_;
  Families<prometheus::Histogram> histograms_;
  std::map<std::string, std::map<Labels, prometheus::Gauge*>> replaced_;
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
