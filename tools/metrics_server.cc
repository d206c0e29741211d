#include "tools/metrics_server.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <exception>
#include <mutex>
#include <vector>

#include "hot/tsc.h"
#include "tools/metrics_families.h"

namespace tickgraph {

class MetricsServer::Counters : public prometheus::Collectable {
 public:
  explicit Counters(std::string tape) { reading_.name = std::move(tape); }

  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::string ignored;
    if (page_ == nullptr) page_ = CountersReader::Open(reading_.name, &ignored);
    if (page_ == nullptr) return MetricFamilies(reading_);
    reading_.pid = page_->writer_pid();
    reading_.state = page_->state();
    (void)page_->Read(&reading_.counters);
    reading_.now_ns = MonotonicNanos();
    return MetricFamilies(reading_);
  }

 private:
  mutable std::mutex mutex_;
  mutable std::unique_ptr<CountersReader> page_;
  mutable StatReading reading_;
};

std::unique_ptr<MetricsServer> MetricsServer::Start(const std::string& address, const std::string& tape, std::string* error) {
  const size_t colon = address.rfind(':');
  const std::string host = colon == std::string::npos ? "127.0.0.1" : address.substr(0, colon);
  const std::string port = colon == std::string::npos ? address : address.substr(colon + 1);
  std::unique_ptr<MetricsServer> server(new MetricsServer);
  try {
    server->exposer_ = std::make_unique<prometheus::Exposer>(host + ":" + port);
  } catch (const std::exception& failure) {
    *error = "--metrics " + address + ": cannot listen there (" + failure.what() + ")";
    return nullptr;
  }
  server->counters_ = std::make_shared<Counters>(tape);
  server->exposer_->RegisterCollectable(server->counters_);
  const std::vector<int> ports = server->exposer_->GetListeningPorts();
  server->url_ = "http://" + host + ":" + (ports.empty() ? port : std::to_string(ports.front())) + "/metrics";
  return server;
}

MetricsServer::~MetricsServer() = default;

}  // namespace tickgraph
