#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pai::service {

using Labels = std::map<std::string, std::string>;

/// The process's Prometheus metrics; prometheus-cpp stays in the .cpp. Thread-safe. Names follow Prometheus' conventions: base
/// units in the name, `_total` for counters and for nothing else.
class Metrics {
 public:
  enum class Kind { kCounter, kGauge, kHistogram };
  struct Sample {
    Labels labels;
    double value = 0;
  };

  static std::unique_ptr<Metrics> make();
  virtual ~Metrics() = default;
  /// Before first use. The scrape has the name from then on, with or without samples. `buckets`: upper bounds of a histogram's,
  /// ascending; by default those of a call, 1 ms to 1 min.
  virtual void describe(const std::string& name, Kind kind, const std::string& help, std::vector<double> buckets = {}) = 0;

  /// A counter or a histogram at zero, with these labels, before anything was counted: Prometheus' increase() does not see the value
  /// with which something first appears.
  virtual void begin(const std::string& name, const Labels& labels) = 0;
  virtual void count(const std::string& name, const Labels& labels, double by = 1) = 0;
  /// A counter of what is counted elsewhere: raised to `value`, and never lowered.
  virtual void raise_to(const std::string& name, const Labels& labels, double value) = 0;
  virtual void set(const std::string& name, const Labels& labels, double value) = 0;
  /// Sets a gauge's samples to these alone: what is not among them is shown no more.
  virtual void replace(const std::string& name, const std::vector<Sample>& samples) = 0;
  virtual void observe(const std::string& name, const Labels& labels, double value) = 0;

  /// Called before each scrape, to set gauges from the present state.
  virtual void on_scrape(std::function<void(Metrics&)> refresh) = 0;
  /// The text exposition format.
  virtual std::string scrape() = 0;
};

}  // namespace pai::service
