// The --metrics option of `archive` and of the commands that start it: the archiver serves the metrics, whoever was asked to.
//
// A parent hands the address on through the environment, which its child has by itself.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

namespace tickgraph {

inline constexpr const char* kMetricsVariable = "TICKGRAPH_METRICS";
inline constexpr const char* kMetricsHelp =
    "serve Prometheus metrics at [ADDRESS:]PORT, path /metrics; 127.0.0.1 where no address is given, a free port where it is 0";

// Empty, or what is wrong with it.
inline std::string CheckMetricsAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string port = colon == std::string::npos ? address : address.substr(colon + 1);
  const bool is_number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  return colon != 0 && is_number && std::stoul(port) <= 65'535 ? "" : "'" + address + "': [ADDRESS:]PORT is expected";
}

// Of the process that serves.
inline void AddMetricsServerOption(CLI::App& app, std::string* address) {
  app.add_option("--metrics", *address, kMetricsHelp)->envname(kMetricsVariable)->check(CheckMetricsAddress);
}
// Of a process whose archiver will serve.
inline void AddMetricsOption(CLI::App& app) {
  app.add_option_function<std::string>(
         "--metrics", [](const std::string& address) { setenv(kMetricsVariable, address.c_str(), 1); }, kMetricsHelp)
      ->check(CheckMetricsAddress);
}

}  // namespace tickgraph
