// Options of the command line that `replay` and `run` share: what drives a session whatever its source.
//
// Start only. An option that a configuration file has a key for as well goes before that key.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/metrics_option.h"
#include "tools/pair_option.h"
#include "tools/session_day.h"

namespace tickgraph {

struct SessionOptions {
  CommonOptions common;
  std::string config, folder, engine, tape_name;  // empty: not given
  std::vector<std::string> settings, pairs;
  uint32_t date = 0;

  // The file, if one is named, and over it what --set says. Throws ConfigError.
  [[nodiscard]] Config ReadConfig() const {
    Config file = config.empty() ? Config() : Config::Load(config);
    for (const std::string& setting : settings) file.Set(setting);
    return file;
  }
};

// `keys`: the file has a table [run], which some of these stand in for.
inline void AddSessionOptions(CLI::App& app, SessionOptions* o, bool keys) {
  const auto text = [keys](const std::string& what, const char* key) { return keys ? what + ", in place of " + key : what; };
  app.add_option("--out", o->folder, text("folder of the archive", "run.archive"));
  app.add_option("--engine", o->engine, text("auto, cpu, cuda-graph or cuda-persistent", "run.engine"))
      ->check(CLI::IsMember({"auto", "cpu", "cuda-graph", "cuda-persistent"}));
  app.add_option("--set", o->settings, "KEY=VALUE: one key of the configuration");
  app.add_option("--date", o->date, text("the session's day, YYYYMMDD; by default that of the packets", "run.date"))->check(CheckDay);
  app.add_option("--tape", o->tape_name, text("name of the shared-memory tape; by default made from the process id", "run.tape"));
  AddPairOption(app, &o->pairs);
  AddMetricsOption(app);
  AddCommonOptions(app, o->common, kJson | kQuiet | kForce);
}

}  // namespace tickgraph
