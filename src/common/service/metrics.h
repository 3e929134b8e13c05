#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace pai::service {

using Labels = std::map<std::string, std::string>;

/// The process's Prometheus metrics; prometheus-cpp stays in the .cpp. Thread-safe.
class Metrics {
 public:
  static std::unique_ptr<Metrics> make();
  virtual ~Metrics() = default;
  virtual void describe(const std::string& name, const std::string& help) = 0;  ///< before first use
  virtual void count(const std::string& name, const Labels& labels, double by = 1) = 0;
  virtual void set(const std::string& name, const Labels& labels, double value) = 0;
  virtual void observe_seconds(const std::string& name, const Labels& labels, double seconds) = 0;
  /// Called before each scrape, to set gauges from the present state.
  virtual void on_scrape(std::function<void(Metrics&)> refresh) = 0;
  /// The text exposition format.
  virtual std::string scrape() = 0;
};

}  // namespace pai::service
