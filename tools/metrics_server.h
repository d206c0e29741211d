// Serves a hot process's counters over HTTP for Prometheus, from the cold process: the hot one is not touched.
//
// Thread rule: scrapes come on the server's own threads; the page is read under a lock. A page that is not there yet is looked for at each
// scrape; one that is gone keeps its last counters, with tickgraph_hot_up at 0.
#pragma once

#include <memory>
#include <string>

namespace prometheus {
class Exposer;
}

namespace tickgraph {

class MetricsServer {
 public:
  // `address` is a sound [ADDRESS:]PORT, `tape` the hot process's. nullptr and `error` where the port cannot be had.
  static std::unique_ptr<MetricsServer> Start(const std::string& address, const std::string& tape, std::string* error);
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  ~MetricsServer();

  // "http://127.0.0.1:9464/metrics"
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  class Counters;
  MetricsServer() = default;

  std::shared_ptr<Counters> counters_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  std::string url_;
};

}  // namespace tickgraph
