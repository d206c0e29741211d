// Chooses the signal engine at start, says which one runs and why, and checks it before it is trusted.
//
// In the flow: the programs call MakeEngine once; the loop then uses the table. Start only, one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hot/signal.h"

namespace tickgraph {

enum class EngineKind { kAuto, kCpu, kCudaGraph };

struct EngineChoice {
  SignalEngine engine;
  std::string name;             // "cpu-avx512", "cuda-graph", ...
  std::string reason;           // why this one, in words
  std::shared_ptr<void> owner;  // keeps the engine alive
};

// "auto", "cpu", "cuda-graph"; false for anything else.
bool ParseEngineKind(std::string_view text, EngineKind* kind);

// An engine that passed the self-check, or one without an owner and the reason in `*error`. Auto takes a CUDA device where one answers and
// passes, else the CPU.
EngineChoice MakeEngine(EngineKind kind, const EngineConfig& config, std::string* error);

// Runs a fixed session of quotes through the engine (made with SelfCheckConfig, nothing submitted yet) and the scalar CPU engine; empty
// where every signal is equal bit for bit, else what differs.
std::string SelfCheck(const SignalEngine& engine);
EngineConfig SelfCheckConfig();

}  // namespace tickgraph
